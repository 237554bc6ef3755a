# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine goes down in the middle of a replacement: the run and the engine die, and the engine comes back."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import typing as t

import pytest
from support import modules
from support.engine import Docker
from support.private_engine import PrivateEngine, private_engine
from support.proxy import Call, Proxy

if t.TYPE_CHECKING:
    from conftest import Run

BUSYBOX = "stevedore/busybox:1"

# Before which call the machine goes down, and what of the replacement the engine then starts by itself. Old: the one that
# was there, under whatever name.
STEPS = {
    "lock": "old",
    "create": "old",
    "rename the old one": "old",
    "rename the new one": "old",
    "retire": "old",
    "stop": None,
    "start": None,
    "remove": "new",
    "unlock": "new",
}


@pytest.fixture(scope="module")
def doomed(docker: Docker) -> t.Iterator[PrivateEngine]:
    if os.geteuid():
        pytest.skip("needs root to start an engine")
    with private_engine() as engine:
        engine.load(docker, BUSYBOX)
        yield engine


def wanted(doomed: PrivateEngine, name: str, version: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "docker_host": doomed.host,
        "name": name,
        "image": BUSYBOX,
        "command": ["sleep", "10000"],
        "env": {"VERSION": version},
        "network_mode": "none",
        "restart_policy": "always",
        "stop_signal": "KILL",
        **more,
    }


class Box:
    """A container of the engine and all that a replacement makes of it."""

    def __init__(self, doomed: PrivateEngine, name: str, run: Run) -> None:
        assert run("container_run", **wanted(doomed, name, "old")).changed
        self._docker = doomed.docker
        self.name = name
        self.old = self.document()["Id"]
        self._docker("exec", name, "touch", "/written")

    def document(self) -> t.Any:
        return self._docker.inspect(self.name)

    def names(self) -> list[str]:
        return self._docker("ps", "-a", "--filter", f"name={self.name}", "--format", "{{.Names}}").split()

    def running(self) -> list[str]:
        """Those that run: old or new."""
        listing = self._docker("ps", "--no-trunc", "--filter", f"name={self.name}", "--format", "{{.ID}}")
        return ["old" if identity == self.old else "new" for identity in listing.split()]

    def is_as_before(self) -> bool:
        document = self.document()
        policy = document["HostConfig"]["RestartPolicy"]["Name"]
        kept = self._docker.ok("exec", self.name, "test", "-e", "/written")
        return self.names() == [self.name] and document["Id"] == self.old and policy == "always" and kept


def go_down(doomed: PrivateEngine, folder: pathlib.Path, options: dict[str, t.Any], step: str) -> None:
    """Run the replacement, kill it and the engine before the step's call, and start the engine again."""
    process: subprocess.Popen[str] | None = None

    def judge(number: int, _call: Call) -> str | None:
        if number <= list(STEPS).index(step):
            return None
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        return ""

    with Proxy(folder, doomed.host.removeprefix("unix://")) as proxy:
        proxy.judge = judge
        process = modules.spawn("container_run", {**options, "docker_host": proxy.host})
        with process:
            assert process.wait(120) == -signal.SIGKILL
    doomed.kill()
    doomed.start()


@pytest.mark.parametrize("step", STEPS)
def test_the_machine_goes_down(doomed: PrivateEngine, name: str, run: Run, tmp_path: pathlib.Path, step: str) -> None:
    box = Box(doomed, name, run)
    new = wanted(doomed, name, "new")
    go_down(doomed, tmp_path, new, step)
    assert box.running() == ([STEPS[step]] if STEPS[step] else [])

    # The play goes back: what can be undone is undone.
    done = run("container_run", **wanted(doomed, name, "old"))
    assert not done.failed, done
    if STEPS[step] != "new":
        assert box.is_as_before()
    # And forward again.
    for changes in True, False:
        assert run("container_run", **new).changed is changes
        assert box.names() == [name]
        document = box.document()
        assert "VERSION=new" in document["Config"]["Env"]
        assert (document["State"]["Status"], document["HostConfig"]["RestartPolicy"]["Name"]) == ("running", "always")


def test_a_new_one_that_came_up_by_itself_is_proven_first(
    doomed: PrivateEngine, name: str, run: Run, tmp_path: pathlib.Path
) -> None:
    box = Box(doomed, name, run)
    once = ["sh", "-c", "test -e /once && sleep 0.2 && exit 1; touch /once; sleep 10000"]
    bad = wanted(doomed, name, "new", command=once)
    go_down(doomed, tmp_path, bad, "remove")
    done = run("container_run", **wanted(doomed, name, "old"))
    assert done["actions"] == [{"action": "recover", "how": "undone"}]
    assert box.is_as_before()


@pytest.mark.parametrize("rollback", [True, False])
def test_the_engine_goes_down_while_the_new_one_is_watched(
    doomed: PrivateEngine, name: str, run: Run, tmp_path: pathlib.Path, rollback: bool
) -> None:
    """The run lives on, can do nothing, and says so; the next one puts it right."""
    box = Box(doomed, name, run)
    ill = {"test": ["CMD", "test", "-e", "/never"], "interval": "1s", "retries": 1000}
    bad = wanted(doomed, name, "new", healthcheck=ill, state="healthy", rollback=rollback)
    with Proxy(tmp_path, doomed.host.removeprefix("unix://")) as proxy:

        def die(number: int, _call: Call) -> None:
            if number == list(STEPS).index("start") + 1:
                proxy.on_answer = lambda piece: doomed.kill() if b'"Status":"starting"' in piece else None

        proxy.judge = die
        failed = run("container_run", **{**bad, "docker_host": proxy.host})
    assert failed["failure"]["object"] == f"container {name}"
    assert "is back" not in failed["msg"]
    doomed.start()
    assert box.running() == ["new"]
    done = run("container_run", **{**bad, "wait_timeout": 3})
    assert "The old one is back, as it was." in done["msg"] or not rollback, done
    done = run("container_run", **wanted(doomed, name, "old"))
    assert not done.failed, done
    assert box.is_as_before()
