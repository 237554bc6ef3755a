# SPDX-License-Identifier: GPL-3.0-or-later

"""``since: start`` and ``until: start``: where the log of a container's last run begins."""

from __future__ import annotations

import dataclasses
import typing as t

from .._engine.client import Daemon
from .._notation.times import format_timestamp, parse_rfc3339
from .._types import Json
from .read import LogQuery

# How long before ``StartedAt`` a process may have spoken, in nanoseconds: a busy engine notes the start late (26.1: by more
# than a second). The end of the run before bounds it; where that is not known any more, less is risked.
HEAD_START = 10**10
HEAD_START_ONCE_ENDED = 10**9
# How long after its time the engine tells of a start.
NOTED_LATE = 2 * 10**8


def resolve_start(daemon: Daemon, query: LogQuery, document: Json) -> LogQuery:
    """The query with ``start`` replaced by the time at which this container was started last."""
    if "start" not in (query.since, query.until):
        return query
    at = format_timestamp(max(_start_ns(daemon, document), 0))
    return dataclasses.replace(
        query,
        since=at if query.since == "start" else query.since,
        until=at if query.until == "start" else query.until,
    )


def _start_ns(daemon: Daemon, document: Json) -> int:
    """Before the first word of the last run, after the last word of the run before.

    The engine notes ``StartedAt`` when it hears that the process runs, which has spoken by then, and may have ended
    [seen on 20.10.24]. While the container runs, ``FinishedAt`` is the end of the run before.
    """
    state = document["State"]
    times = [state.get(key) or "" for key in ("StartedAt", "FinishedAt")]
    started, finished = (0 if time.startswith("0001-") else parse_rfc3339(time) for time in times)
    if state["Running"] and not state["Restarting"]:
        return max(started - HEAD_START, finished)
    if not started:
        return 0
    events = list(_events(daemon, document["Id"], started - HEAD_START, max(started, finished) + NOTED_LATE))
    ends = [at for action, at in events if action == "die" and at < started]
    if ends:
        return max(ends)
    # The engine remembers its last 256 events only, so that no end proves something only where the start is among them.
    return started - (HEAD_START if "start" in dict(events) else HEAD_START_ONCE_ENDED)


def _events(daemon: Daemon, container: str, since: int, until: int) -> t.Iterator[tuple[str, int]]:
    params = {
        "since": format_timestamp(since),
        "until": format_timestamp(until),
        "filters": {"container": [container], "event": ["die", "start"]},
    }
    with daemon.stream("GET", "/events", params=params) as body:
        for event in body.events():
            yield str(event.get("Action")), int(event.get("timeNano") or 0)
