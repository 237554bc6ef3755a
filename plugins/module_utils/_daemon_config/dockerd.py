# SPDX-License-Identifier: GPL-3.0-or-later

"""Reloading a running dockerd, and waiting for it after its restart."""

from __future__ import annotations

import os
import signal
import socket
import struct
import time
import typing as t

from .._engine.client import Daemon
from .._errors import Conflict, Failed, StevedoreError, TimedOut
from . import managers, service

Connect = t.Callable[[], Daemon]


def check_identity(host: str, process: service.DockerdProcess) -> None:
    """That the engine asked and the dockerd to be restarted are one.

    :raises Conflict: they are not, as far as can be seen.
    """
    if not host.startswith("unix://"):
        raise Conflict(
            f"dockerd can only be treated on its own machine, through its Unix socket, not at {host}: use apply: none.",
            object=host,
        )
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(host[len("unix://") :])
        # Whoever made the socket: dockerd itself, or systemd (process 1, or a user's) for it.
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    owner = struct.unpack("3i", packed)[0]
    if owner != process.pid and not (service.is_systemd(owner) and _holds_socket(process, host[len("unix://") :])):
        raise Conflict(
            f"The engine at {host} (process {owner}) is not the one that reads this file (process {process.pid}): set "
            "docker_host, or path.",
            object=host,
        )


def _holds_socket(process: service.DockerdProcess, path: str) -> bool:
    """Whether dockerd was handed the socket that systemd made; true where that is not for us to see."""
    folder = f"/proc/{process.pid}/fd"
    try:
        held = {service.link_of(f"{folder}/{number}") for number in os.listdir(folder)}
    except OSError:
        return True
    # Numbers, flags, the inode, and for those with a name the path.
    rows = [line.split(maxsplit=7) for line in service.text_of("/proc/1/net/unix").splitlines()]
    target = os.path.realpath(path)
    return any(len(row) == 8 and os.path.realpath(row[7]) == target and f"socket:[{row[6]}]" in held for row in rows)


def reload_config(connect: Connect, process: service.DockerdProcess, wait: float) -> None:
    """Have dockerd read its file, and see that it did: a failed reload is only logged, a successful one is an event.

    :raises TimedOut: there was no such event.
    """
    daemon = connect()
    process = service.find_successor(process)
    since = time.time()
    os.kill(process.pid, signal.SIGHUP)
    end = time.monotonic() + wait
    query = {"type": ["daemon"], "event": ["reload"]}
    while True:
        params = {"since": f"{since:.9f}", "until": f"{time.time():.9f}", "filters": query}
        with daemon.stream("GET", "/events", params=params) as body:
            if any(True for _event in body.events()):
                return
        if time.monotonic() > end:
            raise TimedOut(f"dockerd did not reload its configuration within {wait:g} s.", object="dockerd")
        time.sleep(0.1)


def wait_for_answer(connect: Connect, manager: managers.Manager, wait: float) -> Daemon:
    """The engine, once it answers again.

    :raises Failed: its process ended.
    :raises TimedOut: it does not answer.
    """
    end = time.monotonic() + wait
    while True:
        try:
            daemon = connect()
            daemon.get("/info")
            return daemon
        except StevedoreError as error:
            if time.monotonic() > end:
                raise TimedOut(f"dockerd did not answer within {wait:g} s after the restart: {error.msg}") from error
            if not manager.is_alive():
                raise Failed("dockerd ended right after its start.", object="dockerd") from error
        time.sleep(0.2)
