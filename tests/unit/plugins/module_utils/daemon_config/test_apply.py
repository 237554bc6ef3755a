# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which things are done to a running engine, and what is undone, on one that is made up."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import apply, file, merge, probe, service
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Failed

Json = t.Dict[str, t.Any]
BEFORE: Json = {"log-opts": {"max-size": "1m"}}
AFTER: Json = {"log-opts": {"max-size": "2m"}}


class Host:
    """dockerd and whoever restarts it: remembers what was in the file at each step."""

    name = "systemd"

    def __init__(self, path: pathlib.Path, live: bool, bad: t.Sequence[str]) -> None:
        self.path = path
        self.live = live
        self.bad = bad
        self.steps: list[tuple[str, Json]] = []
        self.killed = 0

    def _step(self, what: str) -> None:
        config = json.loads(self.path.read_text())
        self.steps.append((what, config))
        if what in self.bad and config["log-opts"] == AFTER["log-opts"]:
            raise Failed(f"{what} failed")

    def restart(self) -> None:
        # dockerd keeps its containers only when live-restore was on before and is on in the file.
        kept = self.live and json.loads(self.path.read_text()).get("live-restore", False)
        self.killed += not kept
        self._step("restart")
        self.live = json.loads(self.path.read_text()).get("live-restore", False)

    def reload(self) -> None:
        self._step("reload")
        self.live = json.loads(self.path.read_text()).get("live-restore", self.live)

    def lives(self) -> bool:
        return True

    def complaint(self, since: float) -> str:
        return "its own words"

    def get(self, _path: str) -> Json:
        return {"LiveRestoreEnabled": self.live}


@pytest.fixture
def make(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> t.Callable[..., tuple[Host, apply.Situation, apply.Change]]:
    def build(before: Json, after: Json, live: bool, bad: t.Sequence[str] = ()) -> t.Any:
        path = tmp_path / "daemon.json"
        path.write_text(file.render(before))
        host = Host(path, live, bad)
        process = service.Process(1, 1, 1, ("dockerd",), None, False)
        daemon = t.cast("t.Any", host)
        situation = apply.Situation(lambda: daemon, process, host, live, False, ())
        monkeypatch.setattr(apply, "_reload", lambda *_: host.reload())
        monkeypatch.setattr(apply, "_wait", lambda *_: daemon)
        monkeypatch.setattr(apply, "_prove_untouched", lambda *_: host._step("prove"))
        monkeypatch.setattr(apply, "_start_again", lambda *_: ("web",))
        monkeypatch.setattr(probe, "prove_logging", lambda *_: host._step("probe"))
        monkeypatch.setattr(service, "alive", lambda _process: True)

        def found(_path: str) -> t.Any:
            return None if any(step == "restart" for step, _unused in host.steps) else process

        monkeypatch.setattr(service, "find", found)
        return host, situation, apply.Change(file.read(str(path)), after, 1.0)

    return build


LIVE_RESTORE = [
    # before, after, on in dockerd at first, on at the end
    ({}, {}, False, False),
    ({"live-restore": False}, {"live-restore": False}, False, False),
    ({"live-restore": True}, {"live-restore": True}, True, True),
    ({}, {}, True, True),  # switched on by a reload, and the key taken out again
    ({}, {"live-restore": True}, False, True),
]


@pytest.mark.parametrize(("before", "after", "first", "last"), LIVE_RESTORE)
def test_live_stops_no_container_and_leaves_live_restore_as_it_is_asked_for(
    before: Json, after: Json, first: bool, last: bool, make: t.Any
) -> None:
    host, situation, change = make({**before, **BEFORE}, {**after, **AFTER}, first)
    assert apply.apply(situation, change, "live").how == "live"
    assert host.killed == 0
    assert host.live is last
    assert json.loads(host.path.read_text()) == {**after, **AFTER}


# With live-restore on already nothing is reloaded, so that no reload can fail.
@pytest.mark.parametrize(
    ("before", "_after", "first", "_last", "bad"),
    [
        (*case, bad)
        for case in LIVE_RESTORE
        for bad in ("reload", "restart", "prove", "probe")
        if not (bad == "reload" and case[2])
    ],
)
def test_a_failure_puts_everything_back(
    before: Json, _after: Json, first: bool, _last: bool, bad: str, make: t.Any
) -> None:
    old = {**before, **BEFORE}
    host, situation, change = make(old, {**before, **AFTER}, first, [bad])
    with pytest.raises(Failed) as caught:
        apply.apply(situation, change, "live")
    assert caught.value.details["rolled_back"] is True
    assert "old daemon are back" in caught.value.msg
    assert "its own words" in caught.value.msg
    assert host.killed == 0
    assert host.live is first
    assert host.path.read_text() == change.before.text


def test_a_file_that_was_not_there_is_gone_after_a_failure(make: t.Any) -> None:
    host, situation, change = make(BEFORE, AFTER, False, ["probe"])
    change = apply.Change(file.Present(change.before.path, None, BEFORE), AFTER, 1.0)
    with pytest.raises(Failed):
        apply.apply(situation, change, "live")
    assert not host.path.exists()


def test_what_a_reload_takes_over_is_not_restarted_for(make: t.Any) -> None:
    host, situation, change = make(BEFORE, {**BEFORE, "debug": True}, False)
    assert apply.apply(situation, change, "live").how == "reload"
    assert [step for step, _unused in host.steps] == ["reload"]


def test_a_restart_that_is_asked_for_is_one_although_the_file_stays(make: t.Any) -> None:
    host, situation, change = make(AFTER, AFTER, False)
    assert apply.apply(situation, change, "live", restart=True).how == "live"
    assert [step for step, _config in host.steps].count("restart") == 1
    assert host.killed == 0


def test_a_plain_restart_starts_its_containers_again(make: t.Any) -> None:
    host, situation, change = make(BEFORE, AFTER, False)
    assert apply.apply(situation, change, "restart") == apply.Outcome("restart", kept=(), started=("web",))
    assert [step for step, _unused in host.steps] == ["restart", "probe"]


def test_a_roll_back_that_fails_says_so(make: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host, situation, change = make(BEFORE, AFTER, False, ["probe"])

    def dead(*_: t.Any) -> t.Any:
        raise Failed("it does not start any more")

    def restart() -> None:
        host._step("restart")
        monkeypatch.setattr(host, "restart", dead)

    monkeypatch.setattr(host, "restart", restart)
    with pytest.raises(Failed, match="roll-back failed too: it does not start any more") as caught:
        apply.apply(situation, change, "live")
    assert caught.value.details["rolled_back"] is False
    assert host.path.read_text() == change.before.text


@pytest.mark.parametrize(
    "old", [{"log-opts": {"max-size": 10}}, {"log-opts": {"max-file": 3}}, {"debug": "yes", "log-opts": {}}]
)
def test_a_type_that_the_old_daemon_does_not_start_with_is_not_gone_back_to(make: t.Any, old: Json) -> None:
    host, situation, change = make(old, AFTER, False, ["restart"])
    with pytest.raises(Failed):
        apply.apply(situation, change, "restart")
    typed = merge.typed(old)
    assert [config for step, config in host.steps if step == "restart"] == [AFTER, typed]
    assert json.loads(host.path.read_text()) == old
