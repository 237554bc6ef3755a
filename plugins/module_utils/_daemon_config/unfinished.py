# SPDX-License-Identifier: GPL-3.0-or-later

"""What live-restore should be, noted for as long as daemon.json says something else.

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

LIVE = "live-restore"


@dataclasses.dataclass(frozen=True)
class Goal:
    """What live-restore should be once everything is done, for one text that the file may have until then."""

    # In the file; ``None`` where the key should not be there.
    in_file: bool | None
    in_dockerd: bool
    text: str

    def repaired(self, config: Json) -> Json:
        """The configuration with live-restore as it should be."""
        if self.in_file is None:
            return {key: value for key, value in config.items() if key != LIVE}
        return {**config, LIVE: self.in_file}


def remember(path: str, goals: t.Iterable[Goal]) -> None:
    """Leave the note.

    :raises Failed: it cannot be written; nothing was changed.
    """
    note = {_digest(goal.text): {"in_file": goal.in_file, "in_dockerd": goal.in_dockerd} for goal in goals}
    file.write(_note(path), json.dumps(note) + "\n")


def forget(path: str) -> None:
    file.remove(_note(path))


def find(present: file.Present) -> Goal | None:
    """What an earlier run that was broken off has left to do."""
    found = _read(present.path).get(_digest(present.text or ""))
    if not isinstance(found, dict):
        return None
    return Goal(found.get("in_file"), bool(found.get("in_dockerd")), present.text or "")


def is_outdated(present: file.Present) -> bool:
    """Whether there is a note, and the file was written by somebody else since."""
    return os.path.exists(_note(present.path)) and find(present) is None


def _read(path: str) -> Json:
    try:
        with open(_note(path), encoding="utf-8") as note:
            content = json.load(note)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _note(path: str) -> str:
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.stevedore")
