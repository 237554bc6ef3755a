# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs and one container: the second one waits for the first, or says who it is; a killed run stands in nobody's way."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import typing as t

import pytest
from support import modules
from support.engine import Docker, until
from support.proxy import Call, Proxy

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"


def wanted(name: str, version: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "image": IMAGE,
        "command": ["sleep", "10000"],
        "env": {"VERSION": version},
        "stop_signal": "KILL",
        **more,
    }


def slow(name: str, **more: t.Any) -> dict[str, t.Any]:
    """A replacement whose new container becomes healthy only when somebody touches /well."""
    check = {"test": ["CMD", "test", "-e", "/well"], "interval": "1s", "retries": 1000}
    return wanted(name, "new", state="healthy", healthcheck=check, **more)


def locks(docker: Docker, name: str) -> list[str]:
    return docker("volume", "ls", "--filter", f"name={name}", "--format", "{{.Name}}").split()


def names(docker: Docker, name: str) -> list[str]:
    return docker("ps", "-a", "--filter", f"name={name}", "--format", "{{.Names}}").split()


class Replacement:
    """One that is under way, until it is told to end well, is killed, or fails."""

    def __init__(self, docker: Docker, name: str, run: Run, run_process: RunProcess, **more: t.Any) -> None:
        assert run("container_run", **wanted(name, "old")).changed
        docker("exec", name, "touch", "/written")
        self._docker, self._name = docker, name
        self.old = docker.inspect(name)["Id"]
        self.process = run_process("container_run", **slow(name, **more))
        until(self._in_place, "the new container")

    def _in_place(self) -> bool:
        found = self._docker("inspect", "--format", "{{.Id}} {{.State.Running}}", self._name, check=False)
        return bool(found) and found != f"{self.old} true" and found.endswith("true")

    def end_well(self) -> modules.Result:
        self._docker("exec", self._name, "touch", "/well")
        done = modules.collect(self.process)
        assert not done.failed, done
        return done


@pytest.fixture
def replacement(docker: Docker, name: str, run: Run, run_process: RunProcess) -> Replacement:
    return Replacement(docker, name, run, run_process)


def state_of(docker: Docker, name: str) -> tuple[str, str]:
    document = docker.inspect(name)
    version = next(entry for entry in document["Config"]["Env"] if entry.startswith("VERSION="))
    return version.partition("=")[2], document["State"]["Status"]


OTHERS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "run, stopped": ("container_run", {"state": "stopped", "wait_timeout": 0.5}),
    "run, absent": ("container_run", {"state": "absent", "wait_timeout": 0.5}),
    "run, started": ("container_run", {"state": "started", "wait_timeout": 0.5}),
    "run, another": ("container_run", {**wanted("", "third"), "wait_timeout": 0.5}),
    "state, stopped": ("container_state", {"state": "stopped", "wait_timeout": 0.5}),
    "state, restarted": ("container_state", {"state": "restarted", "wait_timeout": 0.5}),
    "commit": ("container_commit", {"repository": "IMAGE", "timeout": 1}),
    "export": ("container_export", {"path": "PATH/box.tar", "timeout": 1}),
    "copy out": ("container_cp", {"src": "NAME:/etc/passwd", "dest": "PATH/", "timeout": 1}),
    "copy in": ("container_cp", {"src": "/etc/hostname", "dest": "NAME:/etc/note", "timeout": 1}),
}
# Asked in check mode too: one of each module.
FORESEEN = ("run, stopped", "state, stopped", "commit", "export", "copy in")


@pytest.mark.parametrize(("case", "check"), [*((case, False) for case in OTHERS), *((case, True) for case in FORESEEN)])
def test_another_run_says_who_is_at_it(
    docker: Docker, name: str, run: Run, replacement: Replacement, tmp_path: pathlib.Path, case: str, check: bool
) -> None:
    module, params = OTHERS[case]
    texts = {key: _filled(value, name, tmp_path) for key, value in params.items()}
    naming = {"container_cp": {}, "container_commit": {"container": name}}.get(module, {"name": name})
    before = names(docker, name)
    refused = run(module, **{**texts, **naming}, _check=check)
    assert refused.failed, refused
    said = refused["msg"]
    assert f"Another run is changing container {name} since 20" in said, refused
    assert f"process {replacement.process.pid} of " in said
    assert names(docker, name) == before
    replacement.end_well()
    assert (names(docker, name), state_of(docker, name)) == ([name], ("new", "running"))
    assert locks(docker, name) == []


def _filled(value: t.Any, name: str, folder: pathlib.Path) -> t.Any:
    if not isinstance(value, str):
        return value
    return value.replace("PATH", str(folder)).replace("IMAGE", f"{name}-image").replace("NAME", name)


def test_another_run_waits(docker: Docker, name: str, run_process: RunProcess, replacement: Replacement) -> None:
    others = [
        run_process("container_run", name=name, state="stopped"),
        run_process("container_state", name=name, state="stopped"),
    ]
    # Both wait: the lock is asked for again and again, and nothing is stopped.
    replacement.end_well()
    done = [modules.collect(other) for other in others]
    assert [result.failed for result in done] == [False, False], done
    assert sorted(result.changed for result in done) == [False, True]
    assert (names(docker, name), state_of(docker, name)) == ([name], ("new", "exited"))
    assert locks(docker, name) == []


def test_a_failed_replacement_is_undone_although_another_run_wants_the_container_stopped(
    docker: Docker, name: str, run: Run, run_process: RunProcess
) -> None:
    replacement = Replacement(docker, name, run, run_process, wait_timeout=3)
    stopped = run("container_run", name=name, state="stopped")
    failed = modules.collect(replacement.process)
    assert failed["msg"].endswith("The old one is back, as it was.")
    assert not stopped.failed, stopped
    document = docker.inspect(name)
    assert (document["Id"], document["State"]["Status"]) == (replacement.old, "exited")
    docker("start", name)
    assert docker.ok("exec", name, "test", "-e", "/written")


def test_an_unchanged_run_asks_for_no_lock(engine: str, name: str, run: Run, tmp_path: pathlib.Path) -> None:
    assert run("container_run", **wanted(name, "old")).changed
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        assert not run("container_run", **wanted(name, "old"), docker_host=proxy.host).changed
        assert not run("container_state", name=name, state="started", docker_host=proxy.host).changed
        assert not run("containers", containers=[wanted(name, "old")], docker_host=proxy.host).changed
    assert (proxy.calls, [path for path in proxy.looks if "volumes" in path]) == ([], [])


@pytest.mark.parametrize("other", ["container_run", "container_state"])
def test_the_lock_of_a_killed_run_is_taken_over(
    docker: Docker, name: str, run: Run, replacement: Replacement, other: str
) -> None:
    os.kill(replacement.process.pid, signal.SIGKILL)
    assert len(locks(docker, name)) == 1
    if other == "container_state":
        assert run("container_state", name=name, state="stopped").changed
        assert locks(docker, name) == []
    done = run("container_run", **wanted(name, "old"))
    assert not done.failed, done
    assert (names(docker, name), state_of(docker, name)) == ([name], ("old", "running"))
    assert locks(docker, name) == []


def test_many_take_over_the_same_lock(
    docker: Docker, name: str, run_process: RunProcess, replacement: Replacement
) -> None:
    """None takes away the lock of one that was quicker: all replacements come one after the other, and each is whole."""
    os.kill(replacement.process.pid, signal.SIGKILL)
    runs = [run_process("container_run", **wanted(name, str(number))) for number in range(4)]
    done = [modules.collect(process) for process in runs]
    assert [result.get("msg") for result in done if result.failed] == []
    assert all(result.changed for result in done)
    assert names(docker, name) == [name]
    assert state_of(docker, name)[1] == "running"
    assert locks(docker, name) == []


def foreign_lock(docker: Docker, name: str, lease: float) -> None:
    """A run on another host."""
    holder = {
        "token": "feed",
        "host": "elsewhere",
        "machine": "m",
        "boot": "b",
        "namespace": "pid:[1]",
        "pid": 7,
        "started": 1,
        "local": False,
        "user": "ada",
        "work": "recreate",
        "since": "2026-01-02T03:04:05Z",
        "lease": lease,
    }
    docker("volume", "create", "--label", f"stevedore.docker.lock={json.dumps(holder)}", f"{name}.stevedore-lock")


def test_a_run_on_another_host(docker: Docker, name: str, run: Run) -> None:
    foreign_lock(docker, name, 3600)
    refused = run("container_run", **wanted(name, "old"), wait_timeout=0.2)
    assert refused["failure"]["kind"] == "conflict"
    for word in ("since 2026-01-02T03:04:05Z (recreate): process 7 of ada on elsewhere", "0.2 s", "docker volume rm"):
        assert word in refused["msg"]
    docker("volume", "rm", f"{name}.stevedore-lock")
    foreign_lock(docker, name, 0)
    assert run("container_run", **wanted(name, "old")).changed
    assert locks(docker, name) == []


def test_a_volume_of_somebody_else(docker: Docker, name: str, run: Run) -> None:
    docker("volume", "create", f"{name}.stevedore-lock")
    refused = run("container_run", **wanted(name, "old"))
    assert f"Volume {name}.stevedore-lock has the name of the lock" in refused["msg"]
    assert len(locks(docker, name)) == 1


def test_a_set_under_way(docker: Docker, name: str, run: Run, replacement: Replacement) -> None:
    """The others are looked after; the one under way is named."""
    entries = [wanted(name, "third", wait_timeout=0.5), wanted(f"{name}-2", "third")]
    done = run("containers", containers=entries)
    assert done.failed
    first, second = done["containers"]
    assert (first["failure"]["kind"], second["changed"]) == ("conflict", True)
    assert f"Another run is changing container {name} since" in first["msg"]
    replacement.end_well()


def test_who_may_create_no_volumes(
    engine: str, docker: Docker, name: str, run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate before the engine that lets only the containers through: told, not failed."""

    def judge(_number: int, call: Call) -> str | None:
        return "not here" if call[1] == "/volumes/create" else None

    monkeypatch.setattr("support.proxy._refusal", lambda _text: _FORBIDDEN)
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.judge = judge
        done = run("container_run", **wanted(name, "old"), docker_host=proxy.host)
    assert done.changed
    assert "without a lock" in str(done["warnings"])


_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nno way"
