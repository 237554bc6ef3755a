# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``container_commit`` returns, shows and warns of."""

from __future__ import annotations

import re
import typing as t

from .._engine.client import Daemon
from .._image.snapshot_labels import read
from .._lock import container_at_rest
from .._task import Task
from .._types import Json
from .commit import Plan, Wish, perform, plan, refuse_large_files
from .keep import Snapshot, history

_SECRET = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_?KEY|(^|_|PG)PASS(_|$)",
    re.IGNORECASE,
)
# Where a secret is read from is none itself.
_HARMLESS = re.compile(r"_(FILE|PATH|DIR|URL|NAME|ID|TTL|EXPIRY|LENGTH)$", re.I)


def report(daemon: Daemon, params: t.Mapping[str, t.Any], check: bool, warn: t.Callable[[str], None]) -> Json:
    """The module's result; nothing is changed when ``check`` is set.

    :raises Missing: there is no such container.
    """
    wish = Wish.of(params)
    document = container_at_rest(daemon, wish.container)
    todo = plan(daemon, document, wish)
    wish = todo.wish
    if unknown := todo.seen.warning(wish.container):
        warn(unknown)
    if todo.action == "commit":
        refuse_large_files(document, todo.seen, wish, warn)
    image, removed, needed = _planned(todo) if check else perform(daemon, document, todo)
    for text in warnings(document) if todo.action == "commit" else ():
        warn(text)
    for snapshot in needed:
        warn(f"The old snapshot {_name(snapshot)} stays: a container or another image needs it.")
    made = daemon.find_image(image) if image is not None and not check else None
    return {
        "changed": todo.action is not None or bool(removed),
        "action": todo.action or "none",
        "counts": todo.counts,
        "diff": diff(wish, todo, made, removed),
        "image_id": image,
        "layer_size": int(history(daemon, image)[0]["Size"]) if image is not None else None,
        "reference": wish.reference,
        "removed": [_shown(snapshot, wish) for snapshot in removed],
        "signature": todo.provenance.signature,
        "snapshots": [_held(snapshot) for snapshot in todo.held],
        "tags": sorted(made.get("RepoTags") or ()) if made is not None else _tags(todo, wish),
    }


def _planned(todo: Plan) -> tuple[str | None, t.Sequence[Snapshot], t.Sequence[Snapshot]]:
    return todo.twin.id if todo.twin is not None else None, todo.outdated.removed, todo.outdated.needed


def _tags(todo: Plan, wish: Wish) -> list[str]:
    """What the image's references would be."""
    now = {*todo.twin.tags, *todo.twin.others} if todo.twin is not None else set()
    return sorted({*now, wish.reference})


def _name(snapshot: Snapshot) -> str:
    return (snapshot.tags or (snapshot.id[:19],))[0]


def _shown(snapshot: Snapshot, wish: Wish) -> Json:
    return {"id": snapshot.id, "tags": [tag for tag in snapshot.tags if tag != wish.reference]}


def _held(snapshot: Snapshot) -> Json:
    return {
        "created": snapshot.created,
        "id": snapshot.id,
        "message": snapshot.comment,
        "tags": list(snapshot.tags),
    }


def diff(wish: Wish, todo: Plan, made: Json | None, removed: t.Sequence[Snapshot]) -> Json:
    """The tag before and after: on which image it is, of which state that is, and which snapshots are gone."""
    before: Json = {"reference": wish.reference, "image": None}
    if todo.holder is not None:
        was = read((todo.holder.get("Config") or {}).get("Labels"))
        before.update({"image": todo.holder["Id"], **_state(was)})
    after = dict(before)
    if todo.action is not None:
        image = made["Id"] if made is not None else todo.twin.id if todo.twin is not None else "(to be committed)"
        state = todo.provenance if todo.twin is None else todo.twin.provenance
        after = {"reference": wish.reference, "image": image, **_state(state)}
    before["old_snapshots"] = [_name(snapshot) for snapshot in removed]
    after["old_snapshots"] = []
    return {"before": before, "after": after}


def _state(provenance: t.Any) -> Json:
    if provenance is None:
        return {}
    return {
        "changed_paths": provenance.paths,
        "request": provenance.request,
        "signature": provenance.signature,
        "source": provenance.source,
    }


def warnings(document: Json) -> list[str]:
    """What a snapshot of the container leaves out, and what it gives away."""
    name = str(document["Name"]).lstrip("/")
    found = []
    mounts = sorted(_mount(mount) for mount in document.get("Mounts") or ())
    if mounts:
        found.append(f"The image does not hold what container {name} has in its mounts: {', '.join(mounts)}.")
    secrets = sorted({entry.partition("=")[0] for entry in document["Config"].get("Env") or () if _looks_secret(entry)})
    if secrets:
        found.append(
            f"Environment variables of container {name} look like secrets, and whoever gets the image can read them: "
            f"{', '.join(secrets)}."
        )
    return found


def _mount(mount: Json) -> str:
    what = [str(mount["Type"]), str(mount.get("Name") or mount.get("Source") or "")]
    return f"{mount['Destination']} ({' '.join(what).strip()})"


def _looks_secret(entry: str) -> bool:
    key, _equals, value = entry.partition("=")
    return bool(value) and bool(_SECRET.search(key)) and not _HARMLESS.search(key)


def run(task: Task) -> Json:
    """The task of ``container_commit``; see :func:`report`."""
    return report(task.daemon, task.params, task.check_mode, task.warn)
