# SPDX-License-Identifier: GPL-3.0-or-later

"""A container of an image that is never started, for as long as it is looked at.

The engine exports containers, not images. What a run that was killed leaves behind is removed by the next.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
import typing as t

from .._engine.client import Daemon, quoted
from .._errors import Missing, StevedoreError
from .._host_process import stat_fields
from .._types import Json

LABEL = "stevedore.docker.throwaway"
NAME = "stevedore-throwaway-"
# After so many seconds a container whose maker runs on another host, if at all, is taken for left behind.
STALE = 6 * 3600


@contextlib.contextmanager
def container_of(daemon: Daemon, image: Json) -> t.Iterator[Json]:
    """The inspect document of a new container, which is removed at the end.

    :param image: the image's inspect document.
    :raises StevedoreError: it cannot be created or removed.
    """
    _remove_abandoned_containers(daemon)
    name = NAME + secrets.token_hex(8)
    about = f"a throw-away container of image {str(image['Id'])[:19]}"
    with contextlib.ExitStack() as undo:
        undo.callback(_try_to_remove, daemon, name)
        daemon.post("/containers/create", params={"name": name}, body=_body(image), about=about)
        yield daemon.container(name)
        undo.pop_all()
    _remove(daemon, name)


def _body(image: Json) -> Json:
    volumes = (image.get("Config") or {}).get("Volumes") or {}
    return {
        "Image": image["Id"],
        "Cmd": ["-"],  # An image without a command would be refused.
        "Labels": {LABEL: _maker()},
        "NetworkDisabled": True,
        # In the place of the image's volumes, which the engine would make and fill.
        "HostConfig": {"NetworkMode": "none", "Mounts": [{"Type": "tmpfs", "Target": path} for path in volumes]},
    }


def _remove(daemon: Daemon, name: str) -> None:
    with contextlib.suppress(Missing):
        daemon.delete(f"/containers/{quoted(name)}", params={"force": True, "v": True}, about=f"container {name}")


def _try_to_remove(daemon: Daemon, name: str) -> None:
    with contextlib.suppress(StevedoreError):
        _remove(daemon, name)


def _remove_abandoned_containers(daemon: Daemon) -> None:
    for summary in daemon.containers({"label": LABEL}):
        if left_behind(str(summary["Labels"][LABEL]), time.time() - int(summary["Created"])):
            _try_to_remove(daemon, str(summary["Id"]))  # Another run may be about to do the same.


def left_behind(maker: str, age: float) -> bool:
    """Whether the process that made a container is gone.

    :param maker: the container's label.
    :param age: in seconds.
    """
    where, _space, process = maker.partition(" ")
    pid, _space, began = process.partition(" ")
    if where and where == _here() and pid.isdigit():
        return _began(int(pid)) != began
    return age > STALE


def _maker() -> str:
    return f"{_here()} {os.getpid()} {_began(os.getpid())}"


def _here() -> str:
    """The run of this machine and the name space in which process ids count; empty where /proc does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()}:{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _began(pid: int) -> str:
    """When a process began, in ticks since the machine did; empty when there is none. Its number may be used again."""
    fields = stat_fields(pid)
    return fields[19] if fields else ""
