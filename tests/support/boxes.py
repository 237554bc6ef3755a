# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers made straight from the rows of the table, to prove the rows on an engine without the modules around them."""

from __future__ import annotations

import copy
import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stevedore.docker.plugins.module_utils import _lookups
from ansible_collections.stevedore.docker.plugins.module_utils._container.differences import (
    Difference,
    find_differences,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.engine_info import EngineInfo
from ansible_collections.stevedore.docker.plugins.module_utils._container.request_bodies import (
    create_body,
    endpoint_settings,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import argument_spec
from ansible_collections.stevedore.docker.plugins.module_utils._container.wanted import (
    WantedContainer,
    wanted_container,
)
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection

Json = t.Dict[str, t.Any]
_SPEC = argument_spec().arguments()["argument_spec"]


def validated(options: t.Mapping[str, t.Any]) -> Json:
    """The options as a module gets them from Ansible; ``name`` is the container's."""
    rest = {name: copy.deepcopy(value) for name, value in options.items() if name != "name"}
    known = {name: entry for name, entry in _SPEC.items() if {name, *entry.get("aliases", ())} & rest.keys()}
    assert len(known) == len(rest), f"unknown options among {sorted(rest)}"
    done = ArgumentSpecValidator(known).validate(rest)
    assert not done.error_messages, done.error_messages
    return {**done.validated_parameters, "name": options.get("name", "")}


class Boxes:
    """One engine and what is known about it; forget what was learned with a new one."""

    def __init__(self, host: str) -> None:
        self.daemon = Daemon.connect(Connection(host))
        self.facts = _lookups.Lookups(self.daemon)

    @property
    def engine(self) -> EngineInfo:
        return self.facts.engine

    def wanted(self, options: t.Mapping[str, t.Any]) -> WantedContainer:
        return wanted_container(validated(options), self.engine)

    def create(self, options: t.Mapping[str, t.Any], name: str | None = None) -> str:
        """Create, not start, a container with all its networks; its id."""
        asked = self.wanted(options)
        body = create_body(asked, self.engine)
        made = self.daemon.post("/containers/create", params={"name": name or asked.name}, body=body)
        if self.engine.api < (1, 44):
            for network, settings in list(endpoint_settings(asked, self.engine).items())[1:]:
                connect = {"Container": made["Id"], "EndpointConfig": settings}
                self.daemon.post(f"/networks/{network}/connect", body=connect)
        return str(made["Id"])

    def differences(self, options: t.Mapping[str, t.Any], name: str | None = None) -> tuple[Difference, ...]:
        """Between the options and the container of this name."""
        asked = self.wanted(options)
        document = self.daemon.container(name or asked.name)
        return find_differences(
            asked,
            document,
            self.engine,
            image=self.facts.own_image(document),
            wanted_image=self.facts.find_image(asked.image) if asked.image else None,
            names=self.facts.container_name,
        )

    def run_options(self, name: str) -> Json:
        return _lookups.run_options(self.facts, self.daemon.container(name))


# Notes of a client, of the engine's own, or generated: not what the container is.
_NOT_CONFIG = ("AttachStderr", "AttachStdin", "AttachStdout", "Hostname", "Image", "MacAddress", "StdinOnce")
_NOT_HOST = ("ConsoleSize", "ContainerIDFile", "Isolation")
_ENDPOINT = ("Aliases", "DriverOpts", "IPAMConfig", "Links")
_EMPTY: tuple[t.Any, ...] = (None, "", [], {}, False, 0)
# Two spellings of one thing, as clients send them.
_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^[0-9a-f]{64}:", "anonymous:"),
    (r"^cap_", ""),
    (r"^no-new-privileges[:=]true$", "no-new-privileges"),
    (r"/(?=:|$)", ""),
    (r":rw$", ""),
)
_SETS = {
    *("Binds", "BlkioDeviceReadBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteBps", "BlkioDeviceWriteIOps", "CapAdd"),
    *("BlkioWeightDevice", "CapDrop", "DeviceCgroupRules", "Devices", "Env", "ExtraHosts", "GroupAdd", "Links"),
    *("Mounts", "SecurityOpt", "Ulimits", "VolumesFrom"),
}
_SIGNALS = {"9": "SIGKILL", "SIGTERM": None}


def _respelled(value: t.Any) -> t.Any:
    if not isinstance(value, str):
        return value
    for pattern, replacement in _SPELLINGS:
        value = re.sub(pattern, replacement, value, flags=re.IGNORECASE)
    return value


def _tidy(value: t.Any) -> t.Any:
    """Empty values left out, sets sorted: how a client spells nothing does not matter."""
    if isinstance(value, dict):
        pairs = {key: _tidy(item) for key, item in value.items()}
        for key in _SETS & pairs.keys():
            pairs[key] = sorted((_respelled(item) for item in pairs[key]), key=repr) if pairs[key] else None
        return {key: item for key, item in sorted(pairs.items()) if item not in _EMPTY}
    return [_tidy(item) for item in value] if isinstance(value, list) else value


def _nameless(mount: Json) -> Json:
    generated = re.match(r"^[0-9a-f]{64}$", mount.get("Source") or "")
    return {**mount, "Source": None} if generated else mount


def essence(document: Json) -> Json:
    """What an inspect document says of how the container was made, so that two of them can be compared."""
    own = document["Id"][:12]
    config = {key: value for key, value in document["Config"].items() if key not in _NOT_CONFIG}
    hostname = document["Config"].get("Hostname")
    config["Hostname"] = None if hostname == own else hostname
    # A name alone takes a variable of the image out, and does not reach the process.
    config["Env"] = [item for item in config.get("Env") or [] if "=" in item]
    config["StopSignal"] = _SIGNALS.get(config.get("StopSignal", ""), config.get("StopSignal"))
    host = {key: value for key, value in document["HostConfig"].items() if key not in _NOT_HOST}
    host["Tmpfs"] = {path: sorted(options.split(",")) for path, options in (host.get("Tmpfs") or {}).items()}
    bindings = host.get("PortBindings") or {}
    host["PortBindings"] = {port: sorted(several or [], key=repr) for port, several in bindings.items()}
    host["Mounts"] = [_nameless(mount) for mount in host.get("Mounts") or ()]
    if host["RestartPolicy"]["Name"] == "no":
        host["RestartPolicy"] = None
    if host["NetworkMode"] == "default":
        host["NetworkMode"] = "bridge"
    networks = {}
    for name, endpoint in ((document.get("NetworkSettings") or {}).get("Networks") or {}).items():
        chosen = {key: endpoint.get(key) for key in _ENDPOINT}
        chosen["Aliases"] = sorted(alias for alias in chosen["Aliases"] or [] if alias not in (own, hostname))
        networks[name] = {**chosen, "connected": True}
    return t.cast("Json", _tidy({"Image": document["Image"], "Config": config, "Host": host, "Networks": networks}))
