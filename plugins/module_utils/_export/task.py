# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers into archives: each once, verified, and never at the cost of the archive that is there.

For each container: what is wanted and what is there (comparison), the export (write), the result.
"""

from __future__ import annotations

import os
import time
import typing as t

from .._archive import manifest as manifests
from .._archive import path_template, target
from .._archive.manifest import Manifest
from .._filesystem import changes, large_files
from .._lock import select_at_rest
from .._lookups import Lookups
from .._notation.times import STAMP
from .._parallel import Outcome, run_parallel
from .._task import Task
from .._types import Json
from .comparison import compare_with_previous, describe_origin
from .file_attributes import Attributes
from .options import ExportJob, ExportOptions, plan_job
from .result import combine_results, describe_archive, describe_difference
from .write import ArchiveWriter, remove_old_archives


def run(task: Task) -> Json:
    """Do the work of ``container_export``.

    :raises StevedoreError: one export failed; with several containers the others are done, and ``exports`` tells.
    """
    params = task.params
    attributes = Attributes.of(task.file_attributes, params)
    options = ExportOptions.parse(params)
    many = params["filters"] is not None or len(params["name"] or ()) > 1
    path_template.check(options.path, several=many, keep=options.keep)
    chosen = select_at_rest(task.daemon, params["name"], params["filters"])
    stamp = time.strftime(STAMP, time.gmtime())
    jobs = [plan_job(document, options, stamp) for document in chosen.require_all()]
    for job in jobs:
        target.check(job.path)
    exporter = ContainerExporter(Lookups(task.daemon), options, attributes, task.check_mode, task.warn)
    broken: list[Outcome[ExportJob, Json]] = [
        Outcome(plan_job(one.item, options, stamp), error=one.error) for one in chosen.broken
    ]
    return combine_results([*run_parallel(jobs, exporter.export, params["parallel"]), *broken], single=not many)


class ContainerExporter:
    """The exports of one task."""

    def __init__(
        self,
        lookups: Lookups,
        options: ExportOptions,
        attributes: Attributes,
        check: bool,
        warn: t.Callable[[str], None],
    ) -> None:
        self._lookups = lookups
        self._daemon = lookups.daemon
        self._options = options
        self._attributes = attributes
        self._check = check
        self._warn = warn
        self._writer = ArchiveWriter(self._daemon, options, attributes)

    def export(self, job: ExportJob) -> Json:
        """Export one container, unless its archive is what a new one would be."""
        # This comes first: what changes during the export then makes the next one export again.
        found_changes = changes.read_changes(self._daemon, job.document)
        if self._options.signature == "content":
            # Before they are read.
            self._refuse_large_files(job, found_changes)
            found_changes = changes.read_changes(self._daemon, job.document, content=True)
        if unknown := found_changes.warning(job.name):
            self._warn(unknown)
        origin = describe_origin(self._lookups, job.document, found_changes, self._options.signature)
        known, reasons = compare_with_previous(job, origin, self._options)
        volumes = [str(mount["Destination"]) for mount in job.document.get("Mounts") or ()]
        base: Json = {"name": job.name, "id": job.document["Id"], "volumes_left_out": volumes}
        if not reasons:
            previous = t.cast("str", job.previous)
            changed = self._set_attributes(previous)
            return {**base, **describe_archive(previous, t.cast(Manifest, known)), "changed": changed, "reasons": []}
        diff = describe_difference(job, known, reasons)
        if self._options.signature != "content":
            self._refuse_large_files(job, found_changes)
        if self._check:
            return {**base, "path": job.path, "changed": True, "reasons": sorted(reasons), "diff": diff}
        with target.translate_os_errors(job.path):
            self._check_space(job, found_changes)
            made, extra = self._writer.write(job, origin)
            removed = remove_old_archives(job, self._options)
        result = {**base, **describe_archive(job.path, made), **extra, "removed": removed, "reasons": sorted(reasons)}
        return {**result, "changed": True, "diff": diff}

    def _refuse_large_files(self, job: ExportJob, found_changes: changes.ChangeSet) -> None:
        folder = os.path.dirname(job.path)
        free = large_files.free_space(folder) if self._options.check_space else None
        limits = large_files.Limits(self._options.max_file_size, folder, free)
        room = "choose another folder, or set check_space: false when you know that the archive will be smaller"
        large_files.check_large_files(job.document, found_changes, limits, self._warn, room)

    def _check_space(self, job: ExportJob, found_changes: changes.ChangeSet) -> None:
        if not self._options.check_space or self._options.compression != "none":
            return
        image = self._lookups.own_image(job.document)
        if found_changes.method == "disk" and image is not None:
            # The engine would add up the same files once more.
            needed = int(image["Size"]) + large_files.total_size(found_changes)
        else:
            sized = self._daemon.container(job.document["Id"], size=True, about=f"container {job.name}")
            needed = int(sized.get("SizeRootFs") or 0)
        target.check_space(os.path.dirname(job.path), needed)

    def _set_attributes(self, path: str) -> bool:
        """Owner, group and mode of an archive that stays."""
        beside = path + manifests.SUFFIX
        return any([self._attributes.apply(path), self._attributes.apply(beside)])
