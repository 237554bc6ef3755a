# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of one path of a container: type, size, mode, times and so on."""

from __future__ import annotations

import stat
import typing as t

from .._notation.modes import go_file_type, go_permissions
from .._notation.times import SECOND, parse_rfc3339

TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


class PathStat(t.NamedTuple):
    """The status of one path; ``None`` for what was not asked for or is not available from this source.

    ``size`` is 0 for folders: theirs depends on the file system and on what was once in them.
    """

    type: str
    size: int
    mode: int
    mtime_ns: int | None
    link: str | None = None
    uid: int | None = None
    gid: int | None = None
    ctime_ns: int | None = None
    device: int | None = None
    sha256: str | None = None

    def without_times(self) -> PathStat:
        """The same without times, for comparing by content."""
        return self._replace(mtime_ns=None, ctime_ns=None)

    def to_result(self) -> dict[str, t.Any]:
        """For a module's result: the mode as octal text, as ``ansible.builtin.stat`` has it, times in seconds."""
        return {
            "type": self.type,
            "size": self.size,
            "mode": f"{self.mode:04o}",
            "mtime": None if self.mtime_ns is None else self.mtime_ns / 1e9,
            "target": self.link,
        }


def parse_path_stat(header: t.Mapping[str, t.Any]) -> PathStat:
    """The engine's ``X-Docker-Container-Path-Stat``. Its link target is absolute and resolved, not the link's text."""
    bits = int(header["mode"])
    kind = go_file_type(bits)
    return PathStat(
        type=kind,
        size=0 if kind == "directory" else int(header["size"]),
        mode=go_permissions(bits),
        mtime_ns=parse_rfc3339(header["mtime"]),
        link=header.get("linkTarget") or None,
    )


def is_same_time(one: int, other: int) -> bool:
    """Docker's own rule: a time in whole seconds equals any time within this second, since archives drop the fraction."""
    return one == other or (one // SECOND == other // SECOND and 0 in (one % SECOND, other % SECOND))
