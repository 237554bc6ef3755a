# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode leaves the engine and the disk alone: judged by the engine's events, and by every file that Python opens to write."""

from __future__ import annotations

import json
import os
import pathlib
import re
import time
import typing as t
import uuid

import pytest
from support import modules
from support.engine import Docker, until

IMAGE = "stevedore/busybox:1"
SCRIPT = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; echo changed >/changed; exec sleep 1000"
# Python tells of everything that may change a file system. The log itself is opened before.
AUDIT = """
import os, sys
log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_APPEND)
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
acts = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime")
def hook(event, args):
    if event in acts or event == "open" and args[2] and args[2] & writing and args[0] != os.devnull:
        os.write(log, f"{event} {args!r}\\n".encode())
sys.addaudithook(hook)
"""
# What only reads makes events, too.
READING = {"archive-path", "attach", "export", "top"}

Json = t.Dict[str, t.Any]


@pytest.fixture(scope="module")
def scene(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, str]]:
    """A container that has changed and has logged, an image of its own, and an archive of an earlier state."""
    mark = f"stvcheck{uuid.uuid4().hex[:8]}"
    folder = tmp_path_factory.mktemp("scene")
    docker("run", "--name", f"{mark}-first", IMAGE, "sh", "-c", "echo first >/first")
    docker("commit", f"{mark}-first", f"{mark}-image:1")
    docker("commit", "--change", "ENV A=b", f"{mark}-first", f"{mark}-image:2")
    docker("run", "--detach", "--interactive", "--name", f"{mark}-box", f"{mark}-image:1", "sh", "-c", SCRIPT)
    modules.call("container_export", {"name": f"{mark}-first", "path": str(folder / "first.tar")})
    (folder / "file").write_text("text")
    (folder / "log").write_text("other\n")
    until(lambda: "line 2999" in docker("logs", f"{mark}-box"), "the last line")
    modules.call("container_logs", {"name": f"{mark}-box", "path": str(folder / "saved")})
    (folder / "daemon.json").write_text("{}\n")
    yield {"mark": mark, "box": f"{mark}-box", "image": f"{mark}-image", "folder": str(folder)}
    docker.remove_all(mark)


# Module, arguments, whether something would be changed, and the events that its documentation tells of.
CASES: list[tuple[str, Json, bool | None, list[str]]] = [
    ("container_run", {"name": "{mark}-new", "image": "{image}:1", "env": {"A": "b"}}, True, []),
    ("container_run", {"name": "{box}", "image": "{image}:2", "env": {"A": "c"}}, True, []),
    ("container_run", {"name": "{box}", "state": "absent"}, True, []),
    ("containers", {"containers": [{"name": "{mark}-one", "image": "{image}:1"}]}, True, []),
    ("container_state", {"name": "{box}", "state": "stopped"}, True, []),
    ("container_state", {"name": "{box}", "state": "restarted"}, True, []),
    ("container_commit", {"container": "{box}", "repository": "{mark}-snap", "tag": "a"}, True, []),
    ("container_export", {"name": "{box}", "path": "{folder}/new.tar.gz"}, True, []),
    ("container_export", {"name": "{box}", "path": "{folder}/first.tar"}, True, []),
    ("container_import", {"path": "{folder}/first.tar", "repository": "{mark}-imported"}, True, []),
    ("container_diff", {"name": "{box}"}, False, []),
    ("container_diff", {"name": "{box}", "since": "{folder}/first.tar"}, False, []),
    ("container_diff", {"name": "{box}", "since": "{image}:1"}, False, []),
    ("container_diff", {"name": "{box}", "since": "{image}:2"}, False, ["create", "destroy"]),
    ("container_logs", {"name": "{box}", "path": "{folder}/new.log"}, True, []),
    ("container_logs", {"name": "{box}", "path": "{folder}/log"}, True, []),
    ("container_logs", {"name": "{box}", "path": "{folder}/saved"}, False, []),
    ("container_cp", {"src": "{folder}/file", "dest": "{box}:/new/", "remote_src": True}, True, []),
    ("container_cp", {"src": "{box}:/etc", "dest": "{folder}/etc", "remote_src": True}, True, []),
    ("container_exec", {"name": "{box}", "command": "touch /made"}, True, []),
    ("container_attach", {"name": "{box}", "send": ["hello"]}, True, []),
    ("container_stats", {"name": "{box}", "path": "{folder}/stats.prom"}, None, []),  # not every engine can sample
    ("container_logfile", {"name": "{box}", "truncate_over": "1k"}, True, []),
    ("container_isolation", {"name": "{box}"}, False, []),
    ("container_inspect", {"name": "{box}"}, False, []),
    ("container_port", {"name": "{box}"}, False, []),
    ("container_top", {"name": "{box}"}, False, []),
    ("daemon_config", {"path": "{folder}/daemon.json", "config": {"debug": True}, "apply": "none"}, True, []),
]  # fmt: skip


def filled(value: t.Any, scene: dict[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: filled(item, scene) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, scene) for item in value]
    return value.format(**scene) if isinstance(value, str) else value


def events(docker: Docker, since: float, scene: dict[str, str]) -> list[str]:
    """The actions on what belongs to the scene; other tests use the engine at the same time."""
    ids = [docker.inspect(scene["box"])["Id"], *(docker.inspect(f"{scene['image']}:{n}", "image")["Id"] for n in "12")]
    told = docker("events", "--since", f"{since:.9f}", "--until", f"{time.time():.9f}", "--format", "{{json .}}")
    found = []
    for line in told.splitlines():
        event = json.loads(line)
        if event["Type"] in ("container", "image", "volume") and any(own in line for own in [scene["mark"], *ids]):
            found.append(event["Action"].partition(":")[0])
    return [action for action in found if action not in READING]


def state_of(folder: pathlib.Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in [folder, *folder.rglob("*")]}


def for_dockerd(line: str) -> bool:
    """``daemon_config`` hands dockerd a file to be validated, and looks first whether it may write there."""
    return bool(re.search(r"/tmp/(tmp\w{8}\.json|[a-z0-9_]{8})'|open \('/tmp', 'w'", line))


@pytest.mark.parametrize(
    ("module", "arguments", "changed", "expected"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)]
)
def test_check_mode_touches_nothing(
    docker: Docker,
    scene: dict[str, str],
    tmp_path: pathlib.Path,
    module: str,
    arguments: Json,
    changed: bool | None,
    expected: list[str],
) -> None:
    (tmp_path / "sitecustomize.py").write_text(AUDIT)
    log = tmp_path / "audit"
    log.touch()
    folder = pathlib.Path(scene["folder"])
    before, since = state_of(folder), time.time()
    process = modules.spawn(
        module,
        filled(arguments, scene),
        check=True,
        AUDIT_LOG=str(log),
        PYTHONPATH=os.pathsep.join([str(tmp_path), str(modules.COLLECTIONS)]),
        PYTHONDONTWRITEBYTECODE="1",
    )
    result = modules.collect(process)
    assert not result.failed, result
    assert changed is None or result.changed is changed
    assert events(docker, since, scene) == expected
    assert [line for line in log.read_text().splitlines() if not for_dockerd(line)] == []
    assert state_of(folder) == before
