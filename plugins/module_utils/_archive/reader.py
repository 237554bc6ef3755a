# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive on its way to the engine: decompressed within bounds, walked, hashed, and held back at the end.

The engine never sees the end of a stream that was not found whole and right: the tar's end marker is handed on only
after the last byte was read and every checksum compared. A stream that breaks off before makes no image.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import typing as t

from .._errors import Damaged
from . import decompression
from .manifest import Manifest
from .source import ArchiveSource
from .tar import Contents, TarStream
from .worker import WorkerThread

# What docker save puts at the top of its archives, and what stands at the top of every container's file system.
_SAVED = frozenset({"manifest.json", "oci-layout", "repositories"})
_ROOT = frozenset({"bin", "dev", "etc", "lib", "proc", "sbin", "sys", "usr", "var"})
# Padding after the end marker; tar programs fill up to 10 kB, or to a tape's block.
_TAIL_LIMIT = 16 << 20


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What the archive must be, as far as that is known before.

    :param manifest: what must come true of it, ``None`` where there is nothing to compare with.
    :param checksum: algorithm and hexadecimal digest of the file.
    :param max_size: how far it may unfold without a manifest, in bytes.
    """

    manifest: Manifest | None
    checksum: tuple[str, str] | None
    max_size: int


@dataclasses.dataclass(frozen=True)
class VerifiedArchive:
    """An archive that was read to its end and found whole."""

    contents: Contents
    stream_sha256: str
    compression: str

    @property
    def diff_id(self) -> str:
        return f"sha256:{self.stream_sha256}"


class ArchiveReader:
    """Reads one source once."""

    def __init__(self, source: ArchiveSource, bounds: Bounds) -> None:
        self._source = source
        self._bounds = bounds
        self._walker = TarStream()
        self._plain = hashlib.sha256()
        self._file = hashlib.sha256()
        self._check = hashlib.new(bounds.checksum[0]) if bounds.checksum else None
        self._file_size = 0
        self.result: VerifiedArchive | None = None

    def finished(self) -> VerifiedArchive:
        """What was read.

        :raises Damaged: whoever took the pieces stopped before the end.
        """
        if self.result is None:
            raise Damaged(f"{self._source.where} was not read to its end.", object=self._source.where)
        return self.result

    def drain(self) -> VerifiedArchive:
        """Read without handing anything on."""
        for _piece in self.pieces():
            pass
        return self.finished()

    def pieces(self) -> t.Generator[bytes, None, None]:
        """The uncompressed tar, its end only when everything was found right.

        :raises Damaged: torn, foreign, tampered, or larger than it may be.
        """
        self._refuse_by_size()
        filing, hashing = WorkerThread(self._note_file), WorkerThread(self._plain.update)
        held: list[bytes] = []
        try:
            raw = iter(self._source.pieces())
            first = next(raw, b"")
            name = decompression.by_magic(first)
            if name == "none":
                self._file = self._plain  # The file is the stream: hashed once.
            for piece in self._walked(decompression.expand(name, self._filed(first, raw, filing))):
                hashing.put(piece)
                self._bound()
                if not self._walker.ended:
                    yield from held
                    held = []
                held.append(piece)
                if self._walker.ended and sum(map(len, held)) > _TAIL_LIMIT:
                    raise Damaged(f"{self._source.where}: more than {_TAIL_LIMIT} bytes follow the end of the archive.")
            hashing.close()
            filing.close()
            self._finish(name)
            yield from held
        finally:
            hashing.abort()
            filing.abort()

    def _filed(self, first: bytes, rest: t.Iterator[bytes], filing: WorkerThread) -> t.Iterator[bytes]:
        for piece in itertools.chain([first] if first else [], rest):
            self._file_size += len(piece)
            filing.put(piece)
            yield piece

    def _walked(self, pieces: t.Iterator[bytes]) -> t.Iterator[bytes]:
        """The pieces, followed from header to header."""
        with self._naming_the_source():
            for piece in pieces:
                self._walker.feed(piece)
                yield piece

    @contextlib.contextmanager
    def _naming_the_source(self) -> t.Iterator[None]:
        try:
            yield
        except Damaged as error:
            if error.object is not None:
                raise
            raise Damaged(f"{self._source.where}: {error.msg}", object=self._source.where) from error

    def _note_file(self, piece: bytes) -> None:
        if self._file is not self._plain and self._bounds.manifest is not None:
            self._file.update(piece)
        if self._check is not None:
            self._check.update(piece)

    # -- judgements -----------------------------------------------------------------------------------------------

    def _refuse_by_size(self) -> None:
        manifest, size = self._bounds.manifest, self._source.size()
        if manifest is not None and size is not None and size != manifest.file.size:
            raise self._foreign(f"it has {size} bytes instead of {manifest.file.size}")

    def _bound(self) -> None:
        manifest, size = self._bounds.manifest, self._walker.size
        if manifest is not None and size > manifest.stream.size:
            raise self._foreign(f"it unfolds to more than the {manifest.stream.size} bytes it should")
        if manifest is None and size > self._bounds.max_size:
            raise Damaged(
                f"{self._source.where} unfolds to more than {self._bounds.max_size} bytes: raise max_size if it may.",
                object=self._source.where,
            )

    def _finish(self, name: str) -> None:
        with self._naming_the_source():
            contents = self._walker.finish()
        if self._check is not None and self._bounds.checksum and self._check.hexdigest() != self._bounds.checksum[1]:
            raise Damaged(
                f"{self._source.where} has the {self._bounds.checksum[0]} checksum {self._check.hexdigest()}, not "
                f"{self._bounds.checksum[1]}.",
                object=self._source.where,
            )
        manifest = self._bounds.manifest
        if manifest is not None and (self._file.hexdigest(), self._plain.hexdigest()) != (
            manifest.file.sha256,
            manifest.stream.sha256,
        ):
            raise self._foreign("its checksum is another")
        self._refuse_foreign(contents)
        self.result = VerifiedArchive(contents, self._plain.hexdigest(), name)

    def _refuse_foreign(self, contents: Contents) -> None:
        if not contents.entries:
            raise Damaged(f"{self._source.where} is an empty archive.", object=self._source.where)
        found = sorted(contents.root & _SAVED)
        if found and not contents.root & _ROOT:
            raise Damaged(
                f"{self._source.where} is an archive of docker save, not of a container ({', '.join(found)} at its top): "
                "load it with docker load.",
                object=self._source.where,
            )

    def _foreign(self, why: str) -> Damaged:
        return Damaged(
            f"{self._source.where} is not the archive its manifest describes: {why}. It was damaged or replaced after the "
            "export. Bring archive and manifest back together; with config: none, container_import takes it without one.",
            object=self._source.where,
        )
