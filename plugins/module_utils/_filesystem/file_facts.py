# SPDX-License-Identifier: GPL-3.0-or-later

"""What one path of a container is."""

from __future__ import annotations

import calendar
import re
import stat
import time
import typing as t

TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
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
_SECOND = 1_000_000_000
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z")


class Facts(t.NamedTuple):
    """What one path is; ``None`` for what was not asked or cannot be known where it was asked.

    ``size`` is 0 for folders: theirs is the file system's affair, and depends on what was once in them.
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

    def timeless(self) -> Facts:
        """The same without times, for comparing by content."""
        return self._replace(mtime_ns=None, ctime_ns=None)

    def shown(self) -> dict[str, t.Any]:
        """For a module's result: the mode as octal text, as ``ansible.builtin.stat`` has it, times in seconds."""
        return {
            "type": self.type,
            "size": self.size,
            "mode": f"{self.mode:04o}",
            "mtime": None if self.mtime_ns is None else self.mtime_ns / 1e9,
            "target": self.link,
        }


def of_header(header: t.Mapping[str, t.Any]) -> Facts:
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
    return since * _SECOND + int((fraction or "0")[:9].ljust(9, "0"))


def same_time(one: int, other: int) -> bool:
    """Docker's own rule: a time in whole seconds is any time within this second, since archives cut the rest off."""
    return one == other or (one // _SECOND == other // _SECOND and 0 in (one % _SECOND, other % _SECOND))


def shown(path: str) -> str:
    """A path as the engine's JSON has it, with U+FFFD for what is not UTF-8."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
