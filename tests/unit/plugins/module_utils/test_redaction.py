# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._redaction import HIDDEN, redact, redact_text

ARGUMENTS: list[tuple[dict[str, t.Any], dict[str, t.Any]]] = [
    ({"name": "web", "tty": True, "tail": 5, "env": None}, {"name": "web", "tty": True, "tail": 5, "env": None}),
    ({"env": {"A": "s", "B": None}}, {"env": {"A": HIDDEN, "B": None}}),
    ({"env": "A=s"}, {"env": HIDDEN}),
    ({"stdin": "s", "send": ["s"]}, {"stdin": HIDDEN, "send": HIDDEN}),
    (
        {"containers": [{"name": "web", "environment": ["A=s", "B"], "labels": {"env": "prod", "api.token": "s"}}]},
        {
            "containers": [
                {"name": "web", "environment": [f"A={HIDDEN}", "B"], "labels": {"env": "prod", "api.token": HIDDEN}}
            ]
        },
    ),
    ({"dialogue": [{"send": "s", "until_match": "ok"}]}, {"dialogue": [{"send": HIDDEN, "until_match": "ok"}]}),
    ({"changes": ["CMD x", "env A=s"]}, {"changes": ["CMD x", f"env A={HIDDEN}"]}),
    ({"changes": "ENV A s\nUSER x"}, {"changes": f"ENV A {HIDDEN}\nUSER x"}),
    ({"changes": {"ENV": {"A": "s"}, "USER": "x"}}, {"changes": {"ENV": {"A": HIDDEN}, "USER": "x"}}),
    (
        {"log_options": {"max-size": "10m", "splunk-token": "s"}},
        {"log_options": {"max-size": "10m", "splunk-token": HIDDEN}},
    ),
    (
        {"mounts": [{"volume_options": {"o": "addr=x,password=s,rw"}}]},
        {"mounts": [{"volume_options": {"o": f"addr=x,password={HIDDEN},rw"}}]},
    ),
    (
        {"config": {"a": [{"passphrase": ["s"]}], "passive": 1}},
        {"config": {"a": [{"passphrase": HIDDEN}], "passive": 1}},
    ),
]


@pytest.mark.parametrize(("given", "shown"), ARGUMENTS)
def test_arguments(given: dict[str, t.Any], shown: dict[str, t.Any]) -> None:
    assert redact(given) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain text: a=b, http://host/path", "plain text: a=b, http://host/path"),
        ("https://u:s@host:1/p?X-Sig=s&b=s#f", f"https://u:********@host:1/p?{HIDDEN}#f"),
        ("cannot fetch http://host/p?s: refused", f"cannot fetch http://host/p?{HIDDEN} refused"),
        ("mysqld --root-password=s --user=x", f"mysqld --root-password={HIDDEN} --user=x"),
        ("ssh://user@host", "ssh://user@host"),
        ("unix:///run/docker.sock", "unix:///run/docker.sock"),
    ],
)
def test_texts(given: str, shown: str) -> None:
    assert redact_text(given) == shown
