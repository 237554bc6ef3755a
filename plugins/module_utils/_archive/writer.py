# SPDX-License-Identifier: GPL-3.0-or-later

"""One tar stream into one file: walked, hashed, compressed and written at the same time, in constant memory."""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from . import compression
from .tar import Contents, TarStream
from .target import Draft
from .worker import DEPTH, WorkerThread

# How many of its pieces may be at work while it asks for the next one.
KEPT = DEPTH


@dataclasses.dataclass(frozen=True)
class WrittenArchive:
    """What lies in the file now, on the disk, and what the stream was."""

    size: int
    sha256: str
    stream_sha256: str
    contents: Contents


def write(
    pieces: t.Iterable[bytes | memoryview], draft: Draft, name: str, level: int | None, *, makes_way: bool = False
) -> WrittenArchive:
    """Put a tar stream into ``draft``.

    :param pieces: the last ``KEPT`` of them are not to be changed while the next one is made.
    :param name: the compression.
    :param makes_way: all but reading makes way for whatever else the host does.
    :raises Damaged: the stream is torn, or no tar archive.
    :raises OSError: the file system's refusal.
    """
    walker = TarStream()
    stream_hash = hashlib.sha256()
    sink = _HashedOutput(draft, hashlib.sha256() if name != "none" else None)
    packer = compression.compressor(name, level, sink.write)
    hashing = WorkerThread(stream_hash.update, makes_way=makes_way)
    writing = WorkerThread(packer.write, makes_way=makes_way)
    try:
        for piece in pieces:
            hashing.put(piece)
            writing.put(piece)
            walker.feed(piece)
        contents = walker.finish()
        hashing.close()
        writing.close()
        packer.close()
        draft.sync()
    finally:
        hashing.abort()
        writing.abort()
        packer.abort()
    plain = stream_hash.hexdigest()
    return WrittenArchive(sink.size, sink.digest or plain, plain, contents)


class _HashedOutput:
    """The end of the line: hashes what reaches the file, where that is not the stream itself."""

    def __init__(self, draft: Draft, digest: t.Any) -> None:
        self._draft = draft
        self._digest = digest
        self.size = 0

    @property
    def digest(self) -> str | None:
        return None if self._digest is None else str(self._digest.hexdigest())

    def write(self, data: t.Any) -> None:
        self._draft.write(data)
        self.size += len(data)
        if self._digest is not None:
            self._digest.update(data)
