# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of ``container_diff``: options, changes of each container, result."""

from __future__ import annotations

import dataclasses
import typing as t

from .._engine.client import Daemon
from .._errors import Conflict, EngineError, InvalidInput, Missing, StevedoreError
from .._filesystem.changes import (
    SYMBOLS,
    ChangeSet,
    PathChange,
    compute_signature,
    list_changes,
    read_changes,
)
from .._filesystem.globs import matcher
from .._filesystem.paths import parent_folders
from .._parallel import Outcome, run_parallel
from .._selection import name_of, select
from .._task import Task
from .._types import Json
from .baseline import Baseline, Verdict, find_baselines

# A comparison with a baseline reads and hashes a whole file system: more at a time do not finish sooner.
_WORKERS, _READERS = 8, 2


@dataclasses.dataclass(frozen=True)
class DiffOptions:
    """The checked options of ``container_diff``. ``signature`` is ``stat``, ``content`` or ``none``; ``limit`` 0 means all."""

    ignore: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    kinds: tuple[str, ...] = tuple(SYMBOLS)
    implied: bool = True
    stat: bool = False
    limit: int = 0
    signature: str = "stat"
    since: str | None = None
    pause: bool = True

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> DiffOptions:
        """The module's options.

        :raises InvalidInput: a negative limit, or a pattern that cannot be read.
        """
        given: Json = {}
        for field in dataclasses.fields(cls):
            value = params[field.name]
            given[field.name] = tuple(value) if isinstance(value, list) else value
        options = cls(**given)
        if options.limit < 0:
            raise InvalidInput(f"limit must not be negative, but is {options.limit}; 0 means all.")
        matcher(options.ignore, "ignore")
        matcher(options.only, "only")
        return options

    def select_changes(self, changes: t.Sequence[PathChange]) -> list[PathChange]:
        """The changes that the options let through. A folder implied only by changes that are left out is left out, too."""
        ignored, meant = matcher(self.ignore, "ignore"), matcher(self.only, "only")
        kept = [c for c in changes if not ignored(c.path) and (not self.only or meant(c.path)) and c.kind in self.kinds]
        reasons = {folder for c in kept if not c.implied for folder in parent_folders(c.path)}
        return [c for c in kept if not c.implied or (self.implied and c.path in reasons)]


def run(task: Task) -> Json:
    """The result of ``container_diff``. Nothing is paused in check mode."""
    options = DiffOptions.from_params({**task.params, "pause": task.params["pause"] and not task.check_mode})
    return compare_containers(task.daemon, task.params["name"], task.params["filters"], options, task.warn)


def compare_containers(
    daemon: Daemon,
    names: t.Sequence[str] | None,
    filters: t.Mapping[str, t.Any] | None,
    options: DiffOptions,
    warn: t.Callable[[str], None],
) -> Json:
    """The module's result for the named, the matching or all containers.

    :raises Missing: a named container does not exist.
    """
    selection = select(daemon, names, filters)
    documents = selection.require_all()
    known: t.Sequence[Baseline | None] = [None] * len(documents)
    if options.since is not None:
        times = options.signature != "content"
        known = find_baselines(daemon, options.since, documents, times, options.pause)
    kept: list[Outcome[Json, Json]] = []
    workers = _WORKERS if options.since is None else _READERS
    for outcome in run_parallel(zip(documents, known), lambda job: container_result(daemon, *job, options), workers):
        document = outcome.item[0]
        # A container that was listed and is gone now, or dead, is no answer to a filter.
        if outcome.error is None or names is not None or not _is_gone(daemon, document, outcome.error):
            kept.append(Outcome(document, outcome.value, outcome.error))
    found = selection.result_rows(kept, warn)
    return {
        "containers": found,
        "container": found[0] if names is not None and len(found) == 1 else None,
        "drifted": any(item.get("drifted") for item in found),
    }


def _is_gone(daemon: Daemon, document: Json, error: StevedoreError) -> bool:
    """Whether the container is gone, or dead (its removal failed or is not finished) and may have lost its file system."""
    if not isinstance(error, (Conflict, EngineError, Missing)):
        return False
    found = daemon.find_container(document["Id"])
    return found is None or found["State"]["Status"] in ("dead", "removing")


def container_result(daemon: Daemon, document: Json, baseline: Baseline | None, options: DiffOptions) -> Json:
    """One container's entry in the result."""
    seen = _read_changes(daemon, document, options)
    changes = list_changes(daemon, document) if seen is None else seen.changes
    signature = None if seen is None else compute_signature(document, seen, options.signature)
    verdict = None if baseline is None else baseline.verdict(document, changes, signature)
    if verdict is not None and verdict.changes is not None:
        changes = tuple(verdict.changes)
        seen = seen if verdict.stats is None else ChangeSet("export", changes, verdict.stats)
    wanted = options.select_changes(changes)
    limited = wanted[: options.limit] if options.limit else wanted
    if options.stat and seen is None:
        seen = read_changes(daemon, document, limited)
    drifted = any(not change.implied for change in wanted)
    entry = {
        "name": name_of(document),
        "id": document["Id"],
        "image": document["Config"]["Image"],
        "image_id": document["Image"],
        "drifted": drifted if verdict is None else _has_drifted(verdict, drifted),
        "changes": [_change_result(change, seen, options.stat) for change in limited],
        "lines": [change.line for change in limited],
        "counts": count_changes(wanted),
        "truncated": len(limited) < len(wanted),
        "signature": signature,
    }
    if baseline is not None and verdict is not None:
        about = {"kind": baseline.kind, "reference": baseline.reference}
        entry["since"] = {**about, "unchanged": verdict.unchanged}
    return entry


def _has_drifted(verdict: Verdict, changes: bool) -> bool:
    """Where the changes since the baseline are not known one by one, the changes since the image do not matter."""
    return changes if verdict.changes is not None else not verdict.unchanged


def count_changes(changes: t.Iterable[PathChange]) -> dict[str, int]:
    """How many of each kind; ``implied`` are among the ``modified``."""
    found = dict.fromkeys(("added", "deleted", "implied", "modified", "total"), 0)
    for change in changes:
        found[change.kind] += 1
        found["implied"] += change.implied
        found["total"] += 1
    return found


def _read_changes(daemon: Daemon, document: Json, options: DiffOptions) -> ChangeSet | None:
    """Read once for the signature, which covers all changes, and for the list."""
    if options.signature == "none":
        return None
    return read_changes(daemon, document, content=options.signature == "content")


def _change_result(change: PathChange, seen: ChangeSet | None, stat: bool) -> Json:
    entry: Json = {
        "path": change.path,
        "kind": change.kind,
        "symbol": change.symbol,
        "implied": change.implied,
    }
    if stat:
        stats = seen.stats.get(change.path) if seen is not None else None
        entry["stat"] = stats.to_result() if stats is not None else None
    return entry
