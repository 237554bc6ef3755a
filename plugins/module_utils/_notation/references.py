# SPDX-License-Identifier: GPL-3.0-or-later

"""Image references: ``registry:5000/team/web:1.0``.

Source: https://pkg.go.dev/github.com/distribution/reference
"""

from __future__ import annotations

import re

_REPOSITORY = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


def split_tag(reference: str) -> tuple[str, str | None]:
    """``host:5000/name:tag`` as (``host:5000/name``, ``tag``); the tag is ``None`` where there is none."""
    head, colon, tail = reference.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (reference, None)


def is_repository(text: str) -> bool:
    """Whether an image can have this name, without a tag. Sixty-four hexadecimal digits are an image id."""
    return bool(_REPOSITORY.fullmatch(text)) and not _IMAGE_ID.fullmatch(text)


def is_tag(text: str) -> bool:
    return bool(_TAG.fullmatch(text))
