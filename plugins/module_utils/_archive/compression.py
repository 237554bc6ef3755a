# SPDX-License-Identifier: GPL-3.0-or-later

"""Compression of a stream, in parallel where the host can.

Whatever works on several cores is preferred: for zstd the Python package, for the others a program (pigz, xz) where there
is one; the Python modules do it otherwise.
"""

from __future__ import annotations

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

from .._errors import Failed, InvalidInput

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
Data = t.Union[bytes, memoryview]
Write = t.Callable[[Data], None]


def by_suffix(path: str) -> str:
    """The format that a file's name stands for; ``none`` when it stands for none."""
    return next((name for suffix, name in _SUFFIXES.items() if path.lower().endswith(suffix)), "none")


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
