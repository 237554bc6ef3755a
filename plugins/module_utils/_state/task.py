# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring existing containers into a state of running, without a look at their options.

For each container: the step that its status needs (``steps``), the request (``requests``), the wait (``wait``).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
import typing as t

from .. import _lock
from .._engine.client import Daemon
from .._errors import Conflict, StevedoreError
from .._health import health_of
from .._parallel import raise_failures, run_parallel
from .._selection import Selection, name_of, select, state_conflict
from .._task import Task
from .._tenants import tenants, warning
from .._types import Json
from .options import StateOptions, refuse_endless_wait
from .requests import take_step
from .steps import RESULTING, choose_step, ends_process
from .wait import wait_for_condition


@dataclasses.dataclass(frozen=True)
class StateChange:
    """What became of one container. ``after`` is ``None`` when it removed itself.

    :ivar took: in seconds.
    """

    step: str | None
    before: Json
    after: Json | None
    exit_code: int | None = None
    took: float = 0.0


def run(task: Task) -> Json:
    """Bring all chosen containers into the state.

    :raises StevedoreError: one of them did not get there.
    """
    daemon, check, params = task.daemon, task.check_mode, task.params
    options = StateOptions.from_params(params)
    selection = _select_containers(daemon, params, options)
    documents = selection.require_all()
    for document in documents:
        refuse_endless_wait(document, options)
    for text in _tenant_warnings(daemon, options, documents):
        task.warn(text)
    outcomes = [
        *run_parallel(
            documents, functools.partial(change_state, daemon, options, check, task.warn), params["parallel"]
        ),
        *selection.broken,
    ]
    rows = []
    for outcome in outcomes:
        head: Json = {"name": name_of(outcome.item), "id": outcome.item["Id"]}
        if outcome.error is not None:
            failure = {"failure": outcome.error.failure(), "msg": outcome.error.msg}
            rows.append({**head, "changed": False, **outcome.error.details, **failure})
        elif outcome.value is not None:
            rows.append({**head, **_result_fields(outcome.value)})
    diff = {
        when: "".join(f"{row['name']}: {row[when]['status']}\n" for row in rows if row["changed"] and row.get(when))
        for when in ("before", "after")
    }
    summary = {"changed": any(row["changed"] for row in rows), "containers": rows, "diff": diff}
    if len(rows) == 1:
        summary["container"] = rows[0]
    for outcome in outcomes:
        if outcome.error is not None:
            outcome.error.details.clear()  # they are in its row
    raise_failures((outcome.error for outcome in outcomes), len(rows), summary)
    return summary


def _tenant_warnings(daemon: Daemon, options: StateOptions, documents: t.Sequence[Json]) -> list[str]:
    """Who else loses a namespace by this."""
    steps = {name_of(one): choose_step(one["State"]["Status"], options) for one in documents if one["State"]["Running"]}
    kinds = {
        name: "restart" if step == "restart" else "stop"
        for name, step in steps.items()
        if step == "restart" or ends_process(step, options)
    }
    if not kinds:
        return []
    known = tenants(daemon)
    found = (
        warning(known, one["Id"], name_of(one), kinds[name_of(one)], steps)
        for one in documents
        if name_of(one) in kinds
    )
    return [text for text in found if text is not None]


def _select_containers(daemon: Daemon, params: Json, options: StateOptions) -> Selection:
    names, filters = params["name"], params["filters"]
    chosen = select(daemon, names, filters)
    waited = [_lock.await_release(daemon, name, options.wait_timeout) for name in chosen.missing]
    if any(waited):
        # Its name was between two containers.
        chosen = select(daemon, names, filters)
    if names is not None:
        return chosen
    # The halves of a replacement match filters too, but to start one that was retired is to run both.
    whole = [document for document in chosen.found if _lock.base_name(name_of(document)) == name_of(document)]
    return dataclasses.replace(chosen, found=tuple(whole))


def change_state(
    daemon: Daemon, options: StateOptions, check: bool, warn: t.Callable[[str], None], document: Json
) -> StateChange:
    """Bring one container into the state, and wait.

    :raises Conflict: there is no way from where it is, or another run is changing it.
    :raises TimedOut: ``wait_for`` did not come true.
    """
    begun = time.monotonic()
    about = f"container {name_of(document)}"
    with _hold_lock(daemon, options, check, warn, document) as document:
        step = choose_step(document["State"]["Status"], options)
        if step == "":
            raise _impossible(document, options)
        before, exit_code = describe_state(document), None
        if step is not None and not check:
            step, exit_code = take_step(daemon, document, options, step, about)
    if check:
        expected = (
            "exited"
            if options.wait_for == "exited" or ends_process(step, options)
            else RESULTING.get(step or "", before["status"])
        )
        return StateChange(step, before, {**before, "status": expected} if step else before)
    try:
        after = (
            wait_for_condition(daemon, document, options) if options.wait_for else daemon.find_container(document["Id"])
        )
    except StevedoreError as error:
        found = daemon.find_container(document["Id"])
        change = StateChange(
            step, before, describe_state(found) if found else None, exit_code, time.monotonic() - begun
        )
        error.details.update(_result_fields(change))
        raise
    if after is not None and exit_code is None and before["running"] and not after["State"]["Running"]:
        exit_code = after["State"]["ExitCode"]
    if options.wait_for == "exited" and after is not None and exit_code is None:
        exit_code = after["State"]["ExitCode"]
    return StateChange(step, before, describe_state(after) if after else None, exit_code, time.monotonic() - begun)


@contextlib.contextmanager
def _hold_lock(
    daemon: Daemon, options: StateOptions, check: bool, warn: t.Callable[[str], None], document: Json
) -> t.Iterator[Json]:
    """Nobody else changes the container in the block; its document, as it then is.

    :raises Conflict: another run is changing it.
    """
    name, timeout = name_of(document), options.wait_timeout
    if not choose_step(document["State"]["Status"], options):
        yield document
    elif check:
        yield daemon.container(name) if _lock.await_release(daemon, _lock.base_name(name), timeout) else document
    else:
        with _lock.lock(daemon, _lock.base_name(name), options.state, timeout=timeout, warn=warn):
            # Another run may have replaced it.
            yield daemon.container(name)


def describe_state(document: Json) -> Json:
    """The container's state in short."""
    state = document["State"]
    return {
        "status": state["Status"],
        "running": bool(state["Running"]),
        "paused": bool(state["Paused"]),
        "health": health_of(document),
        "pid": state.get("Pid") or None,
        "exit_code": None if state["Running"] or state["Status"] == "created" else state["ExitCode"],
        "oom_killed": bool(state.get("OOMKilled")),
        "started_at": _time(state.get("StartedAt")),
        "finished_at": _time(state.get("FinishedAt")),
    }


def _time(text: str | None) -> str | None:
    """The engine's "never" is the year 1."""
    return None if not text or text.startswith("0001-") else text


def _impossible(document: Json, options: StateOptions) -> Conflict:
    what = f"sent {options.signal}" if options.state == "killed" else options.state
    return state_conflict(document, f"and cannot be {what}")


def _result_fields(change: StateChange) -> Json:
    return {
        "changed": change.step is not None,
        "action": change.step,
        "before": change.before,
        "after": change.after or {"status": "removed", "running": False},
        "exit_code": change.exit_code,
        "took": round(change.took, 3),
    }
