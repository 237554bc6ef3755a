# SPDX-License-Identifier: GPL-3.0-or-later

"""The logs of one or several containers, returned or written to files."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import time
import typing as t

from .._engine.client import Daemon
from .._engine.frames import STDERR, STDOUT
from .._engine.output import output_fields
from .._errors import EngineError, Failed, InvalidInput, StevedoreError
from .._notation.modes import parse_mode
from .._notation.times import format_timestamp, parse_time
from .._parallel import Outcome, raise_failures, run_parallel
from .._selection import name_of, select
from .._task import Task
from .._types import Json
from .damage import Damage, find_damage
from .file_sink import save_log
from .read import LogQuery, Match, Tail, read_log
from .start import resolve_start


@dataclasses.dataclass(frozen=True)
class LogResult:
    """What was read of one log; ``tail`` of a log that went to a file is only its end, for messages."""

    tail: Tail
    match: Match | None = None
    path: str | None = None
    changed: bool = False
    damage: Damage | None = None


def run(task: Task) -> Json:
    """Read the logs of all selected containers.

    :raises StevedoreError: one of them cannot be read, or did not say what was waited for.
    """
    params = task.params
    query, mode = parse_options(params, time.time_ns())
    selection = select(task.daemon, params["name"], params["filters"], include_stopped=True)
    documents = selection.require_all()
    paths = _paths(params["path"], documents)
    work = functools.partial(_read_log, task.daemon, query, params, paths, mode, task.check_mode)
    outcomes = run_parallel(documents, work, params["parallel"])
    if selection.named:
        outcomes += selection.broken
    else:
        outcomes = sorted([*outcomes, *selection.broken], key=lambda outcome: name_of(outcome.item))
    for outcome in outcomes:
        _warn_of_missing_lines(outcome, params["max_bytes"], task.warn)
    rows = [_row(outcome, params["merge"]) for outcome in outcomes]
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
            task.warn(error.msg)
    raise_failures(errors, len(rows), summary)
    return summary


def parse_options(params: Json, now_ns: int) -> tuple[LogQuery, int]:
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
    query = LogQuery(
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


def _read_log(
    daemon: Daemon, query: LogQuery, params: Json, paths: t.Mapping[str, str], mode: int, check: bool, document: Json
) -> LogResult:
    query = resolve_start(daemon, query, document)
    path = paths.get(document["Id"])
    damage = find_damage(document, query.tail)
    if path is None:
        tail = Tail(params["max_bytes"])
        try:
            return LogResult(tail, read_log(daemon, document, query, tail), damage=damage)
        except StevedoreError as error:
            error.details["read"] = LogResult(tail, damage=damage)
            raise
    if damage is not None:
        raise Failed(f"{path} is not written, as lines would be missing. {damage}.", object=path)
    saved = save_log(path, mode, lambda sink: read_log(daemon, document, query, sink), check=check)
    return LogResult(saved.tail, saved.match, path, saved.changed)


def _warn_of_missing_lines(outcome: Outcome[Json, LogResult], max_bytes: int, warn: t.Callable[[str], None]) -> None:
    partial = outcome.value if outcome.error is None else outcome.error.details.get("read")
    if partial is not None and partial.damage is not None:
        warn(f"{partial.damage}.")
    log = outcome.value
    if log is not None and log.path is None and log.tail.cut:
        warn(
            f"The log of container {name_of(outcome.item)} has {log.tail.size} bytes; only the last {max_bytes} "
            "(max_bytes) are returned. Use since or tail to ask for less, or path for all."
        )


def _row(outcome: Outcome[Json, LogResult], merge: bool) -> Json:
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
