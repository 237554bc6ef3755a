# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the process does that unpauses a container in our place."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils import _pause
from ansible_collections.stevedore.docker.plugins.module_utils._errors import EngineError, Missing, Unreachable

Answers = t.List[t.Optional[Exception]]
# What the engine does, one try after the other (None: it unpauses); what was told through the pipe; how many tries.
CASES: list[tuple[Answers, str, int]] = [
    ([], "done", 0),
    ([None], "", 1),
    ([Unreachable("dead"), Unreachable("dead"), None], "", 3),
    ([EngineError("Container is not paused"), None], "", 1),
    ([Missing("removed"), None], "", 1),
    ([Unreachable("dead")] * 100, "", 5),
]


@pytest.mark.parametrize(("answers", "told", "tries"), CASES)
def test_unpause_unless_told(monkeypatch: pytest.MonkeyPatch, answers: Answers, told: str, tries: int) -> None:
    asked: list[str] = []

    class Daemon:
        @classmethod
        def connect(cls, connection: t.Any) -> t.Any:
            return cls()

        def post(self, path: str) -> None:
            asked.append(path)
            answer = answers[len(asked) - 1]
            if answer is not None:
                raise answer

    class Soon(_pause.Deadline):
        def has_passed(self) -> bool:
            return len(asked) == 5

    monkeypatch.setattr(_pause, "Daemon", Daemon)
    monkeypatch.setattr(_pause, "Deadline", Soon)
    monkeypatch.setattr(_pause.time, "sleep", lambda _seconds: None)
    _pause.unpause_after_crash({"docker_host": "unix:///nowhere"}, "web", told)
    assert asked == ["/containers/web/unpause"] * tries


STATES: list[tuple[bool, bool, type[Exception], int]] = [
    (True, False, Unreachable, 1),
    (True, True, Unreachable, 0),
    (False, False, Unreachable, 0),
    (True, False, EngineError, 0),
]


@pytest.mark.parametrize(("running", "paused", "error", "watchers"), STATES)
def test_a_watcher_is_left_when_the_engine_dies(
    monkeypatch: pytest.MonkeyPatch, running: bool, paused: bool, error: type[Exception], watchers: int
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(_pause, "_watcher", lambda _daemon, container: container)
    monkeypatch.setattr(_pause, "_end", ended.append)
    document = {"Id": "web", "State": {"Running": running, "Paused": paused}}
    with pytest.raises(error), _pause.unpaused_whatever_happens(t.cast("t.Any", None), document):
        raise error("gone")
    assert ended == ["web"] * watchers
