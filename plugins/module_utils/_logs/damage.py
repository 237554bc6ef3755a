# SPDX-License-Identifier: GPL-3.0-or-later

"""NUL bytes in the files of the ``json-file`` log driver, which the engine does not report.

They are left where the host lost power before the log reached its disk, or where something truncated the file while the
engine wrote to it. The engine stops there (29.8), or goes on a few hundred lines later (20.10), in both cases with success.
The driver itself never writes such a byte: in JSON it is an escape.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import typing as t

from .._selection import name_of
from .._types import Json

# So that the last few lines of a large log cost little.
_BLOCK = 1 << 18


@dataclasses.dataclass(frozen=True)
class Damage:
    """The first byte that is damaged, in one of the files of a container's log."""

    container: str
    path: str
    offset: int

    def __str__(self) -> str:
        return (
            f"The log of container {self.container} is damaged: {self.path}, from byte {self.offset} on, holds NUL bytes, and "
            "the engine leaves out lines there and after them without an error. A power failure does this, or a "
            f"truncation by something else than the engine. What is left can be read with: tr -d '\\000' < {self.path}"
        )


def find_damage(document: Json, tail: int | None) -> Damage | None:
    """The first damage in what the engine reads to answer: all of the log, whatever the times, or the last ``tail`` lines.

    ``None`` also where the engine's files cannot be read, as on another host or by a user who is not root.
    """
    path, identity = document.get("LogPath") or "", document["Id"]
    if os.path.basename(path) != f"{identity}-json.log":
        return None
    found = None
    left = tail
    for file in [path, *_rotated(path)]:
        if left is not None and left <= 0:
            break
        try:
            offset, lines = _scan(file, left)
        except OSError:
            continue  # not for us, or rotated away in the meantime
        if offset is not None:
            found = Damage(name_of(document), file, offset)
        left = None if left is None else left - lines
    return found


def _rotated(path: str) -> list[str]:
    """The older files, the newest first. Compressed ones have a checksum, with which the engine fails."""
    numbers = [name[len(path) + 1 :] for name in glob.glob(f"{glob.escape(path)}.*")]
    return [f"{path}.{number}" for number in sorted((n for n in numbers if n.isdigit()), key=int)]


def _scan(path: str, lines: int | None) -> tuple[int | None, int]:
    """Where the first NUL byte of the last lines is, and how many lines these are."""
    found = None
    ends = 0
    with open(path, "rb") as file:
        for start, block in _blocks_backwards(file):
            enough = lines is not None and ends + block.count(b"\n") > lines
            # The newline before the first of the lines is not theirs.
            cut = _after_newline(block, t.cast("int", lines) + 1 - ends) if enough else 0
            offset = block.find(b"\0", cut)
            if offset >= 0:
                found = start + offset
            ends += block.count(b"\n", cut)
            if enough:
                break
    return found, ends


def _blocks_backwards(file: t.BinaryIO) -> t.Iterator[tuple[int, bytes]]:
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(end - _BLOCK, 0)
        file.seek(start)
        yield start, file.read(end - start)
        end = start


def _after_newline(block: bytes, count: int) -> int:
    """What follows the newline that is the ``count``-th from the end."""
    at = len(block)
    for _number in range(count):
        at = block.rindex(b"\n", 0, at)
    return at + 1
