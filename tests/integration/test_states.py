# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every verb on containers in every state, and on some that vanish under it: an answer or advice, never a traceback."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t
import uuid

import pytest
from support import modules, proxy
from support.engine import Docker, until

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"
STATES = ("created", "exited", "paused", "restarting", "dead")
CREATE = ("--interactive", "--publish", "127.0.0.1::80", IMAGE)
SAYS = "echo said; cp /etc/passwd /kept; "
Boxes = t.Dict[str, str]


def bring(docker: Docker, state: str, name: str) -> None:
    if state in ("created", "dead"):
        docker("create", "--name", name, *CREATE, "sleep", "1000")
        docker("cp", "/etc/hostname", f"{name}:/kept")
        return
    script = SAYS + {"exited": "exit 3", "paused": "exec sleep 1000", "restarting": "exit 1"}[state]
    policy = ("--restart", "always") if state == "restarting" else ()
    docker("run", "--detach", "--name", name, *policy, *CREATE, "sh", "-c", script)
    if state == "exited":
        docker("wait", name)
    elif state == "paused":
        until(lambda: docker.ok("exec", name, "test", "-e", "/kept"), "the process")
        docker("pause", name)
    else:
        # The engine waits twice as long each time.
        until(
            lambda: docker.inspect(name)["RestartCount"] > 5 and docker.inspect(name)["State"]["Restarting"], "restarts"
        )


def pin(docker: Docker, name: str) -> pathlib.Path:
    """A file among the engine's own that it cannot delete: that is how containers come to be dead."""
    identity = docker.inspect(name)["Id"]
    path = pathlib.Path(docker("info", "--format", "{{.DockerRootDir}}"), "containers", identity, "pinned")
    try:
        path.touch()
        subprocess.run(["chattr", "+i", str(path)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no container can be made dead without the engine's own folder: {error}")
    return path


def unpin(path: pathlib.Path) -> None:
    subprocess.run(["chattr", "-i", str(path)], check=True)


@pytest.fixture(scope="module")
def boxes(docker: Docker) -> t.Iterator[Boxes]:
    """One container for each state but dead, for the whole file."""
    mark = f"stvstates-{uuid.uuid4().hex[:8]}"
    names = {state: f"{mark}-{state}" for state in STATES if state != "dead"}
    for state, name in names.items():
        bring(docker, state, name)
    yield names
    docker.remove_all(mark)


@pytest.fixture(scope="module")
def dead(docker: Docker) -> t.Iterator[str]:
    name = f"stvstates-{uuid.uuid4().hex[:8]}-dead"
    bring(docker, "dead", name)
    pinned = pin(docker, name)
    docker("rm", "--force", name, check=False)
    assert docker.inspect(name)["State"]["Dead"]
    yield name
    unpin(pinned)
    docker("rm", "--force", name)


START, UNPAUSE, DYING, REMOVE = "start it first", "unpause it first", "it keeps dying", "remove it"
NOT_RUNNING = {"created": START, "exited": START, "paused": UNPAUSE, "restarting": DYING, "dead": REMOVE}
# What is asked, and in which states it is refused with which advice; in all others it is done.
CASES: dict[str, tuple[str, dict[str, t.Any], dict[str, str]]] = {
    "exec": ("container_exec", {"argv": ["true"]}, NOT_RUNNING),
    "attach": ("container_attach", {"idle": 0.3}, NOT_RUNNING),
    "send": ("container_attach", {"send": ["hello"], "idle": 0.3}, NOT_RUNNING),
    "logs": ("container_logs", {}, {"dead": REMOVE}),
    "wait for a line": ("container_logs", {"until_match": "said"}, {"dead": REMOVE, "created": "without"}),
    "stats": ("container_stats", {"interval": 0.1}, {}),
    "top": ("container_top", {}, {}),
    "port": ("container_port", {}, {}),
    "isolation": ("container_isolation", {"size": True}, {}),
    "diff": ("container_diff", {}, {"dead": REMOVE}),
    "commit": ("container_commit", {"repository": "stvstates"}, {"dead": REMOVE}),
    "export": ("container_export", {"path": "/tmp/stvstates.tar"}, {"dead": REMOVE}),
    "start": ("container_state", {"state": "started"}, {"dead": REMOVE}),
    "restart": ("container_state", {"state": "restarted"}, {"dead": REMOVE}),
    "pause": (
        "container_state",
        {"state": "paused"},
        {"dead": REMOVE, "created": START, "exited": START, "restarting": DYING},
    ),
    "stop": ("container_state", {"state": "stopped"}, {}),
    "kill": ("container_state", {"state": "killed"}, {}),
    "unpause": ("container_state", {"state": "unpaused"}, {}),
}


@pytest.fixture
def box(request: pytest.FixtureRequest, state: str) -> str:
    """A container in this state."""
    if state == "dead":
        return str(request.getfixturevalue("dead"))
    name = str(request.getfixturevalue("boxes")[state])
    if state == "restarting":  # it runs for a moment now and then
        docker = request.getfixturevalue("docker")
        until(lambda: docker("inspect", "--format", "{{.State.Status}}", name) == "restarting", "its death")
    return name


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", CASES)
def test_done_or_refused_with_advice(docker: Docker, run: Run, box: str, state: str, case: str) -> None:
    module, params, refused = CASES[case]
    # They are changed, committed and exported for real in other files.
    check = module in ("container_commit", "container_export", "container_state")
    for _try in range(3):
        before = docker.inspect(box)["RestartCount"]
        result = run(module, name=box, _check=check, **params)
        if docker.inspect(box)["RestartCount"] == before:
            break  # else it ran for a moment meanwhile
    assert result.failed is (state in refused), result
    if result.failed:
        assert box in result.msg
        assert refused[state] in result.msg
        assert (result.changed, result.failure["object"]) == (False, f"container {box}")
    else:
        assert result.get("containers", [{"name": box}])[0]["name"] == box


@pytest.mark.parametrize("state", STATES)
def test_what_the_cli_says_too(docker: Docker, run: Run, box: str, state: str) -> None:
    alive = state == "paused"
    assert run("container_port", name=box).container["lines"] == docker("port", box).splitlines()
    assert len(run("container_top", name=box).container["processes"]) == alive
    for module in ("container_port", "container_stats", "container_top"):
        assert run(module, name=box).container["running"] is alive
    if state not in ("dead", "restarting"):
        assert run("container_logs", name=box).stdout == docker("logs", box) + ("\n" if docker("logs", box) else "")
    assert docker.ok("inspect", box)


@pytest.mark.parametrize("state", STATES)
def test_copy_both_ways(docker: Docker, run: Run, box: str, state: str, tmp_path: pathlib.Path) -> None:
    out, into = tmp_path / "out", tmp_path / "into"
    into.write_text(state)
    results = [
        run("container_cp", src=f"{box}:/kept", dest=str(out)),
        run("container_cp", src=str(into), dest=f"{box}:/into"),
    ]
    if state == "dead":
        for result in results:
            assert (result.failed, result.failure["object"]) == (True, f"container {box}")
            assert REMOVE in result.msg
        assert not out.exists()
        return
    assert [result.changed for result in results] == [True, True]
    docker("cp", f"{box}:/kept", str(tmp_path / "kept"))
    docker("cp", f"{box}:/into", str(tmp_path / "back"))
    assert out.read_bytes() == (tmp_path / "kept").read_bytes()
    assert (tmp_path / "back").read_text() == state


def test_a_dead_one_is_removed_once_the_engine_can(docker: Docker, run: Run, name: str) -> None:
    bring(docker, "dead", name)
    pinned = pin(docker, name)
    try:
        docker("rm", "--force", name, check=False)
        failed = run("container_run", name=name, state="absent")
        assert (failed.failed, failed.failure["object"]) == (True, f"container {name}")
        replaced = run("container_run", name=name, image=IMAGE, command="sleep 1000")
        assert replaced.failed
        assert "is replaced and in order" in replaced.msg
        assert docker("inspect", "--format", "{{.State.Status}}", name) == "running"
    finally:
        unpin(pinned)
    finished = run("container_run", name=name, image=IMAGE, command="sleep 1000")
    assert finished.actions == [{"action": "recover", "how": "finished"}]
    assert docker("ps", "--all", "--filter", f"name={name}", "--format", "{{.Names}}") == name


class Vanishing(proxy.Proxy):
    """Takes the container away before it hands on the call of this number about containers (from 1)."""

    def __init__(self, folder: pathlib.Path, docker: Docker, name: str, number: int) -> None:
        super().__init__(folder, docker.host.partition("://")[2])
        self._take_away = lambda: docker("rm", "--force", name)
        self._left = number

    def _verdict(self, head: bytes) -> str | None:
        if b"/containers/" in head.partition(b"\r\n")[0]:
            self._left -= 1
            if not self._left:
                self._take_away()
        return super()._verdict(head)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("case", [*CASES, "copy out", "copy in"])
def test_gone_between_two_calls(
    docker: Docker, run_process: RunProcess, name: str, case: str, number: int, tmp_path: pathlib.Path
) -> None:
    bring(docker, "exited" if case in ("start", "wait for a line") else "paused", name)
    if case not in ("stats", "unpause", "start", "wait for a line"):
        docker("unpause", name)
    copies = {
        "copy out": ("container_cp", {"src": f"{name}:/kept", "dest": str(tmp_path / "kept")}, {}),
        "copy in": ("container_cp", {"src": "/etc/hostname", "dest": f"{name}:/into"}, {}),
    }
    module, params, _refused = {**CASES, **copies}[case]
    own = {"commit": {"repository": name}, "export": {"path": str(tmp_path / "archive.tar")}}.get(case, {})
    params = params if case in copies else {"name": name, **params, **own}
    with Vanishing(tmp_path, docker, name, number) as gone:
        result = modules.collect(run_process(module, docker_host=gone.host, **params), timeout=60)
    if result.failed:
        assert result.failure["kind"] in ("missing", "conflict"), result
        assert name in result.msg
    assert not any("Traceback" in str(value) for value in result.values())
    assert not (tmp_path / "kept").exists() or (tmp_path / "kept").read_bytes()
    assert (tmp_path / "archive.tar").exists() is (case == "export" and not result.failed)
