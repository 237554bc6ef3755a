# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time: the engine's RFC 3339 times, those that people write, and the timestamps that the Engine API takes."""

from __future__ import annotations

import calendar
import datetime
import re
import time

from .durations import parse_duration

SECOND = 1_000_000_000
# In a file's or a tag's name, ``{timestamp}`` stands for the time in UTC in this form.
STAMP = "%Y%m%dT%H%M%SZ"
STAMP_PATTERN = r"\d{8}T\d{6}Z"

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))")
_UNIX = re.compile(r"(\d+)(?:\.(\d{1,9}))?")
# As RFC 3339, where the zone, the time or the date may be missing, and a space may stand for the T: YAML turns an unquoted
# 2026-01-20T10:23:31 into one.
_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d?:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
    r"\s*(?P<zone>Z|[+-]\d\d:?\d\d)?"
)


def parse_rfc3339(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time of any precision and zone, as the engine writes them.

    :raises ValueError: not such a time.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time")
    second, fraction, sign, hours, minutes = match.groups()
    since = calendar.timegm(time.strptime(second, "%Y-%m-%dT%H:%M:%S"))
    if sign:
        since -= (1 if sign == "+" else -1) * (int(hours) * 3600 + int(minutes) * 60)
    return since * SECOND + int((fraction or "0")[:9].ljust(9, "0"))


def parse_time(text: str, now: int) -> int:
    """Nanoseconds since 1970 of a time as ``docker logs --since`` takes it: ``10m`` (before now), a date, a Unix time.

    :param now: nanoseconds since 1970.
    :raises ValueError: not a point in time. Times without a zone are local.
    """
    wanted = text.strip()
    unix = _UNIX.fullmatch(wanted)
    if unix:
        return int(unix[1]) * SECOND + int((unix[2] or "").ljust(9, "0"))
    date = _DATE.fullmatch(wanted)
    try:
        return now - parse_duration(wanted) if date is None else _of_date(date)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a point in time; write a distance back from now (10m, 1h30m), a date (2026-01-20, "
            "2026-01-20 10:23:31, 2026-01-20T10:23:31.918Z) or a Unix time"
        ) from error


def format_timestamp(nanoseconds: int) -> str:
    """``seconds.nanoseconds`` since 1970, as the Engine API takes times."""
    return f"{nanoseconds // SECOND}.{nanoseconds % SECOND:09d}"


def _of_date(match: re.Match[str]) -> int:
    date = datetime.date.fromisoformat(match["date"])
    hour, minute, second = ([int(part) for part in (match["time"] or "0:0").split(":")] + [0])[:3]
    moment = datetime.datetime(date.year, date.month, date.day, hour, minute, second)
    zone = (match["zone"] or "").upper()
    if zone:
        digits = zone[1:].replace(":", "") or "0000"
        offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        moment = moment.replace(tzinfo=datetime.timezone(-offset if zone.startswith("-") else offset))
    return int(moment.timestamp()) * SECOND + int((match["fraction"] or "").ljust(9, "0"))
