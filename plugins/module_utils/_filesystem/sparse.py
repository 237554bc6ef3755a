# SPDX-License-Identifier: GPL-3.0-or-later

"""Sparse files in tar archives, in GNU tar's four forms: where their data belongs, and their content with the holes.

The old form keeps the map in the header; the pax forms 0.0 and 0.1 in pax records, 1.0 before the data
(https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html).
"""

from __future__ import annotations

import typing as t

from .._errors import Damaged

BLOCK = 512
# A map that is longer than this is an attack on our memory.
_MAP_LIMIT = 1 << 20
# No file system of a container holds a larger file; what claims to be one is an attack on our time.
_SIZE_LIMIT = 1 << 44
# Whoever writes the content may leave a hole where it gets this very object.
HOLE = bytes(1 << 16)

Records = t.Sequence[t.Tuple[str, str]]
Read = t.Callable[[int], bytes]


class Map(t.NamedTuple):
    """``parts``: offset and length of each piece of data; between them are holes. ``size`` is the file's own."""

    parts: tuple[tuple[int, int], ...]
    size: int


class Content:
    """The file as it is read: its data from the archive, with the holes between.

    ``packed`` is how much of the archive belongs to it and was not read yet.
    """

    def __init__(self, read: Read, found: Map, packed: int) -> None:
        self._read = read
        self._parts = list(found.parts)
        self._at = 0
        self._size = found.size
        self.packed = packed

    def read(self, amount: int) -> bytes:
        """The next ``amount`` bytes; fewer at the end of the file, or where the archive is torn."""
        pieces: list[bytes] = []
        while amount:
            piece = self._next(amount)
            if not piece:
                break
            pieces.append(piece)
            amount -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _next(self, amount: int) -> bytes:
        while self._parts and self._at >= sum(self._parts[0]):
            self._parts.pop(0)
        if self._parts and self._at >= self._parts[0][0]:
            wanted = min(amount, sum(self._parts[0]) - self._at)
            piece = self._read(wanted)
            self.packed -= len(piece)
        else:
            end = self._parts[0][0] if self._parts else self._size
            wanted = min(amount, end - self._at, len(HOLE))
            piece = HOLE if wanted == len(HOLE) else HOLE[:wanted]
        self._at += len(piece)
        return piece


def of_header(block: bytes, read: Read, name: str) -> Map:
    """The map of an old sparse file.

    :param read: gives the blocks that follow the header, in which a long map goes on.
    """
    parts = _pairs(block[386:482], name)
    more = block[482]
    while more:
        following = read(BLOCK)
        if len(following) < BLOCK:
            raise _unreadable(name)
        parts += _pairs(following[:504], name)
        more = following[504]
        if len(parts) * 24 > _MAP_LIMIT:
            raise _unreadable(name)
    return _checked(parts, _number(block[483:495], name), name)


def _pairs(field: bytes, name: str) -> list[tuple[int, int]]:
    found = []
    for at in range(0, len(field), 24):
        if not field[at : at + 24].strip(b"\0 "):
            break
        found.append((_number(field[at : at + 12], name), _number(field[at + 12 : at + 24], name)))
    return found


def _number(field: bytes, name: str) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    text = field.strip(b"\0 ")
    try:
        return int(text or b"0", 8)
    except ValueError as error:
        raise _unreadable(name) from error


def of_records(records: Records, read: Read, name: str) -> tuple[Map, int]:
    """The map of a sparse file in a pax form, and how many bytes of the content the map itself took.

    :param records: all pax records of the file in their order; the form 0.0 repeats two of them.
    :param read: gives the beginning of the content, where the form 1.0 has its map.
    """
    given = dict(records)
    size = _decimal(given.get("GNU.sparse.realsize", given.get("GNU.sparse.size", "")), name)
    if given.get("GNU.sparse.major", "0") not in ("0", "1"):
        raise _unreadable(name)
    if given.get("GNU.sparse.major") == "1":
        numbers, taken = _numbers_before_the_data(read, name)
    elif "GNU.sparse.map" in given:
        numbers, taken = [_decimal(text, name) for text in given["GNU.sparse.map"].split(",") if text], 0
    else:
        keys = ("GNU.sparse.offset", "GNU.sparse.numbytes")
        numbers, taken = [_decimal(value, name) for key, value in records if key in keys], 0
    return _checked(list(zip(numbers[::2], numbers[1::2])), size, name, odd=len(numbers) % 2), taken


def _numbers_before_the_data(read: Read, name: str) -> tuple[list[int], int]:
    """Decimal numbers, one a line: how many pairs, then the pairs; filled up to whole blocks."""
    text = b""
    wanted: int | None = None
    while wanted is None or text.count(b"\n") < wanted:
        block = read(BLOCK)
        text += block
        if len(block) < BLOCK or len(text) > _MAP_LIMIT:
            raise _unreadable(name)
        if wanted is None and b"\n" in text:
            wanted = 1 + 2 * _decimal(text.partition(b"\n")[0].decode("ascii", "replace"), name)
    lines = text.split(b"\n")[1:wanted]
    return [_decimal(line.decode("ascii", "replace"), name) for line in lines], len(text)


def _decimal(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise _unreadable(name)
    return int(text)


def _checked(parts: list[tuple[int, int]], size: int, name: str, odd: int = 0) -> Map:
    """
    :raises Damaged: the parts overlap, are not in order or lie behind the end, or the file is larger than any.
    """
    at = 0
    for offset, length in parts:
        if offset < at or offset + length > size:
            raise _unreadable(name)
        at = offset + length
    if odd or size > _SIZE_LIMIT:
        raise _unreadable(name)
    return Map(tuple(part for part in parts if part[1]), size)


def _unreadable(name: str) -> Damaged:
    return Damaged(f"The archive holds the sparse file {name} with a map that cannot be right.", object=name)
