# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import merge
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput

Json = t.Dict[str, t.Any]

# name: (present, desired, merged, dropped)
MERGES: dict[str, tuple[Json, Json, Json, tuple[str, ...]]] = {
    "into nothing": ({}, {"debug": True}, {"debug": True}, ()),
    "nothing into something": ({"b": 1, "a": 2}, {}, {"b": 1, "a": 2}, ()),
    "order kept, new keys last": ({"z": 1, "b": 2}, {"a": 3, "b": 4}, {"z": 1, "b": 4, "a": 3}, ()),
    "deep": ({"builder": {"gc": {"x": 1}, "y": 2}}, {"builder": {"gc": {"z": 3}}}, {"builder": {"gc": {"x": 1, "z": 3}, "y": 2}}, ()),
    "null removes": ({"a": 1, "b": {"c": 1, "d": 2}}, {"a": None, "b": {"c": None}}, {"b": {"d": 2}}, ()),
    "lists replaced": ({"labels": ["a"]}, {"labels": ["b"]}, {"labels": ["b"]}, ()),
    "numbers become texts": ({}, {"log-opts": {"max-size": 30, "tag": True}}, {"log-opts": {"max-size": "30", "tag": "true"}}, ()),
    "numbers that were there too": ({"log-opts": {"max-file": 3}}, {"debug": True}, {"log-opts": {"max-file": "3"}, "debug": True}, ()),
    "another driver starts anew": (
        {"log-driver": "json-file", "log-opts": {"max-size": "1m", "tag": "x"}},
        {"log-driver": "local", "log-opts": {"max-file": 2}},
        {"log-driver": "local", "log-opts": {"max-file": "2"}},
        ("max-size", "tag"),
    ),
    "the same driver by default": (
        {"log-opts": {"tag": "x"}},
        {"log-driver": "json-file", "log-opts": {"max-size": "1m"}},
        {"log-opts": {"tag": "x", "max-size": "1m"}, "log-driver": "json-file"},
        (),
    ),
    "left behind by another driver": (
        {"log-driver": "journald", "log-opts": {"max-size": "1m", "tag": "x"}},
        {"log-driver": "journald"},
        {"log-driver": "journald", "log-opts": {"tag": "x"}},
        ("max-size",),
    ),
    "nothing left": (
        {"log-driver": "journald", "log-opts": {"max-size": "1m"}},
        {"log-opts": {}},
        {"log-driver": "journald"},
        ("max-size",),
    ),
    "not about logs": (
        {"log-driver": "journald", "log-opts": {"max-size": "1m"}},
        {"debug": True},
        {"log-driver": "journald", "log-opts": {"max-size": "1m"}, "debug": True},
        (),
    ),
    "asked for, so not dropped": (
        {},
        {"log-driver": "journald", "log-opts": {"max-size": "1m"}},
        {"log-driver": "journald", "log-opts": {"max-size": "1m"}},
        (),
    ),
    "driver taken out": ({"log-driver": "journald", "log-opts": {"tag": "x"}}, {"log-driver": None}, {}, ("tag",)),
    "an empty map stays": ({"log-opts": {}, "debug": True}, {"debug": False}, {"log-opts": {}, "debug": False}, ()),
    "plugins keep their options": (
        {"log-driver": "loki", "log-opts": {"loki-url": "x"}},
        {"debug": True},
        {"log-driver": "loki", "log-opts": {"loki-url": "x"}, "debug": True},
        (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGES.values(), ids=MERGES.keys())
def test_merge(case: tuple[Json, Json, Json, tuple[str, ...]]) -> None:
    present, desired, merged, dropped = case
    found = merge.merge_config(present, desired)
    assert found.config == merged
    assert list(found.config) == list(merged)
    assert found.dropped == dropped
    # What was merged once is not changed by merging it again.
    again = merge.merge_config(found.config, desired)
    assert again.config == merged
    assert again.dropped == ()


TYPED: list[tuple[str, t.Any, t.Any]] = [
    ("debug", "yes", True),
    ("debug", "False", False),
    ("live-restore", 1, True),
    ("mtu", "1400", 1400),
    ("dns", "192.0.2.1", ["192.0.2.1"]),
    ("labels", ["a=b"], ["a=b"]),
    (
        "log-opts",
        {"max-file": 3, "labels": "a,b", "compress": False},
        {"max-file": "3", "labels": "a,b", "compress": "false"},
    ),
    ("some-new-key", {"x": 1}, {"x": 1}),
]


@pytest.mark.parametrize(("key", "given", "wanted"), TYPED)
def test_types_as_dockerd_wants_them(key: str, given: t.Any, wanted: t.Any) -> None:
    assert merge.convert_types({key: given}) == {key: wanted}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("debug", "maybe"),
        ("mtu", "many"),
        ("mtu", True),
        ("log-driver", ["json-file"]),
        ("log-opts", "max-size=1m"),
        ("log-opts", {"labels": ["a", "b"]}),
    ],
)
def test_values_that_cannot_be_meant_are_named(key: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput, match=key):
        merge.convert_types({key: value})


@pytest.mark.parametrize(
    ("before", "after", "restart"),
    [
        ({}, {"debug": True}, False),
        ({"labels": ["a"]}, {"labels": ["b"], "live-restore": True}, False),
        ({"debug": True}, {}, True),  # dockerd does not notice that a key is gone
        ({}, {"log-driver": "local"}, True),
        ({"log-opts": {"max-size": "1m"}}, {"log-opts": {"max-size": "2m"}}, True),
    ],
)
def test_what_a_reload_takes_over(before: Json, after: Json, restart: bool) -> None:
    assert merge.needs_restart(before, after) is restart
