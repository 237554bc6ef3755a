# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a container must run before it counts as proven: what dies a moment after its start is no success."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
WELL: dict[str, t.Any] = {"image": IMAGE, "command": "sleep 10000", "stop_signal": "KILL"}
# It dies when it has run for more than the second that was once enough.
LATE: dict[str, t.Any] = {**WELL, "command": ["sh", "-c", "echo out; sleep 2; echo why >&2; exit 3"]}


@pytest.mark.parametrize("policy", ["no", "always"])
def test_a_new_one_that_dies_late_gives_the_old_one_back(docker: Docker, name: str, run: Run, policy: str) -> None:
    assert run("container_run", name=name, **WELL).changed
    before = docker.inspect(name)["Id"]
    failed = run("container_run", name=name, **LATE, restart_policy=policy, stable_for="10s")
    assert failed["rolled_back"] is True
    assert "why" in failed["msg"]
    assert docker.inspect(name)["Id"] == before
    assert docker("inspect", "--format", "{{.State.Status}}", name) == "running"


def test_the_default_is_three_seconds(docker: Docker, name: str, run_process: t.Any) -> None:
    from support import modules

    first = modules.collect(run_process("container_run", name=name, **LATE))
    assert first.failed
    assert "exit code 3" in first["msg"]


@pytest.mark.parametrize("policy", ["no", "always"])
def test_a_created_one_that_dies_late_has_failed(docker: Docker, name: str, run: Run, policy: str) -> None:
    failed = run("container_run", name=name, **LATE, restart_policy=policy, stable_for="10s")
    assert failed.failed
    assert [action["action"] for action in failed["actions"]] == ["create", "start"]
    # It stays for its logs to be read.
    assert "why" in docker.completed("logs", name).stderr.decode()


def test_a_job_that_ends_well_is_proven(docker: Docker, name: str, run: Run) -> None:
    options = {"name": name, "image": IMAGE, "command": ["sh", "-c", "sleep 0.3"], "stable_for": "1m"}
    assert run("container_run", **options).changed
    assert run("container_run", **options, auto_remove=True).changed
    failed = run("container_run", **{**options, "command": ["sh", "-c", "sleep 0.3; exit 4"]}, auto_remove=True)
    assert failed.failed
    assert not docker.ok("inspect", name)


def test_zero_takes_the_start_for_proof(docker: Docker, name: str, run: Run) -> None:
    assert run("container_run", name=name, **LATE, stable_for="0s").changed


@pytest.mark.parametrize("text", ["soon", "-1s", "3 parsecs"])
def test_what_is_no_duration(docker: Docker, name: str, run: Run, text: str) -> None:
    failed = run("container_run", name=name, **WELL, stable_for=text)
    assert failed["failure"]["kind"] == "invalid"
    assert "stable_for" in failed["msg"]
    assert not docker.ok("inspect", name)


def test_what_runs_already_is_not_waited_for(name: str, run: Run) -> None:
    """An hour would be noticed."""
    assert run("container_run", name=name, **WELL, stable_for="0s").changed
    for state in ("started", "healthy"):
        assert not run("container_run", name=name, **WELL, stable_for="1h", state=state).changed
    entry = {**WELL, "name": name, "stable_for": "1h"}
    assert not run("containers", containers=[entry]).changed


def test_a_set_is_watched_side_by_side(docker: Docker, name: str, run: Run) -> None:
    """With one worker, twelve that have to run for five seconds each."""
    names = [f"{name}-{number:02}" for number in range(12)]
    entries: list[dict[str, t.Any]] = [{"name": one} for one in names]
    entries[5].update(LATE)
    failed = run("containers", defaults={**WELL, "stable_for": "5s"}, containers=entries, parallel=1)
    assert [one["name"] for one in failed["containers"] if "failure" in one] == [names[5]]
    started = sorted(docker("inspect", "--format", "{{.State.StartedAt}}", one) for one in names)
    finished = docker("inspect", "--format", "{{.State.FinishedAt}}", names[5])
    # Others were started while the earlier ones were watched.
    assert finished > started[0]
    assert sum(at < finished for at in started) > 2


def test_the_healthcheck_has_its_own_time(docker: Docker, name: str, run: Run) -> None:
    """Healthy after the time that one without a healthcheck would have had."""
    check = {"test": "test -e /tmp/ready", "interval": "500ms", "retries": 20, "start_period": "1m"}
    command = ["sh", "-c", "sleep 4; touch /tmp/ready; sleep 10000"]
    options = {**WELL, "name": name, "command": command, "healthcheck": check, "state": "healthy", "stable_for": "1s"}
    assert run("container_run", **options).changed
    assert docker("inspect", "--format", "{{.State.Health.Status}}", name) == "healthy"


def test_a_job_in_the_foreground_keeps_the_old_one_until_its_end(docker: Docker, name: str, run: Run) -> None:
    assert run("container_run", name=name, **WELL).changed
    before = docker.inspect(name)["Id"]
    failed = run("container_run", name=name, **LATE, detach=False)
    assert (failed["rc"], failed["stdout"], failed["stderr"]) == (3, "out\n", "why\n")
    assert failed["rolled_back"] is True
    assert docker.inspect(name)["Id"] == before
    assert docker("inspect", "--format", "{{.State.Status}}", name) == "running"
    done = run("container_run", name=name, image=IMAGE, command="echo fine", detach=False)
    assert (done["rc"], done["stdout"]) == (0, "fine\n")
    assert docker("ps", "--all", "--filter", f"name={name}", "--format", "{{.Names}}") == name
