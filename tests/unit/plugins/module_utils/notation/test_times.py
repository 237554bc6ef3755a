# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time as people write them."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._notation.times import (
    format_timestamp,
    parse_rfc3339,
    parse_time,
)

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
    ("1768904611", "1768904611.000000000"),
    ("1768904611.25", "1768904611.250000000"),
    ("0", "0.000000000"),
    ("10m", "1768904011.500000000"),
    ("1h30m", "1768899211.500000000"),
    ("1.5h", "1768899211.500000000"),
    ("90s", "1768904521.500000000"),
    ("250ms", "1768904611.250000000"),
    ("2026-01-20T10:23:31.918273645Z", "1768904611.918273645"),
    ("2026-01-20T10:23:31Z", "1768904611.000000000"),
    ("2026-01-20 10:23:31+01:00", "1768901011.000000000"),
    ("2026-01-20T10:23:31.5-0530", "1768924411.500000000"),
]
LOCAL = [
    ("2026-01-20", "2026-01-20T00:00:00Z"),
    ("2026-01-20 10:23", "2026-01-20T10:23:00Z"),
    ("2026-01-20T10:23:31.25", "2026-01-20T10:23:31.25Z"),
]


@pytest.mark.parametrize(("text", "expected"), ABSOLUTE)
def test_the_same_everywhere(text: str, expected: str) -> None:
    assert format_timestamp(parse_time(text, NOW)) == expected


@pytest.mark.parametrize(("text", "utc"), LOCAL)
def test_local_time(text: str, utc: str, zone: int) -> None:
    assert parse_time(text, NOW) == parse_time(utc, NOW) - zone * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-5m",
        "5 parsecs",
        "2026-13-01",
        "2026-01-20 25:00",
        "10m later",
        "tomorrow",
        "+01:00",
        "2 hours ago",
    ],
)
def test_no_point_in_time(text: str) -> None:
    with pytest.raises(ValueError, match="not a point in time"):
        parse_time(text, NOW)


def test_not_a_nanosecond_is_lost() -> None:
    assert parse_rfc3339("2026-01-20T10:23:31.918273645Z") == 1768904611918273645
    assert parse_time("1768904611.918273645", NOW) == 1768904611918273645


TIMES = [
    ("1970-01-01T00:00:01Z", 1_000_000_000),
    ("1970-01-01T01:00:00+01:00", 0),
    ("2026-11-25T10:04:07.17255235Z", 1795601047_172552350),
    ("2026-11-25T12:04:07.5+02:00", 1795601047_500000000),
    ("2026-11-25T04:34:07.000000001-05:30", 1795601047_000000001),
    ("1969-12-31T23:59:59.25Z", -750_000_000),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_times_of_the_engine(text: str, expected: int) -> None:
    assert parse_rfc3339(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-25 10:04:07Z", "2026-11-25T10:04:07", "2026-01-20T10:23:31Z0"]
)
def test_no_time_of_the_engine(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_rfc3339(text)
