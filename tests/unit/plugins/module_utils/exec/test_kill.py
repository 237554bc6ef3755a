# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending a process: which ones belong to it, told from a made-up /proc."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils import _host_process
from ansible_collections.stevedore.docker.plugins.module_utils._exec import kill

ID = "0123456789abcdef" * 4
CGROUPS = {
    "v1": (f"11:memory:/docker/{ID}\n0::/\n", True),
    "v2, systemd": (f"0::/system.slice/docker-{ID}.scope\n", True),
    "v2, from within another container": (f"0::/../{ID}\n", True),
    "podman": (f"0::/machine.slice/libpod-{ID}.scope/container\n", True),
    "another container": (f"11:memory:/docker/{ID[::-1]}\n", False),
    "no container": ("0::/user.slice\n", False),
}


@pytest.mark.parametrize(("cgroup", "expected"), CGROUPS.values(), ids=CGROUPS)
def test_belongs(tmp_path: pathlib.Path, cgroup: str, expected: bool) -> None:
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "cgroup").write_text(cgroup)
    assert _host_process.is_in_container(42, ID, str(tmp_path)) is expected
    assert not _host_process.is_in_container(43, ID, str(tmp_path))


# pid: (name, parent, session)
PROCESSES: dict[int, tuple[str, int, int]] = {
    1: ("init", 0, 1),
    10: ("sh", 1, 10),
    11: ("sleep", 10, 10),
    12: ("a ) R 10 (b", 11, 10),
    13: ("orphan", 1, 10),
    14: ("child of orphan", 13, 14),
    20: ("other", 1, 20),
    21: ("sleep", 20, 20),
    30: ("in a session of others", 1, 20),
}


@pytest.mark.parametrize(
    ("pid", "expected"), [(10, [10, 11, 12, 13, 14]), (11, [11, 12]), (20, [20, 21, 30]), (30, [30]), (99, [99])]
)
def test_family(tmp_path: pathlib.Path, pid: int, expected: list[int]) -> None:
    for number, (name, parent, session) in PROCESSES.items():
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "stat").write_text(f"{number} ({name}) S {parent} {number} {session} 0 -1 4194304\n")
    (tmp_path / "self").mkdir()
    (tmp_path / "40").mkdir()  # gone before it was read
    assert sorted(kill.list_process_tree(pid, str(tmp_path))) == expected
    assert kill.list_process_tree(pid, str(tmp_path))[0] == pid


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Running": True, "ExitCode": None, "Pid": 0}, False),
        ({"Running": False, "ExitCode": None, "Pid": 0}, False),
        ({"Running": True, "ExitCode": 0, "Pid": 5}, False),
        ({"Running": False, "ExitCode": 0, "Pid": 5}, True),
        ({"Running": False, "ExitCode": 126, "Pid": 0}, True),
    ],
)
def test_over(state: dict[str, t.Any], expected: bool) -> None:
    assert kill.has_ended(state) is expected
