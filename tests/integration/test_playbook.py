# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module in each of its ways by a real ansible-playbook, of the newest and the oldest ansible-core.

What a module returns through its ``main()`` is not yet what Ansible makes of it: a result with an ``rc`` of null failed
every task, and one with ``skipped`` was that of a skipped task.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import typing as t

import pytest
import yaml
from support.engine import ROOT, Docker

PLAYBOOK = pathlib.Path(__file__).parent / "playbooks" / "every_way.yml"
# scripts/core: no Python of this machine can run it.
NOT_HERE = 75


@pytest.fixture(params=["newest", "oldest"])
def programs(request: pytest.FixtureRequest) -> str:
    """The folder of its ansible-playbook."""
    made = subprocess.run([ROOT / "scripts" / "core", request.param], check=False, capture_output=True, text=True)
    if made.returncode == NOT_HERE:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_every_way(docker: Docker, programs: str, unique: t.Callable[..., str], tmp_path: pathlib.Path) -> None:
    mark, folder = unique(), tmp_path / "files"
    folder.mkdir()
    done = subprocess.run(
        [f"{programs}/ansible-playbook", "-i", "localhost,", "-e", f"mark={mark} folder={folder}", str(PLAYBOOK)],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DOCKER_HOST": docker.host,
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"localhost +: .*unreachable=0 +failed=0 +skipped=0", done.stdout), done.stdout
    assert (folder / "notified").exists(), "what was partly copied is no skipped task"
    assert (folder / "note.back").read_text() == "note\n"
    names = docker("ps", "--all", "--format", "{{.Names}}").splitlines()
    assert {name for name in names if mark in name} == {f"{mark}-{end}" for end in ("bad", "one", "talk")}
    assert docker("run", "--rm", f"{mark}-image:b", "sh", "-c", "cat /unpacked/note; ls /detached") == "note\n/detached"


def test_no_module_is_forgotten() -> None:
    (play,) = yaml.safe_load(PLAYBOOK.read_text())
    used = {key for task in play["tasks"] for key in task if key.startswith("stevedore.docker.")}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - {"__init__"}
    assert used == {f"stevedore.docker.{module}" for module in modules}
