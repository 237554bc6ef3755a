# SPDX-License-Identifier: GPL-3.0-or-later

"""After a failed change: the old file, the old daemon, and the containers that ran."""

from __future__ import annotations

from .._errors import Failed, StevedoreError
from . import containers, dockerd, file, live_restore, service, unfinished
from .change import ConfigChange
from .engine_state import EngineState
from .unfinished import LIVE_RESTORE


def roll_back(engine: EngineState, change: ConfigChange, live: bool, error: StevedoreError, since: float) -> Failed:
    """Go back to the old file, the old daemon and the containers that ran.

    :param since: when the change began, in seconds since 1970.
    :returns: the error to raise, which says what is not as it was.
    """
    failure = rolled_back_error(error, engine, since)
    try:
        restarted = service.find_dockerd(change.before.path) != engine.process
        if not restarted:
            # Only live-restore may have been switched on.
            if not engine.live_restore and engine.connect().get("/info").get("LiveRestoreEnabled"):
                live_restore.reset(engine, change, {**engine.runs_with, LIVE_RESTORE: False}, live)
        else:
            live_restore.write_file(engine, change, engine.runs_with, live)
            engine.manager.restart()
            dockerd.wait_for_answer(engine.connect, engine.manager, change.wait_timeout)
            live_restore.reset(engine, change, engine.runs_with, live)
        restore_file(change)
        unfinished.remove_note(change.before.path)
        # The roll-back has succeeded; what follows is what the attempt has done to containers.
        return _with_containers(failure, _start_stopped_containers(engine, live)) if restarted else failure
    except StevedoreError as second:
        restore_file(change)
        return Failed(
            f"{error.msg} The roll-back failed too: {second.msg} {change.before.path} is as it was before; look after "
            f"dockerd. It says: {engine.manager.log_excerpt(since)}",
            object=change.before.path,
            rolled_back=False,
        )


def restore_file(change: ConfigChange) -> None:
    if change.before.text is None:
        file.remove_file(change.before.path)
    else:
        file.replace_file(change.before.path, change.before.text)


def rolled_back_error(error: StevedoreError, engine: EngineState, since: float) -> Failed:
    """The error of a change that was rolled back, with what dockerd has logged about it."""
    log = engine.manager.log_excerpt(since)
    reason = f" dockerd says: {log}" if log else ""
    return Failed(
        f"{error.msg.rstrip('.')}. The old configuration and the old daemon are back.{reason}",
        object=error.object,
        rolled_back=True,
    )


def _start_stopped_containers(engine: EngineState, live: bool) -> containers.RestartResult:
    daemon = engine.connect()
    left_alone = live or engine.live_restore
    stopped = containers.find_damaged(daemon, engine.containers) if left_alone else engine.containers
    return containers.start_again(daemon, stopped)


def _with_containers(failure: Failed, restarted: containers.RestartResult) -> Failed:
    parts = [failure.msg]
    if restarted.started:
        parts.append(f"Started again: {', '.join(restarted.started)}.")
    parts += [f"The container {name} ran before and does not start: {reason}" for name, reason in restarted.failed]
    return Failed(" ".join(parts), object=failure.object, **failure.details, **restarted.fields())
