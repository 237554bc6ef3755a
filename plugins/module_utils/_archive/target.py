# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an archive goes: the checks before, the file without a name while it grows, the rename at the end.

While it is written the file has no name (``O_TMPFILE``), so that not even a killed process leaves anything behind. Where
a file system does not know that, it has a hidden name and a lock, and the next export to the same folder removes those
that nobody holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
import typing as t

from .._errors import Failed, InvalidInput, StevedoreError
from .direct_io import DirectWriter

_PART = ".part"


def check(path: str) -> None:
    """Whether an archive can be put at ``path``.

    :raises InvalidInput: it cannot: a folder, a link, something else than a file, no such folder, no permission.
    """
    if not os.path.isabs(path):
        raise InvalidInput(f"path must be absolute, not {path!r}.", object=path)
    folder = os.path.dirname(path)
    if path.endswith("/") or os.path.isdir(path):
        raise InvalidInput(f"{path} is a folder: give the name of the archive's file in it.", object=path)
    if os.path.islink(path):
        raise InvalidInput(
            f"{path} is a symbolic link to {os.readlink(path)}: give the real path, or remove the link.", object=path
        )
    if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        raise InvalidInput(f"{path} exists and is not a regular file.", object=path)
    if not os.path.isdir(folder):
        raise InvalidInput(f"The folder {folder} does not exist on the managed node: create it first.", object=path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidInput(f"No permission to write in {folder}: use become, or another folder.", object=path)


def check_space(folder: str, needed: int) -> None:
    """Whether the file system has room for ``needed`` bytes.

    :raises Failed: it has not.
    """
    about = os.statvfs(folder)
    free = about.f_bavail * about.f_frsize
    if free < needed:
        raise Failed(
            f"Not enough space in {folder}: {_size(free)} free, up to {_size(needed)} needed. Make room, choose another "
            "folder or a compression, or set check_space: false when you know that the archive will be smaller.",
            object=folder,
        )


@contextlib.contextmanager
def translate_os_errors(path: str) -> t.Iterator[None]:
    """Turn what the operating system says about ``path`` into one of our errors."""
    try:
        yield
    except OSError as error:
        raise why(error, path) from error


def why(error: OSError, path: str) -> StevedoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Failed(
            f"No space left while {path} was written ({error.strerror}). Nothing was left behind; make room and try again.",
            object=path,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return InvalidInput(f"{path} cannot be written: {error.strerror}. Use become, or another folder.", object=path)
    return Failed(f"{path} cannot be written: {error}.", object=path)


class Draft:
    """A file in ``folder`` that nobody sees until it is published."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.name: str | None = None
        try:
            self.fd = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
        except OSError as error:
            # Not on NFS, nor on old kernels, each with an answer of its own.
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
                raise
            self.name = self._hidden()
            self.fd = os.open(self.name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            fcntl.flock(self.fd, fcntl.LOCK_EX)
        self._writer = DirectWriter(self.fd)

    def _hidden(self) -> str:
        return os.path.join(self.folder, f".stevedore-{secrets.token_hex(8)}{_PART}")

    def write(self, data: t.Any) -> None:
        self._writer.write(data)

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        self._writer.sync()

    def named(self) -> str:
        """Give the finished file a hidden name to rename it from."""
        if self.name is None:
            name = self._hidden()
            fcntl.flock(self.fd, fcntl.LOCK_EX)
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                # Python calls linkat(AT_SYMLINK_FOLLOW), which this needs, only where a folder is given.
                os.link(f"/proc/self/fd/{self.fd}", os.path.basename(name), dst_dir_fd=folder, follow_symlinks=True)
            finally:
                os.close(folder)
            self.name = name
        return self.name

    def publish(self, path: str) -> None:
        self.sync()
        os.replace(self.named(), path)
        self.name = None

    def close(self) -> None:
        """Drop what was not published."""
        if self.name is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.name)
            self.name = None
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@contextlib.contextmanager
def draft(folder: str) -> t.Iterator[Draft]:
    made = Draft(folder)
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def lock_folder(folder: str) -> t.Iterator[None]:
    """Only one export at a time renames in ``folder``, so that an archive and its manifest stay a pair."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some network file systems have no locks for folders; there the renames stay next to each other at least.
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
        with contextlib.suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)


def remove_abandoned_drafts(folder: str) -> None:
    """Remove the hidden files of exports that were killed; those at work hold a lock."""
    for entry in os.scandir(folder):
        if entry.name.startswith(".stevedore-") and entry.name.endswith(_PART):
            with contextlib.suppress(OSError):
                _remove_unless_held(entry.path)


def _remove_unless_held(path: str) -> None:
    fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(fd)


def keep_aside(path: str, aside: str) -> bool:
    """Give the file at ``path`` a second name, so that replacing it does not lose it; false when there is none."""
    if not os.path.lexists(path):
        return False
    with contextlib.suppress(FileNotFoundError):
        os.unlink(aside)
    os.link(path, aside, follow_symlinks=False)
    return True


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
