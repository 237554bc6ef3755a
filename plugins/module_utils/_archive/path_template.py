# SPDX-License-Identifier: GPL-3.0-or-later

"""``{name}`` and ``{timestamp}`` in an archive's path, and the archives that a path with them stands for."""

from __future__ import annotations

import os
import re

from .._errors import InvalidInput
from .._notation.times import STAMP_PATTERN

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_KNOWN = ("name", "timestamp")


def check(template: str, *, several: bool, keep: int | None) -> None:
    """Whether the template can name what it has to.

    :raises InvalidInput: unknown placeholder, ``{name}`` missing for several containers, ``keep`` without
        ``{timestamp}``, or ``{timestamp}`` in a folder's name.
    """
    used = _PLACEHOLDER.findall(template)
    unknown = sorted(set(used) - set(_KNOWN))
    if unknown:
        raise InvalidInput(f"path: unknown placeholder {{{unknown[0]}}}; there are {{name}} and {{timestamp}}.")
    if several and "name" not in used:
        raise InvalidInput("path must contain {name} when more than one container may be exported.")
    if "{timestamp}" in os.path.dirname(template):
        raise InvalidInput("path: {timestamp} must be in the file's name, not in a folder's.")
    if keep is not None and keep < 1:
        raise InvalidInput(f"keep must be 1 or more, not {keep}.")
    if keep is not None and "timestamp" not in used:
        raise InvalidInput("keep needs {timestamp} in path: without it each export replaces the one before.")


def fill(template: str, name: str, stamp: str) -> str:
    return template.replace("{name}", name).replace("{timestamp}", stamp)


def existing(template: str, name: str) -> list[str]:
    """The paths there are for this container, oldest first."""
    path = fill(template, name, "{timestamp}")
    if "{timestamp}" not in path:
        return [path] if os.path.lexists(path) else []
    folder, file = os.path.split(path)
    pattern = re.compile(re.escape(file).replace(re.escape("{timestamp}"), f"({STAMP_PATTERN})"))
    try:
        names = os.listdir(folder)
    except OSError:
        return []  # What is wrong with the folder is said when it is written to.
    found = [(match.group(1), file) for file in names for match in [pattern.fullmatch(file)] if match]
    return [os.path.join(folder, file) for _stamp, file in sorted(found)]
