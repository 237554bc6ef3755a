# SPDX-License-Identifier: GPL-3.0-or-later

"""Walks the headers of a tar archive while its bytes pass, and tells a whole archive from a torn one.

Docker's export answers 200 over a torn archive: when a file shrinks while it is copied, the engine's tar writer fails,
drops every later file and leaves out the end marker (20.10). The last kilobyte can still be zeros, as a file's content.
So the headers are followed from the first to the end marker, each with its checksum; the content in between is skipped
by arithmetic.

Where tar's dialects differ, this reads as Go's archive/tar does, because that is what the engine imports with: ustar,
v7, GNU (long names and links, base-256 numbers, sparse), pax (size, path).
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import Damaged

BLOCK = 512
# What GNU tar and Python write for names and attributes stays far below; more is an attack on our memory.
EXTENSION_LIMIT = 16 << 20

_ZEROS = bytes(BLOCK)
_HEADER_ONLY = frozenset(b"123456")
_PAX = frozenset(b"xX")
_GNU_LONG = frozenset(b"LK")

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
    """Feed it an archive in pieces of any size, then ask :meth:`finish` whether it was a whole one."""

    def __init__(self) -> None:
        self.size = 0
        self.entries = 0
        self._root: set[str] = set()
        self._skip = 0
        self._held = bytearray()
        self._want = BLOCK
        self._step: t.Callable[[bytes], None] = self._header
        self._entry = b""
        # What the extension headers before an entry say about it.
        self._long_name: bytes | None = None
        self._long_size: int | None = None
        self._announced = False
        self._extension = 0
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the end marker has passed."""
        return self._ended

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
                self._trailing(view[at:])
                return
            step = min(self._want - len(self._held), length - at)
            self._held += view[at : at + step]
            at += step
            if len(self._held) == self._want:
                block, self._held = bytes(self._held), bytearray()
                self._step(block)

    def finish(self, half_marker: bool = False) -> Contents:
        """What the archive held.

        :param half_marker: GNU tar and the engine take an archive that ends after the first half of the end marker.
        :raises Damaged: the end came before the end marker.
        """
        half = half_marker and self._step == self._second_zeros and not self._held
        if self._ended or half:
            return Contents(self.entries, self.size, frozenset(self._root))
        if not self.size:
            raise Damaged("The archive is empty: not one byte.")
        raise Damaged(
            f"The archive is torn: it ends after {self.size} bytes, {self._where()}, without tar's end marker."
        )

    # -- one block after the other --------------------------------------------------------------------------------

    def _header(self, block: bytes) -> None:
        if block == _ZEROS:
            if self._announced:
                raise Damaged(f"The archive is damaged: it ends {self._where()}, where an entry was announced.")
            self._expect(BLOCK, self._second_zeros)
            return
        self._check(block)
        kind = block[156]
        size = self._number(block[124:136])
        if kind in _PAX or kind in _GNU_LONG or kind == 0x67:  # g: a pax header for all entries that follow
            self._extend(kind, size)
            return
        self._entry = block
        self.entries += 1
        self._note_root(block)
        if kind in _HEADER_ONLY or (kind == 0 and self._name(block).endswith(b"/")):
            size = 0
        elif self._long_size is not None:
            size = self._long_size
        self._long_name = self._long_size = None
        self._announced = False
        self._content = _padded(size)
        if kind == 0x53 and block[482]:  # S: old GNU sparse, whose map goes on in blocks of its own
            self._expect(BLOCK, self._sparse)
        else:
            self._skip = self._content

    def _second_zeros(self, block: bytes) -> None:
        if block != _ZEROS:
            raise Damaged(f"The archive is damaged: half an end marker {self._where()}.")
        self._ended = True

    def _sparse(self, block: bytes) -> None:
        if not block[504]:
            self._expect(BLOCK, self._header)
            self._skip = self._content

    def _extend(self, kind: int, size: int) -> None:
        if size > EXTENSION_LIMIT:
            raise Damaged(f"The archive is damaged: a header extension of {size} bytes {self._where()}.")
        self._announced = kind != 0x67
        self._extension = kind
        self._extension_size = size
        if size:
            self._expect(_padded(size), self._extended)

    def _extended(self, payload: bytes) -> None:
        content = payload[: self._extension_size]
        if self._extension == 0x4C:  # L
            self._long_name = content.split(b"\0", 1)[0]
        elif self._extension in _PAX:
            self._pax(content)
        self._expect(BLOCK, self._header)

    def _pax(self, content: bytes) -> None:
        """``LENGTH KEY=VALUE\\n`` one after the other; only what moves the next header or names the entry is kept."""
        while content:
            digits, space, _rest = content.partition(b" ")
            length = int(digits) if digits.isdigit() and len(digits) < 10 else 0
            record = content[len(digits) + 1 : length - 1]
            key, equals, value = record.partition(b"=")
            if not space or not equals or length > len(content) or content[length - 1 : length] != b"\n":
                raise Damaged(f"The archive is damaged: an unreadable pax header {self._where()}.")
            if key == b"size":
                if not value.isdigit() or len(value) > 18:
                    raise Damaged(f"The archive is damaged: an unreadable size in a pax header {self._where()}.")
                self._long_size = int(value)
            elif key == b"path":
                self._long_name = value
            content = content[length:]

    def _trailing(self, rest: memoryview) -> None:
        """After the end marker only padding may follow (GNU tar fills up its record)."""
        for at in range(0, len(rest), len(_PADDING)):
            piece = rest[at : at + len(_PADDING)]
            if piece != _PADDING[: len(piece)]:
                raise Damaged("The archive is damaged: something follows tar's end marker.")

    # -- one header -----------------------------------------------------------------------------------------------

    def _check(self, block: bytes) -> None:
        stored = _octal(block[148:156])
        if stored is None:
            raise self._unreadable()
        unsigned = sum(block) - sum(block[148:156]) + 8 * 0x20
        if stored == unsigned:
            return
        # Old writers summed signed bytes.
        rest = block[:148] + block[156:]
        if stored != unsigned - 256 * sum(1 for byte in rest if byte > 127):
            raise self._unreadable()

    def _number(self, field: bytes) -> int:
        if field[0] & 0x80:
            # Base 256, the first bit aside; a set second bit makes it negative.
            value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
            if field[0] & 0x40 or value >= 1 << 63:
                raise self._unreadable()
            return value
        number = _octal(field)
        if number is None:
            raise self._unreadable()
        return number

    def _name(self, block: bytes) -> bytes:
        if self._long_name is not None:
            return self._long_name
        name = block[:100].split(b"\0", 1)[0]
        if block[257:263] == b"ustar\0" and block[345]:
            return block[345:500].split(b"\0", 1)[0] + b"/" + name
        return name

    def _note_root(self, block: bytes) -> None:
        name = self._name(block).strip(b"/")
        if name.startswith(b"./"):
            name = name[2:].strip(b"/")
        if name not in (b"", b".") and b"/" not in name and len(self._root) < 4096:
            self._root.add(name.decode("utf-8", "replace"))

    def _unreadable(self) -> Damaged:
        if not self.entries and self._entry == b"" and not self._announced:
            return Damaged("This is not a tar archive: it does not begin with a tar header.")
        return Damaged(f"The archive is damaged: no tar header where one must be, {self._where()}.")

    def _where(self) -> str:
        if not self._entry:
            return "before its first entry"
        name = self._entry[:100].split(b"\0", 1)[0].decode("utf-8", "replace")
        return f"at or after its entry {self.entries} ({name})"

    def _expect(self, want: int, step: t.Callable[[bytes], None]) -> None:
        self._want = want
        self._step = step


_PADDING = bytes(1 << 16)


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _octal(field: bytes) -> int | None:
    """The number, 0 for an empty field, ``None`` for anything else."""
    text = field.strip(b" \0").split(b"\0", 1)[0].rstrip(b" ")
    if not text:
        return 0
    if not text.isdigit():
        return None
    try:
        return int(text, 8)
    except ValueError:
        return None
