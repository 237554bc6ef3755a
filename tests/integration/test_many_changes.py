# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change signature where the engine alone can be asked, with many changed paths in folders of the image."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import changes
from support.engine import Docker

IMAGE = "stevedore/busybox:1"
FILL = "for i in 0 1 2 3 4; do mkdir -p /old/$i; cd /old/$i; for j in $(seq 100); do echo $i.$j >f$j; done; done"
# Shell code, the number of paths that it changes besides folders, and whether it is seen by stat and by content.
EDITS: list[tuple[str, bool, bool]] = [
    ("true", False, False),
    ("cat /old/*/*", False, False),
    ("echo X.1 >/old/3/f1", True, True),
    ("echo 0.2 >/old/0/f2", True, False),
    ("chmod 640 /old/4/f9", True, True),
    ("rm /old/2/f50", True, True),
    ("ln -s f1 /old/1/link", True, True),
    ("touch /old", True, False),
]


@pytest.fixture
def box(docker: Docker, unique: t.Callable[..., str]) -> str:
    """Nine of ten files of each folder have another mode than in the image."""
    docker("run", "--name", unique("first"), IMAGE, "sh", "-c", FILL)
    docker("commit", unique("first"), unique("image"))
    docker("run", "--detach", "--name", unique("box"), unique("image"), "sleep", "1000")
    docker("exec", unique("box"), "sh", "-c", "chmod 600 /old/*/f[1-9]*[0-8] /old/*/f[1-9]")
    return unique("box")


def test_many_changes_in_old_folders(docker: Docker, box: str) -> None:
    daemon = Daemon.connect(Connection(docker.host))
    document = {**daemon.container(box), "GraphDriver": None}
    listed = changes.list_changes(daemon, document)
    seen = changes.read_changes(daemon, document, listed)
    assert len(listed) > 400
    assert set(seen.stats) == {change.path for change in listed}
    for path in ("/old/0/f1", "/old/4/f88", "/old/2"):
        kind, size, mode = docker("exec", box, "stat", "-c", "%F:%s:%a", path).split(":")
        facts = seen.stats[path]
        assert facts is not None
        assert (kind.endswith(facts.type), facts.size) == (True, int(size) if facts.type == "file" else 0)
        assert f"{facts.mode:o}" == mode
    for edit, by_stat, by_content in EDITS:
        before = {mode: changes.signature(daemon, document, mode) for mode in changes.MODES}
        docker("exec", box, "sh", "-c", edit)
        after = {mode: changes.signature(daemon, document, mode) for mode in changes.MODES}
        assert (before["stat"] != after["stat"], before["content"] != after["content"]) == (by_stat, by_content), edit
