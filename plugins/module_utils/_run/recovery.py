# SPDX-License-Identifier: GPL-3.0-or-later

"""The traces of a replacement that was broken off, and whether to finish or undo it. Pure.

They are in the containers' names, which, other than labels, can be changed and leave nothing behind. For a container
``web`` with the id ``0123456789ab...``:

- ``web.stevedore-new-0123456789ab`` is the new one, not yet in its place;
- ``web.stevedore-old-0123456789ab-ba9876543210-running`` is the old one, which made room, with its heir's id and what it
  was doing.
"""

from __future__ import annotations

import re
import typing as t

from .._errors import Conflict

Json = t.Dict[str, t.Any]

_NEW = ".stevedore-new-"
_OLD = ".stevedore-old-"
_TRACE = re.compile(
    r"^(?P<name>.+)\.stevedore-(?P<kind>new|old)-(?P<id>[0-9a-f]{12})(?:-(?P<heir>[0-9a-f]{12})-(?P<was>[a-z]+))?$"
)
NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.-]+$")


def new_name(name: str, old: str) -> str:
    return f"{name}{_NEW}{old[:12]}"


def old_name(name: str, old: str, new: str, was: str) -> str:
    return f"{name}{_OLD}{old[:12]}-{new[:12]}-{was}"


def pattern(name: str) -> str:
    """For the engine's name filter: the container and the traces of its replacement."""
    return rf"^/?{re.escape(name)}(\.stevedore-(new|old)-[0-9a-f]{{12}}(-[0-9a-f]{{12}}-[a-z]+)?)?$"


class Traces(t.NamedTuple):
    """The containers (summaries of the list call) that carry a name or a trace of it.

    :ivar heir: the beginning of the id of the old one's heir.
    :ivar was: what the old one was doing (``State.Status``).
    """

    current: Json | None = None
    new: Json | None = None
    old: Json | None = None
    heir: str = ""
    was: str = "exited"

    @property
    def clean(self) -> bool:
        return self.new is None and self.old is None

    @property
    def successor(self) -> Json | None:
        """The new container, in its place or not."""
        return self.new if self.new is not None or self.old is None else self.current


def name_of(summary: Json) -> str:
    """A container's own name; a legacy link adds names with a second slash."""
    names = [str(name)[1:] for name in summary.get("Names") or () if str(name).count("/") == 1]
    return names[0] if names else ""


def traces(summaries: t.Iterable[Json]) -> dict[str, Traces]:
    """For each container's name, what there is of it."""
    found: dict[str, Traces] = {}
    for summary in summaries:
        own = name_of(summary)
        match = _TRACE.match(own)
        # The id is the old one's, and a new one was never started; anything else is a user's own name.
        if match and match.group("heir") and match.group("kind") == "old" and _is(summary, match.group("id")):
            part: Json = {"old": summary, "heir": match.group("heir"), "was": match.group("was")}
        elif match and not match.group("heir") and match.group("kind") == "new" and summary.get("State") == "created":
            part = {"new": summary}
        else:
            match, part = None, {"current": summary}
        name = match.group("name") if match else own
        found[name] = found.get(name, Traces())._replace(**part)
    return found


def _is(summary: Json | None, beginning: str) -> bool:
    return summary is not None and str(summary["Id"]).startswith(beginning)


def verdict(name: str, left: Traces, health: str | None, healthy: bool) -> str:
    """``finish`` when the new container is in its place and proven, ``wait`` when only time will tell, else ``undo``.

    :param health: the new one's.
    :param healthy: health is asked for.
    :raises Conflict: the name went to a container that has nothing to do with the replacement.
    """
    if left.old is None:
        return "undo"
    if left.current is None:
        return "undo"
    if not _is(left.current, left.heir):
        raise Conflict(
            f"A replacement of container {name} was broken off, its old one is {name_of(left.old)}, and the name was "
            "given to another container since. Remove or rename one of the two.",
            object=f"container {name}",
        )
    if left.current.get("State") != "running" or health == "unhealthy":
        return "undo"
    return "wait" if healthy and health == "starting" else "finish"
