# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_isolation beside what the container itself and /proc say."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from support.engine import Docker

IMAGE = "stevedore/busybox:1"
Run = t.Callable[..., t.Any]
Unique = t.Callable[..., str]


def namespace_of(docker: Docker, name: str, kind: str) -> str:
    return os.readlink(f"/proc/{docker('inspect', '--format', '{{.State.Pid}}', name)}/ns/{kind}")


def test_namespaces_are_those_of_the_process(docker: Docker, run: Run, unique: Unique) -> None:
    first, second = unique("first"), unique("second")
    docker("run", "-d", "--name", first, "--ipc", "shareable", IMAGE, "sleep", "1000")
    docker(
        "run", "-d", "--name", second, "--pid", "host", "--net", f"container:{first}", "--ipc", f"container:{first}", IMAGE,
        "sleep", "1000",
    )  # fmt: skip
    try:
        namespace_of(docker, first, "mnt")
    except OSError:
        pytest.skip("this user cannot read the namespaces of the engine's containers")
    one, two = run("container_isolation", name=[first, second]).containers
    for kind in ("mnt", "uts", "ipc", "pid", "net"):
        assert one["namespaces"][kind] == {
            "id": namespace_of(docker, first, kind),
            "mode": "container" if kind in ("net", "ipc") else "own",
            "shared_with": second if kind in ("net", "ipc") else None,
            "source": "proc",
        }
        assert two["namespaces"][kind]["id"] == namespace_of(docker, second, kind)
    modes = {
        kind: (two["namespaces"][kind]["mode"], two["namespaces"][kind]["shared_with"])
        for kind in ("net", "ipc", "pid", "uts")
    }
    assert modes == {
        "net": ("container", first),
        "ipc": ("container", first),
        "pid": ("host", "host"),
        "uts": ("own", None),
    }
    alone = run("container_isolation", name=second).container
    assert alone["namespaces"]["net"]["shared_with"] == first, (
        "the configuration names the container that was not asked for"
    )
    docker("rm", "-f", second)
    docker("stop", "-t", "0", first)
    stopped = run("container_isolation", name=first).container
    assert {namespace["source"] for namespace in stopped["namespaces"].values()} == {"configuration"}


def test_facts(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    docker(
        "run", "-d", "--name", name, "--hostname", "inside", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--read-only",
        "--security-opt", "no-new-privileges", "--memory", "32m", "--pids-limit", "50", "--cpus", "0.5", "--user", "app",
        "-v", f"{tmp_path}:/data:ro", "-p", "127.0.0.1::80", IMAGE, "sleep", "1000",
    )  # fmt: skip
    found = run("container_isolation", name=name, size=True).container
    assert found["hostname"] == "inside"
    assert found["capabilities"]["effective"] == ["NET_BIND_SERVICE"]
    assert found["root_filesystem"]["layers"] == len(docker.inspect(IMAGE, "image")["RootFS"]["Layers"])
    assert found["root_filesystem"]["size"] > 1_000_000
    assert found["root_filesystem"]["read_only"]
    assert found["mounts"] == [
        {"source": str(tmp_path), "destination": "/data", "writable": False, "propagation": "rprivate", "why": None}
    ]
    worst = [finding["id"] for finding in found["findings"] if finding["severity"] != "low"]
    assert worst == []


def test_the_gate(docker: Docker, run: Run, unique: Unique) -> None:
    bad, good = unique("bad"), unique("good")
    docker("create", "--name", bad, "--pid", "host", "-v", "/etc:/host", IMAGE, "true")
    docker("create", "--name", good, IMAGE, "true")
    result = run("container_isolation", name=[bad, good], fail_on="high")
    assert result.failed
    assert result.failure["kind"] == "failed"
    assert f"{bad}: host-folder-writable, host-pid" in result.msg
    assert good not in result.msg
    assert [row["name"] for row in result.containers] == [bad, good]
    accepted = run("container_isolation", name=[bad, good], fail_on="high", accept=["host-pid", "host-folder-writable"])
    assert not accepted.failed
    assert "host-pid" not in [finding["id"] for finding in accepted.containers[0]["findings"]]
    wrong = run("container_isolation", name=bad, accept=["no-such-finding"])
    assert "no-such-finding" in wrong.msg
    assert run("container_isolation", name=unique("nobody")).failure["kind"] == "missing"
