# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images that another builder could have made: what they bring along is nothing that anybody asked for.

``STEVEDORE_EXAMPLES=1000`` tries that many new configurations; without it, the same few are tried each time.
"""

from __future__ import annotations

import os
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st
from support.engine import Docker
from support.foreign import Builder, load_platforms

from .conftest import Run

Json = t.Dict[str, t.Any]
MARK = "stvforeign"
TAG, NAME = f"{MARK}:image", f"{MARK}-box"
EXAMPLES = int(os.environ.get("STEVEDORE_EXAMPLES", "0"))

# Each was seen in an image of a public registry, or can be written by a builder that writes JSON itself.
CASES: dict[str, Json] = {
    "working dir with a slash": {"WorkingDir": "/app/"},
    "working dir with two slashes": {"WorkingDir": "/srv//app"},
    "working dir with a dot": {"WorkingDir": "/srv/./app/.."},
    "entrypoint of an empty word": {"Entrypoint": [""], "Cmd": ["sleep", "9"]},
    "entrypoint and command of empty words": {"Entrypoint": ["sh", ""], "Cmd": [""]},
    "empty lists": {"Entrypoint": [], "Cmd": ["sh"], "Env": [], "OnBuild": []},
    "null everywhere": dict.fromkeys(("Entrypoint", "Env", "ExposedPorts", "Labels", "Volumes", "Healthcheck", "Shell")),
    "a port range": {"ExposedPorts": {"33060-33061/tcp": {}, "3306/tcp": {}}},
    "a port without protocol": {"ExposedPorts": {"80": {}, "443/TCP": {}, "443/tcp": {}}},
    "signal as number": {"StopSignal": "15"},
    "signal as real-time number": {"StopSignal": "37"},
    "signal in lower case": {"StopSignal": "sigquit"},
    "signal without SIG": {"StopSignal": "QUIT"},
    "an unknown signal": {"StopSignal": "SIGNOTHING"},
    "volume with a slash": {"Volumes": {"/data/": {}, "/var//lib/x": {}}},
    "volume twice": {"Volumes": {"/data/": {}, "/data": {}}},
    "env without =": {"Env": ["A", "B=1", "PATH=/bin"]},
    "env twice": {"Env": ["A=1", "A=2", "PATH=/bin"]},
    "env with odd names": {"Env": ["=x", "A B=1", "EMPTY=", "PATH=/bin"]},
    "an empty env entry": {"Env": ["", "PATH=/bin"]},
    "empty labels": {"Labels": {"": "", "a": ""}},
    "empty healthcheck": {"Healthcheck": {}},
    "healthcheck without test": {"Healthcheck": {"Test": [], "Interval": 3000000000}},
    "healthcheck none": {"Healthcheck": {"Test": ["NONE"]}},
    "healthcheck of an empty word": {"Healthcheck": {"Test": [""], "Retries": 3}},
    "healthcheck without a known word": {"Healthcheck": {"Test": ["true"], "Retries": 3}},
    "healthcheck with odd times": {"Healthcheck": {"Test": ["CMD", "true"], "Interval": 500, "Timeout": 1000000001}},
    "user with group": {"User": "0:0"},
    "user with spaces": {"User": " app "},
    "names of the builder's container": {"Hostname": "abc", "Domainname": "x", "Tty": True, "OpenStdin": True},
    "an image id": {"Image": "sha256:" + "0" * 64, "ArgsEscaped": True},
}  # fmt: skip

_words = st.text("abcxyz", min_size=1, max_size=4)
_texts = st.one_of(_words, st.sampled_from(["", " ", "a b", "=", "$X", "ü", "\n"]))
_paths = st.lists(st.one_of(_words, st.sampled_from(["", ".", "a b"])), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
_ports = st.one_of(
    st.integers(1, 60000).map("{}/tcp".format),
    st.integers(1, 60000).map(str),
    st.integers(1, 60000).map(lambda port: f"{port}-{port + 2}/udp"),
    st.integers(1, 60000).map("{}/SCTP".format),
)
_durations = st.sampled_from([0, 1_000_000, 1_500_000, 30_000_000_000, 90_000_000_001, 3_600_000_000_000])
_empty = st.just({})
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "Cmd": st.one_of(st.none(), st.lists(_texts, max_size=3)),
        "Entrypoint": st.one_of(st.none(), st.lists(_texts, max_size=3)),
        "Env": st.one_of(
            st.none(),
            st.lists(
                st.one_of(_words, st.tuples(_words, _texts).map("=".join), st.sampled_from(["", "=x"])), max_size=5
            ),
        ),
        "ExposedPorts": st.one_of(st.none(), st.dictionaries(_ports, _empty, max_size=4)),
        "Healthcheck": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "Test": st.one_of(
                        st.sampled_from([None, [], ["NONE"], ["NONE", "x"], [""], ["CMD-SHELL", "true"]]),
                        st.lists(_texts, max_size=3).map(lambda rest: ["CMD", *rest]),
                    ),
                    "Interval": _durations,
                    "Timeout": _durations,
                    "StartPeriod": _durations,
                    "Retries": st.integers(0, 5),
                },
            ),
        ),
        "Labels": st.one_of(st.none(), st.dictionaries(_texts, _texts, max_size=3)),
        "StopSignal": st.sampled_from(["", "15", "9", "TERM", "sigint", "SIGRTMIN+3", "rtmin+3", "37", "SIGPWR", "x"]),
        "User": st.sampled_from(["", "0", "0:0", "root", "1000:", ":1000", "app:app"]),
        "Volumes": st.one_of(st.none(), st.dictionaries(_paths, _empty, max_size=3)),
        "WorkingDir": st.one_of(st.just(""), _paths),
    },
)
# What a play says of such a container, in one of the ways that mean the same.
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "command": st.sampled_from([["sleep", "9"], "sleep 9"]),
        "entrypoint": st.sampled_from([[], ["sh"], "sh -c"]),
        "env": st.dictionaries(_words, _texts, max_size=3),
        "exposed_ports": st.lists(st.sampled_from(["80", "80/tcp", "90-92/udp"]), max_size=2),
        "healthcheck": st.sampled_from([{"test": "NONE"}, {"retries": 2}, {"test": ["CMD", "true"], "interval": "3s"}]),
        "labels": st.dictionaries(_words, _texts, max_size=2),
        "stop_signal": st.sampled_from(["TERM", "15", "SIGRTMIN+3", "37"]),
        "user": st.sampled_from(["0", "0:0", "root"]),
        "volumes": st.sampled_from([["/data/"], [f"{MARK}-volume:/data/"], ["/abc", "/x/y/"]]),
        "working_dir": st.sampled_from(["/app", "/app/", "/a/b/"]),
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def builder(docker: Docker) -> t.Iterator[Builder]:
    docker.remove_all(MARK)
    yield Builder(docker)
    docker.remove_all(MARK)


def prove(docker: Docker, run: Run, options: Json) -> None:
    """A container that nobody configured has no options, and one that somebody did is unchanged on the second run."""
    asked = {"name": NAME, "image": TAG, **options}
    back = run("container_inspect", name=[NAME]).container["run_options"]
    if not options:
        assert back == asked
    for wanted in (asked, back):
        again = run("container_run", **wanted, state="present", _check=True, _diff=True)
        assert not again.failed, again
        assert (again.changed, again.get("diff")) == (False, {"before": {}, "after": {}}), (wanted, again)


def made(docker: Docker, *command: str) -> bool:
    """A container of the image as the docker CLI makes it; whether the engine takes it at all."""
    docker("rm", "--force", "--volumes", NAME, check=False)
    return docker.ok("create", "--name", NAME, TAG, *command)


@pytest.mark.parametrize("config", CASES.values(), ids=CASES)
def test_nobody_asked_for_it(docker: Docker, run: Run, builder: Builder, config: Json) -> None:
    builder.load(TAG, {"Cmd": ["sleep", "9"], **config})
    assert made(docker)
    prove(docker, run, {})
    docker("rm", "--force", "--volumes", NAME)
    assert run("container_run", name=NAME, image=TAG, state="present").changed
    prove(docker, run, {})


@hypothesis.settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # shrinking on an engine takes minutes
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(config=CONFIGS, options=OPTIONS)
def attempt(docker: Docker, run: Run, builder: Builder, config: Json, options: Json) -> None:
    builder.load(TAG, config)
    if made(docker):
        prove(docker, run, {})
    docker("rm", "--force", "--volumes", NAME, check=False)
    first = run("container_run", name=NAME, image=TAG, state="present", **options)
    if not first.failed:
        prove(docker, run, options)


def test_whatever_an_image_holds(docker: Docker, run: Run, builder: Builder) -> None:
    attempt(docker, run, builder)


def test_the_hosts_own_name_on_its_network(docker: Docker, run: Run, name: str) -> None:
    """The engine gives it that name anyway."""
    host = docker("info", "--format", "{{.Name}}")
    wanted: Json = {"name": name, "image": "stevedore/busybox:1", "network_mode": "host", "state": "present"}
    for hostname in ({"hostname": host}, {}):
        docker("rm", "--force", name, check=False)
        assert run("container_run", **wanted, **hostname).changed
        for again in ({}, {"hostname": host}):
            assert not run("container_run", **wanted, **again).changed
    assert run("container_run", **wanted, hostname="other").changed
    assert docker.inspect(name)["Config"]["Hostname"] == "other"


def test_an_image_for_several_platforms(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    """Asked for an image, the engine shows the host's platform; no registry is here that could be asked for another."""
    if docker("info", "--format", "{{.DriverStatus}}").find("io.containerd.snapshotter") < 0:
        return  # such an image cannot be on this engine
    tag, name = unique() + ":multi", unique("box")
    load_platforms(docker, tag, ["linux/amd64", "linux/arm64", "linux/arm/v7"])
    asked: Json = {"name": name, "image": tag, "state": "present"}
    for platform, architecture in (("linux/arm64", "arm64"), ("linux/arm/v7", "arm"), ("amd64", "amd64")):
        assert run("container_run", **asked, platform=platform).changed
        made = docker.inspect(name)
        assert made["ImageManifestDescriptor"]["platform"]["architecture"] == architecture
        assert not run("container_run", **asked, platform=platform).changed
        back = run("container_inspect", name=[name]).container["run_options"]
        assert back.get("platform") == (None if architecture == "amd64" else platform)
        assert not run("container_run", **back, state="present").changed
        assert docker.inspect(name)["Id"] == made["Id"]
    missing = run("container_run", **asked, platform="linux/s390x")
    assert missing.failed
