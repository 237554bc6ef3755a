# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that live in the namespaces of another one (``network_mode: container:web``), which they lose with it."""

from __future__ import annotations

import typing as t

from ._engine.client import Daemon
from ._parallel import run_parallel

# What becomes of a container -> what its tenants need then.
NEEDS = {
    "recreate": "replaced, and they have to be created anew",
    "remove": "removed, and they have to be created anew",
    "restart": "restarted, and they have to be restarted",
    "stop": "stopped, and they have to be restarted after it",
}
_MODES = {"ipc_mode": "IpcMode", "network_mode": "NetworkMode", "pid_mode": "PidMode"}

# The id of a container -> its tenants: their names, and the option that makes them so.
Tenants = t.Mapping[str, t.Sequence[t.Tuple[str, str]]]


def tenants(daemon: Daemon) -> Tenants:
    """Of all containers, as far as the tenants run."""
    running = [str(summary["Id"]) for summary in daemon.containers(everything=False)]
    found: dict[str, list[tuple[str, str]]] = {}
    for outcome in run_parallel(running, daemon.find_container):
        # One that the engine cannot show, or that is gone, needs nothing.
        document = outcome.value
        for option, key in _MODES.items() if document else ():
            kind, _colon, host = str(t.cast("t.Any", document)["HostConfig"].get(key) or "").partition(":")
            if kind == "container":
                found.setdefault(host, []).append((str(t.cast("t.Any", document)["Name"]).lstrip("/"), option))
    return found


def warning(known: Tenants, identity: str, name: str, kind: str, spared: t.Collection[str] = ()) -> str | None:
    """What to say when a container is restarted, replaced, stopped or removed.

    :param spared: names of those that the same task looks after.
    """
    others = [(tenant, option) for tenant, option in known.get(identity, ()) if tenant not in spared]
    if not others:
        return None
    listed = ", ".join(f"{tenant} ({option})" for tenant, option in sorted(others))
    return f"These containers live in a namespace of container {name}: {listed}. It is {NEEDS[kind]}."
