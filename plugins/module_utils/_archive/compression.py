# SPDX-License-Identifier: GPL-3.0-or-later

"""Compression and decompression of a stream, in parallel where the host can.

Whatever works on several cores is preferred: for zstd the Python package, for the others a program (pigz, xz) where there
is one; the Python modules do it otherwise.
"""

from __future__ import annotations

import bz2
import concurrent.futures
import contextlib
import fcntl
import io
import lzma
import shutil
import subprocess
import tempfile
import threading
import typing as t
import zlib

from .._errors import Damaged, Failed, InvalidInput

try:
    import zstandard as _zstandard
except ImportError:
    zstandard: t.Any = None
else:
    zstandard = _zstandard

FORMATS = ("none", "gzip", "zstd", "xz")
LEVELS = {"gzip": (1, 9), "zstd": (1, 19), "xz": (0, 9)}
PIECE = 1 << 20

_SUFFIXES = {".gz": "gzip", ".tgz": "gzip", ".zst": "zstd", ".tzst": "zstd", ".xz": "xz", ".txz": "xz"}
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
)

Data = t.Union[bytes, memoryview]
Write = t.Callable[[Data], None]


def by_suffix(path: str) -> str:
    """The format that a file's name stands for; ``none`` when it stands for none."""
    return next((name for suffix, name in _SUFFIXES.items() if path.lower().endswith(suffix)), "none")


def by_magic(start: bytes) -> str:
    """The format that a file's first bytes stand for (``bzip2`` too); ``none`` when they stand for none."""
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "none")


class Compressor(t.Protocol):
    """Takes a stream in pieces and hands the compressed bytes to the function it was made with."""

    def write(self, data: Data) -> None: ...

    def close(self) -> None:
        """Hand over the rest.

        :raises Failed: the compressor went wrong.
        """

    def abort(self) -> None:
        """Stop without a result; may follow anything."""


def compressor(name: str, level: int | None, write: Write) -> Compressor:
    """A compressor of the format ``name``.

    :raises InvalidInput: the level is out of the format's range, or the host has nothing that writes the format.
    """
    check(name, level)
    if name == "none":
        return _Plain(write)
    argv = _program(name, level)
    if argv is not None:
        return _Program(argv, write)
    return _InProcess(_library(name, level), write)


def check(name: str, level: int | None) -> None:
    """Whether :func:`compressor` would work.

    :raises InvalidInput: it would not.
    """
    if level is not None:
        if name not in LEVELS:
            raise InvalidInput(
                "compression_level means nothing without compression: set compression, or leave the level out."
            )
        low, high = LEVELS[name]
        if not low <= level <= high:
            raise InvalidInput(f"compression_level of {name} is {low} to {high}, not {level}.")
    if name == "zstd" and zstandard is None and shutil.which("zstd") is None:
        raise InvalidInput(
            "zstd needs the program 'zstd' or the Python package 'zstandard' on the managed node: install one of them, or "
            "choose gzip."
        )


def _program(name: str, level: int | None) -> list[str] | None:
    if name == "zstd" and zstandard is not None:
        return None  # It uses all cores as well, and nothing has to go through pipes.
    wanted = {
        "gzip": ["pigz", "-c", "--no-name", "--no-time"],
        "zstd": ["zstd", "-q", "-c", "-T0"],
        "xz": ["xz", "-q", "-c", "-T0"],
    }.get(name)
    found = shutil.which(wanted[0]) if wanted else None
    if wanted is None or found is None:
        return None
    return [found, *wanted[1:], *([f"-{level}"] if level is not None else [])]


def _library(name: str, level: int | None) -> t.Any:
    if name == "gzip":
        return zlib.compressobj(6 if level is None else level, zlib.DEFLATED, 31)
    if name == "xz":
        return lzma.LZMACompressor(preset=level)
    # With the checksum that the program writes, and in portions that keep the memory for each core small.
    settings = zstandard.ZstdCompressionParameters.from_level(
        3 if level is None else level, threads=-1, write_checksum=True, job_size=1 << 20
    )
    return zstandard.ZstdCompressor(compression_params=settings).compressobj()


class _Plain:
    def __init__(self, write: Write) -> None:
        self.write = write

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _InProcess:
    def __init__(self, engine: t.Any, write: Write) -> None:
        self._engine = engine
        self._write = write

    def write(self, data: Data) -> None:
        packed = self._engine.compress(data)
        if packed:
            self._write(packed)

    def close(self) -> None:
        self._write(self._engine.flush())

    def abort(self) -> None:
        pass


class _Program:
    """A program as a filter; a thread takes what it writes."""

    def __init__(self, argv: list[str], write: Write) -> None:
        self._name = argv[0]
        self._write_on = write
        self._error: OSError | None = None
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, bufsize=0
        )
        self._stdin = t.cast("io.FileIO", self._process.stdin)
        self._stdout = t.cast("io.FileIO", self._process.stdout)
        _widen(self._stdin, self._stdout)
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        try:
            while True:
                piece = self._stdout.read(PIECE)
                if not piece:
                    return
                self._write_on(piece)
        except OSError as error:
            self._error = error
            self._process.kill()

    def write(self, data: Data) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._stdin.write(view) :]
        except BrokenPipeError as error:
            self._finish()
            raise self._failure() from error

    def close(self) -> None:
        if self._finish() or self._error is not None:
            raise self._failure()

    def abort(self) -> None:
        self._process.kill()
        self._finish()

    def _finish(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._thread.join()
        self._stdout.close()
        return self._process.wait()

    def _failure(self) -> Exception:
        if self._error is not None:
            return self._error
        self._said.seek(0)
        said = self._said.read(4096).decode("utf-8", "replace").strip()
        return Failed(f"{self._name} failed while it worked on the archive: {said or 'it was killed'}.")


def _widen(*pipes: io.FileIO) -> None:
    """Let pipes hold a megabyte instead of 64 kB, which saves most of the changes between the two processes."""
    for pipe in pipes:
        # Python names the command since 3.10; where the kernel allows less, the pipe stays as it is.
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), getattr(fcntl, "F_SETPIPE_SZ", 1031), PIECE)


# -- the way back -------------------------------------------------------------------------------------------------------


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
        self.clean = True

    def _fresh(self) -> t.Any:
        if self._name == "gzip":
            return zlib.decompressobj(31)
        return bz2.BZ2Decompressor() if self._name == "bzip2" else lzma.LZMADecompressor()

    def feed(self, data: bytes) -> t.Iterator[bytes]:
        while data:
            self.clean = False
            yield from self._member(data)
            if not self._engine.eof:
                return
            data = self._engine.unused_data
            self._engine = self._fresh()
            self.clean = True
            # gzip's own tools ignore zeros after the end: tapes and block devices leave them.
            data = data.lstrip(b"\0") if self._name == "gzip" else data

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


_BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError)


def _expand(name: str, pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    expander = _Expander(name)
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
    if not expander.clean:
        raise Damaged(f"The archive is torn: its {name} data ends too early.")


class _Pieces(io.RawIOBase):
    """An iterator as a file."""

    def __init__(self, pieces: t.Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        found, self._held = self._held[:size], self._held[size:]
        return found


def _expand_zstd(pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    # The reader asks for as much as it is asked for, so that a bomb never unfolds in memory. It takes a frame that
    # ends too early for the end; the tar inside lacks its own end then.
    reader = zstandard.ZstdDecompressor().stream_reader(_Pieces(pieces), read_across_frames=True)
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
