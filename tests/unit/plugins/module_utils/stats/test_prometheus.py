# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Failed
from ansible_collections.stevedore.docker.plugins.module_utils._stats.prometheus import (
    METRICS,
    render_metrics,
    unix_seconds,
    write_metrics_file,
)
from ansible_collections.stevedore.docker.plugins.module_utils._stats.samples import ContainerSample

STATS: dict[str, t.Any] = {
    "read": "2026-11-25T10:05:28.084148282Z",
    "cpu_stats": {"cpu_usage": {"total_usage": 1_500_000_000, "usage_in_kernelmode": 5, "usage_in_usermode": 0}},
    "memory_stats": {
        "usage": 100,
        "max_usage": 120,
        "limit": 1,
        "stats": {"total_cache": 30, "total_inactive_file": 10, "total_rss": 60},
    },
    "networks": {
        "eth0": {f"{way}_{what}": 7 for way in ("rx", "tx") for what in ("bytes", "packets", "errors", "dropped")}
    },
    "pids_stats": {"current": 3},
}


def container(name: str, stats: t.Any = "usual", image: str = "app:1") -> ContainerSample:
    stats = STATS if stats == "usual" else stats
    document = {
        "Id": f"id-{name}",
        "Name": f"/{name}",
        "Config": {"Image": image},
        "HostConfig": {"Memory": 2048},
        "State": {"StartedAt": "2026-11-25T10:00:00.5Z"},
    }
    return ContainerSample(document, None, stats, stats is not None)


def test_metrics_are_sorted_and_named_as_prometheus_wants_it() -> None:
    names = [metric.name for metric in METRICS]
    assert names == sorted(set(names))
    for metric in METRICS:
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name


def test_every_line_is_a_comment_or_a_sample() -> None:
    lines = render_metrics([container("web"), container("db")]).splitlines()
    pattern = re.compile(
        r'# (HELP|TYPE) container_\w+ .+|container_\w+\{id="/docker/id-\w+",image="app:1",name="\w+"(,interface="eth0")?\} [0-9.e+-]+'
    )
    assert [line for line in lines if not pattern.fullmatch(line)] == []
    assert len([line for line in lines if line.startswith("# TYPE")]) == len(METRICS)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("container_cpu_usage_seconds_total", "1.5"),
        ("container_cpu_system_seconds_total", "5e-09"),
        ("container_memory_cache", "30"),
        ("container_memory_working_set_bytes", "90"),
        ("container_memory_rss", "60"),
        ("container_spec_memory_limit_bytes", "2048"),
        ("container_start_time_seconds", "1795600800.5"),
        ("container_threads", "3"),
    ],
)
def test_values(metric: str, value: str) -> None:
    text = render_metrics([container("web")])
    assert f'{metric}{{id="/docker/id-web",image="app:1",name="web"}} {value}\n' in text


def test_cgroup_v2_names_and_what_an_engine_leaves_out() -> None:
    stats = {**STATS, "memory_stats": {"usage": 100, "stats": {"file": 4, "anon": 5}}, "networks": None}
    text = render_metrics([container("web", stats)])
    assert re.search(r"^container_memory_cache\{.*\} 4$", text, re.M)
    assert re.search(r"^container_memory_rss\{.*\} 5$", text, re.M)
    assert "container_memory_max_usage_bytes" not in text
    assert "container_network" not in text


def test_who_does_not_run_is_left_out() -> None:
    assert render_metrics([container("web", None)]) == ""


def test_labels_are_escaped() -> None:
    assert 'image="a\\"b\\\\c\\nd"' in render_metrics([container("web", image='a"b\\c\nd')])


def test_times_are_seconds_since_1970() -> None:
    assert unix_seconds("1970-01-01T00:00:01.123456789Z") == 1.123


def test_write_is_atomic_and_readable(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "containers.prom"
    assert write_metrics_file(str(path), "a 1\n", check=True) is True
    assert list(tmp_path.iterdir()) == []
    assert write_metrics_file(str(path), "a 1\n", check=False) is True
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("a 1\n", 0o644)
    assert write_metrics_file(str(path), "a 1\n", check=False) is False
    assert write_metrics_file(str(path), "a 2\n", check=False) is True
    assert [file.name for file in tmp_path.iterdir()] == ["containers.prom"]


def test_the_old_file_survives_a_failure(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "containers.prom"
    path.mkdir()
    with pytest.raises(Failed, match=r"containers\.prom"):
        write_metrics_file(str(path), "a 1\n", check=False)
    with pytest.raises(Failed, match="No such file"):
        write_metrics_file(str(tmp_path / "no" / "x.prom"), "a 1\n", check=False)
    assert [file.name for file in tmp_path.iterdir()] == ["containers.prom"]
