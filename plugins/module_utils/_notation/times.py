# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time as people write them, as the timestamps that the Engine API takes."""

from __future__ import annotations

import datetime
import re

from .._errors import InvalidInput

UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 10**9),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60 * 10**9),
    **dict.fromkeys(("h", "hour", "hours"), 3600 * 10**9),
    **dict.fromkeys(("d", "day", "days"), 86400 * 10**9),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400 * 10**9),
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?|\ban?\b)\s*([a-zµ]+)")
_FILLER = re.compile(r"[\s,]|\band\b")
_DATE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|today|yesterday)?(?:[T\s]|^|$)\s*"
    r"(?:(?P<time>\d\d?:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,9})\d*)?)?\s*(?P<zone>Z|[+-]\d\d:?\d\d)?"
)


def moment(text: str, now_ns: int) -> str:
    """``10m``, ``1h30m``, ``2 hours ago``, ``yesterday 18:00``, ``2026-01-20T10:23:31.918Z``, ``1768904611`` and the like.

    :param now_ns: nanoseconds since 1970; what a distance counts back from.
    :returns: ``seconds.nanoseconds`` since 1970. Times without a zone are local.
    :raises InvalidInput: it says no point in time.
    """
    wanted = text.strip()
    low = wanted.lower()
    if low == "now":
        return stamp(now_ns)
    if re.fullmatch(r"\d+(\.\d{1,9})?", low):
        seconds, _unused, fraction = low.partition(".")
        return f"{int(seconds)}.{fraction:0<9}"
    back = _distance(low)
    if back is not None:
        return stamp(now_ns - back)
    found = _DATE.fullmatch(wanted if "T" in wanted else low)
    if found and (found["date"] or found["time"]):
        return _calendar(text, found, now_ns)
    raise InvalidInput(
        f"{text!r} is no point in time. Known are distances (10m, 1h30m, 2 hours ago), 'yesterday 18:00', 'today', 'now', "
        "'start' (of the container), dates (2026-01-20, 2026-01-20 10:23:31, 2026-01-20T10:23:31.918Z) and Unix times."
    )


def stamp(nanoseconds: int) -> str:
    """Nanoseconds since 1970 as the Engine API takes them."""
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"


def nanoseconds(text: str) -> int:
    """One of the engine's own times, or a result of :func:`moment`, as nanoseconds since 1970."""
    seconds, _unused, fraction = moment(text, 0).partition(".")
    return int(seconds) * 10**9 + int(fraction)


def _distance(text: str) -> int | None:
    """Nanoseconds; ``None``: it is no distance."""
    text = re.sub(r"\s+ago$", "", text)
    amounts = _AMOUNT.findall(text)
    rest = _FILLER.sub("", _AMOUNT.sub("", text))
    if not amounts or rest or any(unit not in UNITS for _number, unit in amounts):
        return None
    return sum(round((1.0 if number[0] == "a" else float(number)) * UNITS[unit]) for number, unit in amounts)


def _calendar(text: str, found: re.Match[str], now_ns: int) -> str:
    today = datetime.datetime.fromtimestamp(now_ns // 10**9).date()
    day = (found["date"] or "today").lower()
    try:
        if day == "today":
            date = today
        elif day == "yesterday":
            date = today - datetime.timedelta(days=1)
        else:
            date = datetime.date.fromisoformat(day)
        hour, minute, second = ([int(part) for part in (found["time"] or "0:0").split(":")] + [0])[:3]
        when = datetime.datetime(date.year, date.month, date.day, hour, minute, second)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no point in time: {error}") from error
    zone = (found["zone"] or "").upper()
    if zone:
        sign = -1 if zone.startswith("-") else 1
        digits = zone[1:].replace(":", "") or "0000"
        shift = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * sign
        when = when.replace(tzinfo=datetime.timezone(shift))
    return f"{int(when.timestamp())}.{found['fraction'] or '':0<9}"
