# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a container's archive and its manifest, and replaces the earlier ones when both are whole."""

from __future__ import annotations

import contextlib
import os
import time

from .._archive import manifest as manifests
from .._archive import path_template, previous, target, writer
from .._archive.manifest import ExportOrigin, FileFacts, Manifest, StreamFacts
from .._engine.client import Daemon, quoted
from .._errors import Damaged, StevedoreError
from .._notation.times import STAMP
from .._pause import paused
from .._types import Json
from .file_attributes import Attributes
from .options import ExportJob, ExportOptions

# Bytes that are hashed, written and walked at a time: few enough to stay in a processor's cache until all have done so.
PIECE = 1 << 19


class ArchiveWriter:
    """Writes the archives of one task."""

    def __init__(self, daemon: Daemon, options: ExportOptions, attributes: Attributes) -> None:
        self._daemon = daemon
        self._options = options
        self._attributes = attributes

    def write(self, job: ExportJob, origin: ExportOrigin) -> tuple[Manifest, Json]:
        """Export once while the container runs, and once more while it is paused where the first archive is torn.

        :returns: the manifest, and what the result says of the attempts.
        :raises Damaged: the last archive is torn, too; the earlier one is untouched.
        """
        folder = os.path.dirname(job.path)
        target.remove_abandoned_drafts(folder)
        pauses = {"auto": (False, True), "always": (True,), "never": (False,)}[self._options.pause]
        for attempt, pause in enumerate(pauses, 1):
            with target.draft(folder) as draft:
                try:
                    written, is_paused = self._write_draft(job, draft, pause)
                except Damaged as error:
                    if attempt == len(pauses):
                        raise self._explain_torn(job, error) from error
                    continue
                made = self._make_manifest(job, origin, written, draft)
                backup = self._publish(job, draft, made)
                return made, {"attempts": attempt, "paused": is_paused, "backup_file": backup}
        raise AssertionError("unreachable")

    def _write_draft(self, job: ExportJob, draft: target.Draft, pause: bool) -> tuple[writer.WrittenArchive, bool]:
        about = f"container {job.name}"
        with contextlib.ExitStack() as stack:
            is_paused = stack.enter_context(paused(self._daemon, job.document["Id"])) if pause else False
            path = f"/containers/{quoted(job.document['Id'])}/export"
            body = stack.enter_context(self._daemon.stream("GET", path, about=about))
            # A container that stands still has to wait for us, so that nothing makes way then.
            pieces, packed = body.blocks(PIECE, writer.KEPT), (self._options.compression, self._options.level)
            return writer.write(pieces, draft, *packed, makes_way=not is_paused), is_paused

    def _explain_torn(self, job: ExportJob, error: Damaged) -> StevedoreError:
        advice = (
            "Files that shrink while they are copied do this; set pause: auto or always."
            if self._options.pause == "never"
            else "See the engine's log for what it could not read."
        )
        return Damaged(
            f"The engine's export of container {job.name} is not whole, although it reported success. {error.msg} "
            f"{advice} Nothing was written to {job.path}.",
            object=f"container {job.name}",
        )

    def _make_manifest(
        self, job: ExportJob, origin: ExportOrigin, written: writer.WrittenArchive, draft: target.Draft
    ) -> Manifest:
        about = os.fstat(draft.fd)
        return Manifest(
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            file=FileFacts(
                name=os.path.basename(job.path),
                compression=self._options.compression,
                size=written.size,
                sha256=written.sha256,
                mtime_ns=about.st_mtime_ns,
                inode=about.st_ino,
            ),
            stream=StreamFacts(written.contents.size, written.stream_sha256, written.contents.entries),
            origin=origin,
        )

    def _publish(self, job: ExportJob, draft: target.Draft, made: Manifest) -> str | None:
        """Move the new archive and its manifest into their places, next to each other in time."""
        beside = job.path + manifests.SUFFIX
        with target.draft(draft.folder) as second, target.lock_folder(draft.folder):
            second.write(made.text().encode())
            second.sync()
            self._attributes.apply(draft.named())
            self._attributes.apply(second.named())
            backup = f"{job.path}.{time.strftime(STAMP, time.gmtime())}~" if self._options.backup else None
            if backup is not None:
                target.keep_aside(beside, backup + manifests.SUFFIX)
                backup = backup if target.keep_aside(job.path, backup) else None
            draft.publish(job.path)
            if self._options.manifest:
                second.publish(beside)
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside)  # It described the archive that is gone.
        return backup


def remove_old_archives(job: ExportJob, options: ExportOptions) -> list[str]:
    """Remove the oldest archives of this container beyond ``keep``: only those with a manifest of ours."""
    if options.keep is None:
        return []
    found = [path for path in path_template.existing(options.path, job.name) if _is_archive_of(path, job.name)]
    removed = found[: -options.keep]
    for path in removed:
        os.unlink(path)
        os.unlink(path + manifests.SUFFIX)
    return removed


def _is_archive_of(path: str, name: str) -> bool:
    try:
        known = previous.read_manifest(path)
    except Damaged:
        return False
    return known is not None and known.origin.container.get("name") == name
