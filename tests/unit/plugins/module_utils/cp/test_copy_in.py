# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent into a container: its length told before, and never anything but what was announced."""

from __future__ import annotations

import io
import os
import pathlib
import shutil
import tarfile
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._cp import copy_in
from ansible_collections.stevedore.docker.plugins.module_utils._cp.source import CopySource, HostTree
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Failed
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.entry import Place


class Files:
    """Takes what is sent, as the engine would."""

    def __init__(self) -> None:
        self.sent = b""
        self.length: int | None = None

    def put_archive(self, _folder: str, chunks: t.Iterator[bytes], length: int | None) -> None:
        self.length = length
        self.sent = b"".join(chunks)


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    for name, size in (("empty", 0), ("block", 512), ("odd", 70_001), ("folder/name" + "y" * 200, 3)):
        (root / name).write_bytes(b"x" * size)
    (root / "link").symlink_to("odd" * 60)
    return root


def plan_of(source: CopySource, folder: str = "/srv/new") -> copy_in.CopyPlan:
    return copy_in.CopyPlan(
        copy_in.ContainerTarget(f"{folder}/deep/root", None, "/srv"),
        {entry.path: entry for entry, _content in source.walk()},
        (),
        (),
    )


def test_the_length_is_told_before(tree: pathlib.Path) -> None:
    source, files = HostTree(Place(str(tree)), follow=False), Files()
    copy_in.send(t.cast("t.Any", files), source, plan_of(source))
    assert files.length == len(files.sent)
    with tarfile.open(fileobj=io.BytesIO(files.sent)) as archive:
        names = archive.getnames()
        content = t.cast("t.IO[bytes]", archive.extractfile("new/deep/root/odd")).read()
    assert names[:4] == ["new", "new/deep", "new/deep/root", "new/deep/root/block"]
    assert (len(names), content) == (9, b"x" * 70_001)


CHANGES: tuple[tuple[str, t.Callable[[pathlib.Path], object]], ...] = (
    ("a file grew", lambda root: (root / "odd").write_bytes(b"x" * 70_002)),
    ("a file became shorter", lambda root: (root / "odd").write_bytes(b"x")),
    ("the last is gone", lambda root: (root / "odd").unlink()),
    ("a folder is gone", lambda root: shutil.rmtree(root / "folder")),
    ("a file became a folder", lambda root: ((root / "empty").unlink(), (root / "empty").mkdir())),
    ("a link became a file", lambda root: ((root / "link").unlink(), (root / "link").write_text(""))),
    ("a file became a link", lambda root: ((root / "odd").unlink(), os.symlink("x", root / "odd"))),
)


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[what for what, _entry_change in CHANGES])
def test_a_source_that_changes_meanwhile(
    tree: pathlib.Path, what: str, change: t.Callable[[pathlib.Path], object]
) -> None:
    source, files = HostTree(Place(str(tree)), follow=False), Files()
    plan = plan_of(source)
    change(tree)
    with pytest.raises(Failed, match="changed while it was copied"):
        copy_in.send(t.cast("t.Any", files), source, plan)
    assert not files.sent


def test_what_is_new_meanwhile_is_left_for_the_next_run(tree: pathlib.Path) -> None:
    source, files = HostTree(Place(str(tree)), follow=False), Files()
    plan = plan_of(source)
    (tree / "another").write_text("new")
    copy_in.send(t.cast("t.Any", files), source, plan)
    assert files.length == len(files.sent)
