# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that is too large is named before the first byte is read: a sparse one costs nothing where it lies."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import overlay
from support.engine import Docker

from .conftest import Run

BUSYBOX = "stevedore/busybox:1"


@pytest.fixture(params=["disk", "engine"])
def box(docker: Docker, name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A container with a lastlog of 400 GB, whose layer this host holds, or does not."""
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    docker("exec", name, "sh", "-c", "mkdir -p /var/log && truncate -s 400G /var/log/lastlog && echo x >/small")
    if request.param == "engine":
        monkeypatch.setattr(overlay, "find_layer", lambda _document: None)
    return name


def events(docker: Docker, name: str, since: float) -> str:
    """What the engine did with the container's content."""
    filters = ["--filter", f"container={name}", "--filter", "event=export", "--filter", "event=commit"]
    return docker("events", "--since", str(since), "--until", str(time.time() + 1), *filters)


@pytest.mark.parametrize("signature", ["stat", "content"])
@pytest.mark.parametrize("file", ["x.tar", "x.tar.gz", "x.tar.zst", "x.tar.xz"])
def test_export_names_it(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, file: str, signature: str) -> None:
    since = time.time()
    asked: dict[str, t.Any] = {"name": box, "path": str(tmp_path / file), "signature": signature}
    for bound, reason in (({}, "max_file_size (107.4 GB)"), ({"max_file_size": "0"}, "free")):
        for check in (True, False):
            done = run("container_export", **asked, **bound, _check=check)
            assert done.failed
            assert f"Container {box} holds /var/log/lastlog (429.5 GB" in done.msg
            assert reason in done.msg
            assert done.failure["object"] == f"container {box}"
    assert list(tmp_path.iterdir()) == []
    assert events(docker, box, since) == ""


@pytest.mark.parametrize("signature", ["stat", "content"])
def test_commit_names_it(
    docker: Docker, run: Run, box: str, unique: t.Callable[..., str], signature: str, request: pytest.FixtureRequest
) -> None:
    since = time.time()
    for check in (True, False):
        done = run("container_commit", container=box, repository=unique("image"), signature=signature, _check=check)
        assert done.failed
        assert f"Container {box} holds /var/log/lastlog (429.5 GB" in done.msg
        assert "max_file_size" in done.msg
    if "disk" in request.node.name:
        done = run("container_commit", container=box, repository=unique("image"), max_file_size="1t")
        assert "the engine's store has" in done.msg
    assert not docker.ok("image", "inspect", unique("image"))
    assert events(docker, box, since) == ""


def test_sparse_content_is_said(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    docker("exec", name, "truncate", "-s", "1500M", "/sparse")
    docker("exec", name, "sh", "-c", "mkdir /d && ln -s /etc /d/l")
    asked: dict[str, t.Any] = {"name": name, "path": str(tmp_path / "x.tar.zst")}
    for done in (
        run("container_export", **asked, _check=True),
        run("container_commit", container=name, repository="x", _check=True),
        run("container_export", **asked),
    ):
        assert done.changed
        assert "/sparse (1.6 GB, of which 0 bytes on the disk; the rest is holes)" in str(done.warnings)
    assert "warnings" not in run("container_export", **asked)


def test_the_total_counts_for_a_commit(docker: Docker, run: Run, name: str, unique: t.Callable[..., str]) -> None:
    """No file is too large, all of them together are."""
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    docker("exec", name, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do truncate -s 90G /f$i; done; truncate -s 0 /f9")
    done = run("container_commit", container=name, repository=unique("image"))
    assert done.failed
    assert "free" in done.msg


def test_a_bound_that_is_none(run: Run, name: str, docker: Docker) -> None:
    docker("create", "--name", name, BUSYBOX)
    done = run("container_export", name=name, path="/tmp/x.tar", max_file_size="much")
    assert "max_file_size: 'much' is not a size" in done.msg
