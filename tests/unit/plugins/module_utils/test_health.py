# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: the verdict on an inspect document, and what is said of a container that is not well."""

from __future__ import annotations

import itertools
import types
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Failed, Missing, TimedOut
from ansible_collections.stevedore.docker.plugins.module_utils._health import until_well, verdict


def document(status: str, health: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    state: dict[str, t.Any] = {"Status": status, "ExitCode": 0, **more.pop("state", {})}
    if health:
        state["Health"] = {"Status": health, "Log": more.pop("log", [])}
    return {"Id": "a" * 64, "State": state, "RestartCount": 0, "Config": {}, "HostConfig": {}, **more}


VERDICTS = [
    (document("running"), False, None),
    (document("running"), True, None),
    (document("created"), False, None),
    (document("running", "starting"), True, None),
    (document("running", "healthy"), True, True),
    (document("running", "unhealthy"), True, False),
    (document("running", "unhealthy"), False, None),
    (document("running", "none"), True, None),
    (document("exited", state={"ExitCode": 0}), False, True),
    (document("exited", state={"ExitCode": 0}), True, False),
    (document("exited", state={"ExitCode": 1}), False, False),
    (document("dead"), False, False),
    (document("restarting", RestartCount=1), False, False),
    (document("running", RestartCount=1), False, False),
]


@pytest.mark.parametrize(("found", "healthy", "expected"), VERDICTS)
def test_verdict(found: dict[str, t.Any], healthy: bool, expected: bool | None) -> None:
    assert verdict(found, healthy) is expected


@pytest.mark.parametrize("healthy", [False, True])
def test_earlier_restarts_say_nothing(healthy: bool) -> None:
    assert verdict(document("running", RestartCount=2), healthy, earlier=2) is None
    assert verdict(document("restarting", RestartCount=2), healthy, earlier=2) is None
    assert verdict(document("running", "healthy", RestartCount=3), healthy, earlier=2) is False


class Engine:
    """Shows one document after the other, the last one for ever; its log has one line."""

    def __init__(self, *documents: dict[str, t.Any] | None) -> None:
        self._documents = itertools.chain(documents, itertools.repeat(documents[-1]))

    def container(self, _identity: str) -> dict[str, t.Any]:
        found = next(self._documents)
        if found is None:
            raise Missing("gone")
        return found

    def call(self, *_request: str, **_more: t.Any) -> t.Any:
        return types.SimpleNamespace(content=b"\x02\0\0\0\0\0\0\5oops\n")


def wait(engine: Engine, healthy: bool = True) -> float:
    """The time at which the wait was over."""
    times = itertools.count()
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        assert next(times) < 1000, "waits for ever"

    until_well(
        t.cast("t.Any", engine),
        "a" * 64,
        "web",
        healthy=healthy,
        timeout=10,
        settle=1,
        clock=lambda: now[0],
        sleep=sleep,
    )
    return now[0]


@pytest.mark.parametrize(
    ("engine", "healthy", "least"),
    [
        (Engine(document("running")), False, 1),
        (Engine(document("running")), True, 1),
        (Engine(document("running", "starting")), False, 1),
        (Engine(document("running", "starting"), document("running", "healthy")), True, 0.05),
        (Engine(document("exited")), False, 0),
    ],
)
def test_well(engine: Engine, healthy: bool, least: float) -> None:
    assert wait(engine, healthy) >= least


PROBE = [{"ExitCode": 7, "Output": "no route\n"}]
ILL: list[tuple[Engine, type[Exception], list[str]]] = [
    (Engine(document("running", "starting")), TimedOut, ["after 10 s", "wait_timeout", "no probe yet", "oops"]),
    (Engine(document("running", "unhealthy", log=PROBE)), Failed, ["unhealthy", "exit code 7, no route", "oops"]),
    (Engine(document("exited", state={"ExitCode": 3})), Failed, ["exit code 3", "oops"]),
    (Engine(document("exited", state={"ExitCode": 137, "OOMKilled": True})), Failed, ["out of memory"]),
    (Engine(document("exited", state={"ExitCode": 127, "Error": "no such file"})), Failed, ["no such file"]),
    (Engine(document("running", HostConfig={"AutoRemove": True}), None), Failed, ["removed itself (auto_remove)"]),
    (Engine(document("running"), None), Failed, ["removed by somebody else"]),
    (Engine(None), Failed, ["removed itself (auto_remove)", "or somebody removed it"]),
    # The engine has started it again before anybody looked.
    (
        Engine(document("running", RestartCount=1), document("restarting", state={"ExitCode": 3}, RestartCount=2)),
        Failed,
        ["died (exit code 3)", "oops"],
    ),
    (Engine(document("running", RestartCount=1)), Failed, ["died and was restarted", "oops"]),
]


@pytest.mark.parametrize(("engine", "error", "words"), ILL)
def test_ill(engine: Engine, error: type[Exception], words: list[str]) -> None:
    with pytest.raises(error) as caught:
        wait(engine)
    assert [word for word in words if word not in str(caught.value)] == []
