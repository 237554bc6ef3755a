# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that do not go together. The engine would refuse them late, and with messages that name no option."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInput
from .._notation.sizes import parse_size
from .option import UNSET
from .storage import volume_targets

Options = t.Mapping[str, t.Any]

_EXCLUDE_EACH_OTHER: tuple[tuple[str, str], ...] = (
    ("auto_remove", "restart_policy"),
    ("cpus", "cpu_period"),
    ("cpus", "cpu_quota"),
)
# These belong to the other container (moby, runconfig/hostconfig_unix.go).
_NOT_IN_SHARED_NETWORK = (
    *("dns_opts", "dns_search_domains", "dns_servers", "etc_hosts", "exposed_ports", "hostname", "links"),
    *("mac_address", "networks", "publish_all_ports", "published_ports"),
)
_NOT_ON_HOST_NETWORK = ("links", "mac_address")


def check_combinations(options: Options) -> None:
    """Check that the options go together.

    :param options: normal forms of the options that were given.
    :raises InvalidInput: naming the options and what would be right.
    """
    for one, other in _EXCLUDE_EACH_OTHER:
        if one in options and other in options:
            raise InvalidInput(f"{one} and {other} exclude each other: give one of them.", object=one)
    if "restart_retries" in options and options.get("restart_policy") != "on-failure":
        raise InvalidInput("restart_retries needs restart_policy: on-failure.", object="restart_retries")
    _check_network(options)
    _check_memory(options)
    _check_targets(options)


def _check_network(options: Options) -> None:
    mode = str(options.get("network_mode", ""))
    shared = mode.startswith("container:")
    for name in _NOT_IN_SHARED_NETWORK if shared else _NOT_ON_HOST_NETWORK if mode == "host" else ():
        if name in options:
            owner = "the other container" if shared else "the host"
            raise InvalidInput(
                f"{name} and network_mode: {mode} exclude each other, because the network is {owner}'s: give one of them.",
                object=name,
            )
    others = [entry["name"] for entry in options.get("networks") or () if entry["name"] != mode]
    if mode in ("host", "none") and others:
        raise InvalidInput(
            f"networks and network_mode: {mode} exclude each other: leave {', '.join(others)} or the mode out.",
            object="networks",
        )
    if options.get("uts") == "host" and "hostname" in options:
        raise InvalidInput("hostname and uts: host exclude each other: give one of them.", object="hostname")


def _check_memory(options: Options) -> None:
    memory = parse_size(options["memory"]) if "memory" in options else None
    swap = options.get("memory_swap", UNSET)
    if swap is not UNSET and swap != "-1":
        if memory is None:
            raise InvalidInput("memory_swap needs memory, which it includes: give both.", object="memory_swap")
        if parse_size(swap) < memory:
            raise InvalidInput(
                f"memory_swap {swap} is below memory {options['memory']}, which it includes: give the sum of both.",
                object="memory_swap",
            )
    soft = options.get("memory_reservation", UNSET)
    if soft is not UNSET and memory is not None and parse_size(soft) > memory:
        raise InvalidInput(
            f"memory_reservation {soft} is above memory {options['memory']}: it is the lower, soft limit.",
            object="memory_reservation",
        )


def _check_targets(options: Options) -> None:
    names_by_target: dict[str, str] = {}
    targets = [("volumes", target) for target in volume_targets(options.get("volumes") or ())]
    targets += [("mounts", str(mount["target"])) for mount in options.get("mounts") or ()]
    targets += [("tmpfs", entry.partition(":")[0]) for entry in options.get("tmpfs") or ()]
    for name, target in targets:
        if target in names_by_target:
            where = name if names_by_target[target] == name else f"{names_by_target[target]} and {name}"
            raise InvalidInput(f"{where}: two mounts at {target}; give one of them.", object=name)
        names_by_target[target] = name
