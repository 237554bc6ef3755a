# SPDX-License-Identifier: GPL-3.0-or-later

"""Which containers of a set have to be there before which others. Pure."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInput
from .._run.options import namespaces


def needs(options: t.Mapping[str, t.Any]) -> set[str]:
    """The names of the containers that have to be there first: shared namespaces, volumes_from and links."""
    named = set(namespaces(options).values())
    named.update(str(entry).partition(":")[0] for entry in options.get("volumes_from") or ())
    named.update(str(entry).partition(":")[0] for entry in options.get("links") or ())
    for network in options.get("networks") or ():
        named.update(str(entry).partition(":")[0] for entry in network.get("links") or ())
    return named


def waves(needed: t.Mapping[str, t.Collection[str]]) -> list[list[str]]:
    """The names in groups: each group needs only names of earlier groups. Names outside of the set are left out.

    :raises InvalidInput: containers need each other in a circle.
    """
    left = {name: {other for other in others if other in needed} for name, others in needed.items()}
    groups: list[list[str]] = []
    while left:
        ready = [name for name, others in left.items() if not others & left.keys()]
        if not ready:
            raise InvalidInput(f"These containers need each other in a circle: {', '.join(sorted(left))}.")
        groups.append(ready)
        for name in ready:
            del left[name]
    return groups
