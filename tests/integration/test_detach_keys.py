# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input for a terminal may hold what the engine takes as "detach" (Ctrl-P Ctrl-Q) when nobody says otherwise."""

from __future__ import annotations

import base64

import pytest
from support.engine import Docker, until

from .conftest import Run

IMAGE = "stevedore/busybox:1"
# The terminal passes all bytes on, and what is read is shown byte by byte.
RAW = "stty raw -echo; echo ready; while :; do dd bs=1 count=1 2>/dev/null | od -An -tx1; done"
# Engines up to 20.10 look for the keys in reads of one byte alone, later ones wherever they are.
KEYS = ["a\x10\x11b", "\x10", "\x11", "c", "\x10\x11", "end"]


def test_attach(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--detach", "--interactive", "--tty", "--name", name, IMAGE, "sh", "-c", RAW)
    until(lambda: "ready" in docker("logs", name), "the terminal")
    result = run("container_attach", name=name, send=KEYS, until_match=r"65\s+6e\s+64\s+0a")
    assert result.stdout.split() == [f"{byte:02x}" for byte in "\n".join([*KEYS, ""]).encode()]


@pytest.mark.parametrize("data", [b"a\x10\x11b\nend\n", b"\x10\x11\nend\n", b"\x11\x10\x10\x11\x10\x11\nend\n"])
def test_exec(docker: Docker, run: Run, name: str, data: bytes) -> None:
    """The terminal itself takes Ctrl-Q, and repeats what it gets."""
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    stdin = base64.b64encode(data).decode()
    result = run("container_exec", name=name, command="cat", tty=True, stdin_base64=stdin, command_timeout=20)
    assert not result.failed, result
    assert result.stdout.count("end\r\n") == 2
    assert result.stdout.count("\x10") == data.count(b"\x10")
