# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and writes tar streams, piece by piece and strictly.

Python's own reader ends without a word at a header that it cannot read and at a missing end marker, which is what a torn
stream looks like; and it keeps a record of every member. Here, both are errors and nothing is kept. The coding of the
single header is left to ``tarfile.TarInfo``.
"""

from __future__ import annotations

import dataclasses
import io
import tarfile
import typing as t

from .._errors import Damaged
from . import sparse
from .entry import Entry

BLOCK = 512
# Small enough for the processor's cache: larger pieces cost half as much again.
CHUNK = 1 << 16
_ZEROS = bytes(BLOCK)
# Long names and link targets; the kernel allows 4096 bytes for a path.
_EXTENSION_LIMIT = 1 << 20
_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "special",
    tarfile.BLKTYPE: "special",
    tarfile.FIFOTYPE: "special",
}


class Readable(t.Protocol):
    def read(self, amount: int, /) -> bytes: ...


def same(chunks: t.Iterable[bytes], other: Readable) -> bool:
    """Whether ``other`` has the same bytes; both have the same length."""
    return all(chunk == other.read(len(chunk)) for chunk in chunks)


class _Raw(io.RawIOBase):
    def __init__(self, source: Readable) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        piece = self._source.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@dataclasses.dataclass
class Member:
    """One entry of an archive, under the name that the archive gives it. Its content is read once, in passing.

    ``header`` is the last of its headers, ``extension`` the pax records and long names before it, which outweigh it.
    """

    name: str
    entry: Entry
    header: tarfile.TarInfo
    extension: t.Mapping[str, str]
    _stream: Readable
    _left: int

    def read(self, amount: int) -> bytes:
        """Exactly ``amount`` bytes, or what is left of the content.

        :raises Damaged: the archive ends before.
        """
        wanted = min(amount, self._left)
        piece = self._stream.read(wanted)
        if len(piece) < wanted:
            raise _torn(f"in the middle of {self.name}")
        self._left -= wanted
        return piece

    def chunks(self) -> t.Iterator[bytes]:
        while self._left:
            yield self.read(CHUNK)

    def skip(self) -> int:
        """Pass over what was not read of the content; how much of the archive that is."""
        packed = self._stream.packed if isinstance(self._stream, sparse.Content) else self._left
        self._left = 0
        return packed

    def equals(self, other: Readable) -> bool:
        return same(self.chunks(), other)


def members(source: Readable) -> t.Iterator[Member]:
    """The archive's members in their order; what of a content is not read is skipped.

    :raises Damaged: the archive is torn, is none, holds what cannot be unpacked, or something follows its end.
    """
    stream = t.cast("t.BinaryIO", io.BufferedReader(_Raw(source), CHUNK))
    records: list[tuple[str, str]] = []
    while True:
        block = stream.read(BLOCK)
        if block == _ZEROS:
            _end(stream)
            return
        header = _header(block)
        if header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            records += _pax(_extension(stream, header))
        elif header.type == tarfile.XGLTYPE:
            _extension(stream, header)
        elif header.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            key = "path" if header.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
            records.append((key, _text(_extension(stream, header).rstrip(b"\0"))))
        else:
            member, packed = _member(stream, block, header, records)
            records = []
            yield member
            _pass_over(stream, member.skip(), f"in the middle of {member.name}")
            _pass_over(stream, -packed % BLOCK, f"behind {member.name}")


def _end(stream: t.BinaryIO) -> None:
    """After the first half of the end marker: the other half, and zeros to fill up a tape's block. GNU tar and the engine
    take an archive without the other half. Reading to the end lets the engine's answer come to its own.

    :raises Damaged: something else follows, such as another archive, which tar reads with ``--ignore-zeros`` alone.
    """
    second = stream.read(BLOCK)
    if second not in (b"", _ZEROS):
        raise Damaged("The archive is damaged: half an end marker.")
    while piece := stream.read(CHUNK):
        if piece.strip(b"\0"):
            raise Damaged("The archive is damaged: something follows tar's end marker.")


def _pass_over(stream: t.BinaryIO, amount: int, where: str) -> None:
    while amount:
        piece = stream.read(min(CHUNK, amount))
        if not piece:
            raise _torn(where)
        amount -= len(piece)


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        if not block:
            raise _torn("before its end marker") from error
        raise Damaged(f"This is no tar archive, or it is torn: {error}.") from error
    if header.size < 0:
        raise Damaged(f"The archive gives {header.name} a negative size.")
    return header


def _extension(stream: t.BinaryIO, header: tarfile.TarInfo) -> bytes:
    if header.size > _EXTENSION_LIMIT:
        raise Damaged(f"The archive holds a header of {header.size} bytes.")
    length = header.size + -header.size % BLOCK
    data = stream.read(length)
    if len(data) < length:
        raise _torn("in the middle of a header")
    return data[: header.size]


def _pax(data: bytes) -> list[tuple[str, str]]:
    records: list[tuple[str, str]] = []
    while data:
        length, _space, _rest = data.partition(b" ")
        if not length.isdigit() or not len(length) + 1 < int(length) <= len(data):
            raise Damaged("The archive holds a pax header that cannot be read.")
        key, _equals, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        records.append((_text(key), _text(value)))
        data = data[int(length) :]
    return records


def _member(
    stream: t.BinaryIO, block: bytes, header: tarfile.TarInfo, records: t.Sequence[tuple[str, str]]
) -> tuple[Member, int]:
    """The member, and how much of the archive its content takes, without the blocks of a map that have been read."""
    extension = dict(records)
    name = extension.get("GNU.sparse.name", extension.get("path", header.name))
    old = header.type == tarfile.GNUTYPE_SPARSE
    kind = "file" if old else _KINDS.get(header.type)
    if kind is None:
        raise Damaged(
            f"The archive holds {name} in a form that cannot be unpacked (type {header.type!r}).", object=name
        )
    try:
        size = int(extension.get("size", header.size))
        uid, gid = int(extension.get("uid", header.uid)), int(extension.get("gid", header.gid))
        mtime_ns = nanoseconds(extension["mtime"]) if "mtime" in extension else int(header.mtime) * 1_000_000_000
    except ValueError as error:
        raise Damaged(f"The archive holds a header of {name} that cannot be read: {error}.", object=name) from error
    if size < 0:
        raise Damaged(f"The archive gives {name} a negative size.", object=name)
    packed = length = size if kind == "file" else 0
    content: Readable = stream
    if old or (kind == "file" and any(key.startswith("GNU.sparse.") for key in extension)):
        found, taken = (
            (sparse.of_header(block, stream.read, name), 0) if old else sparse.of_records(records, stream.read, name)
        )
        packed -= taken
        if packed != sum(part for _offset, part in found.parts):
            raise Damaged(f"The archive holds the sparse file {name} with more or less than its map says.", object=name)
        content, length = sparse.Content(stream.read, found, packed), found.size
    target = extension.get("linkpath", header.linkname) if kind in ("link", "hardlink") else ""
    entry = Entry(name, kind, header.mode & 0o7777, length, mtime_ns, target, uid, gid)
    return Member(name, entry, header, extension, content, length), packed


def nanoseconds(text: str) -> int:
    """``1795601262.366123456`` without the loss that a float would bring."""
    whole, _point, fraction = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * 1_000_000_000 + sign * int((fraction + "0" * 9)[:9])


def header_of(entry: Entry, name: str) -> bytes:
    """The header blocks for an entry under this name; the caller adds content and :func:`padding`."""
    info = tarfile.TarInfo(name)
    info.type = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}.get(
        entry.kind, tarfile.LNKTYPE
    )
    info.mode, info.uid, info.gid = entry.mode, entry.uid, entry.gid
    info.size = entry.size if entry.kind == "file" else 0
    info.linkname = entry.target
    seconds, fraction = divmod(entry.mtime_ns, 1_000_000_000)
    info.mtime = seconds
    if fraction:
        info.pax_headers = {"mtime": f"{seconds}.{fraction:09d}"}
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    return b"\0" * (-size % BLOCK)


END = b"\0" * (2 * BLOCK)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _torn(where: str) -> Damaged:
    return Damaged(f"The archive ends {where}: it is torn. What was written to dest is whole; run the task again.")
