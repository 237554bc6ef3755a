# SPDX-License-Identifier: GPL-3.0-or-later

"""The dockerd that reads a given daemon.json.

Looked up in ``/proc``, not through the socket: connecting to a socket of systemd would start an engine that is stopped.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import re
import typing as t

from .._errors import Conflict, Failed
from .._host_process import stat_fields
from . import flags, systemd

# What Linux writes behind the path of a running program whose file is gone.
_REPLACED = " (deleted)"


@dataclasses.dataclass(frozen=True)
class DockerdProcess:
    """A running dockerd. ``started`` is in clock ticks since boot and tells it from a later process of the same number."""

    pid: int
    started: int
    parent: int
    arguments: tuple[str, ...]
    unit: str | None
    # The unit belongs to a user's own systemd (rootless).
    personal: bool
    owner: int = 0
    # What it reads unless a flag says otherwise.
    default_file: str = flags.DEFAULT_FILE

    @property
    def flags(self) -> tuple[flags.DockerdFlag, ...]:
        return flags.flags_of_process(self.arguments)

    @property
    def config_path(self) -> str:
        """The daemon.json that it reads; a relative path is one from its own folder."""
        return os.path.join(link_of(f"/proc/{self.pid}/cwd"), flags.config_path(self.flags, self.default_file))

    @property
    def executable(self) -> str:
        """Where its program is; of one that was replaced while it runs (an upgrade), where the new one should be."""
        path = link_of(f"/proc/{self.pid}/exe")
        return path[: -len(_REPLACED)] if path.endswith(_REPLACED) else path


def find_dockerd(path: str) -> DockerdProcess | None:
    """The dockerd of this machine (not one in a container) that reads the file ``path``.

    :raises Conflict: there are several, and none of them is the machine's own.
    """
    target = os.path.realpath(path)
    found = [p for p in _all_dockerds() if os.path.realpath(p.config_path) == target]
    # A child of dockerd has its name and arguments until it becomes another program (seen on a busy machine).
    numbers = {process.pid for process in found}
    found = [process for process in found if process.parent not in numbers]
    if len(found) < 2:
        return found[0] if found else None
    own = [p for p in found if (p.unit == "docker.service" and not p.personal) or p.pid == number_in("/run/docker.pid")]
    if len(own) == 1:
        return own[0]
    raise Conflict(f"Several engines read {path} (processes {', '.join(str(p.pid) for p in found)}).", object=path)


def find_successor(process: DockerdProcess) -> DockerdProcess:
    """The dockerd that runs now in the place of one that ran before.

    :raises Failed: none does.
    """
    again = find_dockerd(flags.config_path(process.flags, process.default_file))
    if again is None:
        raise Failed("dockerd does not run any more.", object="dockerd")
    return again


def find_unit(process: DockerdProcess) -> systemd.Unit | None:
    """The unit that starts and stops dockerd. One started by hand may be in that of a login or of cron."""
    if process.unit is None or not systemd.is_booted():
        return None
    unit = systemd.Unit(process.unit, process.owner if process.personal else None)
    main = unit.main_pid()
    if main == process.pid or (process.default_file != flags.DEFAULT_FILE and main in _ancestors(process.pid)):
        return unit
    return None


def _ancestors(pid: int) -> set[int]:
    found: set[int] = set()
    while pid > 1 and pid not in found:
        found.add(pid)
        status = stat_fields(pid)
        pid = int(status[1]) if len(status) > 1 else 0
    return found


def is_systemd(pid: int) -> bool:
    return text_of(f"/proc/{pid}/comm").strip() == "systemd"


def still_runs(process: DockerdProcess) -> bool:
    return read_process(process.pid) == process


def _all_dockerds() -> t.Iterator[DockerdProcess]:
    ours = link_of("/proc/self/ns/pid")
    for entry in os.listdir("/proc"):
        # An engine in a container has process numbers of its own.
        if (
            entry.isdigit()
            and text_of(f"/proc/{entry}/comm").strip() == "dockerd"
            and link_of(f"/proc/{entry}/ns/pid") == ours
        ):
            process = read_process(int(entry))
            if process is not None:
                yield process


def read_process(pid: int) -> DockerdProcess | None:
    status = stat_fields(pid)
    arguments = tuple(text_of(f"/proc/{pid}/cmdline").split("\0")[:-1])
    if len(status) < 20 or not arguments or status[0] == "Z":
        return None  # gone in the meantime
    unit, personal = _unit_name(text_of(f"/proc/{pid}/cgroup"))
    owner = _owner(pid)
    return DockerdProcess(
        pid, int(status[19]), int(status[1]), arguments, unit, personal, owner, _default_file(pid, owner, arguments)
    )


def _owner(pid: int) -> int:
    """The user as this machine numbers them: in its own namespace a rootless dockerd is 0."""
    found = re.search(r"^Uid:\s+(\d+)", text_of(f"/proc/{pid}/status"), re.MULTILINE)
    return int(found.group(1)) if found else 0


def _default_file(pid: int, owner: int, arguments: t.Sequence[str]) -> str:
    """As dockerd finds its file: below the user's folder for settings if RootlessKit has started it (20.10 to 29)."""
    environment = environment_of(pid)
    if environment:
        rootless = bool(environment.get("ROOTLESSKIT_STATE_DIR"))
    else:  # not for us to read
        rootless = owner != 0 or "--rootless" in arguments
    if not rootless:
        return flags.DEFAULT_FILE
    try:
        home = environment.get("HOME") or pwd.getpwuid(owner).pw_dir
    except KeyError:
        home = "/"
    return os.path.join(environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "docker", "daemon.json")


def environment_of(pid: int) -> dict[str, str]:
    return dict(item.split("=", 1) for item in text_of(f"/proc/{pid}/environ").split("\0") if "=" in item)


def _unit_name(groups: str) -> tuple[str | None, bool]:
    """The systemd unit in ``/proc/PID/cgroup``: the line of systemd's own hierarchy (version 1) or the only one (2)."""
    for line in groups.splitlines():
        controllers, _colon, path = line.partition(":")[2].partition(":")
        last = path.rstrip("/").rpartition("/")[2]
        if controllers in ("", "name=systemd") and last.endswith(".service"):
            return last, "/user@" in path
    return None, False


def is_pid_alive(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)  # ours, if we started it
    except ChildProcessError:
        pass
    state = stat_fields(pid)
    return bool(state) and state[0] != "Z"


def text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def number_in(path: str) -> int | None:
    text = text_of(path).strip()
    return int(text) if text.isdigit() else None


def link_of(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
