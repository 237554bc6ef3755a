# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers of an engine that is restarted: which ones were left alone, and which have to be started again."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._engine.client import Daemon
from .._errors import Missing, StevedoreError
from .._notation.times import parse_rfc3339
from .._types import Json

# The engine itself takes a container for up once it has run for 10 s (its restart policies start counting anew then).
_UP = 10.0
# A container that its policy has restarted may do so again; after an hour that is no longer to be expected.
_CALM = 3600.0


@dataclasses.dataclass(frozen=True)
class RunningContainer:
    """One container that runs, is paused, or waits for its policy to restart it."""

    identity: str
    name: str
    pid: int
    started: str
    # How often its policy has restarted it since its last explicit start.
    restarts: int
    paused: bool
    # What restarts it ended before, and may end again, without anybody's doing.
    restarts_itself: bool
    # Removed by the engine when it ends.
    auto_remove: bool
    # Names and ids of the containers that have to run before it can start.
    needs: tuple[str, ...]

    def is_same_process(self, other: RunningContainer | None) -> bool:
        return other is not None and (self.pid, self.started) == (other.pid, other.started)


@dataclasses.dataclass(frozen=True)
class RestartResult:
    """What became of containers that stopped with the engine, by name; ``failed`` with the reason."""

    started: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()

    def fields(self) -> Json:
        """As fields of the module's result."""
        return {
            "containers_started": list(self.started),
            "containers_failed": [{"name": name, "msg": reason} for name, reason in self.failed],
            "containers_removed": list(self.removed),
        }


def running_containers(daemon: Daemon) -> tuple[RunningContainer, ...]:
    """The containers that run, by id."""
    found = []
    for summary in daemon.containers({"status": ["running", "paused", "restarting"]}):
        document = daemon.find_container(summary["Id"])
        if document is not None and document["State"]["Running"]:
            found.append(_running_container(document, time.time()))
    return tuple(sorted(found, key=lambda container: container.identity))


def find_damaged(daemon: Daemon, before: t.Iterable[RunningContainer]) -> tuple[RunningContainer, ...]:
    """Those that are no longer the process that they were, other than by their own doing."""
    now = {container.identity: container for container in running_containers(daemon)}
    return tuple(
        container
        for container in before
        if not container.restarts_itself
        and not container.is_same_process(now.get(container.identity))
        and not _ended_by_itself(daemon, container)
    )


def kept_names(daemon: Daemon, before: t.Iterable[RunningContainer]) -> tuple[str, ...]:
    """The names of the containers that are still the same process."""
    now = {container.identity: container for container in running_containers(daemon)}
    return tuple(container.name for container in before if container.is_same_process(now.get(container.identity)))


def start_again(daemon: Daemon, before: t.Iterable[RunningContainer]) -> RestartResult:
    """Start what ran before and does not run now, each after what it needs; one that fails keeps no other from it."""
    started, failed, removed = [], [], []
    now = {container.identity: container for container in running_containers(daemon)}
    for container in sort_by_needs(before):
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
    return RestartResult(tuple(started), tuple(failed), tuple(removed))


def sort_by_needs(containers: t.Iterable[RunningContainer]) -> tuple[RunningContainer, ...]:
    """Each after those that it needs, else as they come."""
    left = list(containers)
    result: list[RunningContainer] = []
    while left:
        # In a circle, which no engine makes, the first one is as good as any.
        ready = next((c for c in left if not any(_is_needed(other, c) for other in left if other is not c)), left[0])
        left.remove(ready)
        result.append(ready)
    return tuple(result)


def _is_needed(other: RunningContainer, container: RunningContainer) -> bool:
    return any(need == other.name or (need and other.identity.startswith(need)) for need in container.needs)


def _start(daemon: Daemon, container: RunningContainer) -> None:
    about = f"container {container.name}"
    # 304 where the engine has started it already, as its policy says.
    daemon.post_status(f"/containers/{container.identity}/start", about=about)
    if container.paused and not daemon.container(container.identity)["State"]["Paused"]:
        daemon.post_status(f"/containers/{container.identity}/pause", about=about)


def _running_container(document: Json, now: float) -> RunningContainer:
    state, host = document["State"], document.get("HostConfig") or {}
    restarts = int(document.get("RestartCount") or 0)
    uptime = now - parse_rfc3339(state["StartedAt"]) / 1e9
    return RunningContainer(
        identity=document["Id"],
        name=document["Name"].lstrip("/"),
        pid=state["Pid"],
        started=state["StartedAt"],
        restarts=restarts,
        paused=bool(state.get("Paused")),
        restarts_itself=bool(state.get("Restarting"))
        or (restarts > 0 and uptime < _CALM)
        # Nothing is known yet of one that has just been started: it may be about to crash for the first time.
        or (uptime < _UP and _restarts_by_itself(host)),
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


def _ended_by_itself(daemon: Daemon, container: RunningContainer) -> bool:
    """Whose work was done, whose user removed it, or who crashed: only a policy that heard of the end counts it.

    dockerd counts from 0 again for what it starts when it starts itself (20.10, 26.1).
    """
    document = daemon.find_container(container.identity)
    if document is None or int(document.get("RestartCount") or 0) > container.restarts:
        return True
    return not document["State"]["Running"] and document["State"]["ExitCode"] == 0
