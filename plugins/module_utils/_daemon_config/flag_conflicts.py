# SPDX-License-Identifier: GPL-3.0-or-later

"""Which flags of dockerd block a key of daemon.json.

dockerd does not start when a key is given both as a flag and in the file. The flags come from three places: the unit with
its drop-ins (``systemd``), the init script's ``/etc/default/docker`` and the running process (both ``flags``).
"""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._errors import Conflict
from . import flags, service, systemd


def refuse_conflicting_flags(path: str, keys: t.Iterable[str], process: service.DockerdProcess | None) -> None:
    """
    :param path: the daemon.json; flags of a dockerd that reads another file do not matter.
    :param keys: all keys that the file will have.
    :raises Conflict: a flag blocks one of them.
    """
    conflicts = flags.find_conflicts(keys, _known_flags(path, process))
    # The running dockerd repeats what its unit says: name the file, where there is one.
    named = [flag for flag in conflicts if flag.source != flags.RUNNING] or list(conflicts)
    if named:
        listed = "; ".join(f"{flag.key} by {flag.text} in {flag.source}" for flag in named)
        raise Conflict(
            f"dockerd does not start when a key of {path} is given as a flag too. Set by flags: {listed}. Remove the "
            "flags there, or the keys here. Nothing was changed.",
            object=named[0].key,
            conflicts=[dataclasses.asdict(flag) for flag in named],
        )


def _known_flags(path: str, process: service.DockerdProcess | None) -> list[flags.DockerdFlag]:
    """The flags of every dockerd that reads the file: as it will be started, and as it runs."""
    unit = service.find_unit(process) if process is not None else None
    default = process.default_file if process is not None else flags.DEFAULT_FILE
    sources = (
        (systemd.flags_of_unit(unit or systemd.Unit("docker.service")), default if unit else flags.DEFAULT_FILE),
        (flags.flags_of_init_script(), flags.DEFAULT_FILE),
    )
    known = [
        flag
        for source, default_file in sources
        if os.path.realpath(flags.config_path(source, default_file)) == os.path.realpath(path)
        for flag in source
    ]
    return known if process is None else [*known, *process.flags]
