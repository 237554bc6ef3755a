# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_state, its pure part: what has to be done to a container of each status."""

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._state.options import StateOptions, signal_name
from ansible_collections.stevedore.docker.plugins.module_utils._state.steps import RESULTING, STEPS, choose_step
from ansible_collections.stevedore.docker.plugins.modules.container_state import SPEC

STATUSES = ("created", "running", "paused", "restarting", "exited", "removing", "dead")
# Per status in this order; "-" is nothing to do, "!" no way.
TABLE = {
    ("started", None): "start - unpause - start ! !",
    ("stopped", None): "- stop stop stop - - -",
    ("restarted", None): "restart restart restart restart restart ! !",
    ("paused", None): "! pause - ! ! ! !",
    ("unpaused", None): "- - unpause - - - -",
    ("killed", None): "- kill kill kill - - -",
    ("killed", "TERM"): "- kill kill kill - - -",
    ("killed", "HUP"): "! kill kill kill ! ! !",
}


@pytest.mark.parametrize(("asked", "steps"), TABLE.items(), ids=str)
def test_choose_step(asked: tuple[str, str | None], steps: str) -> None:
    options = StateOptions(asked[0], signal=asked[1])
    found = [choose_step(status, options) for status in STATUSES]
    assert " ".join("-" if step is None else step or "!" for step in found) == steps


@pytest.mark.parametrize("state", STEPS)
def test_it_rests_once_it_is_there(state: str) -> None:
    """Law: after its step each state needs none, but for those that are deeds."""
    for status in STATUSES:
        step = choose_step(status, StateOptions(state))
        if step and state != "restarted":
            assert choose_step(RESULTING.get(step, "exited"), StateOptions(state)) is None


def test_each_choice_is_in_the_table() -> None:
    assert sorted(STEPS) == SPEC.options["state"]["choices"]


SIGNALS = {
    "HUP": "HUP",
    "SIGHUP": "HUP",
    " sigusr1 ": "USR1",
    "9": "KILL",
    "15": "TERM",
    "RTMIN+3": "RTMIN+3",
    "37": "RTMIN+3",
}


@pytest.mark.parametrize(("text", "name"), SIGNALS.items())
def test_signals(text: str, name: str) -> None:
    assert signal_name(text) == name


@pytest.mark.parametrize("text", ["", "FOO", "SIG", "SIGSIGHUP", "0", "65", "99", "-9", "DFL"])
def test_no_signals(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        signal_name(text)
    assert "is not a signal" in caught.value.msg
