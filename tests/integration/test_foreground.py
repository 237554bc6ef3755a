# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""detach: false: a container run to its end."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import pathlib
import re
import threading
import time
import typing as t

import pytest
from support import modules
from support.engine import Docker
from support.proxy import Call, Proxy

if t.TYPE_CHECKING:
    from conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"


@dataclasses.dataclass(frozen=True)
class Case:
    options: dict[str, t.Any]
    rc: int = 0
    stdout: str = ""
    stderr: str = ""


BOTH = ["sh", "-c", "echo out; echo err >&2"]
LINES = "a line of input\n" * 200_000

CASES = {
    "both streams": Case({"command": BOTH}, 0, "out\n", "err\n"),
    "nothing": Case({"command": ["true"]}),
    "exit code": Case({"command": ["sh", "-c", "echo x; exit 7"]}, 7, "x\n"),
    "gone at once": Case({"command": BOTH, "auto_remove": True}, 0, "out\n", "err\n"),
    "gone at once, in vain": Case({"command": ["sh", "-c", "exit 3"], "auto_remove": True}, 3),
    "terminal": Case({"command": BOTH, "tty": True}, 0, "out\r\nerr\r\n"),
    "no log": Case({"command": BOTH, "log_driver": "none"}, 0, "out\n", "err\n"),
    "stdin": Case({"command": ["cat"], "stdin": "ä\nb"}, 0, "ä\nb"),
    "empty stdin": Case({"command": ["wc", "-c"], "stdin": ""}, 0, "0\n"),
    "much stdin": Case({"command": ["cat"], "stdin": LINES, "auto_remove": True}, 0, LINES),
    "stdin that nobody reads": Case({"command": ["true"], "stdin": LINES}),
    "slow": Case({"command": ["sh", "-c", "sleep 2; echo late"], "timeout": 1}, 0, "late\n"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_run_to_the_end(docker: Docker, name: str, run: Run, case: Case) -> None:
    options = {"name": name, "image": IMAGE, "detach": False, **case.options}
    assert run("container_run", **options, _check=True).changed
    assert not docker.ok("inspect", name)
    done = run("container_run", **options)
    assert (done["rc"], done["stdout"], done["stderr"]) == (case.rc, case.stdout, case.stderr)
    assert done.changed
    assert done.failed == bool(case.rc)
    if case.rc:
        assert f"exit code {case.rc}" in done["msg"]
    assert docker.ok("inspect", name) != bool(case.options.get("auto_remove"))


def test_again(docker: Docker, name: str, run: Run) -> None:
    """A job that is there and as wanted is started again; another one takes its place."""
    options: dict[str, t.Any] = {"name": name, "image": IMAGE, "detach": False}
    for command, expected in (("one", ["create", "start"]), ("one", ["start"]), ("two", ["recreate"])):
        done = run("container_run", **options, command=["echo", command])
        assert [action["action"] for action in done["actions"]] == expected
        assert done["stdout"] == f"{command}\n"
    failed = run("container_run", **options, command=["false"])
    assert failed["rc"] == 1
    assert failed["rolled_back"] is True
    assert docker.inspect(name)["Config"]["Cmd"] == ["echo", "two"], (
        "the old one is kept until the new one has ended well"
    )


def test_already_running(name: str, run: Run) -> None:
    options: dict[str, t.Any] = {"name": name, "image": IMAGE, "command": ["sh", "-c", "echo a; sleep 2; echo b"]}
    run("container_run", **options)
    done = run("container_run", **options, detach=False)
    assert (done.changed, done["stdout"], done["rc"]) == (False, "a\nb\n", 0)


def test_one_that_cannot_start(docker: Docker, name: str, run: Run) -> None:
    failed = run("container_run", name=name, image=IMAGE, command=["nonesuch"], detach=False)
    assert "nonesuch" in failed["msg"]
    assert not docker.ok("inspect", name)


def test_the_input_does_not_end_before_the_start(engine: str, name: str, run: Run, tmp_path: pathlib.Path) -> None:
    """An engine that is just making the process may miss it."""
    feeding: list[bool] = []
    others = threading.enumerate()

    def judge(_number: int, call: Call) -> None:
        if call[1].endswith("/start"):
            time.sleep(0.5)
            ours = (thread for thread in threading.enumerate() if thread not in others)
            feeding.extend(thread.is_alive() for thread in ours if thread.name == "stdin")

    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.judge = judge
        options = {"name": name, "image": IMAGE, "command": ["wc", "-c"], "detach": False, "stdin": ""}
        done = run("container_run", **options, docker_host=proxy.host)
    assert (done["rc"], done["stdout"]) == (0, "0\n")
    assert feeding == [True]


def test_engine_goes_away(engine: str, name: str, run: Run, tmp_path: pathlib.Path) -> None:
    """A stream that breaks off is no end of the container."""
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.break_answers_after = b"stop here"
        failed = run(
            "container_run",
            name=name,
            image=IMAGE,
            command=["sh", "-c", "echo stop here; sleep 1000"],
            detach=False,
            docker_host=proxy.host,
        )
    assert failed.failed
    assert "rc" not in failed


def test_output_is_bounded(name: str, run: Run) -> None:
    """Sixty megabytes: the end of it is returned, and a warning says so."""
    many = ["sh", "-c", "yes 0123456789abcde | head -c 60000000; echo; echo the end; echo few >&2"]
    done = run("container_run", name=name, image=IMAGE, command=many, detach=False, max_bytes=1000)
    assert len(done["stdout"]) == 1000
    assert done["stdout"].endswith("\nthe end\n")
    assert (done["stderr"], done["cut"]) == ("few\n", ["stdout"])
    assert "max_bytes" in str(done["warnings"])
    failed = run("container_run", name=name, image=IMAGE, command="true", detach=False, max_bytes=-1)
    assert failed["failure"]["kind"] == "invalid"


def test_memory_is_bounded(name: str, run_process: RunProcess) -> None:
    """By default, too: the process that reads 400 MB never holds more than a part of it."""
    many = ["sh", "-c", "yes 0123456789abcde | head -c 400000000"]
    process = run_process(
        "container_run", name=name, image=IMAGE, command=many, detach=False, log_driver="none", auto_remove=True
    )
    peak, status = 0, pathlib.Path(f"/proc/{process.pid}/status")
    reader = threading.Thread(target=lambda: found.append(modules.collect(process)))
    found: list[modules.Result] = []
    reader.start()
    while reader.is_alive():
        with contextlib.suppress(OSError):
            held = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text())
            peak = max(peak, int(held.group(1)) if held else 0)
        time.sleep(0.05)
    assert len(found[0]["stdout"]) == 1 << 24
    assert peak < 250_000


@pytest.mark.parametrize("tty", [False, True])
def test_bytes_that_are_not_text(name: str, run: Run, tty: bool) -> None:
    command = ["printf", r"a\377\376b"]
    done = run("container_run", name=name, image=IMAGE, command=command, detach=False, tty=tty)
    assert base64.b64decode(done["stdout_base64"]) == b"a\xff\xfeb"
    assert done["stdout"] == "a\ufffd\ufffdb"
    assert "stderr_base64" not in done
