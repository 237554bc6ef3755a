# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole host with its own systemd and dockerd (scripts/host), on which a test may restart, break and kill them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import pathlib
import subprocess
import tarfile
import typing as t

from ansible import release
from ansible.module_utils import basic

from . import modules
from .engine import ROOT, Docker

_PAYLOAD = "/opt/payload"
FILE = "/etc/docker/daemon.json"


class Host:
    """``host("docker ps")`` runs a shell command on it and returns what it printed."""

    def __init__(self, docker: Docker, name: str) -> None:
        self._docker = docker
        # As scripts/host names it: with a hash of this clone's path.
        self.container = f"stv-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}-{name}"
        self._docker("cp", "-", f"{self.container}:/opt", input=_payload())
        self.runs_systemd = self.ok("test -d /run/systemd/system")

    def __call__(self, command: str, *, check: bool = True, input: str | None = None) -> str:
        done = self.completed(command, input=input)
        if check and done.returncode:
            raise AssertionError(f"{command!r}: exit {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout.decode().rstrip("\n")

    def completed(self, command: str, *, input: str | None = None) -> subprocess.CompletedProcess[bytes]:
        return self._docker.completed("exec", "-i", self.container, "sh", "-c", command, input=input)

    def ok(self, command: str) -> bool:
        return self.completed(command).returncode == 0

    def write(self, path: str, text: str) -> None:
        self(f"mkdir -p {pathlib.PurePosixPath(path).parent} && cat >{path}", input=text)

    def inspect(self, name: str) -> t.Any:
        return json.loads(self(f"docker container inspect {name}"))[0]

    def module(self, name: str, *, _check: bool = False, **params: t.Any) -> modules.Result:
        """Run one of our modules on the host."""
        text = base64.b64encode(self.arguments(params, check=_check).encode()).decode()
        done = self.completed(f"echo {text} | base64 -d | {self.command(name)}")
        lines = [line for line in done.stdout.decode().splitlines() if line.startswith("{")]
        assert lines, f"no result (exit {done.returncode}): {done.stdout.decode()}{done.stderr.decode()}"
        return modules.Result(json.loads(lines[-1]))

    @staticmethod
    def arguments(params: t.Mapping[str, t.Any], *, check: bool = False) -> str:
        return json.dumps({"ANSIBLE_MODULE_ARGS": modules.module_arguments(params, check=check, diff=True)})

    @staticmethod
    def command(module: str) -> str:
        return f"PYTHONPATH={_PAYLOAD} python3 -m {modules.PACKAGE}.{module}"


@contextlib.contextmanager
def host(docker: Docker, name: str, kind: str = "bookworm") -> t.Iterator[Host]:
    """Start a host and remove it afterwards.

    :param kind: the release, and ``bare`` behind it for a dockerd that nobody looks after.
    """
    program = str(ROOT / "scripts" / "host")
    try:
        subprocess.run([program, "up", name, *kind.split()], check=True, capture_output=True, text=True)
        yield Host(docker, name)
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{error.cmd}: {error.stderr}") from error
    finally:
        # The kernel cannot end a host that holds frozen processes.
        with contextlib.suppress(AssertionError):
            Host(docker, name)("docker ps -q --filter status=paused | xargs -r docker unpause", check=False)
        subprocess.run([program, "down", name], check=False, capture_output=True)


def _payload() -> bytes:
    """This collection and ansible's module_utils, as Ansible would bring them along."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        head = f"__version__ = {release.__version__!r}\n".encode()
        entry = tarfile.TarInfo("payload/ansible/__init__.py")
        entry.size = len(head)
        archive.addfile(entry, io.BytesIO(head))
        archive.add(pathlib.Path(basic.__file__).parent, "payload/ansible/module_utils", filter=_source)
        archive.add(ROOT / "plugins", "payload/ansible_collections/stevedore/docker/plugins", filter=_source)
    return packed.getvalue()


def _source(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if entry.name.endswith((".pyc", "__pycache__")) else entry
