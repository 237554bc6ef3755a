# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_inspect shows what docker inspect shows, and how to run it again."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.engine import Docker

from .conftest import Run


def test_it_is_the_document_of_docker_inspect(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--name", name, "--env", "A=1", "stevedore/busybox:1", "sleep", "100")
    result = run("container_inspect", name=[name])
    assert not result.changed
    assert result.exists
    assert result.container["inspect"] == docker.inspect(name)
    assert result.container["run_options"] == {
        "command": ["sleep", "100"],
        "env": {"A": "1"},
        "image": "stevedore/busybox:1",
        "name": name,
    }


def test_a_missing_container_is_an_answer(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    docker("create", "--name", unique("here"), "stevedore/busybox:1", "true")
    result = run("container_inspect", name=[unique("here"), unique("gone")])
    assert [found["name"] for found in result.containers] == [unique("here")]
    assert result.missing == [unique("gone")]
    assert not result.exists
    assert result.container is None
    alone = run("container_inspect", name=[unique("gone")])
    assert (alone.exists, alone.containers, alone.container) == (False, [], None)


def test_by_filter_and_all(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    for suffix in ("a", "b"):
        docker("create", "--name", unique(suffix), "--label", f"set={unique()}", "stevedore/busybox:1", "true")
    chosen = run("container_inspect", filters={"label": f"set={unique()}"})
    assert [found["name"] for found in chosen.containers] == [unique("a"), unique("b")]
    everything = {found["name"] for found in run("container_inspect").containers}
    assert everything >= {unique("a"), unique("b")}


def test_a_tag_that_moved_is_named_by_its_id(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    docker("tag", "stevedore/busybox:1", unique() + ":now")
    docker("create", "--name", unique("box"), unique() + ":now", "true")
    docker("tag", "stevedore/busybox:2", unique() + ":now")
    image = run("container_inspect", name=[unique("box")]).container["run_options"]["image"]
    assert image == docker.inspect("stevedore/busybox:1", "image")["Id"]


def test_secrets_are_masked_everywhere(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--name", name, "--env", "DB_PASSWORD=x=y", "--env", "A=1", "stevedore/busybox:1", "true")
    result = run("container_inspect", name=[name], mask_env=["*PASSWORD*"])
    assert "x=y" not in json.dumps(result)
    assert result.container["run_options"]["env"] == {"A": "1", "DB_PASSWORD": "********"}
    assert "DB_PASSWORD=********" in result.container["inspect"]["Config"]["Env"]


def test_sizes_are_measured_when_asked_for(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--name", name, "stevedore/busybox:1", "dd", "if=/dev/zero", "of=/f", "bs=1000", "count=5")
    size = run("container_inspect", name=[name], size=True).container["inspect"]["SizeRw"]
    # Bytes, or with containerd's image store the blocks of the disk.
    assert size == int(docker("inspect", "--size", "--format", "{{.SizeRw}}", name)) >= 5000
    assert "SizeRw" not in run("container_inspect", name=[name]).container["inspect"]


BAD_INPUT: tuple[tuple[dict[str, t.Any], str], ...] = (
    ({"name": ["a1"], "filters": {"label": "x"}}, "name and filters exclude each other"),
    ({"filters": {"colour": "red"}}, "Unknown filter colour"),
)


@pytest.mark.parametrize(("params", "words"), BAD_INPUT)
def test_bad_input_is_refused(run: Run, params: dict[str, t.Any], words: str) -> None:
    result = run("container_inspect", **params)
    assert result.failed
    assert words in result.msg
    assert result.failure["kind"] == "invalid"
