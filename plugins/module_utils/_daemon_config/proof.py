# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof that new containers get the log settings of the file, by a container that never runs.

The engine says in ``/info`` only which log driver is the default, not its options, and a wrong value shows when a
container starts. So an empty image is imported, a container of it is created (its LogConfig is the engine's default) and
started with a command that does not exist: the log driver is set up before the command is looked for, and no code runs.
"""

from __future__ import annotations

import contextlib
import json
import typing as t
import uuid

from .._engine.client import Daemon, quoted
from .._errors import EngineError, Failed, StevedoreError
from .._types import Json

_EMPTY_TAR = bytes(1024)
_COMMAND = "/stevedore-probe"


def prove_logging(daemon: Daemon, driver: str, options: t.Mapping[str, str]) -> None:
    """That new containers get this driver with these options, and can start with them.

    :raises Failed: they get others, or cannot start.
    """
    default = daemon.get("/info").get("LoggingDriver")
    if default != driver:
        raise Failed(f"The engine's default log driver is {default}, not {driver}.", object="log-driver")
    with _probe_container(daemon) as identity:
        config = _log_config(daemon, identity)
        if config["Type"] != driver or (config.get("Config") or {}) != dict(options):
            raise Failed(
                f"New containers get the log driver {config['Type']} with {config.get('Config') or {}}, not {driver} with "
                f"{dict(options)}.",
                object="log-opts",
            )
        _start(daemon, identity)


def default_logging(daemon: Daemon) -> Json:
    """The LogConfig that new containers get: ``{Type, Config}``."""
    with _probe_container(daemon) as identity:
        return _log_config(daemon, identity)


@contextlib.contextmanager
def _probe_container(daemon: Daemon) -> t.Iterator[str]:
    image = _import_empty_image(daemon)
    try:
        body = {
            "Image": image,
            "Entrypoint": [],
            "Cmd": [_COMMAND],
            "Labels": {"stevedore.docker.probe": "log-driver"},
            "NetworkDisabled": True,
            "HostConfig": {"NetworkMode": "none"},
        }
        name = f"stevedore-probe-{uuid.uuid4().hex[:12]}"
        identity = daemon.post("/containers/create", params={"name": name}, body=body, about=f"container {name}")["Id"]
        try:
            yield identity
        finally:
            daemon.delete(f"/containers/{identity}", params={"force": True, "v": True}, about=f"container {name}")
    finally:
        daemon.delete(f"/images/{quoted(image)}", params={"force": True}, about="the probe's image")


def _log_config(daemon: Daemon, identity: str) -> Json:
    return t.cast("Json", daemon.container(identity)["HostConfig"]["LogConfig"])


def _start(daemon: Daemon, identity: str) -> None:
    try:
        daemon.post(f"/containers/{identity}/start", about="the probe")
    except StevedoreError as error:
        # Any other complaint is about the command that is not there, after the log driver was set up.
        if "logging driver" in error.msg:
            raise Failed(
                f"Containers would not start with these log settings: {error.msg}", object="log-opts"
            ) from error


def _import_empty_image(daemon: Daemon) -> str:
    identity = ""
    with daemon.stream(
        "POST", "/images/create", params={"fromSrc": "-"}, data=_EMPTY_TAR, about="the probe's image"
    ) as body:
        for event in body.events():
            identity = str(event.get("status") or identity)
    if not identity:
        raise EngineError(f"The engine imported the probe's image without naming it: {json.dumps(identity)}")
    return identity
