# SPDX-License-Identifier: GPL-3.0-or-later

"""Sparse files in tar archives, in GNU tar's four forms: where their data belongs, and their content with the holes.

The old form keeps the map in the header; the pax forms 0.0 and 0.1 in pax records, 1.0 before the data
(https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html).
"""

from __future__ import annotations

import typing as t

from .._errors import Damaged
from .tar_header import BLOCK, Header, parse_number

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

    @property
    def stored(self) -> int:
        """How many bytes of data there are."""
        return sum(length for _offset, length in self.parts)


class SparseContent:
    """The file as it is read: its data from the archive, with the holes between."""

    def __init__(self, read: Read, found: Map) -> None:
        self._read = read
        self._parts = list(found.parts)
        self._at = 0
        self._size = found.size

    def read(self, amount: int) -> bytes:
        """The next ``amount`` bytes; fewer at the end of the file."""
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
        else:
            end = self._parts[0][0] if self._parts else self._size
            wanted = min(amount, end - self._at, len(HOLE))
            piece = HOLE if wanted == len(HOLE) else HOLE[:wanted]
        self._at += len(piece)
        return piece


def find_map(header: Header, sparse_map: bytes, read: Read) -> Map:
    """The map of a sparse file.

    :param sparse_map: all of it where the file has the old form.
    :param read: gives the beginning of the content, where the pax form 1.0 has its map.
    :raises Damaged: it cannot be right.
    """
    if header.type == b"S":
        return _parse_old_map(header, sparse_map)
    return _parse_pax_map(header.records, read, header.name)


def _parse_old_map(header: Header, sparse_map: bytes) -> Map:
    numbers: list[int] = []
    for at in range(0, len(sparse_map), 12):
        field = sparse_map[at : at + 12]
        if not at % 24 and not sparse_map[at : at + 24].strip(b"\0 "):
            break
        numbers.append(_parse_number(field, header.name))
    if len(sparse_map) > _MAP_LIMIT:
        raise _unreadable(header.name)
    return _make_map(numbers, _parse_number(header.block[483:495], header.name), header.name)


def _parse_number(field: bytes, name: str) -> int:
    number = parse_number(field)
    if number is None:
        raise _unreadable(name)
    return number


def _parse_pax_map(records: Records, read: Read, name: str) -> Map:
    """
    :param records: all pax records of the file in their order; the form 0.0 repeats two of them.
    """
    given = dict(records)
    size = _parse_decimal(given.get("GNU.sparse.realsize", given.get("GNU.sparse.size", "")), name)
    if given.get("GNU.sparse.major", "0") not in ("0", "1"):
        raise _unreadable(name)
    if given.get("GNU.sparse.major") == "1":
        numbers = _read_map_before_content(read, name)
    elif "GNU.sparse.map" in given:
        numbers = [_parse_decimal(text, name) for text in given["GNU.sparse.map"].split(",") if text]
    else:
        keys = ("GNU.sparse.offset", "GNU.sparse.numbytes")
        numbers = [_parse_decimal(value, name) for key, value in records if key in keys]
    return _make_map(numbers, size, name)


def _read_map_before_content(read: Read, name: str) -> list[int]:
    """Decimal numbers, one a line: how many pairs, then the pairs; filled up to whole blocks."""
    text = b""
    wanted: int | None = None
    while wanted is None or text.count(b"\n") < wanted:
        block = read(BLOCK)
        text += block
        if len(block) < BLOCK or len(text) > _MAP_LIMIT:
            raise _unreadable(name)
        if wanted is None and b"\n" in text:
            wanted = 1 + 2 * _parse_decimal(text.partition(b"\n")[0].decode("ascii", "replace"), name)
    lines = text.split(b"\n")[1:wanted]
    return [_parse_decimal(line.decode("ascii", "replace"), name) for line in lines]


def _parse_decimal(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise _unreadable(name)
    return int(text)


def _make_map(numbers: list[int], size: int, name: str) -> Map:
    """
    :param numbers: offset and length of each part.
    :raises Damaged: the parts overlap, are not in order or lie behind the end, or the file is larger than any.
    """
    parts = list(zip(numbers[::2], numbers[1::2]))
    at = 0
    for offset, length in parts:
        if offset < at or length < 0 or offset + length > size:
            raise _unreadable(name)
        at = offset + length
    if len(numbers) % 2 or size > _SIZE_LIMIT:
        raise _unreadable(name)
    return Map(tuple(part for part in parts if part[1]), size)


def _unreadable(name: str) -> Damaged:
    return Damaged(f"The archive holds the sparse file {name} with a map that cannot be right.", object=name)
