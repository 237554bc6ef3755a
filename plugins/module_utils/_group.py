# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that make a container a member of a group: pure data, no engine.

Images inherit labels from a committed container, and containers from their image. So the group alone proves nothing: the
second label names the container that was meant.
"""

from __future__ import annotations

import typing as t

GROUP = "stevedore.docker.group"
MEMBER = "stevedore.docker.member"

Labels = t.Mapping[str, t.Any]


def labels(group: str, container: str) -> dict[str, str]:
    return {GROUP: group, MEMBER: container}


def of(found: Labels | None, container: str) -> str | None:
    """The group of a container with these labels."""
    return str(found[GROUP]) if found and found.get(GROUP) and found.get(MEMBER) == container else None


def unproven(found: Labels | None, group: str) -> bool:
    """Only the group is there, as early versions wrote it: a member, or a copy of one."""
    return bool(found) and t.cast("Labels", found).get(GROUP) == group and not t.cast("Labels", found).get(MEMBER)


def without(found: Labels) -> dict[str, t.Any]:
    """All other labels."""
    return {key: value for key, value in found.items() if key not in (GROUP, MEMBER)}


def blank(found: Labels | None) -> dict[str, str]:
    """What to label a copy with: the engine can give a label another value, and cannot take it away."""
    return {key: "" for key in (GROUP, MEMBER) if (found or {}).get(key)}
