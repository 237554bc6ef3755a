# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import (
    Conflict,
    EngineError,
    Missing,
    StevedoreError,
)
from ansible_collections.stevedore.docker.plugins.module_utils._top import processes, processes_of_all

ANSWER = {"Titles": ["UID", "PID", "CMD"], "Processes": [["root", "12", "sh -c a b"], ["app", "13", "b"]]}


class Engine:
    """Answers with a document or an error, and remembers what it was asked."""

    def __init__(self, answer: t.Any) -> None:
        self.answer = answer
        self.asked: list[t.Any] = []

    def get(self, path: str, **options: t.Any) -> t.Any:
        self.asked.append((path, options["params"]))
        if isinstance(self.answer, StevedoreError):
            raise self.answer
        return self.answer


def document(**state: bool) -> dict[str, t.Any]:
    return {"Id": "abc", "Name": "/web", "State": {"Running": True, **state}}


def test_rows_by_title() -> None:
    engine = Engine(ANSWER)
    found = processes(t.cast("t.Any", engine), document(), "-eo pid,args")
    assert found == {
        "name": "web",
        "id": "abc",
        "running": True,
        "titles": ["UID", "PID", "CMD"],
        "processes": [
            {"UID": "root", "PID": "12", "CMD": "sh -c a b"},
            {"UID": "app", "PID": "13", "CMD": "b"},
        ],
        "pids": [12, 13],
    }
    assert engine.asked == [("/containers/abc/top", {"ps_args": "-eo pid,args"})]


@pytest.mark.parametrize("state", [{"Running": False}, {"Running": True, "Restarting": True}])
def test_who_does_not_run_is_not_asked(state: dict[str, bool]) -> None:
    engine = Engine(ANSWER)
    found = processes(t.cast("t.Any", engine), document(**state))
    assert (found["running"], found["processes"], engine.asked) == (False, [], [])


@pytest.mark.parametrize("error", [Missing("gone"), Conflict("stopped")])
def test_gone_between_two_calls(error: StevedoreError) -> None:
    found = processes(t.cast("t.Any", Engine(error)), document(Paused=True))
    assert (found["running"], found["processes"], found["pids"]) == (False, [], [])


def test_wrong_ps_arguments_are_an_error_of_each() -> None:
    engine = t.cast("t.Any", Engine(EngineError("Couldn't find PID field")))
    outcomes = processes_of_all(engine, [document(), document()], "-o a")
    assert ["PID" in str(outcome.error) for outcome in outcomes] == [True, True]
