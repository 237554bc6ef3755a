# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that change a container."""

from __future__ import annotations

import typing as t

from .._errors import Conflict, Missing, StevedoreError
from .client import Daemon, Json, quoted


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


def remove(daemon: Daemon, identity: str, about: str, *, volumes: bool = False) -> None:
    """Remove a container, whatever it does; one that is gone is removed.

    :param volumes: its anonymous volumes too, unless another container mounts them.
    """
    try:
        daemon.delete(f"/containers/{identity}", params={"force": True, "v": volumes}, patient=True, about=about)
    except Missing:
        return
    except Conflict:
        # It is going by itself (auto_remove): its name shall be free afterwards.
        await_removal(daemon, identity)


def await_removal(daemon: Daemon, identity: str) -> None:
    params = {"condition": "removed"}
    try:
        daemon.post(f"/containers/{identity}/wait", params=params, patient=True, about=f"container {identity[:12]}")
    except Missing:
        return
