# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry with a password on 127.0.0.1, which Docker trusts without TLS."""

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

from .engine import ROOT, until

USER, PASSWORD = "stevedore", "sesame"
# bcrypt of the password
HTPASSWD = "stevedore:$2y$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def registry(folder: pathlib.Path) -> t.Iterator[str]:
    """Debian's docker-registry, installed if it is missing; its ``host:port``."""
    if shutil.which("docker-registry") is None:
        subprocess.run([str(ROOT / "scripts" / "apt"), "docker-registry"], check=True)
    port = free_port()
    (folder / "htpasswd").write_text(HTPASSWD)
    settings = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
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
        until(lambda: _answers(port), "the registry's answer")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def docker_config(folder: pathlib.Path, host: str, password: str = PASSWORD) -> str:
    """A folder for DOCKER_CONFIG with the credentials for the registry."""
    folder.mkdir(exist_ok=True)
    secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    return str(folder)
