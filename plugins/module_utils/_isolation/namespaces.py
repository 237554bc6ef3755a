# SPDX-License-Identifier: GPL-3.0-or-later

"""Which namespaces a container has of its own, and with whom it shares the others.

The ids in /proc are the truth, where they can be read: on the engine's own host, as root. Elsewhere the configuration has
to do. A process id is believed only when its cgroup names the container: an engine on another host knows other numbers.
"""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._host_process import is_in_container
from .._selection import name_of
from .._types import Json

KINDS = ("mnt", "uts", "ipc", "pid", "net", "user", "cgroup")


@dataclasses.dataclass(frozen=True)
class Namespace:
    """One namespace of a container; ``shared_with`` is ``host``, a container's name, or empty: it is its own."""

    kind: str
    shared_with: str
    id: str | None = None
    source: str = "configuration"

    def fields(self) -> Json:
        own = "own" if not self.shared_with else "host" if self.shared_with == "host" else "container"
        return {"id": self.id, "mode": own, "shared_with": self.shared_with or None, "source": self.source}


def configured_namespaces(document: Json, engine: Json, names: t.Mapping[str, str]) -> dict[str, Namespace]:
    """The namespaces as the configuration has them.

    :param engine: ``GET /info``, for what the engine does where the container says nothing.
    :param names: the names of containers by id.
    """
    host = document["HostConfig"]
    remapped = any("name=userns" in text or "name=rootless" in text for text in engine.get("SecurityOptions") or ())
    # Before cgroup v2, the engine gave containers the host's cgroup namespace.
    cgroup = host.get("CgroupnsMode") or ("private" if str(engine.get("CgroupVersion")) == "2" else "host")
    modes = {
        "mnt": "",
        "uts": host.get("UTSMode") or "",
        "ipc": host.get("IpcMode") or "",
        "pid": host.get("PidMode") or "",
        "net": host.get("NetworkMode") or "",
        "user": host.get("UsernsMode") or ("" if remapped else "host"),
        "cgroup": cgroup,
    }
    return {kind: Namespace(kind, _shared_with(modes[kind], names)) for kind in KINDS}


def _shared_with(mode: str, names: t.Mapping[str, str]) -> str:
    if mode == "host":
        return "host"
    if mode.startswith("container:"):
        other = mode.partition(":")[2]
        return names.get(other, other)
    return ""


def process_namespaces(process: str) -> dict[str, str]:
    """The ids of a process' namespaces, as far as they can be read."""
    found: dict[str, str] = {}
    for kind in KINDS:
        try:
            found[kind] = os.readlink(f"/proc/{process}/ns/{kind}")
        except OSError:
            continue
    return found


def namespace_ids(documents: t.Iterable[Json]) -> dict[str, dict[str, str]]:
    """The ids of the running containers' namespaces by container id, where /proc shows them."""
    found: dict[str, dict[str, str]] = {}
    for document in documents:
        process = int(document["State"].get("Pid") or 0)
        if process and is_in_container(process, document["Id"]):
            found[document["Id"]] = process_namespaces(str(process))
    return found


def host_namespaces() -> dict[str, str]:
    """The namespaces of the host's first process, or of this one where those cannot be read (a restricted root)."""
    return {**process_namespaces("self"), **process_namespaces("1")}


def actual_namespaces(
    document: Json,
    configured: t.Mapping[str, Namespace],
    ids: t.Mapping[str, t.Mapping[str, str]],
    host: t.Mapping[str, str],
    names: t.Mapping[str, str],
) -> dict[str, Namespace]:
    """The configuration, corrected by what /proc shows."""
    own = ids.get(document["Id"], {})
    result: dict[str, Namespace] = {}
    for kind, namespace in configured.items():
        identity = own.get(kind)
        if identity is None or kind not in host:
            result[kind] = namespace
            continue
        others = [
            names.get(neighbour, neighbour)
            for neighbour, theirs in ids.items()
            if neighbour != document["Id"] and theirs.get(kind) == identity
        ]
        other = namespace.shared_with if namespace.shared_with != "host" else ""
        shared = "host" if identity == host[kind] else other or (others[0] if others else "")
        # Two remapped containers share one user namespace, which is no join of the two.
        result[kind] = Namespace(kind, "" if kind == "user" and shared != "host" else shared, identity, "proc")
    return result


def names_by_id(documents: t.Iterable[Json]) -> dict[str, str]:
    return {document["Id"]: name_of(document) for document in documents}
