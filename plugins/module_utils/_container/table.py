# SPDX-License-Identifier: GPL-3.0-or-later

"""The table: every option of a container, once."""

from __future__ import annotations

import typing as t

from .._argspec import ArgSpec
from .._types import Json
from . import codecs, default_rules, devices, healthcheck, networks, ports, resources, security, storage
from .option import Option


def _text(**more: t.Any) -> Json:
    return {"type": "str", **more}


def _flag(**more: t.Any) -> Json:
    return {"type": "bool", **more}


def _number(**more: t.Any) -> Json:
    return {"type": "int", **more}


def _list(**more: t.Any) -> Json:
    return {"type": "list", "elements": "str", **more}


def _dict(**more: t.Any) -> Json:
    return {"type": "dict", **more}


def _dicts(options: Json, **more: t.Any) -> Json:
    return {"type": "list", "elements": "dict", "options": options, **more}


def _host(path: str) -> tuple[str, ...]:
    return (f"HostConfig.{path}",)


def _config(path: str) -> tuple[str, ...]:
    return (f"Config.{path}",)


_SET_BY_FALSE = (None,)
_NO_LIMIT = (None, 0, -1)

TABLE: tuple[Option, ...] = (
    Option("annotations", _host("Annotations"), _dict(aliases=["annotation"]), codecs.MAPPING, since=(1, 43)),
    Option("auto_remove", _host("AutoRemove"), _flag(aliases=["rm"]), codecs.FLAG),
    Option("blkio_weight", _host("BlkioWeight"), _number(), resources.WEIGHT, update=True),
    Option("blkio_weight_device", _host("BlkioWeightDevice"), _dicts(resources.WEIGHT_SPEC), resources.WEIGHTS),
    Option("cap_drop", _host("CapDrop"), _list(), security.CAPABILITIES),
    Option("capabilities", _host("CapAdd"), _list(aliases=["cap_add"]), security.CAPABILITIES),
    Option("cgroup_parent", _host("CgroupParent"), _text(), codecs.TEXT),
    Option(
        "cgroupns_mode",
        _host("CgroupnsMode"),
        _text(choices=["host", "private"], aliases=["cgroupns"]),
        codecs.TEXT,
        default=default_rules.cgroupns_mode,
        tolerant=True,
    ),
    Option("command", _config("Cmd"), {"type": "raw"}, codecs.WORDS, default=default_rules.command),
    Option("cpu_period", _host("CpuPeriod"), _number(), codecs.integer_codec(1000, 1_000_000), update=True),
    Option("cpu_quota", _host("CpuQuota"), _number(), codecs.integer_codec(1000, also=(0, -1)), update=True),
    Option("cpu_rt_period", _host("CpuRealtimePeriod"), _number(), codecs.integer_codec(1), update=True),
    Option("cpu_rt_runtime", _host("CpuRealtimeRuntime"), _number(), codecs.integer_codec(1), update=True),
    Option("cpu_shares", _host("CpuShares"), _number(), codecs.integer_codec(2), update=True),
    Option("cpus", _host("NanoCpus"), {"type": "float"}, resources.CPUS, update=True),
    Option("cpuset_cpus", _host("CpusetCpus"), _text(), codecs.TEXT, update=True),
    Option("cpuset_mems", _host("CpusetMems"), _text(), codecs.TEXT, update=True),
    Option("device_cgroup_rules", _host("DeviceCgroupRules"), _list(aliases=["device_cgroup_rule"]), codecs.TEXTS),
    Option("device_read_bps", _host("BlkioDeviceReadBps"), _dicts(resources.BPS_SPEC), resources.BYTES_PER_SECOND),
    Option(
        "device_read_iops", _host("BlkioDeviceReadIOps"), _dicts(resources.IOPS_SPEC), resources.OPERATIONS_PER_SECOND
    ),
    Option("device_requests", _host("DeviceRequests"), _dicts(devices.REQUEST_SPEC), devices.DEVICE_REQUESTS),
    Option("device_write_bps", _host("BlkioDeviceWriteBps"), _dicts(resources.BPS_SPEC), resources.BYTES_PER_SECOND),
    Option(
        "device_write_iops", _host("BlkioDeviceWriteIOps"), _dicts(resources.IOPS_SPEC), resources.OPERATIONS_PER_SECOND
    ),
    Option("devices", _host("Devices"), _list(aliases=["device"]), devices.DEVICES),
    Option("dns_opts", _host("DnsOptions"), _list(aliases=["dns_option"]), codecs.ORDERED_TEXTS),
    Option("dns_search_domains", _host("DnsSearch"), _list(aliases=["dns_search"]), codecs.ORDERED_TEXTS),
    Option("dns_servers", _host("Dns"), _list(aliases=["dns"]), codecs.ADDRESSES),
    Option("domainname", _config("Domainname"), _text(), codecs.TEXT, default=default_rules.domainname),
    Option(
        "entrypoint",
        _config("Entrypoint"),
        {"type": "raw"},
        codecs.ENTRYPOINT,
        default=default_rules.entrypoint,
        empty=True,
    ),
    Option("env", _config("Env"), _dict(aliases=["environment"]), codecs.ENV, default=default_rules.env),
    Option("etc_hosts", _host("ExtraHosts"), _dict(aliases=["add_host", "extra_hosts"]), codecs.HOSTS),
    Option(
        "exposed_ports",
        _config("ExposedPorts"),
        _list(aliases=["expose", "exposed"]),
        ports.EXPOSED,
        default=default_rules.exposed_ports,
    ),
    Option("groups", _host("GroupAdd"), _list(aliases=["group_add"]), codecs.TEXTS),
    Option(
        "healthcheck",
        _config("Healthcheck"),
        _dict(options=healthcheck.HEALTHCHECK_SPEC),
        healthcheck.HEALTHCHECK,
        default=default_rules.healthcheck,
        parts={"start_interval": (1, 44)},
    ),
    Option("hostname", _config("Hostname"), _text(), codecs.TEXT, default=default_rules.hostname),
    Option("init", _host("Init"), _flag(), codecs.FLAG, unset_values=_SET_BY_FALSE),
    Option("interactive", _config("OpenStdin"), _flag(), codecs.FLAG),
    Option(
        "ipc_mode", _host("IpcMode"), _text(aliases=["ipc"]), codecs.TEXT, default=default_rules.ipc_mode, tolerant=True
    ),
    Option("labels", _config("Labels"), _dict(aliases=["label"]), codecs.LABELS, default=default_rules.labels),
    Option("links", _host("Links"), _list(aliases=["link"]), codecs.LINKS),
    Option(
        "log_driver",
        _host("LogConfig.Type"),
        _text(),
        codecs.TEXT,
        default=default_rules.log_driver,
    ),
    Option("log_options", _host("LogConfig.Config"), _dict(aliases=["log_opt"]), codecs.DRIVER_OPTIONS),
    Option("mac_address", _config("MacAddress"), _text(), codecs.MAC_ADDRESS, tolerant=True),
    Option("memory", _host("Memory"), _text(), resources.SIZE, update=True),
    Option("memory_reservation", _host("MemoryReservation"), _text(), resources.SIZE, update=True),
    Option(
        "memory_swap",
        _host("MemorySwap"),
        _text(),
        resources.MEMORY_SWAP,
        default=default_rules.memory_swap,
        update=True,
    ),
    Option(
        "memory_swappiness",
        _host("MemorySwappiness"),
        _number(),
        codecs.integer_codec(0, 100, also=(-1,)),
        unset_values=(None, -1),
    ),
    Option(
        "mounts",
        _host("Mounts"),
        _dicts(storage.MOUNT_SPEC, aliases=["mount"]),
        storage.MOUNTS,
        default=default_rules.mounts,
        parts=storage.MOUNT_SINCE,
    ),
    Option(
        "network_mode",
        _host("NetworkMode"),
        _text(aliases=["net", "network"]),
        codecs.TEXT,
        default=default_rules.network_mode,
    ),
    Option(
        "networks",
        ("NetworkSettings.Networks",),
        _dicts(networks.NETWORK_SPEC),
        networks.NETWORKS,
        default=default_rules.networks,
        parts={"gw_priority": (1, 48), "mac_address": (1, 44)},
    ),
    Option("oom_killer", _host("OomKillDisable"), _flag(aliases=["oom_kill_disable"]), codecs.FLAG),
    Option("oom_score_adj", _host("OomScoreAdj"), _number(), codecs.integer_codec(-1000, 1000)),
    Option("pid_mode", _host("PidMode"), _text(aliases=["pid"]), codecs.TEXT, default=default_rules.pid_mode),
    Option(
        "pids_limit",
        _host("PidsLimit"),
        _number(),
        codecs.integer_codec(-1),
        unset_values=_NO_LIMIT,
        update=True,
        reset=-1,
    ),
    Option("privileged", _host("Privileged"), _flag(), codecs.FLAG),
    Option("publish_all_ports", _host("PublishAllPorts"), _flag(aliases=["publish_all"]), codecs.FLAG),
    Option(
        "published_ports",
        ("HostConfig.PortBindings", "Config.ExposedPorts"),
        _list(aliases=["ports", "publish"]),
        ports.PUBLISHED,
    ),
    Option("read_only", _host("ReadonlyRootfs"), _flag(), codecs.FLAG),
    Option(
        "restart_policy",
        _host("RestartPolicy.Name"),
        _text(choices=["always", "no", "on-failure", "unless-stopped"]),
        codecs.TEXT,
        unset_values=(None, "", "no"),
        update=True,
        reset="no",
    ),
    Option(
        "restart_retries",
        _host("RestartPolicy.MaximumRetryCount"),
        _number(),
        codecs.integer_codec(0),
        update=True,
        reset=0,
    ),
    Option(
        "runtime",
        _host("Runtime"),
        _text(),
        codecs.TEXT,
        default=default_rules.runtime,
    ),
    Option(
        "security_opts",
        ("HostConfig.SecurityOpt", "HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths"),
        _list(aliases=["security_opt"]),
        security.SECURITY,
        unset_values=(None,),
        default=default_rules.security_opts,
    ),
    Option(
        "shm_size",
        _host("ShmSize"),
        _text(),
        resources.SIZE,
        default=default_rules.shm_size,
        tolerant=True,
    ),
    Option("stop_signal", _config("StopSignal"), _text(), codecs.SIGNAL, default=default_rules.stop_signal),
    Option("stop_timeout", _config("StopTimeout"), _number(), codecs.INTEGER, unset_values=_SET_BY_FALSE),
    Option("storage_opts", _host("StorageOpt"), _dict(aliases=["storage_opt"]), codecs.MAPPING),
    Option("sysctls", _host("Sysctls"), _dict(aliases=["sysctl"]), codecs.MAPPING),
    Option("tmpfs", _host("Tmpfs"), _list(), storage.TMPFS),
    Option("tty", _config("Tty"), _flag(), codecs.FLAG),
    Option("ulimits", _host("Ulimits"), _list(aliases=["ulimit"]), resources.ULIMITS, tolerant=True),
    Option("user", _config("User"), _text(), codecs.TEXT, default=default_rules.user),
    Option("userns_mode", _host("UsernsMode"), _text(aliases=["userns"]), codecs.TEXT),
    Option("uts", _host("UTSMode"), _text(), codecs.TEXT),
    Option("volume_driver", _host("VolumeDriver"), _text(), codecs.TEXT),
    Option(
        "volumes",
        ("HostConfig.Binds", "Config.Volumes"),
        _list(aliases=["volume"]),
        storage.VOLUMES,
        default=default_rules.volumes,
    ),
    Option("volumes_from", _host("VolumesFrom"), _list(), codecs.ORDERED_TEXTS, default=default_rules.volumes_from),
    Option(
        "working_dir",
        _config("WorkingDir"),
        _text(aliases=["workdir"]),
        codecs.PATH,
        default=default_rules.working_dir,
    ),
)

# Without a place in the inspect document: the image is compared by its id, the platform with the image's own, and an
# env_file becomes part of env.
SPECIAL: Json = {
    "env_file": {"type": "path"},
    "image": {"type": "str"},
    "platform": {"type": "str"},
}

ROWS: t.Final[dict[str, Option]] = {row.name: row for row in TABLE}


def argument_spec() -> ArgSpec:
    """All options of a container."""
    entries = {row.name: row.spec for row in TABLE}
    return ArgSpec(options=dict(sorted({**entries, **SPECIAL}.items())))
