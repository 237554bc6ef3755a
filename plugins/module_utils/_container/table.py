# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows: every option of a container, once. Data, from which all else is derived."""

from __future__ import annotations

import typing as t

from .._types import Json
from . import codecs, defaults, networks, ports, storage
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


_ASKED_BY_FALSE = (None,)
_NO_LIMIT = (None, 0, -1)

TABLE: tuple[Option, ...] = (
    Option("annotations", _host("Annotations"), _dict(aliases=["annotation"]), codecs.MAPPING, since=(1, 43)),
    Option("auto_remove", _host("AutoRemove"), _flag(aliases=["rm"]), codecs.FLAG),
    Option("blkio_weight", _host("BlkioWeight"), _number(), codecs.WEIGHT, update=True),
    Option("blkio_weight_device", _host("BlkioWeightDevice"), _dicts(codecs.WEIGHT_SPEC), codecs.WEIGHTS),
    Option("cap_drop", _host("CapDrop"), _list(), codecs.CAPABILITIES),
    Option("capabilities", _host("CapAdd"), _list(aliases=["cap_add"]), codecs.CAPABILITIES),
    Option("cgroup_parent", _host("CgroupParent"), _text(), codecs.TEXT),
    Option(
        "cgroupns_mode",
        _host("CgroupnsMode"),
        _text(choices=["host", "private"], aliases=["cgroupns"]),
        codecs.TEXT,
        inherit=defaults.same_as(defaults.cgroup_namespace),
        tolerant=True,
    ),
    Option("command", _config("Cmd"), {"type": "raw"}, codecs.WORDS, inherit=defaults.command),
    Option("cpu_period", _host("CpuPeriod"), _number(), codecs.between(1000, 1_000_000), update=True),
    Option("cpu_quota", _host("CpuQuota"), _number(), codecs.between(1000, also=(0, -1)), update=True),
    Option("cpu_rt_period", _host("CpuRealtimePeriod"), _number(), codecs.between(1), update=True),
    Option("cpu_rt_runtime", _host("CpuRealtimeRuntime"), _number(), codecs.between(1), update=True),
    Option("cpu_shares", _host("CpuShares"), _number(), codecs.between(2), update=True),
    Option("cpus", _host("NanoCpus"), {"type": "float"}, codecs.CPUS, update=True),
    Option("cpuset_cpus", _host("CpusetCpus"), _text(), codecs.TEXT, update=True),
    Option("cpuset_mems", _host("CpusetMems"), _text(), codecs.TEXT, update=True),
    Option("device_cgroup_rules", _host("DeviceCgroupRules"), _list(aliases=["device_cgroup_rule"]), codecs.TEXTS),
    Option("device_read_bps", _host("BlkioDeviceReadBps"), _dicts(codecs.BPS_SPEC), codecs.BYTES_PER_SECOND),
    Option("device_read_iops", _host("BlkioDeviceReadIOps"), _dicts(codecs.IOPS_SPEC), codecs.OPERATIONS_PER_SECOND),
    Option("device_requests", _host("DeviceRequests"), _dicts(codecs.REQUEST_SPEC), codecs.DEVICE_REQUESTS),
    Option("device_write_bps", _host("BlkioDeviceWriteBps"), _dicts(codecs.BPS_SPEC), codecs.BYTES_PER_SECOND),
    Option("device_write_iops", _host("BlkioDeviceWriteIOps"), _dicts(codecs.IOPS_SPEC), codecs.OPERATIONS_PER_SECOND),
    Option("devices", _host("Devices"), _list(aliases=["device"]), codecs.DEVICES),
    Option("dns_opts", _host("DnsOptions"), _list(aliases=["dns_option"]), codecs.ORDERED),
    Option("dns_search_domains", _host("DnsSearch"), _list(aliases=["dns_search"]), codecs.ORDERED),
    Option("dns_servers", _host("Dns"), _list(aliases=["dns"]), codecs.ADDRESSES),
    Option("domainname", _config("Domainname"), _text(), codecs.TEXT, inherit=defaults.domainname),
    Option(
        "entrypoint", _config("Entrypoint"), {"type": "raw"}, codecs.ENTRYPOINT, inherit=defaults.entrypoint, empty=True
    ),
    Option("env", _config("Env"), _dict(aliases=["environment"]), codecs.ENV, inherit=defaults.env),
    Option("etc_hosts", _host("ExtraHosts"), _dict(aliases=["add_host", "extra_hosts"]), codecs.HOSTS),
    Option(
        "exposed_ports",
        _config("ExposedPorts"),
        _list(aliases=["expose", "exposed"]),
        ports.EXPOSED,
        inherit=defaults.exposed_ports,
    ),
    Option("groups", _host("GroupAdd"), _list(aliases=["group_add"]), codecs.TEXTS),
    Option(
        "healthcheck",
        _config("Healthcheck"),
        _dict(options=codecs.HEALTHCHECK_SPEC),
        codecs.HEALTHCHECK,
        inherit=defaults.healthcheck,
        parts={"start_interval": (1, 44)},
    ),
    Option("hostname", _config("Hostname"), _text(), codecs.TEXT, inherit=defaults.hostname),
    Option("init", _host("Init"), _flag(), codecs.FLAG, nobody=_ASKED_BY_FALSE),
    Option("interactive", _config("OpenStdin"), _flag(), codecs.FLAG),
    Option("ipc_mode", _host("IpcMode"), _text(aliases=["ipc"]), codecs.TEXT, inherit=defaults.ipc_mode, tolerant=True),
    Option("labels", _config("Labels"), _dict(aliases=["label"]), codecs.LABELS, inherit=defaults.labels),
    Option("links", _host("Links"), _list(aliases=["link"]), codecs.LINKS),
    Option(
        "log_driver",
        _host("LogConfig.Type"),
        _text(),
        codecs.TEXT,
        inherit=defaults.same_as(lambda context: context.engine.log_driver),
    ),
    Option("log_options", _host("LogConfig.Config"), _dict(aliases=["log_opt"]), codecs.SETTINGS),
    Option("mac_address", _config("MacAddress"), _text(), codecs.MAC, tolerant=True),
    Option("memory", _host("Memory"), _text(), codecs.SIZE, update=True),
    Option("memory_reservation", _host("MemoryReservation"), _text(), codecs.SIZE, update=True),
    Option("memory_swap", _host("MemorySwap"), _text(), codecs.SWAP, inherit=defaults.memory_swap, update=True),
    Option(
        "memory_swappiness", _host("MemorySwappiness"), _number(), codecs.between(0, 100, also=(-1,)), nobody=(None, -1)
    ),
    Option(
        "mounts",
        _host("Mounts"),
        _dicts(storage.MOUNT_SPEC, aliases=["mount"]),
        storage.MOUNTS,
        inherit=defaults.mounts,
        parts=storage.MOUNT_SINCE,
    ),
    Option(
        "network_mode",
        _host("NetworkMode"),
        _text(aliases=["net", "network"]),
        codecs.TEXT,
        inherit=defaults.network_mode,
    ),
    Option(
        "networks",
        ("NetworkSettings.Networks",),
        _dicts(networks.NETWORK_SPEC),
        networks.NETWORKS,
        inherit=networks.networks,
        parts={"gw_priority": (1, 48), "mac_address": (1, 44)},
    ),
    Option("oom_killer", _host("OomKillDisable"), _flag(aliases=["oom_kill_disable"]), codecs.FLAG),
    Option("oom_score_adj", _host("OomScoreAdj"), _number(), codecs.between(-1000, 1000)),
    Option("pid_mode", _host("PidMode"), _text(aliases=["pid"]), codecs.TEXT, inherit=defaults.shared_namespace),
    Option("pids_limit", _host("PidsLimit"), _number(), codecs.between(-1), nobody=_NO_LIMIT, update=True, reset=-1),
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
        nobody=(None, "", "no"),
        update=True,
        reset="no",
    ),
    Option(
        "restart_retries", _host("RestartPolicy.MaximumRetryCount"), _number(), codecs.between(0), update=True, reset=0
    ),
    Option(
        "runtime",
        _host("Runtime"),
        _text(),
        codecs.TEXT,
        inherit=defaults.same_as(lambda context: context.engine.runtime),
    ),
    Option(
        "security_opts",
        ("HostConfig.SecurityOpt", "HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths"),
        _list(aliases=["security_opt"]),
        codecs.SECURITY,
        nobody=(None,),
        inherit=defaults.security_opts,
    ),
    Option(
        "shm_size",
        _host("ShmSize"),
        _text(),
        codecs.SIZE,
        inherit=defaults.same_as(lambda _context: "64m"),
        tolerant=True,
    ),
    Option("stop_signal", _config("StopSignal"), _text(), codecs.SIGNAL, inherit=defaults.stop_signal),
    Option("stop_timeout", _config("StopTimeout"), _number(), codecs.INTEGER, nobody=_ASKED_BY_FALSE),
    Option("storage_opts", _host("StorageOpt"), _dict(aliases=["storage_opt"]), codecs.MAPPING),
    Option("sysctls", _host("Sysctls"), _dict(aliases=["sysctl"]), codecs.MAPPING),
    Option("tmpfs", _host("Tmpfs"), _list(), storage.TMPFS),
    Option("tty", _config("Tty"), _flag(), codecs.FLAG),
    Option("ulimits", _host("Ulimits"), _list(aliases=["ulimit"]), codecs.ULIMITS, tolerant=True),
    Option("user", _config("User"), _text(), codecs.TEXT, inherit=defaults.same_as_image("user")),
    Option("userns_mode", _host("UsernsMode"), _text(aliases=["userns"]), codecs.TEXT),
    Option("uts", _host("UTSMode"), _text(), codecs.TEXT),
    Option("volume_driver", _host("VolumeDriver"), _text(), codecs.TEXT),
    Option(
        "volumes",
        ("HostConfig.Binds", "Config.Volumes"),
        _list(aliases=["volume"]),
        storage.VOLUMES,
        inherit=defaults.volumes,
    ),
    Option("volumes_from", _host("VolumesFrom"), _list(), codecs.ORDERED, inherit=defaults.volumes_from),
    Option(
        "working_dir",
        _config("WorkingDir"),
        _text(aliases=["workdir"]),
        codecs.PATH,
        inherit=defaults.same_as_image("working_dir"),
    ),
)

# Without a place in the inspect document: the image is compared by its id, the platform with the image's own, and an
# env_file ends in env.
SPECIAL: Json = {
    "env_file": {"type": "path"},
    "image": {"type": "str"},
    "platform": {"type": "str"},
}

ROWS: t.Final[dict[str, Option]] = {row.name: row for row in TABLE}
