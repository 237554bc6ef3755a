# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What newer engines keep of a container: nothing of it is lost on the way back, and nothing is pinned that nobody asked for.

Each test says from which API version on its options are there; on older engines nobody can have such a container.
"""

from __future__ import annotations

import typing as t

from support.boxes import Boxes
from support.engine import Docker

from .conftest import Run

Json = t.Dict[str, t.Any]
Api = t.Tuple[int, int]
Unique = t.Callable[..., str]
IMAGE = "stevedore/busybox:1"


def back(run: Run, name: str) -> Json:
    """The run options of a container, which change nothing."""
    found = run("container_inspect", name=[name]).container
    assert found["unreadable"] == {}
    again = run("container_run", **found["run_options"], state="present", _check=True, _diff=True)
    assert (again.changed, again.diff) == (False, {"before": {}, "after": {}})
    return t.cast("Json", found["run_options"])


def test_mac_addresses(docker: Docker, run: Run, unique: Unique, api: Api) -> None:
    """One that was asked for is kept, one that the engine made up is not pinned."""
    if api < (1, 44):
        return
    mac = "02:42:ac:11:00:77"
    docker("network", "create", unique("net"))
    docker(
        "run",
        "-d",
        "--name",
        unique("asked"),
        "--network",
        f"name={unique('net')},mac-address={mac}",
        IMAGE,
        "sleep",
        "99",
    )
    docker("run", "-d", "--name", unique("made-up"), "--network", unique("net"), IMAGE, "sleep", "99")
    assert back(run, unique("asked"))["mac_address"] == mac
    assert "mac" not in str(back(run, unique("made-up")))
    options = {**back(run, unique("asked")), "env": {"A": "1"}}
    assert run("container_run", **options).changed
    assert docker.inspect(unique("asked"))["NetworkSettings"]["Networks"][unique("net")]["MacAddress"] == mac


def test_options_of_a_tmpfs(docker: Docker, run: Run, name: str, api: Api) -> None:
    if api < (1, 46):
        return
    mounts = [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"Options": [["noexec"]]}}]
    body = {"Image": IMAGE, "Cmd": ["true"], "HostConfig": {"Mounts": mounts}}
    Boxes(docker.host).daemon.post("/containers/create", params={"name": name}, body=body)
    options = back(run, name)
    assert options["mounts"] == [{"target": "/t", "tmpfs_options": ["noexec"], "type": "tmpfs"}]
    docker("rm", name)
    assert run("container_run", **options, state="present").changed
    assert docker.inspect(name)["HostConfig"]["Mounts"] == mounts


def test_subpaths_and_images_as_mounts(docker: Docker, run: Run, unique: Unique, api: Api) -> None:
    if api < (1, 48):
        return
    name, volume = unique("box"), unique("volume")
    docker("run", "--rm", "-v", f"{volume}:/v", IMAGE, "mkdir", "/v/sub")
    subpath = f"type=volume,src={volume},dst=/v,volume-subpath=sub"
    docker("create", "--name", name, "--mount", subpath, "--mount", f"type=image,src={IMAGE},dst=/i", IMAGE, "true")
    before = essential(docker, name)
    options = back(run, name)
    docker("rm", name)
    assert run("container_run", **options, state="present").changed
    assert essential(docker, name) == before


def essential(docker: Docker, name: str) -> list[tuple[str | None, ...]]:
    """The docker CLI adds empty options to a mount."""
    mounts = docker.inspect(name)["HostConfig"]["Mounts"]
    return sorted(
        (mount["Type"], mount["Source"], mount["Target"], (mount.get("VolumeOptions") or {}).get("Subpath"))
        for mount in mounts
    )


def test_sysctls_of_an_interface(docker: Docker, run: Run, unique: Unique, api: Api) -> None:
    """They are options of the endpoint; among the sysctls the engine refuses them, and says so."""
    if api < (1, 48):
        return
    docker("network", "create", unique("net"))
    option = {"com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.rp_filter=2"}
    asked: Json = {"name": unique("box"), "image": IMAGE, "command": ["sleep", "99"]}
    networks = [{"name": unique("net"), "driver_opts": option}]
    assert run("container_run", **asked, networks=networks).changed
    assert docker("exec", unique("box"), "cat", "/proc/sys/net/ipv4/conf/eth0/rp_filter") == "2"
    assert back(run, unique("box"))["networks"] == networks
    refused = run("container_run", **asked, networks=networks, sysctls={"net.ipv4.conf.eth0.rp_filter": "1"})
    assert refused.failed
    assert "com.docker.network.endpoint.sysctls" in refused.msg
    assert docker.inspect(unique("box"))["State"]["Running"]
