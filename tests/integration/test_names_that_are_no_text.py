# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that are not UTF-8, which the engine's JSON cannot say: no change of them is overlooked, whoever is asked."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import archive_api, overlay
from support.engine import Docker

from .conftest import Run

BUSYBOX = "stevedore/busybox:1"
# Before, and each change: shell with $A and $B as two names that look the same in the engine's JSON.
CHANGES: dict[str, tuple[str, str]] = {
    "renamed": ("echo x >/d/$A", "mv /d/$A /d/$B"),
    "content": ("echo x >/d/$A", "echo y >/d/$A; touch -d @1700000000 /d/$A"),
    "mode": ("echo x >/d/$A", "chmod 600 /d/$A"),
    "second": ("echo x >/d/$A", "cp -p /d/$A /d/$B"),
    "a folder": ("mkdir /d/$A; echo x >/d/$A/f", "mv /d/$A /d/$B"),
    "in a folder": ("mkdir /d/$A; echo x >/d/$A/f", "echo y >/d/$A/f"),
    "at the top": ("echo x >/$A", "mv /$A /$B"),
    "a link": ("ln -s x /d/$A", "ln -sf y /d/$A"),
}


@pytest.fixture(params=["disk", "engine"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "engine":
        monkeypatch.setattr(overlay, "find_layer", lambda _document: None)
    return str(request.param)


def shell(docker: Docker, box: str, command: str) -> None:
    docker("exec", box, "sh", "-c", f"A=$(printf 'n\\377'); B=$(printf 'n\\376'); {command}")


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("what", "signature"), [*((what, "stat") for what in CHANGES), ("renamed", "content"), ("content", "content")]
)
def test_a_change_is_exported_and_committed(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path, what: str, signature: str
) -> None:
    box, image = unique("box"), unique("image")
    docker("run", "-d", "--name", box, BUSYBOX, "sleep", "1000")
    before, after = CHANGES[what]
    shell(docker, box, f"mkdir /d; {before}")
    export: dict[str, t.Any] = {"name": box, "path": str(tmp_path / "x.tar"), "signature": signature}
    commit: dict[str, t.Any] = {"container": box, "repository": image, "signature": signature}
    assert [run("container_export", **export).changed, run("container_commit", **commit).changed] == [True, True]
    assert [run("container_export", **export).changed, run("container_commit", **commit).changed] == [False, False]
    shell(docker, box, after)
    assert [run("container_export", **export).changed, run("container_commit", **commit).changed] == [True, True]
    assert [run("container_export", **export).changed, run("container_commit", **commit).changed] == [False, False]


@pytest.mark.usefixtures("asked")
def test_a_name_of_the_image(docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path) -> None:
    first, box = unique("first"), unique("box")
    docker("run", "-d", "--name", first, BUSYBOX, "sleep", "1000")
    shell(docker, first, "mkdir /d; echo x >/d/$A; echo x >/d/other")
    docker("commit", first, unique("image"))
    docker("run", "-d", "--name", box, unique("image"), "sleep", "1000")
    export: dict[str, t.Any] = {"name": box, "path": str(tmp_path / "x.tar")}
    for command in ("mv /d/$A /d/$B", "mv /d/$B /d/$A; echo y >>/d/$A", "rm /d/$A"):
        shell(docker, box, command)
        assert run("container_export", **export).changed
        assert not run("container_export", **export).changed


def test_what_cannot_be_known_is_said(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a name lies beside more than is read for it."""
    box = unique("box")
    docker("run", "-d", "--name", box, BUSYBOX, "sleep", "1000")
    shell(docker, box, "echo x >/$A")
    monkeypatch.setattr(overlay, "find_layer", lambda _document: None)
    monkeypatch.setattr(archive_api, "UNREADABLE", (5, 1 << 20))
    for _run in range(2):
        done = run("container_export", name=box, path=str(tmp_path / "x.tar"))
        assert done.changed
        assert "/n\N{REPLACEMENT CHARACTER}" in str(done.warnings)
        assert "not UTF-8" in str(done.warnings)
    done = run("container_commit", container=box, repository=unique("image"))
    assert "not UTF-8" in str(done.warnings)
