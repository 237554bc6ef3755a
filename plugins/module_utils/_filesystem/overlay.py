# SPDX-License-Identifier: GPL-3.0-or-later

"""The container's writable layer, where this host holds it on its own disk.

It is read without the engine, at some 5 µs per path, and compared with the image's layers below it as the engine does for
``docker diff`` (``statDifferent`` and ``sameFsTime`` in https://github.com/moby/moby/tree/master/pkg/archive), which
mounts and walks the whole image for that. It also tells owner and ctime, which the engine tells nobody.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import typing as t

from .file_facts import TYPES, Facts, same_time

CHUNK = 1 << 20
# Up to what size a file is compared with the image's of the same size and time.
COMPARED = 1 << 16
# What overlayfs writes on a folder that hides the image's folder of the same name; seen by root alone.
_OPAQUE = "trusted.overlay.opaque"
# Its other notes that change nothing in what is there (https://docs.kernel.org/filesystems/overlayfs.html).
_NOTES = frozenset(f"trusted.overlay.{note}" for note in ("impure", "nlink", "origin", "protattr", "upper", "uuid"))
_OVERLAY = ("trusted.overlay.", "user.overlay.")
# Attributes that are part of what a file is; others, such as SELinux's labels, are given by the host.
_OWN = ("security.capability", "system.posix_acl_", "user.")
# A container may put a symlink in a folder's place at any time; it must not lead out of the layer.
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

OPAQUE, IMPLIED, DELETED = "opaque", "implied", "deleted"
ADDED, MODIFIED = "added", "modified"


class Layer(t.NamedTuple):
    """The folder of a container's writable layer, and those of its image, the topmost first."""

    root: str
    below: tuple[str, ...]


class Entry(t.NamedTuple):
    """A path of the layer.

    :param facts: ``None`` where something is mounted over it, and where the path was deleted.
    :param sign: ``implied``: it is as the image has it; a folder is there for what is in it, a file was opened to be
        written and was not; ``opaque``: a folder that hides the image's; ``deleted``: what the image has there is gone.
    :param kind: ``added``, ``modified`` or ``deleted``, as ``docker diff`` has it; ``None``: not changed.
    """

    path: str
    facts: Facts | None
    sign: str | None
    kind: str | None


_Seen = t.Tuple[str, os.stat_result]


class _Open(t.NamedTuple):
    """
    :param below: the image's folders of that path, which together make what the image has there, the topmost first.
    :param covered: something is mounted at it or above it.
    :param hides: the image's folder cannot be seen through it.
    """

    path: str
    handle: int
    names: t.Iterator[os.DirEntry[str]]
    below: tuple[str, ...]
    covered: bool
    hides: bool


def layer(document: t.Mapping[str, t.Any]) -> Layer | None:
    """The container's layer; ``None`` where this host does not hold it or may not read all of it.

    Only overlay2 keeps the layer as a plain folder. Its path carries the layer's random id, so that a folder of that
    name is this container's and no other engine's.
    """
    driver = document.get("GraphDriver") or {}
    data = driver.get("Data") or {}
    root = data.get("UpperDir")
    # Only root sees the notes of overlayfs.
    if driver.get("Name") != "overlay2" or not root or os.geteuid() or not os.access(root, os.R_OK | os.X_OK):
        return None
    return Layer(str(root), tuple(filter(None, str(data.get("LowerDir") or "").split(":"))))


def walk(found: Layer, mounts: t.Container[str] = (), content: bool = False) -> t.Iterator[Entry]:
    """All that is in the layer, each folder before what is in it, by name.

    :param mounts: where something is mounted; what the layer has below is hidden from everybody.
    :param content: the sha256 of each file too.
    :raises OSError: a part of the layer cannot be read, or says nothing by itself (``redirect_dir``, ``metacopy``).
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
            mounted = path in mounts
            try:
                if item.is_dir(follow_symlinks=False):
                    image = tuple(_in_image(here.below, item.name))
                    inner = _inner(path, item.name, here, image, mounted)
                    folders.append(inner)
                    yield _veiled(_folder(inner, here, image), here.covered, mounted)
                    for entry in _missing(inner):
                        yield _veiled(entry, inner.covered)
                else:
                    entry = _entry(path, item, here, content and not (here.covered or mounted))
                    yield _veiled(entry, here.covered, mounted)
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone meanwhile
    finally:
        for folder in folders:
            os.close(folder.handle)


def _veiled(entry: Entry, covered: bool, mounted: bool = False) -> Entry:
    """As it is seen where something is mounted at it (``mounted``) or above it: a signature covers the first's path alone."""
    if covered or mounted:
        return entry._replace(facts=None, sign=IMPLIED if covered else None)
    return entry


def _inner(path: str, name: str, here: _Open, image: t.Iterable[_Seen], mounted: bool) -> _Open:
    handle = os.open(name, _FOLDER, dir_fd=here.handle)
    try:
        hides = here.hides or _opaque(handle)
    except OSError:
        os.close(handle)
        raise
    return _opened(path, handle, _below(image), here.covered or mounted, hides)


def _opened(path: str, handle: int, below: tuple[str, ...], covered: bool = False, hides: bool = False) -> _Open:
    try:
        with os.scandir(handle) as names:
            return _Open(path, handle, iter(sorted(names, key=lambda item: item.name)), below, covered, hides)
    except OSError:
        os.close(handle)
        raise


def _opaque(folder: int | str) -> bool:
    """Whether the folder hides those of its name below it.

    :raises OSError: it has a note that this reader does not know, or one for another way to mount it.
    """
    notes = _notes(folder)
    if notes == {_OPAQUE} and os.getxattr(folder, _OPAQUE) == b"y":
        return True
    _refuse(notes)
    return False


def _notes(path: int | str) -> set[str]:
    return {name for name in os.listxattr(path) if name.startswith(_OVERLAY)} - _NOTES


def _refuse(notes: t.Collection[str]) -> None:
    if notes:
        raise OSError(errno.ENOTSUP, f"overlayfs has noted {', '.join(sorted(notes))}")


# -- the image --------------------------------------------------------------------------------------------------------


def _in_image(folders: t.Iterable[str], name: str) -> t.Iterator[_Seen]:
    """What the image's layers have of that name in these folders, the topmost first, until one deletes it."""
    for folder in folders:
        path = f"{folder}/{name}"
        try:
            seen = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if _deletes(seen):
            return
        yield path, seen


def _below(image: t.Iterable[_Seen]) -> tuple[str, ...]:
    """The folders of one name which together make what the image has there."""
    found: list[str] = []
    for path, seen in image:
        if not stat.S_ISDIR(seen.st_mode):
            break
        found.append(path)
        if _opaque(path):
            break
    return tuple(found)


def _deletes(seen: os.stat_result) -> bool:
    """https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories"""
    return stat.S_ISCHR(seen.st_mode) and not seen.st_rdev


def _missing(here: _Open) -> t.Iterator[Entry]:
    """What the image has in a folder that hides it, and the folder has not."""
    if not here.hides or not here.below:
        return
    names = {name for folder in here.below for name in os.listdir(folder)} - set(os.listdir(here.handle))
    for name in sorted(names):
        if next(_in_image(here.below, name), None) is not None:
            yield Entry(f"{here.path}/{name}", None, DELETED, DELETED)


# -- what is in the layer ---------------------------------------------------------------------------------------------


def _folder(inner: _Open, here: _Open, image: t.Sequence[_Seen]) -> Entry:
    seen = os.fstat(inner.handle)
    path, below = image[0] if image else ("", None)
    kind = ADDED if below is None else None
    if below is not None and (_differs(below, seen) or _attributes(path) != _attributes(inner.handle)):
        kind = MODIFIED
    same = below is not None and kind is None and below.st_mtime_ns == seen.st_mtime_ns
    opaque = inner.hides and not here.hides
    return Entry(inner.path, _facts(seen), OPAQUE if opaque else IMPLIED if same else None, kind)


def _entry(path: str, item: os.DirEntry[str], here: _Open, content: bool) -> Entry:
    seen = item.stat(follow_symlinks=False)
    if _deletes(seen):
        kind = DELETED if next(_in_image(here.below, item.name), None) is not None else None
        return Entry(path, None, DELETED, kind)
    kind, same = _compared(item.name, seen, here)
    link = os.readlink(item.name, dir_fd=here.handle) if stat.S_ISLNK(seen.st_mode) else None
    digest = _sha256(item.name, here.handle) if content and stat.S_ISREG(seen.st_mode) else None
    return Entry(path, _facts(seen, link, digest), IMPLIED if same else None, kind)


def _compared(name: str, seen: os.stat_result, here: _Open) -> tuple[str | None, bool]:
    """The kind of what is no folder, and whether it is certain that it is as the image has it.

    What is opened to be written is copied from the image at once. From 24 on, the engine does that to /etc/hosts and two
    more when it is asked for an archive of a path (seen on 26.1.5).
    """
    path, below = next(_in_image(here.below, name), ("", None))
    if below is None:
        return ADDED, False
    if _differs(below, seen) or _attributes(path) != _attributes(f"/proc/self/fd/{here.handle}/{name}"):
        return MODIFIED, False
    if stat.S_ISLNK(seen.st_mode):
        alike = os.readlink(path) == os.readlink(name, dir_fd=here.handle)
    elif stat.S_ISREG(seen.st_mode) and seen.st_size > COMPARED:
        # As docker diff sees it. The signature counts it, so as not to read it each time.
        return None, False
    else:
        # A file may have got its old size and time back.
        alike = not stat.S_ISREG(seen.st_mode) or _sha256(path, None) == _sha256(name, here.handle)
    return None if alike else MODIFIED, alike and below.st_mtime_ns == seen.st_mtime_ns


def _differs(before: os.stat_result, after: os.stat_result) -> bool:
    """The engine's own rule. Sockets and block devices carry the folders' bit, too."""
    if (before.st_mode, before.st_uid, before.st_gid) != (after.st_mode, after.st_uid, after.st_gid):
        return True
    if before.st_rdev != after.st_rdev:
        return True
    if after.st_mode & stat.S_IFDIR:
        return False
    return before.st_size != after.st_size or not same_time(before.st_mtime_ns, after.st_mtime_ns)


def _attributes(path: int | str) -> dict[str, bytes]:
    follow = isinstance(path, int)
    names = [name for name in os.listxattr(path, follow_symlinks=follow) if name.startswith(_OWN)]
    return {name: os.getxattr(path, name, follow_symlinks=follow) for name in names if not name.startswith(_OVERLAY)}


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
        _refuse(_notes(handle))  # The content may be in the image alone.
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
