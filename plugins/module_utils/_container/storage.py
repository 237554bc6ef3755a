# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes, mounts and tmpfs."""

from __future__ import annotations

import re
import typing as t

from .._notation.modes import parse_mode
from .._notation.sizes import format_size, parse_size
from .._types import Json
from .codecs import clean_path, plain, setting
from .option import Codec, dig, put

# The engine's names for anonymous volumes.
ANONYMOUS = re.compile(r"^[0-9a-f]{64}$")
_MODES = frozenset(
    "ro rw z Z nocopy shared slave private rshared rslave rprivate delegated cached consistent U".split()
)
_OF_VOLUMES = frozenset({"nocopy"})
_OF_BINDS = frozenset("shared slave private rshared rslave rprivate".split())


def parse_volume(value: t.Any) -> tuple[str, str, str]:
    """``source:target[:modes]``, taken apart; an anonymous volume has no source.

    :raises ValueError: it is malformed or relative.
    """
    whole = plain(value)
    source, target, modes = _split_volume(whole)
    if not target.startswith("/"):
        raise ValueError(f"{whole!r}: the target {target!r} is not an absolute path in the container")
    if source.startswith(".") or (source and not source.startswith("/") and "/" in source):
        raise ValueError(f"{whole!r}: the source {source!r} is relative; write an absolute path or a volume's name")
    unknown = set(filter(None, modes.split(","))) - _MODES
    if unknown:
        raise ValueError(f"{whole!r}: unknown mode {', '.join(sorted(unknown))}; known are {', '.join(sorted(_MODES))}")
    if modes and not source:
        raise ValueError(f"{whole!r}: an anonymous volume takes no mode; write source:target:mode or the target alone")
    kind, others = ("folder of the host", _OF_VOLUMES) if source.startswith("/") else ("named volume", _OF_BINDS)
    wrong = others & set(modes.split(","))
    if wrong:
        raise ValueError(f"{whole!r}: the mode {', '.join(sorted(wrong))} is not for a {kind}; leave it out")
    return source, target, modes


def _split_volume(whole: str) -> tuple[str, str, str]:
    parts = whole.split(":")
    if len(parts) == 1:
        source, target, modes = "", whole, ""
    elif len(parts) == 2 and parts[1].startswith("/"):
        source, target, modes = parts[0], parts[1], ""
    elif len(parts) == 2:
        source, target, modes = "", parts[0], parts[1]
    elif len(parts) == 3:
        source, target, modes = parts
    else:
        raise ValueError(f"{whole!r} is no volume; write [source:]target[:modes]")
    return clean_path(source), clean_path(target), ",".join(sorted(set(filter(None, modes.split(","))) - {"rw"}))


def _joined(source: str, target: str, modes: str) -> str:
    return ":".join(filter(None, (source, target, modes)))


def _volumes(value: t.Iterable[t.Any]) -> tuple[list[str], dict[str, t.Any]]:
    binds: list[str] = []
    anonymous: dict[str, t.Any] = {}
    for source, target, modes in map(parse_volume, value):
        if source:
            binds.append(_joined(source, target, modes))
        else:
            anonymous[target] = {}
    return binds, anonymous


def _volumes_back(raw: tuple[t.Any, t.Any]) -> list[str]:
    binds, anonymous = raw
    parsed = [_split_volume(bind) for bind in binds or []]
    bound = {target for _source, target, _modes in parsed}
    entries = {_joined(*entry) for entry in parsed}
    entries |= {clean_path(path) for path in anonymous or {} if clean_path(path) not in bound}
    return sorted(entries)


def volume_targets(volumes: t.Iterable[str]) -> list[str]:
    """Where the named and bound volumes are mounted."""
    return [target for source, target, _modes in map(_split_volume, volumes) if source]


def volume_sources(volumes: t.Iterable[str]) -> list[str]:
    """What is mounted; anonymous ones have no source."""
    return [source for source, _target, _modes in map(_split_volume, volumes) if source]


def without_generated_name(volume: str, declared: t.Collection[str]) -> str:
    """A volume as it was asked for, if it was anonymous before it was handed on by its name.

    :param declared: where anonymous ones were asked for.
    """
    source, target, modes = _split_volume(volume)
    return target if ANONYMOUS.match(source) and target in declared and not modes else volume


VOLUMES = Codec(_volumes, _volumes_back)


def _tmpfs(value: t.Iterable[t.Any]) -> dict[str, str]:
    result = {}
    for entry in value:
        path, _colon, options = plain(entry).partition(":")
        if not path.startswith("/"):
            raise ValueError(f"{entry!r}: {path!r} is not an absolute path in the container")
        result[clean_path(path)] = options
    return result


def _tmpfs_back(raw: t.Mapping[str, str]) -> list[str]:
    return [
        f"{clean_path(path)}:{','.join(sorted(options.split(',')))}" if options else clean_path(path)
        for path, options in sorted(raw.items())
    ]


TMPFS = Codec(_tmpfs, _tmpfs_back)

# Suboption of ``mounts`` -> its place in the API's mount, and the mount type it belongs to (None: all).
_MOUNT_FIELDS: tuple[tuple[str, str, str | None], ...] = (
    ("consistency", "Consistency", None),
    ("create_mountpoint", "BindOptions.CreateMountpoint", "bind"),
    ("labels", "VolumeOptions.Labels", "volume"),
    ("no_copy", "VolumeOptions.NoCopy", "volume"),
    ("non_recursive", "BindOptions.NonRecursive", "bind"),
    ("propagation", "BindOptions.Propagation", "bind"),
    ("read_only", "ReadOnly", None),
    ("read_only_force_recursive", "BindOptions.ReadOnlyForceRecursive", "bind"),
    ("read_only_non_recursive", "BindOptions.ReadOnlyNonRecursive", "bind"),
    ("source", "Source", None),
    ("subpath", "VolumeOptions.Subpath", "volume"),
    ("subpath", "ImageOptions.Subpath", "image"),
    ("target", "Target", None),
    ("tmpfs_mode", "TmpfsOptions.Mode", "tmpfs"),
    ("tmpfs_options", "TmpfsOptions.Options", "tmpfs"),
    ("tmpfs_size", "TmpfsOptions.SizeBytes", "tmpfs"),
    ("type", "Type", None),
    ("volume_driver", "VolumeOptions.DriverConfig.Name", "volume"),
    ("volume_options", "VolumeOptions.DriverConfig.Options", "volume"),
)
MOUNT_SPEC: Json = {
    "consistency": {"type": "str", "choices": ["default", "consistent", "cached", "delegated"]},
    "create_mountpoint": {"type": "bool"},
    "labels": {"type": "dict"},
    "no_copy": {"type": "bool"},
    "non_recursive": {"type": "bool"},
    "propagation": {"type": "str", "choices": ["private", "rprivate", "shared", "rshared", "slave", "rslave"]},
    "read_only": {"type": "bool"},
    "read_only_force_recursive": {"type": "bool"},
    "read_only_non_recursive": {"type": "bool"},
    "source": {"type": "str"},
    "subpath": {"type": "str"},
    "target": {"type": "str", "required": True},
    "tmpfs_mode": {"type": "raw"},
    "tmpfs_options": {"type": "list", "elements": "str"},
    "tmpfs_size": {"type": "str"},
    "type": {"type": "str", "choices": ["bind", "cluster", "image", "npipe", "tmpfs", "volume"], "default": "volume"},
    "volume_driver": {"type": "str"},
    "volume_options": {"type": "dict"},
}


MOUNT_SINCE = {
    "create_mountpoint": (1, 42),
    "read_only_force_recursive": (1, 44),
    "read_only_non_recursive": (1, 44),
    "subpath": (1, 45),
    "tmpfs_options": (1, 46),
}


def _field_value(name: str, value: t.Any) -> t.Any:
    if name in ("source", "target"):
        return clean_path(plain(value))
    if name == "tmpfs_size":
        return parse_size(value)
    if name == "tmpfs_mode":
        try:
            return parse_mode(value)
        except ValueError as error:
            raise ValueError(f"tmpfs_mode: {error}") from error
    if name == "tmpfs_options":
        return [plain(item).split("=", 1) for item in value]
    if isinstance(value, dict):
        return {str(key): setting(item) for key, item in value.items()}
    return value


def _mount(value: t.Mapping[str, t.Any]) -> Json:
    kind = value.get("type") or "volume"
    where = value.get("target")
    mount: Json = {}
    for name, path, belongs in _MOUNT_FIELDS:
        given = value.get(name)
        if given is None or given is False or given in ("", {}, []):
            continue
        if belongs in (None, kind):
            put(mount, path, _field_value(name, given))
        elif not any(field == name and owner == kind for field, _path, owner in _MOUNT_FIELDS):
            raise ValueError(f"the mount at {where}: {name} belongs to type {belongs}, not to {kind}")
    mount["Type"] = kind
    _check_mount(mount, kind, where)
    return mount


def _check_mount(mount: Json, kind: str, where: t.Any) -> None:
    if kind in ("bind", "npipe") and not mount.get("Source"):
        raise ValueError(f"the mount at {where}: type {kind} needs a source")
    if kind == "volume" and mount.get("ReadOnly") and not mount.get("Source"):
        raise ValueError(
            f"the mount at {where}: an anonymous volume cannot be read-only; name a source or leave it out"
        )
    if kind == "tmpfs" and mount.get("Source"):
        raise ValueError(f"the mount at {where}: type tmpfs takes no source")
    if kind == "bind" and not str(mount["Source"]).startswith("/"):
        raise ValueError(f"the mount at {where}: the source {mount['Source']!r} is not an absolute path")
    if not str(where or "").startswith("/"):
        raise ValueError(f"the mount at {where!r}: the target is not an absolute path in the container")


def _mount_back(raw: Json) -> Json:
    result: Json = {}
    for name, path, _belongs in _MOUNT_FIELDS:
        value = dig(raw, path)
        if value in (None, "", False, {}) or (name == "consistency" and value == "default"):
            continue
        if name == "tmpfs_size":
            value = format_size(value)
        elif name in ("source", "target"):
            value = clean_path(value)
        elif name == "tmpfs_mode":
            value = f"{value:o}"
        elif name == "tmpfs_options":
            value = sorted("=".join(item) for item in value)
        result[name] = value
    return result


MOUNTS = Codec(
    lambda value: [_mount(entry) for entry in value],
    lambda raw: sorted((_mount_back(entry) for entry in raw), key=lambda entry: str(entry["target"])),
)
