# SPDX-License-Identifier: GPL-3.0-or-later

"""One header of a tar archive: its fields, and the pax records and long names that precede it.

``tarfile.TarInfo.frombuf`` is not used: it takes bytes 345 to 500 of an old GNU header, where times are, for a part of
the name, and it decodes all the fields, of which most archives that pass by need two.
"""

from __future__ import annotations

import typing as t

from .._errors import Damaged

BLOCK = 512
# These have no content, whatever size they claim.
HEADER_ONLY = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_NO_RECORDS: dict[str, str] = {}


class Header:
    """The header of one entry.

    :param block: the header itself; its checksum is right.
    :param stored_size: the size that the block gives, see :func:`stored_size`.
    :param records: what the extension headers before it say, in their order. They take precedence over the block. GNU's
        long names are among them as ``path`` and ``linkpath``.
    """

    # Archives with many small files are read at the speed of this method: nothing here is computed that all can do without.
    def __init__(self, block: bytes, stored_size: int, records: t.Sequence[tuple[str, str]] = ()) -> None:
        self.block = block
        self.records = records
        self._stored_size = stored_size
        self.extension = dict(records) if records else _NO_RECORDS
        self.name = self._name()
        self.type = block[156:157]
        if self.type == b"\0" and self.name.endswith("/"):
            self.type = b"5"  # Archives of v7 mark folders by their names alone.

    def _name(self) -> str:
        for key in ("GNU.sparse.name", "path") if self.records else ():
            if key in self.extension:
                return self.extension[key]
        name = text(self.block[:100])
        if self.block[345] and self.block[257:263] == b"ustar\0":
            return f"{text(self.block[345:500])}/{name}"
        return name

    @property
    def is_file(self) -> bool:
        return self.type in (b"0", b"\0", b"7", b"S")

    @property
    def is_sparse(self) -> bool:
        """Whether the content lacks the holes of the file, in one of GNU tar's four forms."""
        in_pax = any(key.startswith("GNU.sparse.") for key in self.extension)
        return self.type == b"S" or (in_pax and self.is_file)

    @property
    def size(self) -> int:
        """How many bytes of content follow, without the padding.

        :raises Damaged: that cannot be read.
        """
        if self.type in HEADER_ONLY:
            return 0
        text = self.extension.get("size")
        if text is not None:
            if not (text.isascii() and text.isdigit()) or len(text) > 18:
                raise self._unreadable("size")
            return int(text)
        return self._stored_size

    @property
    def linkname(self) -> str:
        return self.extension.get("linkpath", text(self.block[157:257]))

    @property
    def mode(self) -> int:
        return self._number("mode", 100, 108) & 0o7777

    @property
    def uid(self) -> int:
        return self._number("uid", 108, 116)

    @property
    def gid(self) -> int:
        return self._number("gid", 116, 124)

    @property
    def mtime_ns(self) -> int:
        if "mtime" not in self.extension:
            return self._number("mtime", 136, 148) * 1_000_000_000
        try:
            return nanoseconds(self.extension["mtime"])
        except ValueError:
            raise self._unreadable("mtime") from None

    @property
    def device(self) -> int:
        """The number of a device: major in the upper 32 bits, minor in the lower; 0 for what is none."""
        if self.type not in (b"3", b"4"):
            return 0
        return self._number("devmajor", 329, 337) << 32 | self._number("devminor", 337, 345)

    def _number(self, field: str, start: int, end: int) -> int:
        try:
            number = int(self.extension[field]) if field in self.extension else parse_number(self.block[start:end])
        except ValueError:
            number = None
        if number is None:
            raise self._unreadable(field)
        return number

    def _unreadable(self, field: str) -> Damaged:
        return Damaged(f"The archive is damaged: an unreadable {field} in a header of {self.name}.", object=self.name)


def check_sum(block: bytes) -> None:
    """
    :raises ValueError: the header's checksum is wrong.
    """
    stored = parse_number(block[148:156])
    unsigned = sum(block) - sum(block[148:156]) + 8 * 0x20
    if stored == unsigned:
        return
    # Old writers summed signed bytes.
    rest = block[:148] + block[156:]
    if stored != unsigned - 256 * sum(1 for byte in rest if byte > 127):
        raise ValueError("checksum")


def stored_size(block: bytes) -> int:
    """
    :raises ValueError: the header's size cannot be one.
    """
    size = parse_number(block[124:136])
    if size is None or not 0 <= size < 1 << 63:
        raise ValueError("size")
    return size


def parse_number(field: bytes) -> int | None:
    """A number in octal digits, 0 for an empty field; or in base 256, as GNU tar writes what has no room otherwise.

    ``None`` for anything else.
    """
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        # Two's complement, the first bit aside.
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    text = field.strip(b" \0").split(b"\0", 1)[0].rstrip(b" ")
    if not text:
        return 0
    if not text.isdigit():
        return None
    try:
        return int(text, 8)
    except ValueError:
        return None


def nanoseconds(text: str) -> int:
    """``1795601262.366123456`` without the loss that a float would bring.

    :raises ValueError: it is not a number.
    """
    whole, _point, fraction = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * 1_000_000_000 + sign * int((fraction + "0" * 9)[:9])


def text(field: bytes) -> str:
    return decode(field.split(b"\0", 1)[0])


def decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
