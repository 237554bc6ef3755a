# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_run: states, changes in place, and what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
import urllib.request

import pytest
from support.engine import ROOT, Docker, address, until
from support.registry import free_port

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
SLEEP: dict[str, t.Any] = {"image": IMAGE, "command": "sleep 10000", "stop_signal": "KILL"}


def kinds(result: t.Any) -> list[str]:
    return [action["action"] for action in result["actions"]]


def status(docker: Docker, name: str) -> str:
    return docker("inspect", "--format", "{{.State.Status}}", name, check=False)


# From a running container: the options, what is done, and the status then.
STATES: list[tuple[dict[str, t.Any], list[str], str]] = [
    ({"state": "stopped"}, ["stop"], "exited"),
    ({"state": "present"}, [], "exited"),
    ({"state": "started"}, ["start"], "running"),
    ({"paused": True}, ["pause"], "paused"),
    ({"state": "present"}, [], "paused"),
    ({"state": "started"}, ["unpause"], "running"),
    ({"state": "healthy"}, [], "running"),
    ({"restart": True}, ["restart"], "running"),
    ({"recreate": "always"}, ["recreate"], "running"),
    ({"paused": True, "restart": True}, ["restart", "pause"], "paused"),
    ({"state": "stopped"}, ["stop"], "exited"),
    ({"state": "absent"}, ["remove"], ""),
    ({"state": "absent"}, [], ""),
    ({"state": "present"}, ["create"], "created"),
    ({"state": "stopped"}, [], "created"),
    ({"state": "healthy"}, ["start"], "running"),
]


def test_states(docker: Docker, name: str, run: Run) -> None:
    assert kinds(run("container_run", name=name, **SLEEP)) == ["create", "start"]
    for options, expected, then in STATES:
        before = status(docker, name)
        foreseen = run("container_run", name=name, **SLEEP, **options, _check=True, _diff=True)
        assert status(docker, name) == before, options
        done = run("container_run", name=name, **SLEEP, **options, _diff=True)
        assert kinds(done) == expected, options
        assert (done["actions"], done["diff"], done.changed) == (foreseen["actions"], foreseen["diff"], bool(expected))
        assert status(docker, name) == then, options


def test_state_alone_leaves_the_options_alone(docker: Docker, name: str, run: Run) -> None:
    docker("run", "-d", "--name", name, "-e", "A=1", "--stop-signal", "KILL", IMAGE, "sleep", "10000")
    identity = docker.inspect(name)["Id"]
    for state, expected in (("stopped", ["stop"]), ("started", ["start"]), ("started", []), ("present", [])):
        assert kinds(run("container_run", name=name, state=state)) == expected
    assert docker.inspect(name)["Id"] == identity
    assert run("container_run", name=name, state="absent").changed
    failed = run("container_run", name=name, state="stopped")
    assert failed["failure"]["kind"] == "missing"


def test_in_place(docker: Docker, unique: t.Callable[..., str], run: Run) -> None:
    name, one, two = unique("box"), unique("one"), unique("two")
    for network in one, two:
        docker("network", "create", network)
    base: dict[str, t.Any] = {"name": name, **SLEEP, "networks": [{"name": one}]}
    run("container_run", **base)
    identity = docker.inspect(name)["Id"]
    steps: list[tuple[dict[str, t.Any], list[str]]] = [
        ({"memory": "64m", "restart_policy": "always"}, ["update"]),
        ({"memory": "128m", "restart_policy": "on-failure", "restart_retries": 3}, ["update"]),
        ({"memory": "128m", "networks": [{"name": one}, {"name": two, "aliases": ["db"]}]}, ["update", "networks"]),
        ({"memory": "128m", "networks": [{"name": one}, {"name": two, "aliases": ["web"]}]}, ["networks"]),
        ({"memory": "128m", "networks": [{"name": one}]}, ["networks"]),
    ]
    for options, expected in steps:
        foreseen = run("container_run", **{**base, **options}, _check=True, _diff=True)
        done = run("container_run", **{**base, **options}, _diff=True)
        assert kinds(done) == expected
        assert (done["actions"], done["diff"]) == (foreseen["actions"], foreseen["diff"])
        assert not run("container_run", **{**base, **options}).changed
        document = docker.inspect(name)
        assert (document["Id"], document["State"]["Status"]) == (identity, "running")
        wanted = sorted(network["name"] for network in {**base, **options}["networks"])
        assert sorted(document["NetworkSettings"]["Networks"]) == wanted
    assert document["HostConfig"]["Memory"] == 128 << 20
    # A limit can be changed in place, but not taken away.
    done = run("container_run", **base)
    assert done["actions"] == [{"action": "recreate", "because": ["memory"]}]


def test_network_that_cannot_be_joined(docker: Docker, unique: t.Callable[..., str], run: Run) -> None:
    name, one = unique("box"), unique("one")
    docker("network", "create", one)
    base: dict[str, t.Any] = {"name": name, **SLEEP, "network_mode": one}
    run("container_run", **base, networks=[{"name": one, "aliases": ["a"]}])
    failed = run("container_run", **base, networks=[{"name": one, "aliases": ["b"]}, {"name": unique("missing")}])
    assert failed["failure"]["kind"] == "missing"
    assert "a" in docker.inspect(name)["NetworkSettings"]["Networks"][one]["Aliases"]
    assert not run("container_run", **base, networks=[{"name": one, "aliases": ["a"]}]).changed


@pytest.mark.parametrize("named", [True, False])
def test_network_that_was_made_again(docker: Docker, unique: t.Callable[..., str], run: Run, named: bool) -> None:
    # The engine keeps the old one's id, and "docker start" finds it no more.
    name, one = unique("box"), unique("one")
    networks = {"networks": [{"name": one, "aliases": ["a"]}]} if named else {}
    base: dict[str, t.Any] = {"name": name, **SLEEP, "network_mode": one, **networks}
    docker("network", "create", one)
    identity = run("container_run", **base)["container"]["Id"]
    docker("stop", "--time", "0", name)
    docker("network", "rm", one)
    gone = run("container_run", **base)
    assert gone["failure"]["kind"] == "missing"
    assert re.match(rf"Container {name}: .*network [0-9a-f]+ not found$", gone["msg"])
    docker("network", "create", one)
    foreseen, done = run("container_run", _check=True, _diff=True, **base), run("container_run", _diff=True, **base)
    assert kinds(done) == ["networks", "start"]
    assert (done["actions"], done["diff"]) == (foreseen["actions"], foreseen["diff"])
    document = docker.inspect(name)
    assert (document["Id"], document["State"]["Status"]) == (identity, "running")
    endpoint = document["NetworkSettings"]["Networks"][one]
    assert endpoint["NetworkID"] == docker("network", "inspect", "--format", "{{.Id}}", one).strip()
    assert not named or "a" in endpoint["Aliases"]
    assert not run("container_run", **base).changed


def test_recreate_never_and_ignore_changes(docker: Docker, name: str, run: Run) -> None:
    run("container_run", name=name, **SLEEP, env={"A": "1"})
    done = run("container_run", name=name, **SLEEP, env={"A": "2"}, memory="64m", recreate="never")
    assert kinds(done) == ["update"]
    assert "differs in env, which needs a new one, and recreate is never" in str(done["warnings"])
    ignoring = {"env": {"A": "2"}, "memory": "64m", "ignore_changes": ["env"]}
    assert not run("container_run", name=name, **SLEEP, **ignoring).changed
    assert docker.inspect(name)["Config"]["Env"][0] == "A=1"


def test_what_is_taken_out_of_the_play_is_taken_out(docker: Docker, name: str, run: Run) -> None:
    docker("run", "-d", "--name", name, "-e", "A=1", "-l", "b=2", "--stop-signal", "KILL", IMAGE, "sleep", "10000")
    done = run("container_run", name=name, **SLEEP, _diff=True)
    assert done["actions"] == [{"action": "recreate", "because": ["env", "labels"]}]
    assert done["diff"] == {
        "before": {"env": {"A": "1"}, "labels": {"b": "2"}},
        "after": {"env": None, "labels": None},
    }


def test_new_one_that_cannot_start_leaves_nothing(docker: Docker, name: str, run: Run) -> None:
    failed = run("container_run", name=name, image=IMAGE, command="nonesuch")
    assert "nonesuch" in failed["msg"]
    assert status(docker, name) == ""
    assert run("container_run", name=name, image=IMAGE, command="nonesuch", rollback=False).failed
    assert status(docker, name) == "created"


REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "no image": ({"env": {"A": "1"}}, "env without image"),
    "port": ({"image": IMAGE, "ports": ["80:http"]}, "published_ports"),
    "size": ({"image": IMAGE, "memory": "much"}, "memory"),
    "name": ({"image": IMAGE, "name": "a b"}, "no container name"),
    # Spoken with as an old engine is, since newer ones take it.
    "option too new": ({"image": IMAGE, "annotations": {"a": "b"}, "api_version": "1.41"}, "annotations needs API"),
    "ignore_changes": ({"image": IMAGE, "ignore_changes": ["nonesuch"]}, "nonesuch"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_changes(
    docker: Docker, name: str, run: Run, options: dict[str, t.Any], said: str
) -> None:
    docker("run", "-d", "--name", name, IMAGE, "sleep", "10000")
    identity = docker.inspect(name)["Id"]
    failed = run("container_run", **{"name": name, **options})
    assert failed["failure"]["kind"] == "invalid"
    assert said in failed["msg"]
    assert docker.inspect(name)["Id"] == identity


def test_ad_hoc(docker: Docker, name: str) -> None:
    port, here = free_port(), address(docker.host)
    arguments = f"name={name} image={IMAGE} ports={here}:{port}:80 env=A=1,B=2 command='httpd -f -h /srv'"
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-m", "stevedore.docker.container_run"]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    for word in "CHANGED", "SUCCESS":
        done = subprocess.run([*command, "-a", arguments], check=False, capture_output=True, text=True, env=environment)
        assert f"localhost | {word}" in done.stdout, done.stdout + done.stderr
    document = docker.inspect(name)
    assert document["Config"]["Cmd"] == ["httpd", "-f", "-h", "/srv"]
    assert {"A=1", "B=2"} <= set(document["Config"]["Env"])

    def page() -> str:
        try:
            with urllib.request.urlopen(f"http://{here}:{port}/") as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    assert until(page) == "hello from stevedore\n"
