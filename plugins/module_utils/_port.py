# SPDX-License-Identifier: GPL-3.0-or-later

"""Published ports, from the inspect document (``docker port``).

The source is ``NetworkSettings.Ports``, the mapping that is in force. A stopped container has none.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ._container.ports import EXPOSED
from ._errors import InvalidInput
from ._parallel import Outcome
from ._selection import containers_result, is_running, name_of, select
from ._task import Task
from ._types import Json

PROTOCOLS = ("tcp", "udp", "sctp")


def run(task: Task) -> Json:
    """The ports of each selected container.

    :raises InvalidInput: ``port`` names something that is not a container's port.
    """
    ports = [Port.parse(text) for text in task.params["port"] or ()]
    selection = select(task.daemon, task.params["name"], task.params["filters"])
    outcomes = [Outcome(document, container_ports(document, ports)) for document in selection.require_all()]
    return containers_result(selection.result_rows(outcomes, task.warn))


@dataclasses.dataclass(frozen=True)
class Port:
    """A port inside a container."""

    number: int
    protocol: str = "tcp"

    @classmethod
    def parse(cls, text: str) -> Port:
        """``6060``, ``6060/tcp`` or ``53/udp``.

        :raises InvalidInput: anything else.
        """
        number, _slash, protocol = str(text).strip().partition("/")
        protocol = protocol.lower() or "tcp"
        if not (number.isascii() and number.isdigit() and 0 < int(number) < 65536) or protocol not in PROTOCOLS:
            raise InvalidInput(f"port {text!r} is not a container's port: write '6060', '6060/tcp' or '53/udp'.")
        return cls(int(number), protocol)

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


def format_address(ip: str, port: int) -> str:
    """``0.0.0.0:32768``, and ``[::]:32768`` for IPv6, as the docker CLI prints it."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def host_binding(entry: t.Mapping[str, str], offset: int = 0) -> Json:
    """An address of the host; ``offset`` is the position of the port in the range that the entry stands for."""
    # Podman leaves HostIp empty where it means all addresses.
    ip = entry.get("HostIp") or "0.0.0.0"
    port = int(entry["HostPort"].partition("-")[0]) + offset
    return {"address": format_address(ip, port), "family": "ipv6" if ":" in ip else "ipv4", "ip": ip, "port": port}


def port_bindings(document: Json) -> dict[Port, list[Json]]:
    """Each exposed port with its addresses on the host; none for a port that is exposed and not published."""
    published = (document.get("NetworkSettings") or {}).get("Ports") or {}
    found: dict[Port, list[Json]] = {}
    for text, entries in published.items():
        bound = [entry for entry in entries or () if entry.get("HostPort", "").partition("-")[0].isdecimal()]
        for offset, port in enumerate(_ports_of(text)):
            found.setdefault(port, []).extend(host_binding(entry, offset) for entry in bound)
    return {port: found[port] for port in sorted(found, key=lambda port: (port.number, port.protocol))}


def _ports_of(text: str) -> t.Iterator[Port]:
    """The ports that one key of the engine names; what is not a number is no port.

    20.10 shows ``0/tcp`` where an image says ``33060-33061/tcp``, and publishes that.
    """
    for port in EXPOSED.decode({text: {}}):
        number, _slash, protocol = port.partition("/")
        if number.isdecimal():
            yield Port(int(number), protocol or "tcp")


def container_ports(document: Json, ports: t.Sequence[Port] = ()) -> Json:
    """One container's ports; with ``ports``, these alone, in their order, published or not."""
    bindings = port_bindings(document)
    chosen = {port: bindings.get(port, []) for port in ports} if ports else bindings
    return {
        "name": name_of(document),
        "id": document["Id"],
        "running": is_running(document),
        "addresses": {str(port): [entry["address"] for entry in entries] for port, entries in chosen.items()},
        "lines": [f"{port} -> {entry['address']}" for port, entries in chosen.items() for entry in entries],
        "ports": [
            {
                "bindings": entries,
                "exposed": port in bindings,
                "number": port.number,
                "port": str(port),
                "protocol": port.protocol,
                "published": bool(entries),
            }
            for port, entries in chosen.items()
        ],
    }
