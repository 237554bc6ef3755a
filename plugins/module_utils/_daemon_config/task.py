# SPDX-License-Identifier: GPL-3.0-or-later

"""Daemon.json as it should be, checked in every way there is, written, and applied."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import tempfile
import typing as t

from .. import _log_drivers
from .._errors import Conflict, InvalidInput
from . import apply, file, flags, merge, pending, service

Json = t.Dict[str, t.Any]
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

    present: file.Present
    config: Json
    dropped: tuple[str, ...]
    remarks: tuple[str, ...]
    validated: bool
    write: bool
    due: bool
    situation: apply.Situation | None

    @property
    def changed(self) -> bool:
        return self.write or self.situation is not None


def configure(wish: Wish, connect: apply.Connect, check: bool) -> Json:
    """The module's whole result.

    :raises StevedoreError: nothing was changed, or everything was put back; the message says which.
    """
    decided = plan(wish, connect)
    if check or not decided.changed:
        return _result(wish, decided, None, apply.Outcome("none"))
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
            pending.remember(wish.path, service.find(wish.path))
    return _result(wish, decided, copy, outcome)


def plan(wish: Wish, connect: apply.Connect) -> Plan:
    """Everything that can be found out without changing anything, which is everything that can be refused."""
    present = file.read(wish.path)
    merged = merge.merge(present.config, wish.config)
    # As text, since 1 and true are equal to Python and not to dockerd.
    write = file.render(merged.config) != file.render(present.config)
    process = service.find(wish.path)
    validated = False
    driver, options = merge.driver_of(merged.config), merged.config.get("log-opts") or {}
    if wish.validate and merged.config:
        _refuse_bad_options(wish.path, driver, options)
        _refuse_flags(wish.path, merged.config, process)
        validated = write and _dockerd_accepts(wish, merged.config, process)
    due = process is not None and (wish.restart or pending.due(wish.path, process))
    situation = None
    if wish.apply != "none" and (write or due):
        restart = due or wish.apply == "restart" or merge.needs_restart(present.config, merged.config)
        situation = apply.look(wish.path, wish.apply, connect, restart)
    return Plan(
        present=present,
        config=merged.config,
        dropped=merged.dropped,
        remarks=_log_drivers.remarks(driver, options),
        validated=validated,
        write=write,
        due=process is not None and (due or (write and merge.needs_restart(present.config, merged.config))),
        situation=situation,
    )


def _refuse_bad_options(path: str, driver: str, options: t.Mapping[str, str]) -> None:
    found = _log_drivers.problems(driver, options)
    if found:
        raise InvalidInput(
            f"{path} would hold log settings that dockerd or every new container fails on: {'; '.join(found)}. "
            "Nothing was changed.",
            object="log-opts",
        )


def _refuse_flags(path: str, config: Json, process: service.Process | None) -> None:
    unit = process.unit if process is not None and process.unit else "docker.service"
    # Flags of an engine that reads another file are none of ours.
    sources = (flags.of_unit(unit), flags.of_init_script())
    known = [flag for source in sources if _same(flags.config_path(source), path) for flag in source]
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
    after = file.render(decided.config, decided.present.text) if decided.write else decided.present.text or ""
    difference = []
    if decided.write:
        heads = {"before_header": wish.path, "after_header": wish.path}
        difference.append({**heads, "before": decided.present.text or "", "after": after})
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
        "containers_started": list(outcome.started),
        "diff": difference,
    }
