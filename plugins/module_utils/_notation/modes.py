# SPDX-License-Identifier: GPL-3.0-or-later

"""File modes: octal, as text; unquoted, YAML has made a number of them."""

from __future__ import annotations

import re
import typing as t


def parse_mode(value: t.Any) -> int:
    """The mode that ``'0644'``, ``'644'``, ``'0o644'`` or an unquoted ``0644`` means.

    YAML reads 0644 as octal (420), and 644 as it stands, which would be 01204: a number is taken when it is a mode that
    makes sense, and its digits are none.

    :raises ValueError: it is no mode, or nobody knows which.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if _sensible(value) and not _sensible(_as_octal(str(value))):
            return value
        raise ValueError(
            f"{value} was not quoted, and YAML makes another number of an octal one: quote it, such as '0644'"
        )
    mode = _as_octal(str(value).strip())
    if mode is None or isinstance(value, (bool, float)):
        raise ValueError(f"{value!r} is not an octal mode such as '0644' (quote it)")
    return mode


def _as_octal(digits: str) -> int | None:
    if not re.match(r"^(0o)?[0-7]+$", digits):
        return None
    mode = int(digits, 8)
    return mode if mode <= 0o7777 else None


def _sensible(mode: int | None) -> bool:
    """Whether somebody would write it: nobody writes without reading, and nobody may more than the owner."""
    if mode is None or not 0 <= mode <= 0o7777:
        return False
    owner, group, others = mode >> 6 & 7, mode >> 3 & 7, mode & 7
    return all(who & 2 == 0 or who & 4 for who in (owner, group, others)) and not (group | others) & ~owner
