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
from .read import Tail


class FileSink:
    """Writes both streams in their order, and remembers the end."""

    def __init__(self, write: t.Callable[[bytes], t.Any]) -> None:
        self._write = write
        self.tail = Tail(1 << 13)

    def add(self, pieces: list[Piece]) -> None:
        self._write(b"".join([data for _stream, data in pieces]))
        self.tail.add(pieces)


@contextlib.contextmanager
def open_sink(path: str, mode: int, check: bool) -> t.Iterator[tuple[FileSink, dict[str, bool]]]:
    """A new file beside ``path`` that takes its place at the end, if it differs; whatever happens, never a half one.

    In check mode nothing is written: what comes is compared with the file that is there.
    """
    outcome = {"changed": False}
    try:
        with _open_comparison(path, mode, outcome) if check else _open_replacement(path, mode, outcome) as sink:
            yield sink, outcome
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error}. What was there before is untouched.", object=path) from error


@contextlib.contextmanager
def _open_replacement(path: str, mode: int, outcome: dict[str, bool]) -> t.Iterator[FileSink]:
    folder = os.path.dirname(os.path.abspath(path))
    handle, beside = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            yield FileSink(file.write)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, mode)
        outcome["changed"] = _mode_of(path) != mode or not filecmp.cmp(path, beside, False)
        if outcome["changed"]:
            os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)


@contextlib.contextmanager
def _open_comparison(path: str, mode: int, outcome: dict[str, bool]) -> t.Iterator[FileSink]:
    if _mode_of(path) != mode:
        outcome["changed"] = True
        yield FileSink(lambda _data: None)
        return
    with open(path, "rb") as file:

        def compare(data: bytes) -> None:
            outcome["changed"] = outcome["changed"] or file.read(len(data)) != data

        yield FileSink(compare)
        outcome["changed"] = outcome["changed"] or bool(file.read(1))


def _mode_of(path: str) -> int | None:
    """The permissions of a file; ``None`` where there is none."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None
