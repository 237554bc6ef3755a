# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine dies in the middle of an export and of an import. It is an engine of the test's own."""

from __future__ import annotations

import os
import pathlib
import tarfile
import typing as t

import pytest
from support import modules
from support.engine import Docker, until
from support.private_engine import PrivateEngine, private_engine

from .conftest import RunProcess

BUSYBOX = "stevedore/busybox:1"


@pytest.fixture
def doomed(docker: Docker) -> t.Iterator[PrivateEngine]:
    if os.geteuid():
        pytest.skip("needs root to start an engine")
    with private_engine() as engine:
        engine.load(docker, BUSYBOX)
        yield engine


def big_archive(path: pathlib.Path) -> None:
    about = tarfile.TarInfo("big")
    about.size = 400 << 20
    with open(path, "wb") as file:
        file.write(about.tobuf())
        file.truncate(512 + about.size + 1024)


def open_files(pid: int) -> dict[str, int]:
    """What a process has open, and how far it is in each."""
    found = {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            position = pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().split()[1]
            found[os.readlink(entry)] = int(position)
        except OSError:
            continue
    return found


def test_export_and_import(doomed: PrivateEngine, run_process: RunProcess, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    path = folder / "box.tar"
    path.write_text("old")
    # A container that was never started is there again after a restart, and nothing of it needs a network.
    doomed.docker("create", "--name", "box", BUSYBOX, "true")
    content = tmp_path / "big.tar"
    big_archive(content)
    with open(content, "rb") as file:
        doomed.docker("cp", "-", "box:/", input=file.read())

    exporting = run_process("container_export", docker_host=doomed.host, name="box", path=str(path))
    until(
        lambda: any(name.startswith(str(folder)) and at > 1_000_000 for name, at in open_files(exporting.pid).items()),
        "the first megabyte of the export",
    )
    doomed.kill()
    failed = modules.collect(exporting)
    assert failed.failed
    assert failed.failure["kind"] in ("interrupted", "unreachable", "damaged")
    assert "box" in failed.msg
    assert (os.listdir(folder), path.read_text()) == (["box.tar"], "old")

    doomed.start()
    before = doomed.docker("images", "-aq", "--no-trunc")
    importing = run_process("container_import", docker_host=doomed.host, path=str(content), repository="restored")
    until(lambda: open_files(importing.pid).get(str(content), 0) > 1_000_000, "the first megabyte of the import")
    doomed.kill()
    failed = modules.collect(importing)
    assert failed.failed
    assert failed.failure["kind"] in ("interrupted", "unreachable")
    doomed.start()
    assert doomed.docker("images", "-aq", "--no-trunc") == before
