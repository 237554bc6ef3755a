# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_attach: a conversation with a main process, judged by ``docker logs`` and ``docker inspect``."""

from __future__ import annotations

import typing as t

import pytest
from support.engine import Docker, until

from .conftest import Run

IMAGE = "stevedore/busybox:1"
# Says what it heard, and complains about "bad" on its other stream.
CONSOLE = """
echo ready
while read -r line; do
  case $line in
    bad) echo "no: $line" >&2;;
    slow) sleep 2; echo done;;
    quit) exit 5;;
    *) echo "you said: $line";;
  esac
  printf 'console> '
done
echo end of input
"""


@pytest.fixture
def console(docker: Docker, name: str) -> str:
    docker("run", "--detach", "--interactive", "--name", name, IMAGE, "sh", "-c", CONSOLE)
    until(lambda: docker("logs", name), "the console")
    return name


def running(docker: Docker, name: str) -> bool:
    return docker("inspect", "--format", "{{.State.Running}}", name) == "true"


def test_send_and_wait(docker: Docker, run: Run, console: str) -> None:
    result = run("container_attach", name=console, send=["hello", "bad"], until_match="no: b(.)d")
    assert result.changed
    assert result.match == {"text": "no: bad", "groups": ["a"]}
    # The streams are two pipes: what was said on stdout before may come after the match.
    assert "you said: hello\nconsole> console> ".startswith(result.stdout)
    assert result.stderr == "no: bad\n"
    assert running(docker, console)
    until(lambda: docker("logs", console).startswith("ready\nyou said: hello"), "the answer")


def test_a_prompt_counts_and_earlier_output_too(run: Run, console: str) -> None:
    result = run("container_attach", name=console, send=["hello"], logs=True, until_match="^console> $")
    assert result.stdout == "ready\nyou said: hello\nconsole> "


def test_dialogue(run: Run, console: str) -> None:
    turns = [{"send": f"turn {n}", "until_match": r"said: turn (\d)\nconsole> "} for n in range(5)]
    result = run("container_attach", name=console, dialogue=turns)
    assert [turn["match"]["groups"] for turn in result.turns] == [[str(n)] for n in range(5)]


def test_too_slow(docker: Docker, run: Run, console: str) -> None:
    result = run("container_attach", name=console, send=["hello", "slow"], until_match="done", wait_timeout=0.7)
    assert (result.failed, result.failure["kind"]) == (True, "timeout")
    assert "you said: hello" in result.stdout
    assert "'done' did not come" in result.msg
    assert running(docker, console)


def test_until_it_is_quiet(run: Run, console: str) -> None:
    result = run("container_attach", name=console, send=["a", "b"], idle=0.4)
    assert result.stdout == "you said: a\nconsole> you said: b\nconsole> "


def test_the_end_of_the_process(docker: Docker, run: Run, console: str) -> None:
    result = run("container_attach", name=console, send=["quit"], idle=5)
    assert (result.ended, result.rc, result.changed) == (True, 5, True)
    assert (result.failed, result.msg) == (True, f"The process of container {console} ended with code 5.")
    failed = run("container_attach", name=console, send=["hello"])
    assert (failed.failed, failed.failure["kind"]) == (True, "conflict")
    assert "start it first" in failed.msg


def test_check_mode_sends_nothing(docker: Docker, run: Run, console: str) -> None:
    assert run("container_attach", name=console, send=["quit"], _check=True).changed
    assert not run("container_attach", name=console, logs=True, until_match="ready", _check=True).changed
    assert running(docker, console)


def test_the_end_of_stdin(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--interactive", "--name", name, IMAGE, "sh", "-c", CONSOLE)
    docker("start", name)
    until(lambda: docker("logs", name), "the console")
    assert docker.inspect(name)["Config"]["StdinOnce"]
    refused = run("container_attach", name=name, send=["hello"])
    assert (refused.failed, refused.failure["kind"]) == (True, "invalid")
    assert running(docker, name)
    result = run("container_attach", name=name, send=["hello"], until_match="you said: hello", close_stdin=True)
    assert result.stdout == "you said: hello\nconsole> end of input\n"
    assert (result.ended, result.rc) == (True, 0)
    assert not running(docker, name)


def test_a_terminal(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--detach", "--interactive", "--tty", "--name", name, IMAGE, "sh")
    until(lambda: "built-in shell" in docker("logs", name), "the shell")
    result = run("container_attach", name=name, send=["echo $((6*7)); tty"], until_match=r"^/dev/pts/\d+$\n/ # ")
    assert "42\r\n/dev/pts/0\r\n" in result.stdout
    plain = run(
        "container_attach", name=name, send=["printf '\\033[31mred\\033[0m\\n'"], until_match="^red$", strip_ansi=True
    )
    assert "\nred\n" in plain.stdout
    assert running(docker, name)


REFUSED: list[tuple[list[str], str | None, dict[str, t.Any], str, str]] = [
    ([], None, {"send": ["x"]}, "invalid", "without an open stdin"),
    (["--interactive"], "pause", {"send": ["x"]}, "conflict", "unpause it first"),
    (["--interactive"], "kill", {}, "conflict", "start it first"),
    (["--interactive"], None, {"send": ["x"], "close_stdin": True}, "invalid", "stays open"),
    (["--interactive"], None, {"until_match": "("}, "invalid", "not a regular expression"),
]


@pytest.mark.parametrize(("switches", "verb", "params", "kind", "words"), REFUSED)
def test_refused(
    docker: Docker,
    run: Run,
    name: str,
    switches: list[str],
    verb: str | None,
    params: dict[str, t.Any],
    kind: str,
    words: str,
) -> None:
    docker("run", "--detach", *switches, "--name", name, IMAGE, "sleep", "1000")
    if verb:
        docker(verb, name)
    result = run("container_attach", name=name, **params)
    assert (result.failed, result.failure["kind"]) == (True, kind)
    assert words in result.msg
