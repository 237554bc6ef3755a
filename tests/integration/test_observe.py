# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_port, container_top and container_stats beside what the docker CLI prints."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
from support.engine import Docker, until

BUSY = "while :; do :; done"
IMAGE = "stevedore/busybox:1"
Run = t.Callable[..., t.Any]
Unique = t.Callable[..., str]


def test_ports_are_those_of_the_cli(docker: Docker, run: Run, name: str) -> None:
    docker(
        "run", "-d", "--name", name, "-p", "127.0.0.1::6060", "-p", "5353:53/udp", "-p", "9", "--expose", "7", IMAGE,
        "sleep", "1000",
    )  # fmt: skip
    found = run("container_port", name=name).container
    assert found["lines"] == docker("port", name).splitlines()
    assert found["addresses"]["7/tcp"] == []
    asked = run("container_port", name=name, port=["6060", "53/udp", "1234"]).container
    assert asked["addresses"]["6060/tcp"] == docker("port", name, "6060").splitlines()
    assert asked["addresses"]["53/udp"] == docker("port", name, "53/udp").splitlines()
    assert asked["addresses"]["1234/tcp"] == []
    docker("stop", "-t", "0", name)
    stopped = run("container_port", name=name, port=["6060"]).container
    assert (stopped["running"], stopped["addresses"]) == (False, {"6060/tcp": []})


def rows_of(text: str) -> list[list[str]]:
    lines = text.splitlines()
    columns = len(lines[0].split())
    return [line.split(None, columns - 1) for line in lines]


@pytest.mark.parametrize("arguments", [None, "-eo pid,ppid,user,args"])
def test_processes_are_those_of_the_cli(docker: Docker, run: Run, name: str, arguments: str | None) -> None:
    docker("run", "-d", "--name", name, IMAGE, "sh", "-c", "sleep 1000 & sleep 1001 & wait")
    until(lambda: len(docker("top", name).splitlines()) == 4, "three processes")
    titles, *rows = rows_of(docker("top", name, *(arguments or "").split()))
    found = run("container_top", name=name, **({"ps_args": arguments} if arguments else {})).container
    assert found["titles"] == titles
    moving = {"C", "TIME"}  # CPU time goes on between two calls
    steady = [[text for title, text in zip(titles, row) if title not in moving] for row in rows]
    assert [[text for title, text in row.items() if title not in moving] for row in found["processes"]] == steady
    assert found["pids"] == [int(row[titles.index("PID")]) for row in rows]


def test_states_without_processes(docker: Docker, run: Run, unique: Unique) -> None:
    docker("run", "-d", "--name", unique("paused"), IMAGE, "sleep", "1000")
    docker("pause", unique("paused"))
    docker("create", "--name", unique("created"), IMAGE, "sleep", "1000")
    docker("run", "-d", "--name", unique("restarting"), "--restart", "always", IMAGE, "false")
    until(lambda: docker.inspect(unique("restarting"))["State"]["Restarting"], "a restart")
    names = [unique(suffix) for suffix in ("paused", "created", "restarting")]
    tops = run("container_top", name=names).containers
    assert [len(top["processes"]) for top in tops][:2] == [1, 0]
    stats = run("container_stats", name=names, interval=0.1).containers
    assert [row["running"] for row in stats][:2] == [True, False]
    assert [row["name"] for row in stats] == names


@pytest.mark.parametrize("module", ["container_port", "container_top", "container_stats"])
def test_no_such_container(run: Run, unique: Unique, module: str) -> None:
    result = run(module, name=unique("nobody"))
    assert result.failed
    assert result.failure["kind"] == "missing"
    assert unique("nobody") in result.msg


def test_ps_says_no(docker: Docker, run: Run, name: str) -> None:
    docker("run", "-d", "--name", name, IMAGE, "sleep", "1000")
    result = run("container_top", name=name, ps_args="-o comm")
    assert result.failed
    assert "PID" in result.msg


def needs_numbers(docker: Docker, name: str) -> None:
    """A nested systemd that mounts further cgroup v1 controllers takes the numbers of an engine outside of it away."""
    if docker("stats", "--no-stream", "--format", "{{.MemUsage}}", name).endswith(" / 0B"):
        pytest.skip("this engine cannot read the cgroups of new containers: the docker CLI shows no numbers either")


def number(text: str) -> float:
    """What a column of docker stats says, in bytes or percent."""
    found = re.fullmatch(r"([0-9.]+)(%|B|kB|KiB|MB|MiB|GB|GiB|)", text)
    assert found, text
    units = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    return float(found.group(1)) * units.get(found.group(2), 1)


def test_stats_are_those_of_the_cli(docker: Docker, run: Run, name: str) -> None:
    # A tenth of a CPU, so that neither the number of CPUs nor the neighbours matter.
    docker("run", "-d", "--name", name, "--cpus", "0.1", "--memory", "64m", IMAGE, "sh", "-c", f"sleep 1000 & {BUSY}")
    needs_numbers(docker, name)
    form = "{{.CPUPerc}}|{{.MemUsage}}|{{.MemPerc}}|{{.NetIO}}|{{.BlockIO}}|{{.PIDs}}"
    printed = docker("stats", "--no-stream", "--format", form, name).split("|")
    found = run("container_stats", name=name, interval=1.5).container
    assert found["cpu_percent"] == pytest.approx(number(printed[0]), abs=7)
    assert 0 < found["cpu_percent"] < 20
    used, limit = printed[1].split(" / ")
    assert found["memory_usage"] == pytest.approx(number(used), abs=512 << 10)
    assert found["memory_limit"] == number(limit) == 64 << 20
    assert found["memory_percent"] == pytest.approx(number(printed[2]), abs=1)
    assert [found["network_received"], found["network_sent"]] == pytest.approx(
        [number(one) for one in printed[3].split(" / ")], abs=2000
    )
    assert [found["block_read"], found["block_written"]] == [number(one) for one in printed[4].split(" / ")]
    assert str(found["pids"]) == found["text"]["pids"] == printed[5] == "2"
    assert found["text"]["memory"].endswith(" / 64MiB")


def test_prometheus(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    docker("run", "-d", "--name", name, IMAGE, "sleep", "1000")
    needs_numbers(docker, name)
    path = tmp_path / "containers.prom"
    asked: dict[str, t.Any] = {"name": name, "interval": 0, "output": "prometheus", "path": str(path)}
    assert run("container_stats", _check=True, **asked).changed
    assert not path.exists()
    assert run("container_stats", **asked).changed
    identity = docker("inspect", "--format", "{{.Id}}", name)
    assert f'container_threads{{id="/docker/{identity}",image="{IMAGE}",name="{name}"}} 1\n' in path.read_text()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"interval": -1}, "interval"),
        ({"output": "prometheus"}, "path"),
        ({"filters": {"color": "red"}}, "color"),
    ],
)
def test_bad_input(run: Run, params: dict[str, t.Any], words: str) -> None:
    result = run("container_stats", **params)
    assert result.failed
    assert words in result.msg
