# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.stevedore.docker.plugins.module_utils._container.host_access import (
    HARMLESS,
    RULES,
    find_host_access,
    format_findings,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import ROWS, SPECIAL

PLAYBOOKS = pathlib.Path(__file__).parents[5] / "playbooks"


def test_every_option_is_judged_once() -> None:
    judged = [*HARMLESS, *RULES]
    assert sorted(judged) == sorted({*ROWS, *SPECIAL, "name"})


DANGEROUS: list[dict[str, t.Any]] = [
    {"annotations": {"org.systemd.property.X": "y"}},
    {"capabilities": ["SYS_ADMIN"]},
    {"capabilities": ["cap_net_admin"]},
    {"capabilities": ["ALL"]},
    {"cgroup_parent": "/system.slice"},
    {"cgroupns_mode": "host"},
    {"device_cgroup_rules": ["a *:* rwm"]},
    {"device_requests": [{"driver": "nvidia", "count": -1}]},
    {"devices": ["/dev/sda"]},
    {"env_file": "/etc/shadow"},
    {"ipc_mode": "host"},
    {"ipc_mode": "container:db"},
    {"log_driver": "syslog"},
    {"log_options": {"syslog-address": "unix:///run/x"}},
    {"mounts": [{"type": "bind", "source": "/", "target": "/host"}]},
    {"mounts": [{"target": "/host", "volume_options": {"type": "none", "o": "bind", "device": "/"}}]},
    {"mounts": [{"target": "/host", "volume_driver": "sshfs"}]},
    {"mounts": [{"source": "/etc", "target": "/host"}]},
    {"mounts": [{"target": "/x", "unheard-of": 1}]},
    {"network_mode": "host"},
    {"network_mode": "container:db"},
    {"network_mode": "ns:/proc/1/ns/net"},
    {"networks": [{"name": "host"}]},
    {"oom_killer": True},
    {"oom_score_adj": -1000},
    {"pid_mode": "host"},
    {"privileged": True},
    {"runtime": "other"},
    {"security_opts": ["seccomp=unconfined"]},
    {"security_opts": ["apparmor=unconfined", "no-new-privileges"]},
    {"security_opts": ["label=disable"]},
    {"security_opts": ["systempaths=unconfined"]},
    {"security_opts": ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']},
    {"userns_mode": "host"},
    {"uts": "host"},
    {"volume_driver": "sshfs"},
    {"volumes": ["/:/host"]},
    {"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]},
    {"volumes": ["../x:/x"]},
    {"volumes_from": ["db"]},
    # Not as container_export writes it: aliases, other options, values that Ansible would make something of.
    {"volume": ["/:/host"]},
    {"cap_add": ["ALL"]},
    {"docker_host": "tcp://example.com"},
    {"state": "absent"},
    {"privileged": "yes"},
    {"volumes": "/:/host"},
    {"volumes": {"/": "/host"}},
    {"mounts": ["type=bind,source=/,target=/host"]},
    {"capabilities": [["ALL"]]},
    {"oom_score_adj": "-1000"},
]


@pytest.mark.parametrize("options", DANGEROUS, ids=str)
def test_what_reaches_the_host_is_listed(options: dict[str, t.Any]) -> None:
    found = find_host_access({"name": "web", "image": "x", **options})
    assert [entry["option"] for entry in found] == list(options)
    assert all(entry["reason"] for entry in found)


ORDINARY: dict[str, t.Any] = {
    "capabilities": ["CHOWN", "NET_BIND_SERVICE"],
    "cap_drop": ["ALL"],
    "cgroupns_mode": "private",
    "env": {"A": "/var/run/docker.sock"},
    "ipc_mode": "private",
    "log_driver": "local",
    "log_options": {"max-size": "10m"},
    "memory": "64m",
    "mounts": [{"type": "volume", "source": "data", "target": "/data"}, {"type": "tmpfs", "target": "/x"}],
    "network_mode": "shop",
    "networks": [{"name": "shop", "aliases": ["web"]}],
    "oom_score_adj": 500,
    "privileged": False,
    "published_ports": ["8080:80"],
    "security_opts": ["no-new-privileges"],
    "uts": None,
    "volumes": ["data:/var/lib/data:ro", "/anonymous"],
}


def test_what_an_ordinary_container_has_is_not_listed() -> None:
    assert find_host_access(ORDINARY) == []


def test_each_finding_names_its_part_of_the_value() -> None:
    found = find_host_access({"volumes": ["data:/data", "/srv:/srv"], "privileged": True})
    assert [(entry["option"], entry["value"]) for entry in found] == [("privileged", True), ("volumes", "/srv:/srv")]
    assert format_findings(found).startswith("privileged: True (all devices")


@pytest.mark.parametrize("playbook", ["restore", "rollback"])
def test_what_replaces_containers_has_to_be_told_the_hosts(playbook: str) -> None:
    (play,) = yaml.safe_load((PLAYBOOKS / f"{playbook}.yml").read_text())
    assert "default" not in play["hosts"]
    assert "all" not in play["hosts"].replace("rollback", "")
