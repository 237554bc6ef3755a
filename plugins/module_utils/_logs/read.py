# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the log of one container, as it is or as it grows."""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t

from .._deadline import Deadline
from .._engine.client import Daemon, quoted
from .._engine.duplex import Duplex
from .._engine.frames import STDERR, STDOUT, SYSTEM, Frames, Piece
from .._engine.output import decode_text
from .._errors import EngineError, Failed, Interrupted, StevedoreError, TimedOut
from .._selection import name_of, refuse_dead
from .._types import Json
from .partial_lines import PartialLines

NAMES = {STDOUT: "stdout", STDERR: "stderr"}


@dataclasses.dataclass(frozen=True)
class LogQuery:
    """What is asked of every log.

    :ivar since: and ``until``, as the Engine API takes them.
    :ivar tail: how many of the last lines; ``None``: all.
    :ivar follow: go on reading as the log grows, at most ``seconds``.
    :ivar pattern: stop at the first line that has it.
    """

    streams: tuple[str, ...] = ("stdout", "stderr")
    since: str | None = None
    until: str | None = None
    tail: int | None = None
    timestamps: bool = False
    details: bool = False
    follow: bool = False
    pattern: re.Pattern[str] | None = None
    seconds: float | None = None

    def params(self) -> Json:
        return {
            **{name: name in self.streams for name in ("stdout", "stderr")},
            "since": self.since,
            "until": self.until,
            "tail": self.tail,
            "timestamps": self.timestamps,
            "details": self.details,
            "follow": self.follow,
        }


@dataclasses.dataclass(frozen=True)
class Match:
    """The line that was waited for."""

    line: str
    stream: str
    groups: tuple[str | None, ...]


class LogSink(t.Protocol):
    """Where the log goes."""

    def add(self, pieces: list[Piece]) -> None: ...


class Tail:
    """Keeps the last ``limit`` bytes of both streams together, in their order."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: collections.deque[Piece] = collections.deque()
        self._held = 0
        self.size = 0

    def add(self, pieces: list[Piece]) -> None:
        self._pieces.extend(pieces)
        added = sum(len(data) for _stream, data in pieces)
        self._held += added
        self.size += added
        while self._held > self._limit:
            stream, first = self._pieces.popleft()
            surplus = self._held - self._limit
            self._held -= len(first)
            if surplus < len(first):
                self._pieces.appendleft((stream, first[surplus:]))
                self._held += len(first) - surplus

    @property
    def cut(self) -> bool:
        return self.size > self._limit

    def content(self, *streams: int) -> bytes:
        """What is kept of these streams, or of both in their order."""
        return b"".join(data for stream, data in self._pieces if not streams or stream in streams)


class PatternSearch:
    """Looks for a pattern in whole lines, each stream for itself."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._rest = {STDOUT: b"", STDERR: b""}

    def search(self, pieces: list[Piece]) -> Match | None:
        for stream, data in pieces:
            *lines, self._rest[stream] = (self._rest[stream] + data).split(b"\n")
            for line in lines:
                found = self._search_line(stream, line)
                if found:
                    return found
        return None

    def search_rest(self) -> Match | None:
        """The same for lines that were not ended, such as a prompt."""
        for stream, line in self._rest.items():
            found = self._search_line(stream, line) if line else None
            if found:
                return found
        return None

    def _search_line(self, stream: int, line: bytes) -> Match | None:
        text = decode_text(line.rstrip(b"\r"))
        found = self._pattern.search(text)
        return Match(text, NAMES[stream], found.groups()) if found else None


def read_log(daemon: Daemon, document: Json, query: LogQuery, sink: LogSink) -> Match | None:
    """Read the log into ``sink``; the match, when one was asked for.

    :raises Conflict: the container is dead.
    :raises TimedOut: the pattern did not come in time.
    :raises Failed: the container ended without it, or its log cannot be read.
    :raises Interrupted: the log broke off in the middle.
    """
    about = f"container {name_of(refuse_dead(document))}"
    path = f"/containers/{quoted(document['Id'])}/logs"
    tty, headed = bool(document["Config"].get("Tty")), query.timestamps or query.details
    frames = Frames(tty, complete=headed)
    partial = PartialLines(tty, query.timestamps, query.details) if headed else None
    search = PatternSearch(query.pattern) if query.pattern else None
    deadline = Deadline(query.seconds if query.follow else None)
    try:
        duplex = Duplex.open(daemon, "GET", path, params=query.params(), upgrade=False, about=about)
    except EngineError as error:
        raise _read_error(document, error) from error
    with duplex:
        while True:
            data = duplex.read(deadline, full=not query.follow)
            if not data:
                break
            pieces = frames.feed(data)
            _raise_engine_error(pieces, about)
            pieces = partial.feed(pieces) if partial else pieces
            sink.add(pieces)
            found = search.search(pieces) if search else None
            if found:
                return found
    if partial:
        pieces = partial.rest()
        sink.add(pieces)
        found = search.search(pieces) if search else None
        if found:
            return found
    if data is not None and not frames.is_complete():
        raise Interrupted(f"The log of {about} broke off in the middle.", object=about)
    found = search.search_rest() if search else None
    if search and not found:
        raise _no_match_error(document, query, in_time=data is not None)
    return found


def _raise_engine_error(pieces: list[Piece], about: str) -> None:
    for stream, data in pieces:
        if stream == SYSTEM:
            raise EngineError(
                f"The engine cannot go on reading the log of {about}: {decode_text(data).strip()}", object=about
            )


def _read_error(document: Json, error: EngineError) -> StevedoreError:
    if "does not support reading" not in error.msg:
        return error
    name = name_of(document)
    driver = document["HostConfig"]["LogConfig"]["Type"]
    return Failed(
        f"The log of container {name} cannot be read back: its log driver {driver!r} keeps nothing here. Create it with "
        "log_driver local, json-file or journald.",
        status=error.status,
        object=f"container {name}",
    )


def _no_match_error(document: Json, query: LogQuery, in_time: bool) -> StevedoreError:
    name = name_of(document)
    wanted = query.pattern.pattern if query.pattern else ""
    if in_time:
        return Failed(
            f"The log of container {name} ended without {wanted!r}: it does not run.", object=f"container {name}"
        )
    return TimedOut(
        f"Container {name} has not logged {wanted!r} within {query.seconds:g} s.", object=f"container {name}"
    )
