# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_logs beside ``docker logs``."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import time
import typing as t
import uuid

import pytest
from support import modules
from support.engine import Docker, until

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"
SCRIPT = """
echo first; echo 'oops: grüße' >&2
i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done
echo later >&2; printf 'no newline'
"""


def finished(docker: Docker, name: str, *args: str, script: str = SCRIPT) -> None:
    docker("run", "--detach", "--name", name, *args, IMAGE, "sh", "-c", script)
    docker("wait", name)


@pytest.fixture(scope="module")
def logged(docker: Docker) -> t.Iterator[dict[str, str]]:
    """Containers that have said what they had to say, by their log driver or their terminal."""
    mark = uuid.uuid4().hex[:8]
    names = {kind: f"proc-logs-{mark}-{kind}" for kind in ("json-file", "local", "tty")}
    for kind, name in names.items():
        finished(docker, name, *(["--tty"] if kind == "tty" else ["--log-driver", kind]))
    yield names
    docker("rm", "--force", *names.values())


SAME: dict[str, tuple[dict[str, t.Any], list[str]]] = {
    "all": ({}, []),
    "tail": ({"tail": 5}, ["--tail", "5"]),
    "nothing": ({"tail": 0}, ["--tail", "0"]),
    "timestamps": ({"timestamps": True}, ["--timestamps"]),
    "details": ({"details": True}, ["--details"]),
    "since a while": ({"since": "1h30m"}, ["--since", "1h30m"]),
    "since a while ago": ({"since": "2h", "tail": 3}, ["--since", "2h", "--tail", "3"]),
    "since a date": ({"since": "2020-01-01"}, ["--since", "2020-01-01"]),
    "until a date": ({"until": "2020-01-01 10:00"}, ["--until", "2020-01-01T10:00:00"]),
    "until a Unix time": ({"until": "1600000000"}, ["--until", "1600000000"]),
    "in days to come": ({"until": "2100-01-01T00:00:00Z"}, ["--until", "2100-01-01T00:00:00Z"]),
}


@pytest.mark.parametrize("kind", ["json-file", "local", "tty"])
@pytest.mark.parametrize(("params", "switches"), SAME.values(), ids=SAME)
def test_as_docker_logs(
    docker: Docker, run: Run, logged: dict[str, str], kind: str, params: dict[str, t.Any], switches: list[str]
) -> None:
    expected = docker.completed("logs", *switches, logged[kind])
    assert expected.returncode == 0
    result = run("container_logs", name=logged[kind], **params)
    assert (result.stdout, result.stderr) == (expected.stdout.decode(), expected.stderr.decode())
    assert not result.changed
    together = subprocess.run(
        ["docker", "logs", *switches, logged[kind]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    assert run("container_logs", name=logged[kind], merge=True, **params).output == together.stdout.decode()


SLOW = "echo begun; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done"


def test_wait_for_a_line(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", SLOW)
    result = run("container_logs", name=name, until_match=r"tick (\d)")
    assert result.match == {"line": "tick 0", "stream": "stdout", "groups": ["0"]}
    assert result.stdout.startswith("begun\ntick 0\n")
    later = run("container_logs", name=name, until_match="tick", tail=0)
    assert "begun" not in later.stdout
    assert "tick" in later.match["line"]
    late = run("container_logs", name=name, until_match="never", wait_timeout=0.5)
    assert (late.failed, late.failure["kind"]) == (True, "timeout")
    assert late.stdout.startswith("begun\ntick 0\n")
    bounded = run("container_logs", name=name, follow=True, tail=0, wait_timeout=0.8)
    assert not bounded.failed
    assert "tick" in bounded.stdout


def test_only_since_the_last_start(docker: Docker, run: Run, name: str) -> None:
    finished(docker, name, script="echo run")
    time.sleep(1.1)  # as exact as the engine's own notes are
    docker("start", "--attach", name)
    assert run("container_logs", name=name).stdout == "run\nrun\n"
    assert run("container_logs", name=name, since="start").stdout == "run\n"
    assert run("container_logs", name=name, until="start").stdout == "run\n"


def test_the_container_ends_without_the_line(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", "echo begun; sleep 0.5; printf 'the end'")
    result = run("container_logs", name=name, until_match="never")
    assert (result.failed, result.failure["kind"]) == (True, "failed")
    assert result.stdout.startswith("begun\n")
    # A last line without a newline is a line.
    assert run("container_logs", name=name, until_match="^the end$").match["line"] == "the end"


def test_the_container_is_removed_meanwhile(docker: Docker, run_process: RunProcess, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", SLOW)
    process = run_process("container_logs", name=name, until_match="never")
    time.sleep(1)  # it may not have begun to read; both are right
    docker("rm", "--force", name)
    result = modules.collect(process)
    assert result.failed
    assert result.failure["kind"] in ("conflict", "failed", "missing")


# Sent away into the void; from 20.10 on, the engine keeps a copy unless it is told not to.
GELF = ["--log-driver", "gelf", "--log-opt", "gelf-address=udp://127.0.0.1:9"]
NOT_TO_BE_READ: list[tuple[list[str] | None, str, str]] = [
    (None, "missing", "No such container"),
    (["--log-driver", "none"], "failed", "keeps nothing here"),
    ([*GELF, "--log-opt", "cache-disabled=true"], "failed", "log driver 'gelf' keeps nothing here"),
]


@pytest.mark.parametrize(("switches", "kind", "words"), NOT_TO_BE_READ)
def test_not_to_be_read(docker: Docker, run: Run, name: str, switches: list[str] | None, kind: str, words: str) -> None:
    if switches is not None:
        finished(docker, name, *switches)
    result = run("container_logs", name=name)
    assert (result.failed, result.failure["kind"]) == (True, kind)
    assert words in result.msg


def test_a_driver_that_sends_the_log_away(docker: Docker, run: Run, name: str) -> None:
    # The copy of 20.10 lacks lines when they come fast, or when the process begins with them.
    finished(docker, name, *GELF, script="sleep 0.5; echo first; sleep 0.2; echo line")
    result = run("container_logs", name=name)
    expected = docker.completed("logs", name)
    assert (result.stdout, result.stderr) == (expected.stdout.decode(), expected.stderr.decode())
    assert result.stdout.startswith("first\n")


@pytest.mark.parametrize("verb", ["pause", "restart", "kill", None])
def test_whatever_it_does(docker: Docker, run: Run, name: str, verb: str | None) -> None:
    create = "run --detach" if verb else "create"
    expected = "said\n" * {"restart": 2, None: 0}.get(verb, 1)
    docker(*create.split(), "--name", name, IMAGE, "sh", "-c", "echo said; exec sleep 99")
    if verb:
        until(lambda: docker("logs", name), "the log")
        docker(verb, *(["--time", "0"] if verb == "restart" else []), name)
        # A restart answers before the new process has spoken.
        until(lambda: docker("logs", name).split() == expected.split(), "the whole log")
    assert run("container_logs", name=name).stdout == expected


def test_to_files(docker: Docker, run: Run, logged: dict[str, str], tmp_path: pathlib.Path) -> None:
    names = list(logged.values())
    params = {"name": names, "path": str(tmp_path), "timestamps": True}
    assert run("container_logs", _check=True, **params).changed
    assert os.listdir(tmp_path) == []
    assert run("container_logs", **params).changed
    assert sorted(os.listdir(tmp_path)) == sorted(f"{name}.log" for name in names)
    for name in names:
        together = subprocess.run(
            ["docker", "logs", "--timestamps", name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
        )
        assert (tmp_path / f"{name}.log").read_bytes() == together.stdout
        assert (tmp_path / f"{name}.log").stat().st_mode & 0o777 == 0o600
    assert not run("container_logs", _check=True, **params).changed
    assert not run("container_logs", **params).changed
    (tmp_path / f"{names[0]}.log").write_text("spoilt")
    again = run("container_logs", mode="0600", **params)
    assert [row["changed"] for row in again.containers] == [True, False, False]
    assert run("container_logs", name=names[0], path=str(tmp_path / "one"), mode="0640").changed
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o640


def test_a_file_is_whole_or_as_it_was(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    finished(docker, name, script="echo something")
    (tmp_path / "log").write_text("earlier")
    result = run("container_logs", name=name, path=str(tmp_path / "log"), until_match="never")
    assert result.failed
    assert ((tmp_path / "log").read_text(), os.listdir(tmp_path)) == ("earlier", ["log"])


def test_200_mb_in_little_memory(docker: Docker, run_process: RunProcess, name: str, tmp_path: pathlib.Path) -> None:
    size = 200_000_000
    finished(docker, name, script=f"yes {'x' * 3999} | head -c {size}")
    for params in ({"max_bytes": 1 << 13}, {"path": str(tmp_path / "log")}):
        process = run_process("container_logs", name=name, **params)
        peak = 0
        while process.poll() is None:
            with contextlib.suppress(OSError, ValueError, IndexError):
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
            time.sleep(0.05)
        result = modules.collect(process)
        assert (result.failed, result.size) == (False, size)
        assert peak < 100 << 10, "KiB"
        if "path" in params:
            assert (tmp_path / "log").stat().st_size == size
        else:
            assert result.cut
            assert len(result.stdout) == 1 << 13  # fits into a pipe that nobody reads yet
            assert "max_bytes" in str(result.warnings[0])


INVALID: list[tuple[dict[str, t.Any], str]] = [
    ({"since": "soon"}, "not a point in time"),
    ({"until_match": "("}, "not a regular expression"),
    ({"tail": -1}, "cannot be negative"),
    ({"max_bytes": -1}, "cannot be negative"),
    ({"streams": []}, "name stdout, stderr or both"),
    ({"path": "/no/such/folder/log"}, "folder does not exist"),
    ({"path": "/tmp/x", "mode": "rwx"}, "octal"),
]


@pytest.mark.parametrize(("params", "words"), INVALID)
def test_bad_input(run: Run, logged: dict[str, str], params: dict[str, t.Any], words: str) -> None:
    result = run("container_logs", name=logged["local"], **params)
    assert (result.failed, result.failure["kind"]) == (True, "invalid")
    assert words in result.msg


# Lines shorter and longer than what the engine keeps in one message (16 KiB), and lines of just that length.
LONG = """
for length in 1 16383 16384 16385 32767 32768 50000 3; do
  head -c $length /dev/zero | tr '\\0' x; echo
  head -c $length /dev/zero | tr '\\0' y >&2; echo >&2
done
printf 'no newline'
"""


@pytest.mark.parametrize("kind", ["json-file", "local", "tty"])
@pytest.mark.parametrize("params", [{"timestamps": True}, {"details": True}, {"timestamps": True, "details": True}])
def test_long_lines_have_one_stamp(docker: Docker, run: Run, name: str, kind: str, params: dict[str, t.Any]) -> None:
    labels = [] if kind == "local" else ["--label", "app=web", "--log-opt", "labels=app"]
    switches = ["--tty"] if kind == "tty" else ["--log-driver", kind]
    finished(docker, name, *labels, *switches, script=LONG)
    lengths = (1, 16383, 16384, 16385, 32767, 32768, 50000, 3)
    written = {stream: [letter * length for length in lengths] for stream, letter in (("stdout", "x"), ("stderr", "y"))}
    written["stdout"].append("no newline")
    if kind == "tty":
        both = [line for pair in zip(written["stdout"], written["stderr"]) for line in pair]
        written = {"stdout": [*both, "no newline"], "stderr": []}
    head = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z " if "timestamps" in params else ""
    head += ("app=web " if labels else " ") if "details" in params else ""
    result = run("container_logs", name=name, **params)
    for stream, lines in written.items():
        stamped = result[stream].splitlines()
        assert len(stamped) == len(lines)
        for line, bare in zip(stamped, lines):
            assert re.fullmatch(head + re.escape(bare), line), (line[:100], len(line), len(bare))
    assert run("container_logs", name=name, until_match="x{50000}", **params).match["line"].endswith("x" * 50000)
