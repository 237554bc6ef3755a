# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room above ``_daemon``: what differs between a container and its image, and a signature of it.

The list is the engine's own (``GET /containers/ID/changes``, the answer of ``docker diff``). The signature is a digest
over what each changed path is and over the image's id: read from the layer's folder where this host has it, else from
the engine's list. It is what makes commit and export idempotent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import typing as t

from .._daemon import Daemon, Json, quoted
from .._errors import InvalidInput
from .._select import name_of, not_dead
from . import disk, engine
from .facts import Facts

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
    """The container's changed paths, sorted; none where the engine answers ``null``.

    :raises Missing: the container is gone.
    :raises Conflict: it is dead.
    """
    about = f"container {name_of(not_dead(document))}"
    answer = daemon.get(f"/containers/{quoted(document['Id'])}/changes", about=about)
    return told(answer or ())


def told(answer: t.Iterable[Json]) -> tuple[Change, ...]:
    """The engine's answer as changes.

    The engine lists every folder above a changed path as modified, whether or not the folder itself was changed, and
    does not say which. Such a folder counts as implied.
    """
    listed = sorted((str(item["Path"]), KINDS[item["Kind"]]) for item in answer)
    above: set[str] = set()
    for path, _kind in listed:
        parent = path.rpartition("/")[0]
        while parent and parent not in above:
            above.add(parent)
            parent = parent.rpartition("/")[0]
    return tuple(Change(path, kind, kind == "modified" and path in above) for path, kind in listed)


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
    paths = iter(seen.signs.items())
    # Some at a time: quicker than one by one, and never all of it as one text.
    while some := [[path, sign, _signed(seen.facts.get(path), mode)] for path, sign in itertools.islice(paths, 1000)]:
        digest.update(json.dumps(some, separators=(",", ":")).encode())
    return f"{head}:{digest.hexdigest()}"


def _signed(facts: Facts | None, mode: str) -> Facts | None:
    return facts.timeless() if facts is not None and mode == "content" else facts


@dataclasses.dataclass(frozen=True)
class Look:
    """What the changed paths are.

    :param method: who was asked: ``disk`` or ``api``.
    :param facts: of each path that is not deleted; ``None``: gone meanwhile, or a mount.
    :param signs: what a signature covers, always in the same order: each path, and what the engine says of it or the
        folder shows of it.
    """

    method: str
    facts: t.Mapping[str, Facts | None]
    signs: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)


def look(
    daemon: Daemon,
    document: Json,
    listed: t.Sequence[Change] | None = None,
    content: bool = False,
    asked: str | None = None,
) -> Look:
    """What the changed paths are now.

    Paths at or below a mount are left out: the engine would show the volume instead of the container's own layer.

    :param listed: of which paths, where the engine has to be asked; else of all that it lists.
    :param content: the sha256 of each file too.
    :param asked: ``api`` asks the engine even where the disk could be read.
    """
    mounts = tuple(str(mount["Destination"]).rstrip("/") for mount in document.get("Mounts") or ())
    layer = disk.layer(document) if asked != "api" else None
    if layer is not None:
        try:
            return _of_disk(disk.walk(layer, frozenset(mounts), content))
        except OSError:
            pass  # Only parts of the layer may be read: the engine shows all of it.
    if listed is None:
        listed = changes(daemon, document)
    paths = [change.path for change in listed if change.kind != "deleted" and not _within(change.path, mounts)]

    def free(folder: str) -> bool:
        """Reading it as a whole would bring along what is mounted in it."""
        return not _within(folder, mounts) and not any(mount.startswith(folder + "/") for mount in mounts)

    whole = tuple(filter(free, new_folders(listed)))
    crowded = [folder for folder in engine.crowded_folders(paths) if free(folder) and not _within(folder, whole)]
    facts = engine.look(daemon, document, paths, whole, content, crowded)
    return Look("api", facts, {change.path: change.kind for change in sorted(listed, key=lambda change: change.path)})


def _of_disk(entries: t.Iterable[disk.Entry]) -> Look:
    facts: dict[str, Facts | None] = {}
    signs: dict[str, str | None] = {}
    for path, seen, sign in entries:
        facts[path] = seen
        if sign != disk.IMPLIED:
            signs[path] = sign
    return Look("disk", facts, signs)


def new_folders(listed: t.Iterable[Change]) -> list[str]:
    """The outermost folders that were added with something in them: all that is in them is listed too."""
    added = {change.path for change in listed if change.kind == "added"}
    parents = {path.rpartition("/")[0] for path in added} & added
    return sorted(path for path in parents if path.rpartition("/")[0] not in added)


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
