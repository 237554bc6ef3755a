# SPDX-License-Identifier: GPL-3.0-or-later

"""The one reader of tar archives: it follows an archive from header to header, and tells a whole one from a torn one.

Docker's export answers 200 over a torn archive: when a file shrinks while it is copied, the engine's tar writer fails,
drops every later file and leaves out the end marker (20.10). The last kilobyte can still be zeros, as a file's content.
So the headers are followed from the first to the end marker, each with its checksum; the content in between is skipped
by arithmetic. :meth:`TarStream.finish` decides whether the archive is torn, and nothing else does.

Export and import feed a :class:`TarStream` with what passes by. Copying and comparing need the content too and read
:func:`.tar_members.members`, which drives the same class. Python's ``tarfile`` cannot be used for either: it ends
silently at a header that it cannot read and at a missing end marker, which is what a torn archive looks like.

Where tar's dialects differ, this reads as Go's archive/tar does, because that is what the engine imports with: ustar,
v7, GNU (long names and links, base-256 numbers, sparse), pax.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import Damaged
from .tar_header import BLOCK, Header, check_sum, decode, stored_size, text

# What GNU tar and Python write for names and attributes stays far below; more is an attack on our memory.
EXTENSION_LIMIT = 16 << 20

_ZEROS = bytes(BLOCK)
_PADDING = bytes(1 << 16)
_PAX = frozenset(b"xX")
_PAX_GLOBAL = ord("g")
_GNU_LONG = {ord("L"): "path", ord("K"): "linkpath"}
_GNU_SPARSE = ord("S")

Data = t.Union[bytes, bytearray, memoryview]


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a whole archive holds.

    :param entries: files, folders and links, without the headers that only extend others.
    :param root: the names of the entries at the top of the tree.
    """

    entries: int
    size: int
    root: frozenset[str]


class TarStream:
    """Feed it an archive in pieces of any size, then ask :meth:`finish` whether it was a whole one.

    ``header`` is that of the latest entry, ``sparse_map`` the map of an old GNU sparse file.
    """

    def __init__(self) -> None:
        self.size = 0
        self.entries = 0
        self.header: Header | None = None
        self.sparse_map = bytearray()
        self._root: set[str] = set()
        self._skip = 0
        self._held = bytearray()
        self._want = BLOCK
        self._step: t.Callable[[bytes], None] = self._read_header
        # What the extension headers before an entry say about it.
        self._records: list[tuple[str, str]] = []
        self._announced = False
        self._extension = 0
        self._extension_size = 0
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the end marker has passed."""
        return self._ended

    @property
    def wanted(self) -> int:
        """How many bytes are needed for the next step from header to header; none of them is content."""
        return self._want - len(self._held)

    @property
    def content_left(self) -> int:
        """How many bytes of content and padding come before the next header."""
        return self._skip

    @property
    def awaits_sparse_map(self) -> bool:
        """Whether the rest of :attr:`sparse_map` comes before the content."""
        return self._step == self._read_sparse_map

    def feed(self, data: Data) -> None:
        """Take the next piece.

        :raises Damaged: the bytes cannot be a tar archive.
        """
        view = memoryview(data)
        length = len(view)
        self.size += length
        at = 0
        while at < length:
            if self._skip:
                step = min(self._skip, length - at)
                self._skip -= step
                at += step
                continue
            if self._ended:
                self._check_trailing(view[at:])
                return
            step = min(self._want - len(self._held), length - at)
            self._held += view[at : at + step]
            at += step
            if len(self._held) == self._want:
                block, self._held = bytes(self._held), bytearray()
                self._step(block)

    def pass_content(self, amount: int) -> None:
        """Count content that somebody else has read; at most :attr:`content_left`."""
        self.size += amount
        self._skip -= amount

    def finish(self) -> Contents:
        """Return what the archive held.

        :raises Damaged: it is torn: the end came before the end marker, or in it. GNU tar and the engine accept an archive
            that ends after the first half of the marker, but no writer leaves one: its end was cut off.
        """
        if self._ended:
            return Contents(self.entries, self.size, frozenset(self._root))
        if not self.size:
            raise Damaged("The archive is empty: not one byte.")
        raise Damaged(
            f"The archive is torn: it ends after {self.size} bytes, {self._where()}, without tar's end marker."
        )

    # -- one block after the other --------------------------------------------------------------------------------

    def _read_header(self, block: bytes) -> None:
        if block == _ZEROS:
            if self._announced:
                raise Damaged(f"The archive is damaged: it ends {self._where()}, where an entry was announced.")
            self._expect(BLOCK, self._read_second_zeros)
            return
        kind = block[156]
        try:
            check_sum(block)
            size = stored_size(block)
        except ValueError:
            raise self._unreadable() from None
        if kind in _PAX or kind in _GNU_LONG or kind == _PAX_GLOBAL:
            self._begin_extension(kind, size)
            return
        self.header = Header(block, size, self._records)
        if self._announced:
            self._records, self._announced = [], False
        self.entries += 1
        self._note_root(self.header.name)
        self._content = _padded(self.header.size)
        if kind == _GNU_SPARSE:
            self.sparse_map = bytearray(block[386:482])
            if block[482]:  # The map goes on in blocks of its own.
                self._expect(BLOCK, self._read_sparse_map)
                return
        self._skip = self._content

    def _read_second_zeros(self, block: bytes) -> None:
        if block != _ZEROS:
            raise Damaged(f"The archive is damaged: half an end marker {self._where()}.")
        self._ended = True

    def _read_sparse_map(self, block: bytes) -> None:
        self.sparse_map += block[:504]
        if len(self.sparse_map) > EXTENSION_LIMIT:
            raise Damaged(f"The archive is damaged: a sparse map of more than {EXTENSION_LIMIT} bytes {self._where()}.")
        if not block[504]:
            self._expect(BLOCK, self._read_header)
            self._skip = self._content

    def _begin_extension(self, kind: int, size: int) -> None:
        if size > EXTENSION_LIMIT:
            raise Damaged(f"The archive is damaged: a header extension of {size} bytes {self._where()}.")
        self._announced = self._announced or kind != _PAX_GLOBAL
        self._extension = kind
        self._extension_size = size
        if size:
            self._expect(_padded(size), self._read_extension)

    def _read_extension(self, payload: bytes) -> None:
        content = payload[: self._extension_size]
        if self._extension in _GNU_LONG:
            self._records.append((_GNU_LONG[self._extension], text(content)))
        elif self._extension in _PAX:
            self._read_pax(content)
        self._expect(BLOCK, self._read_header)

    def _read_pax(self, content: bytes) -> None:
        """``LENGTH KEY=VALUE\\n`` one after the other."""
        at = 0
        while at < len(content):
            space = content.find(b" ", at, at + 10)
            digits = content[at : max(space, at)]
            end = at + (int(digits) if digits.isdigit() else 0)
            key, equals, value = content[space + 1 : max(end - 1, 0)].partition(b"=")
            if not equals or end > len(content) or content[end - 1 : end] != b"\n":
                raise Damaged(f"The archive is damaged: an unreadable pax header {self._where()}.")
            if key == b"size" and (not value.isdigit() or len(value) > 18):
                raise Damaged(f"The archive is damaged: an unreadable size in a pax header {self._where()}.")
            self._records.append((decode(key), decode(value)))
            at = end

    def _check_trailing(self, rest: memoryview) -> None:
        """After the end marker only padding may follow (GNU tar fills up its record)."""
        for at in range(0, len(rest), len(_PADDING)):
            piece = rest[at : at + len(_PADDING)]
            if piece != _PADDING[: len(piece)]:
                raise Damaged("The archive is damaged: something follows tar's end marker.")

    def _note_root(self, name: str) -> None:
        name = name.strip("/")
        if name.startswith("./"):
            name = name[2:].strip("/")
        if name not in ("", ".") and "/" not in name and len(self._root) < 4096:
            self._root.add(name)

    def _unreadable(self) -> Damaged:
        if self.header is None and not self._announced:
            return Damaged("This is not a tar archive: it does not begin with a tar header.")
        return Damaged(f"The archive is damaged: no tar header where one must be, {self._where()}.")

    def _where(self) -> str:
        if self.header is None:
            return "before its first entry"
        name = self.header.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return f"at or after its entry {self.entries} ({name})"

    def _expect(self, want: int, step: t.Callable[[bytes], None]) -> None:
        self._want = want
        self._step = step


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK
