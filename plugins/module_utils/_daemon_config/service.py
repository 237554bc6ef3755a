# SPDX-License-Identifier: GPL-3.0-or-later

"""The dockerd that reads a given daemon.json, and who starts and stops it.

Looked up in ``/proc``, not through the socket: connecting to a socket of systemd would start an engine that is stopped.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import subprocess
import time
import typing as t

from .._errors import Conflict, Failed, TimedOut
from . import flags

_FATAL = ("failed to start daemon", "unable to configure", "level=fatal")
_UP = "API listen on"
# What Linux writes behind the path of a running program whose file is gone.
_REPLACED = " (deleted)"


@dataclasses.dataclass(frozen=True)
class Process:
    """A running dockerd. ``started`` is in clock ticks since boot and tells it from a later process of the same number."""

    pid: int
    started: int
    parent: int
    arguments: tuple[str, ...]
    unit: str | None
    # The unit belongs to a user's own systemd (rootless).
    personal: bool

    @property
    def flags(self) -> tuple[flags.Flag, ...]:
        return flags.of_process(self.arguments)

    @property
    def executable(self) -> str:
        """Where its program is; of one that was replaced while it runs (an upgrade), where the new one should be."""
        path = _link(f"/proc/{self.pid}/exe")
        return path[: -len(_REPLACED)] if path.endswith(_REPLACED) else path


class Manager(t.Protocol):
    """Whoever starts and stops dockerd."""

    name: str

    def restart(self) -> None:
        """Stop it, if it runs, and start it; returns before it answers.

        :raises Failed: it did not start.
        """

    def lives(self) -> bool:
        """Whether it is running or on its way up."""

    def complaint(self, since: float) -> str:
        """dockerd's own last words since a time (seconds since the epoch)."""


def find(path: str) -> Process | None:
    """The dockerd of this machine (not one in a container) that reads the file ``path``.

    :raises Conflict: there are several, and none of them is the machine's own.
    """
    wanted = os.path.realpath(path)
    found = [p for p in _all() if os.path.realpath(flags.config_path(p.flags)) == wanted]
    if len(found) < 2:
        return found[0] if found else None
    own = [p for p in found if p.unit == "docker.service" or p.pid == _number("/run/docker.pid")]
    if len(own) == 1:
        return own[0]
    raise Conflict(f"Several engines read {path} (processes {', '.join(str(p.pid) for p in found)}).", object=path)


def find_again(process: Process) -> Process:
    """The dockerd that runs now in the place of one that ran before.

    :raises Failed: none does.
    """
    again = find(flags.config_path(process.flags))
    if again is None:
        raise Failed("dockerd does not run any more.", object="dockerd")
    return again


def manager_of(process: Process) -> Manager:
    """Who runs this dockerd.

    :raises Conflict: a process that nobody here knows how to ask.
    """
    if process.unit and os.path.isdir("/run/systemd/system"):
        return Systemd(process.unit, process.personal)
    if os.access("/etc/init.d/docker", os.X_OK) and _run(["service", "docker", "status"]).returncode == 0:
        return InitScript("docker")
    if process.pid != 1 and process.parent == 1:
        if not os.access(process.executable, os.X_OK):
            raise Conflict(
                f"dockerd (process {process.pid}) was started by hand from {process.executable}, which is not there any "
                "more, so that it cannot be started again: use apply: none, and restart it by its own means.",
                object="dockerd",
            )
        return Bare(process)
    parent = _text(f"/proc/{process.parent}/comm").strip() or "nobody"
    raise Conflict(
        f"dockerd (process {process.pid}) was started by {parent} (process {process.parent}), neither by systemd nor by an "
        "init script: use apply: none, and restart it by its own means.",
        object="dockerd",
    )


class Systemd:
    """A unit, of the system or of a user."""

    name = "systemd"

    def __init__(self, unit: str, personal: bool = False) -> None:
        self.unit = unit
        self._systemctl = ["systemctl", "--user"] if personal else ["systemctl"]
        self._journal = ["journalctl", "--user-unit" if personal else "--unit", unit]

    def restart(self) -> None:
        # docker.service allows three starts a minute, whether they succeed or not; this forgets them.
        _run([*self._systemctl, "reset-failed", self.unit, self.unit.replace(".service", ".socket")])
        done = _run([*self._systemctl, "restart", self.unit])
        if done.returncode != 0:
            raise Failed(f"{self.unit} does not start: {done.stderr.strip()}", object=self.unit)

    def lives(self) -> bool:
        done = _run([*self._systemctl, "is-active", self.unit])
        return done.stdout.strip() in ("active", "activating", "reloading")

    def complaint(self, since: float) -> str:
        done = _run([*self._journal, f"--since=@{int(since)}", "--no-pager", "--output=cat", "--lines=200"])
        return _gist(done.stdout)


class InitScript:
    """Debian's ``/etc/init.d/docker``."""

    name = "sysvinit"

    def __init__(self, service: str) -> None:
        self.service = service
        self._log = _Log(f"/var/log/{service}.log")

    def restart(self) -> None:
        # The script's own "restart" fails when its process number is not known; a stop of what is stopped is fine.
        _run(["service", self.service, "stop"])
        done = _run(["service", self.service, "start"])
        if done.returncode != 0:
            raise Failed(f"The init script does not start {self.service}: {done.stderr.strip()}", object=self.service)

    def lives(self) -> bool:
        return _run(["service", self.service, "status"]).returncode == 0

    def complaint(self, since: float) -> str:
        return _gist(self._log.news())


class Bare:
    """A dockerd that somebody started by hand: the same command again, in the same folder, environment and limits."""

    name = "none"

    def __init__(self, process: Process, wait: float = 60.0) -> None:
        self._wait = wait
        self._current = process.pid
        self._arguments = process.arguments
        self._executable = process.executable
        self._surroundings = _surroundings(process.pid)
        # Output that goes nowhere, to a terminal or to a program cannot be taken over.
        log = os.path.realpath(f"/proc/{process.pid}/fd/2")
        self._log = _Log(log if os.path.isfile(log) else os.devnull)

    def restart(self) -> None:
        self._stop()
        with open(self._log.path, "ab") as log:
            started = subprocess.Popen(
                self._arguments,
                executable=self._executable,
                cwd=self._surroundings.folder,
                env=self._surroundings.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self._surroundings.enter,  # noqa: PLW1509 (no threads here, and limits have no other way)
            )
        self._current = started.pid

    def lives(self) -> bool:
        return _alive(self._current)

    def complaint(self, since: float) -> str:
        return _gist(self._log.news())

    def _stop(self) -> None:
        end = time.monotonic() + self._wait
        try:
            os.kill(self._current, signal.SIGTERM)
        except ProcessLookupError:
            return
        while _alive(self._current):
            if time.monotonic() > end:
                raise TimedOut(
                    f"dockerd (process {self._current}) did not stop within {self._wait:g} s.", object="dockerd"
                )
            time.sleep(0.1)


@dataclasses.dataclass(frozen=True)
class _Surroundings:
    """What a process hands on to its children. The limits of a dockerd are those of all its containers."""

    folder: str
    environment: t.Mapping[str, str]
    mask: int
    limits: tuple[tuple[int, tuple[int, int]], ...]

    def enter(self) -> None:
        """Take them over, in a child that is about to become dockerd."""
        for number in (signal.SIGHUP, signal.SIGTERM):  # ignored while something is being changed
            signal.signal(number, signal.SIG_DFL)
        os.umask(self.mask)
        for which, limit in self.limits:
            try:
                resource.setrlimit(which, limit)
            except (OSError, ValueError):
                continue  # higher than this process may go


def _surroundings(pid: int) -> _Surroundings:
    environment = _text(f"/proc/{pid}/environ").split("\0")
    masks = [line.split()[1] for line in _text(f"/proc/{pid}/status").splitlines() if line.startswith("Umask:")]
    return _Surroundings(
        folder=os.path.realpath(f"/proc/{pid}/cwd"),
        environment=dict(item.split("=", 1) for item in environment if "=" in item),
        mask=int(masks[0], 8) if masks else 0o022,
        limits=tuple(_limits(pid)),
    )


def _limits(pid: int) -> t.Iterator[tuple[int, tuple[int, int]]]:
    for which in sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}):
        try:
            yield which, resource.prlimit(pid, which)
        except (OSError, ValueError):
            continue  # gone, somebody else's, or unknown to this kernel


class _Log:
    """dockerd's log file: what is new in it since now."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._size = _size(path)

    def news(self, amount: int = 16384) -> str:
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


def is_systemd(pid: int) -> bool:
    return _text(f"/proc/{pid}/comm").strip() == "systemd"


def alive(process: Process) -> bool:
    return _process(process.pid) == process


def _all() -> t.Iterator[Process]:
    ours = _link("/proc/self/ns/pid")
    for entry in os.listdir("/proc"):
        # An engine in a container has process numbers of its own.
        if (
            entry.isdigit()
            and _text(f"/proc/{entry}/comm").strip() == "dockerd"
            and _link(f"/proc/{entry}/ns/pid") == ours
        ):
            process = _process(int(entry))
            if process is not None:
                yield process


def _process(pid: int) -> Process | None:
    status = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    arguments = tuple(_text(f"/proc/{pid}/cmdline").split("\0")[:-1])
    if len(status) < 20 or not arguments or status[0] == "Z":
        return None  # gone in the meantime
    unit, personal = _unit(_text(f"/proc/{pid}/cgroup"))
    return Process(pid, int(status[19]), int(status[1]), arguments, unit, personal)


def _unit(groups: str) -> tuple[str | None, bool]:
    """The systemd unit in ``/proc/PID/cgroup``: the line of systemd's own hierarchy (version 1) or the only one (2)."""
    for line in groups.splitlines():
        controllers, _colon, path = line.partition(":")[2].partition(":")
        last = path.rstrip("/").rpartition("/")[2]
        if controllers in ("", "name=systemd") and last.endswith(".service"):
            return last, "/user@" in path
    return None, False


def _alive(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)  # ours, if we started it
    except ChildProcessError:
        pass
    state = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return bool(state) and state[0] != "Z"


def _run(command: t.Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=300, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not installed")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"{' '.join(command)} took longer than five minutes")


def _gist(log: str) -> str:
    """The lines that say why dockerd did not start, nothing when it did."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in _FATAL)]
    if not telling and any(_UP in line for line in lines):
        return ""
    return "\n".join((telling or lines)[-3:])


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _number(path: str) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
