# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of one process, read from its wire."""

from __future__ import annotations

from .._deadline import Deadline
from .._errors import Interrupted
from .duplex import Wire
from .frames import STDERR, Frames, Kept


class Output:
    """What a process says, read from a wire."""

    def __init__(self, tty: bool, limit: int | None, about: str) -> None:
        self.stdout = Kept(limit)
        self.stderr = Kept(limit)
        self._frames = Frames(tty)
        self._about = about

    @property
    def cut(self) -> tuple[str, ...]:
        """The streams of which only the end was kept."""
        return tuple(name for name, kept in (("stdout", self.stdout), ("stderr", self.stderr)) if kept.cut)

    def collect(self, wire: Wire, deadline: Deadline) -> bool:
        """Read until the end (true), or until the time is up (false).

        :raises Interrupted: the stream ends in the middle of a frame.
        """
        while True:
            data = wire.read(deadline)
            if not data:
                break
            self.take(data)
        if data is not None and not self._frames.whole():
            raise Interrupted(f"The output of {self._about} broke off in the middle.", object=self._about)
        return data is not None

    def take(self, data: bytes) -> list[bytes]:
        """Keep what was read; the same without the frames, both streams in their order."""
        pieces = self._frames.feed(data)
        for stream, piece in pieces:
            (self.stderr if stream == STDERR else self.stdout).add(piece)
        return [piece for _stream, piece in pieces]
