# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room above ``_daemon``: what differs between a container and its image, and a signature of it.

The list is the engine's own (``GET /containers/ID/changes``, the answer of ``docker diff``). The signature is a digest
over that list, over what each listed path is, and over the image's id. It is what makes commit and export idempotent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from .._daemon import Daemon, Json, quoted
from .._errors import InvalidInput
from .._parallel import each, values
from .stats import Disk, Engine, Facts, View

# The engine's kinds. docker diff prints D for a deleted path, although some notes say B.
KINDS = {0: "modified", 1: "added", 2: "deleted"}
SYMBOLS = {"modified": "C", "added": "A", "deleted": "D"}
MODES = ("stat", "content")


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
    """
    about = f"container {document['Name'].lstrip('/')}"
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


def signature(daemon: Daemon, document: Json, mode: str = "stat") -> str:
    """A digest of what differs from the image: ``v1:stat+disk:SHA256``.

    Two signatures are comparable when all before the last colon is equal.

    :param document: the container's inspect document.
    :param mode: ``stat`` looks at type, size, mode, time and link of each path.
    :raises Missing: the container is gone.
    """
    if mode not in MODES:
        raise InvalidInput(f"signature must be one of {', '.join(MODES)}, not {mode!r}.")
    listed = changes(daemon, document)
    view, facts = looked(daemon, document, listed)
    head = f"v1:{mode}+{view.method}"
    digest = hashlib.sha256(f"{head}\n{document['Image']}\n".encode())
    for change in listed:
        seen = facts.get(change.path)
        record = [change.path, change.kind, dataclasses.astuple(seen) if seen else None]
        digest.update(json.dumps(record, separators=(",", ":")).encode() + b"\n")
    return f"{head}:{digest.hexdigest()}"


def looked(daemon: Daemon, document: Json, listed: t.Iterable[Change]) -> tuple[View, dict[str, Facts | None]]:
    """What each path that is not deleted is, and who was asked.

    Paths at or below a mount are left out: the engine would show the volume instead of the container's own layer.
    """
    hidden = tuple(str(mount["Destination"]).rstrip("/") for mount in document.get("Mounts") or ())
    paths = [c.path for c in listed if c.kind != "deleted" and not _within(c.path, hidden)]
    disk = Disk.of(document)
    if disk is not None:
        try:
            return disk, {path: disk.facts(path) for path in paths}
        except PermissionError:
            pass  # Only parts of the layer may be read: the engine shows all of it.
    engine = Engine(daemon, document)
    return engine, dict(zip(paths, values(each(paths, engine.facts))))


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
