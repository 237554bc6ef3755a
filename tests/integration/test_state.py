# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_state on a real engine, judged by ``docker inspect``."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker, until

from .conftest import Run

IMAGE = "stevedore/busybox:1"
# Ends at once on SIGTERM (7), notes SIGHUP. It starts no processes all the time, which cgroup v1 can hardly freeze.
LISTENER = ["sh", "-c", "trap 'exit 7' TERM; trap 'echo hup' HUP; echo ready; while :; do sleep 999 & wait; done"]


def status(docker: Docker, name: str) -> str:
    return docker("inspect", "--format", "{{.State.Status}}", name)


def bring(docker: Docker, name: str, state: str) -> None:
    """A container in this state, made with the CLI."""
    if state == "restarting":
        docker("run", "--detach", "--restart", "always", "--name", name, IMAGE, "false")
        # The engine waits twice as long each time; by now long enough for what is tried.
        until(lambda: docker.inspect(name)["RestartCount"] > 3 and status(docker, name) == "restarting", "restarting")
        return
    docker("create", "--name", name, IMAGE, *LISTENER)
    if state != "created":
        docker("start", name)
        until(lambda: "ready" in docker("logs", name), "the listener")
    if state == "paused":
        docker("pause", name)
    if state == "exited":
        docker("kill", name)


# From the state on the left; what is asked; what is done ("-": nothing), the state after it, the exit code.
CASES: list[tuple[str, dict[str, t.Any], str | None, str, int | None]] = [
    ("created", {"state": "started"}, "start", "running", None),
    ("exited", {"state": "started"}, "start", "running", None),
    ("running", {"state": "started"}, None, "running", None),
    ("paused", {"state": "started"}, "unpause", "running", None),
    ("created", {"state": "stopped"}, None, "created", None),
    ("exited", {"state": "stopped"}, None, "exited", None),
    ("running", {"state": "stopped"}, "stop", "exited", 7),
    ("running", {"state": "stopped", "signal": "KILL"}, "stop", "exited", 137),
    ("paused", {"state": "stopped", "stop_timeout": 1}, "stop", "exited", 7),
    ("restarting", {"state": "stopped"}, "stop", "exited", 1),
    ("running", {"state": "restarted"}, "restart", "running", 7),
    ("exited", {"state": "restarted"}, "restart", "running", None),
    ("paused", {"state": "restarted", "stop_timeout": 1}, "restart", "running", 7),
    ("running", {"state": "paused"}, "pause", "paused", None),
    ("paused", {"state": "paused"}, None, "paused", None),
    ("paused", {"state": "unpaused"}, "unpause", "running", None),
    ("running", {"state": "unpaused"}, None, "running", None),
    ("exited", {"state": "unpaused"}, None, "exited", None),
    ("running", {"state": "killed"}, "kill", "exited", 137),
    ("running", {"state": "killed", "signal": "SIGHUP"}, "kill", "running", None),
    ("running", {"state": "killed", "signal": "15", "wait_for": "exited"}, "kill", "exited", 7),
    ("paused", {"state": "killed"}, "kill", "exited", 137),
    ("exited", {"state": "killed", "signal": "TERM"}, None, "exited", None),
    ("restarting", {"state": "killed"}, "kill", "exited", 1),
]


@pytest.mark.parametrize(("start", "params", "action", "end", "code"), CASES)
def test_every_way(
    docker: Docker,
    run: Run,
    name: str,
    start: str,
    params: dict[str, t.Any],
    action: str | None,
    end: str,
    code: int | None,
    api: tuple[int, int],
) -> None:
    if params["state"] == "restarted" and api < (1, 42):
        code = None  # the engine may take that of the next start for it
    bring(docker, name, start)
    identity = docker.inspect(name)["Id"]
    announced = run("container_state", name=name, **params, _check=True, _diff=True)
    assert (announced.changed, announced.container["action"]) == (action is not None, action)
    if start != "restarting":  # which flickers by itself
        assert status(docker, name) == start
    result = run("container_state", name=name, **params, _diff=True)
    assert not result.failed
    assert (result.changed, result.container["action"], result.container["exit_code"]) == (
        action is not None,
        action,
        code,
    )
    if end in ("exited", "running"):
        until(lambda: status(docker, name) == end, end, 5)
    assert status(docker, name) == end
    assert docker.inspect(name)["Id"] == identity
    if start != "restarting":
        assert result.container["before"]["status"] == start
        assert result.container["after"]["status"] == announced.container["after"]["status"] == end
        assert result.diff == announced.diff
    if params["state"] not in ("restarted", "killed"):
        assert not run("container_state", name=name, **params).changed


REFUSED = [
    ("created", {"state": "paused"}, "conflict", "start it first"),
    ("exited", {"state": "killed", "signal": "HUP"}, "conflict", "start it first"),
    ("restarting", {"state": "paused"}, "conflict", "it keeps dying"),
    ("running", {"state": "started", "wait_for": "healthy"}, "invalid", "no healthcheck"),
    ("running", {"state": "stopped", "wait_for": "running"}, "invalid", "never running"),
    ("running", {"state": "killed", "signal": "FOO"}, "invalid", "'FOO' is not a signal"),
    ("running", {"state": "started", "signal": "HUP"}, "invalid", "signal is for"),
    ("running", {"state": "killed", "stop_timeout": 4}, "invalid", "stop_timeout is for"),
]


@pytest.mark.parametrize(("start", "params", "kind", "words"), REFUSED)
def test_refused_before_anything_happens(
    docker: Docker, run: Run, name: str, start: str, params: dict[str, t.Any], kind: str, words: str
) -> None:
    bring(docker, name, start)
    for check in (True, False):
        result = run("container_state", name=name, **params, _check=check)
        assert (result.failed, result.failure["kind"]) == (True, kind)
        assert words in result.msg
    if start != "restarting":
        assert status(docker, name) == start
