# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brownfield: containers that the docker CLI made, in all kinds of ways, run on unchanged under their run options."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import typing as t

import pytest
from support import boxes
from support.engine import Docker

Json = t.Dict[str, t.Any]
Run = t.Callable[..., t.Any]
MARK = "stvadopt"
BOX, APP = "stevedore/busybox:1", "stevedore/app:1"

# One container each: what comes after ``docker create --name NAME``; with ``run`` in front it is started.
CASES = f"""
{BOX}
{APP}
run {APP}
run {BOX} sleep 1000
--entrypoint '' {APP} sh -c 'echo "a  b"'
--entrypoint httpd {APP} -f
--entrypoint httpd {APP}
{APP} -p 8080 -h /srv
--env A=b --env EMPTY= --env EQ=a=b --env GREETING=other {APP}
--env GREETING {APP}
--label a=b --label tier=db --label empty {APP}
--user 1000:1000 --workdir /tmp/ --hostname web --domainname example.org {APP}
--no-healthcheck {APP}
--health-interval 1m {APP}
--health-cmd 'true || false' --health-retries 5 --health-start-period 10s --health-timeout 3s {BOX}
--publish 80 --publish 18080:80 --publish 127.0.0.1::53/udp --publish [::1]:18081:81 --expose 22 --expose 100-102/udp {APP}
--publish 127.0.0.1:19000-19002:9000-9002 --publish 17000-17010:70 --publish 0.0.0.0:18082:80 {BOX}
--publish-all {APP}
--volume /srv:/srv:ro --volume {MARK}-v:/data --volume /anonymous --volume /srv/:/x/ --volume {MARK}-v:/n:nocopy {APP}
--volume {MARK}-v:/var/lib/data {APP}
--mount type=bind,src=/srv,dst=/b,readonly,bind-propagation=rslave --mount type=volume,dst=/v {BOX}
--mount type=volume,src={MARK}-w,dst=/w,volume-nocopy,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-label=a=b {BOX}
--mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770 --mount type=volume,dst=/var/lib/data {APP}
--tmpfs /run --tmpfs /tmp:rw,size=64m,mode=1777 --tmpfs /var/lib/data {APP}
--memory 64m {BOX}
--memory 64m --memory-swap 128m --memory-reservation 32m {BOX}
--memory 64m --memory-swap -1 --memory-swappiness 10 --oom-kill-disable {BOX}
--memory-swappiness 0 --oom-score-adj -500 --pids-limit 100 {BOX}
--pids-limit -1 --blkio-weight 300 {BOX}
--cpus 1.5 --cpuset-cpus 0 --cpuset-mems 0 --cpu-shares 512 {BOX}
--cpu-period 50000 --cpu-quota 25000 {BOX}
--cap-add NET_ADMIN --cap-add CAP_SYS_TIME --cap-drop ALL --cap-drop MKNOD {BOX}
--privileged {BOX}
--privileged --pid host --ipc host --uts host --userns host {BOX}
--pid host {BOX}
--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=unconfined {BOX}
--security-opt no-new-privileges:true --security-opt systempaths=unconfined --security-opt label=disable {BOX}
--network host --publish 18083:80 {BOX}
run --network host {BOX} sleep 1000
run --network none {BOX} sleep 1000
--ulimit nofile=1024:2048 --ulimit core=-1 --ulimit nproc=10 {BOX}
--device /dev/null:/dev/nothing:r --device /dev/zero --device-cgroup-rule 'c 1:3 rwm' {BOX}
--device-read-bps /dev/null:1mb --device-write-bps /dev/null:2mb --device-read-iops /dev/null:100 {BOX}
--device-write-iops /dev/null:200 --blkio-weight-device /dev/null:200 {BOX}
--gpus all {BOX}
--gpus '"device=0,1",capabilities=compute' {BOX}
--dns 9.9.9.9 --dns 2001:db8::1 --dns-search b.example --dns-search a.example --dns-option ndots:2 {BOX}
--add-host a:10.0.0.1 --add-host six:2001:db8::1 --add-host a:10.0.0.2 --add-host gw:host-gateway {BOX}
--group-add 100 --group-add audio --init --stop-signal 9 --stop-timeout 0 {BOX}
--init=false --shm-size 128m --sysctl net.core.somaxconn=1024 --read-only --interactive --tty {BOX}
--stop-signal SIGRTMIN+3 --stop-timeout 20 --attach stdout {BOX}
--log-driver local --log-opt max-size=1m {BOX}
--log-opt max-size=1m --log-opt max-file=3 {BOX}
--log-driver none {BOX}
--restart on-failure:3 {BOX}
--restart unless-stopped {BOX}
--rm {BOX}
--cgroupns private --cgroup-parent /{MARK} --runtime runc {BOX}
--ipc shareable --volume-driver local --volume {MARK}-x:/x {BOX}
--network {MARK}-net --network-alias web --network-alias api --ip 10.213.78.10 {BOX}
run --network {MARK}-net --network-alias db {BOX} sleep 1000
run --network {MARK}-net --link {MARK}-other:db {BOX} sleep 1000
--link {MARK}-other:db {BOX}
run --link {MARK}-other:db {BOX} sleep 1000
run --network container:{MARK}-other --pid container:{MARK}-other --ipc container:{MARK}-other {BOX} sleep 1000
--volumes-from {MARK}-other:ro {BOX}
""".strip().splitlines()


def clients() -> list[str]:
    """Every docker CLI on the path: releases differ in what they send for options that nobody gave."""
    found = [shutil.which("docker", path=folder) for folder in os.environ["PATH"].split(os.pathsep)]
    return sorted({str(pathlib.Path(path).resolve()) for path in found if path})


@pytest.fixture(scope="module")
def made(docker: Docker) -> t.Iterator[dict[str, str]]:
    """The containers: name -> how it was made."""
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.78.0/24", f"{MARK}-net")
    docker(
        "run", "-d", "--name", f"{MARK}-other", "--network", "bridge", "--ipc", "shareable", "--volume", "/shared",
        "--hostname", "other", "--domainname", "example.org", BOX, "sleep", "1000",
    )  # fmt: skip
    wanted = [(tool, client, number) for tool, client in enumerate(clients()) for number in range(len(CASES))]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        yield dict(pool.map(lambda job: _make(docker, *job), wanted))
    docker.remove_all(MARK)


def _make(docker: Docker, tool: int, client: str, number: int) -> tuple[str, str]:
    words = shlex.split(CASES[number].replace("--ip 10.213.78.10", f"--ip 10.213.78.{10 + tool}"))
    verb = ["run", "--detach"] if words[0] == "run" else ["create"]
    name = f"{MARK}-{tool}-{number:02}"
    command = [client, *verb, "--name", name, *(words[1:] if words[0] == "run" else words)]
    environment = {**os.environ, "DOCKER_HOST": docker.host}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, (command, done.stderr)
    return name, shlex.join(command)


def adopted(run: Run, names: t.Collection[str]) -> dict[str, Json]:
    """The run options that ``container_inspect`` gives."""
    found = run("container_inspect", name=list(names)).containers
    return {container["name"]: container["run_options"] for container in found}


def test_cli_containers_are_adopted_unchanged(made: dict[str, str], run: Run) -> None:
    assert len(CASES) >= 40
    options = adopted(run, made)
    assert sorted(options) == sorted(made)
    first = {name: back for name, back in options.items() if name.startswith(f"{MARK}-0-")}
    for name, back in first.items():
        result = run("container_run", state="present", _diff=True, **back)
        assert not result.changed, (made[name], result["diff"])
    at_once = run("containers", containers=[{**back, "state": "present"} for back in options.values()], _diff=True)
    assert [found for found in at_once.containers if found["changed"]] == []


def test_run_options_name_only_what_was_asked(made: dict[str, str], run: Run, api: tuple[int, int]) -> None:
    """Neither image nor daemon nor another option leaks into them, whichever CLI it was."""
    options = adopted(run, made)
    plain = {name: back for name, back in options.items() if name.endswith(("-00", "-01", "-02", "-07"))}
    assert {name: sorted(back) for name, back in plain.items()} == {name: ["image", "name"] for name in plain}
    alike: dict[str, set[str]] = {}
    for name, back in options.items():
        text = repr({key: value for key, value in back.items() if key != "name"}).replace(
            "10.213.78.11", "10.213.78.10"
        )
        if api >= (1, 44):
            # The engine keeps what is read-only for clients that speak less as they know it; this is one of the few
            # things that the container itself tells.
            text = text.replace("'read_only_non_recursive': True, ", "")
        alike.setdefault(name[-2:], set()).add(text)
    assert {number: texts for number, texts in alike.items() if len(texts) > 1} == {}


def test_recreated_from_run_options_is_equal(made: dict[str, str], run: Run, docker: Docker) -> None:
    names = [name for name in made if name.startswith(f"{MARK}-0-")]
    options, before = adopted(run, names), essences(docker, names)
    docker("rm", "--force", "--volumes", *names)
    run("containers", containers=[{**back, "state": "present"} for back in options.values()])
    after = essences(docker, names)
    for name in names:
        assert list(_different(before[name], after[name])) == [], made[name]


def essences(docker: Docker, names: t.Sequence[str]) -> dict[str, Json]:
    found = {}
    for document in json.loads(docker("container", "inspect", *names)):
        essence = boxes.essence(document)
        if essence["Host"]["NetworkMode"].startswith("container:"):
            # Taken over from the other container at the start.
            essence["Config"].pop("Hostname", None)
            essence["Config"].pop("Domainname", None)
        found[document["Name"][1:]] = essence
    return found


def _different(before: t.Any, after: t.Any, where: str = "") -> t.Iterator[tuple[str, t.Any, t.Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _different(before.get(key), after.get(key), f"{where}.{key}")
    elif before != after:
        yield where, before, after
