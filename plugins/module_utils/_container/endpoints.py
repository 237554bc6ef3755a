# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that a container is in, those that it should be in, and what leads from the former to the latter."""

from __future__ import annotations

import re
import typing as t

from .._types import Json
from .networks import NETWORKS
from .option import UNSET

Options = t.Mapping[str, t.Any]


def first_network(options: Options) -> str | None:
    """The network that ``network_mode`` names, in which the container is created; ``None``: that of another container."""
    mode = options.get("network_mode", UNSET)
    if mode is UNSET or mode == "default":
        return "bridge"
    return None if str(mode).startswith("container:") else str(mode)


def document_networks(document: Json) -> dict[str, Json]:
    """What an inspect document says of the container's networks, by name."""
    return (document.get("NetworkSettings") or {}).get("Networks") or {}


def wanted_endpoints(options: Options, document: Json | None = None) -> dict[str, Json]:
    """Every network that a container with these explicit options should be in, with its ``EndpointSettings``.

    :param document: an existing container; once it has left all networks, ``network_mode: none`` is as good as done.
    """
    endpoints: dict[str, Json] = NETWORKS.encode(options.get("networks") or [])
    first = first_network(options)
    if first == "none" and document is not None and not document_networks(document):
        return endpoints
    with_first = {first: endpoints.pop(first, {})} if first else {}
    return {**with_first, **endpoints}


def actual_endpoints(options: Options, document: Json) -> dict[str, Json]:
    """Every network that an existing container with these explicit options is in, in the same form."""
    entries = {entry["name"]: entry for entry in options.get("networks") or []}
    return {
        name: NETWORKS.encode([entries[name]])[name] if name in entries else {} for name in document_networks(document)
    }


def endpoint_changes(actual: Options, wanted: Options, document: Json) -> tuple[dict[str, Json], list[str]]:
    """What leads from the actual to the wanted networks: those to connect, with their settings, and those to disconnect
    before. A network whose settings change is in both.

    :param actual: the container's explicit options, ``wanted``: those that it should have.
    """
    before, after = actual_endpoints(actual, document), wanted_endpoints(wanted, document)
    connect = {
        name: endpoint
        for name, endpoint in after.items()
        if name not in before or _without_actual_mac(name, endpoint, document) != before[name]
    }
    disconnect = [name for name in before if name not in after or name in connect]
    return connect, disconnect


def _without_actual_mac(network: str, endpoint: Json, document: Json) -> Json:
    """The endpoint without a MAC address that the container has, or cannot have yet since it does not run."""
    if endpoint.get("MacAddress") and actual_mac_address(document, network) in ("", endpoint["MacAddress"]):
        return {key: value for key, value in endpoint.items() if key != "MacAddress"}
    return endpoint


def actual_mac_address(document: Json, network: str) -> str:
    """The container's MAC address in a network; empty while it has none."""
    endpoint = document_networks(document).get(network) or {}
    return str(endpoint.get("MacAddress") or "").lower()


def has_wanted_first_network(actual: Options, wanted: Options, document: Json) -> bool:
    """Whether the container's first network is the wanted one.

    A container can leave its first network (``docker network disconnect``), while its network_mode goes on to name it.
    Then any network that it is in may count as its first.
    """
    actual_first, wanted_first = first_network(actual), first_network(wanted)
    present = document_networks(document)
    if actual_first is None or wanted_first is None:
        return actual.get("network_mode") == wanted.get("network_mode")
    if actual_first == wanted_first:
        return True
    if actual_first in present:
        return False
    return wanted_first in present or (wanted_first == "none" and not present)


def remove_stale_networks(document: Json, ids: t.Mapping[str, str]) -> Json:
    """The document without networks that were deleted and created again: the container cannot start with those.

    :param ids: the present networks' ids by name.
    """
    valid = {
        name: endpoint
        for name, endpoint in document_networks(document).items()
        if name not in ids or (endpoint or {}).get("NetworkID") in (None, "", ids[name])
    }
    return {**document, "NetworkSettings": {**document["NetworkSettings"], "Networks": valid}}


# -- networks by their ids --------------------------------------------------------------------------------------------

# Users may write the id of a network, or the beginning of it, where its name is meant.
_ID = re.compile(r"^[0-9a-f]{12,64}$")


def name_networks_in_document(document: Json) -> Json:
    """The document with names of networks where it has ids, or, once the container was started (20.10), both."""
    mode = str(document["HostConfig"].get("NetworkMode") or "")
    networks = {
        name: endpoint
        for name, endpoint in document_networks(document).items()
        if _network_name(name, document) == name
    }
    settings = {**(document.get("NetworkSettings") or {}), "Networks": networks}
    host_config = {**document["HostConfig"], "NetworkMode": _network_name(mode, document)}
    return {**document, "HostConfig": host_config, "NetworkSettings": settings}


def name_networks_in_options(options: Options, document: Json) -> Json:
    """The options with names of the container's networks where they have ids."""
    result = dict(options)
    if "network_mode" in result:
        result["network_mode"] = _network_name(result["network_mode"], document)
    if "networks" in result:
        result["networks"] = [{**entry, "name": _network_name(entry["name"], document)} for entry in result["networks"]]
    return result


def _network_name(reference: str, document: Json) -> str:
    """The name of the network with this id, if the container knows it."""
    if not _ID.match(reference):
        return reference
    present = document_networks(document)
    for name, endpoint in present.items():
        if name != reference and str((endpoint or {}).get("NetworkID") or "").startswith(reference):
            return name
    # Before the first start, 20.10 does not know the ids.
    if len(present) == 1 and reference not in present and document["HostConfig"]["NetworkMode"] == reference:
        return next(iter(present))
    return reference
