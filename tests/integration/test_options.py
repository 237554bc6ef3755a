# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every sample of every option on a real engine: created, seen by ``docker inspect``, unchanged, and the way back."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._container.engine_info import EngineInfo
from ansible_collections.stevedore.docker.plugins.module_utils._container.option import EMPTY, get_value
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import ROWS
from ansible_collections.stevedore.docker.plugins.module_utils._container.wanted import wanted_container
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from support import boxes, samples
from support.engine import Docker

Json = t.Dict[str, t.Any]
Run = t.Callable[..., t.Any]
MARK = "stvsample"

# What the engine must say, in its own words, for some samples: (option, index of its sample, path, value).
SEEN: tuple[tuple[str, int, str, t.Any], ...] = (
    ("cap_drop", 1, "HostConfig.CapDrop", ["CAP_CHOWN", "CAP_MKNOD"]),
    ("capabilities", 0, "HostConfig.CapAdd", ["CAP_NET_ADMIN", "CAP_SYS_TIME"]),
    ("command", 2, "Config.Cmd", ["sh", "-c", 'echo "a b"']),
    ("cpus", 0, "HostConfig.NanoCpus", 1_500_000_000),
    ("device_read_bps", 0, "HostConfig.BlkioDeviceReadBps", [{"Path": "/dev/null", "Rate": 1048576}]),
    ("env", 1, "Config.Env", ["F=1.50", "N=1", "YES=yes"]),
    ("exposed_ports", 1, "Config.ExposedPorts", {"100/tcp": {}, "101/tcp": {}, "102/tcp": {}}),
    ("healthcheck", 1, "Config.Healthcheck.Timeout", 90_000_000_000),
    ("healthcheck", 2, "Config.Healthcheck.Test", ["NONE"]),
    ("init", 1, "HostConfig.Init", False),
    ("log_options", 0, "HostConfig.LogConfig.Config", {"max-file": "3", "max-size": "1m"}),
    ("mac_address", 1, "Config.MacAddress", "02:42:ac:11:00:98"),
    ("memory", 1, "HostConfig.Memory", 536_870_912),
    ("memory_swap", 1, "HostConfig.MemorySwap", -1),
    ("mounts", 2, "HostConfig.Mounts",
     [{"Type": "tmpfs", "Target": "/m/t", "TmpfsOptions": {"SizeBytes": 67_108_864, "Mode": 0o1770}}]),
    ("pid_mode", 0, "HostConfig.PidMode", "host"),
    ("published_ports", 2, "HostConfig.PortBindings",
     {f"{9000 + n}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(19000 + n)}] for n in range(3)}),
    ("restart_retries", 0, "HostConfig.RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
    ("security_opts", 1, "HostConfig.MaskedPaths", []),
    ("stop_signal", 0, "Config.StopSignal", "SIGKILL"),
    ("stop_timeout", 0, "Config.StopTimeout", 0),
    ("tmpfs", 0, "HostConfig.Tmpfs", {"/t/a": "", "/t/b": "noexec,size=64m"}),
    ("ulimits", 0, "HostConfig.Ulimits",
     [{"Name": "nofile", "Soft": 1024, "Hard": 2048}, {"Name": "nproc", "Soft": 10, "Hard": 10}]),
    ("volumes", 1, "HostConfig.Binds", ["/srv:/v/s:rshared,z", "stvsample-volume:/v/n:nocopy,ro"]),
)  # fmt: skip


class Batch:
    """Options of several samples that one container can have together."""

    def __init__(self, image: str) -> None:
        self.options: Json = {"image": image}
        self.samples: dict[str, samples.Sample] = {}

    def takes(self, row: str, sample: samples.Sample, api: tuple[int, int]) -> bool:
        """Take the sample in, if nothing speaks against it."""
        more = {**sample.beside, row: sample.given, "image": sample.image}
        if any(self.options.get(name, value) != value for name, value in more.items()):
            return False
        together = {**self.options, **more}
        if _quarrel(together):
            return False
        engine = EngineInfo(api=api)
        with contextlib.suppress(InvalidInput):
            wanted_container(boxes.validated(together), engine)
            self.options = together
            self.samples[row] = sample
            return True
        return False


# What an engine refuses or changes together, beyond the collection's own rules: at most one of each group.
_ALONE = (
    {"network_mode", "networks", "links"},
    {"pid_mode", "ipc_mode", "privileged", "security_opts"},
    {"uts", "domainname"},
    {"volumes_from", "volumes", "mounts"},
)


def _quarrel(options: Json) -> bool:
    host = str(options.get("network_mode", "")).startswith(("host", "container:"))
    own = {"mac_address", "sysctls", "hostname", "published_ports", "publish_all_ports", "domainname"}
    return any(len(group & options.keys()) > 1 for group in _ALONE) or (host and bool(own & options.keys()))


def batches(api: tuple[int, int]) -> list[Batch]:
    packed: list[Batch] = []
    for row, given in samples.SAMPLES.items():
        for sample in given:
            if not sample.real or sample.since > api:
                continue
            if not any(batch.takes(row, sample, api) for batch in packed):
                packed.append(Batch(sample.image))
                assert packed[-1].takes(row, sample, api), (row, sample)
    return packed


@pytest.fixture(scope="module")
def surroundings(docker: Docker) -> t.Iterator[Docker]:
    """What samples name: another container, and two networks."""
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.77.0/24", samples.NET)
    docker("network", "create", samples.NET2)
    docker("create", "--name", samples.OTHER, "--ipc", "shareable", "stevedore/busybox:1", "sleep", "1000")
    yield docker
    docker.remove_all(MARK)
    docker("volume", "rm", "--force", samples.HASH)


def test_every_sample(surroundings: Docker, run: Run, engine: str) -> None:
    docker, box = surroundings, boxes.Boxes(engine)
    tried: set[tuple[str, str]] = set()
    for number, batch in enumerate(batches(box.engine.api)):
        name, options = f"{MARK}-{number}", batch.options
        assert run("container_run", name=name, state="present", **options).changed, options
        document = docker.inspect(name)
        for row, sample in batch.samples.items():
            tried.add((row, repr(sample.given)))
            if sample.expected is not None:
                assert any(get_value(document, path) not in EMPTY or row in ("init", "stop_timeout", "entrypoint", "memory_swappiness")
                           for path in ROWS[row].paths), (row, sample)  # fmt: skip
        _check_seen(document, batch)
        again = run("container_run", name=name, state="present", _diff=True, **options)
        assert not again.changed, again["diff"]
        back = run("container_inspect", name=name).container["run_options"]
        adopted = run("container_run", state="present", _diff=True, **back)
        assert not adopted.changed, adopted["diff"]
        copy = f"{name}-copy"
        run("container_run", state="present", **{**back, "name": copy})
        assert _without_names(docker.inspect(copy), copy) == _without_names(document, name)
        docker("rm", "--force", "--volumes", copy, name)
    assert len(tried) > 180


def _check_seen(document: Json, batch: Batch) -> None:
    for row, index, path, value in SEEN:
        if batch.samples.get(row) is samples.SAMPLES[row][index]:
            found = get_value(document, path)
            if isinstance(value, dict):  # others in the batch may have put more there
                found = {key: found.get(key) for key in value}
            elif isinstance(value, list) and row != "command":
                found = sorted(found, key=repr)
            assert found == value, row


def _without_names(document: Json, name: str) -> str:
    """The essence as text; links and generated names say whose they are."""
    return repr(boxes.essence(document)).replace(name, "NAME")
