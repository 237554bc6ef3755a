# SPDX-License-Identifier: GPL-3.0-or-later

"""A note of what was written but not yet applied, valid for as long as the same dockerd runs.

Without this, a file written with ``apply: none`` would look applied to the next run, since the file is as it should be
and the engine does not tell the log options that it started with. The note lies in ``/run``, which a boot empties.
"""

from __future__ import annotations

import hashlib
import json
import os
import typing as t

from . import service

_FOLDER = "/run/stevedore"


def write_note(path: str, process: service.DockerdProcess | None, live_restore: bool | None = None) -> None:
    """Note that this dockerd does not have the file's settings yet.

    :param live_restore: what it should be in dockerd, where a run that was broken off has left it otherwise.
    """
    if process is None:
        return
    note = {"pid": process.pid, "started": process.started, "live_restore": live_restore}
    try:
        os.makedirs(_FOLDER, mode=0o755, exist_ok=True)
        with open(_note_path(path), "w", encoding="utf-8") as file:
            json.dump(note, file)
    except OSError:
        return  # a convenience; a user's own engine cannot write there


def remove_note(path: str) -> None:
    try:
        os.unlink(_note_path(path))
    except OSError:
        return


def is_restart_pending(path: str, process: service.DockerdProcess | None) -> bool:
    """Whether the running dockerd is one that a note was left for."""
    return bool(_read_note(path, process))


def noted_live_restore(path: str, process: service.DockerdProcess | None) -> bool | None:
    """What live-restore should be in the running dockerd, ``None`` where nothing is noted."""
    value = _read_note(path, process).get("live_restore")
    return value if isinstance(value, bool) else None


def _read_note(path: str, process: service.DockerdProcess | None) -> dict[str, t.Any]:
    """The note, if it is about this dockerd."""
    try:
        with open(_note_path(path), encoding="utf-8") as file:
            note = json.load(file)
    except (OSError, ValueError):
        return {}
    if process is None or not isinstance(note, dict):
        return {}
    return note if (note.get("pid"), note.get("started")) == (process.pid, process.started) else {}


def _note_path(path: str) -> str:
    return f"{_FOLDER}/{hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:16]}.json"
