# SPDX-License-Identifier: GPL-3.0-or-later

"""Many containers in one task."""

from __future__ import annotations

import functools
import threading
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_bool, check_type_int

from .. import _group, _lock
from .._argspec import ArgSpec
from .._engine import containers
from .._engine.client import Daemon
from .._errors import Failed, InvalidInput, StevedoreError, Unreachable
from .._notation import unquoted
from .._parallel import run_parallel
from .._run import recovery
from .._run.context import RunContext
from .._run.options import container_spec, namespaces
from .._run.plan import Action, Ledger
from .._run.task import ContainerRun
from .._task import Task
from .._types import Json
from .order import needs, waves

# How many containers may be watched at a time until they are proven.
WAITING = 64


def canonical(entry: t.Mapping[str, t.Any], aliases: t.Mapping[str, str]) -> Json:
    """An entry with the aliases replaced by the options' own names.

    :raises InvalidInput: an option is given twice, under two names.
    """
    result: Json = {}
    for key, value in entry.items():
        option = aliases.get(key, key)
        if option in result:
            raise InvalidInput(f"{option} is given twice: {key} is another name of it.", object=option)
        result[option] = value
    return result


def merged(defaults: t.Mapping[str, t.Any], entry: t.Mapping[str, t.Any]) -> Json:
    """The entry on top of the defaults; mappings (env, labels) are merged key by key, everything else is replaced."""
    both = {**defaults, **entry}
    for option, value in entry.items():
        default = defaults.get(option)
        if isinstance(value, dict) and isinstance(default, dict):
            both[option] = {**default, **value}
    return both


def validated(spec: ArgSpec, entries: t.Sequence[Json], defaults: t.Mapping[str, t.Any]) -> list[Json]:
    """The options of every container, as Ansible validates those of ``container_run``.

    :raises InvalidInput: names every entry that is wrong, before anything is changed.
    """
    arguments = spec.arguments()
    validator = ArgumentSpecValidator(arguments.pop("argument_spec"), **arguments)
    aliases = {alias: name for name, entry in spec.options.items() for alias in entry.get("aliases", ())}
    problems: list[str] = []
    found: list[Json] = []
    common = canonical(defaults, aliases)
    for number, entry in enumerate(entries):
        whole = merged(common, canonical(entry, aliases))
        unknown = sorted(set(whole) - set(spec.options))
        result = validator.validate({key: value for key, value in whole.items() if key not in unknown})
        wrong = [f"container_run has no option {', '.join(unknown)}"] if unknown else []
        wrong += [*result.error_messages, *unquoted.find_conversions(spec.options, whole)]
        if wrong:
            problems.append(f"containers[{number}] ({whole.get('name', 'without a name')}): {'; '.join(wrong)}")
        found.append(dict(result.validated_parameters))
    named = [params for params in found if params.get("name") is not None]
    names = [str(params["name"]).lstrip("/") for params in named]
    problems += [f"{name} is listed twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [f"{params['name']}: detach is always true here" for params in named if params.get("detach") is False]
    if problems:
        raise InvalidInput("; ".join(problems))
    return found


def stop_for_pruning(spec: ArgSpec, defaults: t.Mapping[str, t.Any]) -> containers.Stop:
    """How the defaults have containers stopped that are not listed any more.

    :raises InvalidInput: a value is of the wrong type.
    """
    aliases = {alias: name for name, entry in spec.options.items() for alias in entry.get("aliases", ())}
    common = canonical(defaults, aliases)
    timeout = common.get("stop_timeout")
    try:
        kill = check_type_bool(common.get("force_kill") or False)
        return containers.Stop(None if timeout is None else check_type_int(timeout), kill)
    except TypeError as error:
        raise InvalidInput(f"defaults: {error}") from error


class Fleet:
    """The containers of one task, their order and their results."""

    def __init__(
        self,
        daemon: Daemon,
        entries: t.Sequence[Json],
        group: str | None,
        *,
        check: bool,
        warn: t.Callable[[str], None],
    ) -> None:
        """:raises InvalidInput: options that cannot be right, or a circle; nothing was changed."""
        self._daemon = daemon
        self._group = group
        self._summaries = daemon.containers()
        self._found = recovery.traces(self._summaries)
        names = {str(summary["Id"]): recovery.name_of(summary) for summary in self._summaries}
        self._context = RunContext(daemon, check, warn, names)
        self._entries = {str(entry["name"]).lstrip("/"): entry for entry in entries}
        self._context.members = self._entries
        self._waves = waves({name: needs(entry) for name, entry in self._entries.items()})
        self._jobs: dict[str, ContainerRun] = {}
        problems: list[StevedoreError] = []
        for name, entry in self._entries.items():
            try:
                left = self._found.get(name, recovery.Traces())
                self._jobs[name] = ContainerRun(self._context, entry, left, group=group, brief=True)
            except InvalidInput as error:
                problems.append(error)
        if problems:
            raise InvalidInput(" ".join(error.msg for error in problems), object=problems[0].object)
        self._results: dict[str, Json] = {}

    def converge(self, prune: containers.Stop | None, workers: int) -> Json:
        """Broken-off replacements and images first, then those to prune, then wave by wave.

        :param prune: how to stop what is no longer listed; ``None`` leaves it alone.
        :param workers: how many are worked on at a time. More may wait until they are proven.
        :raises Failed: some went wrong; the result tells for each one.
        """
        self._context.slots = threading.Semaphore(workers)
        self._collect(run_parallel(self._jobs, lambda name: self._jobs[name].prepare(), workers), keep=False)
        if prune is not None and self._group is not None:
            self._prune(self._group, prune, workers)
        for wave in self._waves:
            ready = [name for name in wave if name not in self._results and self._able(name)]
            self._collect(run_parallel(ready, self._one, max(workers, WAITING)), keep=True)
        return self._report()

    def _one(self, name: str) -> Json:
        with t.cast("threading.Semaphore", self._context.slots):
            return self._converged(name)

    def _converged(self, name: str) -> Json:
        shared = namespaces(self._entries[name])
        done = {option: _kinds(self._results.get(other, {})) for option, other in shared.items()}
        return self._jobs[name].run(
            forced=[option for option, kinds in done.items() if kinds & {"create", "recreate"}],
            restarted=[
                option for option, kinds in done.items() if kinds & {"restart", "start"} and "create" not in kinds
            ],
        )

    def _able(self, name: str) -> bool:
        broken = sorted(other for other in needs(self._entries[name]) if "failure" in self._results.get(other, {}))
        if broken:
            error = Failed(f"Left alone, as it needs {', '.join(broken)}.", object=f"container {name}")
            self._results[name] = _failed(name, error)
        return not broken

    def _collect(self, outcomes: t.Iterable[t.Any], keep: bool) -> None:
        for outcome in outcomes:
            if outcome.error is not None:
                self._results[outcome.item] = _failed(outcome.item, outcome.error)
            elif keep:
                self._results[outcome.item] = {"name": outcome.item, **_brief(outcome.value)}

    def _prune(self, group: str, how: containers.Stop, workers: int) -> None:
        """Remove the group's containers that are no longer listed; before the others, as they may hold their ports."""
        if any("failure" in result for result in self._results.values()):
            self._context.warn(f"Nothing of group {group} was pruned, since something is wrong with the others.")
            return
        # Half of a broken-off replacement belongs to the container whose name it wears.
        belongs = {
            str(summary["Id"]): name
            for name, left in self._found.items()
            for summary in (left.current, left.new, left.old)
            if summary is not None
        }
        others = {
            recovery.name_of(summary): summary
            for summary in self._summaries
            if belongs[str(summary["Id"])] not in self._entries
        }
        members = {
            name: summary
            for name, summary in others.items()
            if _group.group_of(summary.get("Labels"), belongs[str(summary["Id"])]) == group
        }
        doubtful = sorted(
            name for name, summary in others.items() if _group.lacks_member_label(summary.get("Labels"), group)
        )
        if doubtful:
            self._context.warn(
                f"Not pruned: {', '.join(doubtful)}. The label {_group.GROUP}={group} alone, without {_group.MEMBER}, may be "
                "inherited from an image. Remove them by name."
            )
        self._collect(run_parallel(members, lambda name: self._remove(name, members[name], how), workers), keep=True)

    def _remove(self, name: str, summary: Json, how: containers.Stop) -> Json:
        ledger = Ledger(self._context.check)
        action = Action("prune", before={"state": summary["State"]}, after={"state": "absent"})
        ledger.do(action, functools.partial(self._remove_locked, name, summary["Id"], how))
        return ledger.report()

    def _remove_locked(self, name: str, identity: str, how: containers.Stop) -> None:
        with _lock.lock(self._daemon, _lock.base_name(name), "prune", timeout=_lock.PATIENCE, warn=self._context.warn):
            # What replaced it since is another container, with the labels of whoever made it.
            containers.remove(self._daemon, identity, f"container {name}", how=how)

    def _report(self) -> Json:
        results = [self._results[name] for name in sorted(self._results)]
        diffs = [(result["name"], result["diff"]) for result in results if result.get("changed")]
        whole: Json = {
            "changed": any(result["changed"] for result in results),
            "containers": results,
            "diff": {side: {name: diff[side] for name, diff in diffs} for side in ("before", "after")},
        }
        try:
            self._look_again(results)
        except StevedoreError as error:
            error.details.update(whole)
            raise
        failed = [result for result in results if "failure" in result]
        if failed:
            told = " ".join(f"{result['name']}: {result['msg']}" for result in failed)
            # An engine that is gone is no fault of the containers.
            kind = Unreachable if all(one["failure"]["kind"] == Unreachable.kind for one in failed) else Failed
            raise kind(f"{len(failed)} of {len(results)} containers failed. {told}", **whole)
        return whole

    def _look_again(self, results: t.Iterable[Json]) -> None:
        """What became of those that were changed, asked at once.

        :raises StevedoreError: the engine is gone; what was done before is known all the same.
        """
        changed = [result for result in results if result["changed"] and result["id"] is not None]
        if not changed or self._context.check:
            return
        states = {str(summary["Id"]): summary["State"] for summary in self._daemon.containers()}
        for result in changed:
            result["status"] = states.get(result["id"])
            result["id"] = result["id"] if result["id"] in states else None


def _brief(result: Json) -> Json:
    """A hundred inspect documents would take longer to hand over than to look up."""
    document = result.pop("container", None) or {}
    return {**result, "id": document.get("Id"), "status": (document.get("State") or {}).get("Status")}


def _kinds(result: Json) -> set[str]:
    return {action["action"] for action in result.get("actions", ())}


def _failed(name: str, error: StevedoreError) -> Json:
    details = {"changed": False, "diff": {"before": {}, "after": {}}, "id": None, "status": None, **error.details}
    details["changed"] = bool(details.get("actions"))
    return {"name": name, "msg": error.msg, "failure": error.failure(), "actions": [], **details}


def run(task: Task) -> Json:
    """The task of ``containers``; see :class:`Fleet`."""
    params = task.params
    if params["parallel"] < 1:
        raise InvalidInput("parallel has to be 1 or more.")
    spec = container_spec()
    entries = validated(spec, params["containers"], params["defaults"])
    prune = stop_for_pruning(spec, params["defaults"]) if params["prune"] else None
    fleet = Fleet(task.daemon, entries, params["group"], check=task.check_mode, warn=task.warn)
    return fleet.converge(prune, params["parallel"])
