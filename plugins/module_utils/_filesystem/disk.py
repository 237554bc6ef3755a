# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room above ``_errors``: the container's writable layer, where this host holds it on its own disk.

It is read without the engine, at some 5 µs per path, and tells owner and ctime, which the engine tells nobody.
"""

from __future__ import annotations

import hashlib
import os
import stat
import typing as t

from .facts import TYPES, Facts

CHUNK = 1 << 20
# What overlayfs writes on a folder that hides the image's folder of the same name; seen by root alone.
_OPAQUE = "trusted.overlay.opaque"
# A container may put a symlink in a folder's place at any time; it must not lead out of the layer.
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

OPAQUE, IMPLIED, DELETED = "opaque", "implied", "deleted"


class Layer(t.NamedTuple):
    """The folder of a container's writable layer, and those of its image, the topmost first."""

    root: str
    below: tuple[str, ...]


class Entry(t.NamedTuple):
    """A path of the layer.

    :param facts: ``None`` where something is mounted over it, and where the path was deleted.
    :param sign: ``implied``: a folder that is as the image has it, and there for what is in it alone; ``opaque``: one
        that hides the image's folder; ``deleted``: what the image has there is gone.
    """

    path: str
    facts: Facts | None
    sign: str | None


class _Open(t.NamedTuple):
    path: str
    handle: int
    names: t.Iterator[os.DirEntry[str]]
    opaque: bool
    above: bool

    @property
    def hides(self) -> bool:
        """Whether what the image has in this folder is not to be seen."""
        return self.opaque or self.above


def layer(document: t.Mapping[str, t.Any]) -> Layer | None:
    """The container's layer; ``None`` where this host does not hold it or may not read it.

    Only overlay2 keeps the layer as a plain folder. Its path carries the layer's random id, so that a folder of that
    name is this container's and no other engine's.
    """
    driver = document.get("GraphDriver") or {}
    data = driver.get("Data") or {}
    root = data.get("UpperDir")
    if driver.get("Name") != "overlay2" or not root or not os.access(root, os.R_OK | os.X_OK):
        return None
    return Layer(str(root), tuple(filter(None, str(data.get("LowerDir") or "").split(":"))))


def walk(found: Layer, mounts: t.Container[str] = (), content: bool = False) -> t.Iterator[Entry]:
    """All that is in the layer, each folder before what is in it, by name.

    :param mounts: where something is mounted; what the layer has below is hidden from everybody.
    :param content: the sha256 of each file too.
    :raises OSError: a part of the layer cannot be read.
    """
    folders = [_opened("", os.open(found.root, _FOLDER), above=False)]
    try:
        while folders:
            here = folders[-1]
            item = next(here.names, None)
            if item is None:
                os.close(folders.pop().handle)
                continue
            path = f"{here.path}/{item.name}"
            if path in mounts:
                yield Entry(path, None, None)
            elif item.is_dir(follow_symlinks=False):
                try:
                    inside = _opened(path, os.open(item.name, _FOLDER, dir_fd=here.handle), here.hides)
                except (FileNotFoundError, NotADirectoryError):
                    continue  # gone meanwhile
                folders.append(inside)
                yield Entry(path, _facts(os.fstat(inside.handle)), _sign(found, inside))
            else:
                entry = _entry(path, item, here.handle, content)
                if entry is not None:  # else gone meanwhile
                    yield entry
    finally:
        for folder in folders:
            os.close(folder.handle)


def _opened(path: str, handle: int, above: bool) -> _Open:
    """:param above: whether the folder above hides what the image has."""
    try:
        with os.scandir(handle) as names:
            return _Open(path, handle, iter(sorted(names, key=lambda item: item.name)), _opaque(handle), above)
    except OSError:
        os.close(handle)
        raise


def _opaque(handle: int) -> bool:
    try:
        return os.getxattr(handle, _OPAQUE) == b"y"
    except OSError:
        return False  # it has none, or only root may know


def _sign(found: Layer, folder: _Open) -> str | None:
    if folder.opaque:
        return OPAQUE
    if folder.above:
        return None
    for root in found.below:
        try:
            below = os.lstat(root + folder.path)
        except OSError:
            continue
        return IMPLIED if _standing(below) == _standing(os.fstat(folder.handle)) else None
    return None


def _standing(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns


def _entry(path: str, item: os.DirEntry[str], folder: int, content: bool) -> Entry | None:
    try:
        seen = item.stat(follow_symlinks=False)
        # https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
        if stat.S_ISCHR(seen.st_mode) and not seen.st_rdev:
            return Entry(path, None, DELETED)
        link = os.readlink(item.name, dir_fd=folder) if stat.S_ISLNK(seen.st_mode) else None
        digest = _sha256(item.name, folder) if content and stat.S_ISREG(seen.st_mode) else None
    except FileNotFoundError:
        return None
    return Entry(path, _facts(seen, link, digest), None)


def _facts(seen: os.stat_result, link: str | None = None, digest: str | None = None) -> Facts:
    folder = stat.S_ISDIR(seen.st_mode)
    return Facts(
        type=TYPES.get(stat.S_IFMT(seen.st_mode), "other"),
        size=0 if folder else seen.st_size,
        mode=stat.S_IMODE(seen.st_mode),
        mtime_ns=seen.st_mtime_ns,
        link=link,
        uid=seen.st_uid,
        gid=seen.st_gid,
        # From 24 on, the engine touches /etc when it is asked for an archive of a path (seen on 26.1.5 and 28.5.2).
        ctime_ns=None if folder else seen.st_ctime_ns,
        device=seen.st_rdev or None,
        sha256=digest,
    )


def _sha256(name: str, folder: int) -> str | None:
    """``None`` when the path has become something else than a file; a container may do that at any time."""
    digest = hashlib.sha256()
    try:
        handle = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        if isinstance(error, (FileNotFoundError, PermissionError)):
            raise
        return None
    with open(handle, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
