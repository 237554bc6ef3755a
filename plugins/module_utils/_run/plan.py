# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted and what is there to what has to be done. Pure."""

from __future__ import annotations

import typing as t

from .._container.differences import Difference
from .._types import Json

Value = t.TypeVar("Value")

# Its process exists.
ACTIVE = ("running", "paused", "restarting")
# Its removal failed half-way; it cannot be started any more.
BROKEN = "dead"


class Request(t.NamedTuple):
    """What is wanted of one container, its options aside."""

    name: str
    state: str = "started"
    paused: bool = False
    recreate: str = "auto"
    restart: bool = False

    @property
    def running(self) -> bool:
        return self.state in ("started", "healthy")


class Action(t.NamedTuple):
    """One step, and the data that made it necessary: ``before`` and ``after`` have the same keys."""

    kind: str
    because: tuple[str, ...] = ()
    before: Json = {}
    after: Json = {}
    detail: Json = {}

    def report(self) -> Json:
        """As the module returns it, for example ``{"action": "recreate", "because": ["env"]}``."""
        reasons = {"because": list(self.because)} if self.because else {}
        return {"action": self.kind, **reasons, **self.detail}


class Plan(t.NamedTuple):
    """The actions in their order, and the options that stay different because ``recreate`` is ``never``."""

    actions: tuple[Action, ...] = ()
    kept: tuple[str, ...] = ()


def plan(
    request: Request,
    status: str | None,
    differences: t.Sequence[Difference] = (),
    given: t.Mapping[str, t.Any] | None = None,
) -> Plan:
    """What to do with one container.

    :param status: ``State.Status`` of the container, ``None`` when there is none.
    :param given: the wanted options, for the report of a new one; ``None`` without an image to create one of.
    """
    if request.state == "absent":
        return Plan() if status is None else Plan((_moved("remove", status, "absent"),))
    if status is None:
        return Plan(_from_nothing(request, given or {}))
    forcing = [difference for difference in differences if difference.how == "recreate"]
    kept: tuple[str, ...] = ()
    if request.recreate == "never":
        kept, forcing = tuple(sorted(difference.option for difference in forcing)), []
    if forcing or (request.recreate == "always" and given is not None) or (status == BROKEN and given is not None):
        return Plan(_anew(request, status, differences))
    return Plan((*_in_place(differences), *_run_state(request, status)), kept)


def explain_restart(todo: Plan, options: t.Sequence[str]) -> Plan:
    """The plan with the reason why a container is restarted after the one that it lives in.

    Who shares a process id namespace may have ended with it already, so that a start is what is left of the restart.

    :param options: those that name the other container, such as ``network_mode``.
    """
    restarts = ("restart", "start") if "pid_mode" in options else ("restart",)
    running = {"state": "running"}
    return todo._replace(
        actions=tuple(
            Action("restart", tuple(options), running, running) if action.kind in restarts else action
            for action in todo.actions
        )
    )


def _moved(kind: str, before: str, after: str) -> Action:
    return Action(kind, before={"state": before}, after={"state": after})


def _from_nothing(request: Request, given: t.Mapping[str, t.Any]) -> tuple[Action, ...]:
    nothing = dict.fromkeys(given)
    actions = [Action("create", before={**nothing, "state": "absent"}, after={**given, "state": "created"})]
    if request.running:
        actions.append(_moved("start", "created", "running"))
        if request.paused:
            actions.append(_moved("pause", "running", "paused"))
    return tuple(actions)


def _anew(request: Request, status: str, differences: t.Sequence[Difference]) -> tuple[Action, ...]:
    """Replace; it then runs if that is wanted, or if it did and ``present`` is."""
    reasons = tuple(sorted(difference.option for difference in differences if difference.how == "recreate"))
    if not reasons:
        reasons = ("state",) if status == BROKEN else ("recreate",)
    keeps = request.state == "present" and status in ACTIVE
    runs = request.running or keeps
    action = Action(
        "recreate",
        reasons,
        {**{difference.option: difference.before for difference in differences}, "state": status},
        {
            **{difference.option: difference.after for difference in differences},
            "state": "running" if runs else "created",
        },
    )
    paused = (request.paused and request.running) or (keeps and status == "paused")
    return (action, _moved("pause", "running", "paused")) if paused else (action,)


def _in_place(differences: t.Sequence[Difference]) -> t.Iterator[Action]:
    for kind, how in (("update", "update"), ("networks", "network")):
        chosen = sorted((item for item in differences if item.how == how), key=lambda item: item.option)
        if chosen:
            yield Action(
                kind,
                tuple(item.option for item in chosen),
                {item.option: item.before for item in chosen},
                {item.option: item.after for item in chosen},
            )


def _run_state(request: Request, status: str) -> t.Iterator[Action]:
    if request.state == "stopped":
        if status in ACTIVE:
            yield _moved("stop", status, "exited")
        return
    if status not in ACTIVE:
        if not request.running:
            return
        yield _moved("start", status, "running")
    elif request.restart:
        yield _moved("restart", status, "running")
    elif status == "paused" and request.running and not request.paused:
        yield _moved("unpause", "paused", "running")
    elif status == "paused":
        return
    if request.paused and request.running:
        yield _moved("pause", "running", "paused")


def difference_of(actions: t.Iterable[Action]) -> Json:
    """For every key what it was before the first action and after the last one."""
    before: Json = {}
    after: Json = {}
    for action in actions:
        for key, value in action.before.items():
            before.setdefault(key, value)
        after.update(action.after)
    same = [key for key in before if before[key] == after.get(key)]
    # What ends equal (restarted: running before and after) says nothing, unless it is all there is.
    if len(same) < len(before):
        for key in same:
            del before[key], after[key]
    return {"before": before, "after": after}


class Ledger:
    """What was done or, in check mode, would be; every change goes through :meth:`do`."""

    def __init__(self, check: bool) -> None:
        self.check = check
        self.actions: list[Action] = []

    def do(self, action: Action, deed: t.Callable[[], Value]) -> Value | None:
        """Do it, unless in check mode, and write it down."""
        result = None if self.check else deed()
        self.actions.append(action)
        return result

    def report(self) -> Json:
        """``changed``, ``actions`` and ``diff``, all from the same data."""
        return {
            "changed": bool(self.actions),
            "actions": [action.report() for action in self.actions],
            "diff": difference_of(self.actions),
        }
