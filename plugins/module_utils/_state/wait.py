# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until a container has ended, is healthy or runs."""

from __future__ import annotations

import time

from .._deadline import Deadline, poll
from .._engine.client import Daemon
from .._errors import Failed, TimedOut
from .._health import health_of, last_lines
from .._selection import name_of
from .._types import Json
from .options import StateOptions

# "Running" is believed after so many seconds, as a container with a wrong command starts and dies.
SETTLED_AFTER = 1.0


def wait_for_condition(daemon: Daemon, document: Json, options: StateOptions) -> Json | None:
    """Wait until the container is as ``wait_for`` says.

    :returns: its last inspect document, ``None`` of a container that removed itself.
    :raises Failed: it ended instead.
    :raises TimedOut: it is not so after ``wait_timeout`` seconds.
    """
    name, identity = name_of(document), document["Id"]
    condition = {"exited": _exited, "healthy": _healthy, "running": _running}[options.wait_for or ""]
    # One that ran before this task has settled; what we have started has to prove itself.
    since: dict[str, float] = {document["State"]["StartedAt"]: time.monotonic() - SETTLED_AFTER}

    def inspect() -> Json | None:
        found = daemon.find_container(identity)
        if found is not None:
            since.setdefault(found["State"]["StartedAt"], time.monotonic())
        return found

    def is_decided(found: Json | None) -> bool:
        return found is None or condition(found, time.monotonic() - since[found["State"]["StartedAt"]]) is not None

    found = poll(inspect, is_decided, Deadline(options.wait_timeout))
    if found is None:
        if options.wait_for == "exited":
            return None
        raise Failed(
            f"Container {name} ended and removed itself instead of being {options.wait_for}.",
            object=f"container {name}",
        )
    verdict = condition(found, time.monotonic() - since[found["State"]["StartedAt"]])
    if verdict:
        return found
    lines = last_lines(daemon, found)
    said = f" Its last lines: {lines}" if lines else " It said nothing."
    if verdict is None:
        now = health_of(found) if options.wait_for == "healthy" and health_of(found) else found["State"]["Status"]
        raise TimedOut(
            f"Container {name} is not {options.wait_for} after {options.wait_timeout:g} s, but {now}: raise wait_timeout, or "
            f"look after it.{said}",
            object=f"container {name}",
        )
    raise Failed(
        f"Container {name} ended with code {found['State']['ExitCode']} instead of being {options.wait_for}.{said}",
        object=f"container {name}",
    )


# Whether it is so: yes, never any more, or (None) not yet.


def _exited(document: Json, _seconds: float) -> bool | None:
    return None if document["State"]["Running"] else True


def _healthy(document: Json, _seconds: float) -> bool | None:
    # An unhealthy container may get well again; the time decides.
    return True if health_of(document) == "healthy" and document["State"]["Running"] else _gone(document)


def _running(document: Json, seconds: float) -> bool | None:
    if document["State"]["Status"] == "running":
        return True if seconds >= SETTLED_AFTER else None
    return _gone(document)


def _gone(document: Json) -> bool | None:
    return False if document["State"]["Status"] in ("created", "dead", "exited", "removing") else None
