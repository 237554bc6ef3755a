# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that make a container a member of a group: pure data, no engine.

Images inherit labels from a committed container, and containers from their image. So the group alone proves nothing: the
second label names the container that is the member.
"""

from __future__ import annotations

import typing as t

GROUP = "stevedore.docker.group"
MEMBER = "stevedore.docker.member"

Labels = t.Mapping[str, t.Any]


def group_labels(group: str, container: str) -> dict[str, str]:
    """The labels that make a container a member of a group."""
    return {GROUP: group, MEMBER: container}


def group_of(labels: Labels | None, container: str) -> str | None:
    """The group of a container with this name and these labels."""
    return str(labels[GROUP]) if labels and labels.get(GROUP) and labels.get(MEMBER) == container else None


def lacks_member_label(labels: Labels | None, group: str) -> bool:
    """Whether only the group's label is there, as early versions wrote it: on a member, or on a copy of one."""
    return labels is not None and labels.get(GROUP) == group and not labels.get(MEMBER)


def remove_group_labels(labels: Labels) -> dict[str, t.Any]:
    """All other labels."""
    return {key: value for key, value in labels.items() if key not in (GROUP, MEMBER)}


def blank_group_labels(labels: Labels | None) -> dict[str, str]:
    """Labels for a copy that is no member: the engine can give a label another value, but cannot remove it."""
    return {key: "" for key in (GROUP, MEMBER) if (labels or {}).get(key)}
