# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted as the engine takes it: the bodies of requests that create and update a container."""

from __future__ import annotations

import typing as t

from .._notation.sizes import parse_size
from .._types import Json
from .defaults import explicit_wanted_options
from .endpoints import first_network, wanted_endpoints
from .engine_info import EngineInfo
from .option import UNSET, Option, set_value
from .table import ROWS, TABLE
from .wanted import WantedContainer


def create_body(wanted: WantedContainer, engine: EngineInfo) -> Json:
    """The body of ``POST /containers/create``.

    Before API 1.44 it takes one endpoint: connect the others (:func:`endpoint_settings`) before the start.
    """
    body: Json = {"Image": wanted.image, "HostConfig": {}}
    for name, value in wanted.options.items():
        if name != "networks" and not (name == "mac_address" and engine.api >= (1, 44)):
            _add_option(body, ROWS[name], value)
    endpoints = endpoint_settings(wanted, engine)
    accepted = endpoints if engine.api >= (1, 44) else dict(list(endpoints.items())[:1])
    if any(accepted.values()) or len(accepted) > 1:
        body["NetworkingConfig"] = {"EndpointsConfig": accepted}
    return body


def endpoint_settings(wanted: WantedContainer, engine: EngineInfo) -> dict[str, Json]:
    """``EndpointSettings`` of every wanted network; the container is created in the first."""
    options = explicit_wanted_options(wanted.options, engine)
    endpoints = wanted_endpoints(options)
    first = first_network(options)
    # API 1.44 moved it from the container's configuration into its first endpoint.
    if "mac_address" in options and engine.api >= (1, 44) and first in endpoints:
        endpoints[first] = {**endpoints[first], "MacAddress": options["mac_address"]}
    return endpoints


def update_body(wanted: WantedContainer, names: t.Collection[str], engine: EngineInfo) -> Json:
    """The body of ``POST /containers/{id}/update`` for these options.

    Options that share an object of the API (the restart policy) go together: the engine replaces it as a whole.
    """
    shared = {ROWS[name].paths[0].rpartition(".")[0] for name in names} - {"HostConfig"}
    body: Json = {}
    for row in TABLE:
        together = row.paths and row.paths[0].rpartition(".")[0] in shared
        if not row.update or not (row.name in names or together):
            continue
        value = wanted.options.get(row.name, row.reset)
        if value is not UNSET:
            _add_option(body, row, value)
    host_config = t.cast("Json", body.get("HostConfig", {}))
    if "Memory" in host_config and "MemorySwap" not in host_config:
        # The engine refuses memory above the swap limit that it derived before.
        swap = wanted.options.get("memory_swap")
        host_config["MemorySwap"] = (
            ROWS["memory_swap"].codec.encode(swap) if swap else _default_swap(host_config["Memory"], engine)
        )
    return host_config


def _add_option(body: Json, row: Option, value: t.Any) -> None:
    encoded = row.codec.encode(value)
    for path, part in zip(row.paths, encoded if len(row.paths) > 1 else (encoded,)):
        if part is not None:
            # In the body of a request, what inspect shows under Config stands at the top.
            set_value(body, path[len("Config.") :] if path.startswith("Config.") else path, part)


def _default_swap(memory: int, engine: EngineInfo) -> int:
    return 2 * parse_size(memory) if engine.swap_limit else -1
