# SPDX-License-Identifier: GPL-3.0-or-later

"""Container names."""

from __future__ import annotations

import re

NAME_PATTERN = r"[a-zA-Z0-9][a-zA-Z0-9_.-]*"
_NAME = re.compile(NAME_PATTERN)


def is_container_name(text: str) -> bool:
    """Whether a container can have this name: the engine wants two characters or more."""
    return len(text) > 1 and bool(_NAME.fullmatch(text))
