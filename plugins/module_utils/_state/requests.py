# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a step: the request to the engine, and the exit code of what it ended."""

from __future__ import annotations

import json

from .._deadline import Deadline, poll
from .._engine.client import Daemon
from .._errors import Conflict, EngineError
from .._types import Json
from .options import StateOptions
from .steps import choose_step


def take_step(
    daemon: Daemon, document: Json, options: StateOptions, step: str, about: str
) -> tuple[str | None, int | None]:
    """Take the step: the step, or ``None`` when nothing had to be done after all, and the exit code of what ended.

    The exit code is heard from the engine, not read afterwards: after a restart, and of a container that removes itself,
    there is none to be read. Before 23.0 (API 1.42) the engine itself reads it after the end, which may be that of the
    next start, so that of a restart is not known there (20.10.24: 0 instead of 7, now and then).
    """
    path = f"/containers/{document['Id']}"
    certain = (
        step == "stop"
        or (step == "restart" and daemon.api_version >= (1, 42))
        or (step == "kill" and options.signal in (None, "KILL", "9"))
    )
    if not certain or document["State"]["Status"] == "restarting" or not document["State"]["Running"]:
        return (step if _send_request(daemon, document, options, step, about) else None), None
    with daemon.stream("POST", f"{path}/wait", params={"condition": "next-exit"}, about=about) as ended:
        if not _send_request(daemon, document, options, step, about):
            return None, None
        return step, int(json.loads(b"".join(ended.chunks()))["StatusCode"])


def _send_request(daemon: Daemon, document: Json, options: StateOptions, step: str, about: str) -> bool:
    """One request; false when the engine says that it is so already."""
    path = f"/containers/{document['Id']}/{step}"
    params: Json = {}
    sent = False
    if step == "kill":
        params["signal"] = options.signal or "KILL"
    if step in ("stop", "restart"):
        params["t"] = options.stop_timeout
        if options.signal and daemon.api_version >= (1, 42):
            params["signal"] = options.signal
        elif options.signal:
            sent = _send_signal(daemon, document, options, about)
            params["t"] = 0
    try:
        return daemon.post_status(path, params=params, patient=True, about=about) != 304 or sent
    except (Conflict, EngineError):
        # Somebody was quicker: "already paused" is a 409, "not paused" a 500, "not running" a 409.
        now = daemon.container(document["Id"])["State"]["Status"]
        if choose_step(now, options) is None:
            return False
        raise


def _send_signal(daemon: Daemon, document: Json, options: StateOptions, about: str) -> bool:
    """Before API 1.42 the engine stops with the container's own signal only: send ours, and wait as stop would.

    :returns: whether the container ran and was sent the signal.
    """
    identity = document["Id"]
    try:
        daemon.post(f"/containers/{identity}/kill", params={"signal": options.signal}, about=about)
    except (Conflict, EngineError):
        return False  # not running any more; stop will tell
    own = document["Config"].get("StopTimeout")
    patience = options.stop_timeout if options.stop_timeout is not None else 10 if own is None else own
    poll(
        lambda: daemon.find_container(identity),
        lambda found: found is None or not found["State"]["Running"] or found["State"]["Restarting"],
        Deadline(None if patience < 0 else patience),
    )
    return True
