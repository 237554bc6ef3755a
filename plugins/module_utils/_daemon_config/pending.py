# SPDX-License-Identifier: GPL-3.0-or-later

"""What was written but not yet applied, remembered for as long as the same dockerd runs.

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


def remember(path: str, process: service.Process | None) -> None:
    """Note that this dockerd does not have the file's settings yet."""
    if process is None:
        return
    try:
        os.makedirs(_FOLDER, mode=0o755, exist_ok=True)
        with open(_note(path), "w", encoding="utf-8") as file:
            json.dump({"pid": process.pid, "started": process.started}, file)
    except OSError:
        return  # a convenience; a user's own engine cannot write there


def forget(path: str) -> None:
    try:
        os.unlink(_note(path))
    except OSError:
        return


def due(path: str, process: service.Process | None) -> bool:
    """Whether the running dockerd is one that a note was left for."""
    if process is None:
        return False
    return bool(_read(path) == {"pid": process.pid, "started": process.started})


def _read(path: str) -> t.Any:
    try:
        with open(_note(path), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _note(path: str) -> str:
    return f"{_FOLDER}/{hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:16]}.json"
