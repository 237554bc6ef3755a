# SPDX-License-Identifier: GPL-3.0-or-later

"""File modes: octal text, of which YAML has made a number where it was not quoted, and Go's ``os.FileMode``."""

from __future__ import annotations

import re
import stat
import typing as t

# Bits of https://pkg.go.dev/io/fs#FileMode and what they mean.
_GO_TYPES = (
    (1 << 31, "directory"),
    (1 << 27, "symlink"),
    (1 << 21, "character device"),  # before "block device": Go sets both bits for a character device
    (1 << 26, "block device"),
    (1 << 25, "fifo"),
    (1 << 24, "socket"),
)
_GO_MODES = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))


def parse_mode(value: t.Any) -> int:
    """The mode that ``'0644'``, ``'644'``, ``'0o644'`` or an unquoted ``0644`` means.

    YAML reads 0644 as octal (420), and 644 as it stands, which would be 01204: a number is taken when it is a mode that
    makes sense, and its digits are none.

    :raises ValueError: it is no mode, or nobody knows which.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if _sensible(value) and not _sensible(_as_octal(str(value))):
            return value
        raise ValueError(
            f"{value} was not quoted, and YAML makes another number of an octal one: quote it, such as '0644'"
        )
    mode = _as_octal(str(value).strip())
    if mode is None or isinstance(value, (bool, float)):
        raise ValueError(f"{value!r} is not an octal mode such as '0644' (quote it)")
    return mode


def _as_octal(digits: str) -> int | None:
    if not re.match(r"^(0o)?[0-7]+$", digits):
        return None
    mode = int(digits, 8)
    return mode if mode <= 0o7777 else None


def _sensible(mode: int | None) -> bool:
    """Whether somebody would write it: nobody writes without reading, and nobody may more than the owner."""
    if mode is None or not 0 <= mode <= 0o7777:
        return False
    owner, group, others = mode >> 6 & 7, mode >> 3 & 7, mode & 7
    return all(who & 2 == 0 or who & 4 for who in (owner, group, others)) and not (group | others) & ~owner


def go_file_type(bits: int) -> str:
    """``file``, ``directory``, ``symlink``, ``character device``, ``block device``, ``fifo`` or ``socket``."""
    return next((name for bit, name in _GO_TYPES if bits & bit), "file")


def go_permissions(bits: int) -> int:
    """The POSIX permissions of Go's bits, with set-uid, set-gid and sticky."""
    return (bits & 0o777) | sum(posix for bit, posix in _GO_MODES if bits & bit)
