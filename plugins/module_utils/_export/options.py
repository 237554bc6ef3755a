# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``container_export``, and where the archive of each container goes."""

from __future__ import annotations

import dataclasses

from .._archive import compression, path_template
from .._errors import InvalidInput
from .._filesystem import large_files
from .._selection import name_of
from .._types import Json


@dataclasses.dataclass(frozen=True)
class ExportOptions:
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
    def parse(cls, params: Json) -> ExportOptions:
        """:raises InvalidInput: they contradict each other, or this host cannot do it."""
        options = cls(
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
        if options.compression == "auto":
            options = dataclasses.replace(options, compression=compression.by_suffix(options.path))
        compression.check(options.compression, options.level)
        if options.keep is not None and not options.manifest:
            raise InvalidInput("keep needs manifest: true, which tells our archives from others.")
        return options


@dataclasses.dataclass(frozen=True)
class ExportJob:
    """One container and where it goes.

    :param previous: the newest archive of this container that is there.
    """

    document: Json
    path: str
    previous: str | None

    @property
    def name(self) -> str:
        return name_of(self.document)


def plan_job(document: Json, options: ExportOptions, stamp: str) -> ExportJob:
    name = name_of(document)
    found = path_template.existing(options.path, name)
    return ExportJob(document, path_template.fill(options.path, name, stamp), found[-1] if found else None)
