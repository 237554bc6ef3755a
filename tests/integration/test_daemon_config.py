# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""daemon.json and a real dockerd that is restarted, with containers as they are on real hosts."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.engine import Docker, until
from support.hosts import FILE, Host, host

IMAGE = "stevedore/busybox:1"
# How dockerd is started: by systemd (20.10), or by hand (26.1).
KINDS = {"systemd": "bookworm", "bare": "trixie bare"}


@pytest.fixture(scope="module", params=KINDS)
def machine(request: pytest.FixtureRequest, docker: Docker) -> t.Iterator[Host]:
    with host(docker, f"daemon-config-{request.param}", KINDS[request.param]) as made:
        yield made


@pytest.fixture
def fresh(machine: Host) -> Host:
    """The host without containers and with an empty daemon.json, which dockerd has read."""
    reset(machine)
    return machine


def reset(machine: Host, config: str = "{}") -> None:
    machine("docker ps -aq | xargs -r docker rm -f >/dev/null")
    machine("rm -rf /etc/docker/daemon.json* /etc/docker/.daemon.json* /run/stevedore")
    machine.write(FILE, config)
    restart(machine)


def restart(machine: Host) -> None:
    """Restart dockerd with the host's own means."""
    if machine.runs_systemd:
        machine(
            "systemctl daemon-reload; systemctl reset-failed docker.service docker.socket; systemctl restart docker"
        )
    else:
        machine("pkill -x dockerd || true; while pgrep -x dockerd >/dev/null; do sleep 0.1; done")
        machine("setsid -f dockerd </dev/null >>/var/log/dockerd.log 2>&1")
    until(lambda: machine.ok("docker version"), "dockerd", seconds=60)


def start(machine: Host, name: str, *options: str, command: str = "sleep 10000", policy: str = "no") -> None:
    """A container that dies at once when it is told to."""
    machine(
        f"docker run -d --name {name} --stop-signal KILL --restart {policy} {' '.join(options)} {IMAGE} "
        f"sh -c '{command}' >/dev/null"
    )


def state(machine: Host, name: str) -> tuple[int, str]:
    """What stays the same for as long as the container is left alone."""
    found = machine.inspect(name)["State"]
    return found["Pid"], found["StartedAt"]


def live_restore(machine: Host) -> bool:
    return machine("docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null") == "true"


def config(machine: Host) -> t.Any:
    return json.loads(machine(f"cat {FILE}"))


def size_of(value: str) -> dict[str, t.Any]:
    return {"log-opts": {"max-size": value}}


def test_containers_that_crash_all_the_time_are_not_damage(fresh: Host) -> None:
    start(fresh, "steady")
    for seconds in range(3, 9):
        start(fresh, f"loop{seconds}", command=f"sleep {seconds}; exit 1", policy="always")
    until(lambda: fresh.inspect("loop8")["RestartCount"], "the first crash of all", seconds=60)
    before = state(fresh, "steady")
    for size in ("1m", "2m"):
        done = fresh.module("daemon_config", config=size_of(size), apply="live")
        assert not done.failed, done["msg"]
        assert "steady" in done["containers_kept"]
        assert state(fresh, "steady") == before
        assert live_restore(fresh) is False
        assert config(fresh) == size_of(size)
        assert not fresh.module("daemon_config", config=size_of(size), apply="live").changed


LIVE_RESTORE = [
    # in the file before, in the file afterwards, in dockerd afterwards
    ({}, {}, False),
    ({"live-restore": False}, {"live-restore": False}, False),
    ({"live-restore": True}, {"live-restore": True}, True),
    ({}, {"live-restore": True}, True),
]


@pytest.mark.parametrize(("before", "after", "last"), LIVE_RESTORE)
def test_live_stops_no_container_and_leaves_live_restore_as_it_is_asked_for(
    before: dict[str, t.Any], after: dict[str, t.Any], last: bool, machine: Host
) -> None:
    reset(machine, json.dumps(before))
    start(machine, "steady")
    start(machine, "paused")
    machine("docker pause paused")
    old = state(machine, "steady"), state(machine, "paused")
    done = machine.module("daemon_config", config={**after, **size_of("1m")}, apply="live")
    assert not done.failed, done["msg"]
    assert done["applied"] == "live"
    assert (state(machine, "steady"), state(machine, "paused")) == old
    assert machine.inspect("paused")["State"]["Paused"]
    assert config(machine) == {**after, **size_of("1m")}
    assert live_restore(machine) is last


# Refused by no check, but by dockerd: when it starts, when it reads the file again, when a container starts.
BAD: dict[str, tuple[dict[str, t.Any], str]] = {
    "restart": ({"storage-driver": "nonsense"}, "driver not supported"),
    "reload": ({"registry-mirrors": ["nonsense:// "], **size_of("2m")}, "did not reload"),
    "probe": ({"log-driver": "gelf", "log-opts": {"gelf-address": "tcp://127.0.0.1:9"}}, "connection refused"),
}


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("bad", BAD)
def test_a_failure_puts_everything_back(bad: str, first: bool, machine: Host) -> None:
    if bad == "reload" and first:
        return  # with live-restore on, nothing is reloaded
    old = json.dumps({"live-restore": True, **size_of("1m")} if first else size_of("1m"))
    reset(machine, old)
    start(machine, "steady")
    start(machine, "loop", command="sleep 2; exit 1", policy="always")
    before = state(machine, "steady")
    wish, words = BAD[bad]
    done = machine.module("daemon_config", config=wish, apply="live", validate=bad == "probe", wait_timeout=20)
    assert done.failed
    assert done["rolled_back"] is True, done["msg"]
    assert words in done["msg"]
    assert machine(f"cat {FILE}") == old
    assert live_restore(machine) is first
    assert state(machine, "steady") == before
    assert machine("ls -A /etc/docker | grep -c stevedore || true") == "0"
    assert machine("docker create --name new " + IMAGE) and machine.inspect("new")["HostConfig"]["LogConfig"] == {
        "Type": "json-file",
        "Config": {"max-size": "1m"},
    }


def test_a_container_that_the_restart_has_killed_is_started_again(machine: Host) -> None:
    if not machine.runs_systemd:
        return  # only systemd runs something else before dockerd
    reset(machine, json.dumps(size_of("1m")))
    start(machine, "steady")
    start(machine, "victim", command="sleep 4242")
    before = state(machine, "steady")
    drop_in = "/etc/systemd/system/docker.service.d/kill.conf"
    machine.write(
        drop_in,
        "[Service]\nExecStartPre=-/bin/sh -c \"grep -q 37m /etc/docker/daemon.json && pkill -9 -f 'sleep [4]242'\"\n",
    )
    machine("systemctl daemon-reload")
    try:
        done = machine.module("daemon_config", config=size_of("37m"), apply="live")
    finally:
        machine(f"rm {drop_in}; systemctl daemon-reload")
    assert done.failed
    assert "not left alone by the restart: victim" in done["msg"]
    assert done["rolled_back"] is True
    assert done["containers_started"] == ["victim"]
    assert machine.inspect("victim")["State"]["Running"]
    assert state(machine, "steady") == before
    assert config(machine) == size_of("1m")
    assert live_restore(machine) is False


def test_what_a_plain_restart_stops_runs_again_in_order(fresh: Host) -> None:
    fresh("mkdir -p /srv/gone")
    start(fresh, "broken", "--mount type=bind,src=/srv/gone,dst=/x")
    start(fresh, "base", "-v /data")
    # In the order of ids, one of six is last by chance only.
    for name in ("net1", "net2", "net3", "net4"):
        # dockerd starts the last one by itself, perhaps before the one whose network it shares.
        start(fresh, name, "--network container:base", policy="always" if name == "net4" else "no")
    start(fresh, "shell", "--pid container:net1", "--volumes-from net2")
    start(fresh, "loop", command="sleep 2; exit 1", policy="always")
    start(fresh, "paused")
    fresh("docker pause paused")
    start(fresh, "passing", "--rm")
    fresh("rm -r /srv/gone")
    told = fresh.module("daemon_config", config=size_of("5m"), apply="restart", _check=True)
    assert any("passing" in remark for remark in told["remarks"])
    done = fresh.module("daemon_config", config=size_of("5m"), apply="restart")
    assert done.failed
    assert "broken" in done["msg"] and "/srv/gone" in done["msg"]
    assert done["rolled_back"] is False
    assert [entry["name"] for entry in done["containers_failed"]] == ["broken"]
    assert set(done["containers_started"]) == {"net1", "net2", "net3", "net4", "base", "shell", "paused", "loop"}
    assert done["containers_removed"] == ["passing"]
    assert config(fresh) == size_of("5m")
    for name in ("base", "net1", "net2", "net3", "net4", "shell"):
        assert fresh.inspect(name)["State"]["Running"], name
    assert fresh.inspect("paused")["State"]["Paused"]
    assert fresh("docker create --name new " + IMAGE)
    assert fresh.inspect("new")["HostConfig"]["LogConfig"]["Config"] == {"max-size": "5m"}
    fresh("docker rm -f broken")
    assert not fresh.module("daemon_config", config=size_of("5m"), apply="restart").changed


# Where a run is killed: as soon as the file has live-restore, once dockerd has it, once another dockerd runs.
MOMENTS = {
    "file": f"grep -q live-restore {FILE}",
    "reload": "docker info 2>/dev/null | grep -q 'Live Restore Enabled: true'",
    "restart": '[ "$(cat /run/docker.pid 2>/dev/null || echo "$old")" != "$old" ]',
}


def kill_a_run(machine: Host, moment: str) -> None:
    machine.write("/tmp/arguments", machine.arguments({"config": size_of("9m"), "apply": "live"}))
    machine(
        f"old=$(cat /run/docker.pid); {machine.command('daemon_config')} </tmp/arguments >/tmp/out 2>&1 & "
        f"until {MOMENTS[moment]}; do :; done; kill -9 $!"
    )
    if machine.runs_systemd:
        until(lambda: machine.ok("docker version"), "dockerd", seconds=60)
    else:
        restart(machine)  # killed with the run, or not: nobody else looks after it
    assert config(machine)["live-restore"] is True


@pytest.mark.parametrize("moment", MOMENTS)
def test_live_restore_of_a_run_that_was_killed_is_put_right_by_the_next(moment: str, machine: Host) -> None:
    if moment != "reload" and not machine.runs_systemd:
        return  # before that, a dockerd that ends takes its containers with it; afterwards the run starts it
    reset(machine, json.dumps({"debug": False}))
    start(machine, "steady")
    before = state(machine, "steady")
    kill_a_run(machine, moment)
    wanted = {"debug": False, **size_of("9m")}
    told = machine.module("daemon_config", config=size_of("9m"), apply="live", _check=True)
    assert told.changed
    assert told["config"] == wanted
    done = machine.module("daemon_config", config=size_of("9m"), apply="live")
    assert not done.failed, done["msg"]
    assert config(machine) == wanted
    assert live_restore(machine) is False
    assert state(machine, "steady") == before
    assert not machine.module("daemon_config", config=size_of("9m"), apply="live").changed
    assert machine("ls -A /etc/docker | grep -c stevedore || true") == "0"


def test_a_killed_run_and_then_only_the_file(machine: Host) -> None:
    reset(machine)
    start(machine, "steady")
    before = state(machine, "steady")
    kill_a_run(machine, "reload")
    done = machine.module("daemon_config", config={}, apply="none")
    assert done.changed and done["restart_needed"]
    assert config(machine) == size_of("9m")
    done = machine.module("daemon_config", config={}, apply="live")
    assert done.changed, done
    assert live_restore(machine) is False
    assert config(machine) == size_of("9m")
    assert state(machine, "steady") == before
    assert not machine.module("daemon_config", config={}, apply="live").changed


def test_a_file_that_was_edited_after_a_killed_run_is_left_alone(machine: Host) -> None:
    reset(machine)
    kill_a_run(machine, "file")
    machine.write(FILE, '{"live-restore": true, "icc": true}')
    done = machine.module("daemon_config", config={"debug": False}, apply="none")
    assert any("live-restore" in remark for remark in done["remarks"])
    assert config(machine) == {"live-restore": True, "icc": True, "debug": False}
    assert not machine.module("daemon_config", config={"debug": False}, apply="none")["remarks"][1:]


def test_log_options_that_were_there_do_not_stand_in_the_way(machine: Host) -> None:
    reset(machine, json.dumps(size_of("banana")))
    done = machine.module("daemon_config", config={"icc": True}, apply="live")
    assert not done.failed, done["msg"]
    assert any("banana" in remark for remark in done["remarks"])
    assert config(machine) == {**size_of("banana"), "icc": True}
    assert not machine.module("daemon_config", config={"icc": True}, apply="live").changed


BIN = "/usr/sbin/dockerd"
UNIT = "/etc/systemd/system/docker.service.d/case.conf"
# Files on a host with systemd, and where the flag --log-driver then comes from; None where there is none.
UNITS: dict[str, tuple[dict[str, str], str | None]] = {
    "a comment in a continued line": (
        {UNIT: f"[Service]\nExecStart=\nExecStart={BIN} -H fd:// \\\n  # --log-driver=journald \\\n  --debug=false\n"},
        None,
    ),
    "a flag behind a comment": (
        {UNIT: f"[Service]\nExecStart=\nExecStart={BIN} -H fd:// \\\n  # no limit\n  --log-driver=journald\n"},
        UNIT,
    ),
    "a drop-in for all services": (
        {
            UNIT: f"[Service]\nExecStart=\nExecStart={BIN} -H fd:// $ALL_SERVICES\n",
            "/etc/systemd/system/service.d/all.conf": "[Service]\nEnvironment=ALL_SERVICES=--log-driver=journald\n",
        },
        "/etc/systemd/system/service.d/all.conf",
    ),
    "a specifier": (
        {
            UNIT: f"[Service]\nEnvironmentFile=/etc/%p.env\nExecStart=\nExecStart={BIN} -H fd:// $OPTS\n",
            "/etc/docker.env": "OPTS=--log-driver=journald\n",
        },
        "/etc/docker.env",
    ),
    "environment files by a glob": (
        {
            UNIT: f"[Service]\nEnvironmentFile=/etc/opts.d/*.env\nExecStart=\nExecStart={BIN} -H fd:// $OPTS\n",
            "/etc/opts.d/b.env": "OPTS=--log-driver=journald\n",
            "/etc/opts.d/a.env": "OPTS=--debug\n",
        },
        "/etc/opts.d/b.env",
    ),
    "a drop-in of another unit": ({"/etc/systemd/system/dockers.service.d/a.conf": "[Service]\nExecStart=x\n"}, None),
}


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("loaded", [True, False])
def test_flags_as_systemd_reads_them(case: str, loaded: bool, machine: Host) -> None:
    if not machine.runs_systemd:
        return
    files, source = UNITS[case]
    machine(f"rm -f {FILE}")
    try:
        for path, text in files.items():
            machine.write(path, text)
        if loaded:
            machine("systemctl daemon-reload")
        done = machine.module("daemon_config", config={"log-driver": "json-file"}, _check=True)
    finally:
        machine(f"rm -f {' '.join(files)}; systemctl daemon-reload")
    if source is None:
        assert not done.failed, done["msg"]
    elif loaded or case != "a specifier":
        assert f"log-driver by --log-driver in {source}" in done["msg"]


def test_live_restore_that_is_given_as_a_flag(machine: Host) -> None:
    if not machine.runs_systemd:
        return
    machine.write("/etc/docker.options", "OPTIONS='--live-restore --log-opt tag=a'\n")
    machine.write(
        UNIT, f"[Service]\nEnvironmentFile=/etc/docker.options\nExecStart=\nExecStart={BIN} -H fd:// $OPTIONS\n"
    )
    try:
        reset(machine)
        start(machine, "steady")
        before = state(machine, "steady")
        for wish in ({"live-restore": False}, size_of("1m"), {"hosts": ["tcp://127.0.0.1:2375"]}):
            done = machine.module("daemon_config", config=wish, apply="live")
            assert done["failure"]["kind"] == "conflict"
            assert done["conflicts"][0]["source"] == (UNIT if "hosts" in wish else "/etc/docker.options")
        done = machine.module("daemon_config", config={"icc": True}, apply="live", validate=True)
        assert not done.failed, done["msg"]
        assert config(machine) == {"icc": True}
        assert live_restore(machine) is True
        assert state(machine, "steady") == before
    finally:
        machine(f"rm -f {UNIT} /etc/docker.options; systemctl daemon-reload")


def test_an_engine_like_a_rootless_one_beside_the_other(machine: Host) -> None:
    """RootlessKit itself does not run here; what tells dockerd that it does is in its environment."""
    reset(machine)
    host_socket, own = "unix:///run/u/docker.sock", "/home/u/.config/docker/daemon.json"
    machine("mkdir -p /run/u /home/u/.config/docker; ln -sf /bin/true /usr/local/bin/rootlesskit-docker-proxy")
    command = (
        "env ROOTLESSKIT_STATE_DIR=/run/u/rk XDG_RUNTIME_DIR=/run/u HOME=/home/u unshare -n dockerd --data-root /var/lib/docker/u "
        f"--exec-root /run/u/exec --pidfile /run/u/pid -H {host_socket} --bridge none --iptables=false"
    )
    machine.write("/tmp/second", f"setsid -f {command} </dev/null >>/var/log/second.log 2>&1\n$@\n")
    # In the unit of something else, as a login is that of sshd.
    machine("systemd-run --unit other sh /tmp/second sleep 10000" if machine.runs_systemd else "sh /tmp/second")
    try:
        until(lambda: machine.ok(f"docker -H {host_socket} version"), "the second dockerd", seconds=60)
        pids = {"first": machine("cat /run/docker.pid"), "second": machine("cat /run/u/pid")}
        network = machine(f"readlink /proc/{pids['second']}/ns/net")
        done = machine.module("daemon_config", path=own, config=size_of("1m"), apply="live")
        assert "is not the one that reads this file" in done["msg"]
        done = machine.module("daemon_config", path=own, config=size_of("1m"), apply="live", docker_host=host_socket)
        assert not done.failed, done["msg"]
        assert machine("cat /run/docker.pid") == pids["first"]
        assert machine("cat /run/u/pid") != pids["second"]
        assert machine("readlink /proc/$(cat /run/u/pid)/ns/net") == network
        assert json.loads(machine(f"cat {own}")) == size_of("1m")
        pids["second"] = machine("cat /run/u/pid")
        done = machine.module("daemon_config", config=size_of("2m"), apply="live")
        assert not done.failed, done["msg"]
        assert machine("cat /run/docker.pid") != pids["first"]
        assert machine("cat /run/u/pid") == pids["second"]
    finally:
        machine(
            "systemctl stop other; kill $(cat /run/u/pid); while [ -e /run/u/pid ]; do sleep 0.1; done; rm -rf /home/u",
            check=False,
        )
