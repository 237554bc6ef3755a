# SPDX-License-Identifier: GPL-3.0-or-later

"""A note of what live-restore should be, for as long as daemon.json says something else.

While dockerd is restarted with its containers running, live-restore stands in the file as true. A run that is killed in
that time (or the machine with it) would leave it there for ever, so that a note lies beside the file and outlives a boot.
It names every text that the run may leave in the file, by hash: what somebody else has written since is left alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import typing as t

from .._types import Json
from . import file

LIVE_RESTORE = "live-restore"


@dataclasses.dataclass(frozen=True)
class LiveRestoreTarget:
    """What live-restore should be once everything is done, for one text that the file may have until then."""

    # In the file; ``None`` where the key should not be there.
    in_file: bool | None
    in_dockerd: bool
    text: str

    def repair(self, config: Json) -> Json:
        """The configuration with live-restore as it should be."""
        if self.in_file is None:
            return {key: value for key, value in config.items() if key != LIVE_RESTORE}
        return {**config, LIVE_RESTORE: self.in_file}


def write_note(path: str, targets: t.Iterable[LiveRestoreTarget]) -> None:
    """Leave the note.

    :raises Failed: it cannot be written; nothing was changed.
    """
    note = {_digest(target.text): {"in_file": target.in_file, "in_dockerd": target.in_dockerd} for target in targets}
    file.replace_file(_note_path(path), json.dumps(note) + "\n")


def remove_note(path: str) -> None:
    file.remove_file(_note_path(path))


def find_target(present: file.ConfigFile) -> LiveRestoreTarget | None:
    """What an earlier run that was broken off has left to do."""
    found = _read_note(present.path).get(_digest(present.text or ""))
    if not isinstance(found, dict):
        return None
    return LiveRestoreTarget(found.get("in_file"), bool(found.get("in_dockerd")), present.text or "")


def is_outdated(present: file.ConfigFile) -> bool:
    """Whether there is a note, and the file was written by somebody else since."""
    return os.path.exists(_note_path(present.path)) and find_target(present) is None


def _read_note(path: str) -> Json:
    try:
        with open(_note_path(path), encoding="utf-8") as note:
            content = json.load(note)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _note_path(path: str) -> str:
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.stevedore")
