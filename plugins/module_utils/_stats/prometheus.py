# SPDX-License-Identifier: GPL-3.0-or-later

"""Stats in the Prometheus text format, for node_exporter's textfile collector.

Metric names, types and the labels ``id``, ``image`` and ``name`` are those of cAdvisor, so that its dashboards work
(https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
import typing as t

from .._errors import Failed
from .._notation.times import parse_rfc3339
from .._selection import name_of
from .._types import Json
from .figures import block_io, memory_usage
from .samples import ContainerSample

# Labels beside id, image and name; the value.
MetricSample = t.Tuple[t.Dict[str, str], float]


@dataclasses.dataclass(frozen=True)
class Metric:
    """One metric: what it is called and how it is read from a container."""

    name: str
    kind: str
    help: str
    read: t.Callable[[ContainerSample], t.Iterable[MetricSample]]


Reader = t.Callable[[ContainerSample], t.Iterable[MetricSample]]


def _number_of(read: t.Callable[[Json], t.Any], scale: float = 1) -> Reader:
    """A single number of the stats document; nothing where the engine does not give it."""

    def samples(container: ContainerSample) -> t.Iterable[MetricSample]:
        value = read(container.latest or {})
        return [] if value is None else [({}, value * scale)]

    return samples


def _cpu(key: str) -> Reader:
    return _number_of(lambda stats: (stats["cpu_stats"].get("cpu_usage") or {}).get(key), 1e-9)


def _block_io(position: int) -> Reader:
    return _number_of(lambda stats: block_io(stats)[position])


def _memory(key: str) -> Reader:
    return _number_of(lambda stats: stats["memory_stats"].get(key))


def _memory_detail(version1: str, version2: str) -> Reader:
    """What cgroup v1 and v2 name differently."""

    def read(stats: Json) -> t.Any:
        detail = stats["memory_stats"].get("stats") or {}
        return detail.get(version1, detail.get(version2))

    return _number_of(read)


def _working_set(container: ContainerSample) -> t.Iterable[MetricSample]:
    return [({}, memory_usage((container.latest or {})["memory_stats"]))]


def _network(key: str) -> Reader:
    def samples(container: ContainerSample) -> t.Iterable[MetricSample]:
        networks = (container.latest or {}).get("networks") or {}
        return [({"interface": interface}, numbers[key]) for interface, numbers in sorted(networks.items())]

    return samples


def _sampled_at(container: ContainerSample) -> t.Iterable[MetricSample]:
    return [({}, unix_seconds((container.latest or {})["read"]))]


def _started_at(container: ContainerSample) -> t.Iterable[MetricSample]:
    return [({}, unix_seconds(container.document["State"]["StartedAt"]))]


def _memory_limit(container: ContainerSample) -> t.Iterable[MetricSample]:
    return [({}, container.document["HostConfig"].get("Memory") or 0)]


def _threads(container: ContainerSample) -> t.Iterable[MetricSample]:
    return [({}, ((container.latest or {}).get("pids_stats") or {}).get("current") or 0)]


METRICS = (
    Metric("container_cpu_system_seconds_total", "counter", "CPU time in the kernel.", _cpu("usage_in_kernelmode")),
    Metric("container_cpu_usage_seconds_total", "counter", "CPU time used.", _cpu("total_usage")),
    Metric("container_cpu_user_seconds_total", "counter", "CPU time in user mode.", _cpu("usage_in_usermode")),
    Metric("container_fs_reads_bytes_total", "counter", "Bytes read from block devices.", _block_io(0)),
    Metric("container_fs_writes_bytes_total", "counter", "Bytes written to block devices.", _block_io(1)),
    Metric("container_last_seen", "gauge", "When the container was sampled.", _sampled_at),
    Metric("container_memory_cache", "gauge", "Page cache.", _memory_detail("total_cache", "file")),
    Metric("container_memory_max_usage_bytes", "gauge", "Most memory ever used.", _memory("max_usage")),
    Metric("container_memory_rss", "gauge", "Anonymous memory.", _memory_detail("total_rss", "anon")),
    Metric("container_memory_usage_bytes", "gauge", "Memory in use with all of the cache.", _memory("usage")),
    Metric("container_memory_working_set_bytes", "gauge", "Memory in use without inactive cache.", _working_set),
    Metric("container_network_receive_bytes_total", "counter", "Bytes received.", _network("rx_bytes")),
    Metric("container_network_receive_errors_total", "counter", "Errors while receiving.", _network("rx_errors")),
    Metric(
        "container_network_receive_packets_dropped_total", "counter", "Packets lost coming in.", _network("rx_dropped")
    ),
    Metric("container_network_receive_packets_total", "counter", "Packets received.", _network("rx_packets")),
    Metric("container_network_transmit_bytes_total", "counter", "Bytes sent.", _network("tx_bytes")),
    Metric("container_network_transmit_errors_total", "counter", "Errors while sending.", _network("tx_errors")),
    Metric(
        "container_network_transmit_packets_dropped_total", "counter", "Packets lost going out.", _network("tx_dropped")
    ),
    Metric("container_network_transmit_packets_total", "counter", "Packets sent.", _network("tx_packets")),
    Metric("container_spec_memory_limit_bytes", "gauge", "The memory limit; 0 is none.", _memory_limit),
    Metric("container_start_time_seconds", "gauge", "When the container started.", _started_at),
    Metric("container_threads", "gauge", "Processes and threads.", _threads),
)


def unix_seconds(text: str) -> float:
    """The engine's time in seconds since 1970, to the millisecond."""
    return round(parse_rfc3339(text) / 1e9, 3)


def render_metrics(containers: t.Iterable[ContainerSample]) -> str:
    """The text of the file. Containers that do not run are not in it, as with cAdvisor."""
    running = [container for container in containers if container.latest is not None]
    lines: list[str] = []
    for metric in METRICS:
        samples = [
            f"{metric.name}{_labels({**_identity(container.document), **labels})} {_format_number(value)}"
            for container in running
            for labels, value in metric.read(container)
        ]
        if samples:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}", *samples]
    return "".join(f"{line}\n" for line in lines)


def write_metrics_file(path: str, text: str, *, check: bool) -> bool:
    """Replace the file atomically and say whether its content changed. Readable by all: node_exporter is not root.

    :raises Failed: the folder is missing or cannot be written to; the old file stays as it was.
    """
    try:
        with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
            if file.read() == text:
                return False
        if check:
            return True
        # The collector reads *.prom: the unfinished file must have another suffix.
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".stevedore-", suffix=".tmp")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o644)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise Failed(f"Cannot write the metrics to {path}: {error.strerror}.", object=path) from error
    return True


def _identity(document: Json) -> dict[str, str]:
    return {"id": f"/docker/{document['Id']}", "image": str(document["Config"]["Image"]), "name": name_of(document)}


def _labels(labels: t.Mapping[str, str]) -> str:
    return "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _format_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(round(float(value), 9))
