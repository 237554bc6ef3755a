# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a started container well? And what did it say when it is not?"""

from __future__ import annotations

import time
import typing as t

from ._engine.client import Daemon
from ._engine.frames import Frames
from ._errors import Failed, Missing, StevedoreError, TimedOut
from ._types import Json

# Seconds after which a container is well whose health is not asked for, or not known.
SETTLED = 1.0
# The least that a healthcheck is waited for.
PATIENCE = 300.0
POLL = (0.05, 0.5)
LINES = 20


class Gone(Failed):
    """It ended and removed itself (auto_remove)."""


def health_of(document: Json) -> str | None:
    """``starting``, ``healthy`` or ``unhealthy``; ``None`` for a container without a healthcheck."""
    status = ((document.get("State") or {}).get("Health") or {}).get("Status")
    return None if status in (None, "", "none") else str(status)


def restarts(document: Json) -> int:
    """How often the engine has brought the container back since it was last started by request."""
    return int(document.get("RestartCount") or 0)


def verdict(document: Json, healthy: bool, earlier: int = 0) -> bool | None:
    """Is it well? ``None``: not known yet.

    :param healthy: ask its healthcheck, if there is one.
    :param earlier: the restarts before the watch began; they say nothing about now.
    """
    state = document["State"]
    if state["Status"] in ("exited", "dead", "removing"):
        # A job that is done has done well, but will never be healthy.
        return state["Status"] == "exited" and state.get("ExitCode") == 0 and not healthy
    if restarts(document) > earlier:
        return False
    if state["Status"] == "restarting":
        # It died before the watch began, and the engine (which counts first) is bringing it back. The first death of a
        # container that was started by request is already counted.
        return None
    health = health_of(document)
    if healthy and health is not None:
        return {"healthy": True, "unhealthy": False}.get(health)
    return None


def until_well(
    daemon: Daemon,
    identity: str,
    name: str,
    *,
    healthy: bool,
    timeout: float | None,
    settle: float,
    earlier: int = 0,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> None:
    """Wait until a started container is healthy, or (not asked for, no healthcheck) has run ``settle`` seconds.

    :param timeout: ``None`` waits as long as its healthcheck needs to come to a verdict, :data:`PATIENCE` at least.
    :param earlier: its restarts before the watch began: none when it has just been started, for a start by request sets
        the engine's count back.
    :raises Gone: it ended and removed itself.
    :raises Failed: it died or is unhealthy; with the last lines of its log.
    :raises TimedOut: it is still starting after ``timeout`` seconds.
    """
    begin = clock()
    pause = POLL[0]
    document: Json | None = None
    while True:
        document = _present(daemon, identity, name, document)
        answer = verdict(document, healthy, earlier)
        waited = clock() - begin
        if answer is None and _settles(document, healthy) and waited >= settle:
            answer = True
        if answer:
            return
        if answer is False:
            while _lives_again(document, earlier) and clock() - begin < waited + SETTLED:
                # Its exit code is gone meanwhile; mostly it dies again at once.
                sleep(POLL[0])
                document = _present(daemon, identity, name, document)
            raise Failed(_epitaph(daemon, document, name, earlier), object=f"container {name}")
        limit = patience(document) if timeout is None else timeout
        if waited >= limit:
            lines = last_lines(daemon, document)
            now = health_of(document) or document["State"]["Status"]
            raise TimedOut(
                f"Container {name} is still {now} after {limit:g} s: raise wait_timeout, or look at its healthcheck: "
                f"{_probe(document)}{_quoted(lines)}",
                object=f"container {name}",
            )
        if _settles(document, healthy):
            # Only its end is of interest: a few looks, and one when the time is over.
            sleep(min(pause, max(settle - waited, POLL[0])))
            pause *= 3
        else:
            sleep(pause)
            pause = min(pause * 1.5, POLL[1])


def patience(document: Json) -> float:
    """How many seconds a container's healthcheck may take to come to a verdict."""
    check = document["Config"].get("Healthcheck") or {}
    # What is not given is 30 s, 30 s and 3 (moby, daemon/health.go).
    each = (check.get("Interval") or 30e9) + (check.get("Timeout") or 30e9)
    needed = (check.get("StartPeriod") or 0) + ((check.get("Retries") or 3) + 1) * each
    return max(PATIENCE, float(needed) / 1e9)


def _settles(document: Json, healthy: bool) -> bool:
    """Whether time alone tells that it is well."""
    return document["State"]["Status"] != "restarting" and not (healthy and health_of(document))


def _lives_again(document: Json, earlier: int) -> bool:
    return document["State"]["Status"] == "running" and restarts(document) > earlier


def _present(daemon: Daemon, identity: str, name: str, before: Json | None) -> Json:
    """
    :param before: what the last look said.
    :raises Failed: it is gone.
    """
    try:
        return daemon.container(identity)
    except Missing as error:
        if before is None:
            why = "is gone: it ended and removed itself (auto_remove), so that its output is lost, or somebody removed it."
        elif before["HostConfig"].get("AutoRemove"):
            why = "ended and removed itself (auto_remove), so that its output is lost."
        else:
            why = "was removed by somebody else while it was watched."
        raise Gone(f"Container {name} {why}", object=f"container {name}") from error


def _epitaph(daemon: Daemon, document: Json, name: str, earlier: int) -> str:
    state = document["State"]
    lines = _quoted(last_lines(daemon, document))
    if state["Status"] == "running" and health_of(document) == "unhealthy":
        return f"Container {name} is unhealthy: {_probe(document)}{lines}"
    if _lives_again(document, earlier):
        return f"Container {name} died and was restarted.{lines}"
    why = "out of memory, " if state.get("OOMKilled") else ""
    error = f", {state['Error']}" if state.get("Error") else ""
    gone = " As it has auto_remove, its output may be lost." if document["HostConfig"].get("AutoRemove") else ""
    return f"Container {name} died ({why}exit code {state.get('ExitCode')}{error}).{lines}{gone}"


def _probe(document: Json) -> str:
    """The last answer of the healthcheck."""
    log = ((document["State"].get("Health") or {}).get("Log")) or [{}]
    output = str(log[-1].get("Output") or "").strip()
    return f"exit code {log[-1]['ExitCode']}, {output or 'no output'}." if "ExitCode" in log[-1] else "no probe yet."


def _quoted(lines: str) -> str:
    return f" Its last lines: {lines}" if lines else " It said nothing."


def last_lines(daemon: Daemon, document: Json, count: int = LINES) -> str:
    """The end of what a container wrote, both streams; empty where that cannot be read."""
    identity = document["Id"]
    params = {"stdout": True, "stderr": True, "tail": count}
    try:
        answer = daemon.call("GET", f"/containers/{identity}/logs", params=params, about=f"container {identity[:12]}")
    except StevedoreError:
        # The log driver may keep nothing; another failure is to be reported.
        return ""
    frames = Frames(tty=bool((document.get("Config") or {}).get("Tty")))
    return b"".join(piece for _stream, piece in frames.feed(answer.content)).decode(errors="replace").strip()
