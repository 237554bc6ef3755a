# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that dockerd writes to, emptied without a hole.

A writer without ``O_APPEND`` goes on at its own offset after a truncation: the file gets a hole of NULs, at which
``docker logs`` stops. dockerd opens a log with ``O_APPEND``, but without it once it has rotated (seen in
``/proc/PID/fdinfo``). So the writers are looked at, and where one does not append it is made to: the flag belongs to the
open file itself, of which ``pidfd_getfd`` (Linux 5.6) gives a second descriptor.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import errno
import fcntl
import os
import typing as t

from .._errors import Conflict, Failed

_PIDFD_OPEN = 434  # the same number on every architecture (but alpha); os.pidfd_open needs a Python built for it
_PIDFD_GETFD = 438


@dataclasses.dataclass(frozen=True)
class Writer:
    """An open file of another process."""

    pid: int
    number: int
    appends: bool


def empty(path: str, written_to: bool) -> None:
    """Empty the file that is written to.

    :param written_to: a running container's log, so that a writer must be found.
    :raises Conflict: it cannot be done without a hole; the file is as it was.
    """
    try:
        with open(path, "r+b") as file:
            _secure(path, file.fileno(), written_to)
            os.ftruncate(file.fileno(), 0)
    except FileNotFoundError:
        return  # rotated away in the meantime
    except OSError as error:
        raise Failed(f"Cannot truncate {path}: {error.strerror}.", object=path) from error


def remove(path: str) -> None:
    """Remove a rotated file. Emptied instead, a compressed one would be a broken archive."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return  # rotated away in the meantime
    except OSError as error:
        raise Failed(f"Cannot remove {path}: {error.strerror}.", object=path) from error


def writers(number: int, proc: str = "/proc") -> tuple[Writer, ...]:
    """Every process that has the open file ``number`` of ours open for writing, this one aside."""
    ours = os.fstat(number)
    found = []
    for entry in os.listdir(proc):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # the process ended, or has nothing to do with us
            for descriptor in os.listdir(f"{proc}/{entry}/fd"):
                with contextlib.suppress(OSError):
                    theirs = os.stat(f"{proc}/{entry}/fd/{descriptor}")
                    if (theirs.st_dev, theirs.st_ino) != (ours.st_dev, ours.st_ino):
                        continue
                    flags = _flags(f"{proc}/{entry}/fdinfo/{descriptor}")
                    if flags & os.O_ACCMODE != os.O_RDONLY:
                        found.append(Writer(int(entry), int(descriptor), bool(flags & os.O_APPEND)))
    return tuple(found)


def _secure(path: str, number: int, written_to: bool) -> None:
    found = writers(number)
    if written_to and not found:
        raise Conflict(
            f"Nobody is seen to write to {path}, though its container runs: dockerd's processes are hidden from here. "
            "It was not truncated.",
            object=path,
        )
    for writer in found:
        if not writer.appends:
            _make_append(writer, path)
    if any(not writer.appends for writer in writers(number)):
        raise Conflict(f"{path} was opened anew in the meantime; it was not truncated. Try again.", object=path)


def _make_append(writer: Writer, path: str) -> None:
    """Have another process's open file append from now on.

    :raises Conflict: the kernel does not offer it.
    """
    try:
        with _borrowed(writer) as number:
            fcntl.fcntl(number, fcntl.F_SETFL, fcntl.fcntl(number, fcntl.F_GETFL) | os.O_APPEND)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EPERM, errno.EACCES):
            raise Conflict(
                f"Process {writer.pid} does not append to {path}, so that truncating it would leave a hole, and this kernel "
                f"does not let that be changed ({error.strerror}): restart the container instead. It was not truncated.",
                object=path,
            ) from error
        raise


@contextlib.contextmanager
def _borrowed(writer: Writer) -> t.Iterator[int]:
    """A descriptor of ours for the open file of another process."""
    process = _syscall(_PIDFD_OPEN, writer.pid, 0)
    try:
        number = _syscall(_PIDFD_GETFD, process, writer.number, 0)
    finally:
        os.close(process)
    try:
        yield number
    finally:
        os.close(number)


def _syscall(number: int, *arguments: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _flags(path: str) -> int:
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.startswith("flags:"):
                return int(line.split()[1], 8)
    return 0
