# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module once on the oldest Python and the oldest Docker SDK that are supported, where this machine has that Python."""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import ssl
import subprocess
import typing as t

import pytest
from support import gates, modules
from support.engine import Docker

IMAGE = "stevedore/busybox:1"
# As in Debian 12, whose python3-docker is the oldest that can be had today.
PACKAGES = ("docker==5.0.3", "requests==2.28.1", "urllib3==1.26.12", "websocket-client==1.2.3")
Json = t.Dict[str, t.Any]


def candidates() -> t.Iterator[str]:
    found = shutil.which("python3.9")
    versions = pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv"), "versions").expanduser()
    return itertools.chain([found] if found else [], map(str, versions.glob("3.9.*/bin/python3.9")))


def works(python: str) -> bool:
    # A version manager's shim is there, and fails.
    return not subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode


@pytest.fixture(scope="module")
def python() -> str:
    """A Python 3.9 of its own; it is made once and kept."""
    base = next(filter(works, candidates()), None)
    if base is None:
        pytest.skip("this machine has no Python 3.9; with STEVEDORE_MODULE_PYTHON the tests run on any other")
    folder = modules.ROOT / ".cache" / "python3.9"
    made, mark = folder / "bin" / "python", folder / "packages"
    if not mark.exists() or mark.read_text() != " ".join(PACKAGES):
        subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(made), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        mark.write_text(" ".join(PACKAGES))
    return str(made)


def steps(name: str, folder: pathlib.Path) -> list[tuple[str, Json, bool]]:
    """A container's life: module, parameters, and whether it changes something."""
    box: Json = {"image": IMAGE, "command": "sh -c 'echo ready; cat'", "interactive": True, "memory": "64m"}
    archive = str(folder / "box.tar.gz")
    (folder / "note").write_text("unpacked")
    subprocess.run(["tar", "-czf", str(folder / "note.tgz"), "-C", str(folder), "./note"], check=True)
    return [
        ("container_run", {"name": name, **box}, True),
        ("container_run", {"name": name, **box}, False),
        ("container_run", {"name": name, **box, "env": {"A": "b"}}, True),
        ("containers", {"containers": [{"name": name, **box, "env": {"A": "b"}}]}, False),
        ("container_inspect", {"name": name}, False),
        ("container_exec", {"name": name, "command": "cat", "stdin": "through 3.9"}, True),
        ("container_attach", {"name": name, "send": ["hello"], "until_match": "hello"}, True),
        ("container_logs", {"name": name, "until_match": "ready"}, False),
        ("container_cp", {"src": "/etc/hostname", "dest": f"{name}:/copied"}, True),
        ("container_cp", {"src": "/etc/hostname", "dest": f"{name}:/copied"}, False),
        ("container_cp", {"src": str(folder / "note.tgz"), "dest": f"{name}:/opened", "decompress": True}, True),
        ("container_diff", {"name": name}, False),
        ("container_top", {"name": name}, False),
        ("container_stats", {"name": name, "interval": 0.1}, False),
        ("container_port", {"name": name}, False),
        ("container_isolation", {"name": name}, False),
        ("container_logfile", {"name": name}, False),
        ("container_commit", {"name": name, "repository": f"{name}-image", "tag": "a"}, True),
        ("container_commit", {"name": name, "repository": f"{name}-image", "tag": "a"}, False),
        ("container_export", {"name": name, "path": archive, "compression": "gzip"}, True),
        ("container_export", {"name": name, "path": archive, "compression": "gzip"}, False),
        ("container_import", {"path": archive, "repository": f"{name}-image", "tag": "b"}, True),
        ("container_import", {"path": archive, "repository": f"{name}-image", "tag": "b"}, False),
        ("daemon_config", {"config": {"debug": True}, "path": str(folder / "daemon.json"), "apply": "none"}, True),
        ("container_state", {"name": name, "state": "stopped", "stop_timeout": 0}, True),
        ("container_run", {"name": name, "state": "absent"}, True),
    ]


def test_every_module(docker: Docker, python: str, unique: t.Callable[..., str], tmp_path: pathlib.Path) -> None:
    name, ran = unique("old"), set()
    for module, params, changes in steps(name, tmp_path):
        ran.add(module)
        result = modules.collect(modules.spawn(module, params, python=python))
        assert (result.failed, result.changed) == (False, changes), (module, params, result)
        if module == "container_exec":
            assert result.stdout == "through 3.9\n"
        if module == "container_cp":
            assert docker("exec", name, "cat", "/copied") == pathlib.Path("/etc/hostname").read_text().rstrip("\n")
        if params.get("decompress"):
            assert docker("exec", name, "cat", "/opened/note") == "unpacked"
    assert ran == {path.stem for path in (modules.ROOT / "plugins" / "modules").glob("*.py")} - {"__init__"}
    for tag in ("a", "b"):
        assert docker("run", "--rm", f"{name}-image:{tag}", "cat", "/copied")
    assert not docker.ok("inspect", "--type", "container", name)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_tls(python: str, engine: str, tmp_path: pathlib.Path, version: ssl.TLSVersion) -> None:
    with gates.tls(engine, tmp_path, version) as options:
        result = modules.collect(modules.spawn("container_inspect", {"name": "stv-nobody", **options}, python=python))
    assert (result.failed, result.get("exists")) == (False, False), result
