# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import flags


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("-H fd:// --log-driver=journald", {"hosts": "fd://", "log-driver": "journald"}),
        ("-Hfd:// --log-driver journald --log-opt max-size=1m", {"hosts": "fd://", "log-driver": "journald", "log-opts": "max-size=1m"}),
        ("--live-restore --data-root /srv", {"live-restore": "true", "data-root": "/srv"}),
        ("-D -l error", {"debug": "true", "log-level": "error"}),
        ("--iptables=false --registry-mirror https://m", {"iptables": "false", "registry-mirrors": "https://m"}),
        ("", {}),
    ],
)  # fmt: skip
def test_parse(words: str, wanted: dict[str, str]) -> None:
    assert {flag.key: flag.value for flag in flags.parse_flags(words.split(), "x")} == wanted


def test_conflicts_are_those_of_the_keys_in_the_file() -> None:
    given = flags.parse_flags(
        "--log-driver=journald -H fd:// --add-runtime a=b --log-opt x=y --log-opt x=z".split(), "x"
    )
    found = flags.find_conflicts({"log-driver", "log-opts", "runtimes", "debug"}, given)
    assert [flag.text for flag in found] == ["--log-driver", "--log-opt", "--log-opt"]


# Files below a root, and the flags (text, value, source) that come out of them.
UNITS: dict[str, tuple[dict[str, str], list[tuple[str, str, str]]]] = {
    "Debian's own": (
        {
            "lib/systemd/system/docker.service": (
                "[Service]\nType=notify\nEnvironmentFile=-/etc/default/docker\n"
                "ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS\n"
            ),
            "etc/default/docker": '# DOCKER_OPTS="--debug"\n',
        },
        [
            ("-H", "fd://", "/lib/systemd/system/docker.service"),
            ("--containerd", "/run/containerd/containerd.sock", "/lib/systemd/system/docker.service"),
        ],
    ),
    "options in the environment file": (
        {
            "lib/systemd/system/docker.service": "[Service]\nEnvironmentFile=/etc/default/docker\nExecStart=/bin/dockerd $DOCKER_OPTS\n",
            "etc/default/docker": 'DOCKER_OPTS="--log-driver journald --debug"\n',
        },
        [("--log-driver", "journald", "/etc/default/docker"), ("--debug", "true", "/etc/default/docker")],
    ),
    "a drop-in replaces the command": (
        {
            "lib/systemd/system/docker.service": "[Service]\nExecStart=/bin/dockerd --debug\n",
            "etc/systemd/system/docker.service.d/10-a.conf": "[Service]\nExecStart=\nExecStart=/bin/dockerd \\\n  --log-driver=syslog\n",
        },
        [("--log-driver", "syslog", "/etc/systemd/system/docker.service.d/10-a.conf")],
    ),
    "a drop-in sets a variable": (
        {
            "lib/systemd/system/docker.service": "[Service]\nExecStart=/bin/dockerd ${OPTS} $MORE\n",
            "etc/systemd/system/docker.service.d/kube.conf": '[Service]\nEnvironment="OPTS=--log-opt max-size=5m"\n',
        },
        [("--log-opt", "max-size=5m", "/etc/systemd/system/docker.service.d/kube.conf")],
    ),
    "/etc goes before /lib": (
        {
            "lib/systemd/system/docker.service": "[Service]\nExecStart=/bin/dockerd --debug\n",
            "etc/systemd/system/docker.service": "[Service]\nExecStart=/bin/dockerd --tls\n",
            "lib/systemd/system/docker.service.d/a.conf": "[Service]\nExecStart=\nExecStart=/bin/dockerd --ipv6\n",
            "etc/systemd/system/docker.service.d/a.conf": "[Unit]\nDescription=switched off\n",
        },
        [("--tls", "true", "/etc/systemd/system/docker.service")],
    ),
    "no unit": ({}, []),
}


def lay_out(root: pathlib.Path, files: t.Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize(("files", "wanted"), UNITS.values(), ids=UNITS.keys())
def test_units(files: dict[str, str], wanted: list[tuple[str, str, str]], tmp_path: pathlib.Path) -> None:
    lay_out(tmp_path, files)
    found = flags.flags_of_unit_files(root=str(tmp_path))
    assert [(flag.text, flag.value, flag.source) for flag in found] == wanted


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"etc/init.d/docker": "", "etc/default/docker": 'DOCKER_OPTS="--log-driver=local" # mine\n'}, ["local"]),
        ({"etc/init.d/docker": ""}, []),
        ({"etc/default/docker": "DOCKER_OPTS=--log-driver=local\n"}, []),
        ({"etc/init.d/docker": "", "etc/default/docker": "DOCKER_OPTS=--debug=1\n", "run/systemd/system/x": ""}, []),
    ],
    ids=["set", "unset", "no init script", "systemd does not read it"],
)
def test_init_script(files: dict[str, str], wanted: list[str], tmp_path: pathlib.Path) -> None:
    lay_out(tmp_path, files)
    assert [flag.value for flag in flags.flags_of_init_script(root=str(tmp_path))] == wanted


def test_configuration_file() -> None:
    assert flags.config_path(flags.parse_flags(["--config-file=/x.json"], "x")) == "/x.json"
    assert flags.config_path(()) == "/etc/docker/daemon.json"
