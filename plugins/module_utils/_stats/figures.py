# SPDX-License-Identifier: GPL-3.0-or-later

"""The arithmetic of ``docker stats``.

Input is the Engine API's stats document, ``GET /containers/{id}/stats``. The numbers are those of the docker CLI: memory
without the page cache that could be dropped at once, CPU as a share of one CPU (two busy CPUs are 200 %).
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._notation.sizes import format_readable_binary_size, format_readable_size

Json = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Usage:
    """What one container uses; bytes unless a name says otherwise."""

    cpu_percent: float | None
    cpu_seconds: float
    memory_usage: int
    memory_limit: int
    memory_percent: float
    network_received: int
    network_sent: int
    block_read: int
    block_written: int
    pids: int

    def text(self) -> dict[str, str]:
        """The columns as ``docker stats`` prints them."""
        return {
            "block_io": f"{format_readable_size(self.block_read)} / {format_readable_size(self.block_written)}",
            "cpu": "--" if self.cpu_percent is None else f"{self.cpu_percent:.2f}%",
            "memory": f"{format_readable_binary_size(self.memory_usage)} / {format_readable_binary_size(self.memory_limit)}",
            "memory_percent": f"{self.memory_percent:.2f}%",
            "network_io": f"{format_readable_size(self.network_received)} / {format_readable_size(self.network_sent)}",
            "pids": str(self.pids),
        }


def cpu_percent(before: Json, after: Json) -> float:
    """The CPU time between two samples as a share of one CPU's time."""
    old, new = before.get("cpu_stats") or {}, after.get("cpu_stats") or {}
    used = _cpu_total(new) - _cpu_total(old)
    system = (new.get("system_cpu_usage") or 0) - (old.get("system_cpu_usage") or 0)
    if used <= 0 or system <= 0:
        return 0.0
    cpus = new.get("online_cpus") or len((new.get("cpu_usage") or {}).get("percpu_usage") or ())
    return float(used / system * cpus * 100.0)


def memory_usage(memory: Json) -> int:
    """Used bytes less the inactive part of the page cache: ``total_inactive_file`` with cgroup v1, ``inactive_file`` with v2."""
    usage = int(memory.get("usage") or 0)
    detail = memory.get("stats") or {}
    for key in ("total_inactive_file", "inactive_file"):
        cache = int(detail.get(key) or 0)
        if key in detail and cache < usage:
            return usage - cache
    return usage


def block_io(sample: Json) -> tuple[int, int]:
    """Bytes read from and written to block devices (the operations are spelled in both cases: cgroup v1 and v2)."""
    totals = {"r": 0, "w": 0}
    for entry in (sample.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ():
        kind = str(entry.get("op", ""))[:1].lower()
        if kind in totals:
            totals[kind] += int(entry["value"])
    return totals["r"], totals["w"]


def compute_usage(previous: Json | None, latest: Json) -> Usage:
    """The usage at the time of ``latest``; without an earlier stats document there is no CPU percentage."""
    memory = latest.get("memory_stats") or {}
    limit = int(memory.get("limit") or 0)
    used = memory_usage(memory)
    networks = (latest.get("networks") or {}).values()
    read, written = block_io(latest)
    return Usage(
        cpu_percent=None if previous is None else cpu_percent(previous, latest),
        cpu_seconds=_cpu_total(latest.get("cpu_stats") or {}) / 1e9,
        memory_usage=used,
        memory_limit=limit,
        memory_percent=used / limit * 100.0 if limit else 0.0,
        network_received=sum(int(network["rx_bytes"]) for network in networks),
        network_sent=sum(int(network["tx_bytes"]) for network in networks),
        block_read=read,
        block_written=written,
        pids=int((latest.get("pids_stats") or {}).get("current") or 0),
    )


def _cpu_total(cpu: Json) -> int:
    return int((cpu.get("cpu_usage") or {}).get("total_usage") or 0)
