# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers that a task selects: by name, by filter, or all of them."""

from __future__ import annotations

import dataclasses
import typing as t

from ._argspec import ArgSpec
from ._engine.client import Daemon
from ._errors import Conflict, EngineError, InvalidInput, Missing, Unreachable
from ._parallel import Outcome, raise_failures, run_parallel
from ._types import Json

# The filters of ``docker ps``; the engine refuses others with a message that does not list them.
FILTERS = (
    "ancestor", "before", "exited", "expose", "health", "id", "is-task", "label", "name", "network", "publish", "since",
    "status", "volume",
)  # fmt: skip

SELECTION = ArgSpec(
    options={
        "name": {"type": "list", "elements": "str", "aliases": ["names", "container"]},
        "filters": {"type": "dict"},
    },
)


@dataclasses.dataclass(frozen=True)
class Selection:
    """The inspect documents of the selected containers, in the order of the names.

    :ivar missing: names without a container.
    :ivar broken: containers that exist and that the engine cannot inspect (their storage is corrupt); of each one no
        more than ``Id`` and ``Name``, and the error.
    :ivar named: the containers were selected by name.
    """

    found: tuple[Json, ...]
    missing: tuple[str, ...]
    broken: tuple[Outcome[Json, t.Any], ...] = ()
    named: bool = False

    def require_all(self) -> tuple[Json, ...]:
        """All selected containers.

        :raises Missing: a name has no container.
        """
        if self.missing:
            raise Missing(
                f"No such container: {', '.join(self.missing)}. 'docker ps -a' lists what there is.",
                status=404,
                object=self.missing[0],
            )
        return self.found

    def result_rows(self, outcomes: t.Iterable[Outcome[Json, Json]], warn: t.Callable[[str], None]) -> list[Json]:
        """The rows of a result, for the containers that were found and the broken ones.

        A container that could not be read has a row with ``failure`` and ``msg``, and gives a warning.

        :raises StevedoreError: it was selected by name, or no container could be read; the other rows go along.
        """
        every = [*outcomes, *self.broken]
        if self.broken and not self.named:
            every.sort(key=lambda outcome: name_of(outcome.item))
        rows = [outcome.value if outcome.error is None else failure_row(outcome) for outcome in every]
        entries = [row for row in rows if row is not None]
        errors = [outcome.error for outcome in every if outcome.error is not None]
        if errors and (self.named or len(errors) == len(every)):
            raise_failures(errors, len(every), {"containers": entries})
        for error in errors:
            warn(error.msg)
        return entries


def failure_row(outcome: Outcome[Json, t.Any]) -> Json:
    """The row of a container that failed."""
    head: Json = {"name": name_of(outcome.item), "id": outcome.item["Id"]}
    return head if outcome.error is None else {**head, "failure": outcome.error.failure(), "msg": outcome.error.msg}


def name_of(document: Json) -> str:
    """The container's name without the slash that the Engine API puts before it."""
    return str(document["Name"]).lstrip("/")


def is_running(document: Json) -> bool:
    """Whether it has a process. Between two tries of its restart policy the engine still says that it runs."""
    state = document["State"]
    return bool(state.get("Running")) and not state.get("Restarting")


# What to do about a container in the wrong state.
_ADVICE = {
    "created": "start it first",
    "dead": "remove it; the engine could not",
    "exited": "start it first",
    "paused": "unpause it first",
    "removing": "it is being removed",
    "restarting": "it keeps dying; look at its logs",
}


def state_conflict(document: Json, why: str) -> Conflict:
    """The error for what the container's state does not allow; ``why`` continues the sentence "Container web is paused"."""
    name, status = name_of(document), document["State"]["Status"]
    advice = _ADVICE.get(status, "look after it")
    return Conflict(f"Container {name} is {status} {why}: {advice}.", status=409, object=f"container {name}")


def refuse_dead(document: Json) -> Json:
    """The document of a container that is not dead; a dead one, half removed, would look like an empty one.

    :raises Conflict: it is dead.
    """
    if document.get("State", {}).get("Dead"):
        raise state_conflict(document, "and has no files and no log any more")
    return document


def select(
    daemon: Daemon,
    names: t.Sequence[str] | None,
    filters: t.Mapping[str, t.Any] | None = None,
    *,
    include_stopped: bool = True,
    size: bool = False,
    workers: int = 8,
) -> Selection:
    """The named containers, or those that match ``filters``, or (neither given) all.

    :param include_stopped: without names, stopped containers too.
    :raises InvalidInput: both or an unknown filter is given.
    """
    if names is not None and filters:
        raise InvalidInput("name and filters exclude each other: give one of them.")
    unknown = sorted(set(filters or {}) - set(FILTERS))
    if unknown:
        raise InvalidInput(f"Unknown filter {', '.join(unknown)}; docker ps knows: {', '.join(FILTERS)}.")
    if names is not None:
        selected: list[Json] = [{"Id": None, "Name": name} for name in dict.fromkeys(names)]
    else:
        summaries = daemon.containers(filters, include_stopped or "status" in (filters or {}))
        selected = [{"Id": str(s["Id"]), "Name": (s.get("Names") or [str(s["Id"])])[0]} for s in summaries]
        # Sorted so that the answer does not depend on age.
        selected.sort(key=name_of)
    outcomes = run_parallel(selected, lambda one: _inspect(daemon, one, size), workers)
    found = tuple(outcome.value for outcome in outcomes if outcome.value is not None)
    for outcome in outcomes:
        # An engine that says nothing about one container, whatever the others do, is stuck at its storage.
        broken = isinstance(outcome.error, (EngineError, Unreachable) if found else EngineError)
        if outcome.error is not None and not broken:
            raise outcome.error
    # A container listed a moment ago and gone now is no answer to a filter, but a name that is not there is one.
    gone = [str(o.item["Name"]) for o in outcomes if o.value is None and o.error is None]
    return Selection(
        found=found,
        missing=tuple(gone) if names is not None else (),
        broken=tuple(outcome for outcome in outcomes if outcome.error is not None),
        named=names is not None,
    )


def _inspect(daemon: Daemon, one: Json, size: bool) -> Json | None:
    return daemon.find_container(one["Id"] or one["Name"], size, about=f"container {name_of(one)}")


def containers_result(rows: list[Json]) -> Json:
    """The result of a reading module: all ``containers``, and ``container`` when there is exactly one."""
    return {"containers": rows, "container": rows[0]} if len(rows) == 1 else {"containers": rows}
