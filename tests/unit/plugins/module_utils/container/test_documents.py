# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect documents of real engines, containers made by the docker CLI: what they say in the words of the table."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._container.differences import (
    find_differences,
    find_endpoint_changes,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.endpoints import (
    remove_stale_networks,
    wanted_endpoints,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.engine_info import EngineInfo
from ansible_collections.stevedore.docker.plugins.module_utils._container.from_document import describe_document
from ansible_collections.stevedore.docker.plugins.module_utils._container.wanted import wanted_container
from support import boxes

Json = t.Dict[str, t.Any]
FIXTURES = {
    path.stem: json.loads(path.read_text()) for path in (pathlib.Path(__file__).parent / "fixtures").glob("*.json")
}
CASES = [(engine, case) for engine, recorded in sorted(FIXTURES.items()) for case in sorted(recorded["cases"])]


@pytest.mark.parametrize(("recorded", "case"), CASES)
def test_recorded_container(recorded: str, case: str) -> None:
    said = FIXTURES[recorded]
    engine = EngineInfo.from_info(said["info"], tuple(said["api"]))
    document, image, expected = (said["cases"][case][part] for part in ("container", "image", "run_options"))

    def names(reference: str) -> str:
        return str(said["names"].get(reference, reference))

    back = describe_document(document, engine, image, names=names).options
    assert back == expected
    asked = wanted_container(boxes.validated(back), engine)
    assert find_differences(asked, document, engine, image=image, wanted_image=image, names=names) == ()


def test_engines_say_the_same() -> None:
    """Whatever the engine, the same command line gives the same run options."""
    first, *others = FIXTURES.values()
    for other in others:
        for case, recorded in first["cases"].items():
            assert other["cases"][case]["run_options"] == recorded["run_options"]


UNSUPPORTED = (
    ({"SwapLimit": False}, {"memory_swap"}),
    ({"MemoryLimit": False}, {"memory", "memory_reservation", "memory_swap", "memory_swappiness"}),
    (
        {"CgroupVersion": "2", "KernelVersion": "6.1.0-18-amd64", "OomKillDisable": False},
        {"memory_swappiness", "oom_killer"},
    ),
    ({"CgroupVersion": "1", "KernelVersion": "6.1.0-18-amd64"}, {"blkio_weight", "blkio_weight_device"}),
    ({"CgroupVersion": "1", "KernelVersion": "4.19.0-27-amd64"}, set()),
    ({"Warnings": ["WARNING: No blkio throttle.read_bps_device support"]}, {"device_read_bps"}),
    ({}, set()),
)


@pytest.mark.parametrize(("info", "names"), UNSUPPORTED)
def test_what_the_kernel_does_not_support(info: Json, names: set[str]) -> None:
    assert EngineInfo.from_info(info, (1, 41)).unsupported == names


def test_what_the_engine_left_out_is_no_difference() -> None:
    said = FIXTURES["engine-20.10"]
    engine = EngineInfo.from_info(said["info"], (1, 41))
    document, image, back = (said["cases"]["plain"][part] for part in ("container", "image", "run_options"))
    asked = wanted_container(boxes.validated({**back, "blkio_weight": 300, "cpu_shares": 5}), engine)
    found = find_differences(asked, document, engine, image=image, wanted_image=image)
    assert [difference.option for difference in found] == ["cpu_shares"]


# Networks that a container is in, its mode, and what the play asks for -> what differs.
NETWORKS = (
    ("bridge", ["bridge"], {}, ()),
    ("bridge", [], {}, ("networks",)),
    ("bridge", [], {"network_mode": "none"}, ()),
    ("bridge", ["a"], {"networks": [{"name": "a"}]}, ()),
    ("bridge", ["a"], {"networks": [{"name": "a"}, {"name": "b"}]}, ("networks",)),
    ("bridge", ["a"], {"networks": [{"name": "b"}]}, ("network_mode",)),
    ("bridge", ["bridge"], {"networks": [{"name": "a"}]}, ("network_mode",)),
    ("bridge", ["bridge"], {"network_mode": "none"}, ("network_mode",)),
    ("a", ["a", "b"], {"networks": [{"name": "a"}]}, ("networks",)),
    ("a", ["b"], {"networks": [{"name": "a"}]}, ("networks",)),
    ("container:x", [], {"network_mode": "container:x"}, ()),
    ("container:x", [], {"network_mode": "container:y"}, ("network_mode",)),
    ("container:x", [], {}, ("network_mode",)),
    ("host", ["host"], {"network_mode": "none"}, ("network_mode",)),
    ("aaaaaaaaaaaa", ["a"], {"network_mode": "a"}, ()),
    ("a", ["a"], {"network_mode": "aaaaaaaaaaaa"}, ()),
    ("a", ["a"], {"network_mode": "bbbbbbbbbbbb"}, ("network_mode",)),
)


@pytest.mark.parametrize(("mode", "present", "play", "options"), NETWORKS)
def test_networks(mode: str, present: list[str], play: Json, options: tuple[str, ...]) -> None:
    document: Json = {
        "Id": "c0ffee",
        "Name": "/web",
        "Image": "sha256:1",
        "Config": {},
        "HostConfig": {"NetworkMode": mode, "LogConfig": {"Type": "json-file"}},
        "NetworkSettings": {"Networks": {name: {"NetworkID": name * 64} for name in present}},
    }
    engine = EngineInfo(api=(1, 41))
    asked = wanted_container(boxes.validated({"image": "x", **play}), engine)
    image = {"Id": "sha256:1", "Config": {}}
    found = find_differences(asked, document, engine, image=image, wanted_image=image)
    assert tuple(difference.option for difference in found) == options
    join, leave = find_endpoint_changes(asked, document, engine, image=image)
    if options == ("networks",):
        after = {*present, *join} - (set(leave) - set(join))
        assert after == set(wanted_endpoints(asked.options))
    elif not options:
        assert (join, leave) == ({}, [])


def test_networks_that_were_made_again() -> None:
    made = {"same": {"NetworkID": "1"}, "again": {"NetworkID": "2"}, "gone": {"NetworkID": "4"}, "new": None}
    found = remove_stale_networks({"NetworkSettings": {"Networks": made}}, {"same": "1", "again": "3", "new": "5"})
    assert list(found["NetworkSettings"]["Networks"]) == ["same", "gone", "new"]
