# SPDX-License-Identifier: GPL-3.0-or-later

"""The two sides of a copy, the entries found there, and their differences. Pure functions."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

from .._errors import Conflict, InvalidInput
from .._notation.modes import parse_mode
from .._notation.names import NAME_PATTERN

Kind = str  # "file", "directory", "link", "hardlink" or "special" (device, FIFO, socket)

_CONTAINER = re.compile(rf"(?P<name>{NAME_PATTERN}):(?P<path>.*)", re.S)


@dataclasses.dataclass(frozen=True)
class Place:
    """``web:/etc/app`` in a container, or ``/etc/app`` on the host (then ``container`` is ``None``)."""

    path: str
    container: str | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """As ``docker cp`` reads it: what begins with ``.`` or ``/`` is on the host, else a colon ends a container's name.

        :raises InvalidInput: no path behind the colon.
        """
        found = None if text.startswith((".", "/", "~")) else _CONTAINER.fullmatch(text)
        if found is None:
            return cls(text)
        if not found.group("path"):
            raise InvalidInput(f"{text!r} names no path in the container: write '{text}/path'.")
        return cls(posixpath.join("/", found.group("path")), found.group("name"))

    @property
    def contents(self) -> bool:
        """``/etc/app/`` and ``/etc/app/.`` mean what is in the folder, not the folder itself."""
        return self.path.endswith(("/", "/."))

    @property
    def normal_path(self) -> str:
        """The path without that ending, ``.`` and ``..``."""
        return posixpath.normpath(self.path)

    def __str__(self) -> str:
        return self.path if self.container is None else f"{self.container}:{self.path}"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file, folder or link below the root of what is copied; the root's own path is empty."""

    path: str
    kind: Kind
    mode: int = 0
    size: int = 0
    mtime_ns: int = 0
    target: str = ""
    uid: int = 0
    gid: int = 0


@dataclasses.dataclass(frozen=True)
class RequestedAttributes:
    """Mode and owner that the task asks for; ``None`` keeps those of the source or of the existing file."""

    mode: int | None = None
    directory_mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    archive: bool = False

    @property
    def owner_matters(self) -> bool:
        return self.archive or self.uid is not None or self.gid is not None

    def apply_to(self, entry: Entry, there: Entry | None) -> Entry:
        """The entry as it is wanted. Unless the task names an owner, an existing file keeps its own and a new one is root's."""
        keep = None if there is None else (there.uid, there.gid)
        uid, gid = (entry.uid, entry.gid) if self.archive else keep or (0, 0)
        mode = entry.mode
        if entry.kind == "directory":
            # A folder that is there keeps its mode unless the task names one: /etc is no part of what is copied into it.
            mode = self.directory_mode if self.directory_mode is not None else there.mode if there else entry.mode
        elif entry.kind == "file" and self.mode is not None:
            mode = self.mode
        return dataclasses.replace(
            entry, mode=mode, uid=uid if self.uid is None else self.uid, gid=gid if self.gid is None else self.gid
        )


@dataclasses.dataclass(frozen=True)
class EntryChange:
    """What is, or in check mode would be, changed of one path."""

    path: str
    kind: Kind
    what: tuple[str, ...]
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    # The path on the other side, where it is known.
    source: str | None = None

    def to_result(self) -> dict[str, t.Any]:
        return {"path": self.path, "type": self.kind, "what": list(self.what)}


def differences(wanted: Entry, there: Entry | None, *, owner: bool) -> tuple[str, ...]:
    """What differs apart from the content of a file of the right size.

    :raises Conflict: a folder stands where something else is wanted, or the other way round.
    """
    if there is None:
        return ("created",)
    folders = (wanted.kind == "directory", there.kind == "directory")
    if folders[0] != folders[1]:
        raise Conflict(
            f"{there.path or wanted.path} is a {there.kind} where a {wanted.kind} shall be written: nothing was changed. "
            "Remove it, or choose another dest.",
            object=there.path or wanted.path,
        )
    found: list[str] = []
    if wanted.kind != there.kind and not (wanted.kind == "hardlink" and there.kind == "file"):
        return ("type",)
    if wanted.kind == "link" and wanted.target != there.target:
        found.append("target")
    if wanted.kind == "file" and wanted.size != there.size:
        found.append("content")
    if wanted.kind in ("file", "directory") and wanted.mode != there.mode:
        found.append("mode")
    if owner and wanted.kind != "hardlink" and (wanted.uid, wanted.gid) != (there.uid, there.gid):
        found.append("owner")
    return tuple(found)


def surely_equal(wanted: Entry, there: Entry) -> bool:
    """Whether size and time say that the content is the same, so that it need not be read.

    Only a time with a fraction of a second is evidence: images and archives are full of files that share a whole one.
    """
    return wanted.size == there.size and wanted.mtime_ns == there.mtime_ns and wanted.mtime_ns % 1_000_000_000 != 0


def describe_entry(entry: Entry | None, *, owner: bool) -> dict[str, t.Any]:
    """One side of the diff."""
    if entry is None:
        return {"state": "absent"}
    shown: dict[str, t.Any] = {"state": entry.kind, "mode": f"{entry.mode:04o}"}
    if entry.kind == "file":
        shown["size"] = entry.size
    if entry.kind in ("link", "hardlink"):
        shown["target"] = entry.target
    if owner:
        shown["owner"] = f"{entry.uid}:{entry.gid}"
    return shown


def parse_mode_option(params: t.Mapping[str, t.Any], option: str) -> int | None:
    """A mode, or ``None`` for ``preserve`` and where the option is not given.

    :raises InvalidInput: not an octal mode.
    """
    given = params.get(option)
    if given is None or given == "preserve":
        return None
    try:
        return parse_mode(given)
    except ValueError as error:
        raise InvalidInput(f"{option}: {error}; or write preserve.") from error
