# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests that somebody edited: what reaches the host is said, and run only for those who trust it."""

from __future__ import annotations

import hashlib
import json
import pathlib
import subprocess
import sys
import typing as t

import pytest
from support.engine import Docker

from .conftest import Run

BUSYBOX = "stevedore/busybox:1"
PLAYBOOKS = pathlib.Path(__file__).parents[2] / "playbooks"
EDITED = {"privileged": True, "volumes": ["/:/host", "data:/data"], "capabilities": ["SYS_ADMIN"], "state": "started"}


@pytest.fixture
def archive(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> pathlib.Path:
    """The archive of a container that is gone."""
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    path = tmp_path / "box.tar"
    done = run("container_export", name=name, path=str(path))
    assert done.export["manifest_sha256"] == sha256(path)
    docker("rm", "-f", name)
    return path


def manifest(path: pathlib.Path) -> pathlib.Path:
    return path.parent / (path.name + ".manifest.json")


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(manifest(path).read_bytes()).hexdigest()


def edit(path: pathlib.Path, **options: t.Any) -> None:
    document = json.loads(manifest(path).read_text())
    document["run_options"].update(options)
    manifest(path).write_text(json.dumps(document))


def play(playbook: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    given = {"ansible_python_interpreter": sys.executable, **variables}
    program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", "localhost,", "-c", "local", "-e", json.dumps(given), str(PLAYBOOKS / f"{playbook}.yml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def text(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed; lines are folded anywhere."""
    return " ".join((done.stdout + done.stderr).split())


def test_import_lists_what_reaches_the_host(run: Run, archive: pathlib.Path, unique: t.Callable[..., str]) -> None:
    plain = run("container_import", path=str(archive), repository=unique("image"))
    assert plain.host_access == []
    assert "warnings" not in plain
    assert plain.manifest_sha256 == sha256(archive)

    edit(archive, **EDITED)
    for check in (True, False):
        done = run("container_import", path=str(archive), repository=unique("image"), _check=check)
        assert [(entry["option"], entry["value"]) for entry in done.host_access] == [
            ("capabilities", "SYS_ADMIN"),
            ("privileged", True),
            ("state", "started"),
            ("volumes", "/:/host"),
        ]
        assert "privileged: True" in str(done.warnings[0])
        assert "volumes: /:/host" in str(done.warnings[0])


def test_restore_runs_only_what_is_trusted(
    docker: Docker, archive: pathlib.Path, name: str, unique: t.Callable[..., str]
) -> None:
    given = {"restore_hosts": "localhost", "restore_archive": str(archive), "restore_image": unique("image")}
    edit(archive, capabilities=["SYS_PTRACE"], volumes=["/srv:/host:ro"])
    for untrusted in ({}, {"restore_overrides": {"volumes": []}}):
        refused = play("restore", **given, **untrusted)
        assert refused.returncode != 0
        assert "capabilities: SYS_PTRACE" in refused.stdout
        assert ("volumes: /srv:/host:ro" in refused.stdout) is (not untrusted)
        assert "restore_trust=true" in text(refused)
        assert not docker.ok("inspect", name)

    other = play("restore", **given, restore_manifest_sha256="0" * 64)
    assert other.returncode != 0
    assert sha256(archive) in text(other)
    assert not docker.ok("inspect", name)

    overridden = play("restore", **given, restore_overrides={"volumes": [], "capabilities": []})
    assert overridden.returncode == 0, text(overridden)
    assert docker.inspect(name)["HostConfig"]["CapAdd"] is None
    docker("rm", "-f", name)

    for trusted in ({"restore_trust": True}, {"restore_manifest_sha256": sha256(archive).upper()}):
        done = play("restore", **given, **trusted)
        assert done.returncode == 0, text(done)
        assert docker.inspect(name)["HostConfig"]["Binds"] == ["/srv:/host:ro"]
        docker("rm", "-f", name)


def test_a_manifest_is_no_template(archive: pathlib.Path, tmp_path: pathlib.Path, unique: t.Callable[..., str]) -> None:
    """What stands in a manifest is never evaluated on the control node."""
    document = json.loads(manifest(archive).read_text())
    evil = "{{ lookup('pipe', 'touch " + str(tmp_path / "evil") + "') }}"
    document["container"]["name"] = evil
    document["run_options"].update(name=evil, hostname=evil, volumes=[evil])
    manifest(archive).write_text(json.dumps(document))
    given = {"restore_hosts": "localhost", "restore_archive": str(archive), "restore_image": unique("image")}
    assert play("restore", **given, restore_trust=True).returncode != 0
    assert play("restore", restore_hosts="localhost", restore_archive=str(archive)).returncode != 0
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("playbook", ["restore", "rollback"])
def test_the_hosts_have_to_be_named(playbook: str) -> None:
    done = play(playbook, restore_archive="/nowhere.tar", rollback_name="nobody")
    assert done.returncode != 0
    assert f"-e {playbook if playbook == 'rollback' else 'restore'}_hosts=HOST" in text(done)
    assert "TASK" not in done.stdout
