# SPDX-License-Identifier: GPL-3.0-or-later

"""The flags that dockerd runs with, or will run with, and which of them rule out a key.

dockerd refuses to start when a key is given both as a flag and in the file. So the flags of the process, those of its
systemd unit with all drop-ins, and those of the init script's ``/etc/default/docker`` are looked at. Where systemd runs,
it is asked (see :mod:`systemd`); the reader of unit files here is for where it does not, and for what is on the disk and
not loaded yet.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import re
import shlex
import typing as t

# Flags whose key in the file has another name; all others have the same.
_KEYS = {
    "H": "hosts",
    "host": "hosts",
    "D": "debug",
    "G": "group",
    "b": "bridge",
    "g": "data-root",
    "graph": "data-root",
    "l": "log-level",
    "p": "pidfile",
    "s": "storage-driver",
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "cluster-store-opt": "cluster-store-opts",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "exec-opt": "exec-opts",
    "feature": "features",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
# These take no value unless it is given with "=".
_SWITCHES = frozenset(
    "D allow-direct-routing bridge-nf-call-iptables cri-containerd debug experimental help icc init ip-forward "
    "ip-forward-no-drop ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless "
    "selinux-enabled tls tlsverify userland-proxy validate version v".split()
)
# Given both ways they are merged.
_MERGED = frozenset({"runtimes"})
_UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
# What dockerd reads unless a flag says otherwise; a rootless one has another (see :mod:`service`).
DEFAULT_FILE = "/etc/docker/daemon.json"
# The source of the flags of the process itself.
RUNNING = "the running dockerd"
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclasses.dataclass(frozen=True)
class DockerdFlag:
    """One flag of dockerd: as it is written, the key it stands for, its value, and where it comes from."""

    text: str
    key: str
    value: str
    source: str


def parse_flags(arguments: t.Sequence[str], source: str) -> tuple[DockerdFlag, ...]:
    """The flags among dockerd's arguments (without the program's name)."""
    found = []
    todo = list(arguments)
    while todo:
        word = todo.pop(0)
        if not word.startswith("-") or word in ("-", "--"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("--") and len(name) > 1 and not equals:
            name, value = name[0], name[1:]  # -Hfd://, -lerror
        elif not equals and name not in _SWITCHES and todo:
            value = todo.pop(0)
        dashes = "--" if word.startswith("--") else "-"
        found.append(DockerdFlag(f"{dashes}{name}", _KEYS.get(name, name), value or "true", source))
    return tuple(found)


def find_conflicts(keys: t.Iterable[str], flags: t.Iterable[DockerdFlag]) -> tuple[DockerdFlag, ...]:
    """The flags that rule out one of the keys, each named once per source."""
    blocked = set(keys) - _MERGED
    return tuple(dict.fromkeys(flag for flag in flags if flag.key in blocked))


def config_path(flags: t.Iterable[DockerdFlag], default: str = DEFAULT_FILE) -> str:
    """The configuration file that these flags name."""
    named = [flag.value for flag in flags if flag.key == "config-file"]
    return named[-1] if named else default


def flags_of_process(arguments: t.Sequence[str]) -> tuple[DockerdFlag, ...]:
    """The flags of a running dockerd, from its command line."""
    return parse_flags(arguments[1:], RUNNING)


def flags_of_unit_files(unit: str = "docker.service", root: str = "/") -> tuple[DockerdFlag, ...]:
    """The flags that systemd will start dockerd with: unit file and drop-ins, variables filled in.

    :param root: below it the files are looked for (tests).
    """
    command: tuple[str, str] | None = None  # the line and the file it comes from
    variables: dict[str, tuple[str, str]] = {}
    for path in _unit_files(unit, root):
        for name, value in _settings(_read_text(path), "Service"):
            source = _below(path, root)
            if name == "ExecStart":
                # An empty value clears what came before; dockerd is not a oneshot unit, so there is one line.
                command = (value, source) if value else None
            elif name == "Environment":
                variables.update({key: (text, source) for key, text in parse_assignments(value)})
            elif name == "EnvironmentFile":
                variables.update(read_environment_files(value.lstrip("-"), root))
    return () if command is None else expand_command(command[0], command[1], variables)


def flags_of_init_script(name: str = "docker", root: str = "/") -> tuple[DockerdFlag, ...]:
    """The flags in ``DOCKER_OPTS`` of Debian's init script; nothing where systemd runs, which does not read it."""
    if os.path.isdir(_inside(root, "/run/systemd/system")) or not os.path.exists(_inside(root, f"/etc/init.d/{name}")):
        return ()
    path = f"/etc/default/{name}"
    options = dict(_shell_assignments(_read_text(_inside(root, path)))).get("DOCKER_OPTS", "")
    return parse_flags(_words(options), path)


def expand_command(command: str, source: str, variables: t.Mapping[str, tuple[str, str]]) -> tuple[DockerdFlag, ...]:
    """Each word of the command; those of a variable carry the file that sets the variable as their source."""
    found: list[DockerdFlag] = []
    own: list[str] = []
    for word in _words(command.lstrip("@-:+!"))[1:]:
        variable = _VARIABLE.fullmatch(word)
        name = (variable.group(1) or variable.group(2)) if variable else None
        if name is None:
            own.append(_VARIABLE.sub(lambda m: variables.get(m.group(1) or m.group(2), ("", ""))[0], word))
        elif name in variables:
            text, origin = variables[name]
            found.extend(parse_flags(_words(text), origin))
    return (*parse_flags(own, source), *found)


def _unit_files(unit: str, root: str) -> list[str]:
    """The unit's file, then its drop-ins in the order in which systemd reads them."""
    folders = [_inside(root, folder) for folder in _UNIT_FOLDERS]
    main = next((path for path in (os.path.join(f, unit) for f in folders) if os.path.isfile(path)), None)
    drop_ins: dict[str, str] = {}
    # A file in /etc takes the place of one of the same name in /usr/lib, one for the unit that of one for all services.
    for name in ("service.d", f"{unit}.d"):
        for folder in reversed(folders):
            for path in glob.glob(os.path.join(glob.escape(folder), name, "*.conf")):
                drop_ins[os.path.basename(path)] = path
    return ([main] if main else []) + [drop_ins[name] for name in sorted(drop_ins)]


def _settings(text: str, section: str) -> t.Iterator[tuple[str, str]]:
    current = ""
    for line in _logical_lines(text):
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and "=" in line:
            name, _equals, value = line.partition("=")
            yield name.strip(), value.strip()


def _logical_lines(text: str) -> t.Iterator[str]:
    """Lines with their continuations; comments are left out, also those in the middle of a continued line."""
    parts: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        if line and line[0] in "#;":
            continue
        parts.append(line.rstrip("\\").strip())
        if not line.endswith("\\"):
            joined = " ".join(part for part in parts if part)
            parts = []
            if joined:
                yield joined
    if parts:
        yield " ".join(parts)


def parse_assignments(line: str) -> t.Iterator[tuple[str, str]]:
    for word in _words(line):
        name, equals, value = word.partition("=")
        if equals:
            yield name, value


def read_environment_files(pattern: str, root: str = "/") -> dict[str, tuple[str, str]]:
    """The variables in the files, with the file that each comes from; ``EnvironmentFile`` may be a glob."""
    found = {}
    for path in sorted(glob.glob(_inside(root, pattern))):
        source = _below(path, root)
        found.update({name: (text, source) for name, text in _shell_assignments(_read_text(path))})
    return found


def _shell_assignments(text: str) -> t.Iterator[tuple[str, str]]:
    for line in re.sub(r"\\\n", "", text).splitlines():
        match = re.match(r"^\s*(?:export\s+)?(\w+)=(.*)$", line)
        if match:
            yield match.group(1), " ".join(_words(match.group(2), comments=True))


def _words(text: str, comments: bool = False) -> list[str]:
    try:
        return shlex.split(text, comments=comments)
    except ValueError:
        return text.split()  # an open quote: systemd refuses such a line, dockerd does not run with it


def _read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # not there or not for us; systemd ignores missing EnvironmentFiles as well


def _inside(root: str, path: str) -> str:
    return os.path.join(root, path.lstrip("/"))


def _below(path: str, root: str) -> str:
    return "/" + os.path.relpath(path, root)
