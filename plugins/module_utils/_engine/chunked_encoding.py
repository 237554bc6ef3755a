# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP's chunked encoding, read in large pieces straight from the socket.

Engines send exports in chunks of 32 kB. Python's own reader takes each with several calls; this takes as many as the
socket holds at once, at a third of the processor time, which an export needs for hashing and writing.
"""

from __future__ import annotations

import io
import itertools
import typing as t

from .client import CHUNK, Body

_ROOM = 1 << 20


def blocks(body: Body, amount: int = CHUNK, kept: int = 0) -> t.Iterator[bytes | memoryview]:
    """The whole body in pieces of ``amount`` bytes (the last has fewer), for bulk; nothing may be read before.

    :param kept: how many pieces stay as they are while the next one is read; then their memory is used again, since new
        memory for each costs a tenth of the processor time.
    :raises Interrupted: the engine or the network went away before the end.
    """
    with body.reading():
        chunked = reader_of(body.raw)
    rooms = itertools.cycle([memoryview(bytearray(amount)) for _room in range(kept + 1)])
    while True:
        with body.reading():
            piece = body.read(amount) if chunked is None else chunked.fill(next(rooms))
        if not piece:
            return
        yield piece


def reader_of(response: t.Any) -> Chunked | None:
    """A reader for the body of a urllib3 response that nobody has read from; ``None`` where it is not to be had.

    It takes over the connection, which must be closed afterwards. What lies below urllib3 is not its public face, so that
    all of it is looked at before it is used.
    """
    buffered = getattr(getattr(response, "_fp", None), "fp", None)
    if not getattr(response, "chunked", False) or not isinstance(buffered, io.BufferedReader):
        return None
    return Chunked(buffered)


class Chunked:
    """The bytes of a chunked body."""

    def __init__(self, buffered: io.BufferedReader) -> None:
        # What came along with the headers was read already.
        first = buffered.read(len(buffered.peek(1)))
        self._socket = buffered.raw
        self._room = bytearray(max(_ROOM, len(first)))
        self._view = memoryview(self._room)
        self._view[: len(first)] = first
        self._start, self._end = 0, len(first)
        self._left = 0
        self._line_ends = 0
        self._over = False

    def fill(self, room: memoryview) -> memoryview:
        """Fill ``room``, less of it only at the end; what was filled.

        :raises ConnectionError: the body breaks off.
        """
        filled, amount = 0, len(room)
        while filled < amount and not self._over:
            if not self._left:
                self._next_chunk()
                continue
            if self._start == self._end:
                self._receive()
            step = min(self._left, self._end - self._start, amount - filled)
            room[filled : filled + step] = self._view[self._start : self._start + step]
            filled += step
            self._start += step
            self._left -= step
        return room[:filled]

    def _next_chunk(self) -> None:
        """Read ``SIZE [; extension]`` and the line end before it; size 0 ends the body."""
        while True:
            at = self._start + self._line_ends
            newline = self._room.find(b"\n", at, self._end)
            if newline >= 0:
                break
            self._receive()
        try:
            self._left = int(bytes(self._view[at:newline]).split(b";")[0], 16)
        except ValueError as error:
            raise ConnectionError("the answer's chunks cannot be read") from error
        self._start = newline + 1
        self._line_ends = 2
        self._over = self._left == 0

    def _receive(self) -> None:
        rest = self._end - self._start
        if rest > 1024:
            raise ConnectionError("the answer's chunks cannot be read")
        self._view[:rest] = bytes(self._view[self._start : self._end])
        self._start, self._end = 0, rest
        count = self._socket.readinto(self._view[rest:])
        if not count:
            raise ConnectionError("the connection was closed before the end of the answer")
        self._end += count
