# SPDX-License-Identifier: GPL-3.0-or-later

"""A new daemon.json into the running dockerd, with its containers running, proven or taken back.

The way of ``live``: the new file with live-restore on is written and reloaded (dockerd takes live-restore over at once,
the log settings not), dockerd is restarted with its containers left alone, the new state is proven, and live-restore
goes back to what it was, in the file and in dockerd. A reload does not switch live-restore off when the key is merely
missing, so for that moment it stands in the file as false.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
import typing as t

from .. import _log_drivers
from .._engine.client import Daemon
from .._errors import Conflict, Failed, StevedoreError, Unreachable
from .._types import Json
from . import containers, dockerd, file, managers, merge, probe, service, unfinished

Connect = t.Callable[[], Daemon]

LIVE = unfinished.LIVE


@dataclasses.dataclass(frozen=True)
class Situation:
    """The engine before anything is done to it."""

    connect: Connect
    process: service.Process
    manager: managers.Manager
    live_restore: bool
    # Given as a flag, live-restore must not be in the file as well.
    live_by_flag: bool
    containers: tuple[containers.Container, ...]
    # What the old daemon can be started with, which is not always the old file; :func:`apply` finds out.
    runs_with: Json = dataclasses.field(default_factory=dict)
    # New containers already have log settings that this module takes for wrong, and keep them.
    keeps_odd_logging: bool = False


@dataclasses.dataclass(frozen=True)
class Change:
    """The file before and after, and how long dockerd may take to come back (seconds)."""

    before: file.Present
    after: Json
    wait: float

    @property
    def text(self) -> str:
        return file.render(self.after, self.before.text)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How the engine got the change, and what became of its containers, by name."""

    how: str
    kept: tuple[str, ...] = ()
    restarted: containers.Restarted = dataclasses.field(default_factory=containers.Restarted)


def look(path: str, mode: str, connect: Connect, restart: bool, live_restore: bool | None = None) -> Situation:
    """What there is to apply to; changes nothing.

    :param restart: a restart will be needed, not only a reload.
    :param live_restore: what is remembered of it, where dockerd has another value since an earlier run was broken off.
    :raises Unreachable: no engine runs.
    :raises Conflict: this engine cannot be treated that way.
    """
    process = service.find(path)
    if process is None:
        raise Unreachable(
            f"No engine of this machine that reads {path} is running: start it first, or use apply: none and let its "
            "next start take the file over.",
            object=path,
        )
    daemon = connect()
    dockerd.check_identity(daemon.connection.docker_host, process)
    info = daemon.get("/info")
    if restart and mode == "live" and (info.get("Swarm") or {}).get("LocalNodeState", "inactive") != "inactive":
        raise Conflict(
            "This engine is in swarm mode, which rules out live-restore: drain the node and use apply: restart, or use "
            "apply: none.",
            object="swarm",
        )
    return Situation(
        connect=connect,
        process=process,
        manager=managers.manager_of(process),
        live_restore=bool(info.get("LiveRestoreEnabled")) if live_restore is None else live_restore,
        live_by_flag=any(flag.key == LIVE for flag in process.flags),
        containers=containers.running(daemon),
    )


def apply(situation: Situation, change: Change, mode: str, *, restart: bool = False) -> Outcome:
    """Bring the change to the running dockerd; the file is written on the way.

    :param restart: not only for the sake of the change: the file waits for a restart already, or one is asked for.
    :raises Failed: it did not work; file, dockerd and containers are as they were, or the message says what is not.
    """
    before = merge.typed(change.before.config)
    odd = bool(_log_drivers.problems(merge.driver_of(before), before.get("log-opts") or {}))
    if odd:
        # Perhaps the old daemon started before that was written and would not start with it: go back to what it has.
        given = probe.defaults(situation.connect())
        before.update({"log-driver": given["Type"], "log-opts": given.get("Config") or {}})
    situation = dataclasses.replace(
        situation,
        runs_with=before,
        keeps_odd_logging=odd and _logging(before, situation.process) == _logging(change.after, situation.process),
    )
    with _undisturbed():
        if mode == "live" and not restart and not merge.needs_restart(change.before.config, change.after):
            return _by_reload(situation, change)
        return _by_restart(situation, change, live=mode == "live")


def _logging(config: Json, process: service.Process) -> tuple[str, Json]:
    """The log driver and its options that new containers get: the file's, or those of dockerd's flags."""
    driver, options = merge.driver_of(config), dict(config.get("log-opts") or {})
    for flag in process.flags:
        name, _equals, value = flag.value.partition("=")
        if flag.key == "log-driver":
            driver = flag.value
        elif flag.key == "log-opts":
            options.setdefault(name, value)
    return driver, options


def _by_reload(situation: Situation, change: Change) -> Outcome:
    since = time.time()
    try:
        file.write(change.before.path, change.text)
        dockerd.reload(situation.connect, situation.process, change.wait)
    except StevedoreError as error:
        _restore_file(change)
        with contextlib.suppress(StevedoreError):
            dockerd.reload(situation.connect, situation.process, change.wait)
        raise _taken_back(error, situation, since) from error
    return Outcome("reload", kept=tuple(c.name for c in situation.containers))


def _by_restart(situation: Situation, change: Change, live: bool) -> Outcome:
    since = time.time()
    with _remembered(situation, change, live):
        try:
            restarted = _restart_with(situation, change, live)
            if not situation.keeps_odd_logging:
                probe.prove_logging(situation.connect(), *_logging(change.after, situation.process))
            _settle(situation, change, change.after, live)
        except StevedoreError as error:
            raise _back(situation, change, live, error, since) from error
    kept = containers.kept(situation.connect(), situation.containers)
    return Outcome("live" if live else "restart", kept, restarted)


def _restart_with(situation: Situation, change: Change, live: bool) -> containers.Restarted:
    """Restart dockerd with the new file; what became of its containers.

    :raises Failed: it does not start, or containers were to be left alone and were not.
    """
    _write_held(situation, change, change.after, live)
    if _holds(situation, live) and service.alive(situation.process):
        dockerd.reload(situation.connect, situation.process, change.wait)
        if not situation.connect().get("/info").get("LiveRestoreEnabled"):
            raise Failed("dockerd did not take live-restore over; it was not restarted.", object=LIVE)
    # Looked at again: what ended in the meantime was not ended by the restart.
    before = _before_restart(situation)
    situation.manager.restart()
    daemon = dockerd.wait_for_answer(situation.connect, situation.manager, change.wait)
    if live or situation.live_restore:
        lost = containers.damaged(daemon, before)
        if lost:
            names = ", ".join(container.name for container in lost)
            raise Failed(f"Containers were not left alone by the restart: {names}.", object=lost[0].name)
        return containers.Restarted()
    return containers.start_again(daemon, before)


def _before_restart(situation: Situation) -> tuple[containers.Container, ...]:
    """The containers right before the restart; one that is another process than at first restarts by itself."""
    at_first = {container.identity: container for container in situation.containers}
    return tuple(
        dataclasses.replace(
            container,
            restless=container.restless or not container.is_same_process(at_first.get(container.identity, container)),
        )
        for container in containers.running(situation.connect())
    )


def _holds(situation: Situation, live: bool) -> bool:
    """Whether live-restore stands in the file for the time of the restart."""
    return live and not situation.live_by_flag


def _held(config: Json, change: Change, value: bool) -> str:
    return file.render({**config, LIVE: value}, change.before.text)


def _write_held(situation: Situation, change: Change, config: Json, live: bool) -> None:
    held = _holds(situation, live)
    file.write(change.before.path, _held(config, change, True) if held else file.render(config, change.before.text))


def _settle(situation: Situation, change: Change, config: Json, live: bool) -> None:
    """live-restore as it is asked for, or as it was before, in the file and in dockerd."""
    if not _holds(situation, live):
        return
    if not config.get(LIVE, situation.live_restore):
        file.write(change.before.path, _held(config, change, False))
        dockerd.reload(situation.connect, situation.process, change.wait)
    file.write(change.before.path, file.render(config, change.before.text))


@contextlib.contextmanager
def _remembered(situation: Situation, change: Change, live: bool) -> t.Iterator[None]:
    """Note what live-restore should be, for as long as the file says something else; see :mod:`unfinished`."""
    if not _holds(situation, live):
        yield
        return
    goals = []
    for config, final in ((situation.runs_with, change.before.text or ""), (change.after, change.text)):
        goal = unfinished.Goal(config.get(LIVE), bool(config.get(LIVE, situation.live_restore)), final)
        texts = (_held(config, change, True), _held(config, change, False), final)
        goals += [dataclasses.replace(goal, text=text) for text in texts]
    unfinished.remember(change.before.path, goals)
    yield
    unfinished.forget(change.before.path)


def _back(situation: Situation, change: Change, live: bool, error: StevedoreError, since: float) -> Failed:
    """The old file, the old daemon and the containers that ran; what to raise then."""
    told = _taken_back(error, situation, since)
    try:
        restarted = service.find(change.before.path) != situation.process
        if not restarted:
            # Only live-restore may have been switched on.
            if not situation.live_restore and situation.connect().get("/info").get("LiveRestoreEnabled"):
                _settle(situation, change, {**situation.runs_with, LIVE: False}, live)
        else:
            _write_held(situation, change, situation.runs_with, live)
            situation.manager.restart()
            dockerd.wait_for_answer(situation.connect, situation.manager, change.wait)
            _settle(situation, change, situation.runs_with, live)
        _restore_file(change)
        unfinished.forget(change.before.path)
        # The roll-back has succeeded; what follows is what the attempt has done to containers.
        return _with_containers(told, _start_what_ended(situation, live)) if restarted else told
    except StevedoreError as second:
        _restore_file(change)
        return Failed(
            f"{error.msg} The roll-back failed too: {second.msg} {change.before.path} is as it was before; look after "
            f"dockerd. It says: {situation.manager.complaint(since)}",
            object=change.before.path,
            rolled_back=False,
        )


def _start_what_ended(situation: Situation, live: bool) -> containers.Restarted:
    daemon = situation.connect()
    left_alone = live or situation.live_restore
    ended = containers.damaged(daemon, situation.containers) if left_alone else situation.containers
    return containers.start_again(daemon, ended)


def _with_containers(told: Failed, restarted: containers.Restarted) -> Failed:
    parts = [told.msg]
    if restarted.started:
        parts.append(f"Started again: {', '.join(restarted.started)}.")
    parts += [f"The container {name} ran before and does not start: {reason}" for name, reason in restarted.failed]
    return Failed(" ".join(parts), object=told.object, **told.details, **containers_result(restarted))


def containers_result(restarted: containers.Restarted) -> Json:
    """For the module's result."""
    return {
        "containers_started": list(restarted.started),
        "containers_failed": [{"name": name, "msg": reason} for name, reason in restarted.failed],
        "containers_removed": list(restarted.removed),
    }


def _taken_back(error: StevedoreError, situation: Situation, since: float) -> Failed:
    words = situation.manager.complaint(since)
    said = f" dockerd says: {words}" if words else ""
    return Failed(
        f"{error.msg.rstrip('.')}. The old configuration and the old daemon are back.{said}",
        object=error.object,
        rolled_back=True,
    )


def _restore_file(change: Change) -> None:
    if change.before.text is None:
        file.remove(change.before.path)
    else:
        file.write(change.before.path, change.before.text)


@contextlib.contextmanager
def _undisturbed() -> t.Iterator[None]:
    """Finish what was begun, also when the connection to the control node goes away."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
