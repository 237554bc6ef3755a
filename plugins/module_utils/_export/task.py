# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers into archives: once, proven, and never at the cost of the archive that is there."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
import typing as t

from .._archive import compression, path_template, previous, target, writer
from .._archive import manifest as manifests
from .._archive.manifest import FileFacts, Manifest, Origin, StreamFacts
from .._engine.client import Daemon, quoted
from .._errors import Damaged, Failed, InvalidInput, StevedoreError
from .._filesystem import changes, large_files
from .._image import config as image_config
from .._lock import select_at_rest
from .._lookups import Lookups, run_options
from .._notation.times import STAMP
from .._parallel import Outcome, run_parallel
from .._pause import paused
from .._selection import name_of
from .._task import Task
from .._types import Json
from .file_attributes import Attributes

# Bytes that are hashed, written and walked at a time: few enough to stay in a processor's cache until all have done so.
PIECE = 1 << 19


@dataclasses.dataclass(frozen=True)
class Wishes:
    """The module's options, checked against each other."""

    path: str
    compression: str
    level: int | None
    pause: str
    manifest: bool
    force: bool
    backup: bool
    keep: int | None
    verify: str
    signature: str
    check_space: bool
    max_file_size: int

    @classmethod
    def of(cls, params: Json) -> Wishes:
        """:raises InvalidInput: they contradict each other, or this host cannot do it."""
        wishes = cls(
            path=params["path"],
            compression=params["compression"],
            level=params["compression_level"],
            pause=params["pause"],
            manifest=params["manifest"],
            force=params["force"],
            backup=params["backup"],
            keep=params["keep"],
            verify=params["verify"],
            signature=params["signature"],
            check_space=params["check_space"],
            max_file_size=large_files.parse_bound(params["max_file_size"]),
        )
        if wishes.compression == "auto":
            wishes = dataclasses.replace(wishes, compression=compression.by_suffix(wishes.path))
        compression.check(wishes.compression, wishes.level)
        if wishes.keep is not None and not wishes.manifest:
            raise InvalidInput("keep needs manifest: true, which tells our archives from others.")
        return wishes


@dataclasses.dataclass(frozen=True)
class Job:
    """One container and where it goes."""

    document: Json
    path: str
    previous: str | None

    @property
    def name(self) -> str:
        return name_of(self.document)


def export(daemon: Daemon, params: Json, attributes: Attributes, *, check: bool, warn: t.Callable[[str], None]) -> Json:
    """Do what ``container_export`` is asked for; the module's result.

    :raises StevedoreError: one export failed; with several containers the others are done, and ``exports`` tells.
    """
    wishes = Wishes.of(params)
    many = params["filters"] is not None or len(params["name"] or ()) > 1
    path_template.check(wishes.path, several=many, keep=wishes.keep)
    chosen = select_at_rest(daemon, params["name"], params["filters"])
    stamp = time.strftime(STAMP, time.gmtime())
    jobs = [_job(document, wishes, stamp) for document in chosen.require_all()]
    for job in jobs:
        target.check(job.path)
    exporter = Exporter(Lookups(daemon), wishes, attributes, check, warn)
    broken: list[Outcome[Job, Json]] = [
        Outcome(_job(one.item, wishes, stamp), error=one.error) for one in chosen.broken
    ]
    return _result([*run_parallel(jobs, exporter.one, params["parallel"]), *broken], single=not many)


def _job(document: Json, wishes: Wishes, stamp: str) -> Job:
    name = name_of(document)
    found = path_template.existing(wishes.path, name)
    return Job(document, path_template.fill(wishes.path, name, stamp), found[-1] if found else None)


def _result(outcomes: list[Outcome[Job, Json]], single: bool) -> Json:
    exports = []
    for outcome in outcomes:
        failed = {"changed": False, "failed": True} if outcome.error is not None else {}
        failure = {"msg": outcome.error.msg, "failure": outcome.error.failure()} if outcome.error is not None else {}
        base = {"name": outcome.item.name, "id": outcome.item.document["Id"], "path": outcome.item.path}
        exports.append({**base, **failed, **failure, **(outcome.value or {})})
    result: Json = {
        "changed": any(item["changed"] for item in exports),
        "exports": exports,
        "export": exports[0] if single and exports else None,
    }
    diffs = [item.pop("diff") for item in exports if "diff" in item]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if errors and len(outcomes) == 1:
        raise errors[0]
    if errors:
        names = ", ".join(outcome.item.name for outcome in outcomes if outcome.error is not None)
        raise Failed(f"{len(errors)} of {len(outcomes)} exports failed ({names}). The first: {errors[0].msg}", **result)
    return {**result, "diff": diffs}


class Exporter:
    """One task's exports."""

    def __init__(
        self, facts: Lookups, wishes: Wishes, attributes: Attributes, check: bool, warn: t.Callable[[str], None]
    ) -> None:
        self._facts = facts
        self._daemon: Daemon = facts.daemon
        self._wishes = wishes
        self._attributes = attributes
        self._check = check
        self._warn = warn

    def one(self, job: Job) -> Json:
        """Export one container, unless its archive is what a new one would be."""
        # This comes first: what changes during the export then makes the next one export again.
        seen = changes.read_changes(self._daemon, job.document)
        if self._wishes.signature == "content":
            # Before they are read.
            self._refuse_large_files(job, seen)
            seen = changes.read_changes(self._daemon, job.document, content=True)
        if unknown := seen.warning(job.name):
            self._warn(unknown)
        origin = self._origin(job.document, seen)
        known, reasons = self._compare(job, origin)
        volumes = [str(mount["Destination"]) for mount in job.document.get("Mounts") or ()]
        base: Json = {"name": job.name, "id": job.document["Id"], "volumes_left_out": volumes}
        if not reasons:
            previous = t.cast("str", job.previous)
            changed = self._settle(previous)
            return {**base, **_told(previous, t.cast("Manifest", known)), "changed": changed, "reasons": []}
        diff = _diff(job, known, reasons)
        if self._wishes.signature != "content":
            self._refuse_large_files(job, seen)
        if self._check:
            return {**base, "path": job.path, "changed": True, "reasons": sorted(reasons), "diff": diff}
        with target.translated(job.path):
            self._check_space(job, seen)
            made, extra = self._export(job, origin)
            removed = self._rotate(job)
        told = {**base, **_told(job.path, made), **extra, "removed": removed, "reasons": sorted(reasons)}
        return {**told, "changed": True, "diff": diff}

    # -- before ---------------------------------------------------------------------------------------------------

    def _origin(self, document: Json, seen: changes.ChangeSet) -> Origin:
        image = self._facts.own_image(document)
        version = self._daemon.version()
        return Origin(
            container={"id": document["Id"], "name": name_of(document)},
            image={"id": document["Image"], "name": document["Config"]["Image"]},
            engine={"version": str(version.get("Version")), "api": ".".join(map(str, self._daemon.api_version))},
            platform=image_config.platform_of(image, self._daemon.info()),
            signature=changes.compute_signature(document, seen, self._wishes.signature),
            config=image_config.of_container(document, image),
            run_options=run_options(self._facts, document),
        )

    def _compare(self, job: Job, origin: Origin) -> tuple[Manifest | None, dict[str, tuple[t.Any, t.Any]]]:
        """The earlier manifest, and what is to be exported for; nothing when the earlier archive will do."""
        if job.previous is None:
            return None, {"archive": (None, job.path)}
        try:
            known = previous.read_manifest(job.previous)
        except Damaged:
            return None, {"manifest": ("damaged", "whole")}
        if known is None:
            return None, {"manifest": (None, "written" if self._wishes.manifest else None)}
        reasons = previous.differences(known, origin, self._wishes.compression)
        if self._wishes.force:
            reasons["force"] = (False, True)
        if not reasons and previous.touched(job.previous, known, self._wishes.verify):
            reasons["archive"] = ("damaged", "whole")
        return known, reasons

    def _settle(self, path: str) -> bool:
        """Owner, group and mode of an archive that stays."""
        beside = path + manifests.SUFFIX
        return any([self._attributes.apply(path), self._attributes.apply(beside)])

    # -- the export -----------------------------------------------------------------------------------------------

    def _export(self, job: Job, origin: Origin) -> tuple[Manifest, Json]:
        folder = os.path.dirname(job.path)
        target.sweep(folder)
        pauses = {"auto": (False, True), "always": (True,), "never": (False,)}[self._wishes.pause]
        for attempt, pause in enumerate(pauses, 1):
            with target.draft(folder) as draft:
                try:
                    written, stood = self._attempt(job, draft, pause)
                except Damaged as error:
                    if attempt == len(pauses):
                        raise self._torn(job, error) from error
                    continue
                made = self._manifest(job, origin, written, draft)
                backup = self._publish(job, draft, made)
                return made, {"attempts": attempt, "paused": stood, "backup_file": backup}
        raise AssertionError("unreachable")

    def _refuse_large_files(self, job: Job, seen: changes.ChangeSet) -> None:
        folder = os.path.dirname(job.path)
        free = large_files.free_space(folder) if self._wishes.check_space else None
        limits = large_files.Limits(self._wishes.max_file_size, folder, free)
        room = "choose another folder, or set check_space: false when you know that the archive will be smaller"
        large_files.check_large_files(job.document, seen, limits, self._warn, room)

    def _check_space(self, job: Job, seen: changes.ChangeSet) -> None:
        if not self._wishes.check_space or self._wishes.compression != "none":
            return
        image = self._facts.own_image(job.document)
        if seen.method == "disk" and image is not None:
            # The engine would add up the same files once more.
            needed = int(image["Size"]) + large_files.total_size(seen)
        else:
            sized = self._daemon.container(job.document["Id"], size=True, about=f"container {job.name}")
            needed = int(sized.get("SizeRootFs") or 0)
        target.check_space(os.path.dirname(job.path), needed)

    def _attempt(self, job: Job, draft: target.Draft, pause: bool) -> tuple[writer.Written, bool]:
        about = f"container {job.name}"
        with contextlib.ExitStack() as stack:
            stood = stack.enter_context(paused(self._daemon, job.document["Id"])) if pause else False
            path = f"/containers/{quoted(job.document['Id'])}/export"
            body = stack.enter_context(self._daemon.stream("GET", path, about=about))
            # A container that stands still has to wait for us, so that nothing makes way then.
            pieces, packed = body.blocks(PIECE, writer.KEPT), (self._wishes.compression, self._wishes.level)
            return writer.write(pieces, draft, *packed, makes_way=not stood), stood

    def _torn(self, job: Job, error: Damaged) -> StevedoreError:
        advice = (
            "Files that shrink while they are copied do this; set pause: auto or always."
            if self._wishes.pause == "never"
            else "See the engine's log for what it could not read."
        )
        return Damaged(
            f"The engine's export of container {job.name} is not whole, although it reported success. {error.msg} "
            f"{advice} Nothing was written to {job.path}.",
            object=f"container {job.name}",
        )

    def _manifest(self, job: Job, origin: Origin, written: writer.Written, draft: target.Draft) -> Manifest:
        about = os.fstat(draft.fd)
        return Manifest(
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            file=FileFacts(
                name=os.path.basename(job.path),
                compression=self._wishes.compression,
                size=written.size,
                sha256=written.sha256,
                mtime_ns=about.st_mtime_ns,
                inode=about.st_ino,
            ),
            stream=StreamFacts(written.contents.size, written.stream_sha256, written.contents.entries),
            origin=origin,
        )

    def _publish(self, job: Job, draft: target.Draft, made: Manifest) -> str | None:
        """Move the new archive and its manifest into their places, next to each other in time."""
        beside = job.path + manifests.SUFFIX
        with target.draft(draft.folder) as second, target.locked(draft.folder):
            second.write(made.text().encode())
            second.sync()
            self._attributes.apply(draft.named())
            self._attributes.apply(second.named())
            backup = f"{job.path}.{time.strftime(STAMP, time.gmtime())}~" if self._wishes.backup else None
            if backup is not None:
                target.keep_aside(beside, backup + manifests.SUFFIX)
                backup = backup if target.keep_aside(job.path, backup) else None
            draft.publish(job.path)
            if self._wishes.manifest:
                second.publish(beside)
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside)  # It described the archive that is gone.
        return backup

    # -- after ----------------------------------------------------------------------------------------------------

    def _rotate(self, job: Job) -> list[str]:
        """Remove the oldest archives of this container beyond ``keep``: ours only, told by their manifests."""
        if self._wishes.keep is None:
            return []
        found = [path for path in path_template.existing(self._wishes.path, job.name) if _is_of(path, job.name)]
        removed = found[: -self._wishes.keep]
        for path in removed:
            os.unlink(path)
            os.unlink(path + manifests.SUFFIX)
        return removed


def _is_of(path: str, name: str) -> bool:
    try:
        known = previous.read_manifest(path)
    except Damaged:
        return False
    return known is not None and known.origin.container.get("name") == name


def _told(path: str, made: Manifest) -> Json:
    return {
        "path": path,
        "manifest": path + manifests.SUFFIX,
        "manifest_sha256": made.sha256,
        "compression": made.file.compression,
        "size": made.file.size,
        "sha256": made.file.sha256,
        "stream_size": made.stream.size,
        "stream_sha256": made.stream.sha256,
        "entries": made.stream.entries,
        "signature": made.origin.signature,
    }


def _diff(job: Job, known: Manifest | None, reasons: dict[str, tuple[t.Any, t.Any]]) -> Json:
    return {
        "before_header": f"{job.name}: {job.previous or 'no archive'}",
        "after_header": f"{job.name}: {job.path}",
        "before": {key: before for key, (before, _after) in reasons.items()},
        "after": {key: after for key, (_before, after) in reasons.items()},
    }


def run(task: Task) -> Json:
    """The task of ``container_export``; see :func:`export`."""
    attributes = Attributes.of(task.file_attributes, task.params)
    return export(task.daemon, task.params, attributes, check=task.check_mode, warn=task.warn)
