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
# Up to what size a file is compared with the image's of the same size and time.
COMPARED = 1 << 16
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
    :param sign: ``implied``: it is as the image has it; a folder is there for what is in it, a file was opened to be
        written and was not; ``opaque``: a folder that hides the image's; ``deleted``: what the image has there is gone.
    """

    path: str
    facts: Facts | None
    sign: str | None


class _Open(t.NamedTuple):
    """:param below: the image's folders of that path that can be seen through this one, the topmost first."""

    path: str
    handle: int
    names: t.Iterator[os.DirEntry[str]]
    below: tuple[str, ...]


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
    folders = [_opened("", os.open(found.root, _FOLDER), found.below)]
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
                below = _below(here.below, item.name)
                try:
                    handle = os.open(item.name, _FOLDER, dir_fd=here.handle)
                except (FileNotFoundError, NotADirectoryError):
                    continue  # gone meanwhile
                opaque = _opaque(handle)
                folders.append(_opened(path, handle, () if opaque else below))
                seen = os.fstat(handle)
                same = bool(below) and _standing(seen) == _standing(os.lstat(below[0]))
                yield Entry(path, _facts(seen), OPAQUE if opaque else IMPLIED if same else None)
            else:
                entry = _entry(path, item, here, content)
                if entry is not None:  # else gone meanwhile
                    yield entry
    finally:
        for folder in folders:
            os.close(folder.handle)


def _opened(path: str, handle: int, below: tuple[str, ...]) -> _Open:
    try:
        with os.scandir(handle) as names:
            return _Open(path, handle, iter(sorted(names, key=lambda item: item.name)), below)
    except OSError:
        os.close(handle)
        raise


def _opaque(folder: int | str) -> bool:
    try:
        return os.getxattr(folder, _OPAQUE) == b"y"
    except OSError:
        return False  # it has none, or only root may know


def _in_image(folders: t.Iterable[str], name: str) -> t.Iterator[tuple[str, os.stat_result]]:
    """What the image's layers have of that name in these folders, the topmost first."""
    for folder in folders:
        path = f"{folder}/{name}"
        try:
            yield path, os.lstat(path)
        except FileNotFoundError:
            continue


def _below(folders: t.Iterable[str], name: str) -> tuple[str, ...]:
    """The folders of that name which together make what the image has there."""
    found: list[str] = []
    for path, seen in _in_image(folders, name):
        if not stat.S_ISDIR(seen.st_mode):
            break
        found.append(path)
        if _opaque(path):
            break
    return tuple(found)


def _standing(seen: os.stat_result) -> tuple[int, ...]:
    size = 0 if stat.S_ISDIR(seen.st_mode) else seen.st_size
    return seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns, seen.st_rdev, size


def _is_below(item: os.DirEntry[str], seen: os.stat_result, here: _Open) -> bool:
    """Whether the image has the same.

    What is opened to be written is copied from the image at once. From 24 on, the engine does that to /etc/hosts and two
    more when it is asked for an archive of a path (seen on 26.1.5).
    """
    path, below = next(_in_image(here.below, item.name), ("", None))
    if below is None or _standing(below) != _standing(seen):
        return False
    if stat.S_ISLNK(seen.st_mode):
        return os.readlink(path) == os.readlink(item.name, dir_fd=here.handle)
    # A file that got its old size and time back; a large one counts as changed, so as not to read it each time.
    return not stat.S_ISREG(seen.st_mode) or (
        seen.st_size <= COMPARED and _sha256(path, None) == _sha256(item.name, here.handle)
    )


def _entry(path: str, item: os.DirEntry[str], here: _Open, content: bool) -> Entry | None:
    try:
        seen = item.stat(follow_symlinks=False)
        # https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
        if stat.S_ISCHR(seen.st_mode) and not seen.st_rdev:
            return Entry(path, None, DELETED)
        same = _is_below(item, seen, here)
        link = os.readlink(item.name, dir_fd=here.handle) if stat.S_ISLNK(seen.st_mode) else None
        digest = _sha256(item.name, here.handle) if content and stat.S_ISREG(seen.st_mode) else None
    except FileNotFoundError:
        return None
    return Entry(path, _facts(seen, link, digest), IMPLIED if same else None)


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


def _sha256(name: str, folder: int | None) -> str | None:
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
