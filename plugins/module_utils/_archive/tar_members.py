# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the members of a tar archive with their content, piece by piece. Nothing of them is kept.

:class:`.tar.TarStream` follows the headers and decides whether the archive is whole.
"""

from __future__ import annotations

import io
import typing as t

from .._errors import Damaged
from . import sparse
from .tar import TarStream
from .tar_header import Header

# Small enough for the processor's cache: larger pieces cost half as much again.
CHUNK = 1 << 16


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


class Member:
    """One entry of an archive, under the name that the archive gives it. Its content is read once, in passing.

    ``size`` is that of the file, with the holes of a sparse one.
    """

    def __init__(self, header: Header, stored: _StoredContent, sparse_map: bytes) -> None:
        self.header = header
        # Most writers put a slash behind the name of a folder.
        self.name = header.name.rstrip("/") if header.type == b"5" else header.name
        self.size = header.size
        self._read: t.Callable[[int], bytes] = stored.read
        if header.is_sparse:
            found = sparse.find_map(header, sparse_map, stored.read)
            if stored.left != found.stored:
                raise Damaged(
                    f"The archive holds the sparse file {self.name} with more or less than its map says.",
                    object=self.name,
                )
            self.size = found.size
            self._read = sparse.SparseContent(stored.read, found).read
        self._left = self.size

    def read(self, amount: int) -> bytes:
        """Exactly ``amount`` bytes, or what is left of the content.

        :raises Damaged: the archive is torn.
        """
        piece = self._read(min(amount, self._left))
        self._left -= len(piece)
        return piece

    def chunks(self) -> t.Iterator[bytes]:
        while self._left:
            yield self.read(CHUNK)

    def equals(self, other: Readable) -> bool:
        return same(self.chunks(), other)

    def close(self) -> None:
        """Nothing more of the content can be read."""
        self._left = 0


class _StoredContent:
    """A member's content as the archive holds it, without the padding. ``left`` is what was not read of it yet."""

    def __init__(self, size: int, stream: t.BinaryIO, walker: TarStream) -> None:
        self.left = size
        self._stream = stream
        self._walker = walker

    def read(self, amount: int) -> bytes:
        wanted = min(amount, self.left)
        piece = self._stream.read(wanted)
        self.left -= len(piece)
        self._walker.pass_content(len(piece))
        if len(piece) < wanted:
            self._walker.finish()  # It is torn.
        return piece


def members(source: Readable) -> t.Iterator[Member]:
    """The archive's members in their order; what of a content is not read is skipped.

    :raises Damaged: the archive is torn, is none, or something follows its end.
    """
    stream = t.cast("t.BinaryIO", io.BufferedReader(_Raw(source), CHUNK))
    walker = TarStream()
    while _go_to_content(stream, walker):
        header = t.cast("Header", walker.header)
        member = Member(header, _StoredContent(header.size, stream, walker), bytes(walker.sparse_map))
        yield member
        member.close()
        while walker.content_left:
            wanted = min(CHUNK, walker.content_left)
            piece = stream.read(wanted)
            if not piece:
                walker.finish()  # It is torn.
            walker.pass_content(len(piece))
    # Reading to the end lets the engine's answer come to its own, too.
    while piece := stream.read(CHUNK):
        walker.feed(piece)
    walker.finish()


def _go_to_content(stream: t.BinaryIO, walker: TarStream) -> bool:
    """Read up to where the content of the next entry begins; false where the archive ends, rightly or not."""
    before = walker.entries
    while not walker.ended and (walker.entries == before or walker.awaits_sparse_map):
        data = stream.read(walker.wanted)
        if not data:
            return False
        walker.feed(data)
    return not walker.ended
