# SPDX-License-Identifier: GPL-3.0-or-later

"""A log that goes to a file, which is replaced only if the log differs from it."""

from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
import typing as t

from .._engine.frames import Piece
from .._errors import Failed
from .read import Match, Tail


class FileSink:
    """Writes both streams in their order, and remembers the end."""

    def __init__(self, write: t.Callable[[bytes], t.Any]) -> None:
        self._write = write
        self.tail = Tail(1 << 13)

    def add(self, pieces: list[Piece]) -> None:
        self._write(b"".join([data for _stream, data in pieces]))
        self.tail.add(pieces)


class SavedLog(t.NamedTuple):
    """What was written to a file, or in check mode would be.

    :ivar tail: the log's end, for messages.
    """

    tail: Tail
    match: Match | None
    changed: bool


ReadInto = t.Callable[[FileSink], t.Optional[Match]]


def save_log(path: str, mode: int, read_into: ReadInto, *, check: bool) -> SavedLog:
    """Read a log into a new file that takes the place of ``path`` at the end, if it differs; never a half one.

    In check mode nothing is written: what comes is compared with the file that is there.

    :raises Failed: the file cannot be written.
    """
    try:
        return _compare(path, mode, read_into) if check else _replace(path, mode, read_into)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error}. What was there before is untouched.", object=path) from error


def _replace(path: str, mode: int, read_into: ReadInto) -> SavedLog:
    folder = os.path.dirname(os.path.abspath(path))
    handle, beside = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            sink = FileSink(file.write)
            match = read_into(sink)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, mode)
        changed = _mode_of(path) != mode or not filecmp.cmp(path, beside, False)
        if changed:
            os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
    return SavedLog(sink.tail, match, changed)


def _compare(path: str, mode: int, read_into: ReadInto) -> SavedLog:
    if _mode_of(path) != mode:
        sink = FileSink(lambda _data: None)
        return SavedLog(sink.tail, read_into(sink), True)
    differences: list[bytes] = []
    with open(path, "rb") as file:

        def compare(data: bytes) -> None:
            if not differences and file.read(len(data)) != data:
                differences.append(data)

        sink = FileSink(compare)
        match = read_into(sink)
        return SavedLog(sink.tail, match, bool(differences) or bool(file.read(1)))


def _mode_of(path: str) -> int | None:
    """The permissions of a file; ``None`` where there is none."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None
