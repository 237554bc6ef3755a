# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write, in the words of the table, and refused where options do not go together.

The engine would refuse it late, and not in our words.
"""

from __future__ import annotations

import os
import typing as t

from .._errors import InvalidInput
from .._notation.sizes import parse_size
from .._types import Json
from . import env_file
from .option import UNSET
from .storage import volume_targets


def spelled(params: t.Mapping[str, t.Any]) -> Json:
    """The given options (``None`` left out) in the words of the table.

    :raises ValueError: a file named by an option cannot be read.
    """
    given = {name: value for name, value in params.items() if value is not None}
    for rewrite in (_env_file, _published_all, _first_network, _home, _seccomp):
        rewrite(given)
    return given


def _env_file(given: Json) -> None:
    """The docker CLI reads it on the client's side; ``env`` wins over the file."""
    path = given.pop("env_file", None)
    if path is not None:
        given["env"] = {**read_env_file(path), **(given.get("env") or {})}


def read_env_file(path: str) -> dict[str, str]:
    """Its variables; names alone take their value from this module's environment.

    :raises ValueError: it cannot be read, or has a line without a name.
    """
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return env_file.variables(file.read(), os.environ)
    except OSError as error:
        raise ValueError(f"env_file {path} cannot be read: {error}") from error
    except ValueError as error:
        raise ValueError(f"env_file {path}, {error}") from error


def _published_all(given: Json) -> None:
    ports = given.get("published_ports")
    if ports and "all" in ports:
        given["published_ports"] = [port for port in ports if port != "all"]
        given["publish_all_ports"] = True


def _first_network(given: Json) -> None:
    """As for the docker CLI, the first network is the one the container is created in."""
    if given.get("networks") and not given.get("network_mode"):
        given["network_mode"] = given["networks"][0]["name"]


def _home(given: Json) -> None:
    if given.get("volumes"):
        given["volumes"] = [
            os.path.expanduser(volume) if isinstance(volume, str) and volume.startswith("~") else volume
            for volume in given["volumes"]
        ]


def _seccomp(given: Json) -> None:
    """The engine wants the profile, not its path."""
    if given.get("security_opts"):
        given["security_opts"] = [_profile(str(item)) for item in given["security_opts"]]


def _profile(item: str) -> str:
    for prefix in ("seccomp=", "seccomp:"):
        path = item[len(prefix) :]
        if item.startswith(prefix) and path.startswith(("/", "~")):
            try:
                with open(os.path.expanduser(path), encoding="utf-8") as file:
                    return f"seccomp={file.read()}"
            except OSError as error:
                raise ValueError(f"security_opts: the seccomp profile {path} cannot be read: {error}") from error
    return item


Options = t.Mapping[str, t.Any]

_EXCLUDE_EACH_OTHER: tuple[tuple[str, str], ...] = (
    ("auto_remove", "restart_policy"),
    ("cpus", "cpu_period"),
    ("cpus", "cpu_quota"),
)
# They are the other container's (moby, runconfig/hostconfig_unix.go).
_NOT_ON_ANOTHERS_NETWORK = (
    *("dns_opts", "dns_search_domains", "dns_servers", "etc_hosts", "exposed_ports", "hostname", "links"),
    *("mac_address", "networks", "publish_all_ports", "published_ports"),
)
_NOT_ON_HOST_NETWORK = ("links", "mac_address")


def check(options: Options) -> None:
    """Refuse what cannot be.

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
    for name in _NOT_ON_ANOTHERS_NETWORK if shared else _NOT_ON_HOST_NETWORK if mode == "host" else ():
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
    seen: dict[str, str] = {}
    targets = [("volumes", target) for target in volume_targets(options.get("volumes") or ())]
    targets += [("mounts", str(mount["target"])) for mount in options.get("mounts") or ()]
    targets += [("tmpfs", entry.partition(":")[0]) for entry in options.get("tmpfs") or ()]
    for name, target in targets:
        if target in seen:
            where = name if seen[target] == name else f"{seen[target]} and {name}"
            raise InvalidInput(f"{where}: two mounts at {target}; give one of them.", object=name)
        seen[target] = name
