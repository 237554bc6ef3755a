# SPDX-License-Identifier: GPL-3.0-or-later

"""The service manager of dockerd: systemd, an init script, or none."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import resource
import signal
import subprocess
import time
import typing as t

from .._errors import Conflict, Failed, TimedOut
from . import systemd
from .service import DockerdProcess, environment_of, find_unit, is_pid_alive, link_of, number_in, text_of

_FATAL = ("failed to start daemon", "unable to configure", "level=fatal")
_UP = "API listen on"


class Manager(t.Protocol):
    """Whoever starts and stops dockerd."""

    name: str

    def restart(self) -> None:
        """Stop it, if it runs, and start it; returns before it answers.

        :raises Failed: it did not start.
        """

    def is_alive(self) -> bool:
        """Whether it is running or on its way up."""

    def log_excerpt(self, since: float) -> str:
        """What dockerd has logged about a failed start since a time (seconds since the epoch)."""


def manager_of(process: DockerdProcess) -> Manager:
    """Who runs this dockerd.

    :raises Conflict: a process that nobody here knows how to ask.
    """
    unit = find_unit(process)
    if unit is not None:
        return Systemd(unit)
    if _is_init_script(process):
        return InitScript("docker")
    if process.pid != 1 and process.parent == 1:
        if not os.access(process.executable, os.X_OK):
            raise Conflict(
                f"dockerd (process {process.pid}) was started by hand from {process.executable}, which is not there any "
                "more, so that it cannot be started again: use apply: none, and restart it by its own means.",
                object="dockerd",
            )
        return BareProcess(process)
    parent = text_of(f"/proc/{process.parent}/comm").strip() or "nobody"
    raise Conflict(
        f"dockerd (process {process.pid}) was started by {parent} (process {process.parent}), neither by systemd nor by an "
        "init script: use apply: none, and restart it by its own means.",
        object="dockerd",
    )


def _is_init_script(process: DockerdProcess) -> bool:
    if not os.access("/etc/init.d/docker", os.X_OK):
        return False
    # The second one is start-stop-daemon's.
    known = [number_in(path) for path in ("/run/docker.pid", "/run/docker-ssd.pid")]
    return process.pid in known and systemd.run(["service", "docker", "status"]).returncode == 0


class Systemd:
    """A unit, of the system or of a user."""

    name = "systemd"

    def __init__(self, unit: systemd.Unit) -> None:
        self._unit = unit

    def restart(self) -> None:
        unit = self._unit.name
        # docker.service allows three starts a minute, whether they succeed or not; this forgets them.
        self._systemctl("reset-failed", unit, unit.replace(".service", ".socket"))
        done = self._systemctl("restart", unit)
        if done.returncode != 0:
            raise Failed(f"{unit} does not start: {done.stderr.strip()}", object=unit)

    def is_alive(self) -> bool:
        return self._systemctl("is-active", self._unit.name).stdout.strip() in ("active", "activating", "reloading")

    def log_excerpt(self, since: float) -> str:
        options = [f"--since=@{int(since)}", "--no-pager", "--output=cat", "--lines=200"]
        return _startup_errors(systemd.run([*self._unit.journalctl, *options], self._unit.owner).stdout)

    def _systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return systemd.run([*self._unit.systemctl, *words], self._unit.owner)


class InitScript:
    """Debian's ``/etc/init.d/docker``."""

    name = "sysvinit"

    def __init__(self, service: str) -> None:
        self.service = service
        self._log = _StartupLog(f"/var/log/{service}.log")

    def restart(self) -> None:
        # The script's own "restart" fails when its process number is not known; a stop of what is stopped is fine.
        systemd.run(["service", self.service, "stop"])
        done = systemd.run(["service", self.service, "start"])
        if done.returncode != 0:
            raise Failed(f"The init script does not start {self.service}: {done.stderr.strip()}", object=self.service)

    def is_alive(self) -> bool:
        return systemd.run(["service", self.service, "status"]).returncode == 0

    def log_excerpt(self, since: float) -> str:
        return _startup_errors(self._log.new_text())


class BareProcess:
    """A dockerd that somebody started by hand: the same command again, in the same folder, environment and limits."""

    name = "none"

    def __init__(self, process: DockerdProcess, wait: float = 60.0) -> None:
        self._wait = wait
        self._current = process.pid
        self._arguments = process.arguments
        self._executable = process.executable
        self._context = _process_context(process.pid)
        # Output that goes nowhere, to a terminal or to a program cannot be taken over.
        log = os.path.realpath(f"/proc/{process.pid}/fd/2")
        self._log = _StartupLog(log if os.path.isfile(log) else os.devnull)

    def restart(self) -> None:
        self._stop()
        with open(self._log.path, "ab") as log:
            started = subprocess.Popen(
                self._arguments,
                executable=self._executable,
                cwd=self._context.folder,
                env=self._context.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self._context.enter,  # noqa: PLW1509 (no threads here, and limits have no other way)
            )
        self._current = started.pid

    def is_alive(self) -> bool:
        return is_pid_alive(self._current)

    def log_excerpt(self, since: float) -> str:
        return _startup_errors(self._log.new_text())

    def _stop(self) -> None:
        end = time.monotonic() + self._wait
        try:
            os.kill(self._current, signal.SIGTERM)
        except ProcessLookupError:
            return
        while is_pid_alive(self._current):
            if time.monotonic() > end:
                raise TimedOut(
                    f"dockerd (process {self._current}) did not stop within {self._wait:g} s.", object="dockerd"
                )
            time.sleep(0.1)


@dataclasses.dataclass(frozen=True)
class _ProcessContext:
    """What a process hands on to its children. The limits of a dockerd are those of all its containers."""

    folder: str
    environment: t.Mapping[str, str]
    mask: int
    limits: tuple[tuple[int, tuple[int, int]], ...]
    # Open files of the namespaces that are not ours: without them its network would be another one.
    namespaces: tuple[int, ...]

    def enter(self) -> None:
        """Take them over, in a child that is about to become dockerd."""
        for number in (signal.SIGHUP, signal.SIGTERM):  # ignored while something is being changed
            signal.signal(number, signal.SIG_DFL)
        os.umask(self.mask)
        for namespace in self.namespaces:
            if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        if self.namespaces:
            os.chdir(self.folder)
        for which, limit in self.limits:
            try:
                resource.setrlimit(which, limit)
            except (OSError, ValueError):
                continue  # higher than this process may go


def _process_context(pid: int) -> _ProcessContext:
    masks = [line.split()[1] for line in text_of(f"/proc/{pid}/status").splitlines() if line.startswith("Umask:")]
    return _ProcessContext(
        folder=os.path.realpath(f"/proc/{pid}/cwd"),
        environment=environment_of(pid),
        mask=int(masks[0], 8) if masks else 0o022,
        limits=tuple(_limits(pid)),
        namespaces=tuple(_namespaces(pid)),
    )


def _namespaces(pid: int) -> t.Iterator[int]:
    for kind in ("cgroup", "ipc", "uts", "net", "mnt"):
        path = f"/proc/{pid}/ns/{kind}"
        if link_of(path) not in ("", link_of(f"/proc/self/ns/{kind}")):
            yield os.open(path, os.O_RDONLY)


def _limits(pid: int) -> t.Iterator[tuple[int, tuple[int, int]]]:
    for which in sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}):
        try:
            yield which, resource.prlimit(pid, which)
        except (OSError, ValueError):
            continue  # gone, somebody else's, or unknown to this kernel


class _StartupLog:
    """dockerd's log file: what is new in it since now."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._size = _size(path)

    def new_text(self, amount: int = 16384) -> str:
        """At most its last ``amount`` bytes; a file that has become smaller is a new one."""
        size = _size(self.path)
        begin = self._size if size >= self._size else 0
        try:
            with open(self.path, "rb") as file:
                file.seek(max(begin, size - amount))
                return file.read().decode(errors="replace")
        except OSError:
            return ""


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _startup_errors(log: str) -> str:
    """The lines that say why dockerd did not start, nothing when it did."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if any(mark in line for mark in _FATAL)]
    if not errors and any(_UP in line for line in lines):
        return ""
    return "\n".join((errors or lines)[-3:])
