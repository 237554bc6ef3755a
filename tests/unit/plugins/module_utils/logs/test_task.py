# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``start`` as a point in time: after the run before, before the first word of the last one."""

from __future__ import annotations

import contextlib
import types
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._logs.read import LogQuery
from ansible_collections.stevedore.docker.plugins.module_utils._logs.start import resolve_start

NEVER = "0001-01-01T00:00:00Z"
AT, END = "2026-01-20T10:00:10.5Z", "2026-01-20T10:00:20Z"
SECOND = 10**9
# When it was started, when it ended, what the engine remembers of it, and from when on its last run has spoken.
STATES: dict[str, tuple[str, str, list[tuple[str, float]], str]] = {
    "never started": (NEVER, NEVER, [], "0.000000000"),
    "runs for the first time": (AT, NEVER, [], "1768903200.500000000"),
    "runs again, soon after": (AT, "2026-01-20T10:00:10.1Z", [], "1768903210.100000000"),
    "runs again, long after": (AT, "2026-01-20T09:00:00Z", [], "1768903200.500000000"),
    "has ended, forgotten": (AT, END, [], "1768903209.500000000"),
    "has ended": (AT, END, [("start", 1768903210.75), ("die", 1768903220)], "1768903200.500000000"),
    # Its end was noted before its start.
    "has ended at once": (AT, AT, [("start", 1768903210.75), ("die", 1768903210.75)], "1768903200.500000000"),
    "has ended twice": (
        AT,
        END,
        [("die", 1768903201), ("start", 1768903202), ("die", 1768903207.25), ("start", 1768903210.75)],
        "1768903207.250000000",
    ),
}


@pytest.mark.parametrize(("started", "finished", "events", "expected"), STATES.values(), ids=STATES)
def test_start(started: str, finished: str, events: list[tuple[str, float]], expected: str) -> None:
    runs = finished < started
    state = {"StartedAt": started, "FinishedAt": finished, "Running": runs, "Restarting": False}
    document = {"Id": "c", "State": state}
    told = [{"Action": action, "timeNano": int(at * 4) * SECOND // 4} for action, at in events]
    body = types.SimpleNamespace(events=lambda: iter(told))
    daemon: t.Any = types.SimpleNamespace(stream=lambda *_given, **_options: contextlib.nullcontext(body))
    assert resolve_start(daemon, LogQuery(since="start"), document) == LogQuery(since=expected)
    assert resolve_start(daemon, LogQuery(since="1.5", until="start"), document) == LogQuery(
        since="1.5", until=expected
    )
