# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_exec beside ``docker exec``."""

from __future__ import annotations

import base64
import pathlib
import shlex
import typing as t
import uuid

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._exec import kill
from support.engine import Docker, until

from .conftest import Run

IMAGE = "stevedore/busybox:1"


@pytest.fixture(scope="module")
def box(docker: Docker) -> t.Iterator[str]:
    """A container that does nothing, for the whole file."""
    name = f"proc-exec-{uuid.uuid4().hex[:8]}"
    docker("run", "--detach", "--init", "--env", "FROM=image", "--name", name, IMAGE, "sleep", "3600")
    yield name
    docker("rm", "--force", name)


SAME = {
    "both streams": {"argv": ["sh", "-c", "echo out; echo err >&2"]},
    "no newline at the end": {"argv": ["printf", "a b"]},
    "words, not a shell": {"command": "echo '$HOME' \"a  b\" | cat"},
    "a shell": {"command": "echo $HOME | tr / x", "shell": True},
    "environment": {"command": "env", "env": {"A": "x y", "YES": "yes", "N": 5}},
    "folder": {"command": "pwd", "chdir": "/var/log"},
    "user": {"command": "id", "user": "app"},
    "numbers": {"command": "id", "user": "1000:0"},
    "privileged": {"command": "grep CapEff /proc/self/status", "privileged": True},
    "exit code": {"command": "sh -c 'echo no >&2; exit 3'"},
    "no such command": {"command": "no-such-command"},
    "no such folder": {"command": "pwd", "chdir": "/no/such"},
}


def cli(params: dict[str, t.Any], name: str) -> list[str]:
    words = ["exec"]
    for key, value in params.get("env", {}).items():
        words += ["--env", f"{key}={str(value).lower() if isinstance(value, bool) else value}"]
    for option, switch in (("chdir", "--workdir"), ("user", "--user")):
        words += [switch, params[option]] if option in params else []
    words += ["--privileged"] if params.get("privileged") else []
    if "argv" in params:
        return [*words, name, *params["argv"]]
    if params.get("shell"):
        return [*words, name, "/bin/sh", "-c", params["command"]]
    return [*words, name, *shlex.split(params["command"])]


@pytest.mark.parametrize("params", SAME.values(), ids=SAME)
def test_as_docker_exec(docker: Docker, run: Run, box: str, params: dict[str, t.Any]) -> None:
    expected = docker.completed(*cli(params, box))
    result = run("container_exec", name=box, **params)
    assert (result.rc, result.stdout) == (expected.returncode, expected.stdout.decode())
    assert result.stderr == expected.stderr.decode()
    assert result.failed is bool(expected.returncode)
    assert result.changed


def test_input_and_output_are_bytes(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    every = bytes(range(256)) * 3000
    (tmp_path / "every").write_bytes(every)
    expected = docker.completed("exec", "--interactive", box, "rev", input=every)
    results = [
        run("container_exec", name=box, argv=["rev"], stdin_path=str(tmp_path / "every")),
        run("container_exec", name=box, argv=["rev"], stdin_base64=base64.b64encode(every).decode()),
    ]
    for result in results:
        assert base64.b64decode(result.stdout_base64) == expected.stdout
    assert "stderr_base64" not in results[0]


def test_text_input(run: Run, box: str) -> None:
    assert run("container_exec", name=box, argv=["cat"], stdin="grüße").stdout == "grüße\n"
    assert run("container_exec", name=box, argv=["cat"], stdin="a", stdin_add_newline=False).stdout == "a"
    assert run("container_exec", name=box, argv=["cat"]).stdout == ""


def test_a_terminal(run: Run, box: str) -> None:
    result = run("container_exec", name=box, argv=["sh", "-c", "tty; echo err >&2"], tty=True)
    assert (result.stdout, result.stderr) == ("/dev/pts/0\r\nerr\r\n", "")
    typed = run("container_exec", name=box, argv=["sh"], tty=True, stdin="echo $((6*7)); exit 3", command_timeout=20)
    assert (typed.rc, "\r\n42\r\n" in typed.stdout) == (3, True)
    ended = run("container_exec", name=box, argv=["cat"], tty=True, stdin="x", command_timeout=20)
    assert ended.rc == 0


def test_detached(docker: Docker, run: Run, box: str) -> None:
    result = run("container_exec", name=box, argv=["sh", "-c", "sleep 0.3; echo done >/tmp/detached"], detach=True)
    assert (result.changed, result.stdout, "rc" in result) == (True, "", False)
    until(lambda: docker.ok("exec", box, "grep", "done", "/tmp/detached"), "the detached command")


def test_creates_where_the_engine_cannot_look(docker: Docker, run: Run, name: str) -> None:
    docker("run", "-d", "--name", name, "--tmpfs", "/scratch", IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", "touch /scratch/f && ln -s /scratch /way")
    for path in ("/scratch/f", "/way/f"):
        for option in ("creates", "removes"):
            result = run("container_exec", name=name, argv=["true"], **{option: path})
            assert result.failed and not result.changed and "tmpfs" in result.msg and option in result.msg, result
    assert run("container_exec", name=name, argv=["true"], creates="/etc/passwd/below-a-file").changed


def test_creates_and_removes(docker: Docker, run: Run, box: str) -> None:
    docker("exec", box, "touch", "/tmp/here")
    skipped = [{"creates": "/tmp/here"}, {"removes": "/tmp/gone"}, {"creates": "here", "chdir": "/tmp"}]
    for params in skipped:
        result = run("container_exec", name=box, argv=["touch", "/tmp/ran"], **params)
        assert (result.changed, result.ran, result.rc) == (False, False, 0)
        assert not run("container_exec", name=box, argv=["touch", "/tmp/ran"], _check=True, **params).changed
    assert not docker.ok("exec", box, "test", "-e", "/tmp/ran")
    assert run("container_exec", name=box, argv=["touch", "/tmp/ran"], creates="/tmp/ran", _check=True).changed
    assert not docker.ok("exec", box, "test", "-e", "/tmp/ran")
    assert run("container_exec", name=box, argv=["touch", "/tmp/ran"], creates="/tmp/ran", removes="/tmp/here").changed
    assert docker.ok("exec", box, "test", "-e", "/tmp/ran")


FAMILIES = {
    "one": "exec sleep 86399",
    "with children": "sleep 86399 & sleep 86399",
    "deaf": "trap '' TERM; sleep 86399 & while :; do sleep 86399; done",
    "orphans": "(sleep 86399 &) ; sleep 86399",
    "closed its output": "exec >/dev/null 2>&1; sleep 86399",
}


@pytest.mark.parametrize("near", [True, False], ids=["from the host", "by the container's shell"])
@pytest.mark.parametrize("script", FAMILIES.values(), ids=FAMILIES)
def test_a_command_that_takes_too_long_is_ended(
    docker: Docker, run: Run, name: str, script: str, near: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker("run", "--detach", "--init", "--name", name, IMAGE, "sleep", "3600")
    if not near:
        # As if the engine were on another host: none of its process ids means anything here.
        monkeypatch.setattr(kill, "is_in_container", lambda *_arguments: False)
    result = run("container_exec", name=name, command=f"echo begun; {script}", shell=True, command_timeout=0.7)
    assert (result.failed, result.failure["kind"], result.timed_out) == (True, "timeout", True)
    assert (result.stdout, result.rc in (137, 143)) == ("begun\n", True)
    assert "was ended" in result.msg
    assert "86399" not in docker("top", name)


def test_another_command_is_not_hit(docker: Docker, run: Run, box: str) -> None:
    docker("exec", "--detach", box, "sleep", "86398")
    assert run("container_exec", name=box, argv=["sleep", "86397"], command_timeout=0.5).failed
    assert "sleep 86398" in docker("top", box)
    assert "sleep 86397" not in docker("top", box)


def test_several_containers(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    names = [unique(f"n{number}") for number in range(4)]
    for number, one in enumerate(names):
        docker(
            "run",
            "--detach",
            "--label",
            f"group={names[0]}",
            "--env",
            f"N={number}",
            "--name",
            one,
            IMAGE,
            "sleep",
            "99",
        )
    docker("stop", "--time", "0", names[3])
    by_filter = run("container_exec", filters={"label": f"group={names[0]}"}, command="echo $N", shell=True)
    assert {row["name"]: row["stdout"] for row in by_filter.containers} == {
        names[0]: "0\n", names[1]: "1\n", names[2]: "2\n",
    }  # fmt: skip
    failed = run("container_exec", name=names, command="exit $N", shell=True)
    assert (failed.failed, failed.changed) == (True, True)
    assert [row.get("rc") for row in failed.containers] == [0, 1, 2, None]
    assert "3 of 4 containers failed" in failed.msg


FAULTS: list[tuple[str | None, str, str]] = [
    (None, "missing", "No such container"),
    ("kill", "conflict", "start it first"),
    ("pause", "conflict", "paused"),
]


@pytest.mark.parametrize(("verb", "kind", "words"), FAULTS)
def test_a_container_that_cannot(docker: Docker, run: Run, name: str, verb: str | None, kind: str, words: str) -> None:
    if verb:
        docker("run", "--detach", "--name", name, IMAGE, "sleep", "99")
        docker(verb, name)
    result = run("container_exec", name=name, argv=["true"])
    assert (result.failed, result.failure["kind"], result.changed) == (True, kind, False)
    assert words in result.msg


def test_the_container_dies_under_the_command(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", "until [ -e /tmp/end ]; do sleep 0.1; done")
    result = run("container_exec", name=name, argv=["sh", "-c", "echo begun; touch /tmp/end; sleep 99"])
    assert (result.failed, result.stdout, result.rc) == (True, "begun\n", 137)


def test_more_output_than_is_kept(run: Run, box: str) -> None:
    result = run("container_exec", name=box, argv=["seq", "1", "100000"], max_bytes=13)
    assert result.stdout == "99999\n100000\n"[-13:]
    assert result.cut == ["stdout"]
    assert "max_bytes" in str(result.warnings[0])


INVALID: list[tuple[dict[str, t.Any], str]] = [
    ({"command": "echo 'open"}, "cannot be split into words"),
    ({"command": ""}, "no command to run"),
    ({"argv": ["x"], "shell": True}, "not argv"),
    ({"argv": ["x"], "detach": True, "stdin": "y"}, "stdin cannot be had"),
    ({"argv": ["x"], "command_timeout": 0}, "more than 0"),
    ({"argv": ["x"], "creates": "relative"}, "not an absolute path"),
    ({"argv": ["x"], "stdin_base64": "?"}, "not Base64"),
    ({"argv": ["x"], "stdin_path": "/no/such"}, "cannot be read"),
]


@pytest.mark.parametrize(("params", "words"), INVALID)
def test_bad_input(run: Run, box: str, params: dict[str, t.Any], words: str) -> None:
    result = run("container_exec", name=box, **params)
    assert (result.failed, result.failure["kind"]) == (True, "invalid")
    assert words in result.msg
