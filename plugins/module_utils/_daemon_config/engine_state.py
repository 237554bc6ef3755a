# SPDX-License-Identifier: GPL-3.0-or-later

"""The running dockerd, its service manager and its containers before anything is done to them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._engine.client import Daemon
from .._errors import Conflict, Unreachable
from .._types import Json
from . import containers, dockerd, managers, service
from .unfinished import LIVE_RESTORE

Connect = t.Callable[[], Daemon]


@dataclasses.dataclass(frozen=True)
class EngineState:
    """The engine before anything is done to it.

    :ivar live_restore: whether it leaves its containers running when it stops.
    :ivar live_restore_by_flag: given as a flag, live-restore must not be in the file as well.
    :ivar runs_with: what the old daemon can be started with, which is not always the old file.
    :ivar keeps_odd_logging: new containers already have log settings that this module takes for wrong, and keep them.
    """

    connect: Connect
    process: service.DockerdProcess
    manager: managers.Manager
    live_restore: bool
    live_restore_by_flag: bool
    containers: tuple[containers.RunningContainer, ...]
    # The last two are found out by ``apply_change``.
    runs_with: Json = dataclasses.field(default_factory=dict)
    keeps_odd_logging: bool = False


def inspect_engine(
    path: str, mode: str, connect: Connect, restart: bool, live_restore: bool | None = None
) -> EngineState:
    """The engine that reads the file ``path``.

    :param restart: a restart will be needed, not only a reload.
    :param live_restore: what is noted of it, where dockerd has another value since an earlier run was broken off.
    :raises Unreachable: no engine runs.
    :raises Conflict: this engine cannot be treated that way.
    """
    process = service.find_dockerd(path)
    if process is None:
        raise Unreachable(
            f"No engine of this machine that reads {path} is running: start it first, or use apply: none and let its "
            "next start take the file over.",
            object=path,
        )
    daemon = connect()
    dockerd.check_identity(daemon.connection.docker_host, process)
    info = daemon.get("/info")
    if restart and mode == "live" and (info.get("Swarm") or {}).get("LocalNodeState", "inactive") != "inactive":
        raise Conflict(
            "This engine is in swarm mode, which rules out live-restore: drain the node and use apply: restart, or use "
            "apply: none.",
            object="swarm",
        )
    return EngineState(
        connect=connect,
        process=process,
        manager=managers.manager_of(process),
        live_restore=bool(info.get("LiveRestoreEnabled")) if live_restore is None else live_restore,
        live_restore_by_flag=any(flag.key == LIVE_RESTORE for flag in process.flags),
        containers=containers.running_containers(daemon),
    )
