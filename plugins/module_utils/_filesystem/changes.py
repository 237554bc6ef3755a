# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between a container and its image, and a signature of it.

Both are read from the layer's folder where this host has it; else the list is the engine's (``GET
/containers/ID/changes``, the answer of ``docker diff``). The signature is a digest over what each changed path is and
over the image's id. It is what makes commit and export idempotent.
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
from .file_facts import Facts, shown

# The engine's kinds. docker diff prints D for a deleted path, although some notes say B.
KINDS = {0: "modified", 1: "added", 2: "deleted"}
SYMBOLS = {"modified": "C", "added": "A", "deleted": "D"}
MODES = ("stat", "content")
# Of the signature: what it covers, and how.
VERSION = "v2"


@dataclasses.dataclass(frozen=True)
class Change:
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


def changes(daemon: Daemon, document: Json) -> tuple[Change, ...]:
    """The container's changed paths, sorted.

    :raises Missing: the container is gone.
    :raises Conflict: it is dead.
    """
    seen = _on_disk(document, content=False)
    return _of_engine(daemon, document) if seen is None else seen.listed


def _of_engine(daemon: Daemon, document: Json) -> tuple[Change, ...]:
    about = f"container {name_of(refuse_dead(document))}"
    # Its answer may be null.
    return told(daemon.get(f"/containers/{quoted(document['Id'])}/changes", about=about) or ())


def told(answer: t.Iterable[Json]) -> tuple[Change, ...]:
    """The engine's answer as changes.

    The engine lists every folder above a changed path as modified, whether or not the folder itself was changed, and
    does not say which. Such a folder counts as implied.
    """
    kinds: dict[str, str] = {}
    for item in answer:
        path, kind = str(item["Path"]), KINDS[item["Kind"]]
        # Two names that are not UTF-8 may look the same here.
        kinds[path] = kind if kinds.get(path, kind) == kind else "modified"
    folders = {folder for path in kinds for folder in above(path)}
    return with_folders({path: kind for path, kind in kinds.items() if kind != "modified" or path not in folders})


def with_folders(kinds: t.Mapping[str, str]) -> tuple[Change, ...]:
    """What has changed, sorted, and as implied the folders above it that were not changed themselves."""
    implied = {folder for path in kinds for folder in above(path)} - set(kinds)
    listed = [Change(shown(path), kind) for path, kind in kinds.items()]
    return tuple(sorted(listed + [Change(shown(path), "modified", True) for path in implied], key=lambda c: c.path))


def above(path: str) -> t.Iterator[str]:
    """The folders that a path is in, from the inside, without the root."""
    while path := path.rpartition("/")[0]:
        yield path


def signature(daemon: Daemon, document: Json, mode: str = "stat", asked: str | None = None) -> str:
    """A digest of what differs from the image: ``v2:stat+disk:SHA256``.

    Two signatures are comparable when all before the last colon is equal: ``stat`` looks at type, size, mode, time,
    link and, on the disk, owner and ctime (not of folders) of each path, ``content`` at the files' bytes instead of
    times; ``disk`` was read from the layer's folder on this host, without the engine, ``api`` was told by the engine.

    :param document: the container's inspect document.
    :param asked: see :func:`look`.
    :raises Missing: the container is gone.
    """
    if mode not in MODES:
        raise InvalidInput(f"signature must be one of {', '.join(MODES)}, not {mode!r}.")
    return signed(document, look(daemon, document, content=mode == "content", asked=asked), mode)


def unchanged(daemon: Daemon, document: Json, recorded: str | None, mode: str = "stat") -> bool:
    """Whether an earlier signature, taken in the same mode, still holds.

    An earlier one that the engine told is compared with what the engine tells now, even where the disk could be read.
    """
    head, _colon, _digest = (recorded or "").rpartition(":")
    if head not in (f"{VERSION}:{mode}+api", f"{VERSION}:{mode}+disk"):
        return False
    return signature(daemon, document, mode, "api" if head.endswith("+api") else None) == recorded


def signed(document: Json, seen: Look, mode: str = "stat") -> str:
    """The signature of what was looked at."""
    head = f"{VERSION}:{mode}+{seen.method}"
    digest = hashlib.sha256(f"{head}\n{document['Image']}\n".encode())
    if seen.unknown:
        digest.update(os.urandom(16))
    paths = iter(seen.signs.items())
    # Some at a time: quicker than one by one, and never all of it as one text.
    while some := [[path, sign, _signed(seen.facts.get(path), mode)] for path, sign in itertools.islice(paths, 1000)]:
        digest.update(json.dumps(some, separators=(",", ":")).encode())
    return f"{head}:{digest.hexdigest()}"


def _signed(facts: Facts | None, mode: str) -> Facts | None:
    return facts.timeless() if facts is not None and mode == "content" else facts


@dataclasses.dataclass(frozen=True)
class Look:
    """What has changed, and what the changed paths are.

    :param method: who was asked: ``disk`` or ``api``.
    :param listed: the changed paths, sorted.
    :param facts: of each path that is not deleted; ``None``: gone meanwhile, or a mount.
    :param signs: what a signature covers, always in the same order: each path, and what the engine says of it or the
        folder shows of it.
    :param unknown: paths of which nothing can be known; with one of them, no signature is like another.
    """

    method: str
    listed: tuple[Change, ...]
    facts: t.Mapping[str, Facts | None]
    signs: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def warning(self, name: str) -> str | None:
        """What to say of container ``name`` where something of it is not known."""
        if not self.unknown:
            return None
        return (
            f"Container {name} holds names that are not UTF-8 ({', '.join(self.unknown[:5])}), which the engine cannot say, "
            "beside too much to look for them. It counts as changed each time. Rename them, or run this on the engine's host."
        )


def look(
    daemon: Daemon,
    document: Json,
    listed: t.Sequence[Change] | None = None,
    content: bool = False,
    asked: str | None = None,
) -> Look:
    """What has changed now, and what the changed paths are.

    Paths at or below a mount are only listed: the engine would show the volume instead of the container's own layer.

    :param listed: of which paths, where the engine has to be asked; else of all that it lists.
    :param content: the sha256 of each file too.
    :param asked: ``api`` asks the engine even where the disk could be read.
    :raises Missing: the container is gone.
    :raises Conflict: it is dead.
    """
    found = _on_disk(document, content) if asked != "api" else None
    return found if found is not None else _told_by_engine(daemon, document, listed, content)


def _told_by_engine(daemon: Daemon, document: Json, listed: t.Sequence[Change] | None, content: bool) -> Look:
    mounts = _mounts(document)
    if listed is None:
        listed = _of_engine(daemon, document)
    paths = [change.path for change in listed if change.kind != "deleted" and not _within(change.path, mounts)]

    def free(folder: str) -> bool:
        """Reading it as a whole would bring along what is mounted in it."""
        return not _within(folder, mounts) and not any(mount.startswith(folder + "/") for mount in mounts)

    whole = tuple(filter(free, new_folders(listed)))
    crowded = [folder for folder in archive_api.crowded_folders(paths) if free(folder) and not _within(folder, whole)]
    unreadable = [path for path in paths if archive_api.UNREADABLE_MARK in path]
    paths = [path for path in paths if archive_api.UNREADABLE_MARK not in path]
    facts = archive_api.look(daemon, document, paths, whole, content, crowded)
    found, unknown = archive_api.unreadable(daemon, document, unreadable)
    signs: dict[str, str | None] = {}
    for change in sorted(listed, key=lambda change: change.path):
        for name in sorted(found.get(change.path) or (change.path,)):
            signs[name] = change.kind
            if change.path in found:
                facts[name] = found[change.path].get(name)
    return Look("api", tuple(listed), facts, signs, tuple(unknown))


def _on_disk(document: Json, content: bool) -> Look | None:
    """``None`` where the layer, or a part of it, cannot be read: the engine shows all of it."""
    layer = overlay.layer(refuse_dead(document))
    facts: dict[str, Facts | None] = {}
    signs: dict[str, str | None] = {}
    kinds: dict[str, str] = {}
    try:
        for path, seen, sign, kind in () if layer is None else overlay.walk(layer, _mounts(document), content):
            if kind is not None:
                kinds[path] = kind
            if seen is not None:
                facts[path] = seen
            if sign != overlay.IMPLIED:
                signs[path] = sign
    except OSError:
        return None
    return None if layer is None else Look("disk", with_folders(kinds), facts, signs)


def _mounts(document: Json) -> tuple[str, ...]:
    """Not those of ``--tmpfs``: there the engine shows the layer's own folder (20.10, 26.1), as the disk does."""
    return tuple(str(mount["Destination"]).rstrip("/") for mount in document.get("Mounts") or ())


def new_folders(listed: t.Iterable[Change]) -> list[str]:
    """The outermost folders that were added with something in them: all that is in them is listed too."""
    added = {change.path for change in listed if change.kind == "added"}
    parents = {path.rpartition("/")[0] for path in added} & added
    return sorted(path for path in parents if path.rpartition("/")[0] not in added)


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
