# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns for paths.

The rules are those of .gitignore, without negation: ``*`` and ``?`` stop at a slash, ``**`` does not, ``[a-z]`` and
``[!a-z]`` are sets; a pattern without a slash matches a name at any depth, any other starts at the root; and what matches
a folder matches everything in it.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import InvalidInput

_SET = re.compile(r"\[(!?)([^/]?[^]/]*)\]")


def matcher(patterns: t.Sequence[str], option: str = "pattern") -> t.Callable[[str], bool]:
    """A function that says whether an absolute path matches at least one of ``patterns``.

    :raises InvalidInput: a pattern is empty or invalid.
    """
    if not patterns:
        return lambda _path: False
    try:
        whole = re.compile("|".join(f"(?:{translate_pattern(pattern)})" for pattern in patterns), re.DOTALL)
    except (ValueError, re.error) as error:
        raise InvalidInput(f"{option}: cannot read the patterns {list(patterns)!r}: {error}.") from error
    return lambda path: whole.match(path) is not None


def translate_pattern(pattern: str) -> str:
    """One pattern as a regular expression for absolute paths.

    :raises ValueError: it is empty.
    """
    text = pattern.strip().rstrip("/")
    if not text:
        raise ValueError("an empty pattern; '/**' means all paths")
    if "/" not in text:
        text = f"**/{text}"
    text = text.lstrip("/")
    found = ["/"]
    position = 0
    while position < len(text):
        position, part = _translate_next(text, position)
        found.append(part)
    return "".join(found) + r"(?:/.*)?\Z"


def _translate_next(text: str, position: int) -> tuple[int, str]:
    """The next piece of a pattern: where it ends, and its regular expression."""
    rest = text[position:]
    starts_segment = position == 0 or text[position - 1] == "/"
    if starts_segment and rest.startswith("**/"):
        return position + 3, "(?:.*/)?"
    if starts_segment and rest == "**":
        return position + 2, ".+"
    if rest.startswith("*"):
        return position + len(rest) - len(rest.lstrip("*")), "[^/]*"
    if rest.startswith("?"):
        return position + 1, "[^/]"
    found = _SET.match(rest)
    if found is not None and found.group(2):
        inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", found.group(2))
        return position + found.end(), f"(?!/)[{'^' if found.group(1) else ''}{inside}]"
    return position + 1, re.escape(rest[0])
