# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who lives in the namespaces of a container that is restarted or replaced comes along, or is named in a warning."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker

if t.TYPE_CHECKING:
    from conftest import Run

WELL: dict[str, t.Any] = {"image": "stevedore/busybox:1", "command": "sleep 10000", "stop_signal": "KILL"}


def interfaces(docker: Docker, name: str) -> bool:
    """Whether it has another one than the loopback."""
    return "eth0" in docker("exec", name, "cat", "/proc/net/dev")


def kinds(result: t.Any) -> dict[str, list[str]]:
    return {one["name"]: [action["action"] for action in one["actions"]] for one in result["containers"]}


def test_within_a_set(docker: Docker, name: str, run: Run) -> None:
    gate, client, second, other = (f"{name}-{part}" for part in ("gate", "client", "second", "other"))
    entries: list[dict[str, t.Any]] = [
        {"name": second, "pid_mode": f"container:{client}"},
        {"name": client, "network_mode": f"container:{gate}"},
        {"name": gate},
        {"name": other},
    ]
    options = {"defaults": WELL, "containers": entries}
    assert run("containers", **options).changed
    entries[2]["restart"] = True
    foreseen = run("containers", **options, _check=True)
    done = run("containers", **options)
    assert kinds(done) == kinds(foreseen) == {gate: ["restart"], client: ["restart"], second: ["restart"], other: []}
    actions = {one["name"]: one["actions"] for one in done["containers"]}
    assert actions[client] == [{"action": "restart", "because": ["network_mode"]}]
    assert interfaces(docker, client)
    assert "warnings" not in done
    # One that was stopped by hand takes them along, too.
    del entries[2]["restart"]
    docker("stop", gate)
    done = run("containers", **options)
    assert kinds(done) == {gate: ["start"], client: ["restart"], second: ["restart"], other: []}
    assert interfaces(docker, client)
    assert not run("containers", **options).changed


OPTIONS = {"network_mode": "--network", "pid_mode": "--pid", "ipc_mode": "--ipc"}


@pytest.mark.parametrize("option", OPTIONS)
def test_outside_of_the_set(docker: Docker, name: str, run: Run, option: str) -> None:
    """container_run alone names them, and only while they run."""
    gate, client = f"{name}-gate", f"{name}-client"
    options = {**WELL, "name": gate, "ipc_mode": "shareable"}
    assert "warnings" not in run("container_run", **options)
    flag = (OPTIONS[option], f"container:{gate}")
    docker("run", "-d", "--name", client, "--stop-signal", "KILL", *flag, WELL["image"], "sleep", "10000")
    assert "warnings" not in run("container_run", **options)
    foreseen = run("container_run", **options, restart=True, _check=True)
    for told in (foreseen, run("container_run", **options, restart=True)):
        assert client in str(told["warnings"])
        assert option in str(told["warnings"])
    docker("start", client)
    assert client in str(run("container_run", **options, env={"A": "1"})["warnings"])
    docker("rm", "--force", client)
    assert "warnings" not in run("container_run", **options, env={"A": "2"})


@pytest.mark.parametrize("state", ["restarted", "stopped", "killed"])
def test_container_state(docker: Docker, name: str, run: Run, state: str) -> None:
    gate, client = f"{name}-gate", f"{name}-client"
    docker("run", "-d", "--name", gate, "--stop-signal", "KILL", WELL["image"], "sleep", "10000")
    flags = ("--network", f"container:{gate}", "--stop-signal", "KILL")
    docker("run", "-d", "--name", client, *flags, WELL["image"], "sleep", "10000")
    done = run("container_state", name=gate, state=state)
    assert client in str(done["warnings"])
    # With them in the same task nothing has to be said.
    docker("start", gate)
    docker("restart", client)
    assert "warnings" not in run("container_state", name=[gate, client], state=state)


def test_a_set_names_those_outside(docker: Docker, name: str, run: Run) -> None:
    gate, client = f"{name}-gate", f"{name}-client"
    assert run("containers", containers=[{**WELL, "name": gate}]).changed
    flags = ("--network", f"container:{gate}", "--stop-signal", "KILL")
    docker("run", "-d", "--name", client, *flags, WELL["image"], "sleep", "10000")
    done = run("containers", containers=[{**WELL, "name": gate, "env": {"A": "1"}}])
    assert client in str(done["warnings"])
