# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traces of a broken-off replacement: read from names, judged by what runs."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict
from ansible_collections.stevedore.docker.plugins.module_utils._run import recovery

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64
AS_NEW = recovery.new_name("web", OLD)
POLICY = {"Name": "on-failure", "MaximumRetryCount": 5}
AS_OLD = recovery.old_name("web", OLD, NEW, "running", POLICY)


def summary(name: str, identity: str, state: str = "running", *more: str) -> dict[str, t.Any]:
    return {"Names": [f"/{name}", *more], "Id": identity, "State": state}


def test_names() -> None:
    assert AS_NEW == "web.stevedore-new-aaaaaaaaaaaa"
    assert AS_OLD == "web.stevedore-old-aaaaaaaaaaaa-bbbbbbbbbbbb-running-on.failure.5"
    pattern = re.compile(recovery.pattern("web"))
    assert all(pattern.search(name) for name in ("web", "/web", AS_NEW, f"/{AS_OLD}"))
    assert not any(
        pattern.search(name) for name in ("web2", "myweb", "/a/web", f"{AS_OLD}-x", f"{AS_OLD}x", "web.stevedore-new-a")
    )
    assert re.compile(recovery.pattern("w.b")).search("web") is None


@dataclasses.dataclass(frozen=True)
class Case:
    summaries: tuple[dict[str, t.Any], ...]
    present: tuple[str, ...]
    verdict: str = ""
    health: str | None = None


CASES = {
    "only the old": Case((summary("web", OLD),), ("current",)),
    "link names are not names": Case((summary("web", OLD, "running", "/db/web"),), ("current",)),
    "created beside": Case((summary("web", OLD), summary(AS_NEW, NEW, "created")), ("current", "new"), "undo"),
    "old made room": Case((summary(AS_OLD, OLD), summary(AS_NEW, NEW, "created")), ("new", "old"), "undo"),
    "only the old is left": Case((summary(AS_OLD, OLD, "exited"),), ("old",), "undo"),
    "not started": Case((summary(AS_OLD, OLD), summary("web", NEW, "created")), ("current", "old"), "undo"),
    "died": Case((summary(AS_OLD, OLD), summary("web", NEW, "exited")), ("current", "old"), "undo"),
    "runs": Case((summary(AS_OLD, OLD), summary("web", NEW)), ("current", "old"), "prove"),
    "ill": Case((summary(AS_OLD, OLD), summary("web", NEW)), ("current", "old"), "undo", "unhealthy"),
    "starting": Case((summary(AS_OLD, OLD), summary("web", NEW)), ("current", "old"), "prove", "starting"),
    "failed and left in its place": Case(
        (summary(recovery.kept_name(AS_OLD), OLD), summary("web", NEW)), ("current", "old"), "undo", "healthy"
    ),
    "well": Case((summary(AS_OLD, OLD), summary("web", NEW)), ("current", "old"), "prove", "healthy"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_traces_and_verdict(case: Case) -> None:
    found = recovery.traces([*case.summaries, summary("other", OTHER)])
    assert found.keys() == {"web", "other"}
    left = found["web"]
    assert tuple(part for part in ("current", "new", "old") if getattr(left, part) is not None) == case.present
    assert left.clean == (not case.verdict)
    if case.verdict:
        assert recovery.verdict("web", left, case.health) == case.verdict
    if left.old is not None:
        assert (left.was, left.heir, left.policy) == ("running", NEW[:12], POLICY)


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"Name": "always", "MaximumRetryCount": 0},
        {"Name": "unless-stopped", "MaximumRetryCount": 0},
        {"Name": "on-failure", "MaximumRetryCount": 0},
        POLICY,
    ],
)
def test_the_policy_is_in_the_name(policy: dict[str, t.Any]) -> None:
    name = recovery.old_name("web", OLD, NEW, "paused", policy)
    assert re.search(recovery.pattern("web"), name)
    left = recovery.traces([summary(name, OLD)])["web"]
    assert (left.was, left.policy) == ("paused", policy)


FOREIGN = {
    "an old one with another id": summary(AS_OLD, OTHER),
    "a new one that ran": summary(AS_NEW, NEW, "exited"),
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_names_that_only_look_like_ours(foreign: dict[str, t.Any]) -> None:
    found = recovery.traces([summary("web", OLD), foreign])
    assert found["web"].clean
    assert len(found) == 2


def test_name_given_to_another() -> None:
    left = recovery.traces([summary(AS_OLD, OLD), summary("web", OTHER)])["web"]
    with pytest.raises(Conflict, match="given to another container"):
        recovery.verdict("web", left, None)
