# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job's tests once more, on newer engines than the one of this machine.

``scripts/host engine`` puts each beside it for a while, made from packages of a later Debian.
"""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import sys
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]
HOST = str(ROOT / "scripts" / "host")
# scripts/host: Debian's archive does not let it be made today.
NOT_TODAY = 75

# The image store of the second is the default of Docker 29; 28 by default is much like 26.
ENGINES: dict[str, tuple[str, ...]] = {
    "26.1": ("trixie",),
    "28.5 with containerd's image store": ("sid", "--feature", "containerd-snapshotter=true"),
}
# Run and replace, inspect and back with every option, diff, commit, export, import, and an image with every field.
JOB: tuple[str, ...] = (
    "test_changes_on_disk.py::test_random_edits",
    "test_commit.py::test_once",
    "test_commit.py::test_changes_survive_whatever_they_contain",
    "test_container_export.py::test_first_run_writes_second_changes_nothing",
    "test_container_import.py::test_first_run_imports_second_changes_nothing",
    "test_container_import.py::test_every_field_of_an_image_comes_back",
    "test_container_import.py::test_run_options_run_it_again",
    "test_container_import.py::test_a_bad_archive_makes_no_image_and_moves_no_tag",
    "test_diff.py::test_a_link_that_leads_nowhere_is_no_error",
    "test_diff.py::test_lines_are_those_of_docker_diff",
    "test_diff.py::test_signature_sees",
    "test_foreground.py::test_run_to_the_end",
    "test_inspect.py::test_it_is_the_document_of_docker_inspect",
    "test_options.py::test_every_sample",
    "test_replace.py::test_steps",
)


@pytest.fixture
def newer(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[dict[str, str]]:
    """The environment in which such an engine, with the base images, is the one of the tests."""
    release, *options = ENGINES[request.param]
    if os.geteuid():
        pytest.skip("needs root to start an engine")
    if f"-{release}/docker.sock" in os.environ.get("DOCKER_HOST", ""):
        pytest.skip("this is the engine that all tests run on")
    made = subprocess.run([HOST, "engine", release, *options], check=False, capture_output=True, text=True)
    if made.returncode == NOT_TODAY:
        pytest.skip(f"no engine {request.param}: {made.stderr.strip()}")
    assert made.returncode == 0, made.stderr
    try:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment = {**inherited, "DOCKER_HOST": shlex.split(made.stdout)[1].partition("=")[2]}
        subprocess.run([ROOT / "scripts" / "images"], check=True, env=environment)
        yield environment
    finally:
        subprocess.run([HOST, "down", f"engine-{release}"], check=True)


@pytest.mark.parametrize("newer", ENGINES, indirect=True)
def test_main_job(newer: dict[str, str], tmp_path: pathlib.Path) -> None:
    tests = [str(ROOT / "tests" / "integration" / test) for test in JOB]
    command = [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={tmp_path}/cache", *tests]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=newer, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
