# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a container's writable layer from overlayfs' upper directory, where this host has it on its own disk.

Reading takes some 5 µs per path and does not involve the engine. The upper directory is compared with the lower ones by
the rules of ``docker diff`` (``statDifferent`` and ``sameFsTime`` in https://github.com/moby/moby/tree/master/pkg/archive),
for which the engine mounts and walks the whole image. The disk also shows owner and ctime, which the API does not report.
The terms are those of https://docs.kernel.org/filesystems/overlayfs.html.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import typing as t

from .path_stat import TYPES, PathStat, is_same_time

CHUNK = 1 << 20
# A file up to this size is compared byte by byte with the image's file of the same size and time.
COMPARE_UP_TO = 1 << 16
# overlayfs sets this attribute on a folder that hides the lower folders of the same name. Only root can read it.
_OPAQUE_ATTRIBUTE = "trusted.overlay.opaque"
# Other attributes of overlayfs, which do not change what the folder or file holds.
_HARMLESS_ATTRIBUTES = frozenset(
    f"trusted.overlay.{name}" for name in ("impure", "nlink", "origin", "protattr", "upper", "uuid")
)
_OVERLAY = ("trusted.overlay.", "user.overlay.")
# Extended attributes that belong to the file. Others, such as SELinux labels, are set by the host.
_FILE_ATTRIBUTES = ("security.capability", "system.posix_acl_", "user.")
# A container may put a symlink in a folder's place at any time; it must not lead out of the layer.
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Markers. Signatures are computed from these texts, so that they must not change.
OPAQUE, IMPLIED, WHITEOUT = "opaque", "implied", "deleted"
# Kinds of changes.
ADDED, MODIFIED, DELETED = "added", "modified", "deleted"


class Layer(t.NamedTuple):
    """Where overlay2 keeps a container's writable layer, and the layers of its image, the topmost first."""

    upper_dir: str
    lower_dirs: tuple[str, ...]


class UpperEntry(t.NamedTuple):
    """A path in the upper directory, or one that an opaque folder there hides.

    :param path_stat: ``None`` where something is mounted over the path, and where the path was deleted.
    :param marker: ``implied``: the same as in the image (a folder that exists for what is in it, or a file that was
        opened for writing and not written); ``opaque``: a folder that hides the image's folder; ``deleted``: a whiteout.
    :param kind: ``added``, ``modified`` or ``deleted``, as ``docker diff`` reports it; ``None``: not changed.
    """

    path: str
    path_stat: PathStat | None
    marker: str | None
    kind: str | None


_LowerFile = t.Tuple[str, os.stat_result]
"""A path in one of the lower directories, and its status."""


class _Folder(t.NamedTuple):
    """An open folder of the upper directory.

    :param lower_dirs: the folders of that path in the image's layers, which overlayfs merges, the topmost first.
    :param covered: something is mounted at it or above it.
    :param opaque: it, or a folder above it, hides the image's folder.
    """

    path: str
    handle: int
    names: t.Iterator[os.DirEntry[str]]
    lower_dirs: tuple[str, ...]
    covered: bool
    opaque: bool


def find_layer(document: t.Mapping[str, t.Any]) -> Layer | None:
    """The container's layer; ``None`` where it is not on this host, or cannot be read completely.

    Only overlay2 keeps the layer as a plain folder. The path contains the layer's random id, so that a folder of that
    name cannot belong to a container of another engine.
    """
    driver = document.get("GraphDriver") or {}
    data = driver.get("Data") or {}
    upper_dir = data.get("UpperDir")
    # Only root can read overlayfs' attributes.
    if driver.get("Name") != "overlay2" or not upper_dir or os.geteuid() or not os.access(upper_dir, os.R_OK | os.X_OK):
        return None
    return Layer(str(upper_dir), tuple(filter(None, str(data.get("LowerDir") or "").split(":"))))


def walk_upper_dir(found: Layer, mounts: t.Container[str] = (), content: bool = False) -> t.Iterator[UpperEntry]:
    """Everything in the upper directory, each folder before its contents, sorted by name.

    :param mounts: where something is mounted; what the layer has there is hidden.
    :param content: compute the sha256 of each file too.
    :raises OSError: a part of the layer cannot be read, or overlayfs keeps a part of it elsewhere (``redirect_dir``,
        ``metacopy``).
    """
    folders = [_read_folder("", os.open(found.upper_dir, _FOLDER), found.lower_dirs)]
    try:
        while folders:
            folder = folders[-1]
            item = next(folder.names, None)
            if item is None:
                os.close(folders.pop().handle)
                continue
            path = f"{folder.path}/{item.name}"
            mounted = path in mounts
            try:
                if item.is_dir(follow_symlinks=False):
                    image = tuple(_find_in_lower_dirs(folder.lower_dirs, item.name))
                    inner = _enter_folder(path, item.name, folder, image, mounted)
                    folders.append(inner)
                    yield _hide_if_covered(_folder_entry(inner, folder, image), folder.covered, mounted)
                    for entry in _hidden_by_opaque(inner):
                        yield _hide_if_covered(entry, inner.covered)
                else:
                    entry = _file_entry(path, item, folder, content and not (folder.covered or mounted))
                    yield _hide_if_covered(entry, folder.covered, mounted)
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone meanwhile
    finally:
        for folder in folders:
            os.close(folder.handle)


def _hide_if_covered(entry: UpperEntry, covered: bool, mounted: bool = False) -> UpperEntry:
    """The entry without its status where something is mounted at it (``mounted``) or above it (``covered``).

    A signature covers only the path of the former, and nothing of the latter.
    """
    if covered or mounted:
        return entry._replace(path_stat=None, marker=IMPLIED if covered else None)
    return entry


def _enter_folder(path: str, name: str, folder: _Folder, image: t.Iterable[_LowerFile], mounted: bool) -> _Folder:
    handle = os.open(name, _FOLDER, dir_fd=folder.handle)
    try:
        opaque = folder.opaque or _is_opaque(handle)
    except OSError:
        os.close(handle)
        raise
    return _read_folder(path, handle, _merged_lower_dirs(image), folder.covered or mounted, opaque)


def _read_folder(
    path: str, handle: int, lower_dirs: tuple[str, ...], covered: bool = False, opaque: bool = False
) -> _Folder:
    try:
        with os.scandir(handle) as names:
            return _Folder(path, handle, iter(sorted(names, key=lambda item: item.name)), lower_dirs, covered, opaque)
    except OSError:
        os.close(handle)
        raise


def _is_opaque(folder: int | str) -> bool:
    """Whether the folder hides the lower folders of its name.

    :raises OSError: it has an attribute of overlayfs that changes the meaning in another way.
    """
    attributes = _overlay_attributes(folder)
    if attributes == {_OPAQUE_ATTRIBUTE} and os.getxattr(folder, _OPAQUE_ATTRIBUTE) == b"y":
        return True
    _refuse_unknown_attributes(attributes)
    return False


def _overlay_attributes(path: int | str) -> set[str]:
    return {name for name in os.listxattr(path) if name.startswith(_OVERLAY)} - _HARMLESS_ATTRIBUTES


def _refuse_unknown_attributes(attributes: t.Collection[str]) -> None:
    if attributes:
        raise OSError(errno.ENOTSUP, f"unsupported attributes of overlayfs: {', '.join(sorted(attributes))}")


# -- the image --------------------------------------------------------------------------------------------------------


def _find_in_lower_dirs(folders: t.Iterable[str], name: str) -> t.Iterator[_LowerFile]:
    """The paths of that name in these lower folders, the topmost first, down to a whiteout."""
    for folder in folders:
        path = f"{folder}/{name}"
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if _is_whiteout(status):
            return
        yield path, status


def _merged_lower_dirs(image: t.Iterable[_LowerFile]) -> tuple[str, ...]:
    """The folders that overlayfs merges, of the paths found under one name: down to a file or an opaque folder."""
    found: list[str] = []
    for path, status in image:
        if not stat.S_ISDIR(status.st_mode):
            break
        found.append(path)
        if _is_opaque(path):
            break
    return tuple(found)


def _is_whiteout(status: os.stat_result) -> bool:
    """A whiteout is a character device with the number 0/0."""
    return stat.S_ISCHR(status.st_mode) and not status.st_rdev


def _hidden_by_opaque(folder: _Folder) -> t.Iterator[UpperEntry]:
    """What an opaque folder hides of the image and does not have itself: it counts as deleted."""
    if not folder.opaque or not folder.lower_dirs:
        return
    names = {name for lower_dir in folder.lower_dirs for name in os.listdir(lower_dir)} - set(os.listdir(folder.handle))
    for name in sorted(names):
        if next(_find_in_lower_dirs(folder.lower_dirs, name), None) is not None:
            yield UpperEntry(f"{folder.path}/{name}", None, WHITEOUT, DELETED)


# -- what is in the layer ---------------------------------------------------------------------------------------------


def _folder_entry(inner: _Folder, folder: _Folder, image: t.Sequence[_LowerFile]) -> UpperEntry:
    status = os.fstat(inner.handle)
    path, lower = image[0] if image else ("", None)
    kind = ADDED if lower is None else None
    if lower is not None and (_differs(lower, status) or _file_attributes(path) != _file_attributes(inner.handle)):
        kind = MODIFIED
    same = lower is not None and kind is None and lower.st_mtime_ns == status.st_mtime_ns
    opaque = inner.opaque and not folder.opaque
    return UpperEntry(inner.path, _path_stat(status), OPAQUE if opaque else IMPLIED if same else None, kind)


def _file_entry(path: str, item: os.DirEntry[str], folder: _Folder, content: bool) -> UpperEntry:
    status = item.stat(follow_symlinks=False)
    if _is_whiteout(status):
        kind = DELETED if next(_find_in_lower_dirs(folder.lower_dirs, item.name), None) is not None else None
        return UpperEntry(path, None, WHITEOUT, kind)
    kind, same = _compare_with_image(item.name, status, folder)
    link = os.readlink(item.name, dir_fd=folder.handle) if stat.S_ISLNK(status.st_mode) else None
    digest = _sha256(item.name, folder.handle) if content and stat.S_ISREG(status.st_mode) else None
    return UpperEntry(path, _path_stat(status, link, digest), IMPLIED if same else None, kind)


def _compare_with_image(name: str, status: os.stat_result, folder: _Folder) -> tuple[str | None, bool]:
    """The kind of change of something other than a folder, and whether it is certainly the same as in the image.

    overlayfs copies a file up as soon as it is opened for writing. From 24 on, the engine causes that for /etc/hosts and
    two more when it is asked for an archive of a path (seen on 26.1.5).
    """
    path, lower = next(_find_in_lower_dirs(folder.lower_dirs, name), ("", None))
    if lower is None:
        return ADDED, False
    if _differs(lower, status) or _file_attributes(path) != _file_attributes(f"/proc/self/fd/{folder.handle}/{name}"):
        return MODIFIED, False
    if stat.S_ISLNK(status.st_mode):
        alike = os.readlink(path) == os.readlink(name, dir_fd=folder.handle)
    elif stat.S_ISREG(status.st_mode) and status.st_size > COMPARE_UP_TO:
        # Like docker diff. It counts for the signature, so that it need not be read each time.
        return None, False
    else:
        # A file may have been given its old size and time again.
        alike = not stat.S_ISREG(status.st_mode) or _sha256(path, None) == _sha256(name, folder.handle)
    return None if alike else MODIFIED, alike and lower.st_mtime_ns == status.st_mtime_ns


def _differs(before: os.stat_result, after: os.stat_result) -> bool:
    """The engine's own rule. The mode of sockets and block devices has the bit of folders (``S_IFDIR``), too."""
    if (before.st_mode, before.st_uid, before.st_gid) != (after.st_mode, after.st_uid, after.st_gid):
        return True
    if before.st_rdev != after.st_rdev:
        return True
    if after.st_mode & stat.S_IFDIR:
        return False
    return before.st_size != after.st_size or not is_same_time(before.st_mtime_ns, after.st_mtime_ns)


def _file_attributes(path: int | str) -> dict[str, bytes]:
    follow = isinstance(path, int)
    names = [name for name in os.listxattr(path, follow_symlinks=follow) if name.startswith(_FILE_ATTRIBUTES)]
    return {name: os.getxattr(path, name, follow_symlinks=follow) for name in names if not name.startswith(_OVERLAY)}


def _path_stat(status: os.stat_result, link: str | None = None, digest: str | None = None) -> PathStat:
    folder = stat.S_ISDIR(status.st_mode)
    return PathStat(
        type=TYPES.get(stat.S_IFMT(status.st_mode), "other"),
        size=0 if folder else status.st_size,
        mode=stat.S_IMODE(status.st_mode),
        mtime_ns=status.st_mtime_ns,
        link=link,
        uid=status.st_uid,
        gid=status.st_gid,
        # From 24 on, the engine touches /etc when it is asked for an archive of a path (seen on 26.1.5 and 28.5.2).
        ctime_ns=None if folder else status.st_ctime_ns,
        device=status.st_rdev or None,
        sha256=digest,
    )


def _sha256(name: str, folder: int | None) -> str | None:
    """``None`` when the path is no longer a file; a container may replace it at any time."""
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
        _refuse_unknown_attributes(_overlay_attributes(handle))  # The content may be in the image alone.
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
