# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's multiplexed stream, taken apart, and output that is kept within bounds.

Without a terminal, the engine sends the output in frames: one byte for the stream, three zeros, four bytes for the
length (big endian), the payload. With a terminal, the bytes come as they are.
"""

from __future__ import annotations

import base64
import collections
import struct
import typing as t

STDOUT, STDERR = 1, 2
# The engine's own word in the middle of the output: reading the logs failed after it had said 200.
SYSTEM = 3

Piece = t.Tuple[int, bytes]
_HEADER = struct.Struct(">B3xL")


class Frames:
    """Takes the stream in any pieces; gives (stream, bytes) pairs in order, never more than it was fed.

    :param complete: give each frame as one pair, once it is there.
    """

    def __init__(self, tty: bool, complete: bool = False) -> None:
        self._tty = tty
        self._complete = complete
        self._rest = b""
        self._stream = STDOUT
        self._left = 0

    def feed(self, data: bytes) -> list[Piece]:
        if self._tty:
            return [(STDOUT, data)] if data else []
        pieces: list[Piece] = []
        data = self._rest + data if self._rest else data
        at, end = 0, len(data)
        while at < end:
            if not self._left:
                if end - at < _HEADER.size:
                    break
                self._stream, self._left = _HEADER.unpack_from(data, at)
                at += _HEADER.size
            if self._complete and end - at < self._left:
                break
            part = data[at : at + self._left]
            if part:
                pieces.append((self._stream, part))
                at += len(part)
                self._left -= len(part)
        self._rest = data[at:]
        return pieces

    def whole(self) -> bool:
        """Whether the stream may end here: not in the middle of a frame."""
        return not self._rest and not self._left


class Kept:
    """Output within bounds: the last ``limit`` bytes (``None``: all of them), and how many there were."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._pieces: collections.deque[bytes] = collections.deque()
        self._held = 0
        self.size = 0

    def add(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        self.size += len(data)
        while self._limit is not None and self._pieces and self._held - len(self._pieces[0]) >= self._limit:
            self._held -= len(self._pieces.popleft())

    @property
    def cut(self) -> bool:
        """Whether the beginning is gone."""
        return self._limit is not None and self.size > self._limit

    def content(self) -> bytes:
        whole = b"".join(self._pieces)
        return whole[-self._limit :] if self.cut and self._limit else b"" if self._limit == 0 else whole


def text(data: bytes) -> str:
    """Output as text; what is not UTF-8 becomes U+FFFD (see :func:`answer`, which then hands over the bytes too)."""
    return data.decode("utf-8", "replace")


def answer(name: str, data: bytes) -> dict[str, str]:
    """Output as a result: text, and where that says less than the bytes, those in Base64 as ``<name>_base64``."""
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {name: text(data), f"{name}_base64": base64.b64encode(data).decode("ascii")}
