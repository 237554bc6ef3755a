# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module through its ``main()``, on files that no engine reads."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import checks, lock, service
from support import modules


def call(path: pathlib.Path, config: dict[str, t.Any], check: bool = False, **options: t.Any) -> modules.Result:
    params = {"path": str(path), "config": config, "dockerd": "/bin/does-not-exist", **options}
    return modules.call("daemon_config", params, check=check, diff=True)


def test_check_mode_says_what_is_then_done_and_the_second_run_does_nothing(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "docker" / "daemon.json"
    config = {"log-driver": "json-file", "log-opts": {"max-size": "30m", "max-file": 3}}
    told = call(path, config, check=True)
    assert not path.parent.exists()
    done = call(path, config)
    for key in ("changed", "config", "diff", "restart_needed", "dropped", "applied"):
        assert told[key] == done[key], key
    assert done.changed
    assert done["diff"][0]["before"] == ""
    assert done["diff"][0]["after"] == path.read_text()
    assert json.loads(path.read_text()) == {**config, "log-opts": {"max-size": "30m", "max-file": "3"}}
    again = call(path, config)
    assert not again.changed
    assert again["diff"] == []
    assert os.listdir(path.parent) == ["daemon.json"]


def test_other_keys_their_order_and_the_old_file_survive(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    old = '{\n\t"z": {"unknown": [1, 2]},\n\t"log-opts": {"max-size": 10},\n\t"a": null\n}\n'
    path.write_text(old)
    path.chmod(0o640)
    done = call(path, {"log-opts": {"max-file": 2}, "icc": False})
    assert list(json.loads(path.read_text())) == ["z", "log-opts", "a", "icc"]
    assert json.loads(path.read_text())["log-opts"] == {"max-size": "10", "max-file": "2"}
    assert path.read_text().startswith('{\n\t"z"')
    assert pathlib.Path(done["backup_file"]).read_text() == old
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


REFUSED: dict[str, tuple[str, dict[str, t.Any], str]] = {
    "a broken file": ('{"a": 1,,}', {"debug": True}, "line 1, column 9"),
    "a value": ("{}", {"log-opts": {"max-size": "banana"}}, "max-size: 'banana'"),
    "a name": ("{}", {"log-opts": {"max-sizee": "1m"}}, "max-sizee"),
    "a combination": ("{}", {"log-opts": {"compress": "true"}}, "compress needs"),
    "a type": ("{}", {"debug": "maybe"}, "debug must be"),
    "a number without end": ("{}", {"mtu": float("inf")}, "mtu must be a whole number"),
    "half a number": ("{}", {"mtu": 12.7}, "mtu must be a whole number"),
    "a number too large for dockerd": ("{}", {"mtu": 1 << 63}, "mtu must be a whole number"),
    "no number at all": ("{}", {"unknown": [float("nan")]}, "not JSON compliant"),
    "a type that was there": ('{"debug": "maybe"}', {"icc": True}, "debug must be"),
    "log options that are none": (
        '{"log-driver": "local", "log-opts": true}',
        {"log-driver": "json-file"},
        "log-opts must be",
    ),
    "a value that was there and is asked for": (
        '{"log-opts": {"max-size": "x"}}',
        {"log-opts": {"max-size": "x", "max-file": 2}},
        "max-size: 'x'",
    ),
    "a combination with what was there": (
        '{"log-opts": {"max-size": "1m", "max-file": "2", "some-new-option": "1"}}',
        {"log-opts": {"compress": True, "max-file": 1}},
        "compress needs",
    ),
    "what was there needs what is taken away": (
        '{"log-opts": {"max-size": "1m", "max-file": "2", "compress": "true"}}',
        {"log-opts": {"max-size": None}},
        "compress needs",
    ),
    "another driver without what it needs": ('{"log-driver": "local"}', {"log-driver": "gelf"}, "gelf-address"),
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("old", "config", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_before_anything_is_written(
    old: str, config: dict[str, t.Any], words: str, check: bool, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(old)
    done = call(path, config, check=check)
    assert done.failed
    assert words in done["msg"]
    assert path.read_text() == old
    assert os.listdir(tmp_path) == ["daemon.json"]


@pytest.mark.parametrize(
    ("old", "config", "words"),
    [
        ({"log-opts": {"max-size": "x"}}, {"debug": True}, "max-size: 'x'"),
        ({"log-opts": {"some-new-option": "1"}}, {"log-opts": {"max-size": "1m"}}, "some-new-option"),
        ({"log-driver": "journald", "log-opts": {"max-size": "1m"}}, {"icc": False}, "max-size"),
        ({"log-opts": {"compress": "true"}}, {"log-driver": "json-file"}, "compress needs"),
        ({"log-driver": "gelf"}, {"debug": True}, "gelf-address"),
    ],
)
def test_log_options_that_the_task_does_not_touch_are_remarked_and_left_alone(
    old: dict[str, t.Any], config: dict[str, t.Any], words: str, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(json.dumps(old))
    done = call(path, config)
    assert done.changed, done
    assert any(words in remark for remark in done["remarks"])
    assert json.loads(path.read_text())["log-opts" if "log-opts" in old else "log-driver"]
    for option, value in old.get("log-opts", {}).items():
        assert json.loads(path.read_text())["log-opts"][option] == value
    assert not call(path, config).changed


def test_one_run_at_a_time(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    with lock.lock_config(str(path), 0):
        done = call(path, {"debug": True}, wait_timeout=0)
    assert done["failure"]["kind"] == "conflict"
    assert os.listdir(tmp_path) == []
    assert call(path, {"debug": True}).changed


@pytest.mark.parametrize("old", ['{"debug": 1}', '{"debug": "yes"}', '{"mtu": 1500.0}', '{"dns": "192.0.2.1"}'])
def test_types_that_dockerd_does_not_start_with_are_mended(old: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(old)
    assert call(path, {}).changed
    for value in json.loads(path.read_text()).values():
        assert type(value) in (bool, int, list)
    assert not call(path, {}).changed


def test_what_the_module_does_not_know_can_be_written_without_its_checks(tmp_path: pathlib.Path) -> None:
    done = call(tmp_path / "daemon.json", {"log-opts": {"max-sizee": "1m"}}, validate=False)
    assert done["config"] == {"log-opts": {"max-sizee": "1m"}}


def test_flags_are_named_with_their_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "daemon.json"
    arguments = ("dockerd", "--config-file", str(path), "--log-opt=max-size=1m", "--debug")
    running = service.DockerdProcess(4242, 1, 1, arguments, None, False)
    monkeypatch.setattr(service, "find_dockerd", lambda _path: running)
    done = call(path, {"log-opts": {"max-size": "2m"}, "live-restore": True})
    assert done["failure"]["kind"] == "conflict"
    assert "log-opts by --log-opt in the running dockerd" in done["msg"]
    assert [conflict["key"] for conflict in done["conflicts"]] == ["log-opts"]
    assert not path.exists()


def test_an_engine_that_does_not_run_is_refused_before_anything_is_written(tmp_path: pathlib.Path) -> None:
    done = call(tmp_path / "daemon.json", {"debug": True}, apply="live")
    assert done["failure"]["kind"] == "unreachable"
    assert "apply: none" in done["msg"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("script", "words", "validated"),
    [
        ("exit 0", None, True),
        ('echo "unknown flag: --validate" >&2; exit 125', None, False),
        ('echo "the file ${2#--config-file=} is bad" >&2; exit 1', "daemon.json is bad", False),
    ],
    ids=["accepted", "too old to ask", "refused"],
)
def test_dockerd_is_asked(script: str, words: str | None, validated: bool, tmp_path: pathlib.Path) -> None:
    dockerd = tmp_path / "dockerd"
    dockerd.write_text(f"#!/bin/sh\n{script}\n")
    dockerd.chmod(0o755)
    path = tmp_path / "etc" / "daemon.json"
    done = call(path, {"debug": True}, dockerd=str(dockerd))
    if words is None:
        assert done["validated"] is validated
    else:
        assert words in done["msg"]
        assert not path.parent.exists()


def test_flags_for_dockerd_leave_out_the_file_it_reads_now() -> None:
    words = ["-H", "fd://", "--config-file", "/a", "--debug", "--config-file=/b"]
    assert checks.without_config_file(words) == ["-H", "fd://", "--debug"]
