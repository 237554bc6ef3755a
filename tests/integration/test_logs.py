# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_logs beside ``docker logs``."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import typing as t
import uuid

import pytest
from support.engine import Docker, until

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"
SCRIPT = """
echo first; echo 'oops: grüße' >&2
i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done
echo later >&2; printf 'no newline'
"""


def finished(docker: Docker, name: str, *args: str, script: str = SCRIPT) -> None:
    docker("run", "--detach", "--name", name, *args, IMAGE, "sh", "-c", script)
    docker("wait", name)


@pytest.fixture(scope="module")
def logged(docker: Docker) -> t.Iterator[dict[str, str]]:
    """Containers that have said what they had to say, by their log driver or their terminal."""
    mark = uuid.uuid4().hex[:8]
    names = {kind: f"proc-logs-{mark}-{kind}" for kind in ("json-file", "local", "tty")}
    for kind, name in names.items():
        finished(docker, name, *(["--tty"] if kind == "tty" else ["--log-driver", kind]))
    yield names
    docker("rm", "--force", *names.values())


SAME: dict[str, tuple[dict[str, t.Any], list[str]]] = {
    "all": ({}, []),
    "tail": ({"tail": 5}, ["--tail", "5"]),
    "nothing": ({"tail": 0}, ["--tail", "0"]),
    "timestamps": ({"timestamps": True}, ["--timestamps"]),
    "details": ({"details": True}, ["--details"]),
    "since a while": ({"since": "1h30m"}, ["--since", "1h30m"]),
    "since a while ago": ({"since": "2 hours ago", "tail": 3}, ["--since", "2h", "--tail", "3"]),
    "since a date": ({"since": "2020-01-01"}, ["--since", "2020-01-01"]),
    "until a date": ({"until": "2020-01-01 10:00"}, ["--until", "2020-01-01T10:00:00"]),
    "until a Unix time": ({"until": "1600000000"}, ["--until", "1600000000"]),
    "in days to come": ({"until": "2100-01-01T00:00:00Z"}, ["--until", "2100-01-01T00:00:00Z"]),
}


@pytest.mark.parametrize("kind", ["json-file", "local", "tty"])
@pytest.mark.parametrize(("params", "switches"), SAME.values(), ids=SAME)
def test_as_docker_logs(
    docker: Docker, run: Run, logged: dict[str, str], kind: str, params: dict[str, t.Any], switches: list[str]
) -> None:
    expected = docker.completed("logs", *switches, logged[kind])
    assert expected.returncode == 0
    result = run("container_logs", name=logged[kind], **params)
    assert (result.stdout, result.stderr) == (expected.stdout.decode(), expected.stderr.decode())
    assert not result.changed
    together = subprocess.run(
        ["docker", "logs", *switches, logged[kind]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    assert run("container_logs", name=logged[kind], merge=True, **params).output == together.stdout.decode()
