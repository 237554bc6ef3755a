# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody's odd container, or a broken one, is no reason to be silent about the others."""

from __future__ import annotations

import pathlib
import threading
import typing as t

import pytest
from support.boxes import Boxes
from support.damage import damaged
from support.engine import Docker
from support.foreign import Builder
from support.proxy import Proxy

from .conftest import Run

Json = t.Dict[str, t.Any]
Unique = t.Callable[..., str]
IMAGE = "stevedore/busybox:1"
# The modules that only look, and what they cannot do without.
READERS: dict[str, Json] = {
    "container_diff": {},
    "container_inspect": {},
    "container_isolation": {},
    "container_logfile": {},
    "container_logs": {},
    "container_port": {},
    "container_stats": {"all": True, "interval": 0},
    "container_top": {},
}
# What the engine takes through its API, whatever sends it.
BODIES: dict[str, Json] = {
    "host port 0": {"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "0"}]}}},
    "ranges as one port": {
        "ExposedPorts": {"90-91/tcp": {}},
        "HostConfig": {"PortBindings": {"70-71/udp": [{"HostPort": ""}]}},
    },
    "ports without a number": {
        "ExposedPorts": {"http": {}},
        "HostConfig": {"PortBindings": {"web/tcp": [{"HostPort": "x"}]}},
    },
    "names of the environment": {"Env": ["=x", "", "A B=1", "C", "C=1", "C=2"]},
    "nulls": {"Labels": None, "Volumes": None, "HostConfig": {"Ulimits": None, "PortBindings": {"80/tcp": None}}},
    "a healthcheck of nothing": {"Healthcheck": {"Test": [""], "Interval": 1_000_001}},
    "odd words": {"StopSignal": "SIGNOTHING", "HostConfig": {"SecurityOpt": ["label=disable"], "ExtraHosts": ["a:b"]}},
    "an odd device": {"HostConfig": {"Devices": [{"PathOnHost": "", "PathInContainer": "/dev/x"}], "CapAdd": [""]}},
    "numbers": {"HostConfig": {"NanoCpus": 1, "ShmSize": 1, "PidsLimit": -7, "OomScoreAdj": 0}},
    "odd mounts": {"HostConfig": {"Tmpfs": {"/a/": ",,", "/b": "size=1m,,"}, "Binds": ["/srv:/c:"]}},
}


@pytest.fixture(scope="module")
def builder(docker: Docker) -> Builder:
    return Builder(docker)


def rows(result: t.Any) -> dict[str, Json]:
    assert not result.failed, result
    return {row["name"]: row for row in result.containers}


def made(docker: Docker, name: str, label: str, body: Json) -> bool:
    daemon = Boxes(docker.host).daemon
    whole = {"Image": IMAGE, "Cmd": ["sleep", "9"], **body, "Labels": {"set": label, **(body.get("Labels") or {})}}
    response = daemon._send("POST", "/containers/create", None, None, params={"name": name}, json=whole)
    return bool(response.status_code == 201)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_odd_containers_are_read(docker: Docker, run: Run, unique: Unique, body: Json) -> None:
    docker("create", "--name", unique("plain"), "--label", f"set={unique()}", "-p", "80", IMAGE, "true")
    if not made(docker, unique("odd"), unique(), body):
        return  # nobody can have such a container on this engine
    for module, params in READERS.items():
        assert rows(run(module, filters={"label": f"set={unique()}"}, **params)).keys() == {
            unique("odd"),
            unique("plain"),
        }, module
    odd = rows(run("container_inspect", filters={"label": f"set={unique()}"}))[unique("odd")]
    assert odd["inspect"] == docker.inspect(unique("odd"))
    again = run("container_run", **odd["run_options"], state="present", _check=True, _diff=True)
    assert not again.failed
    # What no option can say is left out, said, and all that differs.
    assert {action["action"] for action in again.actions} <= {"recreate"}
    assert set(again.actions[0]["because"] if again.actions else []) == set(odd["unreadable"])


def test_what_no_option_can_say_is_shown_raw(docker: Docker, run: Run, unique: Unique) -> None:
    """The engine keeps it, and nothing ever runs it."""
    check = {"Test": ["true"], "Retries": 3}
    assert made(docker, unique("odd"), unique(), {"Healthcheck": check})
    docker("create", "--name", unique("plain"), IMAGE, "true")
    result = run("container_inspect", name=[unique("odd"), unique("plain")])
    odd, plain = result.containers
    assert {key: odd["unreadable"]["healthcheck"][key] for key in check} == check
    assert "healthcheck" not in odd["run_options"]
    assert plain["unreadable"] == {}
    (warning,) = result["warnings"]
    assert unique("odd") in str(warning)
    assert "healthcheck" in str(warning)


def test_ports_of_all(docker: Docker, run: Run, unique: Unique, builder: Builder) -> None:
    """With no name at all, as a fact gathering of a whole host does."""
    builder.load(unique() + ":ranges", {"Cmd": ["sleep", "99"], "ExposedPorts": {"33060-33061/tcp": {}}})
    docker("run", "-d", "--name", unique("ranges"), unique() + ":ranges")
    docker("run", "-d", "--name", unique("zero"), "-p", "0:80", IMAGE, "sleep", "99")
    ports = rows(run("container_port"))
    assert ports[unique("zero")]["lines"] == docker("port", unique("zero")).splitlines()
    # 20.10 makes it 0/tcp.
    assert set(ports[unique("ranges")]["addresses"]) == set(
        docker.inspect(unique("ranges"))["NetworkSettings"]["Ports"]
    )
    options = rows(run("container_inspect"))
    assert options[unique("zero")]["run_options"]["published_ports"] == ["80"]
    assert not run("container_run", **options[unique("zero")]["run_options"]).changed
    isolated = rows(run("container_isolation", filters={"name": unique()}))
    assert "80/tcp" in isolated[unique("zero")]["published_everywhere"][0]


@pytest.mark.parametrize("module", READERS)
def test_a_broken_container(docker: Docker, run: Run, unique: Unique, tmp_path: pathlib.Path, module: str) -> None:
    for suffix in ("a", "b", "c"):
        docker("create", "--name", unique(suffix), "--label", f"set={unique()}", IMAGE, "true")
    others = {unique("a"), unique("c")}
    with damaged(docker, unique("b"), tmp_path) as host:
        assert not docker.ok("-H", host, "inspect", "--type", "container", unique("b"))
        where: Json = {"docker_host": host, **READERS[module]}
        result = run(module, filters={"label": f"set={unique()}"}, **where)
        found = rows(result)
        assert list(found) == [unique("a"), unique("b"), unique("c")]
        assert found[unique("b")]["failure"]["status"] == 500
        assert unique("b") in found[unique("b")]["msg"]
        assert unique("b") in str(result["warnings"])
        assert not any("failure" in found[name] for name in others)
        named = run(module, name=[unique("a"), unique("b"), unique("c")], **where)
        # Who asked for it by its name has to hear of it, and has the others all the same.
        assert named.failed
        assert unique("b") in named.msg
        assert {row["name"] for row in named.containers if "failure" not in row} == others
        alone = run(module, name=[unique("b")], **where)
        assert alone.failed
        assert unique("b") in alone.msg


def test_a_broken_container_among_those_to_be_changed(
    docker: Docker, run: Run, unique: Unique, tmp_path: pathlib.Path
) -> None:
    """The others are done, and the failure says which one was not."""
    for suffix in ("a", "b", "c"):
        docker("run", "-d", "--name", unique(suffix), "--label", f"set={unique()}", IMAGE, "sleep", "99")
    docker("stop", "-t", "0", unique("b"))
    chosen: Json = {"filters": {"label": f"set={unique()}"}}
    with damaged(docker, unique("b"), tmp_path) as host:
        chosen["docker_host"] = host
        exported = run("container_export", path=f"{tmp_path}/{{name}}.tar", **chosen)
        assert exported.failed
        assert unique("b") in exported.msg
        assert sorted(path.name for path in tmp_path.glob("*.tar")) == [f"{unique('a')}.tar", f"{unique('c')}.tar"]
        ran = run(
            "container_exec",
            command="true",
            **{**chosen, "filters": {**chosen["filters"], "status": ["running", "exited"]}},
        )
        assert ran.failed
        assert unique("b") in ran.msg
        assert [row["rc"] for row in ran.containers if row["name"] != unique("b")] == [0, 0]
        stopped = run("container_state", state="stopped", stop_timeout=0, **chosen)
        assert stopped.failed
        assert unique("b") in stopped.msg
        for suffix in ("a", "c"):
            assert docker.inspect(unique(suffix))["State"]["Status"] == "exited"


@pytest.mark.parametrize("module", ["container_run", "containers"])
def test_a_broken_container_is_removed(
    docker: Docker, run: Run, name: str, tmp_path: pathlib.Path, module: str
) -> None:
    docker("create", "--name", name, IMAGE, "true")
    entry: Json = {"name": name, "state": "absent"}
    with damaged(docker, name, tmp_path) as host:
        whole: Json = {"docker_host": host, **(entry if module == "container_run" else {"containers": [entry]})}
        assert run(module, **whole, _check=True).changed
        assert run(module, **whole).changed
        assert not docker("ps", "-aq", "--filter", f"name={name}")
        assert not run(module, **whole).changed


def test_an_engine_that_is_stuck_at_one_container(
    docker: Docker, run: Run, unique: Unique, tmp_path: pathlib.Path
) -> None:
    """Its storage does not answer (a network disk that is gone): the engine says nothing about it, for ever."""
    for suffix in ("a", "b"):
        docker("create", "--name", unique(suffix), IMAGE, "true")
    stuck = docker.inspect(unique("b"))["Id"]
    end = threading.Event()
    with Proxy(tmp_path, docker.host.partition("://")[2]) as proxy:
        proxy.judge_look = lambda path: "" if path == f"/containers/{stuck}/json" and end.wait(60) else None
        result = run("container_port", filters={"name": unique()}, docker_host=proxy.host, timeout=1)
        end.set()
    found = rows(result)
    assert list(found) == [unique("a"), unique("b")]
    assert "failure" not in found[unique("a")]
    assert "in time" in found[unique("b")]["msg"]


# A host port of 0, and what says the same.
PORTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("0:80",), ("80",)),
    (("127.0.0.1:0:80",), ("127.0.0.1::80",)),
    (("127.0.0.1:0:80/udp", "0:81"), ("81", "127.0.0.1::80/udp")),
    (("18080:80", "00:80"), ("80", "18080:80")),
)


@pytest.mark.parametrize(("ports", "same"), PORTS)
def test_port_0_of_the_host_is_any(
    docker: Docker, run: Run, name: str, ports: tuple[str, ...], same: tuple[str, ...]
) -> None:
    published = [word for port in ports for word in ("--publish", port)]
    docker("create", "--name", name, *published, IMAGE, "true")
    asked: Json = {"name": name, "image": IMAGE, "command": ["true"], "state": "present"}
    for spelling in (ports, same):
        assert not run("container_run", **asked, published_ports=list(spelling)).changed
    before = docker.inspect(name)["HostConfig"]["PortBindings"]
    docker("rm", name)
    assert run("container_run", **asked, published_ports=list(ports)).changed
    after = docker.inspect(name)["HostConfig"]["PortBindings"]
    assert {port: len(several) for port, several in after.items()} == {
        port: len(several) for port, several in before.items()
    }
    docker("start", name)
    assert not run("container_run", **asked, published_ports=list(ports)).changed
