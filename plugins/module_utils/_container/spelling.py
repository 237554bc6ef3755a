# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 2: what users write and the Engine API does not know, put into the words of the table."""

from __future__ import annotations

import os
import typing as t

from .option import Json


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
    """``KEY=value`` lines; empty lines and comments are passed over, a bare ``KEY`` takes its value from here.

    :raises ValueError: it cannot be read or has a line without a name.
    """
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"env_file {path} cannot be read: {error}") from error
    result = {}
    for number, line in enumerate(lines, start=1):
        text = line.lstrip()
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if not key or " " in key or "\t" in key:
            raise ValueError(f"env_file {path}, line {number}: {key!r} is not the name of a variable")
        if equals:
            result[key] = value
        elif key in os.environ:
            result[key] = os.environ[key]
    return result


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
    """The engine wants the profile itself, not its path."""
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
