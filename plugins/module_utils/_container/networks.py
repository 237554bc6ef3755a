# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``networks``: one entry for each of the container's endpoints."""

from __future__ import annotations

import ipaddress
import typing as t

from .._types import Json
from .option import Codec, get_value, set_value
from .values import address_or_text, parse_address, parse_driver_option, parse_mac_address, parse_text

NETWORK_SPEC: Json = {
    "aliases": {"type": "list", "elements": "str"},
    "driver_opts": {"type": "dict"},
    "gw_priority": {"type": "int"},
    "ipv4_address": {"type": "str"},
    "ipv6_address": {"type": "str"},
    "link_local_ips": {"type": "list", "elements": "str"},
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
    ("link_local_ips", "IPAMConfig.LinkLocalIPs"),
    ("links", "Links"),
    ("mac_address", "MacAddress"),
)


def _parse_ip_address(value: t.Any, version: int) -> str:
    address = parse_address(value)
    if ipaddress.ip_address(address).version != version:
        raise ValueError(f"{value!r} is not an IPv{version} address")
    return address


def _encode_field(name: str, value: t.Any) -> t.Any:
    if name in ("ipv4_address", "ipv6_address"):
        return _parse_ip_address(value, int(name[3]))
    if name == "driver_opts":
        return {str(key): parse_driver_option(item) for key, item in value.items()}
    if name in ("aliases", "links"):
        return sorted({parse_text(item) for item in value})
    if name == "link_local_ips":
        return sorted({parse_address(item) for item in value})
    return parse_mac_address(value) if name == "mac_address" else value


def _decode_field(name: str, value: t.Any) -> t.Any:
    if name == "link_local_ips":
        return sorted({address_or_text(item) for item in value})
    try:
        return _encode_field(name, value)
    except ValueError:
        return value


def _encode_endpoints(value: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, Json]:
    endpoints: dict[str, Json] = {}
    for entry in value:
        endpoint: Json = {}
        for name, path in _FIELDS:
            if entry.get(name) not in (None, "", [], {}):
                set_value(endpoint, path, _encode_field(name, entry[name]))
        if entry["name"] in endpoints:
            raise ValueError(f"the network {entry['name']} is listed twice")
        endpoints[entry["name"]] = endpoint
    return endpoints


def _decode_endpoints(raw: t.Mapping[str, Json | None]) -> list[Json]:
    entries = []
    for network, endpoint in sorted(raw.items()):
        entry: Json = {"name": network}
        for name, path in _FIELDS:
            value = get_value(endpoint, path)
            if value not in (None, "", 0, [], {}):
                entry[name] = _decode_field(name, value)
        entries.append(entry)
    return entries


NETWORKS = Codec(_encode_endpoints, _decode_endpoints)
