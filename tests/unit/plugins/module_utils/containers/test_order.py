# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which container comes before which."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._containers.order import needs, waves
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._run.options import namespaces

WAVES = [
    ({}, []),
    ({"a": []}, [["a"]]),
    ({"a": [], "b": []}, [["a", "b"]]),
    ({"a": ["b"], "b": []}, [["b"], ["a"]]),
    ({"a": ["b", "c"], "b": ["c"], "c": []}, [["c"], ["b"], ["a"]]),
    ({"a": ["c"], "b": ["c"], "c": []}, [["c"], ["a", "b"]]),
    ({"a": ["elsewhere"]}, [["a"]]),
]


@pytest.mark.parametrize(("needed", "expected"), WAVES)
def test_waves(needed: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert waves(needed) == expected


@pytest.mark.parametrize("needed", [{"a": ["a"]}, {"a": ["b"], "b": ["a"], "c": []}])
def test_circle(needed: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidInput, match=r"circle: a"):
        waves(needed)


NEEDS: list[tuple[dict[str, t.Any], set[str]]] = [
    ({}, set()),
    ({"network_mode": "bridge", "ipc_mode": None, "pid_mode": "host"}, set()),
    ({"network_mode": "container:a", "ipc_mode": "container:b", "pid_mode": "container:c"}, {"a", "b", "c"}),
    ({"volumes_from": ["a", "b:ro"]}, {"a", "b"}),
    ({"links": ["a:alias", "b"]}, {"a", "b"}),
    ({"networks": [{"name": "n", "links": ["a:alias"]}, {"name": "m", "links": None}]}, {"a"}),
]


@pytest.mark.parametrize(("options", "expected"), NEEDS)
def test_needs(options: dict[str, t.Any], expected: set[str]) -> None:
    assert needs(options) == expected


def test_namespaces() -> None:
    options = {"network_mode": "container:a", "ipc_mode": "shareable", "pid_mode": "container:b"}
    assert namespaces(options) == {"network_mode": "a", "pid_mode": "b"}
