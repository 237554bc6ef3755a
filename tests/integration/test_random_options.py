# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random valid option sets on a real engine: none changes on its second run, each survives the way back.

``STEVEDORE_EXAMPLES=1000`` tries that many new sets; without it, the same few are tried each time.
"""

from __future__ import annotations

import os
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st
from support import boxes
from support.engine import Docker

Json = t.Dict[str, t.Any]
MARK = "stvrandom"
BOX, APP = "stevedore/busybox:1", "stevedore/app:1"
NET, OTHER = f"{MARK}-net", f"{MARK}-other"
EXAMPLES = int(os.environ.get("STEVEDORE_EXAMPLES", "0"))

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
scalars = st.one_of(
    texts, st.integers(-5, 10**6), st.booleans(), st.floats(-10, 10).map(lambda number: round(number, 3))
)
ports = st.integers(1, 65535)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
sizes = st.one_of(st.integers(8 << 20, 1 << 30).map(str), st.integers(8, 900).map("{}m".format), st.just("0.5g"))
durations = st.one_of(st.integers(1, 5000).map(str), st.integers(1, 300).map("{}ms".format), st.just("1h2m3s"))
capabilities = st.sampled_from(["NET_ADMIN", "CAP_SYS_TIME", "mknod", "cap_chown", "SYS_PTRACE", "net_raw"])
devices = st.sampled_from(["/dev/null", "/dev/zero", "/dev/full"])


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


@st.composite
def storage(draw: st.DrawFn) -> Json:
    """Volumes, mounts and tmpfs, each at a place of its own."""
    result: Json = {"volumes": [], "mounts": [], "tmpfs": []}
    places = draw(st.lists(st.one_of(words, st.just("var/lib/data")), unique=True, max_size=6))
    for place in places:
        target = f"/{place}" + draw(st.sampled_from(["", "/"]))
        source = draw(st.sampled_from(["/srv", "/srv/", f"{MARK}-a", f"{MARK}-b"]))
        kind = draw(st.sampled_from(["anonymous", "volume", "mount", "bind", "tmpfs", "mounted tmpfs"]))
        read_only = draw(st.booleans())
        if kind == "anonymous":
            result["volumes"].append(target)
        elif kind == "volume":
            result["volumes"].append(f"{source}:{target}" + draw(st.sampled_from(["", ":ro", ":rw", ":z,ro"])))
        elif kind == "mount":
            named = {"source": source, "no_copy": draw(st.booleans()), "read_only": read_only}
            result["mounts"].append({"target": target, **({} if source.startswith("/") else named)})
        elif kind == "bind":
            result["mounts"].append({"type": "bind", "source": "/srv", "target": target, "read_only": read_only})
        elif kind == "tmpfs":
            result["tmpfs"].append(target + draw(st.sampled_from(["", ":size=1m", ":noexec,size=2m", ":mode=1777"])))
        else:
            result["mounts"].append(
                {"type": "tmpfs", "target": target, "tmpfs_size": draw(sizes), "tmpfs_mode": "1770"}
            )
    return {name: value for name, value in result.items() if value}


@st.composite
def networking(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(["nothing", "host", "none", "bridge", "mode", "networks", "two", "container", "links"]))
    endpoint = {"name": NET, "aliases": draw(st.lists(words, max_size=3))}
    if draw(st.booleans()):
        endpoint["ipv4_address"] = f"10.213.80.{draw(st.integers(10, 250))}"
    own: Json = {
        "published_ports": draw(st.lists(published(), max_size=4)),
        "exposed_ports": draw(st.lists(ports.map(str), max_size=3)),
        "dns_servers": draw(st.lists(addresses, max_size=2)),
        "etc_hosts": draw(
            st.dictionaries(words, st.one_of(addresses, st.lists(addresses, min_size=1, max_size=2)), max_size=2)
        ),
    }
    if draw(st.booleans()):
        own["hostname"] = draw(words)
    return {
        "nothing": own,
        "host": {"network_mode": "host", "etc_hosts": own["etc_hosts"]},
        "none": {"network_mode": "none"},
        "bridge": {"network_mode": draw(st.sampled_from(["bridge", "default"])), **own},
        "mode": {"network_mode": NET, **own},
        "networks": {"networks": [endpoint], **own},
        "two": {"networks": [endpoint, {"name": "bridge"}] if draw(st.booleans()) else [{"name": "bridge"}, endpoint], **own},
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
    "cpu_shares": st.integers(2, 4096),
    "cpuset_cpus": st.sampled_from(["0", "0-1", "0,1"]),
    "device_read_bps": st.lists(st.fixed_dictionaries({"path": devices, "rate": sizes}), max_size=2),
    "device_requests": st.just([{"capabilities": [["gpu"]], "count": -1}]),
    "device_write_iops": st.lists(st.fixed_dictionaries({"path": devices, "rate": st.integers(1, 999)}), max_size=2),
    "devices": st.lists(devices, unique=True, max_size=2),
    "dns_opts": st.lists(st.sampled_from(["ndots:2", "rotate", "attempts:1"]), max_size=2),
    "entrypoint": st.one_of(st.lists(texts, min_size=1, max_size=3), st.just("httpd -f")),
    "env": st.dictionaries(words, st.one_of(scalars, st.none()), max_size=4),
    "groups": st.lists(words, max_size=2),
    "healthcheck": st.fixed_dictionaries(
        {}, optional={"test": TEST, "interval": durations, "timeout": durations, "retries": st.integers(1, 9)}
    ),
    "init": st.booleans(),
    "interactive": st.booleans(),
    "ipc_mode": st.sampled_from(["host", "none", "private", "shareable", f"container:{OTHER}"]),
    "labels": st.dictionaries(texts.filter(bool), scalars, max_size=4),
    "log_driver": st.sampled_from(["json-file", "local"]),
    "log_options": st.fixed_dictionaries({}, optional={"max-size": st.just("1m"), "max-file": st.integers(2, 9)}),
    "memory_swappiness": st.integers(-1, 100),
    "oom_killer": st.booleans(),
    "oom_score_adj": st.integers(-1000, 1000),
    "pid_mode": st.sampled_from(["host", f"container:{OTHER}"]),
    "pids_limit": st.integers(-1, 500),
    "privileged": st.booleans(),
    "publish_all_ports": st.booleans(),
    "read_only": st.booleans(),
    "restart_policy": st.sampled_from(["no", "always", "unless-stopped", "on-failure"]),
    "security_opts": st.lists(
        st.sampled_from(["no-new-privileges", "no-new-privileges:true", "seccomp=unconfined", "apparmor=unconfined",
                         "systempaths=unconfined", "label=disable"]), max_size=3),
    "shm_size": sizes,
    "stop_signal": st.sampled_from(["TERM", "SIGINT", "9", "SIGRTMIN+3", "37"]),
    "stop_timeout": st.integers(0, 60),
    "sysctls": st.dictionaries(st.sampled_from(["net.core.somaxconn", "net.ipv4.ip_forward"]), st.integers(0, 9)),
    "tty": st.booleans(),
    "ulimits": st.lists(st.sampled_from(["nofile:1024:2048", "nproc=10", "core:-1"]), unique=True, max_size=3),
    "user": st.sampled_from(["app", "root", "1000:1000", "nobody"]),
    "volumes_from": st.sampled_from([[OTHER], [f"{OTHER}:ro"]]),
    "working_dir": words.map("/{}/".format),
}  # fmt: skip


@st.composite
def option_sets(draw: st.DrawFn) -> Json:
    options: Json = {"image": draw(st.sampled_from([BOX, APP]))}
    for name in draw(st.lists(st.sampled_from(sorted(ONE)), unique=True, max_size=12)):
        options[name] = draw(ONE[name])
    for part in (storage(), networking(), limits()):
        if draw(st.booleans()):
            options.update(draw(part))
    if options.get("network_mode", "").startswith(("host", "container:", "none")):
        options.pop("sysctls", None)
    if options.get("entrypoint") and not any(options["entrypoint"]):
        del options["entrypoint"]
    return options


@pytest.fixture(scope="module")
def box(docker: Docker) -> t.Iterator[boxes.Boxes]:
    docker.remove_all(MARK)
    docker("network", "create", "--subnet", "10.213.80.0/24", NET)
    docker("run", "-d", "--name", OTHER, "--ipc", "shareable", "--volume", "/shared", BOX, "sleep", "100000")
    yield boxes.Boxes(docker.host)
    docker.remove_all(MARK)


class Tally:
    tried = 0
    options: t.ClassVar[set[str]] = set()


def prove(box: boxes.Boxes, options: Json) -> None:
    name, copy = f"{MARK}-one", f"{MARK}-two"
    made = []
    try:
        made.append(box.create(options, name))
        assert box.differences(options, name) == ()
        back = box.run_options(name)
        assert box.differences(back, name) == (), back
        made.append(box.create({**back, "name": copy}))
        again = box.run_options(copy)
        assert {**again, "name": name} == back
        documents = (box.daemon.container(one) for one in made)
        essences = [repr(boxes.essence(one)).replace(copy, name) for one in documents]
        assert essences[0] == essences[1]
    finally:
        for one in made:
            box.daemon.delete(f"/containers/{one}", params={"force": True, "v": True})


@hypothesis.settings(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # shrinking on an engine takes minutes
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(options=option_sets())
def attempt(box: boxes.Boxes, options: Json) -> None:
    prove(box, options)
    Tally.tried += 1
    Tally.options.update(options)


def test_random_option_sets(box: boxes.Boxes, record_property: t.Callable[[str, object], None]) -> None:
    attempt(box)
    record_property("option sets tried", Tally.tried)
    record_property("different options among them", len(Tally.options))
    assert Tally.tried >= 20
