# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pulling: when, from where, with which credentials, and what check mode foresees of it."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest
from support.engine import Docker
from support.registry import docker_config, registry

if t.TYPE_CHECKING:
    from conftest import Run

ONE, TWO = "stevedore/busybox:1", "stevedore/busybox:2"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, docker: Docker) -> t.Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry"), docker.host) as address:
        yield address


@dataclasses.dataclass(frozen=True)
class Shop:
    """One repository of the registry, for one test."""

    docker: Docker
    reference: str

    def push(self, image: str) -> str:
        """Put an image behind the tag, leave none of it here, and return the digest."""
        self.docker("tag", image, self.reference)
        self.docker("push", "--quiet", self.reference)
        digests = self.docker.inspect(image, "image")["RepoDigests"]
        found = next(str(digest) for digest in digests if digest.startswith(self.reference.rpartition(":")[0]))
        self.forget()
        return found

    def forget(self) -> None:
        self.docker("rmi", "--force", self.reference)


@pytest.fixture
def shop(
    docker: Docker, host: str, name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> t.Iterator[Shop]:
    monkeypatch.setenv("DOCKER_CONFIG", docker_config(tmp_path / "docker", host))
    repository = f"{host}/{name}"
    yield Shop(docker, f"{repository}:stable")
    for line in docker("images", "--digests", "--format", "{{.Repository}} {{.ID}} {{.Digest}}").splitlines():
        if line.startswith(repository):
            docker("rmi", "--force", f"{repository}@{line.split()[2]}", check=False)
    docker("rmi", "--force", f"{repository}:stable", check=False)


def kinds(result: t.Any) -> list[str]:
    return [action["action"] for action in result["actions"]]


def test_missing(shop: Shop, name: str, run: Run, docker: Docker) -> None:
    shop.push(ONE)
    options: dict[str, t.Any] = {"name": name, "image": shop.reference, "command": "sleep 1000", "stop_signal": "KILL"}
    foreseen = run("container_run", **options, _check=True)
    assert not docker.ok("image", "inspect", shop.reference)
    assert not docker.ok("inspect", name)
    done = run("container_run", **options)
    assert kinds(done) == kinds(foreseen) == ["pull", "create", "start"]
    assert done["actions"][0]["image"] == shop.reference
    assert not run("container_run", **options).changed
    # The tag moves in the registry: nobody asks for that.
    shop.docker("tag", TWO, shop.reference)
    shop.docker("push", "--quiet", shop.reference)
    shop.docker("tag", ONE, shop.reference)
    assert not run("container_run", **options).changed


def test_always(shop: Shop, name: str, run: Run, docker: Docker) -> None:
    shop.push(ONE)
    options: dict[str, t.Any] = {"name": name, "image": shop.reference, "command": "sleep 1000", "stop_signal": "KILL"}
    assert kinds(run("container_run", **options, pull="always")) == ["pull", "create", "start"]
    assert not run("container_run", **options, pull="always", _check=True).changed
    assert not run("container_run", **options, pull="always").changed
    shop.docker("tag", TWO, shop.reference)
    shop.docker("push", "--quiet", shop.reference)
    shop.docker("tag", ONE, shop.reference)
    before = docker.inspect(name)["Id"]
    foreseen = run("container_run", **options, pull="always", _check=True, _diff=True)
    assert docker.inspect(name)["Id"] == before
    assert docker.inspect(shop.reference, "image")["Id"] == docker.inspect(ONE, "image")["Id"]
    done = run("container_run", **options, pull="always", _diff=True)
    assert done["actions"] == foreseen["actions"]
    assert [done["actions"][1][key] for key in ("action", "because")] == ["recreate", ["image"]]
    assert docker("exec", name, "cat", "/etc/release") == "release 2"
    assert not run("container_run", **options, pull="always").changed


def test_never(shop: Shop, name: str, run: Run, docker: Docker) -> None:
    shop.push(ONE)
    failed = run("container_run", name=name, image=shop.reference, pull="never")
    assert failed["failure"]["kind"] == "missing"
    assert "pull is never" in failed["msg"]
    assert not docker.ok("inspect", name)
    assert run("container_run", name=name, image=ONE, command="true", pull="never").changed


def test_digest_and_id(shop: Shop, name: str, run: Run, docker: Docker) -> None:
    digest = shop.push(ONE)
    options: dict[str, t.Any] = {"name": name, "command": "sleep 1000", "stop_signal": "KILL", "pull": "always"}
    assert kinds(run("container_run", **options, image=digest)) == ["pull", "create", "start"]
    assert not run("container_run", **options, image=digest).changed
    identity = docker.inspect(name)["Image"]
    assert not run("container_run", **options, image=identity).changed, "the same image by its id"
    failed = run("container_run", **options, image="sha256:" + "0" * 64)
    assert failed["failure"]["kind"] == "missing"


def test_another_platform_is_pulled(shop: Shop, name: str, run: Run) -> None:
    """The local one is for this machine's platform, so it is no answer to the question for another."""
    shop.push(ONE)
    foreseen = run("container_run", name=name, image=ONE, platform="linux/s390x", _check=True)
    assert kinds(foreseen) == ["pull", "create", "start"]


REFUSED = {
    "no such tag": ({}, "nonesuch"),
    "in check mode": ({"_check": True, "pull": "always"}, "nonesuch"),
}


@pytest.mark.parametrize(("options", "tag"), REFUSED.values(), ids=REFUSED)
def test_refused(shop: Shop, name: str, run: Run, docker: Docker, options: dict[str, t.Any], tag: str) -> None:
    shop.push(ONE)
    docker("tag", ONE, f"{shop.reference}-{tag}") if "pull" in options else None
    failed = run("container_run", name=name, image=f"{shop.reference}-{tag}", **options)
    assert failed.failed
    assert tag in failed["msg"]
    assert not docker.ok("inspect", name)
    docker("rmi", f"{shop.reference}-{tag}", check=False)


def test_wrong_password(
    shop: Shop, host: str, name: str, run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.push(ONE)
    monkeypatch.setenv("DOCKER_CONFIG", docker_config(tmp_path / "other", host, "wrong"))
    failed = run("container_run", name=name, image=shop.reference)
    assert failed.failed
    assert shop.reference in failed["msg"]


def test_a_set_pulls_an_image_once(shop: Shop, name: str, run: Run, docker: Docker) -> None:
    shop.push(ONE)
    names = [f"{name}{number}" for number in range(3)]
    options: dict[str, t.Any] = {
        "defaults": {"image": shop.reference, "command": "sleep 1000"},
        "containers": [{"name": one} for one in names],
    }
    foreseen = run("containers", **options, _check=True)
    done = run("containers", **options)
    for result in foreseen, done:
        assert [kinds(one).count("pull") for one in result["containers"]].count(1) == 1
        assert [kinds(one)[-2:] for one in result["containers"]] == [["create", "start"]] * 3
    assert not run("containers", **options).changed


def test_the_image_was_removed_by_force(run: Run, docker: Docker, name: str) -> None:
    """The container can still be adopted as it is; what needs a new one fails, and leaves it as it was."""
    docker("tag", ONE, f"{name}:1")
    docker("commit", "--change", "ENV OF=image", docker("create", "--name", f"{name}-source", f"{name}:1"), f"{name}:1")
    docker("create", "--name", name, "--env", "A=1", f"{name}:1", "sleep", "1000")
    docker("rmi", "--force", f"{name}:1")
    options = run("container_inspect", name=name)["container"]["run_options"]
    assert options["image"] == docker.inspect(name)["Image"]
    assert not run("container_run", **options, state="present").changed
    identity = docker.inspect(name)["Id"]
    failed = run("container_run", **{**options, "hostname": "new"}, state="present")
    assert failed.failed
    assert options["image"] in failed.msg
    assert docker.inspect(name)["Id"] == identity
    assert not docker("ps", "--all", "--quiet", "--filter", f"name={name}-stevedore")
