# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was mounted in a replaced container is mounted in the new one, was taken out by the task, or is told."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker

if t.TYPE_CHECKING:
    from conftest import Run

IMAGE = "stevedore/busybox:1"
RUN: dict[str, t.Any] = {"command": "sleep 10000", "stop_signal": "KILL"}


class Images:
    """Images that declare volumes as they like."""

    def __init__(self, docker: Docker, mark: str) -> None:
        self._docker, self._mark = docker, mark

    def __call__(self, tag: str, *volumes: str) -> str:
        reference = f"{self._mark}-image:{tag}"
        self._docker("create", "--name", f"{self._mark}-{tag}", IMAGE)
        changes = [part for volume in volumes for part in ("--change", f'VOLUME ["{volume}"]')]
        self._docker("commit", *changes, f"{self._mark}-{tag}", reference)
        assert set(self._docker.inspect(reference, "image")["Config"]["Volumes"] or {}) == set(volumes)
        return reference


@pytest.fixture
def images(docker: Docker, unique: t.Callable[..., str]) -> Images:
    return Images(docker, unique("made"))


def volume_at(docker: Docker, name: str, place: str) -> str:
    (found,) = [mount["Name"] for mount in docker.inspect(name)["Mounts"] if mount["Destination"] == place]
    return str(found)


@pytest.mark.parametrize("spelling", ["/data/", "/data//", "/x/../data", "/./data"])
def test_places_in_any_spelling(docker: Docker, name: str, run: Run, images: Images, spelling: str) -> None:
    options = {**RUN, "name": name, "image": images("one", spelling)}
    assert run("container_run", **options).changed
    docker("exec", name, "sh", "-c", "echo note >/data/note")
    done = run("container_run", **options, env={"A": "1"})
    assert done.changed
    assert "warnings" not in done
    assert docker("exec", name, "cat", "/data/note") == "note"
    assert not run("container_run", **options, env={"A": "1"}).changed


@pytest.mark.parametrize("place", ["/data", "/data/"])
def test_places_in_mounts(docker: Docker, name: str, run: Run, place: str) -> None:
    options = {**RUN, "name": name, "image": IMAGE, "mounts": [{"type": "volume", "target": place}]}
    assert run("container_run", **options).changed
    docker("exec", name, "sh", "-c", "echo note >/data/note")
    assert run("container_run", **options, env={"A": "1"}).changed
    assert docker("exec", name, "cat", "/data/note") == "note"
    assert not run("container_run", **options, env={"A": "1"}).changed


def test_beside_volumes_from(docker: Docker, name: str, run: Run, images: Images) -> None:
    """The own ones go along, those of the other container stay its own."""
    source = f"{name}-source"
    docker("run", "-d", "--name", source, "--stop-signal", "KILL", "-v", "/shared", IMAGE, "sleep", "10000")
    options = {**RUN, "name": name, "image": images("one", "/data"), "volumes_from": [source]}
    assert run("container_run", **options).changed
    for place in ("/data", "/shared"):
        docker("exec", name, "sh", "-c", f"echo {place} >{place}/note")
    done = run("container_run", **options, env={"A": "1"})
    assert "warnings" not in done
    assert docker("exec", name, "cat", "/data/note", "/shared/note").split() == ["/data", "/shared"]
    binds = docker.inspect(name)["HostConfig"]["Binds"] or []
    assert [bind.partition(":")[2] for bind in binds] == ["/data"]
    assert not run("container_run", **options, env={"A": "1"}).changed


@pytest.mark.parametrize("after", [["/var/lib/db"], []], ids=["moved", "dropped"])
def test_a_volume_that_the_new_image_has_elsewhere(
    docker: Docker, name: str, run: Run, images: Images, after: list[str]
) -> None:
    """As postgres did from 17 to 18: it is kept, and told with the line that mounts it again."""
    old, new = images("old", "/var/lib/db/data"), images("new", *after)
    options = {**RUN, "name": name}
    assert run("container_run", **options, image=old).changed
    docker("exec", name, "sh", "-c", "echo note >/var/lib/db/data/note")
    volume = volume_at(docker, name, "/var/lib/db/data")
    line = f"{volume}:/var/lib/db/data"
    foreseen = run("container_run", **options, image=new, _check=True)
    assert line in str(foreseen["warnings"])
    done = run("container_run", **options, image=new)
    assert line in str(done["warnings"])
    assert docker.ok("volume", "inspect", volume)
    # What was told is true.
    done = run("container_run", **options, image=new, volumes=[line])
    assert docker("exec", name, "cat", "/var/lib/db/data/note") == "note"
    assert not run("container_run", **options, image=new, volumes=[line]).changed


def test_an_anonymous_volume_taken_out_of_the_task(docker: Docker, name: str, run: Run) -> None:
    options = {**RUN, "name": name, "image": IMAGE}
    assert run("container_run", **options, volumes=["/data"]).changed
    volume = volume_at(docker, name, "/data")
    assert f"{volume}:/data" in str(run("container_run", **options)["warnings"])
    assert docker.ok("volume", "inspect", volume)


def test_hidden_by_what_the_task_mounts_there(docker: Docker, name: str, run: Run, images: Images) -> None:
    options = {**RUN, "name": name, "image": images("one", "/data")}
    assert run("container_run", **options).changed
    volume = volume_at(docker, name, "/data")
    assert volume in str(run("container_run", **options, tmpfs=["/data"])["warnings"])
    assert docker.ok("volume", "inspect", volume)


def test_named_ones_that_nobody_took_out(docker: Docker, name: str, run: Run) -> None:
    """``ignore_changes`` tolerates a mount, which a replacement for another reason would lose without a word."""
    volume = f"{name}-data"
    flags = ("--stop-signal", "KILL", "-v", f"{volume}:/data", "-v", "/etc:/host:ro")
    docker("run", "-d", "--name", name, *flags, IMAGE, "sleep", "10000")
    options = {**RUN, "name": name, "image": IMAGE, "ignore_changes": ["volumes"]}
    assert not run("container_run", **options).changed
    told = str(run("container_run", **options, env={"A": "1"})["warnings"])
    assert f"{volume}:/data" in told
    assert "/etc:/host:ro" in told


def test_named_ones_that_the_task_took_out(docker: Docker, name: str, run: Run) -> None:
    docker("run", "-d", "--name", name, "--stop-signal", "KILL", "-v", f"{name}-data:/data", IMAGE, "sleep", "10000")
    done = run("container_run", **RUN, name=name, image=IMAGE)
    assert done["actions"] == [{"action": "recreate", "because": ["volumes"]}]
    assert "warnings" not in done


def test_a_failed_replacement_tells_nothing(docker: Docker, name: str, run: Run, images: Images) -> None:
    assert run("container_run", **RUN, name=name, image=images("old", "/data")).changed
    failed = run("container_run", name=name, image=images("new"), command="false", stop_signal="KILL")
    assert failed["rolled_back"] is True
    assert "warnings" not in failed


def test_a_set_tells_it_too(docker: Docker, name: str, run: Run, images: Images) -> None:
    entry = {**RUN, "name": name}
    assert run("containers", containers=[{**entry, "image": images("old", "/data")}]).changed
    volume = volume_at(docker, name, "/data")
    done = run("containers", containers=[{**entry, "image": images("new")}])
    assert f"{volume}:/data" in str(done["warnings"])


def test_nothing_is_told_of_what_was_to_go(docker: Docker, name: str, run: Run, images: Images) -> None:
    assert run("container_run", **RUN, name=name, image=images("old", "/data")).changed
    volume = volume_at(docker, name, "/data")
    done = run("container_run", **RUN, name=name, image=images("new"), keep_volumes=False)
    assert "warnings" not in done
    assert not docker.ok("volume", "inspect", volume)
