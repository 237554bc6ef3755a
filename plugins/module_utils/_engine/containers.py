# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that change a container."""

from __future__ import annotations

import typing as t

from .._errors import Conflict, EngineError, Missing, StevedoreError
from .._types import Json
from .client import Daemon, quoted


class Stop(t.NamedTuple):
    """How a container is stopped.

    :ivar timeout: seconds until it is killed; ``None`` leaves that to the container, or the engine's 10.
    :ivar kill: at once instead.
    """

    timeout: int | None = None
    kill: bool = False


AS_CONFIGURED = Stop()


def create(daemon: Daemon, name: str, body: Json, rest: t.Mapping[str, Json], platform: str | None = None) -> str:
    """Create a container, or on a failure none; its id.

    :param rest: endpoints that the body does not have.
    """
    params = {"name": name, "platform": platform}
    made = daemon.post("/containers/create", params=params, body=body, about=f"container {name}")
    identity = str(made["Id"])
    try:
        for network, settings in rest.items():
            connect(daemon, identity, network, settings)
    except StevedoreError:
        remove(daemon, identity, f"container {name}", volumes=True)
        raise
    return identity


def connect(daemon: Daemon, identity: str, network: str, settings: Json | None) -> None:
    body = {"Container": identity, "EndpointConfig": settings or {}}
    daemon.post(f"/networks/{quoted(network)}/connect", body=body, about=f"network {network}")


def disconnect(daemon: Daemon, identity: str, network: str) -> None:
    daemon.post(f"/networks/{quoted(network)}/disconnect", body={"Container": identity}, about=f"network {network}")


def rename(daemon: Daemon, identity: str, name: str) -> None:
    daemon.post(f"/containers/{identity}/rename", params={"name": name}, about=f"container {name}")


def update(daemon: Daemon, identity: str, body: Json, about: str) -> None:
    """Change resources and the restart policy."""
    daemon.post(f"/containers/{identity}/update", body=body, about=about)


def act(daemon: Daemon, identity: str, verb: str, about: str) -> None:
    """start, stop, restart (with the container's own ``stop_timeout``), pause or unpause; 304 is as good as done."""
    daemon.post(f"/containers/{identity}/{verb}", patient=True, about=about)


def stop(daemon: Daemon, identity: str, about: str, how: Stop = AS_CONFIGURED) -> None:
    """Stop a container with its own stop signal; one that does not run is stopped.

    :raises EngineError: it does not stop.
    """
    params: Json = {"t": how.timeout}
    if how.kill:
        # Other than kill, stop also ends one that is paused or waits for its restart.
        params = {"t": 0, "signal": "KILL" if daemon.api_version >= (1, 42) else None}
    daemon.post(f"/containers/{identity}/stop", params=params, patient=True, about=about)


def remove(daemon: Daemon, identity: str, about: str, *, volumes: bool = False, how: Stop = AS_CONFIGURED) -> None:
    """Remove a container, stopped first where it runs; one that is gone is removed.

    :param volumes: its anonymous volumes too, unless another container mounts them.
    :raises EngineError: it does not stop. It is still there.
    """
    try:
        if _delete(daemon, identity, about, volumes, force=how.kill):
            return
        if not how.kill:
            # It runs.
            _stop_for_removal(daemon, identity, about, how)
            if _delete(daemon, identity, about, volumes, force=False):
                return
    except Missing:
        return
    document = daemon.find_container(identity)
    if document is not None and (document["State"]["Running"] or document["State"]["Restarting"]):
        raise Conflict(f"{_sentence(about)} was started again while it was being removed.", status=409, object=about)
    # It is going by itself (auto_remove): its name shall be free afterwards.
    await_removal(daemon, identity)


def _sentence(about: str) -> str:
    return f"{about[:1].upper()}{about[1:]}"


def _delete(daemon: Daemon, identity: str, about: str, volumes: bool, force: bool) -> bool:
    """False: it runs, or is being removed already."""
    try:
        daemon.delete(f"/containers/{identity}", params={"force": force, "v": volumes}, patient=True, about=about)
    except Conflict:
        return False
    return True


def _stop_for_removal(daemon: Daemon, identity: str, about: str, how: Stop) -> None:
    try:
        stop(daemon, identity, about, how)
    except EngineError as error:
        raise EngineError(
            f"{_sentence(about)} does not stop, and was not removed; with force_kill it is killed instead. {error.msg}",
            status=error.status,
            object=about,
        ) from error


def remove_failed(daemon: Daemon, identity: str, about: str, how: Stop = AS_CONFIGURED) -> None:
    """Remove a container that failed, and the anonymous volumes that came with it.

    It may have written to volumes that others use: it is stopped, and killed only when that is refused.
    """
    try:
        remove(daemon, identity, about, volumes=True, how=how)
    except EngineError:
        remove(daemon, identity, about, volumes=True, how=Stop(kill=True))


def await_removal(daemon: Daemon, identity: str) -> None:
    params = {"condition": "removed"}
    try:
        daemon.post(f"/containers/{identity}/wait", params=params, patient=True, about=f"container {identity[:12]}")
    except Missing:
        return
