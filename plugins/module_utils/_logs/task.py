# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``container_logs``, and the logs of one or several containers."""

from __future__ import annotations

import contextlib
import dataclasses
import filecmp
import functools
import os
import re
import tempfile
import time
import typing as t

from .._argspec import ArgSpec
from .._engine.client import Daemon
from .._engine.frames import STDERR, STDOUT, Piece
from .._engine.output import output_fields
from .._errors import EngineError, Failed, InvalidInput, StevedoreError
from .._notation.modes import parse_mode
from .._notation.times import format_timestamp, parse_rfc3339, parse_time
from .._parallel import Outcome, raise_failures, run_parallel
from .._selection import name_of, select
from .._task import Task
from .._types import Json
from .read import Match, Query, Tail, read

# How long before ``StartedAt`` a process may have spoken, in nanoseconds: a busy engine notes the start late (26.1: by more
# than a second). The end of the run before bounds it; where that is not known any more, less is risked.
HEAD_START = 10**10
HEAD_START_ONCE_ENDED = 10**9
# How long after its time the engine tells of a start.
NOTED_LATE = 2 * 10**8

LOGS = ArgSpec(
    options={
        "details": {"type": "bool", "default": False},
        "follow": {"type": "bool", "default": False},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "merge": {"type": "bool", "default": False},
        "mode": {"type": "raw", "default": "0600"},
        "parallel": {"type": "int", "default": 8},
        "path": {"type": "path"},
        "since": {"type": "str"},
        "streams": {
            "type": "list",
            "elements": "str",
            "choices": ["stderr", "stdout"],
            "default": ["stdout", "stderr"],
        },
        "tail": {"type": "int"},
        "timestamps": {"type": "bool", "default": False},
        "until": {"type": "str"},
        "until_match": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 60.0},
    },
    mutually_exclusive=(("name", "filters"),),
    required_one_of=(("name", "filters"),),
)


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read of one log; ``tail`` of a log that went to a file is only its end, for messages."""

    tail: Tail
    match: Match | None = None
    path: str | None = None
    changed: bool = False


def report(daemon: Daemon, params: Json, check: bool, warn: t.Callable[[str], None]) -> Json:
    """Read the logs of all chosen containers; the module's result.

    :raises StevedoreError: one of them could not be read, or did not say what was waited for.
    """
    query, mode = parse(params, time.time_ns())
    selection = select(daemon, params["name"], params["filters"], include_stopped=True)
    documents = selection.require_all()
    paths = _paths(params["path"], documents)
    work = functools.partial(_one, daemon, query, params, paths, mode, check)
    outcomes = run_parallel(documents, work, params["parallel"])
    if selection.named:
        outcomes += selection.broken
    else:
        outcomes = sorted([*outcomes, *selection.broken], key=lambda outcome: name_of(outcome.item))
    rows = [_row(outcome, params["merge"]) for outcome in outcomes]
    for outcome in outcomes:
        read_in = outcome.value
        if read_in is not None and read_in.path is None and read_in.tail.cut:
            warn(
                f"The log of container {name_of(outcome.item)} has {read_in.tail.size} bytes; only the last "
                f"{params['max_bytes']} (max_bytes) are returned. Use since or tail to ask for less, or path for all."
            )
    summary: Json = {"changed": any(row["changed"] for row in rows), "containers": rows}
    if len(rows) == 1:
        hidden = ("name", "id", "changed", "failure", "msg")
        summary.update({key: value for key, value in rows[0].items() if key not in hidden})
    errors = [outcome.error for outcome in outcomes]
    if not selection.named and None in errors:
        # The engine cannot read one of those that a filter found: the others are an answer.
        broken = [error for error in errors if isinstance(error, EngineError)]
        errors = [error for error in errors if error not in broken]
        for error in broken:
            warn(error.msg)
    raise_failures(errors, len(rows), summary)
    return summary


def parse(params: Json, now_ns: int) -> tuple[Query, int]:
    """The options as a query, and the file mode.

    :raises InvalidInput: they cannot be right.
    """
    if not params["streams"]:
        raise InvalidInput("streams is empty: name stdout, stderr or both.")
    if params["max_bytes"] < 0:
        raise InvalidInput("max_bytes cannot be negative.")
    if params["tail"] is not None and params["tail"] < 0:
        raise InvalidInput("tail counts lines, so it cannot be negative; leave it out for all.")
    try:
        pattern = None if params["until_match"] is None else re.compile(params["until_match"])
    except re.error as error:
        raise InvalidInput(f"until_match {params['until_match']!r} is not a regular expression: {error}") from error
    try:
        mode = parse_mode(params["mode"])
    except ValueError as error:
        raise InvalidInput(f"mode: {error}.", object="mode") from error
    times = {option: _time(params, option, now_ns) for option in ("since", "until")}
    query = Query(
        streams=tuple(params["streams"]),
        since=times["since"],
        until=times["until"],
        tail=params["tail"],
        timestamps=params["timestamps"],
        details=params["details"],
        follow=params["follow"] or pattern is not None,
        pattern=pattern,
        seconds=params["wait_timeout"],
    )
    return query, mode


def _time(params: Json, option: str, now: int) -> str | None:
    """The timestamp of ``since`` or ``until``; ``start`` stays, as it differs for each container.

    :raises InvalidInput: not a point in time.
    """
    given: str | None = params[option]
    if given is None or given == "start":
        return given
    try:
        return format_timestamp(parse_time(given, now))
    except ValueError as error:
        raise InvalidInput(f"{option}: {error}, or start (of the container).", object=option) from error


def of_container(daemon: Daemon, query: Query, document: Json) -> Query:
    """The query with ``start`` as the time at which this container was started last."""
    if "start" not in (query.since, query.until):
        return query
    at = format_timestamp(max(_start(daemon, document), 0))
    return dataclasses.replace(
        query,
        since=at if query.since == "start" else query.since,
        until=at if query.until == "start" else query.until,
    )


def _start(daemon: Daemon, document: Json) -> int:
    """Before the first word of the last run, after the last word of the run before.

    The engine notes ``StartedAt`` when it hears that the process runs, which has spoken by then, and may have ended
    [seen on 20.10.24]. While the container runs, ``FinishedAt`` is the end of the run before.
    """
    state = document["State"]
    times = [state.get(key) or "" for key in ("StartedAt", "FinishedAt")]
    started, finished = (0 if time.startswith("0001-") else parse_rfc3339(time) for time in times)
    if state["Running"] and not state["Restarting"]:
        return max(started - HEAD_START, finished)
    if not started:
        return 0
    events = list(_events(daemon, document["Id"], started - HEAD_START, max(started, finished) + NOTED_LATE))
    ends = [at for action, at in events if action == "die" and at < started]
    if ends:
        return max(ends)
    # The engine remembers its last 256 events only, so that no end proves something only where the start is among them.
    return started - (HEAD_START if "start" in dict(events) else HEAD_START_ONCE_ENDED)


def _events(daemon: Daemon, container: str, since: int, until: int) -> t.Iterator[tuple[str, int]]:
    params = {
        "since": format_timestamp(since),
        "until": format_timestamp(until),
        "filters": {"container": [container], "event": ["die", "start"]},
    }
    with daemon.stream("GET", "/events", params=params) as body:
        for event in body.events():
            yield str(event.get("Action")), int(event.get("timeNano") or 0)


def _paths(path: str | None, documents: t.Sequence[Json]) -> dict[str, str]:
    """The file for each container's id; in a folder, ``NAME.log``.

    :raises InvalidInput: one file for several logs, or a folder that is not there.
    """
    if path is None:
        return {}
    if os.path.isdir(path):
        return {document["Id"]: os.path.join(path, f"{name_of(document)}.log") for document in documents}
    if path.endswith("/") or not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise InvalidInput(f"path {path}: its folder does not exist on the managed node; make it first.")
    if len(documents) > 1:
        raise InvalidInput(f"path {path} is one file for {len(documents)} logs: name an existing folder instead.")
    return {document["Id"]: path for document in documents}


def _one(
    daemon: Daemon, query: Query, params: Json, paths: t.Mapping[str, str], mode: int, check: bool, document: Json
) -> Read:
    query = of_container(daemon, query, document)
    path = paths.get(document["Id"])
    if path is None:
        tail = Tail(params["max_bytes"])
        try:
            return Read(tail, read(daemon, document, query, tail))
        except StevedoreError as error:
            error.details["read"] = Read(tail)
            raise
    with _file(path, mode, check) as (sink, outcome):
        match = read(daemon, document, query, sink)
    return Read(sink.tail, match, path, outcome["changed"])


class FileSink:
    """Writes both streams in their order, and remembers the end."""

    def __init__(self, write: t.Callable[[bytes], t.Any]) -> None:
        self._write = write
        self.tail = Tail(1 << 13)

    def add(self, pieces: list[Piece]) -> None:
        self._write(b"".join([data for _stream, data in pieces]))
        self.tail.add(pieces)


@contextlib.contextmanager
def _file(path: str, mode: int, check: bool) -> t.Iterator[tuple[FileSink, dict[str, bool]]]:
    """A new file beside ``path`` that takes its place at the end, if it differs; whatever happens, never a half one.

    In check mode nothing is written: what comes is compared with the file that is there.
    """
    outcome = {"changed": False}
    try:
        with _compared(path, mode, outcome) if check else _written(path, mode, outcome) as sink:
            yield sink, outcome
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error}. What was there before is untouched.", object=path) from error


@contextlib.contextmanager
def _written(path: str, mode: int, outcome: dict[str, bool]) -> t.Iterator[FileSink]:
    folder = os.path.dirname(os.path.abspath(path))
    handle, beside = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            yield FileSink(file.write)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, mode)
        outcome["changed"] = _mode_of(path) != mode or not filecmp.cmp(path, beside, False)
        if outcome["changed"]:
            os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)


@contextlib.contextmanager
def _compared(path: str, mode: int, outcome: dict[str, bool]) -> t.Iterator[FileSink]:
    if _mode_of(path) != mode:
        outcome["changed"] = True
        yield FileSink(lambda _data: None)
        return
    with open(path, "rb") as file:

        def compare(data: bytes) -> None:
            outcome["changed"] = outcome["changed"] or file.read(len(data)) != data

        yield FileSink(compare)
        outcome["changed"] = outcome["changed"] or bool(file.read(1))


def _mode_of(path: str) -> int | None:
    """The permissions of a file; ``None`` where there is none."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None


def _row(outcome: Outcome[Json, Read], merge: bool) -> Json:
    row: Json = {"name": name_of(outcome.item), "id": outcome.item["Id"], "changed": False}
    value = outcome.value
    if outcome.error is not None:
        row.update(failure=outcome.error.failure(), msg=outcome.error.msg)
        value = outcome.error.details.pop("read", None)
    if value is None:
        return row
    row.update(changed=value.changed, size=value.tail.size, cut=value.path is None and value.tail.cut)
    if value.match is not None:
        row["match"] = dataclasses.asdict(value.match)
    if value.path is not None:
        return {**row, "path": value.path}
    if merge:
        return {**row, **output_fields("output", value.tail.content())}
    return {
        **row,
        **output_fields("stdout", value.tail.content(STDOUT)),
        **output_fields("stderr", value.tail.content(STDERR)),
    }


def run(task: Task) -> Json:
    """The task of ``container_logs``; see :func:`report`."""
    return report(task.daemon, task.params, task.check_mode, task.warn)
