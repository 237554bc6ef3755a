# SPDX-License-Identifier: GPL-3.0-or-later

"""Shorthands of the docker CLI among the options, such as ``env_file`` or ``~``, expanded on the client's side."""

from __future__ import annotations

import os
import typing as t

from .._types import Json
from . import env_file


def expand_shorthands(params: t.Mapping[str, t.Any]) -> Json:
    """The given options (``None`` left out), with every shorthand replaced by what it stands for.

    :raises ValueError: a file named by an option cannot be read.
    """
    given = {name: value for name, value in params.items() if value is not None}
    for expand in (_merge_env_file, _expand_all_ports, _set_network_mode, _expand_home, _load_seccomp_profiles):
        expand(given)
    return given


def _merge_env_file(given: Json) -> None:
    """The docker CLI reads it on the client's side; ``env`` wins over the file."""
    path = given.pop("env_file", None)
    if path is not None:
        given["env"] = {**read_env_file(path), **(given.get("env") or {})}


def read_env_file(path: str) -> dict[str, str]:
    """The variables of a file; a name alone takes its value from this module's environment.

    :raises ValueError: it cannot be read, or has a line without a name.
    """
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return env_file.parse_env_file(file.read(), os.environ)
    except OSError as error:
        raise ValueError(f"env_file {path} cannot be read: {error}") from error
    except ValueError as error:
        raise ValueError(f"env_file {path}, {error}") from error


def _expand_all_ports(given: Json) -> None:
    ports = given.get("published_ports")
    if ports and "all" in ports:
        given["published_ports"] = [port for port in ports if port != "all"]
        given["publish_all_ports"] = True


def _set_network_mode(given: Json) -> None:
    """As for the docker CLI, the first network is the one the container is created in."""
    if given.get("networks") and not given.get("network_mode"):
        given["network_mode"] = given["networks"][0]["name"]


def _expand_home(given: Json) -> None:
    if given.get("volumes"):
        given["volumes"] = [
            os.path.expanduser(volume) if isinstance(volume, str) and volume.startswith("~") else volume
            for volume in given["volumes"]
        ]


def _load_seccomp_profiles(given: Json) -> None:
    """The engine takes the profile's content, not its path."""
    if given.get("security_opts"):
        given["security_opts"] = [_load_seccomp_profile(str(item)) for item in given["security_opts"]]


def _load_seccomp_profile(item: str) -> str:
    for prefix in ("seccomp=", "seccomp:"):
        path = item[len(prefix) :]
        if item.startswith(prefix) and path.startswith(("/", "~")):
            try:
                with open(os.path.expanduser(path), encoding="utf-8") as file:
                    return f"seccomp={file.read()}"
            except OSError as error:
                raise ValueError(f"security_opts: the seccomp profile {path} cannot be read: {error}") from error
    return item
