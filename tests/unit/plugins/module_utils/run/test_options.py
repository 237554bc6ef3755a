# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options before anything is done: those that do not fit each other, and those of a whole set."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._containers.task import canonical, merged, validated
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._run.options import OWN, check_options, container_spec
from ansible_collections.stevedore.docker.plugins.module_utils._run.volumes import carried

Json = t.Dict[str, t.Any]
SPEC = container_spec()
DEFAULTS = {name: entry.get("default") for name, entry in OWN.options.items()}


WRONG: list[tuple[Json, str]] = [
    ({"name": "a"}, "no container name"),
    ({"name": "we b"}, "no container name"),
    ({"name": "-web"}, "no container name"),
    ({"env": {"A": "1"}}, "env without image"),
    ({"env": {"A": "1"}, "state": "stopped"}, "env without image"),
    ({"image": "i", "ignore_changes": ["label"]}, "unknown options: label"),
    ({"image": "i", "detach": False, "state": "healthy"}, "detach=false"),
    ({"image": "i", "detach": False, "paused": True}, "detach=false"),
    ({"image": "i", "detach": False, "restart": True}, "detach=false"),
    ({"image": "i", "state": "healthy", "paused": True}, "cannot be healthy"),
    ({"image": "i", "stdin": "x"}, "stdin needs detach=false"),
    ({"image": "i", "stdin": "x", "detach": False, "tty": True}, "no tty"),
    ({"image": "i", "network_mode": "container:web"}, "with itself"),
]


@pytest.mark.parametrize(("options", "said"), WRONG)
def test_wrong_options(options: Json, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check_options({**DEFAULTS, "name": "web", **options})


RIGHT: list[Json] = [
    {},
    {"name": "/web"},
    {"state": "absent", "env": {"A": "1"}},
    {"image": "i", "ignore_changes": ["labels", "image"]},
    {"image": "i", "detach": False, "stdin": ""},
]


@pytest.mark.parametrize("options", RIGHT)
def test_right_options(options: Json) -> None:
    assert check_options({**DEFAULTS, "name": "web", **options}).name == "web"


def test_canonical() -> None:
    aliases = {"ports": "published_ports", "publish": "published_ports"}
    assert canonical({"ports": "80", "name": "a"}, aliases) == {"published_ports": "80", "name": "a"}
    with pytest.raises(InvalidInput, match="published_ports is given twice"):
        canonical({"ports": "80", "publish": "81"}, aliases)


@pytest.mark.parametrize(
    ("defaults", "entry", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"env": {"A": 1, "B": 2}}, {"env": {"A": 3}}, {"env": {"A": 3, "B": 2}}),
        ({"env": {"A": 1}}, {"env": "B=2"}, {"env": "B=2"}),
        ({"ports": ["1"]}, {"ports": ["2"]}, {"ports": ["2"]}),
    ],
)
def test_merged(defaults: Json, entry: Json, expected: Json) -> None:
    assert merged(defaults, entry) == expected


def test_a_set_is_validated_as_container_run_would() -> None:
    entries = [{"name": "aa", "ports": "80:80", "detach": True}, {"name": "bb", "state": "absent"}]
    one, two = validated(SPEC, entries, {"image": "i", "label": {"x": 1}})
    assert (one["published_ports"], one["image"], one["state"]) == (["80:80"], "i", "started")
    assert one["labels"] == {"x": 1}
    assert two["state"] == "absent"


def test_each_wrong_entry_of_a_set_is_named() -> None:
    entries = [{"name": "aa", "cmd": "x"}, {"image": "i"}, {"name": "bb", "memory": [1]}, {"name": "aa"}]
    with pytest.raises(InvalidInput) as caught:
        validated(SPEC, [*entries, {"name": "cc", "detach": False}], {})
    for word in ("containers[0] (aa)", "no option cmd", "containers[1]", "missing required", "aa is listed twice"):
        assert word in caught.value.msg
    assert "cc: detach is always true here" in caught.value.msg


def test_entries_without_a_name_are_only_told_that() -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(SPEC, [{"image": "i", "detach": False}, {"image": "i"}], {})
    assert "None" not in caught.value.msg


HEX = "0123456789abcdef" * 4
MOUNTS = [
    {"Type": "volume", "Name": HEX, "Destination": "/a"},
    {"Type": "volume", "Name": "named", "Destination": "/n"},
]

CARRIED: list[tuple[Json, list[str], list[str]]] = [
    # the new body's HostConfig, where it wants anonymous volumes, its binds with what is carried over
    ({}, ["/a"], [f"{HEX}:/a"]),
    ({}, [], []),
    ({}, ["/b", "/n"], []),
    ({"Binds": ["/host:/a:ro"]}, ["/a"], ["/host:/a:ro"]),
    ({"Binds": ["/host:/b"]}, ["/a"], ["/host:/b", f"{HEX}:/a"]),
    ({"Tmpfs": {"/a": ""}}, ["/a"], []),
    ({"Mounts": [{"Type": "bind", "Source": "/host", "Target": "/a"}]}, ["/a"], []),
    ({"VolumesFrom": ["other"]}, ["/a"], [f"{HEX}:/a"]),
    ({"Binds": ["/host:/a/"]}, ["/a"], ["/host:/a/"]),
    ({"Tmpfs": {"/a/": ""}}, ["/a"], []),
    ({}, ["/a/"], [f"{HEX}:/a"]),
]


@pytest.mark.parametrize(("host", "declared", "binds"), CARRIED)
def test_anonymous_volumes_that_are_carried_over(host: Json, declared: list[str], binds: list[str]) -> None:
    body = {"Image": "i", "HostConfig": host}
    assert carried({"Mounts": MOUNTS}, body, declared)["HostConfig"].get("Binds", []) == binds


def test_anonymous_mount_is_carried_over() -> None:
    body = {"HostConfig": {"Mounts": [{"Type": "volume", "Target": "/a"}]}}
    host = carried({"Mounts": MOUNTS}, body, ["/a"])["HostConfig"]
    assert host == {"Binds": [], "Mounts": [{"Type": "volume", "Target": "/a", "Source": HEX}]}
