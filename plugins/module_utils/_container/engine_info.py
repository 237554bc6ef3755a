# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``GET /info`` says of an engine, as far as it decides what a container's options mean."""

from __future__ import annotations

import typing as t

from .._types import Json


class EngineInfo(t.NamedTuple):
    """The engine's API version and its defaults for options that are not given.

    :ivar unsupported: options that the kernel does not support: the engine leaves them out of a container, with a warning,
        so that their absence is no difference.
    """

    api: tuple[int, int]
    log_driver: str = "json-file"
    runtime: str = "runc"
    cgroup_version: str = "1"
    swap_limit: bool = True
    hostname: str = ""
    unsupported: frozenset[str] = frozenset()

    @classmethod
    def from_info(cls, info: Json, api: tuple[int, int]) -> EngineInfo:
        """:param info: the answer of ``GET /info``."""
        return cls(
            api=api,
            log_driver=info.get("LoggingDriver") or "json-file",
            runtime=info.get("DefaultRuntime") or "runc",
            cgroup_version=str(info.get("CgroupVersion") or "1"),
            swap_limit=bool(info.get("SwapLimit", True)),
            hostname=info.get("Name") or "",
            unsupported=_unsupported_options(info),
        )


# Flags of ``GET /info`` -> the options that the engine drops where the flag is false.
_OPTIONS_BY_FLAG: t.Final[dict[str, tuple[str, ...]]] = {
    "CPUSet": ("cpuset_cpus", "cpuset_mems"),
    "CPUShares": ("cpu_shares",),
    "CpuCfsPeriod": ("cpu_period",),
    "CpuCfsQuota": ("cpu_quota",),
    "MemoryLimit": ("memory", "memory_reservation", "memory_swap", "memory_swappiness"),
    "OomKillDisable": ("oom_killer",),
    "PidsLimit": ("pids_limit",),
    "SwapLimit": ("memory_swap",),
}
_OPTION_BY_WARNING: t.Final[dict[str, str]] = {
    "No blkio throttle.read_bps_device support": "device_read_bps",
    "No blkio throttle.read_iops_device support": "device_read_iops",
    "No blkio throttle.write_bps_device support": "device_write_bps",
    "No blkio throttle.write_iops_device support": "device_write_iops",
    "No blkio weight support": "blkio_weight",
    "No blkio weight_device support": "blkio_weight_device",
}


def _unsupported_options(info: Json) -> frozenset[str]:
    names = {name for flag, options in _OPTIONS_BY_FLAG.items() if info.get(flag) is False for name in options}
    warnings = "\n".join(info.get("Warnings") or ())
    names |= {name for text, name in _OPTION_BY_WARNING.items() if text in warnings}
    if str(info.get("CgroupVersion")) == "2":
        names.add("memory_swappiness")
    elif int("0" + str(info.get("KernelVersion", "")).partition(".")[0]) >= 5:
        # Linux 5.0 removed CFQ, and with it the weights of cgroup v1; the engine (20.10) does not say so.
        names |= {"blkio_weight", "blkio_weight_device"}
    return frozenset(names)
