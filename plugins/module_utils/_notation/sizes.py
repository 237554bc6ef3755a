# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes in bytes, as people write them: ``512m``, ``1.5 GiB``."""

from __future__ import annotations

import math
import re
import typing as t

_UNITS = ("", "k", "m", "g", "t", "p")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?", re.IGNORECASE)


def parse_size(value: t.Any, base: int = 1024) -> int:
    """The bytes of ``512m``, ``1.5g``, ``64MiB`` or a number.

    :param base: what a unit stands for. The docker CLI and the Engine API take all units as binary, log drivers take them
        as decimal (1000), whatever the suffix says.
    :raises ValueError: not a size.
    """
    match = _SIZE.fullmatch(str(value).strip())
    number = math.inf if match is None else float(match[1])
    if match is None or not math.isfinite(number):
        raise ValueError(f"{value!r} is not a size; write bytes or a number with k, m, g, t or p, such as 512m")
    return int(number * base ** _UNITS.index(match[2].lower()))


def format_size(size: int) -> str:
    """The shortest exact form in binary units: ``512m``, not ``536870912``."""
    for power in range(len(_UNITS) - 1, 0, -1):
        factor: int = 1024**power
        if size and size % factor == 0:
            return f"{size // factor}{_UNITS[power]}"
    return str(size)


def format_readable_size(size: float) -> str:
    """Three digits and a decimal unit, as the docker CLI prints sizes: ``1.23GB``."""
    return scale(size, 1000.0, ("B", "kB", "MB", "GB", "TB", "PB", "EB"), 3)


def format_readable_binary_size(size: float) -> str:
    """Four digits and a binary unit, as the docker CLI prints memory: ``23.54GiB``."""
    return scale(size, 1024.0, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"), 4)


def scale(size: float, base: float, units: t.Sequence[str], digits: int) -> str:
    """A size in the largest unit that leaves at least 1, with so many significant digits, as Go's ``%.Ng`` writes it."""
    unit = 0
    while size >= base and unit < len(units) - 1:
        size /= base
        unit += 1
    return f"{size:.{digits}g}{units[unit]}"
