# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done to daemon.json and to dockerd. Changes nothing, and refuses everything that can be refused."""

from __future__ import annotations

import dataclasses

from .._log_drivers.options import find_remarks
from .._types import Json
from . import checks, file, pending, service, unfinished
from .engine_state import Connect, EngineState, inspect_engine
from .flag_conflicts import refuse_conflicting_flags
from .merge import log_driver_of, merge_config, needs_restart
from .options import DaemonConfigOptions


@dataclasses.dataclass(frozen=True)
class DaemonConfigPlan:
    """What will be done.

    :ivar found: the file as it is on the disk; ``before`` is the same without what an unfinished run has left in it.
    :ivar after: the configuration as it will be.
    :ivar dropped: log options that have to go with their driver.
    :ivar write: the file has to be written.
    :ivar restart_needed: the running dockerd gets the configuration only by a restart.
    :ivar engine: there when the running dockerd gets the configuration now.
    :ivar leftover: what an unfinished run has left to do.
    """

    found: file.ConfigFile
    before: file.ConfigFile
    after: Json
    dropped: tuple[str, ...]
    remarks: tuple[str, ...]
    validated: bool
    write: bool
    restart_needed: bool
    engine: EngineState | None
    leftover: unfinished.LiveRestoreTarget | None

    @property
    def changed(self) -> bool:
        return self.write or self.engine is not None


def make_plan(options: DaemonConfigOptions, connect: Connect) -> DaemonConfigPlan:
    """Read the file, merge the keys of the task into it, check the outcome, and look at the running dockerd.

    :raises StevedoreError: it cannot be done.
    """
    found = file.read_config(options.path)
    target = unfinished.find_target(found)
    before = _without_leftovers(found, target)
    merged = merge_config(before.config, options.config)
    # As text, since 1 and true are equal to Python and not to dockerd.
    write = file.render_config(merged.config) != file.render_config(found.config)
    process = service.find_dockerd(options.path)
    remarks = list(find_remarks(log_driver_of(merged.config), merged.config.get("log-opts") or {}))
    if unfinished.is_outdated(found):
        remarks.append(
            f"A run that was broken off has switched live-restore on in {options.path} for a moment. The file was edited "
            "since, so that it is left as it is: see whether live-restore is meant to be there."
        )
    validated = False
    if options.validate and merged.config:
        remarks += checks.refuse_bad_log_options(options, before.config, merged.config)
        refuse_conflicting_flags(options.path, merged.config, process)
        validated = write and checks.validate_with_dockerd(options, merged.config, process)
    # Without regard to what this task changes.
    restart_due = process is not None and (
        options.restart or target is not None or pending.is_restart_pending(options.path, process)
    )
    restart_for_change = write and needs_restart(before.config, merged.config)
    engine = None
    if options.apply != "none" and (write or restart_due):
        restart = restart_due or options.apply == "restart" or needs_restart(before.config, merged.config)
        live_restore = target.in_dockerd if target is not None else pending.noted_live_restore(options.path, process)
        engine = inspect_engine(options.path, options.apply, connect, restart, live_restore)
        if options.apply == "restart" and not engine.live_restore:
            remarks += _removal_remarks(engine)
    return DaemonConfigPlan(
        found=found,
        before=before,
        after=merged.config,
        dropped=merged.dropped,
        remarks=tuple(remarks),
        validated=validated,
        write=write,
        restart_needed=process is not None and (restart_due or restart_for_change),
        engine=engine,
        leftover=target,
    )


def _without_leftovers(found: file.ConfigFile, target: unfinished.LiveRestoreTarget | None) -> file.ConfigFile:
    """The file without what an unfinished run has left in it."""
    if target is None:
        return found
    config = target.repair(found.config)
    return file.ConfigFile(found.path, file.render_config(config, found.text), config)


def _removal_remarks(engine: EngineState) -> list[str]:
    names = [container.name for container in engine.containers if container.auto_remove]
    if not names:
        return []
    return [f"Containers that are removed when they end (--rm) go with the restart: {', '.join(names)}."]
