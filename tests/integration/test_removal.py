# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container is stopped as it wants to be stopped before it is removed: a database writes what it has to write."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from support.engine import Docker, until
from support.proxy import Proxy

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
# It answers to its own stop signal alone, and says so in a file of its volume.
POLITE = [
    "sh",
    "-c",
    'trap "echo ${WHO:-bye} >>/keep/bye; exit 0" USR1; touch /keep/ready; while :; do sleep 0.1; done',
]


class Databases:
    """Containers that write to a volume when they are stopped."""

    def __init__(self, docker: Docker, mark: str) -> None:
        self._docker = docker
        self.mark = mark

    def options(self, name: str, **more: t.Any) -> dict[str, t.Any]:
        volume = f"{name}-data:/keep"
        return {"name": name, "image": IMAGE, "command": POLITE, "stop_signal": "USR1", "volumes": [volume], **more}

    def start(self, name: str, *flags: str) -> str:
        volume = f"{name}-data:/keep"
        options = ("--name", name, "--stop-signal", "USR1", "--volume", volume, *flags)
        self._docker("run", "-d", *options, IMAGE, *POLITE)
        self.await_trap(name)
        return name

    def await_trap(self, name: str) -> None:
        until(lambda: self._docker.ok("exec", name, "test", "-e", "/keep/ready"), "the trap")

    def said(self, name: str) -> str:
        """What is in the container's volume."""
        volume = f"{name}-data:/keep"
        return self._docker("run", "--rm", "--volume", volume, IMAGE, "sh", "-c", "cat /keep/bye 2>/dev/null || true")


@pytest.fixture
def databases(docker: Docker, unique: t.Callable[..., str]) -> Databases:
    return Databases(docker, unique())


@pytest.mark.parametrize("keep", [True, False], ids=["volumes kept", "volumes removed"])
@pytest.mark.parametrize(
    "flags", [(), ("--rm",), ("--restart", "always"), ("-v", "/anonymous")], ids=["plain", "rm", "always", "volume"]
)
def test_absent_stops_first(
    docker: Docker, databases: Databases, name: str, run: Run, flags: tuple[str, ...], keep: bool
) -> None:
    databases.start(name, *flags)
    assert run("container_run", name=name, state="absent", keep_volumes=keep).changed
    assert not docker.ok("inspect", name)
    assert databases.said(name) == "bye"


def test_a_paused_one_is_woken_to_stop(docker: Docker, databases: Databases, name: str, run: Run) -> None:
    databases.start(name)
    docker("pause", name)
    assert run("container_run", name=name, state="absent").changed
    assert not docker.ok("inspect", name)
    assert databases.said(name) == "bye"


def test_one_that_restarts_is_removed(docker: Docker, name: str, run: Run) -> None:
    docker("run", "-d", "--name", name, "--restart", "always", IMAGE, "false")
    until(lambda: docker("inspect", "--format", "{{.State.Status}}", name) == "restarting")
    assert run("container_run", name=name, state="absent").changed
    assert not docker.ok("inspect", name)


def test_one_that_does_not_run_is_removed(docker: Docker, name: str, run: Run) -> None:
    docker("create", "--name", name, IMAGE, "true")
    assert run("container_run", name=name, state="absent").changed
    assert not docker.ok("inspect", name)


@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_force_kill(docker: Docker, name: str, run: Run, state: str) -> None:
    """The fast way, asked for: a container that never ends by itself is gone at once."""
    docker("run", "-d", "--name", name, "--stop-timeout", "100000", IMAGE, "sleep", "100000")
    assert run("container_run", name=name, state=state, force_kill=True).changed
    assert docker("ps", "--filter", f"name=^{name}$", "--quiet") == ""
    assert not run("container_run", name=name, state=state, force_kill=True).changed


def test_the_containers_own_patience_counts(docker: Docker, name: str, run: Run) -> None:
    """One that ignores its stop signal is killed when its stop timeout is over, not after the engine's ten seconds."""
    docker("run", "-d", "--name", name, "--stop-timeout", "0", IMAGE, "sleep", "100000")
    assert run("container_run", name=name, state="absent").changed
    assert not docker.ok("inspect", name)


def test_the_tasks_stop_timeout_counts(docker: Docker, name: str, run: Run) -> None:
    """As it does for docker_container: here it is for the container that stands in the way."""
    docker("run", "-d", "--name", name, "--stop-timeout", "100000", IMAGE, "sleep", "100000")
    assert run("container_run", name=name, state="absent", stop_timeout=0).changed
    assert not docker.ok("inspect", name)


def test_a_refused_stop_removes_nothing(
    docker: Docker, databases: Databases, name: str, run: Run, engine: str, tmp_path: pathlib.Path
) -> None:
    databases.start(name)
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.judge = lambda _number, call: "refused by the test" if call[1].endswith("/stop") else None
        failed = run("container_run", name=name, state="absent", docker_host=proxy.host)
        assert failed.failed
        assert "refused by the test" in failed["msg"]
        assert "force_kill" in failed["msg"]
        assert docker("inspect", "--format", "{{.State.Status}}", name) == "running"
        assert run("container_run", name=name, state="absent", force_kill=True, docker_host=proxy.host).changed
    assert not docker.ok("inspect", name)


def test_a_set(docker: Docker, databases: Databases, name: str, run: Run) -> None:
    """Listed as absent, and pruned."""
    listed, pruned = f"{name}-listed", f"{name}-pruned"
    entries = [databases.options(one) for one in (listed, pruned)]
    assert run("containers", group=name, containers=entries).changed
    for one in (listed, pruned):
        databases.await_trap(one)
    done = run("containers", group=name, prune=True, containers=[{"name": listed, "state": "absent"}])
    assert [(one["name"], one["actions"][0]["action"]) for one in done["containers"]] == [
        (listed, "remove"),
        (pruned, "prune"),
    ]
    assert docker("ps", "--all", "--filter", f"name={name}", "--quiet") == ""
    assert [databases.said(one) for one in (listed, pruned)] == ["bye", "bye"]


def test_a_set_is_killed_when_asked(docker: Docker, name: str, run: Run) -> None:
    deaf = {"image": IMAGE, "command": "sleep 100000", "stop_timeout": 100000}
    entries = [{"name": f"{name}-{one}"} for one in ("listed", "pruned")]
    assert run("containers", group=name, defaults=deaf, containers=entries).changed
    done = run(
        "containers",
        group=name,
        prune=True,
        defaults={"force_kill": True},
        containers=[{"name": f"{name}-listed", "state": "absent"}],
    )
    assert done.changed
    assert docker("ps", "--all", "--filter", f"name={name}", "--quiet") == ""


def test_both_of_a_replacement(docker: Docker, databases: Databases, name: str, run: Run) -> None:
    """The old one on its way out, and a failed new one that has the same volume: the old one starts on whole data."""
    options = databases.options(name)
    assert run("container_run", **options, env={"WHO": "old"}).changed
    databases.await_trap(name)
    check = {"test": ["CMD", "false"], "interval": "500ms", "retries": 2}
    failed = run("container_run", **options, env={"WHO": "new"}, state="healthy", healthcheck=check)
    assert failed["rolled_back"] is True
    assert docker("exec", name, "cat", "/keep/bye").split() == ["old", "new"]
    assert run("container_run", **options, env={"WHO": "newer"}).changed
    assert docker("exec", name, "cat", "/keep/bye").split() == ["old", "new", "old"]
