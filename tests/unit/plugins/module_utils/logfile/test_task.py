# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput, Missing
from ansible_collections.stevedore.docker.plugins.module_utils._logfile import log_file
from ansible_collections.stevedore.docker.plugins.module_utils._logfile import task as logfile

Json = t.Dict[str, t.Any]


class Engine:
    """As much of an engine as measuring needs."""

    def __init__(self, root: pathlib.Path, api: tuple[int, int] = (1, 41)) -> None:
        self.root = root
        self.api_version = api

    def info(self) -> Json:
        return {"DockerRootDir": str(self.root)}


def container(root: pathlib.Path, name: str, driver: str, options: dict[str, str], files: dict[str, int]) -> Json:
    folder = root / "containers" / name
    folder.mkdir(parents=True)
    for file, size in files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(b"x" * size)
    log = {"Type": driver, "Config": options}
    return {"Id": name, "Name": f"/{name}", "HostConfig": {"LogConfig": log}, "State": {"Running": False}}


LIMITS: list[tuple[str, dict[str, str], int | None, bool | None]] = [
    ("json-file", {}, None, False),
    ("json-file", {"max-file": "3"}, None, False),
    ("json-file", {"max-size": "10m"}, 10_000_000, True),
    ("json-file", {"max-size": "10m", "max-file": "3"}, 30_000_000, True),
    ("local", {}, 100_000_000, True),
    ("local", {"max-size": "1m"}, 5_000_000, True),
    ("journald", {}, None, True),
    ("none", {}, None, True),
    ("some-plugin", {}, None, None),
]


@pytest.mark.parametrize(("driver", "options", "limit", "bounded"), LIMITS)
def test_limits(driver: str, options: dict[str, str], limit: int | None, bounded: bool | None) -> None:
    log = log_file.LogFile("a", "a", driver, options, False, (), ())
    assert (log.limit, log.bounded) == (limit, bounded)


def report(root: pathlib.Path, documents: list[Json], over: int | None, check: bool, **how: t.Any) -> Json:
    expected = log_file.ExpectedLogging("json-file", {"max-size": "1m"})
    return logfile.measure_and_truncate(t.cast("t.Any", Engine(root, **how)), documents, expected, over, check)


def test_what_is_large_is_emptied_and_what_is_rotated_removed(tmp_path: pathlib.Path) -> None:
    documents = [
        container(tmp_path, "big", "json-file", {}, {"big-json.log": 90_000, "big-json.log.1": 9_000, "big-json.log.2.gz": 9_000}),
        container(tmp_path, "small", "json-file", {"max-size": "1m"}, {"small-json.log": 100}),
        container(tmp_path, "local", "local", {}, {"local-logs/container.log": 80_000, "hostname": 10}),
        container(tmp_path, "remote", "syslog", {}, {"container-cached.log": 70_000}),
    ]  # fmt: skip
    told = report(tmp_path, documents, 50_000, True)
    assert (tmp_path / "containers/big/big-json.log.1").exists()
    done = report(tmp_path, documents, 50_000, False)
    assert told == done
    assert done["changed"] is True
    assert done["truncated"] == ["big", "local", "remote"]
    assert done["unbounded"] == ["big"]
    assert done["outdated"] == ["big", "local", "remote"]
    assert done["freed"] == sum(row["freed"] for row in done["containers"]) > 240_000
    assert sorted(str(p.relative_to(tmp_path / "containers")) for p in tmp_path.rglob("*") if p.is_file()) == [
        "big/big-json.log",
        "local/hostname",
        "local/local-logs/container.log",
        "remote/container-cached.log",
        "small/small-json.log",
    ]
    again = report(tmp_path, documents, 50_000, False)
    assert (again["changed"], again["truncated"], again["freed"]) == (False, [], 0)
    assert report(tmp_path, documents, None, False)["truncated"] == []


@pytest.mark.parametrize(
    ("api", "running", "wanted"), [((1, 41), True, []), ((1, 45), True, ["big"]), ((1, 45), False, [])]
)
def test_newer_engines_have_to_open_the_file_again(
    api: tuple[int, int], running: bool, wanted: list[str], tmp_path: pathlib.Path
) -> None:
    document = container(tmp_path, "big", "json-file", {}, {"big-json.log": 90_000})
    document["State"]["Running"] = running
    assert report(tmp_path, [document], 1, True, api=api)["reopen_needed"] == wanted


def test_a_disk_that_is_not_here_is_named(tmp_path: pathlib.Path) -> None:
    document = {
        "Id": "gone",
        "Name": "/gone",
        "HostConfig": {"LogConfig": {"Type": "local"}},
        "State": {"Running": True},
    }
    with pytest.raises(Missing, match="containers/gone"):
        report(tmp_path, [document], None, False)


@pytest.mark.parametrize(("text", "wanted"), [(None, None), ("", None), ("1g", 1_000_000_000), ("0", 0)])
def test_threshold(text: str | None, wanted: int | None) -> None:
    assert logfile.parse_threshold(text) == wanted


def test_a_threshold_that_is_no_size() -> None:
    with pytest.raises(InvalidInput, match="truncate_over"):
        logfile.parse_threshold("much")


def test_lines_say_what_matters(tmp_path: pathlib.Path) -> None:
    documents = [
        container(tmp_path, "big", "json-file", {}, {"big-json.log": 4096}),
        container(tmp_path, "far", "syslog", {}, {}),
        container(tmp_path, "own", "json-file", {"max-size": "1m"}, {"own-json.log": 4096}),
    ]
    assert report(tmp_path, documents, None, False)["lines"] == [
        "big: json-file, 4.1kB, UNBOUNDED, not the engine's present settings",
        "far: syslog, no file, bounded, not the engine's present settings",
        "own: json-file, 4.1kB, at most 1MB",
    ]
