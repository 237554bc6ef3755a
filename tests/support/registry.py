# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry with a password at an address of this machine that the engine trusts without TLS."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import typing as t

from .engine import ROOT, address, until

USER, PASSWORD = "stevedore", "sesame"
# bcrypt of the password
HTPASSWD = "stevedore:$2y$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O\n"


def free_port(machine: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((machine, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def registry(folder: pathlib.Path, engine: str) -> t.Iterator[str]:
    """Debian's docker-registry, installed if it is missing; its ``host:port`` for the engine."""
    if shutil.which("docker-registry") is None:
        subprocess.run([str(ROOT / "scripts" / "apt"), "docker-registry"], check=True)
    machine = address(engine, "machine")
    port = free_port(machine)
    (folder / "htpasswd").write_text(HTPASSWD)
    settings = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"{machine}:{port}"},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
    }
    # JSON is YAML.
    (folder / "config.yml").write_text(json.dumps(settings))
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log, env=environment
        )
    try:
        until(lambda: _answers(machine, port), "the registry's answer")
        yield f"{machine}:{port}"
    finally:
        process.kill()
        process.wait()


def _answers(machine: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((machine, port)) == 0


def docker_config(folder: pathlib.Path, host: str, password: str = PASSWORD) -> str:
    """A folder for DOCKER_CONFIG with the credentials for the registry."""
    folder.mkdir(exist_ok=True)
    secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    return str(folder)
