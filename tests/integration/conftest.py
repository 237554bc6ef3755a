# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests that talk to a real engine. They check with the docker CLI, never with our own modules."""

from __future__ import annotations

import importlib
import os
import subprocess
import typing as t
import uuid

import pytest
from support import engine as engines
from support import modules


class Run(t.Protocol):
    def __call__(self, module: str, *, _check: bool = ..., _diff: bool = ..., **params: t.Any) -> modules.Result: ...


class RunProcess(t.Protocol):
    def __call__(
        self, module: str, *, _check: bool = ..., _diff: bool = ..., **params: t.Any
    ) -> subprocess.Popen[str]: ...


@pytest.fixture(scope="session")
def engine() -> str:
    """The DOCKER_HOST that everything in this session uses."""
    try:
        host = engines.find()
    except engines.NoEngine as error:
        pytest.fail(str(error), pytrace=False)
    os.environ["DOCKER_HOST"] = host
    return host


@pytest.fixture(scope="session", autouse=True)
def _quick_proof() -> None:
    """Most containers of these tests work: they need not be watched for three seconds. A test that says how long has it
    so, and a module in a process of its own keeps to its default."""
    options = importlib.import_module("ansible_collections.stevedore.docker.plugins.module_utils._run.options")
    options.OWN.options["stable_for"]["default"] = "1s"


@pytest.fixture(scope="session")
def docker(engine: str) -> engines.Docker:
    """``docker("inspect", name)`` returns what the CLI printed; ``docker.ok(...)`` whether it exits with 0."""
    return engines.Docker(engine)


@pytest.fixture(scope="session")
def api(docker: engines.Docker) -> tuple[int, int]:
    """The engine's API version, for what engines do in different ways."""
    major, minor = docker("version", "--format", "{{.Server.APIVersion}}").split(".")
    return int(major), int(minor)


@pytest.fixture
def unique(docker: engines.Docker) -> t.Iterator[t.Callable[..., str]]:
    """``unique("web")`` is a name for this test alone; whatever carries such a name is removed afterwards."""
    mark = f"stv{uuid.uuid4().hex[:8]}"

    def name(suffix: str = "") -> str:
        return f"{mark}-{suffix}" if suffix else mark

    yield name
    docker.remove_all(mark)


@pytest.fixture
def name(unique: t.Callable[..., str]) -> str:
    """One container name for this test alone."""
    return unique("box")


@pytest.fixture
def run(engine: str) -> Run:
    """``run("container_run", name="web", _check=True, _diff=True)``: the module's result; see support.modules.Result."""

    def call(module: str, *, _check: bool = False, _diff: bool = False, **params: t.Any) -> modules.Result:
        return modules.call(module, params, check=_check, diff=_diff)

    return call


@pytest.fixture
def run_process(engine: str) -> t.Iterator[RunProcess]:
    """Like ``run``, but starts a process to be killed, or waited for with ``support.modules.collect``."""
    started: list[subprocess.Popen[str]] = []

    def spawn(module: str, *, _check: bool = False, _diff: bool = False, **params: t.Any) -> subprocess.Popen[str]:
        process = modules.spawn(module, params, check=_check, diff=_diff)
        started.append(process)
        return process

    yield spawn
    for process in started:
        with process:  # closes its pipes and waits
            process.kill()
