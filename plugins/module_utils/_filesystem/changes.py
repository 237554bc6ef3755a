# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between a container and its image, and a signature of it.

Both are read from the layer's folder where this host has it; otherwise the engine is asked (``GET /containers/ID/changes``,
as ``docker diff`` does). The signature is a digest of the status of each changed path and of the image's id. It makes
commit and export idempotent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import typing as t

from .._engine.client import Daemon, quoted
from .._errors import InvalidInput
from .._selection import name_of, refuse_dead
from .._types import Json
from . import archive_api, overlay
from .path_stat import PathStat
from .paths import is_within, json_path, parent_folders

# The engine's kinds. docker diff prints D for a deleted path, although some notes say B.
KINDS = {0: "modified", 1: "added", 2: "deleted"}
SYMBOLS = {"modified": "C", "added": "A", "deleted": "D"}
MODES = ("stat", "content")
# Of the signature: it changes with what a signature covers.
VERSION = "v2"


@dataclasses.dataclass(frozen=True)
class PathChange:
    """One changed path. ``implied``: a folder that is listed only because something in it is listed."""

    path: str
    kind: str
    implied: bool = False

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.kind]

    @property
    def line(self) -> str:
        return f"{self.symbol} {self.path}"


def list_changes(daemon: Daemon, document: Json) -> tuple[PathChange, ...]:
    """The container's changed paths, sorted.

    :raises Missing: the container is gone.
    :raises Conflict: it is dead.
    """
    found = _read_from_disk(document, content=False)
    return _list_from_engine(daemon, document) if found is None else found.changes


def _list_from_engine(daemon: Daemon, document: Json) -> tuple[PathChange, ...]:
    about = f"container {name_of(refuse_dead(document))}"
    # Its answer may be null.
    return parse_changes(daemon.get(f"/containers/{quoted(document['Id'])}/changes", about=about) or ())


def parse_changes(answer: t.Iterable[Json]) -> tuple[PathChange, ...]:
    """The engine's answer as changes.

    The engine lists every folder above a changed path as modified, whether or not the folder itself was changed, and
    does not say which. Such a folder counts as implied.
    """
    kinds: dict[str, str] = {}
    for item in answer:
        path, kind = str(item["Path"]), KINDS[item["Kind"]]
        # Two names that are not UTF-8 may look the same here.
        kinds[path] = kind if kinds.get(path, kind) == kind else "modified"
    folders = {folder for path in kinds for folder in parent_folders(path)}
    return add_parent_folders({path: kind for path, kind in kinds.items() if kind != "modified" or path not in folders})


def add_parent_folders(kinds: t.Mapping[str, str]) -> tuple[PathChange, ...]:
    """The changes, sorted, and their parent folders, as implied where these were not changed themselves."""
    implied = {folder for path in kinds for folder in parent_folders(path)} - set(kinds)
    changes = [PathChange(json_path(path), kind) for path, kind in kinds.items()]
    return tuple(
        sorted(changes + [PathChange(json_path(path), "modified", True) for path in implied], key=lambda c: c.path)
    )


def signature(daemon: Daemon, document: Json, mode: str = "stat", method: str | None = None) -> str:
    """A digest of what differs from the image: ``v2:stat+disk:SHA256``.

    Two signatures are comparable when all before the last colon is equal: ``stat`` looks at type, size, mode, time,
    link and, on the disk, owner and ctime (not of folders) of each path, ``content`` at the files' bytes instead of
    times; ``disk`` was read from the layer's folder on this host, ``api`` through the Engine API.

    :param document: the container's inspect document.
    :param method: see :func:`read_changes`.
    :raises Missing: the container is gone.
    """
    if mode not in MODES:
        raise InvalidInput(f"signature must be one of {', '.join(MODES)}, not {mode!r}.")
    return compute_signature(document, read_changes(daemon, document, content=mode == "content", method=method), mode)


def signature_holds(daemon: Daemon, document: Json, recorded: str | None, mode: str = "stat") -> bool:
    """Whether an earlier signature, taken in the same mode, still holds.

    A signature that was computed through the API is compared with one computed in the same way, even where the disk can be read.
    """
    head, _colon, _digest = (recorded or "").rpartition(":")
    if head not in (f"{VERSION}:{mode}+api", f"{VERSION}:{mode}+disk"):
        return False
    return signature(daemon, document, mode, "api" if head.endswith("+api") else None) == recorded


def compute_signature(document: Json, found: ChangeSet, mode: str = "stat") -> str:
    """The signature of changes that were read before."""
    head = f"{VERSION}:{mode}+{found.method}"
    digest = hashlib.sha256(f"{head}\n{document['Image']}\n".encode())
    if found.unknown:
        digest.update(os.urandom(16))
    paths = iter(found.markers.items())
    # Some at a time: quicker than one by one, and never all of it as one text.
    while some := [
        [path, marker, _stat_to_hash(found.stats.get(path), mode)] for path, marker in itertools.islice(paths, 1000)
    ]:
        digest.update(json.dumps(some, separators=(",", ":")).encode())
    return f"{head}:{digest.hexdigest()}"


def _stat_to_hash(stats: PathStat | None, mode: str) -> PathStat | None:
    return stats.without_times() if stats is not None and mode == "content" else stats


@dataclasses.dataclass(frozen=True)
class ChangeSet:
    """The changes of a container, and the status of the changed paths.

    :param method: how they were read: ``disk`` or ``api`` (``export`` for a comparison with a baseline).
    :param changes: sorted by path.
    :param stats: of each path that is not deleted; ``None``: gone meanwhile, or a mount.
    :param markers: what a signature covers, always in the same order: each path, and the engine's kind of change or the
        marker of the upper directory.
    :param unknown: paths whose status cannot be found out; with one of them, no signature equals another.
    """

    method: str
    changes: tuple[PathChange, ...]
    stats: t.Mapping[str, PathStat | None]
    markers: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def warning(self, name: str) -> str | None:
        """A warning where a part of container ``name`` is not known."""
        if not self.unknown:
            return None
        return (
            f"Container {name} holds names that are not UTF-8 ({', '.join(self.unknown[:5])}), which the engine cannot say, "
            "beside too much to look for them. It counts as changed each time. Rename them, or run this on the engine's host."
        )


def read_changes(
    daemon: Daemon,
    document: Json,
    changes: t.Sequence[PathChange] | None = None,
    content: bool = False,
    method: str | None = None,
) -> ChangeSet:
    """The changes of a container now, and the status of the changed paths.

    Paths at or below a mount have no status: the engine would show the volume instead of the container's own layer.

    :param changes: of which paths, where the engine has to be asked; by default of all that it lists.
    :param content: compute the sha256 of each file too.
    :param method: ``api`` asks the engine even where the disk can be read.
    :raises Missing: the container is gone.
    :raises Conflict: it is dead.
    """
    found = _read_from_disk(document, content) if method != "api" else None
    return found if found is not None else _read_from_engine(daemon, document, changes, content)


def _read_from_engine(
    daemon: Daemon, document: Json, changes: t.Sequence[PathChange] | None, content: bool
) -> ChangeSet:
    mounts = _mount_points(document)
    if changes is None:
        changes = _list_from_engine(daemon, document)
    paths = [change.path for change in changes if change.kind != "deleted" and not _is_within_any(change.path, mounts)]

    def free(folder: str) -> bool:
        """Reading it as a whole would bring along what is mounted in it."""
        return not _is_within_any(folder, mounts) and not any(mount.startswith(folder + "/") for mount in mounts)

    whole = tuple(filter(free, new_folders(changes)))
    crowded = [
        folder for folder in archive_api.crowded_folders(paths) if free(folder) and not _is_within_any(folder, whole)
    ]
    unreadable = [path for path in paths if archive_api.UNREADABLE_MARK in path]
    paths = [path for path in paths if archive_api.UNREADABLE_MARK not in path]
    stats = archive_api.stat_paths(daemon, document, paths, whole, content, crowded)
    found, unknown = archive_api.stat_unreadable_names(daemon, document, unreadable)
    markers: dict[str, str | None] = {}
    for change in sorted(changes, key=lambda change: change.path):
        for name in sorted(found.get(change.path) or (change.path,)):
            markers[name] = change.kind
            if change.path in found:
                stats[name] = found[change.path].get(name)
    return ChangeSet("api", tuple(changes), stats, markers, tuple(unknown))


def _read_from_disk(document: Json, content: bool) -> ChangeSet | None:
    """``None`` where the layer, or a part of it, cannot be read; the engine can read all of it."""
    layer = overlay.find_layer(refuse_dead(document))
    stats: dict[str, PathStat | None] = {}
    markers: dict[str, str | None] = {}
    kinds: dict[str, str] = {}
    try:
        for path, found, marker, kind in (
            () if layer is None else overlay.walk_upper_dir(layer, _mount_points(document), content)
        ):
            if kind is not None:
                kinds[path] = kind
            if found is not None:
                stats[path] = found
            if marker != overlay.IMPLIED:
                markers[path] = marker
    except OSError:
        return None
    return None if layer is None else ChangeSet("disk", add_parent_folders(kinds), stats, markers)


def _mount_points(document: Json) -> tuple[str, ...]:
    """Not those of ``--tmpfs``: there the engine shows the layer's own folder (20.10, 26.1), as the disk does."""
    return tuple(str(mount["Destination"]).rstrip("/") for mount in document.get("Mounts") or ())


def new_folders(changes: t.Iterable[PathChange]) -> list[str]:
    """The outermost folders that were added with contents: everything in them is listed, too."""
    added = {change.path for change in changes if change.kind == "added"}
    parents = {path.rpartition("/")[0] for path in added} & added
    return sorted(path for path in parents if path.rpartition("/")[0] not in added)


def _is_within_any(path: str, folders: t.Iterable[str]) -> bool:
    return any(is_within(path, folder) for folder in folders)
