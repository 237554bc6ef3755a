# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_commit on a real engine, judged by ``docker inspect``, ``docker history`` and ``docker run``."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker

from .conftest import Run

IMAGE = "stevedore/busybox:1"
Unique = t.Callable[..., str]


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    """A running container in which something was changed."""
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", "echo new >/root/added; rm /srv/index.html")
    return name


def image_of(docker: Docker, reference: str) -> str:
    """The image's id, or nothing."""
    return docker("images", "--no-trunc", "--quiet", reference)


def test_once(docker: Docker, run: Run, box: str) -> None:
    repository = f"{box}/snap"
    wish: dict[str, t.Any] = {"container": box, "repository": repository, "author": "Jane", "comment": "a\nb = $c"}
    predicted = run("container_commit", **wish, _check=True, _diff=True)
    assert (predicted.changed, predicted.action, predicted.image_id) == (True, "commit", None)
    assert image_of(docker, repository) == ""

    made = run("container_commit", **wish, _diff=True)
    image = docker.inspect(f"{repository}:latest", "image")
    assert (made.changed, made.action, made.image_id) == (True, "commit", image["Id"])
    assert (image["Author"], image["Comment"]) == ("Jane", "a\nb = $c")
    assert made.tags == [f"{repository}:latest"]
    size = docker("history", "--human=false", "--format", "{{.Size}}", repository).splitlines()[0]
    assert made.layer_size == int(size)
    assert made.counts == {"added": 1, "deleted": 1, "modified": 2}
    assert predicted.diff["before"] == made.diff["before"]
    assert {**predicted.diff["after"], "image": image["Id"]} == made.diff["after"]
    assert docker("run", "--rm", repository, "cat", "/root/added") == "new"
    assert not docker.ok("run", "--rm", repository, "cat", "/srv/index.html")

    again = run("container_commit", **wish, _diff=True)
    assert (again.changed, again.action, again.image_id) == (False, "none", image["Id"])
    assert again.diff["before"] == again.diff["after"]
    docker("restart", "--time", "0", box)
    assert not run("container_commit", **wish).changed
    assert not run("container_commit", **wish, _check=True).changed

    docker("exec", box, "sh", "-c", "echo newer >/root/added")
    assert run("container_commit", **wish, _check=True).changed
    newer = run("container_commit", **wish)
    assert newer.changed
    assert image_of(docker, repository) == newer.image_id != image["Id"]
    docker("rmi", image["Id"])


# Options that make another image of the same container, and those that alone do not.
OPTIONS: list[tuple[dict[str, t.Any], bool]] = [
    ({"changes": 'CMD ["ls"]'}, True),
    ({"labels": {"tier": "web"}}, True),
    ({"force": True}, True),
    ({"comment": "another note"}, False),
    ({"author": "somebody else"}, False),
    ({"pause": False}, False),
]


@pytest.mark.parametrize(("options", "changed"), OPTIONS)
def test_what_is_a_reason_to_commit(run: Run, box: str, options: dict[str, t.Any], changed: bool) -> None:
    wish = {"container": box, "repository": f"{box}/snap"}
    first = run("container_commit", **wish)
    second = run("container_commit", **wish, **options)
    assert second.changed == changed
    assert (second.image_id != first.image_id) == changed
    assert not run("container_commit", **wish, **{**options, "force": False}).changed


def test_changes_survive_whatever_they_contain(docker: Docker, run: Run, box: str) -> None:
    nasty = "it's \"5\" o'clock = tea $HOME \\ ü"
    result = run(
        "container_commit",
        container=box,
        repository=f"{box}/snap",
        changes={
            "CMD": ["sh", "-c", 'echo "$NASTY"'],
            "ENV": {"NASTY": nasty},
            "LABEL": {"nasty label": nasty},
            "STOPSIGNAL": "SIGINT",
            "SHELL": ["/bin/sh", "-ec"],
            "USER": "app",
        },
        labels={"with\nnewline": "a\nb", "number": 5},
    )
    config = docker.inspect(result.image_id, "image")["Config"]
    assert f"NASTY={nasty}" in config["Env"]
    assert (config["StopSignal"], config["Shell"], config["User"]) == ("SIGINT", ["/bin/sh", "-ec"], "app")
    assert config["Labels"]["nasty label"] == nasty
    assert (config["Labels"]["with\nnewline"], config["Labels"]["number"]) == ("a\nb", "5")
    assert docker("run", "--rm", result.image_id) == nasty


def test_same_state_under_another_tag_is_no_second_image(docker: Docker, run: Run, box: str) -> None:
    wish = {"container": box, "repository": f"{box}/snap", "comment": "same"}
    first = run("container_commit", **wish, tag="1")
    assert run("container_commit", **wish, tag="2", _check=True).action == "tag"
    second = run("container_commit", **wish, tag="2")
    assert (second.changed, second.action, second.image_id) == (True, "tag", first.image_id)
    assert image_of(docker, f"{box}/snap:2") == first.image_id
    assert second.tags == [f"{box}/snap:1", f"{box}/snap:2"]
    assert not run("container_commit", **wish, tag="2").changed
    # A tag alone could not show another message.
    assert run("container_commit", **{**wish, "comment": "other"}, tag="3").action == "commit"


def test_tag_of_another_image_is_not_taken(docker: Docker, run: Run, box: str) -> None:
    docker("tag", "stevedore/busybox:2", f"{box}/snap:1")
    wish = {"container": box, "repository": f"{box}/snap", "tag": "1"}
    before = docker("images", "--no-trunc", f"{box}/snap")
    for check in (True, False):
        result = run("container_commit", **wish, _check=check)
        assert result.failed
        assert result.failure["kind"] == "conflict"
        assert "force: true" in result.msg
    assert docker("images", "--no-trunc", f"{box}/snap") == before
    taken = run("container_commit", **wish, force=True)
    assert image_of(docker, f"{box}/snap:1") == taken.image_id
    assert docker.ok("image", "inspect", "stevedore/busybox:2")


def test_descendants_of_a_snapshot_are_not_snapshots(docker: Docker, run: Run, box: str, unique: Unique) -> None:
    run("container_commit", container=box, repository=f"{box}/snap", tag="1")
    child = unique("child")
    docker("run", "--detach", "--name", child, f"{box}/snap:1", "sleep", "1000")
    docker("commit", child, f"{box}/snap:by-hand")
    docker("build", "--tag", f"{box}/snap:built", "-", input=f"FROM {box}/snap:1\nENV A=1\n")
    for tag in ("by-hand", "built"):
        result = run("container_commit", container=box, repository=f"{box}/snap", tag=tag)
        assert result.failed, f"{tag} was taken for one of our own"
        assert result.failure["kind"] == "conflict"
    # A snapshot of a container that runs from a snapshot is one.
    assert run("container_commit", container=child, repository=f"{box}/snap", tag="second").changed
    assert not run("container_commit", container=child, repository=f"{box}/snap", tag="second").changed


def test_keep_removes_our_oldest_and_nothing_else(docker: Docker, run: Run, box: str, unique: Unique) -> None:
    repository = f"{box}/snap"
    made = []
    for number in range(5):
        docker("exec", box, "sh", "-c", f"echo {number} >/root/added")
        made.append(run("container_commit", container=box, repository=repository, tag=str(number)).image_id)
    docker("tag", "stevedore/busybox:2", f"{repository}:foreign")
    docker("tag", made[1], f"{box}/kept:1")
    docker("create", "--name", unique("user"), f"{repository}:2")
    docker("exec", box, "sh", "-c", "echo 5 >/root/added")
    wish = {"container": box, "repository": repository, "tag": "5", "keep": 2}

    predicted = run("container_commit", **wish, _check=True)
    assert [image_of(docker, f"{repository}:{number}") for number in range(5)] == made
    result = run("container_commit", **wish)
    assert result.removed == predicted.removed
    assert [(r["id"], r["tags"]) for r in result.removed] == [
        (made[3], [f"{repository}:3"]),
        (made[1], [f"{repository}:1"]),
        (made[0], [f"{repository}:0"]),
    ]
    assert [warning for warning in map(str, result.warnings) if f"{repository}:2" in warning]
    left = set(docker("images", "--format", "{{.Tag}}", repository).splitlines())
    assert left == {"2", "4", "5", "foreign"}
    assert image_of(docker, f"{box}/kept:1") == made[1]
    assert not docker.ok("image", "inspect", made[0])
    assert docker.ok("image", "inspect", "stevedore/busybox:2")
    assert docker.ok("image", "inspect", IMAGE)
    assert not run("container_commit", **wish).changed


def test_keep_with_a_tag_that_moves(docker: Docker, run: Run, box: str) -> None:
    wish = {"container": box, "repository": f"{box}/snap", "tag": "now", "keep": 1}
    first = run("container_commit", **wish)
    docker("exec", box, "sh", "-c", "echo 2 >/root/added")
    second = run("container_commit", **wish)
    assert [item["id"] for item in second.removed] == [first.image_id]
    assert image_of(docker, f"{box}/snap:now") == second.image_id
    assert not docker.ok("image", "inspect", first.image_id)


@pytest.mark.parametrize("state", ["paused", "stopped", "created"])
def test_containers_in_any_state(docker: Docker, run: Run, unique: Unique, state: str) -> None:
    name = unique(state)
    docker("create", "--name", name, IMAGE, "sleep", "1000")
    if state != "created":
        docker("start", name)
        docker(*{"paused": ["pause", name], "stopped": ["stop", "--time", "0", name]}[state])
    before = docker("inspect", "--format", "{{.State.Status}} {{.State.Pid}}", name)
    assert run("container_commit", container=name, repository=f"{name}/snap").changed
    assert docker("inspect", "--format", "{{.State.Status}} {{.State.Pid}}", name) == before


ADDRESSES = [
    "--env",
    "DATABASE_URL=postgres://app:hunter2@db:5432/shop",
    "--env",
    "PUBLIC_URL=https://app@shop.example.com:8443/",
]


def test_warnings_of_what_is_left_out_and_given_away(docker: Docker, run: Run, name: str, unique: Unique) -> None:
    volume = unique("data")
    docker(
        "create",
        "--name",
        name,
        "--volume",
        f"{volume}:/data",
        "--env",
        "DB_PASSWORD=hunter2",
        *ADDRESSES,
        IMAGE,
        "true",
    )
    result = run("container_commit", container=name, repository=f"{name}/snap", _check=True)
    assert any(volume in text and "/data" in text for text in map(str, result.warnings))
    assert any("DATABASE_URL, DB_PASSWORD." in text for text in map(str, result.warnings))
    assert "hunter2" not in str(result.warnings)
    assert "PUBLIC_URL" not in str(result.warnings)


@pytest.mark.parametrize("keyword", ["CMD", "ENTRYPOINT"])
def test_an_empty_command_is_refused(docker: Docker, run: Run, name: str, keyword: str) -> None:
    entrypoint = ["--entrypoint", "sleep"] if keyword == "ENTRYPOINT" else []
    docker("create", "--name", name, *entrypoint, IMAGE, "true")
    result = run("container_commit", container=name, repository=f"{name}/snap", changes={keyword: []})
    assert (result.failed, result.failure["kind"]) == (True, "invalid")
    assert f"an empty {keyword} has no effect" in result.msg
    assert image_of(docker, f"{name}/snap") == ""


def test_an_empty_command_beside_an_entrypoint(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--name", name, "--entrypoint", "sleep", IMAGE, "99")
    run("container_commit", container=name, repository=f"{name}/snap", changes={"CMD": []})
    assert (
        docker("inspect", "--format", "{{.Config.Entrypoint}}{{len .Config.Cmd}}", f"{name}/snap").strip() == "[sleep]0"
    )


REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"container": "there-is-no-such-container"}, "missing"),
    ({"repository": "No/Capitals"}, "invalid"),
    ({"changes": "CMD x\nUSER root"}, "invalid"),
    ({"changes": {"ENV": {"A": "b\nUSER root"}}}, "invalid"),
    ({"changes": "RUN make"}, "invalid"),
    ({"keep": 0}, "invalid"),
]


@pytest.mark.parametrize(("options", "kind"), REFUSED)
def test_refused(docker: Docker, run: Run, unique: Unique, options: dict[str, t.Any], kind: str) -> None:
    name = unique()
    docker("create", "--name", name, IMAGE, "true")
    result = run("container_commit", **{"container": name, "repository": f"{name}/snap", **options})
    assert result.failed
    assert result.failure["kind"] == kind
    assert image_of(docker, f"{name}/snap") == ""
