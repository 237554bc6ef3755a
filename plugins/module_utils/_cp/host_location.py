# SPDX-License-Identifier: GPL-3.0-or-later

"""One name in an open folder of this host: what is there, and how it is replaced.

All calls are relative to the open folder and do not follow links.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import secrets
import typing as t

from .._archive.tar_members import CHUNK
from .._errors import Failed
from .._filesystem.entry import Entry
from .source import FileContent


@dataclasses.dataclass(frozen=True)
class Location:
    """The place of an entry: the open folder and the name in it; what is there, what is wanted, and what differs."""

    folder: int
    parts: tuple[str, ...]
    there: Entry | None
    wanted: Entry
    what: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.parts[-1] if self.parts else "."

    def status(self) -> os.stat_result | None:
        return stat_name(self.folder, self.name)


def stat_name(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def common_prefix(location: Location, content: FileContent) -> tuple[int | None, t.Iterator[bytes]]:
    """How many bytes the file has in common with the content from the beginning (``None``: all), and the rest of the content."""
    chunks = content.chunks()
    equal_bytes = 0
    with open_file(location) as file:
        for chunk in chunks:
            if _read_exactly(file, len(chunk)) != chunk:
                return equal_bytes, itertools.chain([chunk], chunks)
            equal_bytes += len(chunk)
    return None, iter(())


def read_prefix(location: Location, amount: int) -> t.Iterator[bytes]:
    """The first bytes of the old file, which need not be fetched again."""
    if not amount:
        return
    with open_file(location) as file:
        while amount:
            piece = file.read(min(CHUNK, amount))
            if not piece:
                raise Failed(f"{location.name} was changed by another while it was compared: run the task again.")
            amount -= len(piece)
            yield piece


def open_file(location: Location) -> t.Any:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return open(os.open(location.name, flags, dir_fd=location.folder), "rb", buffering=0)


def _read_exactly(file: t.Any, amount: int) -> bytes:
    pieces: list[bytes] = []
    while amount:
        piece = file.read(amount)
        if not piece:
            break
        pieces.append(piece)
        amount -= len(piece)
    return b"".join(pieces)


def write_completely(file: t.Any, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


@contextlib.contextmanager
def replacing(location: Location, temporary: str) -> t.Iterator[None]:
    """At the end of the block, what has the temporary name takes the name of the location; on failure it is removed."""
    with contextlib.ExitStack() as undo:
        undo.callback(os.unlink, temporary, dir_fd=location.folder)
        yield
        os.replace(temporary, location.name, src_dir_fd=location.folder, dst_dir_fd=location.folder)
        undo.pop_all()


def temporary_name(name: str) -> str:
    return f".{name[:200]}.stevedore-{secrets.token_hex(6)}"
