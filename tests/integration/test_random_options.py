# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random valid option sets on a real engine: none changes on its second run, each survives the way back.

``STEVEDORE_EXAMPLES=1000`` tries that many new sets; without it, the same few are tried each time.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

import hypothesis
import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import ROWS
from ansible_collections.stevedore.docker.plugins.module_utils._errors import StevedoreError
from hypothesis import strategies as st
from support import boxes
from support.engine import Docker

Json = t.Dict[str, t.Any]
MARK = "stvrandom"
BOX, APP = "stevedore/busybox:1", "stevedore/app:1"
NET, NET2, OTHER = f"{MARK}-net", f"{MARK}-net2", f"{MARK}-other"
NAME = f"{MARK}-one"
# As an anonymous volume is named.
HASH = "f00d" * 16
EXAMPLES = int(os.environ.get("STEVEDORE_EXAMPLES", "0"))

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
scalars = st.one_of(texts, st.integers(-5, 10**6))
ports = st.integers(1, 65535)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
sizes = st.one_of(st.integers(8 << 20, 1 << 30).map(str), st.integers(8, 900).map("{}m".format), st.just("0.5g"))
durations = st.one_of(st.integers(1, 5000).map(str), st.integers(1, 300).map("{}ms".format), st.just("1h2m3s"))
capabilities = st.sampled_from(["NET_ADMIN", "CAP_SYS_TIME", "mknod", "cap_chown", "SYS_PTRACE", "net_raw"])
devices = st.sampled_from(["/dev/null", "/dev/zero", "/dev/full"])
per_second = st.lists(st.fixed_dictionaries({"path": devices, "rate": sizes}), max_size=2)
operations = st.lists(st.fixed_dictionaries({"path": devices, "rate": st.integers(1, 999)}), max_size=2)
domains = st.lists(words, min_size=1, max_size=3).map(".".join)


@st.composite
def published(draw: st.DrawFn) -> str:
    protocol = draw(st.sampled_from(["", "/tcp", "/udp", "/sctp"]))
    inside = draw(st.integers(1, 60000))
    kind = draw(st.sampled_from(["alone", "host", "address", "free", "ranges", "choice"]))
    address = draw(addresses)
    address = f"[{address}]" if ":" in address else address
    host, more = draw(st.integers(1, 60000)), draw(st.integers(0, 5))
    return {
        "alone": f"{inside}",
        "host": f"{host}:{inside}",
        "address": f"{address}:{host}:{inside}",
        "free": f"{address}::{inside}",
        "ranges": f"{host}-{host + more}:{inside}-{inside + more}",
        "choice": f"{host}-{host + more}:{inside}",
    }[kind] + protocol


VOLUME = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(words, scalars, max_size=2),
        "volume_driver": st.just("local"),
        "consistency": st.sampled_from(["default", "cached"]),
    },
)
BIND = st.fixed_dictionaries(
    {},
    optional={
        "non_recursive": st.booleans(),
        "propagation": st.sampled_from(["private", "rprivate", "slave", "rslave"]),
    },
)


@st.composite
def storage(draw: st.DrawFn) -> Json:
    """Volumes, mounts and tmpfs, each at a place of its own."""
    result: Json = {"volumes": [], "mounts": [], "tmpfs": []}
    places = draw(st.lists(st.one_of(words, st.just("var/lib/data")), unique=True, max_size=6))
    for place in places:
        target = f"/{place}" + draw(st.sampled_from(["", "/"]))
        # Where the image has an anonymous volume, such a name is taken for a generated one.
        generated = [] if place == "var/lib/data" else [HASH]
        source = draw(st.sampled_from(["/srv", "/srv/", f"{MARK}-a", f"{MARK}-b", *generated]))
        kind = draw(st.sampled_from(["anonymous", "volume", "mount", "bind", "tmpfs", "mounted tmpfs"]))
        read_only = draw(st.booleans())
        if kind == "anonymous":
            result["volumes"].append(target)
        elif kind == "volume":
            alone = ":rslave" if source.startswith("/") else ":nocopy"
            result["volumes"].append(f"{source}:{target}" + draw(st.sampled_from(["", ":ro", ":rw", ":z,ro", alone])))
        elif kind == "mount":
            named = {"source": source, "no_copy": draw(st.booleans()), "read_only": read_only, **draw(VOLUME)}
            result["mounts"].append({"target": target, **({} if source.startswith("/") else named)})
        elif kind == "bind":
            bind = {"type": "bind", "source": "/srv", "target": target, "read_only": read_only}
            result["mounts"].append({**bind, **draw(BIND)})
        elif kind == "tmpfs":
            result["tmpfs"].append(target + draw(st.sampled_from(["", ":size=1m", ":noexec,size=2m", ":mode=1777"])))
        else:
            result["mounts"].append(
                {"type": "tmpfs", "target": target, "tmpfs_size": draw(sizes), "tmpfs_mode": "1770"}
            )
    return {name: value for name, value in result.items() if value}


EXPOSED = st.one_of(ports.map(str), ports.map("{}/udp".format), st.just("100-102"))
ENDPOINT = st.fixed_dictionaries(
    {"aliases": st.lists(words, max_size=3)},
    optional={
        "driver_opts": st.dictionaries(words, scalars, max_size=2),
        "links": words.map(lambda alias: [f"{OTHER}:{alias}"]),
    },
)
NAMES = st.fixed_dictionaries(
    {},
    optional={
        "dns_opts": st.lists(st.sampled_from(["ndots:2", "rotate", "attempts:1"]), max_size=2),
        "dns_search_domains": st.lists(domains, max_size=2),
        "dns_servers": st.lists(addresses, max_size=2),
        "etc_hosts": st.dictionaries(
            words,
            st.one_of(addresses, st.lists(addresses, min_size=1, max_size=2), st.just("host-gateway")),
            max_size=2,
        ),
    },
)


@st.composite
def networking(draw: st.DrawFn) -> Json:
    kind = draw(
        st.sampled_from(
            ["nothing", "host", "none", "bridge", "mode", "networks", "two", "two and mode", "container", "links"]
        )
    )
    endpoint = {"name": NET, **draw(ENDPOINT)}
    if draw(st.booleans()):
        endpoint["ipv4_address"] = f"10.213.80.{draw(st.integers(10, 250))}"
    second = draw(st.sampled_from([{"name": "bridge"}, {"name": NET2}, {"name": NET2, **draw(ENDPOINT)}]))
    own: Json = {
        "published_ports": draw(st.lists(published(), max_size=4)),
        "exposed_ports": draw(st.lists(EXPOSED, max_size=3)),
        **draw(NAMES),
    }
    uts = draw(st.sampled_from(["own", "named", "host"]))
    own.update(
        {"own": {}, "named": {"hostname": draw(words), "domainname": draw(domains)}, "host": {"uts": "host"}}[uts]
    )
    if draw(st.booleans()):
        own["mac_address"] = f"02:42:ac:11:00:{draw(st.integers(0, 255)):02X}"
    return {
        "nothing": own,
        "host": {"network_mode": "host", **draw(NAMES)},
        "none": {"network_mode": "none"},
        "bridge": {"network_mode": draw(st.sampled_from(["bridge", "default"])), **own},
        "mode": {"network_mode": NET, **own},
        "networks": {"networks": [endpoint], **own},
        "two": {"networks": draw(st.permutations([endpoint, second])), **own},
        "two and mode": {"networks": draw(st.permutations([endpoint, second])), "network_mode": second["name"], **own},
        "container": {"network_mode": f"container:{OTHER}"},
        "links": {"links": [f"{OTHER}:{draw(words)}"], **own},
    }[kind]  # fmt: skip


@st.composite
def limits(draw: st.DrawFn) -> Json:
    result: Json = {}
    if draw(st.booleans()):
        megabytes = draw(st.integers(8, 512))
        result["memory"] = f"{megabytes}m"
        swap = draw(st.sampled_from([None, f"{2 * megabytes}m", f"{megabytes}m", "unlimited", f"{megabytes + 5}m"]))
        result.update({"memory_swap": swap} if swap else {})
        if draw(st.booleans()):
            result["memory_reservation"] = f"{draw(st.integers(6, megabytes))}m"
    if draw(st.booleans()):
        result.update(
            draw(st.sampled_from([{"cpus": 0.5}, {"cpus": "1.25"}, {"cpu_period": 50000, "cpu_quota": 25000}]))
        )
    return result


TEST = st.one_of(
    texts.filter(str.strip), st.just(["NONE"]), st.lists(texts, min_size=1, max_size=3).map(lambda c: ["CMD", *c])
)
ONE: dict[str, st.SearchStrategy[t.Any]] = {
    "cap_drop": st.lists(capabilities, max_size=3),
    "capabilities": st.lists(capabilities, max_size=3),
    "command": st.one_of(st.lists(texts, max_size=3), st.sampled_from(["sleep 1000", "sh -c 'a b'", ""])),
    "cgroup_parent": st.sampled_from(["/stvrandom", "stvrandom.slice"]),
    "cgroupns_mode": st.sampled_from(["host", "private"]),
    "cpu_shares": st.integers(2, 4096),
    "cpuset_cpus": st.sampled_from(["0", "0-1", "0,1"]),
    "cpuset_mems": st.sampled_from(["0", "0-0"]),
    "device_cgroup_rules": st.lists(st.sampled_from(["c 42:* rmw", "b 8:0 rwm", "c 1:5 r"]), unique=True, max_size=2),
    "device_read_bps": per_second,
    "device_read_iops": operations,
    "device_requests": st.sampled_from(
        [
            [{"capabilities": [["gpu"]], "count": -1}],
            [{"driver": "nvidia", "device_ids": ["0", "1"], "capabilities": [["gpu", "compute"]], "options": {"a": 1}}],
        ]
    ),
    "device_write_bps": per_second,
    "device_write_iops": operations,
    "devices": st.lists(
        st.one_of(devices, st.tuples(devices, words, st.sampled_from(["r", "rw", "mrw"])).map(lambda d: "{}:/dev/{}:{}".format(*d))),
        unique=True, max_size=2),
    "entrypoint": st.one_of(st.lists(texts, min_size=1, max_size=3), st.just("httpd -f")),
    "env": st.dictionaries(words, st.one_of(scalars, st.none()), max_size=4),
    "groups": st.lists(words, max_size=2),
    "healthcheck": st.fixed_dictionaries(
        {}, optional={"test": TEST, "interval": durations, "timeout": durations, "retries": st.integers(1, 9),
                      "start_period": durations}
    ),
    "init": st.booleans(),
    "interactive": st.booleans(),
    "ipc_mode": st.sampled_from(["host", "none", "private", "shareable", f"container:{OTHER}"]),
    "labels": st.dictionaries(texts.filter(bool), scalars, max_size=4),
    "memory_swappiness": st.integers(-1, 100),
    "oom_killer": st.booleans(),
    "oom_score_adj": st.integers(-1000, 1000),
    "pid_mode": st.sampled_from(["host", f"container:{OTHER}"]),
    "pids_limit": st.integers(-1, 500),
    "privileged": st.booleans(),
    "publish_all_ports": st.booleans(),
    "read_only": st.booleans(),
    "runtime": st.sampled_from(["runc", "io.containerd.runc.v2"]),
    "security_opts": st.lists(
        st.sampled_from(["no-new-privileges", "no-new-privileges:true", "seccomp=unconfined", "apparmor=unconfined",
                         "systempaths=unconfined", "label=disable"]), max_size=3),
    "shm_size": sizes,
    "stop_signal": st.sampled_from(["TERM", "SIGINT", "9", "SIGRTMIN+3", "37"]),
    "stop_timeout": st.integers(0, 60),
    "sysctls": st.dictionaries(st.sampled_from(["net.core.somaxconn", "net.ipv4.ip_forward"]), st.integers(0, 9)),
    "tty": st.booleans(),
    "ulimits": st.lists(st.sampled_from(["nofile:1024:2048", "nproc=10", "core:-1"]), unique=True, max_size=3),
    "userns_mode": st.just("host"),
    "user": st.sampled_from(["app", "root", "1000:1000", "nobody"]),
    "volume_driver": st.just("local"),
    "volumes_from": st.sampled_from([[OTHER], [f"{OTHER}:ro"]]),
    "working_dir": words.map("/{}/".format),
}  # fmt: skip


LIVES = st.one_of(
    st.fixed_dictionaries({"restart_policy": st.sampled_from(["no", "always", "unless-stopped", "on-failure"])}),
    st.fixed_dictionaries({"restart_policy": st.just("on-failure"), "restart_retries": st.integers(0, 9)}),
    st.just({"auto_remove": True}),
)
ROTATION = st.fixed_dictionaries(
    {}, optional={"max-size": st.sampled_from(["1m", "20k"]), "max-file": st.integers(2, 9), "compress": st.booleans()}
)
TAGS = st.fixed_dictionaries({}, optional={"tag": st.just("{{.Name}}"), "labels": words, "env": words})
LOGS = st.one_of(
    st.just({"log_driver": "none"}),
    st.fixed_dictionaries({"log_driver": st.just("local"), "log_options": ROTATION}),
    st.fixed_dictionaries({"log_options": st.tuples(ROTATION, TAGS).map(lambda two: {**two[0], **two[1]})},
                          optional={"log_driver": st.just("json-file")}),
)  # fmt: skip
# Rows that the parts draw, and those that cannot be created here.
PARTS: tuple[tuple[st.SearchStrategy[Json], tuple[str, ...]], ...] = (
    (storage(), ("mounts", "tmpfs", "volumes")),
    (networking(), (
        "dns_opts", "dns_search_domains", "dns_servers", "domainname", "etc_hosts", "exposed_ports", "hostname", "links",
        "mac_address", "network_mode", "networks", "published_ports", "uts",
    )),
    (limits(), ("cpu_period", "cpu_quota", "cpus", "memory", "memory_reservation", "memory_swap")),
    (LIVES, ("auto_remove", "restart_policy", "restart_retries")),
    (LOGS, ("log_driver", "log_options")),
)  # fmt: skip
NOT_HERE = {
    "annotations": "needs API 1.43",
    "blkio_weight": "needs a kernel before 5.0, or cgroup v2",
    "blkio_weight_device": "needs a kernel before 5.0, or cgroup v2",
    "cpu_rt_period": "needs a kernel with real-time group scheduling",
    "cpu_rt_runtime": "needs a kernel with real-time group scheduling",
    "storage_opts": "needs a file system with project quotas",
}


def test_every_row_is_drawn() -> None:
    drawn = [*ONE, *(name for _part, names in PARTS for name in names), *NOT_HERE]
    assert sorted(drawn) == sorted(ROWS)


@st.composite
def option_sets(draw: st.DrawFn) -> Json:
    options: Json = {"image": draw(st.sampled_from([BOX, APP]))}
    for name in draw(st.lists(st.sampled_from(sorted(ONE)), unique=True, max_size=12)):
        options[name] = draw(ONE[name])
    for part, _names in PARTS:
        if draw(st.booleans()):
            options.update(draw(part))
    if options.get("network_mode", "").startswith(("host", "container:", "none")):
        options.pop("sysctls", None)
        options.pop("publish_all_ports", None)
    if options.get("entrypoint") and not any(options["entrypoint"]):
        del options["entrypoint"]
    return options


@pytest.fixture(scope="module")
def box(docker: Docker) -> t.Iterator[boxes.Boxes]:
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.80.0/24", NET)
    docker("network", "create", "--subnet", "10.213.88.0/24", NET2)
    docker("run", "-d", "--name", OTHER, "--ipc", "shareable", "--volume", "/shared", BOX, "sleep", "100000")
    yield boxes.Boxes(docker.host)
    docker.remove_all(MARK)
    docker("volume", "rm", "--force", HASH)


# A port of the host may be another test's, a container that removes itself cannot be looked at, and a cgroup stays.
NEVER_STARTED = {"auto_remove", "cgroup_parent", "published_ports"}


class Tally:
    tried = started = 0
    options: t.ClassVar[set[str]] = set()


@contextlib.contextmanager
def created(box: boxes.Boxes, options: Json, *, start: bool) -> t.Iterator[None]:
    made = box.create(options, NAME)
    try:
        assert box.differences(options, NAME) == ()
        if start:
            with contextlib.suppress(StevedoreError):  # a random command, a device without a driver ...
                box.daemon.post(f"/containers/{made}/start")
                Tally.started += 1
            assert box.differences(options, NAME) == ()
        yield
    finally:
        box.daemon.delete(f"/containers/{made}", params={"force": True, "v": True})


def prove(box: boxes.Boxes, options: Json, *, start: bool) -> None:
    start = start and not options.keys() & NEVER_STARTED
    with created(box, options, start=start):
        back = box.run_options(NAME)
        assert box.differences(back, NAME) == (), back
        essence = boxes.essence(box.daemon.container(NAME))
    with created(box, back, start=start):
        assert box.run_options(NAME) == back
        assert boxes.essence(box.daemon.container(NAME)) == essence


@hypothesis.settings(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # shrinking on an engine takes minutes
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(options=option_sets(), start=st.booleans())
def attempt(box: boxes.Boxes, options: Json, start: bool) -> None:
    prove(box, options, start=start)
    Tally.tried += 1
    Tally.options.update(options)


def test_random_option_sets(box: boxes.Boxes, record_property: t.Callable[[str, object], None]) -> None:
    attempt(box)
    record_property("option sets tried", Tally.tried)
    record_property("different options among them", len(Tally.options))
    record_property("containers started", Tally.started)
    assert Tally.tried >= 20
