# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a container's paths, through the Engine API.

One ``HEAD .../archive`` per path costs 1 to 3 ms (20.10: a stopped container is mounted for each). Therefore a folder that
is entirely new is read with one ``GET .../archive``, unless its files are large; and so is an older folder in which much
has changed, unless that turns out to be a small part of it. The choice depends only on the container's contents: as long
as nothing changes, the answer is the same.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import os
import typing as t

from .._archive.tar_members import Member, members
from .._engine.client import Daemon, quoted
from .._errors import Damaged, EngineError, Missing
from .._parallel import require_values, run_parallel
from .._selection import name_of
from .._types import Json
from .path_stat import PathStat, parse_path_stat
from .paths import json_path

# From how many paths on a new folder is read as a whole, and up to how many bytes per path that pays.
TREE_FROM = 16
BYTES_PER_PATH = 1 << 20
# How much of an older folder is read for each changed path in it before that is given up: a quarter of what asking for
# the path costs, so that little is lost.
ENTRIES_EACH, BYTES_EACH = 10, 128 << 10
# How many changed paths the folder of a link is worth that the engine cannot follow.
UNRESOLVED = 40
# How many entries and bytes are read of the folder of a name that is not UTF-8.
UNREADABLE = (100_000, 256 << 20)
UNREADABLE_MARK = "\N{REPLACEMENT CHARACTER}"
_TYPES = {
    b"0": "file",
    # A hard link carries no data of its own: it is what it leads to, which stands before it.
    b"1": "link",
    b"2": "symlink",
    b"3": "character device",
    b"4": "block device",
    b"5": "directory",
    b"6": "fifo",
}


def stat_paths(
    daemon: Daemon,
    document: Json,
    paths: t.Sequence[str],
    whole: t.Iterable[str],
    content: bool = False,
    crowded: t.Iterable[str] = (),
) -> dict[str, PathStat | None]:
    """The status of each path; ``None`` when the container has no such path (any more).

    :param whole: folders of which everything is among ``paths`` and nothing is a mount.
    :param content: the sha256 of each file too.
    :param crowded: other folders with many of the ``paths`` in them and no mount.
    """
    found: dict[str, PathStat | None] = {}
    for tree in _trees_to_read(daemon, document, paths, whole, content):
        found.update(read_tree(daemon, document, tree))
    for folder in sorted(crowded):
        inside = [path for path in paths if path.startswith(folder + "/") and path not in found]
        if len(inside) >= TREE_FROM:
            seen = read_tree(daemon, document, folder, len(inside))
            found.update((path, seen[path]) for path in (folder, *inside) if path in seen)
    rest = [path for path in paths if path not in found]
    found.update(zip(rest, require_values(run_parallel(rest, lambda path: stat_path(daemon, document, path)))))
    if content:
        files = [path for path in rest if (found[path] or _NOTHING).type == "file"]
        for read_again in require_values(run_parallel(files, lambda path: read_tree(daemon, document, path))):
            found.update(read_again)
    return found


def stat_unreadable_names(
    daemon: Daemon, document: Json, paths: t.Iterable[str]
) -> tuple[dict[str, dict[str, PathStat | None]], list[str]]:
    """The status of paths whose names are not UTF-8.

    The engine's JSON has U+FFFD for what is not UTF-8, so that several names may look the same there, and none of them can
    be asked for. The archive of the folder has them as they are.

    :param paths: as the JSON has them.
    :returns: for each of the paths what looks like it, by the real names (with surrogate escapes); and the paths that lie
        beside more than is read for them.
    """
    folders: dict[str, dict[str, PathStat | None]] = {}
    found: dict[str, dict[str, PathStat | None]] = {}
    unknown: list[str] = []
    for path in paths:
        folder = path[: path.index(UNREADABLE_MARK)].rpartition("/")[0] or "/"
        if folder not in folders:
            folders[folder] = read_tree(daemon, document, folder, limits=UNREADABLE)
        seen = folders[folder]
        if not seen:
            unknown.append(path)
        else:
            found[path] = {name: stat for name, stat in seen.items() if json_path(name.replace("//", "/")) == path}
    return found, unknown


def crowded_folders(paths: t.Iterable[str]) -> list[str]:
    """The folders with so many of the paths that reading the folder may be cheaper than asking for each path."""
    inside = collections.Counter(path.rpartition("/")[0] for path in paths)
    return sorted(folder for folder, number in inside.items() if folder and number >= TREE_FROM)


_NOTHING = PathStat("nothing", 0, 0, None)


def stat_path(daemon: Daemon, document: Json, path: str) -> PathStat | None:
    """One path, links not followed; ``None`` when it is not there."""
    try:
        answer = daemon.call("HEAD", _url(document), params={"path": path}, about=_about(document))
    except Missing:
        return None
    except EngineError as error:
        if error.status != 500:
            raise
        return _stat_unresolvable_link(daemon, document, path)
    return parse_path_stat(json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"])))


def _stat_unresolvable_link(daemon: Daemon, document: Json, path: str) -> PathStat:
    """A link that leads in a circle, or through what is no folder: the engine follows it and fails (20.10 to 28.5).

    Its folder shows it, unless there is much in it.
    """
    found = read_tree(daemon, document, path.rpartition("/")[0] or "/", UNRESOLVED)
    return found.get(path) or PathStat("symlink", 0, 0o777, None)


def read_tree(
    daemon: Daemon, document: Json, path: str, wanted: int | None = None, limits: tuple[int, int] | None = None
) -> dict[str, PathStat | None]:
    """A file, or a folder and all that is in it, with the sha256 of every file.

    A container that writes meanwhile can tear the answer; what comes after the tear is left out, or asked one by one.

    :param wanted: how many paths it is read for; nothing is found when it holds much more than these.
    :param limits: how many entries and bytes it may hold; nothing is found when it holds more.
    """
    if wanted is not None:
        limits = (wanted * ENTRIES_EACH, wanted * BYTES_EACH)
    found: dict[str, PathStat | None] = {}
    above = path.rpartition("/")[0]
    size = 0
    try:
        # 20.10 and later compress the answer for whoever says that it may.
        plain = {"Accept-Encoding": "identity"}
        asked = {"path": path}
        with daemon.stream("GET", _url(document), params=asked, headers=plain, about=_about(document)) as body:
            for member in members(body):
                size += member.size
                if limits is not None and (len(found) >= limits[0] or size > limits[1]):
                    return {}
                stat = _member_stat(member)
                name = member.name.rstrip("/")
                found[f"{above}/{name}"] = stat if stat.type != "link" else found.get(f"{above}/{stat.link}")
    except Missing:
        found[path] = None
    except Damaged:
        pass
    return found


def _member_stat(member: Member) -> PathStat:
    header = member.header
    digest = hashlib.sha256()
    for piece in member.chunks():
        digest.update(piece)
    return PathStat(
        type=_TYPES.get(header.type, "other"),
        size=len(os.fsencode(header.linkname)) if header.type == b"2" else member.size,
        mode=header.mode,
        # The engine cuts off the fraction when it writes the archive; a signature must not depend on that.
        mtime_ns=header.mtime_ns // 1_000_000_000 * 1_000_000_000,
        link=header.linkname or None,
        uid=header.uid,
        gid=header.gid,
        device=header.device or None,
        sha256=digest.hexdigest() if header.is_file else None,
    )


def _trees_to_read(
    daemon: Daemon, document: Json, paths: t.Sequence[str], whole: t.Iterable[str], content: bool
) -> list[str]:
    """The folders that are cheaper to read as a whole than path by path."""
    roots = sorted(whole)
    inside = {root: sum(path.startswith(root + "/") for path in paths) for root in roots}
    large = [root for root in roots if inside[root] >= TREE_FROM]
    if not large or content:
        return roots if content else []
    size = daemon.container(document["Id"], size=True, about=f"container {name_of(document)}").get("SizeRw") or 0
    return large if size <= BYTES_PER_PATH * sum(inside[root] for root in large) else []


def _url(document: Json) -> str:
    return f"/containers/{quoted(document['Id'])}/archive"


def _about(document: Json) -> str:
    return f"container {str(document['Name']).lstrip('/')}"
