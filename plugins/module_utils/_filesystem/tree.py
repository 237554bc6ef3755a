# SPDX-License-Identifier: GPL-3.0-or-later

"""A file system as read from a tar archive, and the differences between two of them.

An archive is read once, piece by piece: of each file only the digest of its content stays.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import typing as t

from .._archive.tar_members import Member, members
from .._errors import Damaged
from .changes import PathChange, add_parent_folders
from .entry import Entry
from .members import entry_of_member
from .path_stat import PathStat, is_same_time
from .paths import json_path, parent_folders

# What the engine puts into every container when it creates it (20.10: as empty files, with the time of the creation).
# A running container has mounts there.
ENGINES_OWN = (
    "/.dockerenv", "/dev", "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf", "/proc", "/sys",
)  # fmt: skip
_CAPABILITY = "SCHILY.xattr.security.capability"
_TYPES = {"file": "file", "directory": "directory", "link": "symlink"}
_SPECIAL = {b"3": "character device", b"4": "block device", b"6": "fifo"}


class Node(t.NamedTuple):
    """One path. ``capability``: the file's capabilities, the only extended attribute that exports carry."""

    stat: PathStat
    capability: str | None = None


Tree = t.Dict[str, Node]


def read_tree(pieces: t.Iterable[bytes | memoryview]) -> Tree:
    """The tree that an archive holds, by absolute path.

    :raises Damaged: the archive is not whole.
    """
    found: Tree = {}
    for member in members(_PieceFile(iter(pieces))):
        entry = entry_of_member(member)
        path = posixpath.normpath("/" + member.name.lstrip("/"))
        if path != "/":
            found[path] = _hard_link_node(entry, found) if entry.kind == "hardlink" else _node(entry, member)
    return found


def _hard_link_node(entry: Entry, found: Tree) -> Node:
    """A hard link is what it leads to, which stands before it.

    It does not where the file went away while the engine copied it: then nobody knows what its other names hold.
    """
    target = posixpath.normpath("/" + entry.target.lstrip("/"))
    if target not in found:
        raise Damaged(f"The archive holds {entry.path} as another name of {entry.target}, but not that one.")
    return found[target]


def _node(entry: Entry, member: Member) -> Node:
    digest = None
    if entry.kind == "file":
        hashed = hashlib.sha256()
        for piece in member.chunks():
            hashed.update(piece)
        digest = hashed.hexdigest()
    stat = PathStat(
        type=_TYPES.get(entry.kind) or _SPECIAL[member.header.type],
        size=len(os.fsencode(entry.target)) if entry.kind == "link" else entry.size,
        mode=entry.mode,
        mtime_ns=entry.mtime_ns,
        link=entry.target or None,
        uid=entry.uid,
        gid=entry.gid,
        device=member.header.device or None,
        sha256=digest,
    )
    return Node(stat, member.header.extension.get(_CAPABILITY))


class _PieceFile:
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: t.Iterator[bytes | memoryview]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")

    def read(self, amount: int, /) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = memoryview(piece)
        found, self._held = self._held[:amount], self._held[amount:]
        return bytes(found)


# -- two trees ------------------------------------------------------------------------------------------------------------


def compare_trees(before: Tree, after: Tree, mounts: t.Iterable[str] = (), times: bool = True) -> list[PathChange]:
    """The changes from ``before`` to ``after``, as ``docker diff`` lists them: sorted, of a deleted folder only the folder.

    Unlike there, a folder that is listed only because something in it has changed is marked as implied.

    :param mounts: where other file systems are mounted in the container; these paths, and folders that are there only
        for them, are not compared.
    :param times: a file, link or device that has another time has changed. For folders, as for ``docker diff``, time
        never counts.
    """
    mounts = [mount.rstrip("/") for mount in mounts]
    hidden = (*ENGINES_OWN, *mounts)
    below = tuple(path + "/" for path in hidden)
    kinds: dict[str, str] = {}
    for path, node in after.items():
        known = before.get(path)
        if known is None:
            kinds[path] = "added"
        elif _differs(known, node, times):
            kinds[path] = "modified"
    for path in before:
        if path not in after and not _goes_with_its_folder(path, before, after):
            kinds[path] = "deleted"
    kinds = {path: kind for path, kind in kinds.items() if path not in hidden and not path.startswith(below)}
    _without_folders_for(mounts, kinds)
    return list(add_parent_folders(kinds))


def stats_of_changes(tree: Tree, changes: t.Iterable[PathChange]) -> dict[str, PathStat | None]:
    """The status of the changed paths in the tree."""
    wanted = {change.path for change in changes}
    named = ((json_path(path), node) for path, node in tree.items())
    return {path: node.stat for path, node in named if path in wanted}


def _goes_with_its_folder(path: str, before: Tree, after: Tree) -> bool:
    folder = path.rpartition("/")[0]
    return folder in before and not (folder in after and after[folder].stat.type == "directory")


def _differs(before: Node, after: Node, times: bool) -> bool:
    if before == after:
        return False
    one, other = before.stat, after.stat
    same_time = not times or one.type == "directory" or is_same_time(one.mtime_ns or 0, other.mtime_ns or 0)
    return not same_time or one.without_times() != other.without_times() or before.capability != after.capability


def _without_folders_for(mounts: t.Iterable[str], kinds: dict[str, str]) -> None:
    """The engine makes the folders that lead to a mount; they are no change while they hold nothing else."""
    folders = {folder for mount in mounts for folder in parent_folders(mount)}
    for folder in sorted(folders, key=len, reverse=True):
        if kinds.get(folder) == "added" and not any(path.startswith(folder + "/") for path in kinds):
            del kinds[folder]
