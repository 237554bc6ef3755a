# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._port import Port, container_ports


def document(ports: t.Any, running: bool = True) -> dict[str, t.Any]:
    return {"Id": "abc", "Name": "/web", "State": {"Running": running}, "NetworkSettings": {"Ports": ports}}


def bound(ip: str, port: int) -> dict[str, str]:
    return {"HostIp": ip, "HostPort": str(port)}


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("6060", Port(6060, "tcp")),
        (" 6060/tcp ", Port(6060, "tcp")),
        ("53/UDP", Port(53, "udp")),
        ("9899/sctp", Port(9899, "sctp")),
        ("65535", Port(65535, "tcp")),
    ],
)
def test_a_port_is_read(text: str, port: Port) -> None:
    assert Port.parse(text) == port


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "http", "80/icmp", "80/tcp/udp", "8000-8010", "\u0663"])
def test_no_port(text: str) -> None:
    with pytest.raises(InvalidInput, match="6060/tcp"):
        Port.parse(text)


# What the engine says -> lines of `docker port`.
LINES: list[tuple[str, t.Any, list[str]]] = [
    ("nothing", {}, []),
    ("no network settings", None, []),
    ("exposed alone", {"80/tcp": None}, []),
    ("exposed alone, as 28 says it", {"80/tcp": []}, []),
    ("one", {"80/tcp": [bound("127.0.0.1", 8080)]}, ["80/tcp -> 127.0.0.1:8080"]),
    ("both families", {"80/tcp": [bound("0.0.0.0", 1), bound("::", 1)]}, ["80/tcp -> 0.0.0.0:1", "80/tcp -> [::]:1"]),
    ("podman's empty address", {"80/tcp": [bound("", 8080)]}, ["80/tcp -> 0.0.0.0:8080"]),
    (
        "ordered by number, not by text",
        {"443/tcp": [bound("::1", 2)], "80/tcp": [bound("1.1.1.1", 1)], "80/sctp": [bound("1.1.1.1", 3)]},
        ["80/sctp -> 1.1.1.1:3", "80/tcp -> 1.1.1.1:1", "443/tcp -> [::1]:2"],
    ),
]


@pytest.mark.parametrize(("ports", "lines"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_lines(ports: t.Any, lines: list[str]) -> None:
    assert container_ports(document(ports))["lines"] == lines


def test_parts() -> None:
    assert container_ports(document({"53/udp": None, "80/tcp": [bound("::", 8080)]}))["ports"] == [
        {"bindings": [], "exposed": True, "number": 53, "port": "53/udp", "protocol": "udp", "published": False},
        {
            "bindings": [{"address": "[::]:8080", "family": "ipv6", "ip": "::", "port": 8080}],
            "exposed": True,
            "number": 80,
            "port": "80/tcp",
            "protocol": "tcp",
            "published": True,
        },
    ]


def test_a_wanted_port_is_answered_mapped_or_not() -> None:
    found = container_ports(
        document({"80/tcp": [bound("1.1.1.1", 8080)], "81/tcp": None}), [Port(9), Port(81), Port(80)]
    )
    assert found["addresses"] == {"9/tcp": [], "81/tcp": [], "80/tcp": ["1.1.1.1:8080"]}
    assert [port["exposed"] for port in found["ports"]] == [False, True, True]
