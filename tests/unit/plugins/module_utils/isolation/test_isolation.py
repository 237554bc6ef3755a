# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import os
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import argument_spec
from ansible_collections.stevedore.docker.plugins.module_utils._isolation import namespaces
from ansible_collections.stevedore.docker.plugins.module_utils._isolation.findings import (
    RULES,
    SEVERITIES,
    at_least,
    list_findings,
)
from ansible_collections.stevedore.docker.plugins.module_utils._isolation.isolation import (
    classify_mount,
    read_isolation,
)

ENGINE = {"SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"], "CgroupVersion": "2"}
# A container that gives no cause for a finding but the user namespace, which the engine does not remap.
SAFE: dict[str, t.Any] = {
    "Id": "i" * 64,
    "Name": "/safe",
    "AppArmorProfile": "docker-default",
    "Config": {"User": "app", "Hostname": "safe"},
    "HostConfig": {
        "CapAdd": None,
        "CapDrop": ["ALL"],
        "IpcMode": "private",
        "MaskedPaths": ["/proc/kcore"],
        "Memory": 1 << 26,
        "NanoCpus": 10**9,
        "NetworkMode": "front",
        "PidsLimit": 100,
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"],
    },
    "Mounts": [],
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}]}},
    "State": {"Running": True, "Pid": 0},
}


def judged(
    change: t.Mapping[str, t.Any] | None = None, engine: dict[str, t.Any] | None = None, **host: t.Any
) -> list[dict[str, t.Any]]:
    engine = ENGINE if engine is None else engine
    document = copy.deepcopy(SAFE)
    document["HostConfig"].update(host)
    document.update(copy.deepcopy(dict(change or {})))
    return list_findings(
        read_isolation(document, engine, namespaces.configured_namespaces(document, engine, {})), accepted=["host-user"]
    )


def test_the_safe_one_is_safe() -> None:
    assert judged() == []


def bind(source: str, rw: bool = True, propagation: str = "rprivate") -> dict[str, t.Any]:
    return {"Mounts": [{"Type": "bind", "Source": source, "Destination": "/x", "RW": rw, "Propagation": propagation}]}


# The finding, what causes it: the document's parts and the host configuration's.
CAUSES: dict[str, list[tuple[dict[str, t.Any], dict[str, t.Any]]]] = {
    "apparmor-unconfined": [({"AppArmorProfile": "unconfined"}, {}), ({"AppArmorProfile": ""}, {})],
    "capabilities-added": [({}, {"CapAdd": ["CAP_SYS_NICE"]}), ({}, {"CapAdd": ["sys_nice"]})],
    "capabilities-dangerous": [({}, {"CapAdd": ["CAP_SYS_ADMIN"]}), ({}, {"CapAdd": ["ALL"]})],
    "cpu-unlimited": [({}, {"NanoCpus": 0})],
    "default-bridge": [({}, {"NetworkMode": "default"}), ({}, {"NetworkMode": "bridge"})],
    "devices": [
        ({}, {"Devices": [{"PathOnHost": "/dev/kvm", "CgroupPermissions": "rwm"}]}),
        ({}, {"DeviceCgroupRules": ["a *:* rwm"]}),
    ],
    "engine-socket": [
        (bind("/var/run/docker.sock"), {}),
        (bind("/run/containerd/containerd.sock", rw=False), {}),
        (bind("/var/run"), {}),
    ],
    "host-cgroup": [({}, {"CgroupnsMode": "host"})],
    "host-folder": [(bind("/etc", rw=False), {}), (bind("/etc/ssl", rw=False), {})],
    "host-folder-writable": [(bind("/etc"), {}), (bind("/proc/sys"), {}), (bind("/var/lib/docker/volumes"), {})],
    "host-ipc": [({}, {"IpcMode": "host"})],
    "host-network": [({}, {"NetworkMode": "host"})],
    "host-pid": [({}, {"PidMode": "host"})],
    "host-root": [(bind("/", rw=False), {})],
    "host-uts": [({}, {"UTSMode": "host"})],
    "memory-unlimited": [({}, {"Memory": 0})],
    "mount-propagation": [(bind("/srv", propagation="rshared"), {})],
    "new-privileges": [({}, {"SecurityOpt": None}), ({}, {"SecurityOpt": ["no-new-privileges:false"]})],
    "pids-unlimited": [({}, {"PidsLimit": None}), ({}, {"PidsLimit": -1})],
    "privileged": [({}, {"Privileged": True})],
    "published-everywhere": [({"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "80"}]}}}, {})],
    "root-user": [({"Config": {"User": user}}, {}) for user in ("", "0", "root:app", "0:0")],
    "seccomp-unconfined": [({}, {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]})],
    "shared-namespace": [({}, {"PidMode": "container:other"}), ({}, {"NetworkMode": "container:other"})],
    "system-paths": [({}, {"MaskedPaths": []})],
    "writable-root": [({}, {"ReadonlyRootfs": False})],
}


@pytest.mark.parametrize(
    ("name", "change", "host"), [(name, change, host) for name, cases in CAUSES.items() for change, host in cases]
)
def test_each_cause_gives_its_finding_alone(name: str, change: dict[str, t.Any], host: dict[str, t.Any]) -> None:
    assert [finding["id"] for finding in judged(change, **host)] == [name]


def test_selinux() -> None:
    engine = {**ENGINE, "SecurityOptions": ["name=selinux", "name=seccomp,profile=default"]}
    found = judged({"AppArmorProfile": ""}, engine, SecurityOpt=["no-new-privileges", "label=disable"])
    assert [finding["id"] for finding in found] == ["selinux-disabled"]


def test_every_rule_has_a_cause() -> None:
    assert {rule.id for rule in RULES} == {*CAUSES, "host-user", "selinux-disabled"}


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_rules_are_whole(rule: t.Any) -> None:
    assert rule.severity in SEVERITIES
    assert rule.option in argument_spec().options, "a finding must name an option of container_run"
    assert rule.reason.endswith(".") or ":" in rule.reason
    assert not rule.section or rule.section.split(".")[0] in ("4", "5")


def test_rules_are_sorted() -> None:
    names = [rule.id for rule in RULES]
    assert names == sorted(set(names))


def test_the_severest_comes_first_and_the_gate_counts_upwards() -> None:
    found = judged(bind("/etc", rw=False), PidMode="host", Memory=0)
    assert [row["severity"] for row in found] == ["high", "medium", "low"]
    assert [len(at_least(found, severity)) for severity in ("low", "medium", "high")] == [3, 2, 1]
    assert found[1]["details"] == ["/etc at /x (read-only)"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("/srv/app", ""),
        ("/etc/localtime", ""),
        ("/home/me/project", ""),
        ("/etcetera", ""),
        ("/var/lib/docker", "sensitive"),
        ("/run/podman/podman.sock", "socket"),
    ],
)
def test_reach(source: str, why: str) -> None:
    assert classify_mount({"Source": source, "Destination": "/x"}).why == why


NAMESPACES = [
    ({}, {}, "", "own"),
    ({"PidMode": "host"}, {}, "host", "host"),
    ({"PidMode": "container:abc"}, {"abc": "db"}, "db", "container"),
    ({"PidMode": "container:gone"}, {}, "gone", "container"),
]


@pytest.mark.parametrize(("host", "names", "shared", "mode"), NAMESPACES)
def test_configured_namespaces(host: dict[str, str], names: dict[str, str], shared: str, mode: str) -> None:
    found = namespaces.configured_namespaces({**SAFE, "HostConfig": host}, ENGINE, names)["pid"]
    assert (found.shared_with, found.fields()["mode"], found.source) == (shared, mode, "configuration")


@pytest.mark.parametrize(("version", "shared"), [("1", "host"), ("2", "")])
def test_the_cgroup_namespace_depends_on_the_version(version: str, shared: str) -> None:
    found = namespaces.configured_namespaces(SAFE, {**ENGINE, "CgroupVersion": version}, {})
    assert found["cgroup"].shared_with == shared


def test_remapped_users() -> None:
    found = namespaces.configured_namespaces(SAFE, {**ENGINE, "SecurityOptions": ["name=userns"]}, {})
    assert found["user"].shared_with == ""


def test_proc_knows_better() -> None:
    configured = namespaces.configured_namespaces(SAFE, ENGINE, {})
    ids = {SAFE["Id"]: {"pid": "pid:[1]", "net": "net:[7]", "ipc": "ipc:[9]"}, "other": {"net": "net:[7]"}}
    found = namespaces.actual_namespaces(SAFE, configured, ids, {"pid": "pid:[1]", "net": "net:[2]"}, {"other": "db"})
    assert (found["pid"].shared_with, found["pid"].source) == ("host", "proc")
    assert (found["net"].shared_with, found["net"].id) == ("db", "net:[7]")
    assert found["ipc"].source == "configuration", "without the host's id there is nothing to compare with"


def test_a_join_with_one_that_was_not_looked_at() -> None:
    configured = namespaces.configured_namespaces(
        {**SAFE, "HostConfig": {"NetworkMode": "container:abc"}}, ENGINE, {"abc": "db"}
    )
    found = namespaces.actual_namespaces(SAFE, configured, {SAFE["Id"]: {"net": "net:[7]"}}, {"net": "net:[2]"}, {})
    assert (found["net"].shared_with, found["net"].source) == ("db", "proc")


def test_a_process_of_another_is_not_believed() -> None:
    assert namespaces.namespace_ids([{"Id": "f" * 64, "State": {"Pid": os.getpid()}}]) == {}
