# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations as Go and the docker CLI write them (``1m30s``), in nanoseconds as the Engine API has them."""

from __future__ import annotations

import re
import typing as t

_NANOSECONDS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_NUMBER = re.compile(r"\d+(\.\d+)?")


def parse_duration(value: t.Any, *, bare: bool = True) -> int:
    """The nanoseconds of ``1m30s``, ``500ms`` or a number of seconds.

    :param bare: whether a number may stand without a unit; in Go's own notation only 0 may.
    :raises ValueError: not a duration.
    """
    text = str(value).strip().replace(" ", "")
    if text == "0" or (bare and _NUMBER.fullmatch(text)):
        return round(float(text) * _NANOSECONDS["s"])
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{value!r} is not a duration; write it such as 1m30s, 90s or 500ms")
    return round(sum(float(number) * _NANOSECONDS[unit.replace("µ", "u")] for number, unit in parts))


def format_duration(nanoseconds: int) -> str:
    """``90000000000`` as ``1m30s``."""
    text = ""
    for unit, factor in _NANOSECONDS.items():
        count, nanoseconds = divmod(nanoseconds, factor)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
