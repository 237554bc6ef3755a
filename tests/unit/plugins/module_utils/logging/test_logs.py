# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``start`` as a point in time: after the run before, before the first word of the last one."""

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._logging.logs import of_container
from ansible_collections.stevedore.docker.plugins.module_utils._logging.read import Query

NEVER = "0001-01-01T00:00:00Z"
STATES = {
    "never started": (NEVER, NEVER, "0.000000000"),
    "runs for the first time": ("2026-01-20T10:00:10.5Z", NEVER, "1768903200.500000000"),
    "runs again, soon after": ("2026-01-20T10:00:10.5Z", "2026-01-20T10:00:10.1Z", "1768903210.100000000"),
    "runs again, long after": ("2026-01-20T10:00:10.5Z", "2026-01-20T09:00:00Z", "1768903200.500000000"),
    "has ended": ("2026-01-20T10:00:10.5Z", "2026-01-20T10:00:20Z", "1768903209.500000000"),
}


@pytest.mark.parametrize(("started", "finished", "expected"), STATES.values(), ids=STATES)
def test_start(started: str, finished: str, expected: str) -> None:
    document = {"State": {"StartedAt": started, "FinishedAt": finished}}
    assert of_container(Query(since="start"), document) == Query(since=expected)
    assert of_container(Query(since="1.5", until="start"), document) == Query(since="1.5", until=expected)
