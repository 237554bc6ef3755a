# SPDX-License-Identifier: GPL-3.0-or-later

"""What weakens a container's isolation. Data: a new finding is one row.

Sections are those of the CIS Docker Benchmark 1.6.0; other editions number some of them differently.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._types import Json
from .isolation import DANGEROUS_CAPABILITIES, HostMount, Isolation

BENCHMARK = "CIS Docker Benchmark 1.6.0"
SEVERITIES = ("low", "medium", "high")


@dataclasses.dataclass(frozen=True)
class Rule:
    """One weakness: when it holds, why it matters, and the container_run option that closes it."""

    id: str
    severity: str
    section: str
    option: str
    reason: str
    # What of the container it is about; nothing: the rule does not apply. True stands for the container as a whole.
    about: t.Callable[[Isolation], t.Iterable[str] | bool]


def _mounts(test: t.Callable[[HostMount], bool]) -> t.Callable[[Isolation], t.Iterable[str]]:
    return lambda found: [str(one) for one in found.mounts if test(one)]


def _shares_host(kind: str) -> t.Callable[[Isolation], bool]:
    return lambda found: found.namespaces[kind].shared_with == "host"


def _dangerous_capabilities(found: Isolation) -> list[str]:
    return [] if found.privileged else [name for name in found.beyond_default if name in DANGEROUS_CAPABILITIES]


def _other_capabilities(found: Isolation) -> list[str]:
    return [] if found.privileged else [name for name in found.beyond_default if name not in DANGEROUS_CAPABILITIES]


def _namespaces_shared_with_containers(found: Isolation) -> list[str]:
    return [
        f"{kind} with {namespace.shared_with}"
        for kind, namespace in found.namespaces.items()
        if namespace.shared_with not in ("", "host")
    ]


RULES = (
    Rule("apparmor-unconfined", "medium", "5.2", "security_opts", "No AppArmor profile confines it.",
         lambda found: "apparmor" in found.supported and found.apparmor in ("", "unconfined")),
    Rule("capabilities-added", "medium", "5.4", "capabilities", "It has capabilities beyond the engine's default.", _other_capabilities),
    Rule("capabilities-dangerous", "high", "5.4", "capabilities", "It has capabilities that lead to the host.", _dangerous_capabilities),
    Rule("cpu-unlimited", "low", "5.12", "cpus", "It may take all of the host's CPU time.", lambda found: not found.cpus),
    Rule("default-bridge", "low", "5.30", "networks", "It is on the default bridge with every container that asks for no network.",
         lambda found: found.default_bridge),
    Rule("devices", "high", "5.18", "devices", "It reaches devices of the host.",
         lambda found: [*found.devices, *found.device_rules]),
    Rule("engine-socket", "high", "5.32", "volumes", "Whoever speaks to the engine is root on the host.",
         _mounts(lambda one: one.why == "socket")),
    Rule("host-cgroup", "low", "5.25", "cgroupns_mode", "It sees the cgroups of the host.", _shares_host("cgroup")),
    Rule("host-folder", "medium", "5.6", "volumes", "It reads files that run or configure the host.",
         _mounts(lambda one: one.why == "sensitive" and not one.writable)),
    Rule("host-folder-writable", "high", "5.6", "volumes", "It can change files that run or configure the host.",
         _mounts(lambda one: one.why == "sensitive" and one.writable)),
    Rule("host-ipc", "medium", "5.17", "ipc_mode", "It shares memory segments with the host's processes.", _shares_host("ipc")),
    Rule("host-network", "high", "5.10", "network_mode", "It has the host's interfaces, its loopback services included.",
         _shares_host("net")),
    Rule("host-pid", "high", "5.16", "pid_mode", "It sees, and as root may signal and trace, the host's processes.", _shares_host("pid")),
    Rule("host-root", "high", "5.6", "volumes", "It has the host's whole file system.", _mounts(lambda one: one.why == "root")),
    Rule("host-user", "low", "5.31", "userns_mode", "Its root is the host's root: user ids are not remapped.", _shares_host("user")),
    Rule("host-uts", "medium", "5.21", "uts", "It can rename the host.", _shares_host("uts")),
    Rule("memory-unlimited", "low", "5.11", "memory", "It may take all of the host's memory.", lambda found: not found.memory),
    Rule("mount-propagation", "medium", "5.20", "volumes", "What it mounts appears on the host.",
         _mounts(lambda one: one.propagation in ("shared", "rshared"))),
    Rule("new-privileges", "low", "5.26", "security_opts", "A set-uid program gives its processes more rights: set no-new-privileges.",
         lambda found: not found.no_new_privileges),
    Rule("pids-unlimited", "low", "5.29", "pids_limit", "It may start processes until the host has none left.",
         lambda found: found.pids_limit <= 0),
    Rule("privileged", "high", "5.5", "privileged", "It has all capabilities and devices and no seccomp, AppArmor or masked paths.",
         lambda found: found.privileged),
    Rule("published-everywhere", "medium", "5.14", "published_ports", "Ports are published on all addresses of the host.",
         lambda found: found.everywhere),
    Rule("root-user", "medium", "4.1", "user", "Its main process runs as root.", lambda found: found.root),
    Rule("seccomp-unconfined", "high", "5.22", "security_opts", "No seccomp profile restricts its system calls.",
         lambda found: found.seccomp == "unconfined" and not found.privileged),
    Rule("selinux-disabled", "medium", "5.3", "security_opts", "SELinux does not confine it.",
         lambda found: "selinux" in found.supported and not found.selinux),
    Rule("shared-namespace", "low", "", "network_mode", "It shares namespaces with another container.", _namespaces_shared_with_containers),
    Rule("system-paths", "high", "", "security_opts", "Sensitive paths of /proc and /sys are not masked.",
         lambda found: not found.system_paths and not found.privileged),
    Rule("writable-root", "low", "5.13", "read_only", "Its root file system can be written to.", lambda found: not found.read_only),
)  # fmt: skip


def list_findings(found: Isolation, accepted: t.Collection[str] = ()) -> list[Json]:
    """What weakens this container, the severest first.

    :param accepted: ids of rules that are left out.
    """
    rows: list[Json] = []
    for rule in RULES:
        about = rule.about(found)
        if about and rule.id not in accepted:
            rows.append({
                "benchmark": f"{BENCHMARK}, {rule.section}" if rule.section else None,
                "details": [] if isinstance(about, bool) else list(about),
                "id": rule.id,
                "option": rule.option,
                "reason": rule.reason,
                "severity": rule.severity,
            })  # fmt: skip
    return sorted(rows, key=lambda row: (-SEVERITIES.index(row["severity"]), row["id"]))


def at_least(rows: t.Iterable[Json], severity: str) -> list[Json]:
    """The findings of this severity and above."""
    return [row for row in rows if SEVERITIES.index(row["severity"]) >= SEVERITIES.index(severity)]
