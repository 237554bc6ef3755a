# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a new daemon.json to the running dockerd, by a reload or a restart; proven, or rolled back.

With ``apply: live`` containers go on running: the new file with live-restore on is written and reloaded (dockerd takes
live-restore over at once, the log settings not), dockerd is restarted with its containers left alone, the new state is
proven, and live-restore goes back to what it was; see :mod:`live_restore`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
import typing as t

from .._errors import Failed, StevedoreError
from .._log_drivers.options import find_problems
from .._types import Json
from . import containers, dockerd, file, live_restore, proof, rollback, service
from .change import ApplyResult, ConfigChange
from .engine_state import EngineState
from .merge import convert_types, log_driver_of, needs_restart
from .unfinished import LIVE_RESTORE


def apply_change(engine: EngineState, change: ConfigChange, mode: str, *, restart: bool = False) -> ApplyResult:
    """Bring the change to the running dockerd; the file is written on the way.

    :param restart: not only for the sake of the change: the file waits for a restart already, or one is asked for.
    :raises Failed: it did not work; file, dockerd and containers are as they were, or the message says what is not.
    """
    runs_with = convert_types(change.before.config)
    odd = bool(find_problems(log_driver_of(runs_with), runs_with.get("log-opts") or {}))
    if odd:
        # Perhaps the old daemon started before that was written and would not start with it: go back to what it has.
        default = proof.default_logging(engine.connect())
        runs_with.update({"log-driver": default["Type"], "log-opts": default.get("Config") or {}})
    engine = dataclasses.replace(
        engine,
        runs_with=runs_with,
        keeps_odd_logging=odd and _logging(runs_with, engine.process) == _logging(change.after, engine.process),
    )
    with _ignore_signals():
        if mode == "live" and not restart and not needs_restart(change.before.config, change.after):
            return _apply_by_reload(engine, change)
        return _apply_by_restart(engine, change, live=mode == "live")


def _logging(config: Json, process: service.DockerdProcess) -> tuple[str, Json]:
    """The log driver and its options that new containers get: the file's, or those of dockerd's flags."""
    driver, options = log_driver_of(config), dict(config.get("log-opts") or {})
    for flag in process.flags:
        name, _equals, value = flag.value.partition("=")
        if flag.key == "log-driver":
            driver = flag.value
        elif flag.key == "log-opts":
            options.setdefault(name, value)
    return driver, options


def _apply_by_reload(engine: EngineState, change: ConfigChange) -> ApplyResult:
    since = time.time()
    try:
        file.replace_file(change.before.path, change.text)
        dockerd.reload_config(engine.connect, engine.process, change.wait_timeout)
    except StevedoreError as error:
        rollback.restore_file(change)
        with contextlib.suppress(StevedoreError):
            dockerd.reload_config(engine.connect, engine.process, change.wait_timeout)
        raise rollback.rolled_back_error(error, engine, since) from error
    return ApplyResult("reload", kept=tuple(container.name for container in engine.containers))


def _apply_by_restart(engine: EngineState, change: ConfigChange, live: bool) -> ApplyResult:
    since = time.time()
    with live_restore.keep_note(engine, change, live):
        try:
            restarted = _restart(engine, change, live)
            if not engine.keeps_odd_logging:
                proof.prove_logging(engine.connect(), *_logging(change.after, engine.process))
            live_restore.reset(engine, change, change.after, live)
        except StevedoreError as error:
            raise rollback.roll_back(engine, change, live, error, since) from error
    kept = containers.kept_names(engine.connect(), engine.containers)
    return ApplyResult("live" if live else "restart", kept, restarted)


def _restart(engine: EngineState, change: ConfigChange, live: bool) -> containers.RestartResult:
    """Write the new file and restart dockerd; what became of its containers.

    :raises Failed: dockerd does not start, or containers were to be left alone and were not.
    """
    live_restore.write_file(engine, change, change.after, live)
    if live_restore.is_forced(engine, live) and service.still_runs(engine.process):
        dockerd.reload_config(engine.connect, engine.process, change.wait_timeout)
        if not engine.connect().get("/info").get("LiveRestoreEnabled"):
            raise Failed("dockerd did not take live-restore over; it was not restarted.", object=LIVE_RESTORE)
    # Looked at again: what ended in the meantime was not ended by the restart.
    before = _containers_before_restart(engine)
    engine.manager.restart()
    daemon = dockerd.wait_for_answer(engine.connect, engine.manager, change.wait_timeout)
    if live or engine.live_restore:
        damaged = containers.find_damaged(daemon, before)
        if damaged:
            names = ", ".join(container.name for container in damaged)
            raise Failed(f"Containers were not left alone by the restart: {names}.", object=damaged[0].name)
        return containers.RestartResult()
    return containers.start_again(daemon, before)


def _containers_before_restart(engine: EngineState) -> tuple[containers.RunningContainer, ...]:
    """The containers right before the restart; one that is another process than at first restarts by itself."""
    at_first = {container.identity: container for container in engine.containers}
    return tuple(
        dataclasses.replace(
            container,
            restarts_itself=container.restarts_itself
            or not container.is_same_process(at_first.get(container.identity, container)),
        )
        for container in containers.running_containers(engine.connect())
    )


@contextlib.contextmanager
def _ignore_signals() -> t.Iterator[None]:
    """Finish what was begun, also when the connection to the control node goes away."""
    handlers = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
