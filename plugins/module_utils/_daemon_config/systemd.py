# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd itself says of the unit that runs dockerd.

It has read the unit with all drop-ins (also those for all services), has left out comments in continued lines and has
filled in specifiers. ``$VARIABLES`` are filled in here, as it does only when it starts the program.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import re
import subprocess
import typing as t

from . import flags

_RUNS = "/run/systemd/system"
_PROPERTIES = (
    "LoadState", "ExecStart", "Environment", "EnvironmentFiles", "FragmentPath", "DropInPaths", "MainPID",
    "NeedDaemonReload",
)  # fmt: skip
# What `systemctl show` prints for a command; systemd 252 joins its words by blanks.
_COMMAND = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")
_FILE = re.compile(r"(.*?) \(ignore_errors=(?:yes|no)\)")


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit of the system, or of the user ``owner`` (a number)."""

    name: str
    owner: int | None = None

    @property
    def systemctl(self) -> list[str]:
        if self.owner is None:
            return ["systemctl"]
        if self.owner == os.geteuid():
            return ["systemctl", "--user"]
        return ["systemctl", "--user", f"--machine={_user(self.owner)}@.host"]

    @property
    def journalctl(self) -> list[str]:
        if self.owner is None:
            return ["journalctl", "--unit", self.name]
        # --user-unit looks only at the caller's own units.
        return ["journalctl", f"_UID={self.owner}", f"_SYSTEMD_USER_UNIT={self.name}"]

    def properties(self) -> dict[str, list[str]]:
        """The lines of each property; nothing where systemd does not answer or has no such unit."""
        wanted = [word for name in _PROPERTIES for word in ("--property", name)]
        done = run([*self.systemctl, "show", self.name, *wanted], self.owner)
        found: dict[str, list[str]] = {}
        for line in done.stdout.splitlines() if done.returncode == 0 else ():
            name, _equals, value = line.partition("=")
            found.setdefault(name, []).append(value)
        return found if found.get("LoadState") == ["loaded"] else {}

    def main_pid(self) -> int | None:
        text = "".join(self.properties().get("MainPID", ()))
        return int(text) if text.isdigit() and text != "0" else None


def is_booted() -> bool:
    """Whether this machine was booted with systemd (``sd_booted``)."""
    return os.path.isdir(_RUNS)


def flags_of_unit(unit: Unit) -> tuple[flags.DockerdFlag, ...]:
    """The flags that dockerd is started with next; each with the file that it comes from."""
    properties = unit.properties() if is_booted() else {}
    if not properties:
        return flags.flags_of_unit_files(unit.name) if unit.owner is None else ()
    files = ["".join(properties.get("FragmentPath", ())), *"".join(properties.get("DropInPaths", ())).split()]
    found: tuple[flags.DockerdFlag, ...] = ()
    commands = [match.group(1) for line in properties.get("ExecStart", ()) for match in _COMMAND.finditer(line)]
    if commands:
        found = flags.expand_command(commands[-1], files[0], _variables(properties, files))
    found = tuple(_with_source(flag, files) if flag.source == files[0] else flag for flag in found)
    if properties.get("NeedDaemonReload") == ["yes"] and unit.owner is None:
        # Somebody has edited the files: what is on the disk holds from the next daemon-reload or boot on.
        found = (*found, *(flag for flag in flags.flags_of_unit_files(unit.name) if flag not in found))
    return found


def _variables(properties: t.Mapping[str, list[str]], files: t.Sequence[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, text in flags.parse_assignments(" ".join(properties.get("Environment", ()))):
        found[name] = (text, _last_file_with(f"{name}=", files))
    for line in properties.get("EnvironmentFiles", ()):
        match = _FILE.fullmatch(line)
        found.update(flags.read_environment_files(match.group(1) if match else line))
    return found


def _with_source(flag: flags.DockerdFlag, files: t.Sequence[str]) -> flags.DockerdFlag:
    return dataclasses.replace(flag, source=_last_file_with(flag.text, files))


def _last_file_with(text: str, files: t.Sequence[str]) -> str:
    """The last of the files that holds the text, the first one where none does (specifiers)."""
    for path in reversed(files):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                if text in file.read():
                    return path
        except OSError:
            continue
    return files[0]


def run(command: t.Sequence[str], owner: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; one that is not there or takes too long ends with 127 or 124, as in a shell."""
    environment = {**os.environ, "LC_ALL": "C"}
    if owner is not None:
        # Not set where one became the user without logging in (su, sudo).
        environment.setdefault("XDG_RUNTIME_DIR", f"/run/user/{owner}")
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=300, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not installed")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"{' '.join(command)} took longer than five minutes")


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
