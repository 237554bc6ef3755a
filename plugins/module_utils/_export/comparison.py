# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new archive would be, and how the one that is there differs from it."""

from __future__ import annotations

import typing as t

from .._archive import previous
from .._archive.manifest import ExportOrigin, Manifest
from .._errors import Damaged
from .._filesystem import changes
from .._image import config as image_config
from .._lookups import Lookups, run_options
from .._selection import name_of
from .._types import Json
from .options import ExportJob, ExportOptions

Differences = t.Dict[str, t.Tuple[t.Any, t.Any]]


def describe_origin(lookups: Lookups, document: Json, found_changes: changes.ChangeSet, signature: str) -> ExportOrigin:
    image = lookups.own_image(document)
    version = lookups.daemon.version()
    return ExportOrigin(
        container={"id": document["Id"], "name": name_of(document)},
        image={"id": document["Image"], "name": document["Config"]["Image"]},
        engine={"version": str(version.get("Version")), "api": ".".join(map(str, lookups.daemon.api_version))},
        platform=image_config.platform_of(image, lookups.daemon.info()),
        signature=changes.compute_signature(document, found_changes, signature),
        config=image_config.of_container(document, image),
        run_options=run_options(lookups, document),
    )


def compare_with_previous(
    job: ExportJob, origin: ExportOrigin, options: ExportOptions
) -> tuple[Manifest | None, Differences]:
    """The manifest of the previous archive, and the reasons to export again: before and after, by name.

    There are none when the previous archive is what a new one would be.
    """
    if job.previous is None:
        return None, {"archive": (None, job.path)}
    try:
        known = previous.read_manifest(job.previous)
    except Damaged:
        return None, {"manifest": ("damaged", "whole")}
    if known is None:
        return None, {"manifest": (None, "written" if options.manifest else None)}
    reasons = previous.differences(known, origin, options.compression)
    if options.force:
        reasons["force"] = (False, True)
    if not reasons and previous.is_altered(job.previous, known, options.verify):
        reasons["archive"] = ("damaged", "whole")
    return known, reasons
