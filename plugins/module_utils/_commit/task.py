# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``container_commit`` returns, shows and warns of."""

from __future__ import annotations

import re
import typing as t

from .._engine.client import Daemon
from .._image.snapshot_labels import read
from .._lock import container_at_rest
from .._notation import urls
from .._task import Task
from .._types import Json
from .commit import CommitOptions, CommitPlan, carry_out, make_plan, refuse_large_files
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
    options = CommitOptions.parse(params)
    document = container_at_rest(daemon, options.container)
    plan = make_plan(daemon, document, options)
    options = plan.options
    if unknown := plan.seen.warning(options.container):
        warn(unknown)
    if plan.action == "commit":
        refuse_large_files(document, plan.seen, options, warn)
    image, removed, needed = _planned(plan) if check else carry_out(daemon, document, plan)
    for text in warnings(document) if plan.action == "commit" else ():
        warn(text)
    for snapshot in needed:
        warn(f"The old snapshot {_name(snapshot)} stays: a container or another image needs it.")
    made = daemon.find_image(image) if image is not None and not check else None
    return {
        "changed": plan.action is not None or bool(removed),
        "action": plan.action or "none",
        "counts": plan.counts,
        "diff": diff(options, plan, made, removed),
        "image_id": image,
        "layer_size": int(history(daemon, image)[0]["Size"]) if image is not None else None,
        "reference": options.reference,
        "removed": [_describe_removed(snapshot, options) for snapshot in removed],
        "signature": plan.provenance.signature,
        "snapshots": [_describe_snapshot(snapshot) for snapshot in plan.held],
        "tags": sorted(made.get("RepoTags") or ()) if made is not None else _tags(plan, options),
    }


def _planned(plan: CommitPlan) -> tuple[str | None, t.Sequence[Snapshot], t.Sequence[Snapshot]]:
    return plan.twin.id if plan.twin is not None else None, plan.outdated.removed, plan.outdated.needed


def _tags(plan: CommitPlan, options: CommitOptions) -> list[str]:
    """What the image's references would be."""
    now = {*plan.twin.tags, *plan.twin.others} if plan.twin is not None else set()
    return sorted({*now, options.reference})


def _name(snapshot: Snapshot) -> str:
    return (snapshot.tags or (snapshot.id[:19],))[0]


def _describe_removed(snapshot: Snapshot, options: CommitOptions) -> Json:
    return {"id": snapshot.id, "tags": [tag for tag in snapshot.tags if tag != options.reference]}


def _describe_snapshot(snapshot: Snapshot) -> Json:
    return {
        "created": snapshot.created,
        "id": snapshot.id,
        "message": snapshot.comment,
        "tags": list(snapshot.tags),
    }


def diff(options: CommitOptions, plan: CommitPlan, made: Json | None, removed: t.Sequence[Snapshot]) -> Json:
    """The tag before and after: on which image it is, of which state that is, and which snapshots are gone."""
    before: Json = {"reference": options.reference, "image": None}
    if plan.holder is not None:
        was = read((plan.holder.get("Config") or {}).get("Labels"))
        before.update({"image": plan.holder["Id"], **_state(was)})
    after = dict(before)
    if plan.action is not None:
        image = made["Id"] if made is not None else plan.twin.id if plan.twin is not None else "(to be committed)"
        state = plan.provenance if plan.twin is None else plan.twin.provenance
        after = {"reference": options.reference, "image": image, **_state(state)}
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
    return (bool(value) and bool(_SECRET.search(key)) and not _HARMLESS.search(key)) or urls.has_password(value)


def run(task: Task) -> Json:
    """The task of ``container_commit``; see :func:`report`."""
    return report(task.daemon, task.params, task.check_mode, task.warn)
