# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

from ansible_collections.stevedore.docker.plugins.module_utils import _port
from ansible_collections.stevedore.docker.plugins.module_utils._task import Task

WEB: dict[str, t.Any] = {
    "Id": "abc",
    "Name": "/web",
    "State": {"Running": True},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
}


def test_a_module_runs_without_ansible_and_connects_once() -> None:
    connections: list[t.Any] = []

    def connect() -> t.Any:
        connections.append(types.SimpleNamespace(find_container=lambda *_given, **_options: WEB))
        return connections[-1]

    warnings: list[str] = []
    params = {"name": ["web"], "filters": None, "port": None}
    task = Task(params, False, False, warnings.append, connect, t.cast("t.Any", None))
    assert connections == [], "the engine is reached when it is needed"
    assert _port.run(task)["container"]["lines"] == ["80/tcp -> 127.0.0.1:8080"]
    assert _port.run(task)["container"]["running"]
    assert (len(connections), warnings) == (1, [])
