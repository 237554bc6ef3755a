# SPDX-License-Identifier: GPL-3.0-or-later

"""A container's networks: one entry per endpoint; ``network_mode`` names the first."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._types import Json
from .codecs import lenient, parse_address, parse_mac, plain, setting
from .option import UNSET, Codec, Context, dig, put

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


def _address(value: t.Any, version: int) -> str:
    address = parse_address(value)
    if ipaddress.ip_address(address).version != version:
        raise ValueError(f"{value!r} is not an IPv{version} address")
    return address


def _in(name: str, value: t.Any) -> t.Any:
    if name in ("ipv4_address", "ipv6_address"):
        return _address(value, int(name[3]))
    if name == "driver_opts":
        return {str(key): setting(item) for key, item in value.items()}
    if name in ("aliases", "links"):
        return sorted({plain(item) for item in value})
    if name == "link_local_ips":
        return sorted({parse_address(item) for item in value})
    return parse_mac(value) if name == "mac_address" else value


def _back(name: str, value: t.Any) -> t.Any:
    if name == "link_local_ips":
        return sorted({lenient(parse_address)(item) for item in value})
    try:
        return _in(name, value)
    except ValueError:
        return value


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
            value = dig(endpoint, path)
            if value not in (None, "", 0, [], {}):
                entry[name] = _back(name, value)
        entries.append(entry)
    return entries


NETWORKS = Codec(_endpoints, _endpoints_back)


def primary(options: t.Mapping[str, t.Any]) -> str | None:
    """The network that ``network_mode`` names; ``None``: another container's."""
    mode = options.get("network_mode", UNSET)
    if mode is UNSET or mode == "default":
        return "bridge"
    return None if str(mode).startswith("container:") else str(mode)


def networks(value: t.Any, context: Context) -> t.Any:
    """The endpoints less what the engine adds: short id and hostname among the aliases, generated MAC addresses, the
    network of ``network_mode`` when nothing is said of it."""
    if value is UNSET:
        return UNSET
    first = primary(context.options)
    # Before 25.0 both are in the list, later they count without: an alias that repeats one says nothing.
    generated = {str(context.document.get("Id", ""))[:12], context.given("hostname")}
    own = []
    for entry in value:
        tidy = {key: item for key, item in entry.items() if key != "aliases"}
        aliases = [alias for alias in entry.get("aliases", []) if alias not in generated]
        if aliases:
            tidy["aliases"] = aliases
        if context.document:
            # It may be generated; see option mac_address for the first.
            tidy.pop("mac_address", None)
        if len(tidy) > 1 or tidy["name"] != first:
            own.append(dict(sorted(tidy.items())))
    return own or UNSET


def effective(options: t.Mapping[str, t.Any], document: Json | None = None) -> dict[str, Json]:
    """Every network of a container with these own options, with its EndpointSettings.

    :param document: an existing container; once it has left all, network_mode ``none`` is as good as done.
    """
    endpoints = _endpoints(options.get("networks") or [])
    first = primary(options)
    if first == "none" and document is not None and not networks_of(document):
        return endpoints
    ordered = {first: endpoints.pop(first, {})} if first else {}
    return {**ordered, **endpoints}


def connected(document: Json, options: t.Mapping[str, t.Any]) -> dict[str, Json]:
    """Every network of the existing container with these own options, in the same form."""
    named = {entry["name"]: entry for entry in options.get("networks") or []}
    return {name: _endpoints([named[name]])[name] if name in named else {} for name in networks_of(document)}


def actual_mac(document: Json, network: str) -> str:
    endpoint = networks_of(document).get(network) or {}
    return str(endpoint.get("MacAddress") or "").lower()


def same_first(document: Json, actual: t.Mapping[str, t.Any], target: t.Mapping[str, t.Any]) -> bool:
    """Whether the first network is the one asked for.

    A container can leave that one (``docker network disconnect``), while its network_mode goes on to name it. Then any
    that it is in may be called its first.
    """
    here, there, present = primary(actual), primary(target), networks_of(document)
    if here is None or there is None:
        return actual.get("network_mode") == target.get("network_mode")
    if here == there:
        return True
    if here in present:
        return False
    return there in present or (there == "none" and not present)


# A network may be named by its id, or the beginning of it.
_ID = re.compile(r"^[0-9a-f]{12,64}$")


def networks_of(document: Json) -> dict[str, Json]:
    return (document.get("NetworkSettings") or {}).get("Networks") or {}


def without_stale(document: Json, ids: t.Mapping[str, str]) -> Json:
    """The document less the networks that were made again (``ids``: by name): it cannot start with those."""
    kept = {
        name: one
        for name, one in networks_of(document).items()
        if name not in ids or (one or {}).get("NetworkID") in (None, "", ids[name])
    }
    return {**document, "NetworkSettings": {**document["NetworkSettings"], "Networks": kept}}


def _name_of(reference: str, document: Json) -> str:
    """The name of the network with this id, if the container knows it."""
    if not _ID.match(reference):
        return reference
    present = networks_of(document)
    for name, endpoint in present.items():
        if name != reference and str((endpoint or {}).get("NetworkID") or "").startswith(reference):
            return name
    # Before the first start, 20.10 does not know the ids.
    if len(present) == 1 and reference not in present and document["HostConfig"]["NetworkMode"] == reference:
        return next(iter(present))
    return reference


def resolved(document: Json) -> Json:
    """The document with names of networks where it has ids, or, once it was started (20.10), both."""
    mode = str(document["HostConfig"].get("NetworkMode") or "")
    networks = {name: endpoint for name, endpoint in networks_of(document).items() if _name_of(name, document) == name}
    settings = {**(document.get("NetworkSettings") or {}), "Networks": networks}
    host = {**document["HostConfig"], "NetworkMode": _name_of(mode, document)}
    return {**document, "HostConfig": host, "NetworkSettings": settings}


def renamed(options: t.Mapping[str, t.Any], document: Json) -> Json:
    """Options asked for, with names of the container's networks where they have ids."""
    result = dict(options)
    if "network_mode" in result:
        result["network_mode"] = _name_of(result["network_mode"], document)
    if "networks" in result:
        result["networks"] = [{**entry, "name": _name_of(entry["name"], document)} for entry in result["networks"]]
    return result
