# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room above ``_daemon``: what a path of a container is (type, size, mode, times), from the disk or from the engine.

Two ways lead there. Where this host runs the engine and its overlay folder can be read, ``lstat`` answers in 5 µs per
path and knows the owner too. Everywhere else one ``HEAD .../archive`` per path answers in 1 to 3 ms (20.10; a stopped
container is mounted anew for each call).
"""

from __future__ import annotations

import base64
import calendar
import dataclasses
import json
import os
import re
import stat
import time
import typing as t

from .._daemon import Daemon, Json, quoted
from .._errors import Missing

# Bits of Go's os.FileMode, in which the engine answers (https://pkg.go.dev/io/fs#FileMode), and their POSIX meaning.
_GO_TYPES = (
    (1 << 31, "directory"),
    (1 << 27, "symlink"),
    (1 << 21, "character device"),  # before "block device": Go sets both bits for a character device
    (1 << 26, "block device"),
    (1 << 25, "fifo"),
    (1 << 24, "socket"),
)
_GO_MODES = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))
_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What one path is. The engine tells neither owner nor ctime; on the disk all is known."""

    type: str
    size: int
    mode: int
    mtime_ns: int
    link: str | None = None
    uid: int | None = None
    gid: int | None = None
    ctime_ns: int | None = None
    device: int | None = None

    def shown(self) -> Json:
        """For a module's result. The mode is octal text as ``ansible.builtin.stat`` returns it, mtime seconds."""
        return {
            "type": self.type,
            "size": self.size,
            "mode": f"{self.mode:04o}",
            "mtime": self.mtime_ns / 1e9,
            "target": self.link,
        }


class Disk:
    """The container's writable layer on this host's disk."""

    method = "disk"

    def __init__(self, root: str) -> None:
        self.root = root

    @classmethod
    def of(cls, document: Json) -> Disk | None:
        """``None`` where this host does not hold the layer or may not read it.

        Only overlay2 keeps the writable layer as a plain folder; its path carries the layer's random id, so that a
        folder of that name is this container's and no other engine's.
        """
        driver = document.get("GraphDriver") or {}
        root = (driver.get("Data") or {}).get("UpperDir")
        if driver.get("Name") != "overlay2" or not root or not os.access(root, os.R_OK | os.X_OK):
            return None
        return cls(root)

    def facts(self, path: str) -> Facts | None:
        """``None`` when the layer has no such path.

        :raises PermissionError: a folder on the way cannot be searched.
        """
        real = self.root + path
        try:
            seen = os.lstat(real)
            link = os.readlink(real) if stat.S_ISLNK(seen.st_mode) else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Facts(
            type=_TYPES.get(stat.S_IFMT(seen.st_mode), "other"),
            # A folder's size is the file system's affair, and depends on what was once in it.
            size=0 if stat.S_ISDIR(seen.st_mode) else seen.st_size,
            mode=stat.S_IMODE(seen.st_mode),
            mtime_ns=seen.st_mtime_ns,
            link=link,
            uid=seen.st_uid,
            gid=seen.st_gid,
            ctime_ns=seen.st_ctime_ns,
            device=seen.st_rdev or None,
        )


class Engine:
    """The container's file system as the engine shows it, one call per path."""

    method = "api"

    def __init__(self, daemon: Daemon, document: Json) -> None:
        self._daemon = daemon
        self._url = f"/containers/{quoted(document['Id'])}/archive"
        self._about = f"container {document['Name'].lstrip('/')}"

    def facts(self, path: str) -> Facts | None:
        """``None`` when the container has no such path (any more)."""
        try:
            answer = self._daemon.call("HEAD", self._url, params={"path": path}, about=self._about)
        except Missing:
            return None
        return decoded(json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"])))


def decoded(header: Json) -> Facts:
    """The engine's ``X-Docker-Container-Path-Stat``. Its link target is absolute and resolved, not the link's text."""
    bits = int(header["mode"])
    kind = next((name for bit, name in _GO_TYPES if bits & bit), "file")
    return Facts(
        type=kind,
        size=0 if kind == "directory" else int(header["size"]),
        mode=(bits & 0o777) | sum(posix for bit, posix in _GO_MODES if bits & bit),
        mtime_ns=nanoseconds(header["mtime"]),
        link=header.get("linkTarget") or None,
    )


def nanoseconds(text: str) -> int:
    """An RFC 3339 time of any precision and zone as nanoseconds since 1970.

    :raises ValueError: it is none.
    """
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"not a time: {text!r}")
    second, fraction, sign, hours, minutes = match.groups()
    since = calendar.timegm(time.strptime(second, "%Y-%m-%dT%H:%M:%S"))
    if sign:
        since -= (1 if sign == "+" else -1) * (int(hours) * 3600 + int(minutes) * 60)
    return since * 1_000_000_000 + int((fraction or "0")[:9].ljust(9, "0"))


View = t.Union[Disk, Engine]
