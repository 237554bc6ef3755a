# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What engines make of a create body: a small model of their merge of image and container, pure.

After moby's ``daemon/commit.go`` (merge), ``daemon/create.go`` and ``daemon/daemon_unix.go``, with the differences
between versions that were seen on 20.10.24, 26.1.5 and 28.5.2.
"""

from __future__ import annotations

import copy
import typing as t

Json = t.Dict[str, t.Any]
IDENTITY = "c0ffee" * 10 + "c0de"
MASKED = ["/proc/acpi", "/proc/kcore"]
READ_ONLY = ["/proc/bus", "/proc/sys"]


def merged(own: Json, image: Json) -> Json:
    """The container's ``Config``."""
    config = copy.deepcopy(own)
    for key in ("User", "WorkingDir", "StopSignal"):
        config[key] = config.get(key) or image.get(key)
    for key in ("Labels", "ExposedPorts", "Volumes"):
        config[key] = {**(image.get(key) or {}), **(config.get(key) or {})}
    names = {item.partition("=")[0] for item in config.get("Env") or []}
    inherited = [item for item in image.get("Env") or [] if item.partition("=")[0] not in names]
    config["Env"] = [*(config.get("Env") or []), *inherited]
    if not config.get("Entrypoint"):
        config["Cmd"] = config.get("Cmd") or image.get("Cmd")
        config["Entrypoint"] = image.get("Entrypoint")
    if config["Entrypoint"] == [""]:
        config["Entrypoint"] = None
    check = image.get("Healthcheck") or {}
    if check:
        config["Healthcheck"] = {**check, **(config.get("Healthcheck") or {})}
    return config


def _capabilities(names: t.Sequence[str] | None, api: tuple[int, int]) -> list[str] | None:
    if not names or api < (1, 42):
        return list(names) if names else None
    return [name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}" for name in names]


def adapted(own: Json, api: tuple[int, int], without: t.Collection[str] = ()) -> Json:
    """The container's ``HostConfig``."""
    host = copy.deepcopy(own)
    host["NetworkMode"] = host.get("NetworkMode") or "default"
    if api >= (1, 45) and host["NetworkMode"] == "default":
        host["NetworkMode"] = "bridge"
    for key, default in (("CgroupnsMode", "host"), ("IpcMode", "private"), ("Runtime", "runc"), ("ShmSize", 64 << 20)):
        host[key] = host.get(key) or default
    logs = host.get("LogConfig") or {}
    host["LogConfig"] = {"Type": logs.get("Type") or "json-file", "Config": logs.get("Config") or {}}
    restart = host.get("RestartPolicy") or {}
    host["RestartPolicy"] = {
        "Name": restart.get("Name") or "no",
        "MaximumRetryCount": restart.get("MaximumRetryCount", 0),
    }
    host["CapAdd"], host["CapDrop"] = (_capabilities(host.get(key), api) for key in ("CapAdd", "CapDrop"))
    if host.get("Memory") and not host.get("MemorySwap"):
        host["MemorySwap"] = 2 * host["Memory"]
    if "memory_swap" in without:
        host["MemorySwap"] = -1 if host.get("Memory") else 0
    if "blkio_weight" in without:
        host["BlkioWeight"], host["BlkioWeightDevice"] = 0, []
    if host.get("Privileged") or "host" in (host.get("IpcMode"), host.get("PidMode")):
        host["SecurityOpt"] = host.get("SecurityOpt") or ["label=disable"]
    for key, paths in (("MaskedPaths", MASKED), ("ReadonlyPaths", READ_ONLY)):
        if host.get(key) is None and not host.get("Privileged"):
            host[key] = list(paths)
    return host


def connected(body: Json, host: Json, api: tuple[int, int]) -> Json:
    """``NetworkSettings.Networks`` of a started container."""
    mode = host["NetworkMode"]
    if mode.startswith("container:"):
        return {}
    asked = copy.deepcopy((body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
    first = "bridge" if mode == "default" else mode
    networks = {first: asked.pop(first, {}), **asked}
    for number, (name, endpoint) in enumerate(networks.items()):
        own = name not in ("bridge", "host", "none")
        endpoint["MacAddress"] = endpoint.get("MacAddress") or f"02:42:0a:00:00:{number:02x}"
        endpoint["NetworkID"] = f"{number:02x}" * 32
        if own and api < (1, 45):
            endpoint["Aliases"] = [*(endpoint.get("Aliases") or []), IDENTITY[:12]]
    return networks


def document(body: Json, image: Json, api: tuple[int, int], without: t.Collection[str] = (), name: str = "web") -> Json:
    """The inspect document of a container that was created with this body and started.

    :param image: the inspect document of its image.
    """
    rest = ("HostConfig", "NetworkingConfig")
    config = merged({key: value for key, value in body.items() if key not in rest}, image["Config"])
    host = adapted(body["HostConfig"], api, without)
    config["Hostname"] = config.get("Hostname") or ("vm" if host["NetworkMode"] == "host" else IDENTITY[:12])
    if host["NetworkMode"].startswith("container:"):
        config["Hostname"], config["Domainname"] = "other", "example.org"
    if host.get("Links"):
        host["Links"] = [f"/{link.partition(':')[0]}:/{name}/{link.partition(':')[2]}" for link in host["Links"]]
    return {
        "Id": IDENTITY,
        "Name": f"/{name}",
        "Image": image["Id"],
        "Config": config,
        "HostConfig": host,
        "NetworkSettings": {"Networks": connected(body, host, api)},
        "State": {"Status": "running"},
    }
