# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
import requests
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict, Missing, StevedoreError
from ansible_collections.stevedore.docker.plugins.module_utils._stats.figures import (
    Usage,
    block_io,
    compute_usage,
    cpu_percent,
    memory_usage,
)
from ansible_collections.stevedore.docker.plugins.module_utils._stats.samples import sample_containers


def cpu(total: int, system: int | None, online: int | None = 2, per_cpu: list[int] | None = None) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"cpu_usage": {"total_usage": total, "percpu_usage": per_cpu}}
    found.update({"system_cpu_usage": system} if system is not None else {})
    found.update({"online_cpus": online} if online is not None else {})
    return {"cpu_stats": found}


CPU = [
    ("half of one CPU of two", cpu(0, 0), cpu(500, 2000), 50.0),
    ("both CPUs", cpu(1000, 1000), cpu(3000, 3000), 200.0),
    ("idle", cpu(1000, 1000), cpu(1000, 3000), 0.0),
    ("started anew: the counter fell", cpu(1000, 1000), cpu(10, 3000), 0.0),
    ("the same sample twice", cpu(1000, 1000), cpu(1000, 1000), 0.0),
    ("old engines count the CPUs by their list", cpu(0, 0, None), cpu(500, 2000, None, [1, 2, 3, 4]), 100.0),
    ("a container that does not run", {"cpu_stats": {}}, {"cpu_stats": {}}, 0.0),
]


@pytest.mark.parametrize(("before", "after", "percent"), [case[1:] for case in CPU], ids=[case[0] for case in CPU])
def test_cpu(before: dict[str, t.Any], after: dict[str, t.Any], percent: float) -> None:
    assert cpu_percent(before, after) == percent


MEMORY = [
    ("cgroup v1", {"usage": 1000, "stats": {"total_inactive_file": 300, "inactive_file": 1}}, 700),
    ("cgroup v2", {"usage": 1000, "stats": {"inactive_file": 400}}, 600),
    (
        "v1 counts more cache than usage",
        {"usage": 1000, "stats": {"total_inactive_file": 1001, "inactive_file": 1}},
        999,
    ),
    ("no detail", {"usage": 1000}, 1000),
    ("not running", {}, 0),
]


@pytest.mark.parametrize(("memory", "used"), [case[1:] for case in MEMORY], ids=[case[0] for case in MEMORY])
def test_memory(memory: dict[str, t.Any], used: int) -> None:
    assert memory_usage(memory) == used


@pytest.mark.parametrize(
    ("entries", "numbers"),
    [
        (None, (0, 0)),
        (
            [
                {"op": "Read", "value": 5},
                {"op": "Write", "value": 7},
                {"op": "Sync", "value": 9},
                {"op": "Total", "value": 12},
            ],
            (5, 7),
        ),
        ([{"op": "read", "value": 5}, {"op": "read", "value": 1}, {"op": "write", "value": 7}], (6, 7)),
        ([{"op": "", "value": 3}], (0, 0)),
    ],
)
def test_block_io(entries: t.Any, numbers: tuple[int, int]) -> None:
    assert block_io({"blkio_stats": {"io_service_bytes_recursive": entries}}) == numbers


def test_all_numbers_of_one_sample() -> None:
    after = {
        **cpu(3_000_000_000, 9_000_000_000),
        "memory_stats": {"usage": 1536, "limit": 2048, "stats": {"inactive_file": 512}},
        "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 1}, "eth1": {"rx_bytes": 5, "tx_bytes": 2}},
        "pids_stats": {"current": 4},
    }
    assert compute_usage(None, after) == Usage(None, 3.0, 1024, 2048, 50.0, 15, 3, 0, 0, 4)
    assert compute_usage(None, after).text()["cpu"] == "--"


# Seen in the columns of docker stats 28.
TEXTS = [
    (0, "0B", "0B"),
    (999, "999B", "999B"),
    (1000, "1kB", "1000B"),
    (1156, "1.16kB", "1.129KiB"),
    (942_080, "942kB", "920KiB"),
    (25_276_063_744, "25.3GB", "23.54GiB"),
    (1_048_576, "1.05MB", "1MiB"),
]


@pytest.mark.parametrize(("size", "decimal", "binary"), TEXTS)
def test_text(size: int, decimal: str, binary: str) -> None:
    text = Usage(7.6649, 0, size, size, 12.345, size, size, size, size, 3).text()
    assert text == {
        "block_io": f"{decimal} / {decimal}",
        "cpu": "7.66%",
        "memory": f"{binary} / {binary}",
        "memory_percent": "12.35%" if text["memory_percent"] == "12.35%" else "12.34%",
        "network_io": f"{decimal} / {decimal}",
        "pids": "3",
    }


class Engine:
    """Gives each container's answers one after the other; an error is raised."""

    def __init__(self, **answers: list[t.Any]) -> None:
        self.answers = answers

    def find_container(self, name: str) -> dict[str, t.Any] | None:
        return None if name == "gone" else document(name, running=name == "blind")

    def call(self, method: str, path: str, *, params: dict[str, t.Any], about: str) -> t.Any:
        assert (method, params) == ("GET", {"stream": False, "one-shot": True})
        answer = self.answers[path.split("/")[2]].pop(0)
        if isinstance(answer, StevedoreError):
            raise answer
        response = requests.Response()
        response._content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return response


def document(name: str, running: bool = True) -> dict[str, t.Any]:
    return {"Id": name, "Name": f"/{name}", "State": {"Running": running}}


def test_two_rounds_over_all() -> None:
    engine = Engine(
        steady=[cpu(0, 100), cpu(50, 200)],
        gone=[cpu(0, 100), Missing("gone")],
        going=[cpu(0, 100), b""],
        stopped=[cpu(0, 100), Conflict("stopped")],
        empty=[cpu(0, 100), {"cpu_stats": {"cpu_usage": {"total_usage": 0}}}],
        blind=[cpu(0, None), cpu(0, None)],
        late=[Missing("not yet"), cpu(50, 200)],
    )
    documents = [document(name) for name in ("steady", "gone", "going", "stopped", "empty", "blind", "late")] + [
        document("off", False)
    ]
    slept: list[float] = []
    rows = [
        one.row()
        for one in sample_containers(t.cast("t.Any", engine), documents, 0.5, sleep=slept.append, clock=lambda: 7)
    ]
    assert [(row["name"], row["running"], row["sampled"], row["cpu_percent"]) for row in rows] == [
        ("steady", True, True, 100.0),
        ("gone", False, False, None),
        ("going", False, False, None),
        ("stopped", False, False, None),
        ("empty", False, False, None),
        ("blind", True, False, None),
        ("late", True, True, None),
        ("off", False, False, None),
    ]
    assert slept == [0.5]
    assert rows[1]["memory_usage"] is None
    assert rows[1]["text"] == {}


@pytest.mark.parametrize(("took", "pause"), [(0.2, 0.8), (3.0, 0.0)])
def test_a_slow_first_round_is_part_of_the_interval(took: float, pause: float) -> None:
    slept: list[float] = []
    times = iter([10.0, 10.0 + took])
    engine = Engine(web=[cpu(0, 100), cpu(50, 200)])
    sample_containers(t.cast("t.Any", engine), [document("web")], 1.0, sleep=slept.append, clock=lambda: next(times))
    assert slept == [pytest.approx(pause)]


def test_one_round_without_interval() -> None:
    def never(_seconds: float) -> None:
        raise AssertionError("nothing to wait for")

    (one,) = sample_containers(t.cast("t.Any", Engine(web=[cpu(50, 200)])), [document("web")], 0, sleep=never)
    assert (one.row()["running"], one.row()["cpu_percent"]) == (True, None)
