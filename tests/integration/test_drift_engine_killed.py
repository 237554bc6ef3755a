# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine dies in the middle of a diff and of a commit. It is an engine of the test's own."""

from __future__ import annotations

import io
import os
import pathlib
import tarfile
import threading
import typing as t

import pytest
from support import modules
from support.engine import Docker, until
from support.private_engine import PrivateEngine, private_engine
from support.proxy import Proxy

from .conftest import Run, RunProcess

BUSYBOX = "stevedore/busybox:1"
THROWAWAY = "stevedore-throwaway-"
LARGE = 200 << 20


@pytest.fixture
def doomed(docker: Docker) -> t.Iterator[PrivateEngine]:
    """An engine without which containers go on."""
    if os.geteuid():
        pytest.skip("needs root to start an engine")
    with private_engine("--live-restore") as engine:
        engine.load(docker, BUSYBOX)
        yield engine


class Killing:
    """Kills the engine when an answer holds certain bytes, before the client gets them."""

    def __init__(self, engine: PrivateEngine, mark: bytes) -> None:
        self._engine = engine
        self._mark = mark
        self._lock = threading.Lock()
        self.done = False

    def __call__(self, piece: bytes) -> None:
        with self._lock:
            if self._mark in piece and not self.done:
                self.done = True
                self._engine.kill()


def fill(engine: PrivateEngine, name: str) -> None:
    """Files with long names, so that a list of them does not fit into a socket's buffer, and one large file."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for number in range(4000):
            tar.addfile(tarfile.TarInfo(f"many/{number:0240}"))
        large = tarfile.TarInfo("large")
        large.size = LARGE
        tar.addfile(large, io.BytesIO(bytes(LARGE)))
    engine.docker("cp", "-", f"{name}:/", input=data.getvalue())


def images_of(docker: Docker) -> set[str]:
    listing = ("images", "--all", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    return set(docker(*listing).splitlines())


def diff_dies(
    engine: PrivateEngine, run_process: RunProcess, folder: pathlib.Path, mark: bytes, **options: t.Any
) -> modules.Result:
    """container_diff of ``box`` on an engine that dies when it answers with ``mark``; the engine is back at the end."""
    folder.mkdir()
    with Proxy(folder, engine.host.removeprefix("unix://")) as proxy:
        proxy.on_answer = Killing(engine, mark)
        result = modules.collect(run_process("container_diff", docker_host=proxy.host, name="box", **options))
        assert proxy.on_answer.done
    engine.start()
    return result


def test_diff(doomed: PrivateEngine, run: Run, run_process: RunProcess, tmp_path: pathlib.Path) -> None:
    doomed.docker("create", "--name", "box", BUSYBOX, "true")
    archive = str(tmp_path / "box.tar")
    assert run("container_export", docker_host=doomed.host, name="box", path=archive).changed
    fill(doomed, "box")
    doomed.docker("commit", "box", "other:1")
    lines = sorted(doomed.docker("diff", "box").splitlines())
    # A layer that does not say by itself what is in it: without this note the engine is not asked for the list.
    os.setxattr(
        f"{doomed.docker.inspect('box')['GraphDriver']['Data']['UpperDir']}/many", "user.overlay.redirect", b"x"
    )

    cases: list[tuple[str, bytes, dict[str, t.Any]]] = [
        ("list", b'"Path"', {}),
        ("archive", b"large\0\0", {"since": archive}),
        ("image", b"large\0\0", {"since": "other:1"}),
    ]
    for name, mark, options in cases:
        failed = diff_dies(doomed, run_process, tmp_path / name, mark, **options)
        assert failed.failed, name
        assert failed.failure["kind"] in ("interrupted", "unreachable"), failed.msg
        entries = failed.get("containers", [])
        assert not [one for one in entries if "failure" not in one or "lines" in one], "half an answer is none"
        assert sorted(doomed.docker("diff", "box").splitlines()) == lines
    left = [name for name in doomed.docker("ps", "--all", "--format", "{{.Names}}").splitlines() if name != "box"]
    assert [name.startswith(THROWAWAY) for name in left] == [True]
    found = run("container_diff", docker_host=doomed.host, name="box", since="other:1")
    assert found.container["since"]["unchanged"]
    assert doomed.docker("ps", "--all", "--format", "{{.Names}}") == "box"


def test_commit(doomed: PrivateEngine, run: Run, run_process: RunProcess, tmp_path: pathlib.Path) -> None:
    docker = doomed.docker
    script = f"head -c {LARGE} /dev/urandom >/large; echo >/done; exec sleep 1000"
    docker("run", "--detach", "--network", "none", "--name", "box", BUSYBOX, "sh", "-c", script)
    until(lambda: docker.ok("exec", "box", "test", "-e", "/done"), "the large file")
    first = run("container_commit", docker_host=doomed.host, container="box", repository="snap", tag="1")
    docker("exec", "box", "sh", "-c", "echo more >>/large")
    images, diff = images_of(docker), set(docker("diff", "box").splitlines())
    before = docker.inspect("box")["State"]

    committing = run_process("container_commit", docker_host=doomed.host, container="box", repository="snap", tag="1")
    until(lambda: docker.inspect("box")["State"]["Paused"], "the commit")
    doomed.kill()
    failed = modules.collect(committing)
    assert failed.failed
    assert (failed.failure["kind"], "box" in failed.msg or "engine" in failed.msg) == ("unreachable", True), failed.msg
    doomed.start()
    assert images_of(docker) == images, "no image more, and the tag where it was"
    until(lambda: docker.inspect("box")["State"]["Status"] == "running", "the container to go on")
    after = docker.inspect("box")["State"]
    assert (after["Pid"], after["StartedAt"]) == (before["Pid"], before["StartedAt"])
    assert set(docker("diff", "box").splitlines()) == diff
    assert docker("exec", "box", "tail", "-c", "5", "/large") == "more"

    again = run("container_commit", docker_host=doomed.host, container="box", repository="snap", tag="1")
    assert again.changed
    assert docker.inspect("snap:1", "image")["Id"] == again.image_id != first.image_id
    assert not run("container_commit", docker_host=doomed.host, container="box", repository="snap", tag="1").changed


def test_a_container_paused_for_its_export_goes_on(
    doomed: PrivateEngine, run_process: RunProcess, tmp_path: pathlib.Path
) -> None:
    docker = doomed.docker
    script = f"head -c {LARGE} /dev/zero >/large; echo >/done; exec sleep 1000"
    docker("run", "--detach", "--network", "none", "--name", "box", BUSYBOX, "sh", "-c", script)
    until(lambda: docker.ok("exec", "box", "test", "-e", "/done"), "the large file")
    path = tmp_path / "box.tar"
    exporting = run_process("container_export", docker_host=doomed.host, name="box", path=str(path), pause="always")
    until(lambda: docker.inspect("box")["State"]["Paused"], "the export")
    doomed.kill()
    assert modules.collect(exporting).failed
    assert list(tmp_path.iterdir()) == []
    doomed.start()
    until(lambda: docker.inspect("box")["State"]["Status"] == "running", "the container to go on")
