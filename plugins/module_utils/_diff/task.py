# SPDX-License-Identifier: GPL-3.0-or-later

"""The drift of containers, as ``container_diff`` reports it."""

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
from .baseline import Baseline, Verdict, baselines

# A comparison with a baseline reads a whole file system and hashes it: more at a time are not sooner done.
_WORKERS, _READERS = 8, 2


@dataclasses.dataclass(frozen=True)
class Question:
    """What of the changes is wanted. ``signature`` is ``stat``, ``content`` or ``none``; ``limit`` 0 means all."""

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
    def of(cls, params: t.Mapping[str, t.Any]) -> Question:
        """The module's options.

        :raises InvalidInput: a negative limit, or a pattern that cannot be read.
        """
        given: Json = {}
        for field in dataclasses.fields(cls):
            value = params[field.name]
            given[field.name] = tuple(value) if isinstance(value, list) else value
        question = cls(**given)
        if question.limit < 0:
            raise InvalidInput(f"limit must not be negative, but is {question.limit}; 0 means all.")
        matcher(question.ignore, "ignore")
        matcher(question.only, "only")
        return question

    def chosen(self, changes: t.Sequence[PathChange]) -> list[PathChange]:
        """The changes that are asked for. A folder implied by changes that nobody asked for is left out with them."""
        ignored, meant = matcher(self.ignore, "ignore"), matcher(self.only, "only")
        kept = [c for c in changes if not ignored(c.path) and (not self.only or meant(c.path)) and c.kind in self.kinds]
        reasons = {folder for c in kept if not c.implied for folder in parent_folders(c.path)}
        return [c for c in kept if not c.implied or (self.implied and c.path in reasons)]


def report(
    daemon: Daemon,
    names: t.Sequence[str] | None,
    filters: t.Mapping[str, t.Any] | None,
    question: Question,
    warn: t.Callable[[str], None],
) -> Json:
    """The module's result for the named, the matching or all containers.

    :raises Missing: a named container does not exist.
    """
    selection = select(daemon, names, filters)
    documents = selection.require_all()
    known: t.Sequence[Baseline | None] = [None] * len(documents)
    if question.since is not None:
        times = question.signature != "content"
        known = baselines(daemon, question.since, documents, times, question.pause)
    kept: list[Outcome[Json, Json]] = []
    workers = _WORKERS if question.since is None else _READERS
    for outcome in run_parallel(zip(documents, known), lambda job: drift(daemon, *job, question), workers):
        document = outcome.item[0]
        # A container that was listed and is gone now, or dead, is no answer to a filter.
        if outcome.error is None or names is not None or not _gone(daemon, document, outcome.error):
            kept.append(Outcome(document, outcome.value, outcome.error))
    found = selection.result_rows(kept, warn)
    return {
        "containers": found,
        "container": found[0] if names is not None and len(found) == 1 else None,
        "drifted": any(item.get("drifted") for item in found),
    }


def _gone(daemon: Daemon, document: Json, error: StevedoreError) -> bool:
    """A dead container, one whose removal has failed or has not ended, may have lost its file system already."""
    if not isinstance(error, (Conflict, EngineError, Missing)):
        return False
    found = daemon.find_container(document["Id"])
    return found is None or found["State"]["Status"] in ("dead", "removing")


def drift(daemon: Daemon, document: Json, baseline: Baseline | None, question: Question) -> Json:
    """One container's entry in the result."""
    seen = _look(daemon, document, question)
    changes = list_changes(daemon, document) if seen is None else seen.changes
    signature = None if seen is None else compute_signature(document, seen, question.signature)
    verdict = None if baseline is None else baseline.verdict(document, changes, signature)
    if verdict is not None and verdict.changes is not None:
        changes = tuple(verdict.changes)
        seen = seen if verdict.stats is None else ChangeSet("export", changes, verdict.stats)
    wanted = question.chosen(changes)
    shown = wanted[: question.limit] if question.limit else wanted
    if question.stat and seen is None:
        seen = read_changes(daemon, document, shown)
    drifted = any(not change.implied for change in wanted)
    entry = {
        "name": name_of(document),
        "id": document["Id"],
        "image": document["Config"]["Image"],
        "image_id": document["Image"],
        "drifted": drifted if verdict is None else _drifted(verdict, drifted),
        "changes": [_entry(change, seen, question.stat) for change in shown],
        "lines": [change.line for change in shown],
        "counts": counts(wanted),
        "truncated": len(shown) < len(wanted),
        "signature": signature,
    }
    if baseline is not None and verdict is not None:
        about = {"kind": baseline.kind, "reference": baseline.reference}
        entry["since"] = {**about, "unchanged": verdict.unchanged}
    return entry


def _drifted(verdict: Verdict, changes: bool) -> bool:
    """Where the changes since the baseline cannot be told one by one, those since the image do not matter."""
    return changes if verdict.changes is not None else not verdict.unchanged


def counts(changes: t.Iterable[PathChange]) -> dict[str, int]:
    """How many of each kind; ``implied`` are among the ``modified``."""
    found = dict.fromkeys(("added", "deleted", "implied", "modified", "total"), 0)
    for change in changes:
        found[change.kind] += 1
        found["implied"] += change.implied
        found["total"] += 1
    return found


def _look(daemon: Daemon, document: Json, question: Question) -> ChangeSet | None:
    """The signature covers all changes, whatever is shown; looking is done once for both."""
    if question.signature == "none":
        return None
    return read_changes(daemon, document, content=question.signature == "content")


def _entry(change: PathChange, seen: ChangeSet | None, stat: bool) -> Json:
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


def run(task: Task) -> Json:
    """The task of ``container_diff``; see :func:`report`. Nothing is paused in check mode."""
    question = Question.of({**task.params, "pause": task.params["pause"] and not task.check_mode})
    return report(task.daemon, task.params["name"], task.params["filters"], question, task.warn)
