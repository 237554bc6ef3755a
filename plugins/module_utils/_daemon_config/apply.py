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
import os
import signal
import socket
import struct
import time
import typing as t

from .. import _log_drivers
from .._engine.client import Daemon
from .._errors import Conflict, Failed, StevedoreError, TimedOut, Unreachable
from . import file, merge, probe, service

Json = t.Dict[str, t.Any]
Connect = t.Callable[[], Daemon]

LIVE = "live-restore"


@dataclasses.dataclass(frozen=True)
class Running:
    """One running container, as its being left alone is proven by."""

    identity: str
    name: str
    pid: int
    started: str


@dataclasses.dataclass(frozen=True)
class Situation:
    """The engine before anything is done to it."""

    connect: Connect
    process: service.Process
    manager: service.Manager
    live_restore: bool
    # Given as a flag, live-restore must not be in the file as well.
    live_by_flag: bool
    containers: tuple[Running, ...]
    # What the old daemon can be started with, which is not always the old file; :func:`apply` finds out.
    runs_with: Json = dataclasses.field(default_factory=dict)


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
    how: str
    kept: tuple[str, ...] = ()
    started: tuple[str, ...] = ()


def look(path: str, mode: str, connect: Connect, restart: bool) -> Situation:
    """What there is to apply to; changes nothing.

    :param restart: a restart will be needed, not only a reload.
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
    _same_engine(daemon.connection.docker_host, process)
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
        manager=service.manager_of(process),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        live_by_flag=any(flag.key == LIVE for flag in process.flags),
        containers=running(daemon),
    )


def _same_engine(host: str, process: service.Process) -> None:
    """That the engine asked and the dockerd to be restarted are one.

    :raises Conflict: they are not, as far as can be seen.
    """
    if not host.startswith("unix://"):
        raise Conflict(
            f"dockerd can only be treated on its own machine, through its Unix socket, not at {host}: use apply: none.",
            object=host,
        )
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(host[len("unix://") :])
        # Whoever made the socket: dockerd itself, or systemd (process 1, or a user's) for it.
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    owner = struct.unpack("3i", packed)[0]
    if owner != process.pid and not service.is_systemd(owner):
        raise Conflict(
            f"The engine at {host} (process {owner}) is not the one that reads this file (process {process.pid}): set "
            "docker_host, or path.",
            object=host,
        )


def running(daemon: Daemon) -> tuple[Running, ...]:
    """The containers that run, by id."""
    found = []
    for summary in daemon.containers({"status": ["running", "paused"]}):
        document = daemon.find_container(summary["Id"])
        if document is not None and document["State"]["Running"]:
            state = document["State"]
            found.append(Running(document["Id"], document["Name"].lstrip("/"), state["Pid"], state["StartedAt"]))
    return tuple(sorted(found, key=lambda container: container.identity))


def apply(situation: Situation, change: Change, mode: str, *, restart: bool = False) -> Outcome:
    """Bring the change to the running dockerd; the file is written on the way.

    :param restart: not only for the sake of the change: the file waits for a restart already, or one is asked for.
    :raises Failed: it did not work; file, dockerd and containers are as they were, or the message says what is not.
    """
    before = merge.typed(change.before.config)
    if _log_drivers.problems(merge.driver_of(before), before.get("log-opts") or {}):
        # The old daemon started before that was written and would not start with it: go back to what it has.
        given = probe.defaults(situation.connect())
        before.update({"log-driver": given["Type"], "log-opts": given.get("Config") or {}})
    situation = dataclasses.replace(situation, runs_with=before)
    with _undisturbed():
        if mode == "live" and not restart and not merge.needs_restart(change.before.config, change.after):
            return _by_reload(situation, change)
        return _by_restart(situation, change, live=mode == "live")


def _by_reload(situation: Situation, change: Change) -> Outcome:
    since = time.time()
    try:
        file.write(change.before.path, change.text)
        _reload(situation, change.wait)
    except StevedoreError as error:
        _restore_file(change)
        with contextlib.suppress(StevedoreError):
            _reload(situation, change.wait)
        raise _taken_back(error, situation, since) from error
    return Outcome("reload", kept=tuple(c.name for c in situation.containers))


def _by_restart(situation: Situation, change: Change, live: bool) -> Outcome:
    since = time.time()
    try:
        started = _to(situation, change, change.after, live)
        daemon = situation.connect()
        probe.prove_logging(daemon, merge.driver_of(change.after), change.after.get("log-opts") or {})
        _settle(situation, change, change.after, live)
    except StevedoreError as error:
        raise _back(situation, change, live, error, since) from error
    kept = tuple(c.name for c in situation.containers if c.name not in started)
    return Outcome("live" if live else "restart", kept=kept, started=started)


def _to(situation: Situation, change: Change, config: Json, live: bool) -> tuple[str, ...]:
    """Restart dockerd with ``config``; the names of containers that had to be started again."""
    hold = live and not situation.live_by_flag
    file.write(change.before.path, file.render({**config, LIVE: True} if hold else config, change.before.text))
    if hold and not situation.live_restore and service.alive(situation.process):
        _reload(situation, change.wait)
        if not situation.connect().get("/info").get("LiveRestoreEnabled"):
            raise Failed("dockerd did not take live-restore over; it was not restarted.", object=LIVE)
    situation.manager.restart()
    daemon = _wait(situation, change.wait)
    if live or situation.live_restore:
        _prove_untouched(situation, daemon)
        return ()
    return _start_again(situation, daemon)


def _settle(situation: Situation, change: Change, config: Json, live: bool) -> None:
    """live-restore as it is asked for, or as it was before, in the file and in dockerd."""
    if not live or situation.live_by_flag:
        return
    if not config.get(LIVE, situation.live_restore):
        file.write(change.before.path, file.render({**config, LIVE: False}, change.before.text))
        _reload(situation, change.wait)
    file.write(change.before.path, file.render(config, change.before.text))


def _back(situation: Situation, change: Change, live: bool, error: StevedoreError, since: float) -> Failed:
    """The old file and the old daemon; what to raise then."""
    told = _taken_back(error, situation, since)
    before = situation.runs_with
    try:
        if service.find(change.before.path) == situation.process:
            # Never restarted: only live-restore may have been switched on.
            if not situation.live_restore and not situation.live_by_flag:
                with contextlib.suppress(StevedoreError):
                    _settle(situation, change, {**before, LIVE: False}, live)
        else:
            _to(situation, change, before, live)
            _settle(situation, change, before, live)
        _restore_file(change)
    except StevedoreError as second:
        _restore_file(change)
        return Failed(
            f"{error.msg} The roll-back failed too: {second.msg} {change.before.path} is as it was before; look after "
            f"dockerd. It says: {situation.manager.complaint(since)}",
            object=change.before.path,
            rolled_back=False,
        )
    return told


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


def _reload(situation: Situation, wait: float) -> None:
    """Have dockerd read its file, and see that it did: a failed reload is only logged, a successful one is an event.

    :raises TimedOut: there was no such event.
    """
    daemon = situation.connect()
    process = service.find_again(situation.process)
    since = time.time()
    os.kill(process.pid, signal.SIGHUP)
    end = time.monotonic() + wait
    query = {"type": ["daemon"], "event": ["reload"]}
    while True:
        params = {"since": f"{since:.9f}", "until": f"{time.time():.9f}", "filters": query}
        with daemon.stream("GET", "/events", params=params) as body:
            if any(True for _event in body.events()):
                return
        if time.monotonic() > end:
            raise TimedOut(f"dockerd did not reload its configuration within {wait:g} s.", object="dockerd")
        time.sleep(0.1)


def _wait(situation: Situation, wait: float) -> Daemon:
    """The engine, once it answers again.

    :raises Failed: its process ended.
    :raises TimedOut: it does not answer.
    """
    end = time.monotonic() + wait
    while True:
        try:
            daemon = situation.connect()
            daemon.get("/info")
            return daemon
        except StevedoreError as error:
            if time.monotonic() > end:
                raise TimedOut(f"dockerd did not answer within {wait:g} s after the restart: {error.msg}") from error
            if not situation.manager.lives():
                raise Failed("dockerd ended right after its start.", object="dockerd") from error
        time.sleep(0.2)


def _prove_untouched(situation: Situation, daemon: Daemon) -> None:
    """Every container that ran still runs, as the same process.

    :raises Failed: one does not.
    """
    now = {container.identity: container for container in running(daemon)}
    lost = [c.name for c in situation.containers if now.get(c.identity) != c and not _ended_by_itself(daemon, c)]
    if lost:
        raise Failed(f"Containers were not left alone by the restart: {', '.join(lost)}.", object=lost[0])


def _ended_by_itself(daemon: Daemon, container: Running) -> bool:
    """A container whose work was done, or that its user removed, in the meantime."""
    document = daemon.find_container(container.identity)
    return document is None or (not document["State"]["Running"] and document["State"]["ExitCode"] == 0)


def _start_again(situation: Situation, daemon: Daemon) -> tuple[str, ...]:
    """Start what ran before and has no restart policy that did so."""
    names = []
    for container in situation.containers:
        document = daemon.find_container(container.identity)
        if document is not None:  # --rm containers go with their stop
            daemon.post_status(f"/containers/{container.identity}/start", about=f"container {container.name}")
            names.append(container.name)
    return tuple(names)


@contextlib.contextmanager
def _undisturbed() -> t.Iterator[None]:
    """Finish what was begun, also when the connection to the control node goes away."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
