# SPDX-License-Identifier: GPL-3.0-or-later

"""daemon.json as it should be, checked in every way there is, written, and applied."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import tempfile
import typing as t

from .. import _log_drivers
from .._errors import Conflict, Failed, InvalidInput
from .._task import Task
from .._types import Json
from . import apply, file, flags, lock, merge, pending, service, systemd, unfinished

# For 20.10, which does not know `--validate` (it came with 23.0), and for machines without dockerd.
_NOT_VALIDATED = "unknown flag: --validate"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the task asks for."""

    config: Json
    path: str
    apply: str
    restart: bool
    backup: bool
    keep: int
    validate: bool
    dockerd: str | None
    wait: float


@dataclasses.dataclass(frozen=True)
class Plan:
    """What will be done. ``situation`` is there when something will be done to the engine."""

    # The file; ``before`` is as it was found, ``present`` without what a run that was broken off has left in it.
    present: file.Present
    before: file.Present
    config: Json
    dropped: tuple[str, ...]
    remarks: tuple[str, ...]
    validated: bool
    write: bool
    due: bool
    situation: apply.Situation | None
    # What a run that was broken off has left to do.
    left: unfinished.Goal | None

    @property
    def changed(self) -> bool:
        return self.write or self.situation is not None


def configure(wish: Wish, connect: apply.Connect, check: bool) -> Json:
    """The module's whole result.

    :raises StevedoreError: nothing was changed, or everything was put back; the message says which.
    """
    with lock.held(wish.path, wish.wait):
        decided = plan(wish, connect)
        if check or not decided.changed:
            return _result(wish, decided, None, apply.Outcome("none"))
        return _carry_out(wish, decided)


def _carry_out(wish: Wish, decided: Plan) -> Json:
    # The folder and the copy come first: after this only the change itself can fail.
    copy = file.back_up(wish.path, wish.keep) if wish.backup and decided.write else None
    change = apply.Change(decided.present, decided.config, wish.wait)
    outcome = apply.Outcome("none")
    if decided.situation is not None:
        outcome = apply.apply(decided.situation, change, wish.apply, restart=decided.due)
        pending.forget(wish.path)
    else:
        file.write(wish.path, change.text)
        if decided.due:
            live_restore = decided.left.in_dockerd if decided.left is not None else None
            pending.remember(wish.path, service.find(wish.path), live_restore)
    unfinished.forget(wish.path)
    result = _result(wish, decided, copy, outcome)
    if outcome.restarted.failed:
        raise Failed(
            f"dockerd runs with the new {wish.path}, but containers that ran before do not start: "
            + " ".join(f"{name}: {reason}" for name, reason in outcome.restarted.failed),
            object=outcome.restarted.failed[0][0],
            **result,
            rolled_back=False,
        )
    return result


def plan(wish: Wish, connect: apply.Connect) -> Plan:
    """Everything that can be found out without changing anything, which is everything that can be refused."""
    found = file.read(wish.path)
    left = unfinished.find(found)
    present = found
    if left is not None:
        config = left.repaired(found.config)
        present = file.Present(found.path, file.render(config, found.text), config)
    merged = merge.merge(present.config, wish.config)
    # As text, since 1 and true are equal to Python and not to dockerd.
    write = file.render(merged.config) != file.render(found.config)
    process = service.find(wish.path)
    validated = False
    remarks = list(_log_drivers.remarks(merge.driver_of(merged.config), merged.config.get("log-opts") or {}))
    if unfinished.is_outdated(found):
        remarks.append(
            f"A run that was broken off has switched live-restore on in {wish.path} for a moment. The file was edited since, "
            "so that it is left as it is: see whether live-restore is meant to be there."
        )
    if wish.validate and merged.config:
        remarks += _refuse_bad_options(wish, present.config, merged.config)
        _refuse_flags(wish.path, merged.config, process)
        validated = write and _dockerd_accepts(wish, merged.config, process)
    due = process is not None and (wish.restart or left is not None or pending.due(wish.path, process))
    situation = None
    if wish.apply != "none" and (write or due):
        restart = due or wish.apply == "restart" or merge.needs_restart(present.config, merged.config)
        live_restore = left.in_dockerd if left is not None else pending.live_restore(wish.path, process)
        situation = apply.look(wish.path, wish.apply, connect, restart, live_restore)
        if wish.apply == "restart" and not situation.live_restore:
            remarks += _announce_removal(situation)
    return Plan(
        present=present,
        before=found,
        config=merged.config,
        dropped=merged.dropped,
        remarks=tuple(remarks),
        validated=validated,
        write=write,
        due=process is not None and (due or (write and merge.needs_restart(present.config, merged.config))),
        situation=situation,
        left=left,
    )


def _announce_removal(situation: apply.Situation) -> list[str]:
    names = [container.name for container in situation.containers if container.auto_remove]
    if not names:
        return []
    return [f"Containers that are removed when they end (--rm) go with the restart: {', '.join(names)}."]


def _refuse_bad_options(wish: Wish, before: Json, after: Json) -> list[str]:
    """Refuse log options that are set now; remarks about those that were there.

    :raises InvalidInput: one that is set now is wrong.
    """
    found = _log_drivers.problems(merge.driver_of(after), after.get("log-opts") or {})
    chosen = set(wish.config.get("log-opts") or {})
    known: t.Sequence[_log_drivers.Problem] = ()
    if merge.driver_of(before) == merge.driver_of(after):
        known = _log_drivers.problems(merge.driver_of(before), merge.strings(before.get("log-opts") or {}, "log-opts"))
    refused = _log_drivers.caused(found, known, chosen)
    if refused:
        raise InvalidInput(
            f"{wish.path} would hold log settings that dockerd or every new container fails on: "
            f"{'; '.join(problem.text for problem in refused)}. Nothing was changed.",
            object="log-opts",
        )
    return [f"{wish.path} holds log settings that look wrong and were left alone: {p.text}." for p in found]


def _refuse_flags(path: str, config: Json, process: service.Process | None) -> None:
    unit = service.unit_of(process) if process is not None else None
    default = process.default_file if process is not None else flags.DEFAULT_FILE
    # Flags of an engine that reads another file are none of ours.
    known = [
        flag
        for source, file_read in (
            (systemd.flags_of(unit or systemd.Unit("docker.service")), default if unit else flags.DEFAULT_FILE),
            (flags.of_init_script(), flags.DEFAULT_FILE),
        )
        if _same(flags.config_path(source, file_read), path)
        for flag in source
    ]
    if process is not None:
        known += process.flags
    found = flags.conflicts(config, known)
    # The running dockerd repeats what its unit says: name the file, where there is one.
    named = [f for f in found if f.source != flags.RUNNING] or list(found)
    if named:
        listed = "; ".join(f"{flag.key} by {flag.text} in {flag.source}" for flag in named)
        raise Conflict(
            f"dockerd does not start when a key of {path} is given as a flag too. Set by flags: {listed}. Remove the "
            "flags there, or the keys here. Nothing was changed.",
            object=named[0].key,
            conflicts=[dataclasses.asdict(flag) for flag in named],
        )


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _dockerd_accepts(wish: Wish, config: Json, process: service.Process | None) -> bool:
    """``dockerd --validate`` on the candidate with the flags it runs with; false where that cannot be asked.

    :raises InvalidInput: dockerd does not accept it.
    """
    binary = wish.dockerd or (process.executable if process is not None else shutil.which("dockerd"))
    if not binary or not os.access(binary, os.X_OK):
        return False
    arguments = _without_config_file(process.arguments[1:] if process is not None else ())
    with tempfile.NamedTemporaryFile("w", suffix=".json") as candidate:
        candidate.write(file.render(config))
        candidate.flush()
        command = [binary, "--validate", f"--config-file={candidate.name}", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    if done.returncode == 0:
        return True
    if _NOT_VALIDATED in done.stderr:
        return False
    said = done.stderr.strip().replace(candidate.name, wish.path)
    raise InvalidInput(
        f"dockerd does not accept {wish.path} as it would be: {said} Nothing was changed.", object=wish.path
    )


def _without_config_file(arguments: t.Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word == "--config-file":
            skip = True
        elif not word.startswith("--config-file="):
            kept.append(word)
    return kept


def _result(wish: Wish, decided: Plan, copy: str | None, outcome: apply.Outcome) -> Json:
    applied = decided.situation is not None
    before = decided.before.text or ""
    after = file.render(decided.config, decided.present.text) if decided.write else before
    difference = []
    if decided.write:
        heads = {"before_header": wish.path, "after_header": wish.path}
        difference.append({**heads, "before": before, "after": after})
    if applied:
        difference.append({"before": "dockerd runs without it\n", "after": f"dockerd runs with it ({wish.apply})\n"})
    return {
        "changed": decided.changed,
        "path": wish.path,
        "config": decided.config,
        "dropped": list(decided.dropped),
        "remarks": list(decided.remarks),
        "validated": decided.validated,
        "backup_file": copy,
        "applied": outcome.how,
        "restart_needed": decided.due and not applied,
        "containers_kept": list(outcome.kept),
        **apply.containers_result(outcome.restarted),
        "diff": difference,
    }


def run(task: Task) -> Json:
    """The task of ``daemon_config``; see :func:`configure`."""
    params = task.params
    wish = Wish(
        config=params["config"],
        path=params["path"],
        apply=params["apply"],
        restart=params["restart"],
        backup=params["backup"],
        keep=params["keep"],
        validate=params["validate"],
        dockerd=params["dockerd"],
        wait=params["wait_timeout"],
    )
    result = configure(wish, task.connect, task.check_mode)
    for remark in result["remarks"]:
        task.warn(remark)
    return result
