# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An env_file gives a container exactly the variables that ``docker run --env-file`` gives it.

``STEVEDORE_EXAMPLES=1000`` tries that many new files; without it, the same few are tried each time.
"""

from __future__ import annotations

import os
import pathlib
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st
from support.engine import Docker

from .conftest import Run

MARK = "stvenvfile"
CLI, OURS = f"{MARK}-cli", f"{MARK}-ours"
IMAGE = "stevedore/busybox:1"
EXAMPLES = int(os.environ.get("STEVEDORE_EXAMPLES", "0"))
PASSED_ON = {"STV_HERE": "from outside", "STV_EMPTY": "", "STV_ÜMLAUT": "ü"}

FILES: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbfFOO=1\nBAR=2\n",
    "byte order mark before a comment": b"\xef\xbb\xbf# FOO=1\nBAR=2\n",
    "byte order mark on the second line": b"A=1\n\xef\xbb\xbfFOO=1\n",
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbfFOO=1\n",
    "lines of Windows": b"FOO=1\r\nBAR=2\r\n\r\nSTV_HERE\r\n",
    "carriage returns": b"FOO=a\rb\nBAR=c\r\r\nLAST=d\r",
    "only carriage returns": b"FOO=1\rBAR=2\r",
    "form feed and vertical tab": b"FOO=a\x0cb\x0bc\n\x0c\x0bBAR=1\n",
    "line separators of Unicode": "FOO=a\u2028b\u2029c\u0085d\n\u2028BAR=1\n\u00a0\u3000BAZ=2\n".encode(),
    "separators of ASCII": b"FOO=a\x1cb\x1dc\x1ed\n\x1cBAR=1\n\x1f=2\n",
    "spaces": b"  FOO = 1\n",
    "spaces in the value": b"\t FOO=  a b\t \n",
    "quotes stay": b"FOO=\"a b\"\nBAR='c'\n",
    "no name": b"=1\n",
    "a comment after a value": b"FOO=1 # one\n#BAR=1\n \t# BAZ\n",
    "passed on": "STV_HERE\nSTV_EMPTY\nSTV_NOT_HERE\nSTV_ÜMLAUT\n".encode(),
    "passed on with space after it": b"STV_HERE \n",
    "passed on with a form feed after it": b"STV_HERE\x0c\n",
    "export": b"export FOO=1\n",
    "twice": b"FOO=1\nFOO=2\nFOO=\n",
    "= in the value": b"FOO=a=b==\n",
    "no newline at the end": b"FOO=1",
    "empty": b"",
    "not UTF-8": b"FOO=1\nBAR=\xff\n",
    "half a character": b"FOO=\xc3\n\xa4=1\n",
    "a surrogate": b"FOO=\xed\xa0\x80\n",
}

_pieces = st.sampled_from(
    ["A", "B", "=", "=", "#", " ", "\t", "\n", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0", "\u2003",
     "\u2028", "\u2029", "\u3000", "\ufeff", "\u200b", "\u180e", "ü", '"', "'", "\\", "$A", "STV_HERE", "STV_EMPTY", "a b"]
)  # fmt: skip
CONTENTS = st.lists(_pieces, max_size=25).map("".join).map(str.encode)


@pytest.fixture(autouse=True)
def environment(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    for name, value in PASSED_ON.items():
        monkeypatch.setenv(name, value)
    docker.remove_all(MARK)
    yield
    docker.remove_all(MARK)


def variables(docker: Docker, name: str) -> dict[str, str]:
    """Of two with one name a process sees the last."""
    return dict(item.split("=", 1) for item in docker.inspect(name)["Config"]["Env"] or ())


def compare(docker: Docker, run: Run, file: pathlib.Path, content: bytes) -> None:
    file.write_bytes(content)
    docker("rm", "--force", CLI, OURS, check=False)
    taken = docker.ok("create", "--name", CLI, "--env-file", str(file), IMAGE, "true")
    asked: dict[str, t.Any] = {"image": IMAGE, "command": ["true"], "env_file": str(file), "state": "present"}
    ours = run("container_run", name=OURS, **asked)
    assert bool(ours.failed) is not taken, (content, ours.get("msg"))
    if taken:
        assert variables(docker, OURS) == variables(docker, CLI), content
        assert not run("container_run", name=CLI, **asked).changed, content


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_file(docker: Docker, run: Run, tmp_path: pathlib.Path, content: bytes) -> None:
    compare(docker, run, tmp_path / "env", content)


def test_a_refusal_names_the_line(run: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "env").write_bytes(b"A=1\nB=\xff\n")
    refused = run("container_run", name=OURS, image=IMAGE, env_file=str(tmp_path / "env"))
    assert refused.failed
    assert "line 2" in refused.msg


@hypothesis.settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # shrinking on an engine takes minutes
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(content=CONTENTS)
def attempt(docker: Docker, run: Run, file: pathlib.Path, content: bytes) -> None:
    compare(docker, run, file, content)


def test_random_files(docker: Docker, run: Run, tmp_path: pathlib.Path) -> None:
    attempt(docker, run, tmp_path / "env")
