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
class CommitOptions:
    """What the module was asked for, checked. ``tag`` may contain :data:`TIMESTAMP` until :func:`resolve_tag`."""

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
    def parse(cls, params: t.Mapping[str, t.Any]) -> CommitOptions:
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
class CommitPlan:
    """What is there and what is to be done about it. ``action`` is commit, tag or ``None``; ``held`` is there before."""

    action: str | None
    options: CommitOptions
    provenance: Provenance
    counts: t.Mapping[str, int]
    holder: Json | None
    twin: Snapshot | None
    outdated: Outdated
    held: tuple[Snapshot, ...]
    seen: ChangeSet


def resolve_tag(
    options: CommitOptions, held: t.Iterable[Snapshot], same: t.Callable[[Snapshot], bool]
) -> CommitOptions:
    """The options with the time filled in: that of the newest snapshot with such a tag while it holds, else now."""
    if TIMESTAMP not in options.tag:
        return options
    pattern = re.compile(STAMP_PATTERN.join(re.escape(part) for part in options.tag.split(TIMESTAMP)) + r"\Z")
    for snapshot in held:
        tags = sorted(tag for _name, tag in map(split_tag, snapshot.tags) if tag and pattern.match(tag))
        if tags:
            if same(snapshot) and not options.force:
                return dataclasses.replace(options, tag=tags[-1])
            break
    return dataclasses.replace(options, tag=options.tag.replace(TIMESTAMP, time.strftime(STAMP, time.gmtime())))


def make_plan(daemon: Daemon, document: Json, options: CommitOptions) -> CommitPlan:
    """What committing would do. Looks, and changes nothing.

    :raises Conflict: the tag is on an image that is not a snapshot of ours.
    :raises InvalidInput: one of the changes would have no effect.
    """
    _refuse_empty_commands(document, options)
    provenance, counts, seen = _state(daemon, document, options)
    held = snapshots(daemon, options.repository)

    def same(snapshot: Snapshot) -> bool:
        return _same(daemon, document, options, provenance, snapshot)

    options = resolve_tag(options, held, same)
    holder = daemon.find_image(options.reference)
    ours = next((s for s in held if holder is not None and s.id == holder["Id"]), None)
    if holder is not None and ours is None and not options.force:
        raise Conflict(
            f"{options.reference} is already another image ({holder['Id'][:19]}), not a snapshot made by this module: "
            "choose another tag, or take this one over with force: true.",
            object=f"image {options.reference}",
        )
    twin = None if options.force else _twin(options, held, ours, same)
    action = "commit" if twin is None else "tag" if twin is not ours else None
    keep = None if options.keep is None else options.keep - (action == "commit")
    spare = {twin.id} if twin is not None else set()
    gone = outdated(daemon, held, keep, spare)
    return CommitPlan(action, options, provenance, counts, holder, twin, gone, tuple(held), seen)


def _refuse_empty_commands(document: Json, options: CommitOptions) -> None:
    """
    :raises InvalidInput: an empty CMD or ENTRYPOINT, which the engine takes for none given, so that the container's stays (20.10).
    """
    own = document["Config"]
    wanted = evaluation.apply(own, options.changes)
    given = {instruction.keyword for instruction in options.changes}
    # An empty CMD does have an effect where there is an ENTRYPOINT.
    for keyword, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd")):
        if keyword in given and own.get(key) and not wanted.get(key) and not wanted.get("Entrypoint"):
            raise InvalidInput(
                f"changes: an empty {keyword} has no effect in a commit, as the engine keeps that of container {options.container}: "
                f"{' '.join(own[key])}. Give another one, or use container_export and container_import.",
                object=f"container {options.container}",
            )


def refuse_large_files(document: Json, seen: ChangeSet, options: CommitOptions, warn: t.Callable[[str], None]) -> None:
    """
    :raises Failed: a file, or all of them together, are too large for the engine's store, as far as this host has it.
    """
    layer = overlay.find_layer(document) if options.check_space and seen.method == "disk" else None
    free = large_files.free_space(layer.upper_dir) if layer is not None else None
    limits = large_files.Limits(options.max_file_size, "the engine's store", free)
    large_files.check_large_files(
        document, seen, limits, warn, "or make room there; check_space: false tries it all the same"
    )
    needed = large_files.total_size(seen)
    if free is not None and needed > free:
        raise Failed(
            f"A snapshot of container {options.container} needs up to {large_files.format_bytes(needed)}, and the engine's store has "
            f"{large_files.format_bytes(free)} free. Make room, or set check_space: false.",
            object=f"container {options.container}",
        )


def _state(daemon: Daemon, document: Json, options: CommitOptions) -> tuple[Provenance, dict[str, int], ChangeSet]:
    """What the snapshot would be made of."""
    seen = read_changes(daemon, document)
    if options.signature == "content":
        # Before they are read.
        refuse_large_files(document, seen, options, lambda _text: None)
        seen = read_changes(daemon, document, content=True)
    counts = {kind: sum(c.kind == kind for c in seen.changes) for kind in ("added", "deleted", "modified")}
    shape = [config.normal(document["Config"]), instructions.texts(options.changes), dict(options.labels)]
    found = Provenance(
        container=name_of(document),
        repository=options.repository,
        source=document["Image"],
        signature=compute_signature(document, seen, options.signature),
        request=request_digest(*shape),
        depth=len(history(daemon, document["Image"])) + 1,
        paths=" ".join(f"{kind}={number}" for kind, number in counts.items()),
    )
    return found, counts, seen


def _same(daemon: Daemon, document: Json, options: CommitOptions, now: Provenance, snapshot: Snapshot) -> bool:
    """Whether the snapshot is what would be committed now."""
    recorded = snapshot.provenance.signature
    if not now.resembles(snapshot.provenance):
        return False
    if recorded.rpartition(":")[0] == now.signature.rpartition(":")[0]:
        return recorded == now.signature
    # Taken with the other of the two ways to look.
    return signature_holds(daemon, document, recorded, options.signature)


def _twin(
    options: CommitOptions, held: t.Sequence[Snapshot], ours: Snapshot | None, same: t.Callable[[Snapshot], bool]
) -> Snapshot | None:
    """The snapshot that is what would be committed: the one that has the tag, else one that could be given it."""
    if ours is not None and same(ours):
        return ours
    # A tag alone would hide the author and the message that were asked for.
    alike = (s for s in held if (s.author, s.comment) == (options.author, options.message))
    return next((snapshot for snapshot in alike if same(snapshot)), None)


def commit(daemon: Daemon, document: Json, options: CommitOptions, provenance: Provenance) -> str:
    """Commit the container and return the new image's id.

    The image gets its tag when it is there: an engine that dies in the middle leaves the tag on the old image. Labels
    go in the body, where they may hold any character; 20.10 refuses STOPSIGNAL among ``changes``.
    """
    blank = _group.blank_group_labels(document["Config"].get("Labels"))
    body: Json = {"Labels": {**blank, **options.labels, **provenance.labels()}}
    ours = [instruction for instruction in options.changes if instruction.keyword not in instructions.ENGINE]
    # Where the body has no Entrypoint, 20.10 takes an empty CMD for none given, even if the container has one.
    own = document["Config"]
    body.update({key: own[key] for key in ("Shell", "Entrypoint", "Cmd") if own.get(key)})
    body.update(evaluation.apply({}, ours))
    params = {
        "container": document["Id"],
        "author": options.author or None,
        "comment": options.message or None,
        "pause": options.pause,
        "changes": [i.text for i in options.changes if i not in ours] or None,
    }
    with unpaused_whatever_happens(daemon, document) if options.pause else contextlib.nullcontext():
        answer = daemon.post("/commit", params=params, body=body, patient=True, about=f"container {options.container}")
    return str(answer["Id"])


def give_tag(daemon: Daemon, image: str, options: CommitOptions, fresh: bool) -> None:
    """Put the tag on the image. A fresh image that cannot get it is taken away again."""
    params = {"repo": options.repository, "tag": options.tag}
    try:
        daemon.post(f"/images/{image}/tag", params=params, about=f"image {options.reference}")
    except StevedoreError:
        if fresh:
            daemon.delete(f"/images/{image}", params={"noprune": True})
        raise


def carry_out(daemon: Daemon, document: Json, plan: CommitPlan) -> tuple[str, list[Snapshot], list[Snapshot]]:
    """Do what is planned: the image's id, the snapshots removed, and those that turned out to be needed."""
    options = plan.options
    image = plan.twin.id if plan.twin is not None else commit(daemon, document, options, plan.provenance)
    if plan.action is not None:
        give_tag(daemon, image, options, fresh=plan.action == "commit")
    gone: list[Snapshot] = []
    needed = list(plan.outdated.needed)
    for snapshot in plan.outdated.removed:
        # The tag may have moved on to the new image by now.
        (gone if remove(daemon, snapshot, except_for=options.reference) else needed).append(snapshot)
    return image, gone, needed
