# SPDX-License-Identifier: GPL-3.0-or-later

"""Which paths a list of patterns means.

The rules are those of .gitignore, less its negation: ``*`` and ``?`` stop at a slash, ``**`` does not, ``[a-z]`` and
``[!a-z]`` are sets; a pattern without a slash means a name at any depth, any other starts at the root; and whatever
matches a folder means all that is in it.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import InvalidInput

_SET = re.compile(r"\[(!?)([^/]?[^]/]*)\]")


def matcher(patterns: t.Sequence[str], option: str = "pattern") -> t.Callable[[str], bool]:
    """A function that says whether an absolute path is meant by at least one of ``patterns``.

    :raises InvalidInput: a pattern is empty or not to be read.
    """
    if not patterns:
        return lambda _path: False
    try:
        whole = re.compile("|".join(f"(?:{translated(pattern)})" for pattern in patterns), re.DOTALL)
    except (ValueError, re.error) as error:
        raise InvalidInput(f"{option}: cannot read the patterns {list(patterns)!r}: {error}.") from error
    return lambda path: whole.match(path) is not None


def translated(pattern: str) -> str:
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
        position, part = _part(text, position)
        found.append(part)
    return "".join(found) + r"(?:/.*)?\Z"


def _part(text: str, position: int) -> tuple[int, str]:
    """The next piece of a pattern: where it ends and what it means."""
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
