# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that other processes write to, emptied: real processes, no engine."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict
from ansible_collections.stevedore.docker.plugins.module_utils._logfile import truncate

# Opens the file, then writes one line for each line it is sent, and says when it has.
WRITER = """
import os, sys
number = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | (os.O_APPEND if sys.argv[2] == "append" else 0), 0o640)
for line in sys.stdin:
    os.write(number, line.encode())
    print("done", flush=True)
"""


class Writer:
    def __init__(self, path: pathlib.Path, how: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def end(self) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture
def writer(tmp_path: pathlib.Path) -> t.Iterator[t.Callable[[str], Writer]]:
    started: list[Writer] = []

    def start(how: str) -> Writer:
        started.append(Writer(tmp_path / "x-json.log", how))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.mark.parametrize("how", ["append", "offset"])
def test_the_file_goes_on_without_a_hole(how: str, writer: t.Callable[[str], Writer], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x-json.log"
    process = writer(how)
    process.write("before")
    with path.open("rb") as file:
        assert [found.appends for found in truncate.writers(file.fileno())] == [how == "append"]
    try:
        truncate.empty(str(path), written_to=True)
    except Conflict:
        pytest.skip("this kernel or sandbox does not lend descriptors")
    process.write("after")
    assert path.read_bytes() == b"after\n"


def test_without_the_means_a_file_that_would_get_a_hole_stays(
    writer: t.Callable[[str], Writer], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(truncate, "_syscall", refuse)
    path = tmp_path / "x-json.log"
    process = writer("offset")
    process.write("before")
    with pytest.raises(Conflict, match="restart the container"):
        truncate.empty(str(path), written_to=True)
    assert path.read_bytes() == b"before\n"


def test_a_running_container_without_a_writer_is_not_believed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x-json.log"
    path.write_text("line\n")
    with pytest.raises(Conflict, match="hidden"):
        truncate.empty(str(path), written_to=True)
    assert path.read_text() == "line\n"
    truncate.empty(str(path), written_to=False)
    assert path.read_text() == ""


def test_files_that_were_rotated_away_are_no_error(tmp_path: pathlib.Path) -> None:
    truncate.empty(str(tmp_path / "none.log"), written_to=True)
    truncate.remove(str(tmp_path / "none.log.1"))
    (tmp_path / "x.log.1.gz").write_bytes(b"x")
    truncate.remove(str(tmp_path / "x.log.1.gz"))
    assert os.listdir(tmp_path) == []
