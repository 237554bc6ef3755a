# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers of an engine that is restarted: who was left alone, and who has to be started again."""

from __future__ import annotations

import dataclasses
import datetime
import re
import time
import typing as t

from .._engine.client import Daemon
from .._errors import Missing, StevedoreError
from .._types import Json

# The engine itself takes a container for up once it has run for 10 s (its restart policies start counting anew then).
_UP = 10.0
# A container that its policy has restarted may do so again; after an hour that is no longer to be expected.
_CALM = 3600.0
_NEVER = "0001-01-01T00:00:00Z"


@dataclasses.dataclass(frozen=True)
class Container:
    """One container that runs, is paused, or waits for its policy to restart it."""

    identity: str
    name: str
    pid: int
    started: str
    # How often its policy has restarted it since its last explicit start.
    restarts: int
    paused: bool
    # What restarts it ended before, and may end again, without anybody's doing.
    restless: bool
    # Removed by the engine when it ends.
    auto_remove: bool
    # Names and ids of the containers that have to run before it can start.
    needs: tuple[str, ...]

    def is_same_process(self, other: Container | None) -> bool:
        return other is not None and (self.pid, self.started) == (other.pid, other.started)


@dataclasses.dataclass(frozen=True)
class Restarted:
    """What became of containers that stopped with the engine, by name; ``failed`` with the reason."""

    started: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()


def running(daemon: Daemon) -> tuple[Container, ...]:
    """The containers that run, by id."""
    found = []
    for summary in daemon.containers({"status": ["running", "paused", "restarting"]}):
        document = daemon.find_container(summary["Id"])
        if document is not None and document["State"]["Running"]:
            found.append(_container(document, time.time()))
    return tuple(sorted(found, key=lambda container: container.identity))


def damaged(daemon: Daemon, before: t.Iterable[Container]) -> tuple[Container, ...]:
    """Those that are no longer the process that they were, other than by their own doing."""
    now = {container.identity: container for container in running(daemon)}
    return tuple(
        container
        for container in before
        if not container.restless
        and not container.is_same_process(now.get(container.identity))
        and not _ended_by_itself(daemon, container)
    )


def kept(daemon: Daemon, before: t.Iterable[Container]) -> tuple[str, ...]:
    """The names of the containers that are still the same process."""
    now = {container.identity: container for container in running(daemon)}
    return tuple(container.name for container in before if container.is_same_process(now.get(container.identity)))


def start_again(daemon: Daemon, before: t.Iterable[Container]) -> Restarted:
    """Start what ran before and does not run now, each after what it needs; one that fails keeps no other from it."""
    started, failed, removed = [], [], []
    now = {container.identity: container for container in running(daemon)}
    for container in in_order(before):
        if container.is_same_process(now.get(container.identity)):
            continue
        try:
            _start(daemon, container)
        except Missing:
            removed.append(container.name)
        except StevedoreError as error:
            failed.append((container.name, error.msg))
        else:
            started.append(container.name)
    return Restarted(tuple(started), tuple(failed), tuple(removed))


def in_order(containers: t.Iterable[Container]) -> tuple[Container, ...]:
    """Each after those that it needs, else as they come."""
    left = list(containers)
    result: list[Container] = []
    while left:
        # In a circle, which no engine makes, the first one is as good as any.
        ready = next((c for c in left if not any(_is_needed(other, c) for other in left if other is not c)), left[0])
        left.remove(ready)
        result.append(ready)
    return tuple(result)


def _is_needed(other: Container, container: Container) -> bool:
    return any(need == other.name or (need and other.identity.startswith(need)) for need in container.needs)


def _start(daemon: Daemon, container: Container) -> None:
    about = f"container {container.name}"
    # 304 where the engine has started it already, as its policy says.
    daemon.post_status(f"/containers/{container.identity}/start", about=about)
    if container.paused and not daemon.container(container.identity)["State"]["Paused"]:
        daemon.post_status(f"/containers/{container.identity}/pause", about=about)


def _container(document: Json, now: float) -> Container:
    state, host = document["State"], document.get("HostConfig") or {}
    restarts = int(document.get("RestartCount") or 0)
    uptime = now - _seconds(state["StartedAt"])
    ended_before = (state.get("FinishedAt") or _NEVER) != _NEVER
    return Container(
        identity=document["Id"],
        name=document["Name"].lstrip("/"),
        pid=state["Pid"],
        started=state["StartedAt"],
        restarts=restarts,
        paused=bool(state.get("Paused")),
        restless=bool(state.get("Restarting"))
        or (restarts > 0 and uptime < _CALM)
        or (ended_before and uptime < _UP and _restarts_by_itself(host)),
        auto_remove=bool(host.get("AutoRemove")),
        needs=_needs(document),
    )


def _restarts_by_itself(host: Json) -> bool:
    return (host.get("RestartPolicy") or {}).get("Name") not in (None, "", "no")


def _needs(document: Json) -> tuple[str, ...]:
    """As the inspect document has them: ids for namespaces, names or ids for volumes, ``/name:/box/alias`` for links."""
    host = document.get("HostConfig") or {}
    modes = [str(host.get(key) or "") for key in ("NetworkMode", "PidMode", "IpcMode")]
    needed = [mode.partition(":")[2] for mode in modes if mode.startswith("container:")]
    needed += [str(entry).partition(":")[0] for entry in host.get("VolumesFrom") or ()]
    links = list(host.get("Links") or ())
    for network in ((document.get("NetworkSettings") or {}).get("Networks") or {}).values():
        links += (network or {}).get("Links") or ()
    needed += [str(entry).partition(":")[0] for entry in links]
    return tuple(dict.fromkeys(name.lstrip("/") for name in needed))


def _ended_by_itself(daemon: Daemon, container: Container) -> bool:
    """Whose work was done, whose user removed it, or who crashed: only a policy that heard of the end counts it.

    dockerd counts from 0 again for what it starts when it starts itself (20.10, 26.1).
    """
    document = daemon.find_container(container.identity)
    if document is None or int(document.get("RestartCount") or 0) > container.restarts:
        return True
    return not document["State"]["Running"] and document["State"]["ExitCode"] == 0


def _seconds(moment: str) -> float:
    """Since 1970, of the engine's ``2026-01-20T10:23:31.918273645Z``."""
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$", moment)
    if match is None:
        return 0.0
    zone = "+00:00" if match.group(3) == "Z" else match.group(3)
    return datetime.datetime.fromisoformat(match.group(1) + zone).timestamp()
