# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring existing containers into a state of running, without a look at their options.

:func:`decide` is pure: what has to be done to a container of this status. The rest does it, waits, and tells.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import time
import typing as t

from . import _lock
from ._argspec import ArgSpec
from ._deadline import Deadline, poll
from ._engine.client import Daemon
from ._errors import Conflict, EngineError, Failed, InvalidInput, StevedoreError, TimedOut
from ._health import health_of, last_lines
from ._notation.signals import parse_signal
from ._parallel import raise_failures, run_parallel
from ._selection import Selection, name_of, select, state_conflict
from ._task import Task
from ._tenants import tenants, warning
from ._types import Json

STATE = ArgSpec(
    options={
        "parallel": {"type": "int", "default": 8},
        "signal": {"type": "str"},
        "state": {
            "type": "str",
            "required": True,
            "choices": ["killed", "paused", "restarted", "started", "stopped", "unpaused"],
        },
        "stop_timeout": {"type": "int"},
        "wait_for": {"type": "str", "choices": ["exited", "healthy", "running"]},
        "wait_timeout": {"type": "float", "default": 60.0},
    },
    mutually_exclusive=(("name", "filters"),),
    required_one_of=(("name", "filters"),),
)

# What each status needs for each state; a status that is not named needs nothing, "" is a status that cannot get there.
# An engine says of a restarting container that it runs; of a paused one too. Starting a paused one is refused
# ("try unpause instead"), so that is what is done.
STEPS: dict[str, dict[str, str]] = {
    "started": {"created": "start", "exited": "start", "paused": "unpause", "dead": "", "removing": ""},
    "stopped": {"running": "stop", "paused": "stop", "restarting": "stop"},
    "restarted": {
        **dict.fromkeys(("created", "exited", "paused", "restarting", "running"), "restart"),
        **dict.fromkeys(("dead", "removing"), ""),
    },
    "paused": {"running": "pause", **dict.fromkeys(("created", "dead", "exited", "removing", "restarting"), "")},
    "unpaused": {"paused": "unpause"},
    "killed": {"running": "kill", "paused": "kill", "restarting": "kill"},
}
RESULTING = {"start": "running", "stop": "exited", "restart": "running", "pause": "paused", "unpause": "running"}
# These ask a process to end, so that one which has ended needs none of them; any other signal wants a listener.
ENDING = ("ABRT", "INT", "KILL", "QUIT", "TERM")
# What can never come true after the state was reached.
SENSELESS = {
    ("stopped", "running"),
    ("stopped", "healthy"),
    ("paused", "exited"),
    ("paused", "healthy"),
    ("paused", "running"),
}
# "Running" is believed after so many seconds, as a container with a wrong command starts and dies.
SETTLED = 1.0


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked of every container."""

    state: str
    signal: str | None = None
    stop_timeout: int | None = None
    wait_for: str | None = None
    wait_timeout: float = 60.0


@dataclasses.dataclass(frozen=True)
class Done:
    """What became of one container. ``after`` is ``None`` when it removed itself."""

    step: str | None
    before: Json
    after: Json | None
    exit_code: int | None = None
    took: float = 0.0


def report(daemon: Daemon, params: Json, check: bool, warn: t.Callable[[str], None]) -> Json:
    """Bring all chosen containers there; the module's result.

    :raises StevedoreError: one of them did not get there.
    """
    wish = parse(params)
    selection = _chosen(daemon, params, wish)
    documents = selection.require_all()
    for document in documents:
        preflight(document, wish)
    for text in _warnings(daemon, wish, documents):
        warn(text)
    outcomes = [
        *run_parallel(documents, functools.partial(bring, daemon, wish, check, warn), params["parallel"]),
        *selection.broken,
    ]
    rows = []
    for outcome in outcomes:
        head: Json = {"name": name_of(outcome.item), "id": outcome.item["Id"]}
        if outcome.error is not None:
            rows.append({**head, "changed": False, **outcome.error.details, **_failure(outcome.error)})
        elif outcome.value is not None:
            rows.append({**head, **_row(outcome.value)})
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


def _warnings(daemon: Daemon, wish: Wish, documents: t.Sequence[Json]) -> list[str]:
    """Who else loses a namespace by this."""
    steps = {name_of(one): decide(one["State"]["Status"], wish) for one in documents if one["State"]["Running"]}
    kinds = {name: "restart" if step == "restart" else "stop" for name, step in steps.items() if _loses(step, wish)}
    if not kinds:
        return []
    known = tenants(daemon)
    found = (
        warning(known, one["Id"], name_of(one), kinds[name_of(one)], steps)
        for one in documents
        if name_of(one) in kinds
    )
    return [text for text in found if text is not None]


def _loses(step: str | None, wish: Wish) -> bool:
    return step == "restart" or _ends(step, wish)


def _chosen(daemon: Daemon, params: Json, wish: Wish) -> Selection:
    names, filters = params["name"], params["filters"]
    chosen = select(daemon, names, filters)
    waited = [_lock.await_release(daemon, name, wish.wait_timeout) for name in chosen.missing]
    if any(waited):
        # Its name was between two containers.
        chosen = select(daemon, names, filters)
    if names is not None:
        return chosen
    # The halves of a replacement match filters too, but to start one that was retired is to run both.
    whole = [document for document in chosen.found if _lock.base_name(name_of(document)) == name_of(document)]
    return dataclasses.replace(chosen, found=tuple(whole))


def parse(params: Json) -> Wish:
    """:raises InvalidInput: the options cannot be right together."""
    state, wait_for = params["state"], params["wait_for"]
    if (state, wait_for) in SENSELESS:
        raise InvalidInput(f"A container that is {state} is never {wait_for}: leave wait_for out.")
    if params["signal"] is not None and state not in ("killed", "restarted", "stopped"):
        raise InvalidInput(f"signal is for killed, stopped and restarted; nothing is sent to make a container {state}.")
    if params["stop_timeout"] is not None and state not in ("restarted", "stopped"):
        raise InvalidInput("stop_timeout is for stopped and restarted.")
    signal = None if params["signal"] is None else signal_name(params["signal"])
    return Wish(state, signal, params["stop_timeout"], wait_for, params["wait_timeout"])


def signal_name(text: str) -> str:
    """``SIGHUP``, ``hup`` and ``1`` are all ``HUP``; ``RTMIN+3`` stays.

    :raises InvalidInput: Linux has no such signal.
    """
    try:
        return parse_signal(text)[len("SIG") :]
    except ValueError as error:
        raise InvalidInput(f"signal: {error}; 'kill -l' lists what there is.", object="signal") from error


def preflight(document: Json, wish: Wish) -> None:
    """:raises InvalidInput: ``wait_for`` can never come true for this container."""
    test = ((document["Config"].get("Healthcheck") or {}).get("Test")) or ["NONE"]
    if wish.wait_for == "healthy" and test[0] == "NONE":
        raise InvalidInput(
            f"Container {name_of(document)} has no healthcheck, so it never gets healthy: wait for running instead.",
            object=f"container {name_of(document)}",
        )


def decide(status: str, wish: Wish) -> str | None:
    """The step to take, or ``None``; ``""``: there is no way."""
    step = STEPS[wish.state].get(status)
    if step is None and wish.state == "killed" and (wish.signal or "KILL") not in ENDING:
        return ""
    return step


def bring(daemon: Daemon, wish: Wish, check: bool, warn: t.Callable[[str], None], document: Json) -> Done:
    """One container into the state that is wished, and wait as wished.

    :raises Conflict: there is no way from where it is, or another run is changing it.
    :raises TimedOut: ``wait_for`` did not come true.
    """
    begun = time.monotonic()
    about = f"container {name_of(document)}"
    with _alone(daemon, wish, check, warn, document) as document:
        step = decide(document["State"]["Status"], wish)
        if step == "":
            raise _no_way(document, wish)
        before, exit_code = describe(document), None
        if step is not None and not check:
            step, exit_code = _take(daemon, document, wish, step, about)
    if check:
        expected = (
            "exited" if wish.wait_for == "exited" or _ends(step, wish) else RESULTING.get(step or "", before["status"])
        )
        return Done(step, before, {**before, "status": expected} if step else before)
    try:
        after = _wait(daemon, document, wish) if wish.wait_for else daemon.find_container(document["Id"])
    except StevedoreError as error:
        seen = daemon.find_container(document["Id"])
        done = Done(step, before, describe(seen) if seen else None, exit_code, time.monotonic() - begun)
        error.details.update(_row(done))
        raise
    if after is not None and exit_code is None and before["running"] and not after["State"]["Running"]:
        exit_code = after["State"]["ExitCode"]
    if wish.wait_for == "exited" and after is not None and exit_code is None:
        exit_code = after["State"]["ExitCode"]
    return Done(step, before, describe(after) if after else None, exit_code, time.monotonic() - begun)


@contextlib.contextmanager
def _alone(daemon: Daemon, wish: Wish, check: bool, warn: t.Callable[[str], None], document: Json) -> t.Iterator[Json]:
    """Nobody else changes the container in the block; its document, as it then is.

    :raises Conflict: another run is changing it.
    """
    name, timeout = name_of(document), wish.wait_timeout
    if not decide(document["State"]["Status"], wish):
        yield document
    elif check:
        yield daemon.container(name) if _lock.await_release(daemon, _lock.base_name(name), timeout) else document
    else:
        with _lock.lock(daemon, _lock.base_name(name), wish.state, timeout=timeout, warn=warn):
            # Another run may have replaced it.
            yield daemon.container(name)


def describe(document: Json) -> Json:
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
        "started_at": _moment(state.get("StartedAt")),
        "finished_at": _moment(state.get("FinishedAt")),
    }


def _moment(text: str | None) -> str | None:
    """The engine's "never" is the year 1."""
    return None if not text or text.startswith("0001-") else text


def _ends(step: str | None, wish: Wish) -> bool:
    return step == "stop" or (step == "kill" and (wish.signal or "KILL") in ENDING)


def _take(daemon: Daemon, document: Json, wish: Wish, step: str, about: str) -> tuple[str | None, int | None]:
    """Take the step: the step, or ``None`` when nothing had to be done after all, and the exit code of what ended.

    The exit code is heard from the engine, not read afterwards: after a restart, and of a container that removes itself,
    there is none to be read. Before 23.0 (API 1.42) the engine itself reads it after the end, which may be that of the
    next start, so that of a restart is not known there (20.10.24: 0 instead of 7, now and then).
    """
    path = f"/containers/{document['Id']}"
    certain = (
        step == "stop"
        or (step == "restart" and daemon.api_version >= (1, 42))
        or (step == "kill" and wish.signal in (None, "KILL", "9"))
    )
    if not certain or document["State"]["Status"] == "restarting" or not document["State"]["Running"]:
        return (step if _send(daemon, document, wish, step, about) else None), None
    with daemon.stream("POST", f"{path}/wait", params={"condition": "next-exit"}, about=about) as ended:
        if not _send(daemon, document, wish, step, about):
            return None, None
        return step, int(json.loads(b"".join(ended.chunks()))["StatusCode"])


def _send(daemon: Daemon, document: Json, wish: Wish, step: str, about: str) -> bool:
    """One request; false when the engine says that it is so already."""
    path = f"/containers/{document['Id']}/{step}"
    params: Json = {}
    sent = False
    if step == "kill":
        params["signal"] = wish.signal or "KILL"
    if step in ("stop", "restart"):
        params["t"] = wish.stop_timeout
        if wish.signal and daemon.api_version >= (1, 42):
            params["signal"] = wish.signal
        elif wish.signal:
            sent = _signal_first(daemon, document, wish, about)
            params["t"] = 0
    try:
        return daemon.post_status(path, params=params, patient=True, about=about) != 304 or sent
    except (Conflict, EngineError):
        # Somebody was quicker: "already paused" is a 409, "not paused" a 500, "not running" a 409.
        now = daemon.container(document["Id"])["State"]["Status"]
        if decide(now, wish) is None:
            return False
        raise


def _signal_first(daemon: Daemon, document: Json, wish: Wish, about: str) -> bool:
    """Before API 1.42 the engine stops with the container's own signal only: send ours, and wait as stop would.

    :returns: whether the container ran and was sent the signal.
    """
    identity = document["Id"]
    try:
        daemon.post(f"/containers/{identity}/kill", params={"signal": wish.signal}, about=about)
    except (Conflict, EngineError):
        return False  # not running any more; stop will tell
    own = document["Config"].get("StopTimeout")
    patience = wish.stop_timeout if wish.stop_timeout is not None else 10 if own is None else own
    poll(
        lambda: daemon.find_container(identity),
        lambda seen: seen is None or not seen["State"]["Running"] or seen["State"]["Restarting"],
        Deadline(None if patience < 0 else patience),
    )
    return True


def _wait(daemon: Daemon, document: Json, wish: Wish) -> Json | None:
    """Wait for what is wished; the last inspect document, ``None`` of a container that removed itself."""
    name, identity = name_of(document), document["Id"]
    awaited = {"exited": _exited, "healthy": _healthy, "running": _running}[wish.wait_for or ""]
    # One that ran before this task has settled; what we have started has to prove itself.
    since: dict[str, float] = {document["State"]["StartedAt"]: time.monotonic() - SETTLED}

    def look() -> Json | None:
        seen = daemon.find_container(identity)
        if seen is not None:
            since.setdefault(seen["State"]["StartedAt"], time.monotonic())
        return seen

    def settled(seen: Json | None) -> bool:
        return seen is None or awaited(seen, time.monotonic() - since[seen["State"]["StartedAt"]]) is not None

    seen = poll(look, settled, Deadline(wish.wait_timeout))
    if seen is None:
        if wish.wait_for == "exited":
            return None
        raise Failed(
            f"Container {name} ended and removed itself instead of being {wish.wait_for}.", object=f"container {name}"
        )
    verdict = awaited(seen, time.monotonic() - since[seen["State"]["StartedAt"]])
    if verdict:
        return seen
    lines = last_lines(daemon, seen)
    said = f" Its last lines: {lines}" if lines else " It said nothing."
    if verdict is None:
        now = health_of(seen) if wish.wait_for == "healthy" and health_of(seen) else seen["State"]["Status"]
        raise TimedOut(
            f"Container {name} is not {wish.wait_for} after {wish.wait_timeout:g} s, but {now}: raise wait_timeout, or "
            f"look after it.{said}",
            object=f"container {name}",
        )
    raise Failed(
        f"Container {name} ended with code {seen['State']['ExitCode']} instead of being {wish.wait_for}.{said}",
        object=f"container {name}",
    )


# Whether it is so: yes, never any more, or (None) not yet.


def _exited(document: Json, _seconds: float) -> bool | None:
    return None if document["State"]["Running"] else True


def _healthy(document: Json, _seconds: float) -> bool | None:
    # An unhealthy container may get well again; the time decides.
    return True if health_of(document) == "healthy" and document["State"]["Running"] else _gone(document)


def _running(document: Json, seconds: float) -> bool | None:
    if document["State"]["Status"] == "running":
        return True if seconds >= SETTLED else None
    return _gone(document)


def _gone(document: Json) -> bool | None:
    return False if document["State"]["Status"] in ("created", "dead", "exited", "removing") else None


def _no_way(document: Json, wish: Wish) -> Conflict:
    what = f"sent {wish.signal}" if wish.state == "killed" else wish.state
    return state_conflict(document, f"and cannot be {what}")


def _row(done: Done) -> Json:
    return {
        "changed": done.step is not None,
        "action": done.step,
        "before": done.before,
        "after": done.after or {"status": "removed", "running": False},
        "exit_code": done.exit_code,
        "took": round(done.took, 3),
    }


def _failure(error: StevedoreError) -> Json:
    return {"failure": error.failure(), "msg": error.msg}


def run(task: Task) -> Json:
    """The task of ``container_state``; see :func:`report`."""
    return report(task.daemon, task.params, task.check_mode, task.warn)
