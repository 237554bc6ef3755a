# SPDX-License-Identifier: GPL-3.0-or-later

"""A container committed to an image, once for each of its states."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
import typing as t

from .. import _group
from .._engine.client import Daemon
from .._errors import Conflict, Failed, InvalidInput, StevedoreError
from .._filesystem import large_files, overlay
from .._filesystem.changes import ChangeSet, compute_signature, read_changes, signature_holds
from .._image import config, evaluation, instructions
from .._image.snapshot_labels import PREFIX, Provenance, request_digest
from .._notation.references import is_repository, is_tag, split_tag
from .._notation.times import STAMP, STAMP_PATTERN
from .._pause import unpaused_whatever_happens
from .._selection import name_of
from .._types import Json
from .keep import Outdated, Snapshot, history, outdated, remove, snapshots

# In a tag, the time of the commit; and what such times look like.
TIMESTAMP = "{timestamp}"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the module was asked for, checked. ``tag`` may contain :data:`TIMESTAMP` until :func:`dated`."""

    container: str
    repository: str
    tag: str
    author: str
    message: str
    changes: tuple[instructions.Instruction, ...]
    labels: t.Mapping[str, str]
    pause: bool
    force: bool
    keep: int | None
    signature: str
    check_space: bool = True
    max_file_size: int = 0

    @property
    def reference(self) -> str:
        return f"{self.repository}:{self.tag}"

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> Wish:
        """The module's options.

        :raises InvalidInput: a reference, an instruction, a label or a number that cannot be.
        """
        repository, in_name = split_tag(params["repository"])
        tag = params["tag"] or in_name or "latest"
        if in_name and params["tag"] and in_name != params["tag"]:
            raise InvalidInput(f"repository names the tag {in_name}, but tag is {params['tag']}: give one of them.")
        if not is_repository(repository) or not is_tag(tag.replace(TIMESTAMP, "T")):
            raise InvalidInput(f"{repository}:{tag} is not a name that an image can have (lower case, [a-z0-9._-/]).")
        if params["keep"] is not None and params["keep"] < 1:
            raise InvalidInput(f"keep must be at least 1, but is {params['keep']}.")
        parsed = instructions.parse(params["changes"])
        evaluation.apply({}, parsed)
        return cls(
            container=params["container"],
            repository=repository,
            tag=tag,
            author=params["author"] or "",
            message=params["comment"] or "",
            changes=parsed,
            labels=_labels(params["labels"] or {}),
            pause=params["pause"],
            force=params["force"],
            keep=params["keep"],
            signature=params["signature"],
            check_space=params["check_space"],
            max_file_size=large_files.parse_bound(params["max_file_size"]),
        )


def _labels(given: t.Mapping[str, t.Any]) -> dict[str, str]:
    for name, value in given.items():
        if not name or name.startswith(PREFIX) or isinstance(value, (dict, list, type(None))):
            raise InvalidInput(f"labels: {name!r}={value!r} is not a label; names that begin with {PREFIX} are ours.")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is there and what is to be done about it. ``action`` is commit, tag or ``None``; ``held`` is there before."""

    action: str | None
    wish: Wish
    provenance: Provenance
    counts: t.Mapping[str, int]
    holder: Json | None
    twin: Snapshot | None
    outdated: Outdated
    held: tuple[Snapshot, ...]
    seen: ChangeSet


def dated(wish: Wish, held: t.Iterable[Snapshot], same: t.Callable[[Snapshot], bool]) -> Wish:
    """The wish with a tag that is settled: that of the newest dated snapshot while it holds, else one of now."""
    if TIMESTAMP not in wish.tag:
        return wish
    pattern = re.compile(STAMP_PATTERN.join(re.escape(part) for part in wish.tag.split(TIMESTAMP)) + r"\Z")
    for snapshot in held:
        tags = sorted(tag for _name, tag in map(split_tag, snapshot.tags) if tag and pattern.match(tag))
        if tags:
            if same(snapshot) and not wish.force:
                return dataclasses.replace(wish, tag=tags[-1])
            break
    return dataclasses.replace(wish, tag=wish.tag.replace(TIMESTAMP, time.strftime(STAMP, time.gmtime())))


def plan(daemon: Daemon, document: Json, wish: Wish) -> Plan:
    """What committing would do. Looks, and changes nothing.

    :raises Conflict: the tag is on an image that is not a snapshot of ours.
    """
    provenance, counts, seen = _state(daemon, document, wish)
    held = snapshots(daemon, wish.repository)

    def same(snapshot: Snapshot) -> bool:
        return _same(daemon, document, wish, provenance, snapshot)

    wish = dated(wish, held, same)
    holder = daemon.find_image(wish.reference)
    ours = next((s for s in held if holder is not None and s.id == holder["Id"]), None)
    if holder is not None and ours is None and not wish.force:
        raise Conflict(
            f"{wish.reference} is already another image ({holder['Id'][:19]}), not a snapshot made by this module: "
            "choose another tag, or take this one over with force: true.",
            object=f"image {wish.reference}",
        )
    twin = None if wish.force else _twin(wish, held, ours, same)
    action = "commit" if twin is None else "tag" if twin is not ours else None
    keep = None if wish.keep is None else wish.keep - (action == "commit")
    spare = {twin.id} if twin is not None else set()
    gone = outdated(daemon, held, keep, spare)
    return Plan(action, wish, provenance, counts, holder, twin, gone, tuple(held), seen)


def refuse_large_files(document: Json, seen: ChangeSet, wish: Wish, warn: t.Callable[[str], None]) -> None:
    """
    :raises Failed: a file, or all of them together, are too large for the engine's store, as far as this host has it.
    """
    layer = overlay.find_layer(document) if wish.check_space and seen.method == "disk" else None
    free = large_files.free_space(layer.upper_dir) if layer is not None else None
    limits = large_files.Limits(wish.max_file_size, "the engine's store", free)
    large_files.check_large_files(
        document, seen, limits, warn, "or make room there; check_space: false tries it all the same"
    )
    needed = large_files.total_size(seen)
    if free is not None and needed > free:
        raise Failed(
            f"A snapshot of container {wish.container} needs up to {large_files.format_bytes(needed)}, and the engine's store has "
            f"{large_files.format_bytes(free)} free. Make room, or set check_space: false.",
            object=f"container {wish.container}",
        )


def _state(daemon: Daemon, document: Json, wish: Wish) -> tuple[Provenance, dict[str, int], ChangeSet]:
    """What the snapshot would be made of."""
    seen = read_changes(daemon, document)
    if wish.signature == "content":
        # Before they are read.
        refuse_large_files(document, seen, wish, lambda _text: None)
        seen = read_changes(daemon, document, content=True)
    counts = {kind: sum(c.kind == kind for c in seen.changes) for kind in ("added", "deleted", "modified")}
    shape = [config.normal(document["Config"]), instructions.texts(wish.changes), dict(wish.labels)]
    found = Provenance(
        container=name_of(document),
        repository=wish.repository,
        source=document["Image"],
        signature=compute_signature(document, seen, wish.signature),
        request=request_digest(*shape),
        depth=len(history(daemon, document["Image"])) + 1,
        paths=" ".join(f"{kind}={number}" for kind, number in counts.items()),
    )
    return found, counts, seen


def _same(daemon: Daemon, document: Json, wish: Wish, now: Provenance, snapshot: Snapshot) -> bool:
    """Whether the snapshot is what would be committed now."""
    recorded = snapshot.provenance.signature
    if not now.resembles(snapshot.provenance):
        return False
    if recorded.rpartition(":")[0] == now.signature.rpartition(":")[0]:
        return recorded == now.signature
    # Taken with the other of the two ways to look.
    return signature_holds(daemon, document, recorded, wish.signature)


def _twin(
    wish: Wish, held: t.Sequence[Snapshot], ours: Snapshot | None, same: t.Callable[[Snapshot], bool]
) -> Snapshot | None:
    """The snapshot that is what would be committed: the one that has the tag, else one that could be given it."""
    if ours is not None and same(ours):
        return ours
    # A tag alone would hide the author and the message that were asked for.
    alike = (s for s in held if (s.author, s.comment) == (wish.author, wish.message))
    return next((snapshot for snapshot in alike if same(snapshot)), None)


def commit(daemon: Daemon, document: Json, wish: Wish, provenance: Provenance) -> str:
    """Commit the container and return the new image's id.

    The image gets its tag when it is there: an engine that dies in the middle leaves the tag on the old image. Labels
    go in the body, where they may hold any character; 20.10 refuses STOPSIGNAL among ``changes``.
    """
    blank = _group.blank_group_labels(document["Config"].get("Labels"))
    body: Json = {"Labels": {**blank, **wish.labels, **provenance.labels()}}
    ours = [instruction for instruction in wish.changes if instruction.keyword not in instructions.ENGINE]
    body.update({"Shell": document["Config"].get("Shell")} if document["Config"].get("Shell") else {})
    body.update(evaluation.apply({}, ours))
    params = {
        "container": document["Id"],
        "author": wish.author or None,
        "comment": wish.message or None,
        "pause": wish.pause,
        "changes": [i.text for i in wish.changes if i not in ours] or None,
    }
    with unpaused_whatever_happens(daemon, document) if wish.pause else contextlib.nullcontext():
        answer = daemon.post("/commit", params=params, body=body, patient=True, about=f"container {wish.container}")
    return str(answer["Id"])


def give_tag(daemon: Daemon, image: str, wish: Wish, fresh: bool) -> None:
    """Put the tag on the image. A fresh image that cannot get it is taken away again."""
    params = {"repo": wish.repository, "tag": wish.tag}
    try:
        daemon.post(f"/images/{image}/tag", params=params, about=f"image {wish.reference}")
    except StevedoreError:
        if fresh:
            daemon.delete(f"/images/{image}", params={"noprune": True})
        raise


def perform(daemon: Daemon, document: Json, todo: Plan) -> tuple[str, list[Snapshot], list[Snapshot]]:
    """Do what is planned: the image's id, the snapshots removed, and those that turned out to be needed."""
    wish = todo.wish
    image = todo.twin.id if todo.twin is not None else commit(daemon, document, wish, todo.provenance)
    if todo.action is not None:
        give_tag(daemon, image, wish, fresh=todo.action == "commit")
    gone: list[Snapshot] = []
    needed = list(todo.outdated.needed)
    for snapshot in todo.outdated.removed:
        # The tag may have moved on to the new image by now.
        (gone if remove(daemon, snapshot, except_for=wish.reference) else needed).append(snapshot)
    return image, gone, needed
