# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_exec beside ``docker exec``."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker

from .conftest import Run

IMAGE = "stevedore/busybox:1"


@pytest.fixture(scope="module")
def box(docker: Docker) -> t.Iterator[str]:
    """A container that does nothing, for the whole file."""
    name = "proc-exec-box"
    docker("rm", "--force", name, check=False)
    docker("run", "--detach", "--init", "--env", "FROM=image", "--name", name, IMAGE, "sleep", "3600")
    yield name
    docker("rm", "--force", name)


SAME = {
    "both streams": {"argv": ["sh", "-c", "echo out; echo err >&2"]},
    "no newline at the end": {"argv": ["printf", "a b"]},
    "words, not a shell": {"command": "echo '$HOME' \"a  b\" | cat"},
    "a shell": {"command": "echo $HOME | tr / x", "shell": True},
    "environment": {"command": "env", "env": {"A": "x y", "YES": True, "N": 5}},
    "folder": {"command": "pwd", "chdir": "/var/log"},
    "user": {"command": "id", "user": "app"},
    "numbers": {"command": "id", "user": "1000:0"},
    "privileged": {"command": "grep CapEff /proc/self/status", "privileged": True},
    "exit code": {"command": "sh -c 'echo no >&2; exit 3'"},
    "no such command": {"command": "no-such-command"},
    "no such folder": {"command": "pwd", "chdir": "/no/such"},
}


def cli(params: dict[str, t.Any], name: str) -> list[str]:
    words = ["exec"]
    for key, value in params.get("env", {}).items():
        words += ["--env", f"{key}={str(value).lower() if isinstance(value, bool) else value}"]
    for option, switch in (("chdir", "--workdir"), ("user", "--user")):
        words += [switch, params[option]] if option in params else []
    words += ["--privileged"] if params.get("privileged") else []
    if "argv" in params:
        return [*words, name, *params["argv"]]
    if params.get("shell"):
        return [*words, name, "/bin/sh", "-c", params["command"]]
    import shlex

    return [*words, name, *shlex.split(params["command"])]


@pytest.mark.parametrize("params", SAME.values(), ids=SAME)
def test_as_docker_exec(docker: Docker, run: Run, box: str, params: dict[str, t.Any]) -> None:
    expected = docker.completed(*cli(params, box))
    result = run("container_exec", name=box, **params)
    assert (result.rc, result.stdout) == (expected.returncode, expected.stdout.decode())
    assert result.stderr == expected.stderr.decode()
    assert result.failed is bool(expected.returncode)
    assert result.changed
