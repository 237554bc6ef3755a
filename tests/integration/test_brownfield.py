# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers with a past: updated, renamed, disconnected, replaced, without their image; and input that is refused."""

from __future__ import annotations

import typing as t

import pytest
from support import samples
from support.engine import Docker

Json = t.Dict[str, t.Any]
Run = t.Callable[..., t.Any]
MARK = "stvbrown"
BOX, APP = "stevedore/busybox:1", "stevedore/app:1"
NET, NET2 = f"{MARK}-net", f"{MARK}-net2"
BOX_RUNS = (BOX, "sleep", "100000")

# What was done to a container: its CLI's arguments, what followed (``NAME`` is the container, ``NET-ID`` the network's
# id), and what its run options say beside name, image and command.
PASTS: dict[str, tuple[str, tuple[str, ...], Json]] = {
    "updated": (
        "--memory 64m",
        ("update --memory 128m --memory-swap 256m --cpus 1 --restart always --pids-limit 50 NAME",),
        {"memory": "128m", "cpus": 1.0, "restart_policy": "always", "pids_limit": 50},
    ),
    "limits taken back": (
        "--memory 64m --pids-limit 10 --restart always",
        ("update --memory-swap -1 --pids-limit -1 --restart no NAME",),
        {"memory": "64m", "memory_swap": "-1"},
    ),
    "stopped": (
        f"--network {NET} --network-alias db --ip 10.213.81.20",
        ("stop --time 0 NAME",),
        {"network_mode": NET, "networks": [{"aliases": ["db"], "ipv4_address": "10.213.81.20", "name": NET}]},
    ),
    "renamed": ("--hostname web", ("rename NAME NAME-2", "rename NAME-2 NAME"), {"hostname": "web"}),
    "network by id": ("--network NET-ID", (), {"network_mode": NET}),
    "network by the beginning of its id": ("--network NET-SHORT", (), {"network_mode": NET}),
    "second network": (
        f"--network {NET}",
        (f"network connect --alias x --ip 10.213.82.8 {NET2} NAME",),
        {"network_mode": NET, "networks": [{"aliases": ["x"], "ipv4_address": "10.213.82.8", "name": NET2}]},
    ),
    "left its network": (f"--network {NET}", (f"network disconnect {NET} NAME",), {"network_mode": "none"}),
    "left the default network": ("", ("network disconnect bridge NAME",), {"network_mode": "none"}),
    "moved to another network": (
        "",
        (f"network connect --alias x {NET2} NAME", "network disconnect bridge NAME"),
        {"network_mode": NET2, "networks": [{"aliases": ["x"], "name": NET2}]},
    ),
    "started by Compose": (
        f"--network {NET} --network-alias web --network-alias p-web-1 --label com.docker.compose.project=p",
        (),
        {
            "labels": {"com.docker.compose.project": "p"},
            "network_mode": NET,
            "networks": [{"aliases": ["p-web-1", "web"], "name": NET}],
        },
    ),
}


@pytest.fixture(scope="module")
def world(docker: Docker) -> t.Iterator[Docker]:
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.81.0/24", NET)
    docker("network", "create", "--subnet", "10.213.82.0/24", NET2)
    yield docker
    docker.remove_all(MARK)


def back_of(run: Run, name: str) -> Json:
    return t.cast("Json", run("container_inspect", name=name).container["run_options"])


@pytest.mark.parametrize("verb", ["create", "run --detach"])
@pytest.mark.parametrize("past", PASTS)
def test_run_options_of_a_container_with_a_past(past: str, verb: str, world: Docker, run: Run) -> None:
    arguments, deeds, said = PASTS[past]
    name = f"{MARK}-{list(PASTS).index(past)}-{verb[0]}"
    identity = world("network", "inspect", "--format", "{{.Id}}", NET)
    arguments = arguments.replace("NET-ID", identity).replace("NET-SHORT", identity[:12])
    world(*verb.split(), "--name", name, *arguments.split(), *BOX_RUNS)
    for deed in deeds:
        world(*deed.replace("NAME", name).split())
    back = back_of(run, name)
    assert back == {"name": name, "image": BOX, "command": ["sleep", "100000"], **said}
    again = run("container_run", state="present", _diff=True, **back)
    assert not again.changed, again["diff"]
    world("rm", "--force", name)


def test_network_that_was_left_is_joined_again_in_place(world: Docker, run: Run) -> None:
    name = f"{MARK}-rejoin"
    options: Json = {"image": BOX, "command": "sleep 100000", "networks": [{"name": NET, "aliases": ["db"]}]}
    identity = run("container_run", name=name, **options).container["Id"]
    world("network", "disconnect", NET, name)
    result = run("container_run", name=name, **options)
    assert [action["action"] for action in result.actions] == ["networks"]
    document = world.inspect(name)
    assert document["Id"] == identity
    assert "db" in document["NetworkSettings"]["Networks"][NET]["Aliases"]
    assert not run("container_run", name=name, **options).changed


def test_anonymous_volumes_live_on_and_are_no_difference(world: Docker, run: Run) -> None:
    """A replaced container gets them by their names, which nobody asked for."""
    name = f"{MARK}-volumes"
    options: Json = {"image": APP, "volumes": ["/own"], "mounts": [{"target": "/mounted"}], "state": "present"}
    run("container_run", name=name, **options)
    before = {mount["Destination"]: mount["Name"] for mount in world.inspect(name)["Mounts"]}
    assert sorted(before) == ["/mounted", "/own", "/var/lib/data"]
    assert run("container_run", name=name, env={"A": "1"}, **options).actions[0]["action"] == "recreate"
    assert {mount["Destination"]: mount["Name"] for mount in world.inspect(name)["Mounts"]} == before
    again = run("container_run", name=name, env={"A": "1"}, _diff=True, **options)
    assert not again.changed, again["diff"]
    back = back_of(run, name)
    assert (back["volumes"], back["mounts"]) == (["/own"], [{"target": "/mounted", "type": "volume"}])
    assert not run("container_run", state="present", **back).changed


def test_a_volume_with_such_a_name_can_be_asked_for(world: Docker, run: Run) -> None:
    name, volume = f"{MARK}-hash", world("volume", "create")
    options: Json = {
        "image": APP,
        "volumes": [f"{volume}:/var/lib/data", f"{volume}:/other:ro"],
        "mounts": [{"source": volume, "target": "/third"}],
        "state": "present",
    }
    run("container_run", name=name, **options)
    assert {mount["Name"] for mount in world.inspect(name)["Mounts"]} == {volume}
    again = run("container_run", name=name, _diff=True, **options)
    assert not again.changed, again["diff"]
    assert not run("container_run", state="present", **back_of(run, name)).changed
    world("rm", "--force", name)
    world("volume", "rm", volume)


def test_container_whose_image_is_gone(world: Docker, run: Run) -> None:
    name, tag = f"{MARK}-orphan", f"{MARK}-gone:1"
    world("commit", world("create", "--name", f"{MARK}-base", APP), tag)
    world("create", "--name", name, "--env", "OWN=1", tag)
    world("rmi", "--force", tag)
    back = back_of(run, name)
    assert back["image"] == world.inspect(name)["Image"]
    assert back["env"]["OWN"] == "1"


@pytest.mark.parametrize(
    "bad", [bad for bad in samples.BAD if "env_file" not in bad.options], ids=lambda bad: bad.says[0]
)
def test_bad_input_changes_nothing(bad: samples.Bad, world: Docker, run: Run) -> None:
    """Neither a new container nor one that is there already."""
    name = f"{MARK}-bad"
    if not world.ok("inspect", name):
        world("create", "--name", name, BOX)
    identity = world("inspect", "--format", "{{.Id}}", name)
    # What only newer engines take is refused when one of them is spoken with as an old one is.
    spoken = {"api_version": "1.41"} if any("needs API" in text for text in bad.says) else {}
    for target in (name, f"{MARK}-never"):
        result = run("container_run", name=target, image=BOX, **bad.options, **spoken)
        assert result.failed
        assert result["failure"]["kind"] == "invalid"
        assert [text for text in bad.says if text not in result["msg"]] == []
    assert (
        world("ps", "--all", "--no-trunc", "--filter", f"name=^{MARK}-(bad|never)", "--format", "{{.ID}}") == identity
    )
