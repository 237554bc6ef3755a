# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time as people write them."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._notation.times import moment, nanoseconds

# Tuesday, 2026-01-20 10:23:31.5 UTC
NOW = 1768904611_500000000


@pytest.fixture(autouse=True, params=["UTC", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[int]:
    """Seconds east of Greenwich."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", {"UTC": "UTC0", "Asia/Kolkata": "IST-5:30"}[request.param])
        time.tzset()
        yield 0 if request.param == "UTC" else 19800
    time.tzset()


ABSOLUTE = [
    ("now", "1768904611.500000000"),
    ("1768904611", "1768904611.000000000"),
    ("1768904611.25", "1768904611.250000000"),
    ("0", "0.000000000"),
    ("10m", "1768904011.500000000"),
    ("1h30m", "1768899211.500000000"),
    ("1.5h", "1768899211.500000000"),
    ("90s", "1768904521.500000000"),
    ("250ms", "1768904611.250000000"),
    ("2d", "1768731811.500000000"),
    ("1 week ago", "1768299811.500000000"),
    ("2 hours ago", "1768897411.500000000"),
    ("an hour ago", "1768901011.500000000"),
    ("1 day and 1 hour", "1768814611.500000000"),
    (" 10 Minutes ago ", "1768904011.500000000"),
    ("2026-01-20T10:23:31.918273645Z", "1768904611.918273645"),
    ("2026-01-20T10:23:31Z", "1768904611.000000000"),
    ("2026-01-20 10:23:31+01:00", "1768901011.000000000"),
    ("2026-01-20T10:23:31.5-0530", "1768924411.500000000"),
]
LOCAL = [
    ("2026-01-20", "2026-01-20T00:00:00Z"),
    ("2026-01-20 10:23", "2026-01-20T10:23:00Z"),
    ("2026-01-20T10:23:31.25", "2026-01-20T10:23:31.25Z"),
    ("today", "2026-01-20T00:00:00Z"),
    ("Yesterday 18:00", "2026-01-19T18:00:00Z"),
    ("9:05", "2026-01-20T09:05:00Z"),
]


@pytest.mark.parametrize(("text", "expected"), ABSOLUTE)
def test_the_same_everywhere(text: str, expected: str) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize(("text", "utc"), LOCAL)
def test_local_time(text: str, utc: str, zone: int) -> None:
    seconds, _unused, rest = moment(utc, NOW).partition(".")
    assert moment(text, NOW) == f"{int(seconds) - zone}.{rest}"


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "-5m", "5 parsecs", "2026-13-01", "2026-01-20 25:00", "10m later", "tomorrow", "+01:00"]
)
def test_no_point_in_time(text: str) -> None:
    if text == "10":
        assert moment(text, NOW) == "10.000000000"
        return
    with pytest.raises(InvalidInput) as caught:
        moment(text, NOW)
    assert "no point in time" in caught.value.msg


@pytest.mark.parametrize("text", ["2026-01-20T10:23:31.918273645Z", "1768904611.918273645"])
def test_not_a_nanosecond_is_lost(text: str) -> None:
    assert nanoseconds(text) == 1768904611918273645
