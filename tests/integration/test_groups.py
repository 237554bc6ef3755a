# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group of a container is its own: no copy, image, archive or set of options carries it to another one."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from support.engine import Docker

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
OPTIONS: dict[str, t.Any] = {"image": IMAGE, "command": "sleep 10000", "stop_signal": "KILL"}
GROUP, MEMBER = "stevedore.docker.group", "stevedore.docker.member"


@pytest.fixture
def web(docker: Docker, unique: t.Callable[..., str], run: Run) -> str:
    """A member of the group of its own name."""
    web = unique("web")
    assert run("containers", group=web, containers=[{**OPTIONS, "name": web}]).changed
    labels = docker.inspect(web)["Config"]["Labels"]
    assert (labels[GROUP], labels[MEMBER]) == (web, web)
    return web


def pruned(run: Run, group: str, *containers: dict[str, t.Any]) -> list[str]:
    """What a run of the group with these containers removes."""
    done = run("containers", group=group, prune=True, containers=list(containers))
    assert not done.failed, done
    return [one["name"] for one in done["containers"] if one["actions"] and one["actions"][0]["action"] == "prune"]


def labels_of(docker: Docker, kind: str, name: str) -> dict[str, str]:
    """Those that say something about a group."""
    labels = docker.inspect(name, kind)["Config"]["Labels"] or {}
    return {key: value for key, value in labels.items() if key in (GROUP, MEMBER) and value}


def test_a_copy_from_docker_commit_is_nobodys_member(docker: Docker, web: str, run: Run) -> None:
    docker("commit", web, f"{web}-snap:1")
    docker("run", "-d", "--name", f"{web}-copy", f"{web}-snap:1")
    assert pruned(run, web) == [web]
    assert docker("inspect", "--format", "{{.State.Status}}", f"{web}-copy") == "running"


def test_a_renamed_one_is_left_alone(docker: Docker, web: str, run: Run) -> None:
    docker("rename", web, f"{web}-mine")
    assert pruned(run, web) == []
    assert docker.ok("inspect", f"{web}-mine")


def test_commit_leaves_it_out(docker: Docker, web: str, run: Run) -> None:
    options = {"container": web, "repository": f"{web}-snap"}
    assert run("container_commit", **options).changed
    assert not run("container_commit", **options).changed
    assert labels_of(docker, "image", f"{web}-snap:latest") == {}
    docker("run", "-d", "--name", f"{web}-copy", "--stop-signal", "KILL", f"{web}-snap:latest")
    copied = run("container_inspect", name=f"{web}-copy")["container"]["run_options"]
    assert not run("container_run", **copied).changed
    assert pruned(run, web) == [web]


def test_export_and_import_leave_it_out(docker: Docker, web: str, run: Run, tmp_path: pathlib.Path) -> None:
    archive = tmp_path / "web.tar"
    assert run("container_export", name=web, path=str(archive)).changed
    for told in tmp_path.iterdir():
        if told.suffix == ".json":
            assert "stevedore.docker.group" not in told.read_text()
            json.loads(told.read_text())
    options = {"path": str(archive), "repository": f"{web}-import", "tag": "1"}
    done = run("container_import", **options)
    assert done.changed, done
    assert not run("container_import", **options).changed
    assert labels_of(docker, "image", f"{web}-import:1") == {}


def test_options_leave_it_out_and_do_not_take_it_away(docker: Docker, web: str, run: Run) -> None:
    found = run("container_inspect", name=web)["container"]["run_options"]
    assert GROUP not in json.dumps(found)
    assert not run("container_run", **found).changed
    # Replaced by container_run, it is a member as before.
    done = run("container_run", **{**found, "env": {"A": "1"}})
    assert done["actions"] == [{"action": "recreate", "because": ["env"]}]
    assert not run("containers", group=web, containers=[{**OPTIONS, "name": web, "env": {"A": "1"}}]).changed
    # Another one with its options is none.
    assert run("container_run", **{**found, "name": f"{web}-copy"}).changed
    assert labels_of(docker, "container", f"{web}-copy") == {}
    assert pruned(run, web) == [web]


def test_another_group_takes_it_over(docker: Docker, web: str, run: Run) -> None:
    other = f"{web}-other"
    entry = {**OPTIONS, "name": web}
    done = run("containers", group=other, containers=[entry])
    assert done["containers"][0]["actions"] == [{"action": "recreate", "because": ["group"]}]
    assert pruned(run, web) == []
    assert pruned(run, other) == [web]


def test_one_label_alone_makes_no_member(docker: Docker, name: str, run: Run) -> None:
    """Which is how containers were marked once: they are neither replaced for it nor removed on its word."""
    command = ["sleep", "10000"]
    for one in ("listed", "left"):
        options = ["--label", f"{GROUP}={name}", "--stop-signal", "KILL"]
        docker("run", "-d", "--name", f"{name}-{one}", *options, IMAGE, *command)
    entry = {**OPTIONS, "name": f"{name}-listed"}
    done = run("containers", group=name, prune=True, containers=[entry])
    assert not done.changed
    assert f"Not pruned: {name}-left." in str(done["warnings"])
    # With its next replacement it gets both.
    assert run("containers", group=name, containers=[{**entry, "env": {"A": "1"}}]).changed
    assert pruned(run, name) == [f"{name}-listed"]
    assert docker.ok("inspect", f"{name}-left")
