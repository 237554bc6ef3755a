# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options of a container give it access beyond itself: to the host, or to other containers. Pure.

For options that come from outside, such as those in an archive's manifest. Every option of the table is either in
``HARMLESS`` or has a rule (a test): a new one has to be judged. What is not written as ``container_export`` writes it
(an alias, a text in the place of a list) is not interpreted but reported.
"""

from __future__ import annotations

import re
import typing as t

from .._notation.names import NAME_PATTERN
from .._types import Json
from .storage import MOUNT_SPEC, parse_volume
from .table import ROWS, SPECIAL

# A part of an option's value, and what it gives the container.
Finding = t.Tuple[t.Any, str]
Rule = t.Callable[[t.Any], t.Iterable[Finding]]

# The capabilities that every container has unless they are dropped (20.10 to 28.5).
_DEFAULT_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT".split()
)
_SAFE_SECURITY = frozenset({"apparmor=docker-default", "no-new-privileges", "seccomp=builtin"})
# Log drivers that write to the host's own log, and their options that name no address and no file.
_LOCAL_LOGS = frozenset({"", "journald", "json-file", "local", "none"})
_LOG_OPTIONS = frozenset(
    "cache-compress cache-disabled cache-max-file cache-max-size compress env env-regex labels labels-regex "
    "max-buffer-size max-file max-size mode tag".split()
)
_NAME = re.compile(NAME_PATTERN)

HARMLESS = frozenset(
    "auto_remove blkio_weight blkio_weight_device cap_drop command cpu_period cpu_quota cpu_rt_period cpu_rt_runtime "
    "cpu_shares cpus cpuset_cpus cpuset_mems device_read_bps device_read_iops device_write_bps device_write_iops "
    "dns_opts dns_search_domains dns_servers domainname entrypoint env etc_hosts exposed_ports groups healthcheck "
    "hostname image init interactive labels links mac_address memory memory_reservation memory_swap memory_swappiness "
    "name pids_limit platform publish_all_ports published_ports read_only restart_policy restart_retries shm_size "
    # The engine sets sysctls of the container's own namespaces alone, and refuses them with the host's (20.10 to 28.5).
    "stop_signal stop_timeout storage_opts sysctls tmpfs tty ulimits user working_dir".split()
)


def find_host_access(options: t.Mapping[str, t.Any]) -> list[Json]:
    """What in these options gives access beyond the container: ``[{"option", "value", "reason"}]``, sorted by option.

    :param options: of ``container_run``, from outside.
    """
    found = []
    for name, value in sorted(options.items()):
        for part, reason in _find_in_option(name, value):
            found.append({"option": name, "value": part, "reason": reason})
    return found


def format_findings(findings: t.Iterable[Json]) -> str:
    """The findings as text, for messages."""
    return "; ".join(f"{entry['option']}: {entry['value']} ({entry['reason']})" for entry in findings)


def _find_in_option(name: str, value: t.Any) -> t.Iterable[Finding]:
    if value is None:
        return ()
    if name not in HARMLESS and name not in RULES:
        return [(value, "container_export writes no such option")]
    if name in HARMLESS:
        return ()
    if not _has_type(value, ROWS[name].spec if name in ROWS else SPECIAL[name]):
        return [(value, "container_export does not write it in this form")]
    return RULES[name](value)


def _has_type(value: t.Any, spec: t.Mapping[str, t.Any]) -> bool:
    kind = spec["type"]
    if kind == "list":
        elements: t.Any = dict if spec.get("elements") == "dict" else str
        return isinstance(value, list) and all(isinstance(item, elements) for item in value)
    kinds: dict[str, type] = {"bool": bool, "dict": dict, "int": int, "path": str, "str": str}
    return isinstance(value, kinds[kind])


# -- rules ------------------------------------------------------------------------------------------------------------


def _flag_any(reason: str) -> Rule:
    return lambda value: [(value, reason)] if value else []


def _flag_each(reason: str, safe: t.Callable[[t.Any], bool] = lambda item: not item) -> Rule:
    return lambda value: [(item, reason) for item in value if not safe(item)]


def _flag_foreign_namespace(which: str, own: t.Collection[str]) -> Rule:
    reason = f"the {which} of the host or of another container"
    return lambda value: [(value, reason)] if value and value not in own else []


def _flag_network_mode(value: str) -> t.Iterable[Finding]:
    if value and (value == "host" or not _NAME.fullmatch(value)):
        yield value, "the network of the host or of another container"


def _is_volume(entry: str) -> bool:
    try:
        source, _target, _modes = parse_volume(entry)
    except ValueError:
        return False
    return not source or bool(_NAME.fullmatch(source))


def _is_plain_mount(entry: t.Mapping[str, t.Any]) -> bool:
    if set(entry) - set(MOUNT_SPEC) or entry.get("volume_options") or entry.get("volume_driver") not in (None, "local"):
        return False
    kind, source = entry.get("type") or "volume", entry.get("source")
    if kind == "volume":
        return not source or (isinstance(source, str) and bool(_NAME.fullmatch(source)))
    return kind in ("image", "tmpfs")


def _is_default_capability(name: str) -> bool:
    upper = name.upper()
    return (upper[4:] if upper.startswith("CAP_") else upper) in _DEFAULT_CAPABILITIES


def _flag_log_options(value: t.Mapping[str, t.Any]) -> t.Iterable[Finding]:
    for key in sorted(value):
        if key not in _LOG_OPTIONS:
            yield {key: value[key]}, "the engine sends the logs there, or reads that file"


def _flag_oom_score(value: int) -> t.Iterable[Finding]:
    if value < 0:
        yield value, "the kernel kills the host's processes before it"


_HOST_PATH = "a path of the host, or a volume of another driver"

RULES: t.Final[dict[str, Rule]] = {
    "annotations": _flag_any("instructions for the host's container runtime"),
    "capabilities": _flag_each("more than a container may do by default", _is_default_capability),
    "cgroup_parent": _flag_any("a control group of the host"),
    "cgroupns_mode": _flag_foreign_namespace("control groups", ("private",)),
    "device_cgroup_rules": _flag_each("devices of the host"),
    "device_requests": _flag_each("devices of the host"),
    "devices": _flag_each("a device of the host"),
    "env_file": _flag_any("a file of the host"),
    "ipc_mode": _flag_foreign_namespace("shared memory", ("none", "private", "shareable")),
    "log_driver": lambda value: [] if value in _LOCAL_LOGS else [(value, "the engine sends the logs elsewhere")],
    "log_options": _flag_log_options,
    "mounts": _flag_each(_HOST_PATH, _is_plain_mount),
    "network_mode": _flag_network_mode,
    "networks": _flag_each("the host's network", lambda entry: entry.get("name") != "host"),
    "oom_killer": _flag_any("the kernel cannot stop it when it uses up the host's memory"),
    "oom_score_adj": _flag_oom_score,
    "pid_mode": _flag_foreign_namespace("processes", ()),
    "privileged": _flag_any("all devices and all rights on the host"),
    "runtime": _flag_any("a container runtime that the host's administrator has not chosen as the default"),
    "security_opts": _flag_each("a protection is changed or switched off", _SAFE_SECURITY.__contains__),
    "userns_mode": _flag_any("the users of the host"),
    "uts": _flag_any("the host's name"),
    "volume_driver": lambda value: [] if value in ("", "local") else [(value, "volumes of another driver")],
    "volumes": _flag_each(_HOST_PATH, _is_volume),
    "volumes_from": _flag_each("the volumes of another container"),
}
