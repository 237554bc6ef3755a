# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this clone starts leaves the machine's Docker, its network and everything else alone.

A dockerd with a bridge of its own name removes docker0 when it starts on the same data for the second time (seen with
20.10, 26.1 and 28.5), so everything here is done twice.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import typing as t

import pytest
from support.engine import ROOT, Docker, until
from support.machine import CLIENT, Machine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to start engines")

BASE = ("stevedore/busybox:1", "stevedore/busybox:2", "stevedore/app:1")
HOST = "stevedore/host:trixie"


class Clone:
    """A fresh clone of this working tree on such a machine."""

    def __init__(self, folder: pathlib.Path, machine: Machine) -> None:
        self.folder = folder
        self._machine = machine

    def script(self, name: str, *arguments: str, **variables: str) -> str:
        return self._machine(str(self.folder / "scripts" / name), *arguments, env=variables)

    def make(self, target: str, **variables: str) -> str:
        return self._machine("make", "-C", str(self.folder), target, env=variables)

    def copy(self) -> None:
        names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        archive = "| tar --create --null --files-from=- | tar --extract --directory"
        self.folder.mkdir()
        subprocess.run(
            f"{shlex.join(names)} {archive} {shlex.quote(str(self.folder))}", shell=True, cwd=ROOT, check=True
        )

    def add_tools(self) -> None:
        """Those of this clone, as scripts/venv would make them again: its stamp names the folder and what is installed."""
        venv = self.folder / ".cache" / "venv"
        if venv.exists():
            return
        venv.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-al", ROOT / ".cache" / "venv", venv], check=True)
        wanted = f"{venv}\n{(ROOT / 'requirements' / 'dev.txt').read_text()}"
        (venv / ".requirements").unlink()
        (venv / ".requirements").write_text(hashlib.sha256(wanted.encode()).hexdigest() + "\n")


@pytest.fixture(scope="module")
def machine(docker: Docker) -> t.Iterator[Machine]:
    # In .cache: hard links to the tools need the same file system.
    folder = ROOT / ".cache" / f"machine-{os.getpid()}"
    folder.mkdir(parents=True)
    wanted = [*BASE, HOST] if docker.ok("image", "inspect", HOST) else BASE
    try:
        with Machine(folder) as machine:
            machine.start_docker(docker("save", *wanted, binary=True))
            Clone(folder / "clone", machine).copy()
            yield machine
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def clone(machine: Machine) -> t.Iterator[Clone]:
    """Fails the test if anything of the machine has changed at its end, or its Docker missed a request meanwhile."""
    clone = Clone(machine.folder / "clone", machine)
    clone.add_tools()
    machine("docker", "run", "-d", "--no-healthcheck", "--name", "page", "-p", "127.0.0.1:8080:8080", "stevedore/app:1")
    address = machine("docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", "page").strip()
    answers = machine.folder / "answers"
    stop = machine.folder / "stop"
    stop.unlink(missing_ok=True)
    with answers.open("wb") as output:
        urls = ["http://127.0.0.1:8080/", f"http://{address}:8080/"]
        client = machine.spawn(sys.executable, "-c", CLIENT, *urls, stdout=output, stderr=output)
    until(lambda: answers.read_text().count("hello") > 1, "the first answers")
    before = machine.state()
    yield clone
    after = machine.state()
    for what, value in before.items():
        assert after[what] == value, what
    stop.touch()
    client.wait()
    said = answers.read_text().splitlines()
    assert set(said) == {"hello from stevedore"}
    machine("docker", "run", "--rm", "-p", "127.0.0.1::8080", "stevedore/busybox:1", "ip", "link", "show", "eth0")
    machine("docker", "rm", "--force", "--volumes", "page")


def test_private_engine_of_the_clone(clone: Clone) -> None:
    for _time in range(2):
        clone.script("engine", "up", STEVEDORE_ENGINE="private")
        assert "private to this clone" in clone.script("engine", "status", STEVEDORE_ENGINE="private")
        clone.script("engine", "down")


def test_a_further_engine_in_a_container(clone: Clone, docker: Docker) -> None:
    if not docker.ok("image", "inspect", HOST):
        pytest.skip(f"{HOST} has not been made yet")
    for _time in range(2):
        clone.script("host", "engine", "trixie")
        clone.script("host", "down", "engine-trixie")


TWICE = """
from support.private_engine import private_engine
with private_engine() as engine:
    engine.kill()
    engine.start()
    engine.docker("network", "create", "one")
"""


def test_an_engine_of_a_test(clone: Clone, machine: Machine) -> None:
    machine(sys.executable, "-c", TWICE, env={"PYTHONPATH": str(ROOT / "tests")})


def test_the_demo(clone: Clone) -> None:
    assert "Done." in clone.make("demo", STEVEDORE_ENGINE="private")


@pytest.mark.parametrize("spared", [("containerd", "containerd-shim", "httpd"), ()], ids=["all but containers", "all"])
def test_killed_in_the_middle(clone: Clone, machine: Machine, spared: tuple[str, ...]) -> None:
    """The demo's processes end by SIGKILL while its container runs; what they leave is gone after ``make clean``."""

    def processes() -> dict[str, str]:
        listing = machine("ps", "-eo", "pid,comm", "--no-headers").splitlines()
        return dict(line.strip().split(" ", 1) for line in listing)

    before = processes()
    demo = machine.spawn("make", "-C", str(clone.folder), "demo", env={"STEVEDORE_ENGINE": "private"})
    container = 'eval "$(scripts/engine env)" && docker exec quickstart-web true'
    running = ("env", "-C", str(clone.folder), "STEVEDORE_ENGINE=private", "bash", "-c", container)
    until(lambda: machine.completed(*running).returncode == 0, "the demo's container", seconds=300)
    found = processes()
    machine.completed("kill", "-KILL", *[pid for pid in found.keys() - before.keys() if found[pid] not in spared])
    demo.wait()
    clone.make("clean")
    assert not (clone.folder / ".cache").exists()
