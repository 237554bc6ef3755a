# SPDX-License-Identifier: GPL-3.0-or-later

"""The decoder of the engine's multiplexed stream.

Without a terminal, the engine sends the output in frames: one byte for the stream, three zeros, four bytes for the
length (big endian), the payload. With a terminal, the bytes come as they are.
"""

from __future__ import annotations

import struct
import typing as t

STDOUT, STDERR = 1, 2
# The engine's own word in the middle of the output: reading the logs failed after it had said 200.
SYSTEM = 3

Piece = t.Tuple[int, bytes]
_HEADER = struct.Struct(">B3xL")


class Frames:
    """Takes the stream in any pieces and gives (stream, bytes) pairs in their order, no more than it was fed.

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

    def is_complete(self) -> bool:
        """Whether the stream may end here, which is not in the middle of a frame."""
        return not self._rest and not self._left
