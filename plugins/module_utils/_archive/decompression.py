# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompression of a stream, in bounded memory.

What programs write beside plain data is read as they read it: several frames, streams or members one after the other,
zstd's skippable frames (pzstd and others put one first), xz's stream padding, the zeros that tapes leave behind gzip.
"""

from __future__ import annotations

import bz2
import concurrent.futures
import contextlib
import io
import lzma
import shutil
import subprocess
import tempfile
import typing as t
import zlib

from .._errors import Damaged, InvalidInput

try:
    import zstandard as _zstandard
except ImportError:
    zstandard: t.Any = None
else:
    zstandard = _zstandard

PIECE = 1 << 20
# How many of the first bytes :func:`by_magic` needs.
MAGIC_SIZE = 6

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    # A skippable frame; lz4 has the same ones, and nothing here reads lz4.
    *((bytes((0x50 + number,)) + b"\x2a\x4d\x18", "zstd") for number in range(16)),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
)


def by_magic(start: bytes) -> str:
    """The format that a file's first bytes stand for (``bzip2`` too); ``none`` when they stand for none."""
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "none")


def expand(name: str, pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    """The uncompressed stream of ``pieces``, never more than about a megabyte at a time.

    :raises Damaged: the compressed data is broken or ends too early.
    """
    if name == "none":
        return iter(pieces)
    if name == "zstd":
        return (
            _expand_zstd(pieces) if zstandard is not None else _expand_with_program(["zstd", "-d", "-q", "-c"], pieces)
        )
    return _expand(name, pieces)


class _Expander:
    """One face for the three libraries. A file may hold several compressed streams one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._engine = self._fresh()
        self._inside = False
        self._padding = 0

    def _fresh(self) -> t.Any:
        if self._name == "gzip":
            return zlib.decompressobj(31)
        return bz2.BZ2Decompressor() if self._name == "bzip2" else lzma.LZMADecompressor()

    def feed(self, data: bytes) -> t.Iterator[bytes]:
        while data:
            if not self._inside:
                data = self._without_padding(data)
                if not data:
                    return
            self._inside = True
            yield from self._member(data)
            if not self._engine.eof:
                return
            data = self._engine.unused_data
            self._engine = self._fresh()
            self._inside = False

    def finish(self) -> None:
        """
        :raises EOFError: the data ends too early.
        """
        if self._inside:
            raise EOFError
        self._check_padding()

    def _without_padding(self, data: bytes) -> bytes:
        """gzip's own tools ignore zeros after the end, which tapes and block devices leave; xz's are part of its format."""
        if self._name == "bzip2":
            return data
        rest = data.lstrip(b"\0")
        self._padding += len(data) - len(rest)
        if rest:
            self._check_padding()
            self._padding = 0
        return rest

    def _check_padding(self) -> None:
        if self._name == "xz" and self._padding % 4:
            raise lzma.LZMAError(f"{self._padding} bytes of padding, which is no multiple of four")

    def _member(self, data: bytes) -> t.Iterator[bytes]:
        plain = self._engine.decompress(data, PIECE)
        yield plain
        while not self._engine.eof:
            if self._name == "gzip":
                # With a full piece zlib may hold back more, even when it has taken all the input.
                data = self._engine.unconsumed_tail
                if not data and len(plain) < PIECE:
                    return
            elif self._engine.needs_input:
                return
            else:
                data = b""
            plain = self._engine.decompress(data, PIECE)
            yield plain


_BROKEN = (zlib.error, lzma.LZMAError, OSError)


def _expand(name: str, pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    expander = _Expander(name)
    # What is raised by whoever gives the pieces or takes the parts is not ours.
    for piece in pieces:
        plain = expander.feed(piece)
        while True:
            try:
                part = next(plain, None)
            except _BROKEN as error:
                raise Damaged(f"The archive is damaged: its {name} data cannot be read ({error}).") from error
            if part is None:
                break
            if part:
                yield part
    try:
        expander.finish()
    except EOFError as error:
        raise Damaged(f"The archive is torn: its {name} data ends too early.") from error
    except lzma.LZMAError as error:
        raise Damaged(f"The archive is damaged: its {name} data cannot be read ({error}).") from error


class PieceReader(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: t.Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        size = size if size >= 0 else len(self._held)
        found, self._held = self._held[:size], self._held[size:]
        return found


def _expand_zstd(pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    # The reader asks for as much as it is asked for, so that a bomb never unfolds in memory. It takes a frame that
    # ends too early for the end; the tar inside lacks its own end then.
    reader = zstandard.ZstdDecompressor().stream_reader(PieceReader(pieces), read_across_frames=True)
    while True:
        try:
            part = reader.read(PIECE)
        except zstandard.ZstdError as error:
            raise Damaged(f"The archive is damaged: its zstd data cannot be read ({error}).") from error
        if not part:
            return
        yield part


def _expand_with_program(argv: list[str], pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    if shutil.which(argv[0]) is None:
        raise InvalidInput(
            f"This archive is compressed with zstd: install the program '{argv[0]}' or the Python package 'zstandard' on "
            "the managed node."
        )
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0)
        stdin, stdout = t.cast("io.FileIO", process.stdin), t.cast("io.FileIO", process.stdout)
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
            fed = pool.submit(_pump, pieces, stdin)
            try:
                while True:
                    piece = stdout.read(PIECE)
                    if not piece:
                        break
                    yield piece
                fed.result()
                if process.wait():
                    said.seek(0)
                    reason = said.read(4096).decode("utf-8", "replace").strip()
                    if "premature end" in reason:
                        raise Damaged("The archive is torn: its zstd data ends too early.")
                    raise Damaged(f"The archive is damaged: its zstd data cannot be read ({reason}).")
            finally:
                process.kill()
                stdout.close()
                process.wait()


def _pump(pieces: t.Iterable[bytes], stdin: io.FileIO) -> None:
    with contextlib.suppress(BrokenPipeError), stdin:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[stdin.write(view) :]
