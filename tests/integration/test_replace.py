# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replacement of a container: killed or refused at every step, and whatever else can go wrong with the new one."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import typing as t
import uuid

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._run.options import OWN
from support import modules
from support.engine import Docker
from support.proxy import Call, Proxy

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
APP = "stevedore/app:1"

# The calls of a replacement with two networks, and the last word of each. From API 1.44 on there is none to connect the
# second one, unless a newer engine is spoken with as an old one is.
STEPS = {
    "lock": "create",
    "create": "create",
    "connect": "connect",
    "rename the old one": "rename",
    "rename the new one": "rename",
    "retire": "update",
    "stop": "stop",
    "start": "start",
    "remove": "DELETE",
    "unlock": "DELETE",
}
OLD_API = {"api_version": "1.43"}


@dataclasses.dataclass(frozen=True)
class Stage:
    """An old container with everything that may get lost, and the options of the one to replace it."""

    docker: Docker
    name: str
    options: dict[str, t.Any]
    api: tuple[int, int]

    @property
    def steps(self) -> tuple[str, ...]:
        """Those of this engine."""
        return tuple(step for step in STEPS if step != "connect" or self.api < (1, 44))

    def number(self, step: str) -> int:
        """Of the step's call, from 1, when the module is given :meth:`spoken`."""
        return (self.steps if step in self.steps else tuple(STEPS)).index(step) + 1

    def spoken(self, step: str) -> dict[str, str]:
        """How to speak with this engine to have such a step."""
        return {} if step in self.steps else OLD_API

    @property
    def changed(self) -> dict[str, t.Any]:
        return {**self.options, "env": {"VERSION": "new"}}

    def ids(self) -> dict[str, str]:
        """The names of all containers of this stage, and their ids."""
        lines = self.docker("ps", "-a", "--no-trunc", "--filter", f"name={self.name}", "--format", "{{.Names}} {{.ID}}")
        return dict(line.split() for line in lines.splitlines())

    def state(self) -> dict[str, t.Any]:
        """What must not change when a replacement is undone."""
        document = self.docker.inspect(self.name)
        return {
            "id": document["Id"],
            "status": document["State"]["Status"],
            "restart policy": document["HostConfig"]["RestartPolicy"],
            "networks": sorted(document["NetworkSettings"]["Networks"]),
            "volumes": {mount["Destination"]: mount["Name"] for mount in document["Mounts"]},
        }

    def version(self) -> str:
        return self.docker("exec", self.name, "sh", "-c", "echo $VERSION; cat /keep/note")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def networks(docker: Docker) -> t.Iterator[list[str]]:
    names = [f"stv{uuid.uuid4().hex[:8]}-{number}" for number in ("one", "two")]
    for network in names:
        docker("network", "create", network)
    yield names
    docker("network", "rm", *names)


@pytest.fixture
def stage(docker: Docker, unique: t.Callable[..., str], networks: list[str], api: tuple[int, int]) -> Stage:
    options = {
        "name": unique("box"),
        "image": IMAGE,
        "command": ["sh", "-c", "sleep 10000"],
        "env": {"VERSION": "old"},
        "stop_signal": "KILL",
        "restart_policy": "unless-stopped",
        "volumes": ["/keep"],
        "networks": [{"name": network} for network in networks],
        "published_ports": [f"127.0.0.1:{free_port()}:80"],
    }
    assert modules.call("container_run", options).changed
    docker("exec", options["name"], "sh", "-c", "echo note >/keep/note")
    return Stage(docker, options["name"], options, api)


@pytest.fixture
def proxy(engine: str, tmp_path: pathlib.Path) -> t.Iterator[Proxy]:
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        yield proxy


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new containers of these tests work: no need to watch them for a whole second."""
    monkeypatch.setitem(OWN.options["stable_for"], "default", "100ms")


def killed_before(proxy: Proxy, stage: Stage, step: str) -> None:
    """Run the replacement in a process of its own and kill it before a step's call reaches the engine."""
    process: subprocess.Popen[str] | None = None

    def judge(number: int, call: Call) -> str | None:
        if number < stage.number(step):
            return None
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        return ""

    proxy.judge = judge
    process = modules.spawn("container_run", {**stage.changed, **stage.spoken(step), "docker_host": proxy.host})
    with process:
        assert process.wait(30) == -signal.SIGKILL


@pytest.mark.usefixtures("brisk")
def test_steps(proxy: Proxy, stage: Stage, run: Run) -> None:
    """The list of steps that the tests below go through is the real one."""
    assert run("container_run", **stage.changed, docker_host=proxy.host).changed
    made = [method if method == "DELETE" else path.split("/")[-1] for method, path in proxy.calls]
    assert made == [STEPS[step] for step in stage.steps]
    assert stage.version() == "new\nnote"


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("step", STEPS)
def test_killed_run_is_settled_by_the_next(proxy: Proxy, stage: Stage, run: Run, step: str) -> None:
    before = stage.state()
    killed_before(proxy, stage, step)
    left = stage.ids()

    foreseen = run("container_run", **stage.changed, _check=True, _diff=True)
    assert stage.ids() == left, "check mode changes nothing"

    done = run("container_run", **stage.changed, _diff=True)
    assert (done["actions"], done["diff"]) == (foreseen["actions"], foreseen["diff"])
    settled = {"lock": [], "create": [], "remove": ["finished"], "unlock": []}.get(step, ["undone"])
    assert [action["how"] for action in done["actions"] if action["action"] == "recover"] == settled
    assert stage.version() == "new\nnote"
    assert {**stage.state(), "id": None} == {**before, "id": None}
    assert list(stage.ids()) == [stage.name]
    assert not run("container_run", **stage.changed).changed


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("step", ["rename the new one", "start"])
def test_killed_run_is_undone_when_the_play_is_reverted(proxy: Proxy, stage: Stage, run: Run, step: str) -> None:
    before = stage.state()
    killed_before(proxy, stage, step)
    done = run("container_run", **stage.options)
    assert done["actions"] == [{"action": "recover", "how": "undone"}]
    assert stage.state() == before
    assert stage.version() == "old\nnote"
    assert list(stage.ids()) == [stage.name]


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("lock", "remove", "unlock")])
def test_refused_step_gives_the_old_one_back(proxy: Proxy, stage: Stage, run: Run, step: str) -> None:
    before = stage.state()
    proxy.judge = lambda number, _call: "refused by the test" if number == stage.number(step) else None
    failed = run("container_run", **stage.changed, **stage.spoken(step), docker_host=proxy.host)
    assert failed.failed
    assert "refused by the test" in failed["msg"]
    assert failed["msg"].endswith("The old one is back, as it was.")
    assert failed["rolled_back"] is True
    assert failed["failure"]["kind"] == "failed"
    assert stage.state() == before
    assert list(stage.ids()) == [stage.name]
    assert stage.version() == "old\nnote"


@pytest.mark.usefixtures("brisk")
def test_taken_name_is_not_ours(proxy: Proxy, stage: Stage, run: Run) -> None:
    """Somebody gave the name away after a run was killed: nothing of theirs is removed."""
    killed_before(proxy, stage, "rename the new one")
    stage.docker("run", "-d", "--name", stage.name, IMAGE, "sleep", "10000")
    left = stage.ids()
    failed = run("container_run", **stage.changed)
    assert failed["failure"]["kind"] == "conflict"
    assert ".stevedore-old-" in failed["msg"]
    assert stage.ids() == left


@dataclasses.dataclass(frozen=True)
class Bad:
    """A new container that does not work, and what the message must say of it."""

    options: dict[str, t.Any]
    said: tuple[str, ...]


BAD = {
    "dies": Bad({"command": ["sh", "-c", "echo out; echo why >&2; exit 3"]}, ("exit code 3", "out", "why")),
    "no such program": Bad({"command": ["nonesuch"]}, ("nonesuch",)),
    "removes itself": Bad({"command": ["false"], "auto_remove": True}, ("auto_remove",)),
    "restarts": Bad({"command": ["false"], "restart_policy": "always"}, ("exit code 1",)),
    "unhealthy": Bad(
        {
            "state": "healthy",
            "healthcheck": {"test": ["CMD-SHELL", "echo ill; exit 1"], "interval": "1s", "retries": 1},
        },
        ("unhealthy", "ill"),
    ),
    "never healthy": Bad(
        {"state": "healthy", "wait_timeout": 1, "healthcheck": {"test": ["CMD", "true"], "interval": "1h"}},
        ("wait_timeout", "starting"),
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_new_one_that_does_not_work(stage: Stage, run: Run, bad: Bad) -> None:
    before = stage.state()
    failed = run("container_run", **{**stage.options, "restart_policy": "no", **bad.options})
    assert failed["rolled_back"] is True, failed
    for word in (*bad.said, "The old one is back"):
        assert word in failed["msg"]
    assert stage.state() == before
    assert list(stage.ids()) == [stage.name]
    assert stage.version() == "old\nnote"


def test_rollback_false_keeps_both(stage: Stage, run: Run) -> None:
    before = stage.state()
    options = {**stage.options, "command": ["false"], "rollback": False}
    failed = run("container_run", **options)
    assert "rolled_back" not in failed
    assert len(stage.ids()) == 2
    assert stage.docker.inspect(stage.name)["Config"]["Cmd"] == ["false"]
    retired = stage.docker.inspect(next(other for other in stage.ids() if other != stage.name))
    assert (retired["HostConfig"]["RestartPolicy"]["Name"], retired["State"]["Running"]) == ("no", False)
    done = run("container_run", **stage.options)
    assert done["actions"] == [{"action": "recover", "how": "undone"}]
    assert stage.state() == before


@pytest.mark.parametrize("status", ["paused", "exited"])
def test_state_of_the_old_one_comes_back(stage: Stage, run: Run, status: str) -> None:
    stage.docker({"paused": "pause", "exited": "stop"}[status], stage.name)
    before = stage.state()
    assert before["status"] == status
    assert run("container_run", **{**stage.options, "command": ["false"]}).failed
    assert stage.state() == before


@pytest.mark.usefixtures("brisk")
def test_present_keeps_the_running_state(stage: Stage, run: Run) -> None:
    stage.docker("pause", stage.name)
    assert run("container_run", **stage.changed, state="present").changed
    assert stage.state()["status"] == "paused"
    stage.docker("unpause", stage.name)
    stage.docker("stop", stage.name)
    assert run("container_run", **stage.options, state="present").changed
    assert stage.state()["status"] == "created"


def test_rollback_false_is_about_the_new_one_in_its_place(proxy: Proxy, stage: Stage, run: Run) -> None:
    """What fails before is undone: there is nothing to look at, and no old one beside it."""
    before = stage.state()
    proxy.judge = lambda number, _call: "refused by the test" if number == stage.number("create") else None
    options = {**stage.changed, "rollback": False}
    failed = run("container_run", **options, docker_host=proxy.host)
    assert failed["msg"].endswith("The old one is back, as it was.")
    assert stage.state() == before
    assert list(stage.ids()) == [stage.name]


@pytest.mark.parametrize("step", ["rename the new one", "start", "remove"])
@pytest.mark.parametrize("state", ["absent", "stopped"])
def test_what_is_not_wanted_is_not_started_first(
    proxy: Proxy, stage: Stage, run: Run, step: str, state: str, brisk: None
) -> None:
    before = stage.state()
    killed_before(proxy, stage, step)
    started_before = stage.docker.inspect(before["id"])["State"]["StartedAt"]
    foreseen = run("container_run", name=stage.name, state=state, _check=True, _diff=True)
    proxy.judge = lambda _number, _call: None
    proxy.calls.clear()
    done = run("container_run", name=stage.name, state=state, _diff=True, docker_host=proxy.host)
    assert (done["actions"], done["diff"]) == (foreseen["actions"], foreseen["diff"])
    assert [path for _method, path in proxy.calls if path.endswith("/start")] == []
    if state == "absent":
        assert stage.ids() == {}
    else:
        assert list(stage.ids()) == [stage.name]
        assert stage.state()["status"] == "exited"
        assert stage.state()["restart policy"] == before["restart policy"]
        if step != "remove":
            assert stage.docker.inspect(stage.name)["State"]["StartedAt"] == started_before
            assert stage.state()["id"] == before["id"]
    assert not run("container_run", name=stage.name, state=state).changed


@pytest.mark.usefixtures("brisk")
def test_an_old_one_that_somebody_removed_is_not_said_to_be_back(proxy: Proxy, stage: Stage, run: Run) -> None:
    def judge(number: int, _call: Call) -> str | None:
        if number != stage.number("start"):
            return None
        stage.docker("rm", "-f", next(other for other in stage.ids() if other != stage.name))
        return "refused by the test"

    proxy.judge = judge
    failed = run("container_run", **stage.changed, docker_host=proxy.host)
    assert "cannot be brought back; the new one stays as it is" in failed["msg"]
    assert "rolled_back" not in failed
    assert list(stage.ids()) == [stage.name]
    assert "VERSION=new" in stage.docker.inspect(stage.name)["Config"]["Env"]


def test_self_removing_old_one_is_made_again(docker: Docker, name: str, run: Run) -> None:
    docker("run", "-d", "--rm", "--name", name, "--stop-signal", "KILL", "-v", "/keep", IMAGE, "sleep", "10000")
    docker("exec", name, "sh", "-c", "echo note >/keep/note")
    failed = run("container_run", name=name, image=IMAGE, command=["false"], volumes=["/keep"])
    assert failed["rolled_back"] is True
    assert "made anew: what it had written outside of its volumes is lost" in failed["msg"]
    document = docker.inspect(name)
    assert (document["State"]["Status"], document["HostConfig"]["AutoRemove"]) == ("running", True)
    assert docker("exec", name, "cat", "/keep/note") == "note"


@pytest.mark.usefixtures("brisk")
def test_anonymous_volumes_survive_and_are_no_drift(docker: Docker, name: str, run: Run) -> None:
    """Those of the image (``VOLUME /var/lib/data``), of ``volumes`` and of ``mounts``, through two generations."""
    places = ("/var/lib/data", "/listed", "/mounted")
    options: dict[str, t.Any] = {
        "name": name,
        "image": APP,
        "user": "root",
        "stop_signal": "KILL",
        "volumes": ["/listed"],
        "mounts": [{"type": "volume", "target": "/mounted"}],
    }
    run("container_run", **options)
    for place in places:
        docker("exec", name, "sh", "-c", f"echo {place} >{place}/note")
    for version in "1", "2":
        done = run("container_run", **options, env={"VERSION": version})
        assert done["actions"] == [{"action": "recreate", "because": ["env"]}]
        assert [docker("exec", name, "cat", f"{place}/note") for place in places] == list(places)
        assert not run("container_run", **options, env={"VERSION": version}).changed
    volumes = [mount["Name"] for mount in docker.inspect(name)["Mounts"]]
    assert run("container_run", **options, keep_volumes=False).changed
    assert not any(docker.ok("exec", name, "cat", f"{place}/note") for place in places)
    assert not any(docker.ok("volume", "inspect", volume) for volume in volumes)
    volumes = [mount["Name"] for mount in docker.inspect(name)["Mounts"]]
    assert run("container_run", name=name, state="absent").changed
    assert docker("volume", "rm", *volumes).split() == volumes
