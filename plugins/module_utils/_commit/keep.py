# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshots that an engine holds of one repository, and which of them are outdated.

Only images that ``container_commit`` has made itself for this repository are ever listed, and only those are removed:
see :mod:`.._image.provenance` for how they are told from their descendants.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._engine.client import Daemon, quoted
from .._errors import Conflict, Missing
from .._image.snapshot_labels import PREFIX, Provenance, read
from .._notation.references import split_tag
from .._parallel import run_parallel
from .._types import Json


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One image of ours. ``tags`` are its references in the repository, ``others`` those elsewhere."""

    id: str
    created: str
    provenance: Provenance
    tags: tuple[str, ...]
    others: tuple[str, ...]
    author: str
    comment: str
    parent: str


def snapshots(daemon: Daemon, repository: str) -> list[Snapshot]:
    """The snapshots of this repository, the newest first, those without a tag too."""
    filters = {"label": [f"{PREFIX}repository={repository}"]}
    listed = daemon.get("/images/json", params={"filters": filters})
    outcomes = run_parallel(sorted({str(item["Id"]) for item in listed}), lambda id: _snapshot(daemon, repository, id))
    for outcome in outcomes:
        # An image that was listed and is gone now is no longer a snapshot.
        if outcome.error is not None and not isinstance(outcome.error, Missing):
            raise outcome.error
    found = [outcome.value for outcome in outcomes if outcome.value is not None]
    return sorted(found, key=lambda snapshot: (snapshot.created, snapshot.id), reverse=True)


def history(daemon: Daemon, image: str) -> list[Json]:
    """The image's history, its newest entry first."""
    return t.cast("list[Json]", daemon.get(f"/images/{quoted(image)}/history", about=f"image {image}"))


def _snapshot(daemon: Daemon, repository: str, image: str) -> Snapshot | None:
    document = daemon.image(image)
    provenance = read((document.get("Config") or {}).get("Labels"))
    if provenance is None or provenance.repository != repository:
        return None
    if len(history(daemon, image)) != provenance.depth:
        return None
    tags = [str(tag) for tag in document.get("RepoTags") or ()]
    return Snapshot(
        id=str(document["Id"]),
        created=_comparable(str(document.get("Created") or "")),
        provenance=provenance,
        tags=tuple(tag for tag in tags if split_tag(tag)[0] == repository),
        others=tuple(tag for tag in tags if split_tag(tag)[0] != repository),
        author=str(document.get("Author") or ""),
        comment=str(document.get("Comment") or ""),
        parent=str(document.get("Parent") or ""),
    )


def _comparable(created: str) -> str:
    """The engine's time in UTC, which has up to nine digits behind the point, with nine, so that text sorts right."""
    second, _point, fraction = created.rstrip("Z").partition(".")
    return f"{second}.{fraction.ljust(9, '0')}Z"


@dataclasses.dataclass(frozen=True)
class Outdated:
    """What goes, and what would have to go but is needed: by a container, or by an image built on it."""

    removed: tuple[Snapshot, ...] = ()
    needed: tuple[Snapshot, ...] = ()


def outdated(daemon: Daemon, held: t.Sequence[Snapshot], keep: int | None, spare: t.Collection[str]) -> Outdated:
    """The snapshots beyond the newest ``keep``.

    :param held: the snapshots, the newest first; one that is about to be made is ``keep`` lessened by one.
    :param spare: ids that stay, however old they are.
    """
    # One that only another repository names belongs there now.
    counted = [snapshot for snapshot in held if snapshot.tags or not snapshot.others]
    old = [] if keep is None else [snapshot for snapshot in counted[keep:] if snapshot.id not in spare]
    if not old:
        return Outdated()
    used = {str(container.get("ImageID")) for container in daemon.containers()}
    used |= {str(image.get("ParentId")) for image in daemon.get("/images/json", params={"all": True})}
    return Outdated(
        removed=tuple(snapshot for snapshot in old if snapshot.id not in used),
        needed=tuple(snapshot for snapshot in old if snapshot.id in used),
    )


def remove(daemon: Daemon, snapshot: Snapshot, except_for: str) -> bool:
    """Take away the snapshot's tags in its repository, and the image with the last of them.

    An image that carries a tag of another repository keeps that and stays. Nothing is forced, and the images below it
    are left alone (``noprune``).

    :param except_for: a reference that is no longer this snapshot's.
    :returns: false when it turned out to be needed.
    """
    tags = [tag for tag in snapshot.tags if tag != except_for]
    for reference in tags or ([] if snapshot.others else [snapshot.id]):
        try:
            daemon.delete(f"/images/{quoted(reference)}", params={"noprune": True}, about=f"image {reference}")
        except Missing:
            continue
        except Conflict:
            return False
    return True
