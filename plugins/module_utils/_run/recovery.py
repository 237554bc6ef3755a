# SPDX-License-Identifier: GPL-3.0-or-later

"""The traces of a replacement that was broken off, and whether to finish or undo it. Pure.

They are in the containers' names, which, other than labels, can be changed and leave nothing behind. For a container
``web`` with the id ``0123456789ab...``:

- ``web.stevedore-new-0123456789ab`` is the new one, not yet in its place;
- ``web.stevedore-old-0123456789ab-ba9876543210-running-unless.stopped`` is the old one, which made room, with its heir's
  id, what it was doing, and the restart policy that was taken from it (nothing for ``no``; ``on.failure.5`` has a limit);
- ``web.stevedore-kept-...`` is the same, once the new one has failed and both were to stay (``rollback=false``).
"""

from __future__ import annotations

import re
import typing as t

from .._errors import Conflict
from .._types import Json

_NEW = ".stevedore-new-"
_OLD = ".stevedore-old-"
_KEPT = ".stevedore-kept-"
_TRACE = re.compile(
    r"^(?P<name>.+)\.stevedore-(?P<kind>new|old|kept)-(?P<id>[0-9a-f]{12})"
    r"(?:-(?P<heir>[0-9a-f]{12})-(?P<was>[a-z]+)(?:-(?P<policy>[a-z]+(?:\.[a-z]+)*)(?:\.(?P<retries>[0-9]+))?)?)?$"
)


def new_name(name: str, old: str) -> str:
    return f"{name}{_NEW}{old[:12]}"


def old_name(name: str, old: str, new: str, was: str, policy: Json) -> str:
    """
    :param policy: its ``HostConfig.RestartPolicy``; empty when there is nothing to remember.
    """
    words = str(policy.get("Name") or "").replace("-", ".")
    limit = f".{policy['MaximumRetryCount']}" if policy.get("MaximumRetryCount") else ""
    return f"{name}{_OLD}{old[:12]}-{new[:12]}-{was}" + (f"-{words}{limit}" if words else "")


def kept_name(old_name: str) -> str:
    """What the old one is called once the new one has failed, and stays for somebody to look at."""
    head, _mark, tail = old_name.rpartition(_OLD)
    return f"{head}{_KEPT}{tail}"


def restart_policy(document: Json) -> Json:
    """A container's restart policy; empty when there is none."""
    policy = (document.get("HostConfig") or {}).get("RestartPolicy") or {}
    return {} if policy.get("Name") in (None, "", "no") else dict(policy)


def with_policy(document: Json, policy: Json) -> Json:
    """A container's document with another restart policy; an empty one changes nothing."""
    return {**document, "HostConfig": {**document["HostConfig"], "RestartPolicy": policy}} if policy else document


def pattern(name: str) -> str:
    """For the engine's name filter: the container and the traces of its replacement."""
    return (
        rf"^/?{re.escape(name)}(\.stevedore-(new|old|kept)-[0-9a-f]{{12}}(-[0-9a-f]{{12}}-[a-z]+(-[a-z.]+[0-9]*)?)?)?$"
    )


class Traces(t.NamedTuple):
    """The containers (summaries of the list call) that carry a name or a trace of it.

    :ivar heir: the beginning of the id of the old one's heir.
    :ivar was: what the old one was doing (``State.Status``).
    :ivar policy: the restart policy that was taken from the old one.
    :ivar failed: the new one is known to have failed.
    """

    current: Json | None = None
    new: Json | None = None
    old: Json | None = None
    heir: str = ""
    was: str = "exited"
    policy: Json = {}
    failed: bool = False

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
        if match and match.group("heir") and match.group("kind") != "new" and _is(summary, match.group("id")):
            part: Json = {"old": summary, "heir": match.group("heir"), "was": match.group("was")}
            part.update(policy=_policy(match), failed=match.group("kind") == "kept")
        elif match and not match.group("heir") and match.group("kind") == "new" and summary.get("State") == "created":
            part = {"new": summary}
        else:
            match, part = None, {"current": summary}
        name = match.group("name") if match else own
        found[name] = found.get(name, Traces())._replace(**part)
    return found


def _policy(match: re.Match[str]) -> Json:
    name = (match.group("policy") or "").replace(".", "-")
    return {"Name": name, "MaximumRetryCount": int(match.group("retries") or 0)} if name else {}


def _is(summary: Json | None, beginning: str) -> bool:
    return summary is not None and str(summary["Id"]).startswith(beginning)


def verdict(name: str, left: Traces, health: str | None) -> str:
    """``prove`` when the new container runs in its place, and time will tell whether it does so well; else ``undo``.

    :param health: the new one's.
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
    ill = left.failed or health == "unhealthy"
    return "undo" if ill or left.current.get("State") != "running" else "prove"
