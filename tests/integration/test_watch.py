# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a container well? What happened to it before the task began to watch it does not count."""

from __future__ import annotations

import os
import signal
import typing as t

from support.engine import Docker, until

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"


def crash(docker: Docker, name: str) -> None:
    """Kill its main process from the host, which only the restart policy brings back."""
    before = docker.inspect(name)
    os.kill(before["State"]["Pid"], signal.SIGKILL)
    until(lambda: docker.inspect(name)["RestartCount"] > before["RestartCount"], "the restart")


def healthy(docker: Docker, name: str) -> bool:
    state = docker.inspect(name)["State"]
    return bool(state["Running"] and state["Health"]["Status"] == "healthy")


def test_a_crash_before_the_task_is_no_failure(docker: Docker, name: str, run: Run) -> None:
    """The engine sets RestartCount back only on an explicit start."""
    options = {
        "name": name,
        "image": IMAGE,
        "command": ["sleep", "10000"],
        "restart_policy": "always",
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s"},
        "state": "healthy",
    }
    assert run("container_run", **options).changed
    crash(docker, name)
    # Not only later: the task may come while the engine is bringing it back.
    again = run("container_run", **options)
    assert (again.failed, again.changed) == (False, False), again
    assert healthy(docker, name)
    assert docker.inspect(name)["RestartCount"] == 1
    again = run("container_run", **options)
    assert (again.failed, again.changed) == (False, False), again
    fleet = run("containers", containers=[options])
    assert (fleet.failed, fleet.changed) == (False, False), fleet


def test_a_crash_before_an_explicit_start_is_no_failure(docker: Docker, name: str, run: Run) -> None:
    options = {"name": name, "image": IMAGE, "command": ["sleep", "10000"], "restart_policy": "always"}
    options.update(healthcheck={"test": ["CMD", "true"], "interval": "1s"}, state="healthy")
    assert run("container_run", **options).changed
    crash(docker, name)
    until(lambda: healthy(docker, name), "health")
    assert run("container_run", **options, restart=True).changed
    docker("stop", "-t", "0", name)
    started = run("container_run", **options)
    assert [action["action"] for action in started["actions"]] == ["start"]


def test_a_crash_while_the_task_watches_is_one(docker: Docker, name: str, run: Run) -> None:
    """It crashes for the second time, and for the first time under our eyes."""
    lives = "test -e /once && sleep 3 || sleep 10000; touch /once; exit 7"
    options = {
        "name": name,
        "image": IMAGE,
        "command": ["sh", "-c", lives],
        "restart_policy": "always",
        "healthcheck": {"test": ["CMD", "test", "-e", "/never"], "interval": "1s", "retries": 1000},
    }
    assert run("container_run", **options).changed
    docker("exec", name, "touch", "/once")
    crash(docker, name)
    failed = run("container_run", **options, state="healthy", wait_timeout=60)
    assert failed["failure"]["kind"] == "failed", failed
    assert f"Container {name} died" in failed["msg"]
