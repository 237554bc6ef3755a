# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 2: the networks of a container: one entry per endpoint, the first one named by ``network_mode``."""

from __future__ import annotations

import ipaddress
import typing as t

from .codecs import plain
from .option import UNSET, Codec, Context, Json, put

NETWORK_SPEC: Json = {
    "aliases": {"type": "list", "elements": "str"},
    "driver_opts": {"type": "dict"},
    "gw_priority": {"type": "int"},
    "ipv4_address": {"type": "str"},
    "ipv6_address": {"type": "str"},
    "links": {"type": "list", "elements": "str"},
    "mac_address": {"type": "str"},
    "name": {"type": "str", "required": True},
}
# Suboption -> its place in the API's EndpointSettings.
_FIELDS = (
    ("aliases", "Aliases"),
    ("driver_opts", "DriverOpts"),
    ("gw_priority", "GwPriority"),
    ("ipv4_address", "IPAMConfig.IPv4Address"),
    ("ipv6_address", "IPAMConfig.IPv6Address"),
    ("links", "Links"),
    ("mac_address", "MacAddress"),
)


def _address(value: t.Any, version: int) -> str:
    try:
        address = ipaddress.ip_address(plain(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IP address") from error
    if address.version != version:
        raise ValueError(f"{value!r} is not an IPv{version} address")
    return str(address)


def _in(name: str, value: t.Any) -> t.Any:
    if name in ("ipv4_address", "ipv6_address"):
        return _address(value, int(name[3]))
    if name == "driver_opts":
        return {str(key): plain(item) for key, item in value.items()}
    if name in ("aliases", "links"):
        return sorted({plain(item) for item in value})
    return value.lower().replace("-", ":") if name == "mac_address" else value


def _endpoints(value: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, Json]:
    endpoints: dict[str, Json] = {}
    for entry in value:
        endpoint: Json = {}
        for name, path in _FIELDS:
            if entry.get(name) not in (None, "", [], {}):
                put(endpoint, path, _in(name, entry[name]))
        if entry["name"] in endpoints:
            raise ValueError(f"the network {entry['name']} is listed twice")
        endpoints[entry["name"]] = endpoint
    return endpoints


def _endpoints_back(raw: t.Mapping[str, Json | None]) -> list[Json]:
    entries = []
    for network, endpoint in sorted(raw.items()):
        entry: Json = {"name": network}
        for name, path in _FIELDS:
            value: t.Any = endpoint or {}
            for key in path.split("."):
                value = (value or {}).get(key)
            if value not in (None, "", 0, [], {}):
                entry[name] = _in(name, value)
        entries.append(entry)
    return entries


NETWORKS = Codec(_endpoints, _endpoints_back)


def primary(options: t.Mapping[str, t.Any]) -> str | None:
    """The network that ``network_mode`` names, ``None`` where the container has no network of its own."""
    mode = options.get("network_mode", UNSET)
    if mode is UNSET or mode == "default":
        return "bridge"
    return None if str(mode).startswith("container:") else str(mode)


def networks(value: t.Any, context: Context) -> t.Any:
    """The endpoints, without what the engine adds: the short id among the aliases, generated MAC addresses, and the
    network of ``network_mode`` when nothing is said of it."""
    if value is UNSET:
        return UNSET
    first = primary(context.options)
    generated = str(context.document.get("Id", ""))[:12]
    own = []
    for entry in value:
        tidy = {key: item for key, item in entry.items() if key != "aliases"}
        aliases = [alias for alias in entry.get("aliases", []) if alias != generated]
        if aliases:
            tidy["aliases"] = aliases
        if context.document:
            # Whether it was generated or asked for cannot be seen in an endpoint; see option mac_address for the first.
            tidy.pop("mac_address", None)
        if len(tidy) > 1 or tidy["name"] != first:
            own.append(dict(sorted(tidy.items())))
    return own or UNSET


def effective(options: t.Mapping[str, t.Any]) -> dict[str, Json]:
    """Every network a container with these own options is connected to, with its EndpointSettings."""
    endpoints = _endpoints(options.get("networks") or [])
    first = primary(options)
    ordered = {first: endpoints.pop(first, {})} if first else {}
    return {**ordered, **endpoints}


def connected(document: Json, options: t.Mapping[str, t.Any]) -> dict[str, Json]:
    """Every network the existing container is connected to, in the same form.

    :param options: its own options.
    """
    named = {entry["name"]: entry for entry in options.get("networks") or []}
    present = (document.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: _endpoints([named[name]])[name] if name in named else {} for name in present}


def actual_mac(document: Json, network: str) -> str:
    endpoint = ((document.get("NetworkSettings") or {}).get("Networks") or {}).get(network) or {}
    return str(endpoint.get("MacAddress") or "").lower()
