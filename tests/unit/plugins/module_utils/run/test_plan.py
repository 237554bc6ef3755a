# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: (wanted, present) -> actions, as one table."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._container.differences import Difference
from ansible_collections.stevedore.docker.plugins.module_utils._run.plan import Action, Request, difference_of, plan

ENV = Difference("env", {"A": "1"}, None, "recreate")
MEMORY = Difference("memory", None, "64m", "update")
NETWORKS = Difference("networks", {"a": {}}, {"b": {}}, "network")


@dataclasses.dataclass(frozen=True)
class Case:
    request: dict[str, t.Any]
    status: str | None
    kinds: str
    differences: tuple[Difference, ...] = ()
    kept: tuple[str, ...] = ()
    ends: str | None = None
    image: bool = True


def case(
    wanted: str | dict[str, t.Any], status: str | None, kinds: str, *differences: Difference, **more: t.Any
) -> Case:
    request = {"state": wanted} if isinstance(wanted, str) else wanted
    return Case(request, status, kinds, differences, **more)


CASES = [
    # nothing there
    case("started", None, "create start", ends="running"),
    case("healthy", None, "create start", ends="running"),
    case("present", None, "create", ends="created"),
    case("stopped", None, "create", ends="created"),
    case("absent", None, ""),
    case({"paused": True}, None, "create start pause", ends="paused"),
    case({"paused": True, "state": "present"}, None, "create", ends="created"),
    case({"restart": True}, None, "create start", ends="running"),
    # as wanted
    case("started", "running", ""),
    case("healthy", "running", ""),
    case("started", "restarting", ""),
    case("present", "running", ""),
    case("present", "exited", ""),
    case("present", "paused", ""),
    case("stopped", "exited", ""),
    case("stopped", "created", ""),
    case({"paused": True}, "paused", ""),
    # another state
    case("started", "exited", "start", ends="running"),
    case("started", "created", "start", ends="running"),
    case("started", "paused", "unpause", ends="running"),
    case("healthy", "paused", "unpause", ends="running"),
    case("stopped", "running", "stop", ends="exited"),
    case("stopped", "paused", "stop", ends="exited"),
    case("stopped", "restarting", "stop", ends="exited"),
    case("absent", "running", "remove", ends="absent"),
    case("absent", "exited", "remove", ENV, ends="absent"),
    case({"paused": True}, "running", "pause", ends="paused"),
    case({"paused": True}, "exited", "start pause", ends="paused"),
    case({"restart": True}, "running", "restart", ends="running"),
    case({"restart": True}, "exited", "start", ends="running"),
    case({"restart": True, "state": "stopped"}, "running", "stop", ends="exited"),
    case({"restart": True, "state": "present"}, "exited", ""),
    case({"restart": True, "paused": True}, "paused", "restart pause", ends="paused"),
    # in place
    case("started", "running", "update", MEMORY),
    case("started", "running", "update networks", MEMORY, NETWORKS),
    case("started", "exited", "update start", MEMORY, ends="running"),
    case("stopped", "running", "networks stop", NETWORKS, ends="exited"),
    case({"restart": True}, "running", "update restart", MEMORY, ends="running"),
    # a new one
    case("started", "running", "recreate", ENV, ends="running"),
    case("started", "running", "recreate", ENV, MEMORY, NETWORKS, ends="running"),
    case("started", "exited", "recreate", ENV, ends="running"),
    case("present", "running", "recreate", ENV, ends="running"),
    case("present", "paused", "recreate pause", ENV, ends="paused"),
    case("present", "exited", "recreate", ENV, ends="created"),
    case("stopped", "running", "recreate", ENV, ends="created"),
    case({"paused": True}, "running", "recreate pause", ENV, ends="paused"),
    case({"restart": True}, "running", "recreate", ENV, ends="running"),
    case({"recreate": "always"}, "running", "recreate", ends="running"),
    case({"recreate": "always"}, "running", "", image=False),
    case({"recreate": "always", "state": "absent"}, "running", "remove", ends="absent"),
    case("started", "dead", "recreate", ends="running"),
    case({"recreate": "never"}, "running", "", ENV, kept=("env",)),
    case({"recreate": "never"}, "exited", "update start", ENV, MEMORY, kept=("env",), ends="running"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.request} {c.status} {c.kinds}")
def test_plan(case: Case) -> None:
    given = {"image": "i"} if case.image else None
    done = plan(Request("web", **case.request), case.status, case.differences, given)
    assert " ".join(action.kind for action in done.actions) == case.kinds
    assert done.kept == case.kept
    assert all(action.before.keys() == action.after.keys() for action in done.actions)
    if case.ends is not None:
        assert done.actions[-1].after["state"] == case.ends


def test_every_difference_that_is_mended_is_shown() -> None:
    actions = plan(Request("web"), "running", (ENV, MEMORY, NETWORKS), {}).actions
    assert difference_of(actions)["after"].keys() == {"env", "memory", "networks"}
    assert actions[0].report() == {"action": "recreate", "because": ["env"]}


@pytest.mark.parametrize(
    ("actions", "before", "after"),
    [
        ((), {}, {}),
        (
            (Action("a", before={"x": 1}, after={"x": 2}), Action("b", before={"x": 2}, after={"x": 3})),
            {"x": 1},
            {"x": 3},
        ),
        # A restart ends where it began, and that is all there is to show.
        ((Action("restart", before={"state": "running"}, after={"state": "running"}),), {"state": "running"}, None),
        ((Action("r", before={"state": "running", "e": 1}, after={"state": "running", "e": 2}),), {"e": 1}, {"e": 2}),
    ],
)
def test_difference(actions: tuple[Action, ...], before: dict[str, t.Any], after: dict[str, t.Any] | None) -> None:
    assert difference_of(actions) == {"before": before, "after": before if after is None else after}
