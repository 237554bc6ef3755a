# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tools that compare containers go wrong: another spelling is no difference, a real difference is found."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from support.engine import Docker

Json = t.Dict[str, t.Any]
Run = t.Callable[..., t.Any]
MARK = "stvdiff"
BOX, APP = "stevedore/busybox:1", "stevedore/app:1"
NET, OTHER, VOLUME = f"{MARK}-net", f"{MARK}-other", f"{MARK}-volume"


@dataclasses.dataclass(frozen=True)
class Case:
    """A container, other spellings of it, and changes with the options in which they must show.

    An option that is changed to ``None`` is taken out of the play.
    """

    made: Json
    same: tuple[Json, ...] = ()
    different: tuple[tuple[Json, str], ...] = ()


CASES: dict[str, Case] = {
    "empty command": Case(
        {"image": APP},
        ({"command": []}, {"command": ""}, {"command": ["-p", "8080", "-h", "/srv"]}, {"command": "-p 8080 -h /srv"}),
        (({"command": ["-p", "8081"]}, "command"), ({"entrypoint": []}, "entrypoint")),
    ),
    "entrypoint": Case(
        {"image": APP, "entrypoint": ["httpd", "-f"], "command": ["-p", "8080", "-h", "/srv"]},
        ({"entrypoint": None, "command": None}, {"entrypoint": "httpd -f"}),
        (({"command": None}, "entrypoint"), ({"entrypoint": ["httpd"]}, "command entrypoint")),
    ),
    "default network": Case(
        {"image": BOX},
        ({"network_mode": "default"}, {"network_mode": "bridge"}, {"networks": [{"name": "bridge"}]}),
        (({"network_mode": "none"}, "network_mode"), ({"networks": [{"name": NET}]}, "network_mode")),
    ),
    "networks": Case(
        {"image": BOX, "networks": [{"name": NET, "aliases": ["a", "b"], "ipv4_address": "10.213.79.9"}]},
        (
            {"network_mode": NET},
            {"networks": [{"name": NET, "aliases": ["b", "a", "a"], "ipv4_address": "10.213.79.9"}]},
        ),
        (
            ({"networks": [{"name": NET, "aliases": ["a"], "ipv4_address": "10.213.79.9"}]}, "networks"),
            ({"networks": [{"name": NET, "aliases": ["a", "b"]}]}, "networks"),
            ({"network_mode": NET, "networks": None}, "networks"),
            ({"networks": None}, "network_mode"),
        ),
    ),
    "addresses": Case(
        {
            "image": BOX,
            "published_ports": ["[2001:0DB8::0001]:18090:80"],
            "dns_servers": ["2001:db8:0::1"],
            "etc_hosts": {"six": "2001:DB8::2"},
        },
        (
            {"published_ports": ["[2001:db8::1]:18090:80/tcp"]},
            {"dns_servers": ["2001:0db8::0:1"]},
            {"etc_hosts": {"six": ["[2001:db8:0::2]"]}},
        ),
        (
            ({"published_ports": ["[2001:db8::2]:18090:80"]}, "published_ports"),
            ({"published_ports": ["18090:80"]}, "published_ports"),
            ({"dns_servers": ["2001:db8::3"]}, "dns_servers"),
            ({"etc_hosts": None}, "etc_hosts"),
        ),
    ),
    "port ranges": Case(
        {"image": BOX, "published_ports": ["18100-18102:9000-9002", "17100-17110:70/udp"]},
        ({"ports": ["17100-17110:70/udp", "18102:9002", "18100:9000", "18101:9001/tcp"], "published_ports": None},),
        (
            ({"published_ports": ["18100-18101:9000-9001", "17100-17110:70/udp"]}, "published_ports"),
            ({"published_ports": ["18100-18102:9000-9002", "17100-17109:70/udp"]}, "published_ports"),
        ),
    ),
    "a port published twice": Case(
        {"image": BOX, "published_ports": ["18110:80", "127.0.0.1:18111:80", "80"]},
        ({"published_ports": ["80", "127.0.0.1:18111:80", "18110:80", "18110:80"]}, {"exposed_ports": ["80/tcp"]}),
        (
            ({"published_ports": ["18110:80", "80"]}, "published_ports"),
            ({"exposed_ports": ["81"]}, "exposed_ports"),
        ),
    ),
    "platform": Case(
        {"image": BOX},
        ({"platform": "linux/amd64"}, {"platform": "linux/x86_64"}, {"platform": "amd64"}, {"platform": "Linux"}),
    ),
    "partial healthcheck": Case(
        {"image": APP, "healthcheck": {"interval": "90s"}},
        (
            {"healthcheck": {"interval": "1m30s"}},
            {"healthcheck": {"interval": "90", "retries": 3, "timeout": "5s"}},
        ),
        (
            ({"healthcheck": None}, "healthcheck"),
            ({"healthcheck": {"interval": "90s", "retries": 4}}, "healthcheck"),
            ({"healthcheck": {"interval": "90s", "test": "true"}}, "healthcheck"),
            ({"healthcheck": {"test": ["NONE"]}}, "healthcheck"),
        ),
    ),
    "disabled healthcheck": Case(
        {"image": APP, "healthcheck": {"test": "NONE"}},
        ({"healthcheck": {"test": ["NONE"]}},),
        (({"healthcheck": None}, "healthcheck"), ({"healthcheck": {"test": "true"}}, "healthcheck")),
    ),
    "inherited healthcheck": Case(
        {"image": APP},
        ({"healthcheck": {"test": ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]}},),
        (({"healthcheck": {"test": "wget -q"}}, "healthcheck"),),
    ),
    "labels, environment, ports and volumes of the image": Case(
        {"image": APP, "labels": {"own": "1", "tier": "web"}, "env": {"OWN": "1"}, "volumes": ["/own"]},
        (
            {"labels": {"own": 1}},
            {"env": {"OWN": 1, "APP_ENV": "production"}},
            {"exposed_ports": ["8080"]},
            {"volumes": ["/own/", "/var/lib/data"]},
            {"user": "app", "working_dir": "/srv/", "stop_signal": "TERM"},
        ),
        (
            ({"labels": {"own": "1", "tier": "db"}}, "labels"),
            ({"labels": None}, "labels"),
            ({"env": {"OWN": "1", "APP_ENV": "test"}}, "env"),
            ({"env": {"OWN": "1", "GREETING": None}}, "env"),
            ({"env": {"OWN": "1", "GREETING": ""}}, "env"),
            ({"env": None}, "env"),
            ({"volumes": None}, "volumes"),
            ({"volumes": ["/own", f"{VOLUME}:/var/lib/data"]}, "volumes"),
            ({"user": "root"}, "user"),
        ),
    ),
    "environment": Case(
        {"image": BOX, "env": {"EQ": "a=b", "EMPTY": "", "N": "1", "YES": "true", "NONE": None}},
        ({"env": {"EQ": "a=b", "EMPTY": "", "N": 1, "YES": "true"}},),
        (
            ({"env": {"EQ": "a=b", "N": 1, "YES": "true"}}, "env"),
            ({"env": {"EQ": "a", "EMPTY": "", "N": 1, "YES": "true"}}, "env"),
            ({"env": {"EQ": "a=b", "EMPTY": "", "N": 1, "YES": "True"}}, "env"),
        ),
    ),
    "namespaces of another container": Case(
        {"image": BOX, "network_mode": f"container:{OTHER}", "ipc_mode": f"container:{OTHER}", "volumes_from": [OTHER]},
        ({"network": f"container:{OTHER}", "network_mode": None}, {"volumes_from": [f"{OTHER}:rw"]}),
        (
            ({"network_mode": None}, "network_mode"),
            ({"network_mode": f"container:{MARK}-another"}, "network_mode"),
            ({"volumes_from": [f"{OTHER}:ro"]}, "volumes_from"),
            ({"pid_mode": f"container:{OTHER}"}, "pid_mode"),
        ),
    ),
    "MAC address": Case(
        {"image": BOX, "mac_address": "02:42:AC:11:00:97"},
        ({"mac_address": "02-42-ac-11-00-97"}, {"mac_address": None}),
        (({"mac_address": "02:42:ac:11:00:96"}, "mac_address"),),
    ),
    "derived swap": Case(
        {"image": BOX, "memory": "64m"},
        ({"memory": "65536k"}, {"memory": 67108864}, {"memory_swap": "128m"}, {"memory": "0.0625g"}),
        (
            ({"memory_swap": "-1"}, "memory_swap"),
            ({"memory_swap": "64m"}, "memory_swap"),
            ({"memory": "65m"}, "memory"),
            ({"memory": None}, "memory"),
        ),
    ),
    "swap without memory's default": Case(
        {"image": BOX, "memory": "64m", "memory_swap": "unlimited"},
        ({"memory_swap": -1},),
        (({"memory_swap": None}, "memory_swap"),),
    ),
    "capabilities": Case(
        {"image": BOX, "capabilities": ["CAP_NET_ADMIN", "sys_time"], "cap_drop": ["all"]},
        ({"cap_add": ["NET_ADMIN", "CAP_SYS_TIME"], "capabilities": None}, {"cap_drop": ["ALL"]}),
        (({"capabilities": ["NET_ADMIN"]}, "capabilities"), ({"cap_drop": None}, "cap_drop")),
    ),
    "ulimits": Case(
        {"image": BOX, "ulimits": ["nofile:1024:2048", "nproc=10"]},
        ({"ulimits": ["nproc:10:10", "nofile=1024:2048"]},),
        (
            ({"ulimits": ["nofile:1024:1024", "nproc=10"]}, "ulimits"),
            ({"ulimits": ["nofile:1024:2048", "nproc=10", "core:0"]}, "ulimits"),
        ),
    ),
    "tmpfs": Case(
        {"image": BOX, "tmpfs": ["/run:size=64m,noexec", "/tmp"]},
        ({"tmpfs": ["/tmp/", "/run:noexec,size=64m"]},),
        (({"tmpfs": ["/run:size=64m", "/tmp"]}, "tmpfs"), ({"tmpfs": ["/run:size=64m,noexec"]}, "tmpfs")),
    ),
    "binds": Case(
        {"image": BOX, "volumes": ["/srv:/srv:ro", f"{VOLUME}:/data"]},
        ({"volumes": [f"{VOLUME}:/data/:rw", "/srv/:/srv:ro"]},),
        (
            ({"volumes": ["/srv:/srv", f"{VOLUME}:/data"]}, "volumes"),
            ({"volumes": ["/srv:/srv:ro"]}, "volumes"),
            ({"volumes": ["/srv:/srv:ro", f"{VOLUME}2:/data"]}, "volumes"),
        ),
    ),
    "home": Case(
        {"image": BOX, "volumes": ["~/stvdiff:/data"]},
        ({"volumes": ["~/stvdiff/:/data"]},),
        (({"volumes": ["/srv:/data"]}, "volumes"),),
    ),
    "mounts": Case(
        {"image": BOX, "mounts": [{"source": VOLUME, "target": "/data"}, {"target": "/anonymous"}]},
        (
            {"mounts": [{"target": "/anonymous/"}, {"type": "volume", "source": VOLUME, "target": "/data", "no_copy": False}]},
        ),
        (
            ({"mounts": [{"source": VOLUME, "target": "/data", "read_only": True}, {"target": "/anonymous"}]}, "mounts"),
            ({"mounts": [{"source": VOLUME, "target": "/data"}]}, "mounts"),
            ({"mounts": None, "volumes": [f"{VOLUME}:/data", "/anonymous"]}, "mounts volumes"),
        ),
    ),
    "lists that are sets, and lists that are not": Case(
        {"image": BOX, "groups": ["audio", "100"], "dns_servers": ["9.9.9.9", "1.1.1.1"], "devices": ["/dev/fuse", "/dev/null"]},
        ({"groups": ["100", "audio", "audio"]}, {"devices": ["/dev/null:/dev/null:rwm", "/dev/fuse:/dev/fuse"]}),
        (({"dns_servers": ["1.1.1.1", "9.9.9.9"]}, "dns_servers"), ({"groups": None, "devices": None}, "devices groups")),
    ),
    "security options": Case(
        {"image": BOX, "security_opts": ["no-new-privileges:true", "seccomp=unconfined"]},
        ({"security_opts": ["seccomp:unconfined", "no-new-privileges"]},),
        (({"security_opts": ["no-new-privileges"]}, "security_opts"), ({"security_opts": None}, "security_opts")),
    ),
    "privileged leaves nothing behind": Case(
        {"image": BOX, "privileged": True, "ipc_mode": "host"},
        ({"security_opts": ["label=disable"]},),
        (({"privileged": None}, "privileged"), ({"privileged": False}, "privileged")),
    ),
    "options taken out of the play": Case(
        {
            "image": BOX, "cpus": 1.5, "restart_policy": "always", "pids_limit": 50, "hostname": "web", "init": True,
            "stop_timeout": 5, "read_only": True, "sysctls": {"net.core.somaxconn": 64}, "tty": True,
        },
        ({"cpus": "1.50", "stop_timeout": "5", "read_only": "yes", "sysctls": {"net.core.somaxconn": "64"}},),
        tuple(({name: None}, name) for name in
              ("cpus", "restart_policy", "pids_limit", "hostname", "init", "stop_timeout", "read_only", "sysctls", "tty")),
    ),
    "daemon's defaults": Case(
        {"image": BOX},
        (
            {"log_driver": "json-file", "runtime": "runc", "shm_size": "64m", "restart_policy": "no", "stop_signal": "15"},
            {"cgroupns_mode": "host", "ipc_mode": "private", "pids_limit": 0, "memory": "0", "oom_score_adj": 0},
            {"auto_remove": False, "tty": False, "privileged": False, "env": {}, "labels": {}, "volumes": [], "networks": []},
        ),
        (({"log_driver": "local"}, "log_driver"), ({"log_options": {"max-size": "1m"}}, "log_options")),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def surroundings(docker: Docker) -> t.Iterator[Docker]:
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.79.0/24", NET)
    for name in (OTHER, f"{MARK}-another"):
        docker("run", "-d", "--name", name, "--ipc", "shareable", BOX, "sleep", "1000")
    yield docker
    docker.remove_all(MARK)


def changed(options: Json, change: Json) -> Json:
    return {name: value for name, value in {**options, **change}.items() if value is not None}


def checked(run: Run, name: str, options: Json) -> tuple[set[str], t.Any]:
    """The options that would change, and how."""
    result = run("container_run", name=name, state="present", _check=True, _diff=True, **options)
    return set(result["diff"]["after"]) - {"state"}, result


@pytest.mark.parametrize("title", CASES)
def test_spellings_and_differences(title: str, surroundings: Docker, run: Run) -> None:
    case = CASES[title]
    name = f"{MARK}-{list(CASES).index(title)}"
    assert run("container_run", name=name, state="present", **case.made).changed
    for change in ({}, *case.same):
        found, result = checked(run, name, changed(case.made, change))
        assert not result.changed, (change, result["diff"])
    for change, options in case.different:
        found, result = checked(run, name, changed(case.made, change))
        assert (result.changed, sorted(found)) == (True, options.split()), change
    surroundings("rm", "--force", "--volumes", name)


def test_aliases_that_the_engine_adds(surroundings: Docker, run: Run) -> None:
    """Before 25.0 the id and the hostname are among them; an alias that repeats the hostname says nothing anywhere."""
    docker, name = surroundings, f"{MARK}-aliases"
    options: Json = {
        "image": BOX,
        "command": "sleep 1000",
        "hostname": "web",
        "networks": [{"name": NET, "aliases": ["db"]}],
    }
    assert run("container_run", name=name, state="started", **options).changed
    seen = docker.inspect(name)["NetworkSettings"]["Networks"][NET]
    assert {"db", "web"} <= {*seen["Aliases"], *(seen.get("DNSNames") or ())}
    for aliases in (["db"], ["web", "db"]):
        again = run(
            "container_run", name=name, _diff=True, **{**options, "networks": [{"name": NET, "aliases": aliases}]}
        )
        assert not again.changed, again["diff"]
    assert run("container_inspect", name=name).container["run_options"]["networks"] == options["networks"]
    found, _result = checked(run, name, {**options, "networks": [{"name": NET, "aliases": ["web"]}]})
    assert found == {"networks"}


def test_the_default_network_first(surroundings: Docker, run: Run) -> None:
    docker, name, copy = surroundings, f"{MARK}-first", f"{MARK}-first-copy"
    run(
        "container_run",
        name=name,
        state="started",
        image=BOX,
        command="sleep 1000",
        networks=[{"name": "bridge"}, {"name": NET}],
    )
    back = run("container_inspect", name=name).container["run_options"]
    assert (back["network_mode"], back["networks"]) == ("bridge", [{"name": NET}])
    assert not run("container_run", **back).changed
    run("container_run", **{**back, "name": copy})
    assert [docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", one) for one in (name, copy)] == ["bridge"] * 2


def test_image_by_name_tag_digest_and_id(surroundings: Docker, run: Run) -> None:
    docker, name = surroundings, f"{MARK}-image"
    docker("tag", BOX, f"{MARK}-image:latest")
    identity = docker("image", "inspect", "--format", "{{.Id}}", BOX)
    run("container_run", name=name, state="present", image=f"{MARK}-image")
    for reference in (f"{MARK}-image", f"{MARK}-image:latest", BOX, identity, identity[7:19]):
        _found, result = checked(run, name, {"image": reference})
        assert not result.changed, (reference, result["diff"])
    assert checked(run, name, {"image": APP})[0] == {"image"}
    assert checked(run, name, {"image": BOX, "platform": "linux/arm64", "pull": "never"})[0] == {"platform"}


def test_a_tag_that_moved(surroundings: Docker, run: Run) -> None:
    """The same name means another image now; without the play's name, the container's own image is named by its id."""
    docker, name, tag = surroundings, f"{MARK}-moved", f"{MARK}-moved:1"
    docker("tag", APP, tag)
    run("container_run", name=name, state="present", image=tag, env={"APP_ENV": "production"})
    docker("tag", BOX, tag)
    found, result = checked(run, name, {"image": tag, "env": {"APP_ENV": "production"}})
    assert result["actions"][-1]["action"] == "recreate"
    # What the new image does not have is not inherited any more, so that the variable is asked for now.
    assert found == {"env", "image"}
    back = run("container_inspect", name=name).container["run_options"]
    assert back["image"] == docker("image", "inspect", "--format", "{{.Id}}", APP)
    assert not run("container_run", state="present", **back).changed
    assert not run("container_run", name=name, state="present", image=tag, ignore_changes=["image", "env"]).changed
