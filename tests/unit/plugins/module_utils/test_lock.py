# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a container: its name, and whose it is."""

from __future__ import annotations

import re

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils import _lock
from ansible_collections.stevedore.docker.plugins.module_utils._run import recovery

OLD, NEW = "a" * 64, "b" * 64


def test_every_lock_has_a_name_that_the_engine_takes() -> None:
    names = ["web", "w" * 201, "w" * 202, f"{'w' * 250}-1", f"{'w' * 250}-2"]
    volumes = [_lock.volume_name(name) for name in names]
    assert volumes[0] == "web.stevedore-lock"
    assert len(set(volumes)) == len(names)
    assert all(len(volume) < 230 and re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", volume) for volume in volumes)


HALVES = [
    recovery.new_name("web", OLD),
    recovery.old_name("web", OLD, NEW, "running", {}),
    recovery.old_name("web", OLD, NEW, "paused", {"Name": "on-failure", "MaximumRetryCount": 5}),
    recovery.kept_name(recovery.old_name("web", OLD, NEW, "running", {"Name": "unless-stopped"})),
]


@pytest.mark.parametrize("half", HALVES)
def test_the_halves_of_a_replacement_have_the_lock_of_the_whole(half: str) -> None:
    assert _lock.base_name(half) == "web"
    assert re.search(recovery.pattern("web"), half)


@pytest.mark.parametrize("name", ["web", "web.stevedore-new", "web.stevedore-new-abc", "web.stevedore-lock"])
def test_other_names_are_their_own(name: str) -> None:
    assert _lock.base_name(name) == name
