# SPDX-License-Identifier: GPL-3.0-or-later

"""Finish or undo a replacement that was broken off."""

from __future__ import annotations

import functools
import typing as t

from .. import _health
from .._engine import containers
from .._engine.client import Daemon
from .._errors import StevedoreError
from .._types import Json
from . import recovery
from .plan import Action, Ledger, Request
from .replace import undo


def find_traces(daemon: Daemon, name: str) -> recovery.Traces:
    """The containers that have a name or are the halves of its replacement, with one request."""
    summaries = daemon.containers({"name": recovery.pattern(name)})
    return recovery.traces(summaries).get(name, recovery.Traces())


def finish_or_undo(
    ledger: Ledger,
    daemon: Daemon,
    request: Request,
    left: recovery.Traces,
    current: Json | None,
    *,
    timeout: float | None,
    stable_for: float,
) -> Json | None:
    """Finish or undo a replacement that was broken off.

    :param current: the document of what has the name now.
    :param stable_for: how many seconds a new container must run before the old one is removed.
    :returns: the document of what has the name then, or in check mode would have.
    """
    name, about = request.name, f"container {request.name}"
    health = None if current is None else _health.health_of(current)
    verdict = recovery.verdict(name, left, health)
    if verdict == "prove" and request.state != "absent" and not ledger.check and current is not None:
        try:
            _health.until_well(
                daemon,
                current["Id"],
                name,
                healthy=request.state == "healthy",
                timeout=timeout,
                settle=stable_for,
                earlier=_health.restarts(current),
            )
        except StevedoreError:
            verdict = "undo"
    if left.old is None or verdict != "undo":
        gone = left.new if left.old is None else left.old
        how = "undone" if left.old is None else "finished"
        identity = t.cast("Json", gone)["Id"]
        ledger.do(
            _recovery(how), functools.partial(containers.remove, daemon, identity, about, volumes=left.old is None)
        )
        return current
    old = daemon.container(left.old["Id"])
    successor = left.successor
    heir = None if successor is None else str(successor["Id"])
    # What is to be stopped or removed is not started first.
    was = "exited" if request.state in ("absent", "stopped") else left.was
    ledger.do(_recovery("undone"), functools.partial(undo, daemon, name, old, heir, was, left.policy))
    if ledger.check:
        status = old["State"]["Status"] if was == "exited" else was
        return {
            **recovery.with_policy(old, left.policy),
            "Name": f"/{name}",
            "State": {**old["State"], "Status": status},
        }
    return daemon.find_container(name)


def _recovery(how: str) -> Action:
    return Action("recover", before={"replacement": "broken off"}, after={"replacement": how}, detail={"how": how})
