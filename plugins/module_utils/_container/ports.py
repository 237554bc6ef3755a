# SPDX-License-Identifier: GPL-3.0-or-later

"""Codecs of ports: ``[address:][host:]container[/protocol]``, with ranges, as the docker CLI takes them."""

from __future__ import annotations

import re
import typing as t

from .option import Codec
from .values import address_or_text, parse_address, parse_text

_PUBLISHED = re.compile(
    r"^(?:(?P<ip>\[[^\]]+\]|[^:\[\]]*):)??(?:(?P<host>\d*|\d+-\d+):)?(?P<container>\d+(?:-\d+)?)(?:/(?P<protocol>\w+))?$"
)
_PROTOCOLS = ("tcp", "udp", "sctp")


def _parse_range(text: str, whole: str) -> range:
    first, _dash, last = text.partition("-")
    span = range(int(first), int(last or first) + 1)
    if not span or span[0] < 1 or span[-1] > 65535:
        raise ValueError(f"{whole!r}: {text} is not a port or a range between 1 and 65535")
    return span


def _parse_protocol(text: str | None, whole: str) -> str:
    protocol = (text or "tcp").lower()
    if protocol not in _PROTOCOLS:
        raise ValueError(f"{whole!r}: the protocol {text} is none of tcp, udp and sctp")
    return protocol


def _parse_port_address(text: str | None, whole: str) -> str:
    if not text:
        return ""
    try:
        return parse_address(text)
    except ValueError as error:
        raise ValueError(f"{whole!r}: {text} is not an IP address") from error


def parse_published(value: t.Any) -> list[tuple[str, str, str]]:
    """One entry as (address, host port or '', container port/protocol); a range gives one for each port.

    :raises ValueError: it is malformed.
    """
    whole = parse_text(value)
    found = _PUBLISHED.match(whole)
    if not found:
        raise ValueError(f"{whole!r} is no published port; write [[address:]host:]container[/protocol]")
    protocol = _parse_protocol(found["protocol"], whole)
    address = _parse_port_address(found["ip"], whole)
    inside = _parse_range(found["container"], whole)
    # As for the docker CLI, 0 means any free port.
    if not (found["host"] or "").strip("0"):
        return [(address, "", f"{port}/{protocol}") for port in inside]
    outside = _parse_range(found["host"], whole)
    if len(inside) == 1 and len(outside) > 1:
        # The engine chooses a free port of the range.
        return [(address, f"{outside[0]}-{outside[-1]}", f"{inside[0]}/{protocol}")]
    if len(inside) != len(outside):
        raise ValueError(f"{whole!r}: the two ranges differ in length")
    return [(address, str(host), f"{port}/{protocol}") for host, port in zip(outside, inside)]


def _encode_published(value: t.Iterable[t.Any]) -> tuple[t.Any, t.Any]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for entry in value:
        for address, host, port in parse_published(entry):
            binding = {"HostIp": address, "HostPort": host}
            if binding not in bindings.setdefault(port, []):
                bindings[port].append(binding)
    # The docker CLI exposes what it publishes.
    return bindings, {port: {} for port in bindings}


def _decode_published(raw: tuple[t.Any, t.Any]) -> list[str]:
    entries = []
    for port, bindings in (raw[0] or {}).items():
        number, _slash, protocol = port.partition("/")
        suffix = "" if protocol in ("", "tcp") else f"/{protocol}"
        # The engine publishes nothing for a port without a binding.
        for binding in bindings or []:
            address = address_or_text(binding["HostIp"]) if binding.get("HostIp") else ""
            host = (binding.get("HostPort") or "").lstrip("0")
            first, _dash, last = host.partition("-")
            host = first if first == last else host
            bracketed = f"[{address}]" if ":" in address else address
            left = f"{bracketed}:{host}:" if address else f"{host}:" if host else ""
            entries.append((int(number), protocol, address, f"{left}{number}{suffix}"))
    return [entry[-1] for entry in sorted(set(entries))]


def _encode_exposed(value: t.Iterable[t.Any]) -> dict[str, t.Any]:
    ports: dict[str, t.Any] = {}
    for entry in value:
        whole = parse_text(entry)
        found = re.match(r"^(\d+(?:-\d+)?)(?:/(\w+))?$", whole)
        if not found:
            raise ValueError(f"{whole!r} is no port; write port[-port][/protocol]")
        ports.update({f"{port}/{_parse_protocol(found[2], whole)}": {} for port in _parse_range(found[1], whole)})
    return ports


def _without_tcp(port: str) -> str:
    return port[: -len("/tcp")] if port.endswith("/tcp") else port


def _decode_exposed(raw: t.Mapping[str, t.Any]) -> list[str]:
    """Each port once. Images of other builders have ranges and ports without a protocol; anything else stays as it is."""
    ports: set[str] = set()
    for entry in raw:
        try:
            ports.update(_encode_exposed([entry]))
        except ValueError:
            ports.add(entry)
    return [_without_tcp(port) for port in sorted(ports, key=_sort_key)]


def _sort_key(port: str) -> tuple[int, str]:
    number = port.partition("/")[0]
    return (int(number) if number.isdecimal() else 0, port)


PUBLISHED = Codec(_encode_published, _decode_published)
EXPOSED = Codec(_encode_exposed, _decode_exposed)


def container_ports(published: t.Iterable[str]) -> set[str]:
    """The container's ports of published ports, in the normal form of :data:`EXPOSED`."""
    return {_without_tcp(port) for entry in published for _address_, _host, port in parse_published(entry)}
