# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option of a container by example: how people write it, its normal form, and what is refused.

Data only. The unit tests hold the laws of the table against it; the integration tests create each sample for real.
"""

from __future__ import annotations

import dataclasses
import typing as t

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Sample:
    """One value of one option.

    :ivar given: as a user writes it.
    :ivar normal: its normal form; ``...`` where that is the same. ``None``: it is as if it was not given.
    :ivar beside: options it cannot do without.
    :ivar image: the image it is tried on.
    :ivar since: the lowest API version of an engine that takes it.
    :ivar real: an engine of the test bench can create it.
    """

    given: t.Any
    normal: t.Any = ...
    beside: Json = dataclasses.field(default_factory=dict)
    image: str = "stevedore/busybox:1"
    since: tuple[int, int] = (1, 41)
    real: bool = True

    @property
    def expected(self) -> t.Any:
        return self.given if self.normal is ... else self.normal


# Names that the integration tests make before they create the samples.
OTHER = "stvsample-other"
NET = "stvsample-net"
NET2 = "stvsample-net2"
VOLUME = "stvsample-volume"
APP = "stevedore/app:1"
HASH = "0123456789abcdef" * 4

_BPS = (
    Sample([{"path": "/dev/null", "rate": "1mb"}], [{"path": "/dev/null", "rate": "1m"}]),
    Sample([{"path": "/dev/zero", "rate": "1048576"}, {"path": "/dev/null", "rate": "10k"}],
           [{"path": "/dev/null", "rate": "10k"}, {"path": "/dev/zero", "rate": "1m"}]),
)  # fmt: skip
_IOPS = (
    Sample([{"path": "/dev/null", "rate": 100}]),
    Sample([{"path": "/dev/zero", "rate": 7}, {"path": "/dev/null", "rate": 8}],
           [{"path": "/dev/null", "rate": 8}, {"path": "/dev/zero", "rate": 7}]),
)  # fmt: skip
_FLAG = (Sample(True), Sample(False, None))

SAMPLES: dict[str, tuple[Sample, ...]] = {
    "annotations": (
        Sample({"org.example.a": 1}, {"org.example.a": "1"}, since=(1, 43)),
        Sample({"b": "x", "a": ""}, {"a": "", "b": "x"}, since=(1, 43)),
    ),
    "auto_remove": _FLAG,
    "blkio_weight": (Sample(300, real=False), Sample(10, real=False), Sample(0, None)),
    "blkio_weight_device": (
        Sample([{"path": "/dev/vda", "weight": 200}], real=False),
        Sample([{"path": "/dev/vdb", "weight": 10}, {"path": "/dev/vda", "weight": 1000}],
               [{"path": "/dev/vda", "weight": 1000}, {"path": "/dev/vdb", "weight": 10}], real=False),
    ),
    "cap_drop": (Sample(["all"], ["ALL"]), Sample(["CAP_MKNOD", "chown", "MKNOD"], ["CHOWN", "MKNOD"])),
    "capabilities": (
        Sample(["net_admin", "CAP_SYS_TIME"], ["NET_ADMIN", "SYS_TIME"]),
        Sample(["cap_net_admin", "NET_ADMIN"], ["NET_ADMIN"]),
    ),
    "cgroup_parent": (Sample("/stvsample"), Sample("stvsample.slice")),
    "cgroupns_mode": (Sample("private"), Sample("host")),
    "command": (
        Sample("sleep 1000", ["sleep", "1000"]),
        Sample(["sh", "-c", "echo 'a b' $HOME"]),
        Sample("sh -c 'echo \"a b\"'", ["sh", "-c", 'echo "a b"']),
        Sample(["sleep", 5], ["sleep", "5"]),
        Sample([], None),
        Sample("", None),
        Sample(["-p", "9000"], image=APP),
    ),
    "cpu_period": (Sample(50000), Sample(1000000)),
    "cpu_quota": (Sample(25000), Sample(1000)),
    "cpu_rt_period": (Sample(1000000, real=False), Sample(10, real=False)),
    "cpu_rt_runtime": (Sample(950000, real=False), Sample(10, real=False)),
    "cpu_shares": (Sample(512), Sample(2)),
    "cpus": (Sample(1.5), Sample(1, 1.0), Sample(0.01)),
    "cpuset_cpus": (Sample("0"), Sample("0-1"), Sample("0,1")),
    "cpuset_mems": (Sample("0"), Sample("0-0")),
    "device_cgroup_rules": (Sample(["c 42:* rmw"]), Sample(["c 1:5 r", "b 8:0 rwm"], ["b 8:0 rwm", "c 1:5 r"])),
    "device_read_bps": _BPS,
    "device_read_iops": _IOPS,
    "device_requests": (
        Sample([{"capabilities": [["gpu"]], "count": -1}]),
        Sample([{"driver": "nvidia", "device_ids": ["0", "1"], "capabilities": [["gpu", "compute"]], "options": {"a": 1}}],
               [{"capabilities": [["gpu", "compute"]], "device_ids": ["0", "1"], "driver": "nvidia", "options": {"a": "1"}}]),
    ),
    "device_write_bps": _BPS,
    "device_write_iops": _IOPS,
    "devices": (
        Sample(["/dev/fuse"], ["/dev/fuse:/dev/fuse"]),
        Sample(["/dev/zero:/dev/nothing:r", "/dev/null:rw"], ["/dev/null:/dev/null:rw", "/dev/zero:/dev/nothing:r"]),
        Sample(["/dev/zero:/dev/zero:rwm"], ["/dev/zero:/dev/zero"]),
    ),
    "dns_opts": (Sample(["ndots:2", "attempts:1"]), Sample(["rotate"])),
    "dns_search_domains": (Sample(["b.example", "a.example"]), Sample(["."])),
    "dns_servers": (Sample(["9.9.9.9", "1.1.1.1"]), Sample(["2001:0DB8:0::0001"], ["2001:db8::1"])),
    "domainname": (Sample("example.org"), Sample("lan")),
    "entrypoint": (
        Sample(["sh", "-c"], beside={"command": ["true"]}),
        Sample("httpd -f", ["httpd", "-f"]),
        Sample([], [], beside={"command": ["sh"]}, image=APP),
        Sample("", [], beside={"command": ["sh"]}, image=APP),
    ),
    "env": (
        Sample({"A": "b", "EQ": "a=b", "EMPTY": ""}, {"A": "b", "EMPTY": "", "EQ": "a=b"}),
        Sample({"N": 1, "F": "1.50", "YES": "yes"}, {"F": "1.50", "N": "1", "YES": "yes"}),
        Sample({"LINES": "a\nb", "SPACE": " x ", "UNICODE": "ü"}),
        Sample({"GREETING": None, "APP_ENV": "test"}, {"APP_ENV": "test", "GREETING": None}, image=APP),
    ),
    "etc_hosts": (
        Sample({"db": "10.0.0.5", "gw": "host-gateway"}),
        Sample({"six": "[2001:DB8::0:1]", "two": ["10.0.0.1", "10.0.0.2"]},
               {"six": "2001:db8::1", "two": ["10.0.0.1", "10.0.0.2"]}),
    ),
    "exposed_ports": (
        Sample(["53/udp", "22"], ["22", "53/udp"]),
        Sample(["100-102/TCP"], ["100", "101", "102"]),
        Sample(["9999", "9999/tcp"], ["9999"]),
    ),
    "groups": (Sample(["audio", "100"], ["100", "audio"]), Sample(["0"])),
    "healthcheck": (
        Sample({"test": "true", "interval": "1m30s", "retries": 3},
               {"interval": "1m30s", "retries": 3, "test": ["CMD-SHELL", "true"]}),
        Sample({"test": ["CMD", "true"], "timeout": "90", "start_period": "1500ms"},
               {"start_period": "1s500ms", "test": ["CMD", "true"], "timeout": "1m30s"}),
        Sample({"test": "NONE"}, {"test": ["NONE"]}, image=APP),
        Sample({"interval": "1h"}, image=APP),
        Sample({"test": "true", "start_interval": "5s", "start_period": "10s"},
               {"start_interval": "5s", "start_period": "10s", "test": ["CMD-SHELL", "true"]}, since=(1, 44)),
    ),
    "hostname": (Sample("web"), Sample("web.example.org")),
    "init": (Sample(True), Sample(False)),
    "interactive": _FLAG,
    "ipc_mode": (Sample("shareable"), Sample("none"), Sample("host"), Sample(f"container:{OTHER}")),
    "labels": (
        Sample({"a": "b", "n": 1, "empty": ""}, {"a": "b", "empty": "", "n": "1"}),
        Sample({"tier": "db", "traefik.http.routers.x.rule": "Host(`a.b`)"}, image=APP),
    ),
    "links": (Sample([f"{OTHER}:other"]), Sample([OTHER], [f"{OTHER}:{OTHER}"])),
    "log_driver": (Sample("local"), Sample("none"), Sample("journald", real=False)),
    "log_options": (
        Sample({"max-size": "1m", "max-file": 3}, {"max-file": "3", "max-size": "1m"}),
        Sample({"tag": "x"}, beside={"log_driver": "json-file"}),
    ),
    "mac_address": (Sample("02:42:AC:11:00:99", "02:42:ac:11:00:99"), Sample("02-42-ac-11-00-98", "02:42:ac:11:00:98")),
    "memory": (Sample("512m"), Sample("0.5g", "512m"), Sample("67108864", "64m"), Sample("64MiB", "64m"), Sample("0", None)),
    "memory_reservation": (Sample("32m"), Sample("33554433", "33554433")),
    "memory_swap": (
        Sample("1g", beside={"memory": "64m"}),
        Sample("unlimited", "-1", beside={"memory": "64m"}),
        Sample(-1, "-1", beside={"memory": "64m"}),
    ),
    "memory_swappiness": (Sample(0), Sample(60), Sample(-1, None)),
    "mounts": (
        Sample([{"type": "bind", "source": "/srv/", "target": "/m/bind", "read_only": True, "propagation": "rslave"}],
               [{"propagation": "rslave", "read_only": True, "source": "/srv", "target": "/m/bind", "type": "bind"}]),
        Sample([{"source": VOLUME, "target": "/m/v", "no_copy": True, "labels": {"a": 1}},
                {"target": "/m/anonymous"}],
               [{"target": "/m/anonymous", "type": "volume"},
                {"labels": {"a": "1"}, "no_copy": True, "source": VOLUME, "target": "/m/v", "type": "volume"}]),
        Sample([{"type": "tmpfs", "target": "/m/t/", "tmpfs_size": "64MB", "tmpfs_mode": "1770"}],
               [{"target": "/m/t", "tmpfs_mode": "1770", "tmpfs_size": "64m", "type": "tmpfs"}]),
        Sample([{"type": "tmpfs", "target": "/m/o", "tmpfs_options": ["noexec"]}], since=(1, 46)),
        Sample([{"source": HASH, "target": "/m/hash", "type": "volume"}]),
        Sample([{"source": HASH, "target": "/m/kept", "read_only": True, "type": "volume"}]),
        Sample([{"source": HASH, "target": "/m/one", "type": "volume"},
                {"source": HASH, "target": "/m/two", "read_only": True, "type": "volume"}]),
        Sample([{"source": VOLUME, "target": "/m/d", "volume_driver": "local", "volume_options": {"device": "tmpfs", "type": "tmpfs"}}],
               [{"source": VOLUME, "target": "/m/d", "type": "volume", "volume_driver": "local",
                 "volume_options": {"device": "tmpfs", "type": "tmpfs"}}]),
        Sample([{"type": "bind", "source": "/srv", "target": "/m/c", "create_mountpoint": True, "consistency": "default"}],
               [{"create_mountpoint": True, "source": "/srv", "target": "/m/c", "type": "bind"}], since=(1, 42)),
        Sample([{"type": "bind", "source": "/srv", "target": "/m/n", "non_recursive": True}]),
        Sample([{"type": "image", "source": "stevedore/app:1", "target": "/m/i", "subpath": "srv"}], since=(1, 48)),
    ),
    "network_mode": (
        Sample("bridge"),
        Sample("default"),
        Sample("host"),
        Sample("none"),
        Sample(NET),
        Sample(f"container:{OTHER}"),
        Sample(f"container:{OTHER}-2", real=False),
    ),
    "networks": (
        Sample([{"name": NET, "aliases": ["web", "api", "web"], "ipv4_address": "10.213.77.9"}],
               [{"aliases": ["api", "web"], "ipv4_address": "10.213.77.9", "name": NET}]),
        Sample([{"name": NET2}, {"name": NET}], [{"name": NET}, {"name": NET2}]),
        Sample([{"name": "bridge"}, {"name": NET2}]),
        Sample([{"name": NET, "links": [f"{OTHER}:db"], "driver_opts": {"com.example.x": 1}}],
               [{"driver_opts": {"com.example.x": "1"}, "links": [f"{OTHER}:db"], "name": NET}]),
        Sample([{"name": NET, "ipv6_address": "2001:DB8::0:9", "link_local_ips": ["169.254.8.8"]}],
               [{"ipv6_address": "2001:db8::9", "link_local_ips": ["169.254.8.8"], "name": NET}], real=False),
        Sample([{"name": NET, "mac_address": "02:42:AC:11:00:77", "gw_priority": 5}],
               [{"gw_priority": 5, "mac_address": "02:42:ac:11:00:77", "name": NET}], since=(1, 48)),
    ),
    "oom_killer": _FLAG,
    "oom_score_adj": (Sample(-500), Sample(1000), Sample(0, None)),
    "pid_mode": (Sample("host"), Sample(f"container:{OTHER}")),
    "pids_limit": (Sample(100), Sample(-1, None), Sample(0, None)),
    "privileged": _FLAG,
    "publish_all_ports": _FLAG,
    "published_ports": (
        Sample(["18081:80/tcp", "80", "18080:80"], ["18080:80", "18081:80", "80"]),
        Sample(["127.0.0.1::53/udp", "[::1]:18443:443"], ["127.0.0.1::53/udp", "[::1]:18443:443"]),
        Sample(["127.0.0.1:19000-19002:9000-9002"],
               ["127.0.0.1:19000:9000", "127.0.0.1:19001:9001", "127.0.0.1:19002:9002"]),
        Sample(["17000-17010:70", "[2001:DB8:0::1]:71:71"], ["17000-17010:70", "[2001:db8::1]:71:71"]),
        Sample(["0.0.0.0:18082:8080"], image=APP),
    ),
    "read_only": _FLAG,
    "restart_policy": (Sample("unless-stopped"), Sample("always"), Sample("no", None)),
    "restart_retries": (Sample(3, beside={"restart_policy": "on-failure"}), Sample(0, None)),
    "runtime": (Sample("runc"), Sample("io.containerd.runc.v2")),
    "security_opts": (
        Sample(["no-new-privileges:true", "seccomp:unconfined"], ["no-new-privileges", "seccomp=unconfined"]),
        Sample(["systempaths=unconfined", "apparmor=unconfined"], ["apparmor=unconfined", "systempaths=unconfined"]),
        Sample(["label:user:me", "label=role:r"], ["label=role:r", "label=user:me"]),
        Sample(['seccomp={\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n'], ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']),
    ),
    "shm_size": (Sample("128m"), Sample("1g"), Sample("65536k", "64m")),
    "stop_signal": (Sample("9", "SIGKILL"), Sample("int", "SIGINT"), Sample("SIGRTMIN+3"), Sample("37", "SIGRTMIN+3")),
    "stop_timeout": (Sample(0), Sample(30)),
    "storage_opts": (Sample({"size": "10G"}, real=False), Sample({"size": 1}, {"size": "1"}, real=False)),
    "sysctls": (Sample({"net.core.somaxconn": 1024}, {"net.core.somaxconn": "1024"}), Sample({"net.ipv4.ip_forward": "1"})),
    "tmpfs": (Sample(["/t/b/:size=64m,noexec", "/t/a"], ["/t/a", "/t/b:noexec,size=64m"]), Sample(["/t/x:mode=1777"])),
    "tty": _FLAG,
    "ulimits": (
        Sample(["nofile:1024:2048", "nproc=10"], ["nofile:1024:2048", "nproc:10:10"]),
        Sample(["core:-1"], ["core:-1:-1"]),
    ),
    "user": (Sample("1000:1000"), Sample("nobody"), Sample("root", image=APP)),
    "userns_mode": (Sample("host"), Sample("host")),
    "uts": (Sample("host"), Sample("host")),
    "volume_driver": (Sample("local"), Sample("local", beside={"volumes": [f"{VOLUME}:/vd"]})),
    "volumes": (
        Sample(["/srv/:/v/srv/:ro", f"{VOLUME}:/v/data:rw", "/v/anonymous"],
               ["/srv:/v/srv:ro", "/v/anonymous", f"{VOLUME}:/v/data"]),
        Sample([f"{VOLUME}:/v/n:nocopy,ro", "/srv:/v/s:rshared,z"], ["/srv:/v/s:rshared,z", f"{VOLUME}:/v/n:nocopy,ro"]),
        Sample([f"{HASH}:/v/hash", f"{HASH}:/v/hash2:ro"]),
        Sample([f"{VOLUME}:/var/lib/data"], image=APP),
        Sample([f"{HASH}:/v/again", f"{HASH}:/var/lib/data"], image=APP),
    ),
    "volumes_from": (Sample([f"{OTHER}:ro"]), Sample([f"{OTHER}:rw"])),
    "working_dir": (Sample("/tmp/", "/tmp"), Sample("/srv//x/../y", "/srv/y"), Sample("/", image=APP)),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Bad:
    """Options that are refused before anything changes; the message names each of ``says``."""

    options: Json
    says: tuple[str, ...]


def _bad(says: str, **options: t.Any) -> Bad:
    return Bad(options, tuple(says.split(" ~ ")))


BAD: tuple[Bad, ...] = (
    _bad("blkio_weight: 5 ~ between 10 and 1000", blkio_weight=5),
    _bad("blkio_weight_device: 2000 ~ between 10 and 1000", blkio_weight_device=[{"path": "/dev/vda", "weight": 2000}]),
    _bad("command ~ No closing quotation ~ write a list", command="sh -c 'x"),
    _bad("command ~ write text or a list", command={"a": 1}),
    _bad("cpu_period: 10 ~ between 1000 and 1000000", cpu_period=10),
    _bad("cpu_quota: 1 ~ 1000 or more", cpu_quota=1),
    _bad("cpus: -1.0 ~ such as 1.5", cpus=-1),
    _bad("cpus: inf ~ such as 1.5", cpus=float("inf")),
    _bad("cpus: nan ~ such as 1.5", cpus=float("nan")),
    _bad("memory: ~ is not a size", memory="9" * 400),
    _bad("cpus and cpu_quota exclude each other", cpus=1, cpu_quota=1000),
    _bad("cpus and cpu_period exclude each other", cpus=1, cpu_period=1000),
    _bad("device_read_bps: 'fast' ~ such as 512m", device_read_bps=[{"path": "/dev/null", "rate": "fast"}]),
    _bad("device_requests: count and device_ids", device_requests=[{"count": 1, "device_ids": ["0"]}]),
    _bad("devices: '/dev/a:/dev/b:q' ~ r, w and m", devices=["/dev/a:/dev/b:q"]),
    _bad("devices ~ CDI ~ device_requests", devices=["vendor.com/gpu=0"]),
    _bad("dns_servers: 'dns.example' ~ IP address", dns_servers=["dns.example"]),
    _bad("env: 'A=B' ~ environment variable", env={"A=B": "c"}),
    _bad("env: A: [1] ~ quote it", env={"A": [1]}),
    _bad("env_file /nowhere ~ cannot be read", env_file="/nowhere"),
    _bad("etc_hosts: 'db.example' ~ host-gateway", etc_hosts={"db": "db.example"}),
    _bad("exposed_ports: 'http' ~ port[-port][/protocol]", exposed_ports=["http"]),
    _bad("exposed_ports: '1/icmp' ~ tcp, udp and sctp", exposed_ports=["1/icmp"]),
    _bad("healthcheck: ~ 1m30s", healthcheck={"test": "true", "interval": "often"}),
    _bad("healthcheck: interval ~ less than 1ms", healthcheck={"test": "true", "interval": "10us"}),
    _bad("healthcheck: test ~ CMD-SHELL", healthcheck={"test": ["curl", "localhost"]}),
    _bad("healthcheck.start_interval needs API 1.44 ~ 1.41", healthcheck={"test": "true", "start_interval": "1s"}),
    _bad("labels: a has no value ~ ''", labels={"a": None}),
    _bad("links and network_mode: host exclude", network_mode="host", links=["a"]),
    _bad("mac_address: '02:42' ~ such as 02:42:ac:11:00:02", mac_address="02:42"),
    _bad("memory: 'much' ~ such as 512m", memory="much"),
    _bad("memory: '-5' ~ such as 512m", memory="-5"),
    _bad("memory_reservation 1g ~ memory 64m", memory="64m", memory_reservation="1g"),
    _bad("memory_swap needs memory", memory_swap="1g"),
    _bad("memory_swap 32m ~ memory 64m ~ sum", memory="64m", memory_swap="32m"),
    _bad("memory_swappiness: 101 ~ between 0 and 100", memory_swappiness=101),
    _bad("mounts ~ /x ~ absolute", mounts=[{"type": "bind", "source": "srv", "target": "/x"}]),
    _bad("mounts ~ '~/x' ~ absolute", mounts=[{"type": "bind", "source": "~/x", "target": "/x"}]),
    _bad("mounts ~ needs a source", mounts=[{"type": "bind", "target": "/x"}]),
    _bad("mounts ~ anonymous ~ read-only", mounts=[{"target": "/x", "read_only": True}]),
    _bad("mounts ~ takes no source", mounts=[{"type": "tmpfs", "source": "/a", "target": "/x"}]),
    _bad("mounts ~ tmpfs_size belongs to type tmpfs", mounts=[{"target": "/x", "tmpfs_size": "1m"}]),
    _bad("mounts ~ '1999' ~ octal", mounts=[{"type": "tmpfs", "target": "/x", "tmpfs_mode": "1999"}]),
    _bad("mounts ~ the target is not an absolute path", mounts=[{"target": "x"}]),
    _bad("mounts.subpath needs API 1.45", mounts=[{"target": "/x", "source": "v", "subpath": "a"}]),
    _bad("annotations needs API 1.43 ~ 1.41 ~ update the engine", annotations={"a": "b"}),
    _bad("networks: 'x' is not an IP address", networks=[{"name": "n", "ipv4_address": "x"}]),
    _bad("networks: '::1' is not an IPv4 address", networks=[{"name": "n", "ipv4_address": "::1"}]),
    _bad("networks ~ listed twice", networks=[{"name": "n"}, {"name": "n"}]),
    _bad("networks.mac_address needs API 1.44", networks=[{"name": "n", "mac_address": "02:42:ac:11:00:02"}]),
    _bad("networks ~ none exclude ~ n", network_mode="none", networks=[{"name": "n"}]),
    _bad("networks ~ container:x exclude", network_mode="container:x", networks=[{"name": "n"}]),
    _bad("published_ports ~ the other container's", network_mode="container:x", published_ports=["80"]),
    _bad("hostname and network_mode: container:x", network_mode="container:x", hostname="h"),
    _bad("hostname and uts: host", uts="host", hostname="h"),
    _bad("oom_score_adj: 1001 ~ between -1000 and 1000", oom_score_adj=1001),
    _bad("published_ports: '8080:80:90:1' ~ [[address:]host:]container[/protocol]", published_ports=["8080:80:90:1"]),
    _bad("published_ports: '70000:80' ~ between 1 and 65535", published_ports=["70000:80"]),
    _bad("published_ports: '1-3:1-2' ~ differ in length", published_ports=["1-3:1-2"]),
    _bad("published_ports: '1.2.3:80:80' ~ IP address", published_ports=["1.2.3:80:80"]),
    _bad("restart_retries needs restart_policy: on-failure", restart_retries=3),
    _bad("auto_remove and restart_policy exclude", auto_remove=True, restart_policy="always"),
    _bad("security_opts: the seccomp profile /nowhere ~ cannot be read", security_opts=["seccomp=/nowhere"]),
    _bad("security_opts: ~ no JSON", security_opts=["seccomp={x"]),
    _bad("shm_size: '1x' ~ such as 512m", shm_size="1x"),
    _bad("stop_signal: 'SIGFOO' ~ such as SIGTERM, TERM or 15", stop_signal="SIGFOO"),
    _bad("tmpfs: 'run' ~ absolute", tmpfs=["run"]),
    _bad("ulimits: 'nofile' ~ nofile:1024:2048", ulimits=["nofile"]),
    _bad("volumes: './data:/data' ~ relative ~ absolute", volumes=["./data:/data"]),
    _bad("volumes: 'a/b:/data' ~ relative", volumes=["a/b:/data"]),
    _bad("volumes: 'v:b:ro' ~ not an absolute path in the container", volumes=["v:b:ro"]),
    _bad("volumes: 'v:/b:rx' ~ unknown mode rx ~ ro", volumes=["v:/b:rx"]),
    _bad("volumes: '/a:ro' ~ anonymous", volumes=["/a:ro"]),
    _bad("volumes: '/a:/b:nocopy' ~ nocopy is not for a folder of the host", volumes=["/a:/b:nocopy"]),
    _bad("volumes: 'v:/b:ro,rslave' ~ rslave is not for a named volume", volumes=["v:/b:ro,rslave"]),
    _bad("volumes: two mounts at /x", volumes=["a:/x", "b:/x/"]),
    _bad("volumes and tmpfs: two mounts at /x", volumes=["a:/x"], tmpfs=["/x"]),
    _bad("working_dir: 'srv' ~ absolute path", working_dir="srv"),
)  # fmt: skip
