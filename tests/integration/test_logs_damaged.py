# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_logs and a json-file log with NUL bytes, as a power failure leaves them: the engine leaves out lines, with success."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from support.engine import Docker

from .conftest import Run

IMAGE = "stevedore/busybox:1"


def write_log(docker: Docker, name: str, lines: int, *args: str) -> pathlib.Path:
    """A container that wrote ``line 0`` and so on; the file that the engine keeps of it."""
    script = f"i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); done"
    docker("run", "--name", name, "--log-driver", "json-file", *args, IMAGE, "sh", "-c", script)
    file = pathlib.Path(docker("inspect", "--format", "{{.LogPath}}", name).strip())
    if not file.exists():
        pytest.skip("the engine keeps its files elsewhere")
    return file


def overwrite(file: pathlib.Path, record: int) -> int:
    """Put NUL bytes in the place of one record; where they begin."""
    records = file.read_bytes().splitlines(keepends=True)
    offset = sum(len(one) for one in records[:record])
    with file.open("r+b") as log:
        log.seek(offset)
        log.write(bytes(len(records[record])))
    return offset


DAMAGED = {
    "the rest is missing": (50, 17),
    "a part is missing": (20000, 5000),
    "the first line": (50, 0),
    "the last": (50, 49),
}


@pytest.mark.parametrize(("lines", "record"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize(
    "params", [{}, {"since": "1h"}, {"merge": True}, {"until_match": "line 0|nowhere", "wait_timeout": 5}]
)
def test_it_is_told(docker: Docker, run: Run, name: str, lines: int, record: int, params: dict[str, t.Any]) -> None:
    file = write_log(docker, name, lines)
    offset = overwrite(file, record)
    assert len(docker("logs", name).splitlines()) < lines
    result = run("container_logs", name=name, **params)
    assert len(result.warnings) == 1
    assert f"container {name} is damaged" in str(result.warnings[0])
    assert f"{file}, from byte {offset} on" in str(result.warnings[0])


def test_only_what_is_asked_for_counts(docker: Docker, run: Run, name: str) -> None:
    # Its newline is lost, too: what follows it is on the same line of the file.
    overwrite(write_log(docker, name, 50), 17)
    whole = run("container_logs", name=name, tail=31)
    assert (len(whole.stdout.splitlines()), whole.get("warnings", [])) == (31, [])
    for tail in (32, 33, 40, 100):
        result = run("container_logs", name=name, tail=tail)
        assert len(result.stdout.splitlines()) < min(tail, 49)
        assert "is damaged" in str(result.warnings)


def test_a_file_is_not_saved_without_them(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    overwrite(write_log(docker, name, 50), 17)
    (tmp_path / "log").write_text("before")
    result = run("container_logs", name=name, path=str(tmp_path / "log"))
    assert (result.failed, result.failure["kind"]) == (True, "failed")
    assert "is damaged" in result.msg
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


def test_a_rotated_file(docker: Docker, run: Run, name: str) -> None:
    file = write_log(docker, name, 300, "--log-opt", "max-size=10k", "--log-opt", "max-file=3")
    rotated = file.with_name(f"{file.name}.1")
    offset = overwrite(rotated, 20)
    assert f"{rotated}, from byte {offset} on" in str(run("container_logs", name=name).warnings)
    assert not run("container_logs", name=name, tail=5).get("warnings")


def test_what_the_container_wrote_is_no_damage(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--name", name, IMAGE, "sh", "-c", "printf 'a\\0b\\n'")
    result = run("container_logs", name=name)
    assert (result.stdout, result.get("warnings", [])) == ("a\0b\n", [])
