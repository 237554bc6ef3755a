# SPDX-License-Identifier: GPL-3.0-or-later

"""Long lines of a log with timestamps or details, without those that the engine puts into the middle of them.

The engine keeps a line in messages of at most 16 KiB, and begins each of them with the time and the details that it is
asked for (20.10 to 28.5, json-file and local alike). Of such a line, ``local`` on 20.10 loses the newline at the end.
"""

from __future__ import annotations

import re

from .._engine.frames import STDERR, STDOUT, Piece

# What the engine reads of a line at once (daemon/logger/copier.go).
MESSAGE = 16 * 1024
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) ")
_STAMP_LIMIT = 36


class PartialLines:
    """Takes pieces of both streams, each stream for itself.

    :param tty: the pieces are cut anywhere, as the output of a terminal has no frames; otherwise each is a whole frame,
        which has one message.
    """

    def __init__(self, tty: bool, timestamps: bool, details: bool) -> None:
        self._streams = {stream: _Stream(timestamps, details) for stream in (STDOUT, STDERR)}
        self._take = _Stream.feed if tty else _Stream.message

    def feed(self, pieces: list[Piece]) -> list[Piece]:
        return [(stream, self._take(self._streams[stream], data)) for stream, data in pieces]

    def rest(self) -> list[Piece]:
        """At the end: what was held back since more of it might have come."""
        return [(stream, one.rest()) for stream, one in self._streams.items()]


class _Stream:
    def __init__(self, timestamps: bool, details: bool) -> None:
        self._timestamps = timestamps
        self._details = details
        self._held = b""
        # The details of the line, the same in each of its messages.
        self._known: bytes | None = None
        self._at_message = True
        self._left = MESSAGE
        self._ended = True

    def message(self, data: bytes) -> bytes:
        length = self._head(data, 0) or 0
        ended = data.endswith(b"\n")
        continues = not ended and len(data) - length >= MESSAGE
        if self._known is not None:
            found = data[length:]
        else:
            found = data if self._ended else b"\n" + data
        if not continues:
            self._known = None
        elif self._known is None:
            self._known = self._details_of(data[:length])
        self._ended = ended or continues
        return found

    def feed(self, data: bytes) -> bytes:
        data = self._held + data
        found: list[bytes] = []
        at = 0
        while at < len(data):
            if self._at_message:
                length = self._head(data, at)
                if length is None:
                    break
                if self._known is None:
                    found.append(data[at : at + length])
                    self._known = self._details_of(data[at : at + length])
                at += length
                self._at_message = False
                continue
            end = data.find(b"\n", at, at + self._left + 1) + 1 or min(at + self._left, len(data))
            found.append(data[at:end])
            self._count(data, at, end)
            at = end
        self._held = data[at:]
        return b"".join(found)

    def rest(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _count(self, data: bytes, at: int, end: int) -> None:
        if data[end - 1 : end] == b"\n":
            self._known, self._at_message, self._left = None, True, MESSAGE
            return
        self._left -= end - at
        if not self._left:
            self._at_message, self._left = True, MESSAGE

    def _head(self, data: bytes, at: int) -> int | None:
        """The length of a message's time and details; 0 when these are none; ``None`` when more has to come."""
        end = at
        if self._timestamps:
            stamp = _STAMP.match(data, at)
            if stamp is None:
                return None if len(data) - at < _STAMP_LIMIT and b"\n" not in data[at:] else 0
            end = stamp.end()
        if self._details:
            blank = data.find(b" ", end)
            if blank < 0:
                return None if b"\n" not in data[end:] else 0
            if self._known is not None and data[end : blank + 1] != self._known:
                return 0
            end = blank + 1
        return end - at

    def _details_of(self, head: bytes) -> bytes:
        return head.partition(b" ")[2] if self._timestamps else head
