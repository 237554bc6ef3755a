# SPDX-License-Identifier: GPL-3.0-or-later

"""Performs the actions of a plan."""

from __future__ import annotations

import contextlib
import functools
import json
import time
import typing as t

from .. import _health
from .._container.differences import find_endpoint_changes
from .._container.engine_info import EngineInfo
from .._container.option import NameLookup
from .._container.request_bodies import update_body
from .._container.wanted import WantedContainer
from .._engine import containers
from .._engine.body import Body
from .._engine.client import Daemon
from .._errors import StevedoreError
from .._types import Json
from . import recovery
from .plan import Action, Ledger, Request
from .replace import Successor, discard, replace, undo

if t.TYPE_CHECKING:
    from .foreground import Ended, Foreground


def settle(
    ledger: Ledger, daemon: Daemon, request: Request, left: recovery.Traces, current: Json | None, timeout: float | None
) -> Json | None:
    """Finish or undo a replacement that was broken off; what the document of the name then says, or in check mode
    would.

    :param current: the document of what has the name now.
    """
    name, about = request.name, f"container {request.name}"
    health = None if current is None else _health.health_of(current)
    verdict = recovery.verdict(name, left, health)
    if verdict == "prove" and request.state != "absent" and not ledger.check and current is not None:
        try:
            _health.until_well(
                daemon,
                current["Id"],
                name,
                healthy=request.state == "healthy",
                timeout=timeout,
                settle=_health.SETTLED,
                earlier=_health.restarts(current),
            )
        except StevedoreError:
            verdict = "undo"
    if left.old is None or verdict != "undo":
        gone = left.new if left.old is None else left.old
        how = "undone" if left.old is None else "finished"
        identity = t.cast("Json", gone)["Id"]
        ledger.do(
            _recovered(how), functools.partial(containers.remove, daemon, identity, about, volumes=left.old is None)
        )
        return current
    old = daemon.container(left.old["Id"])
    successor = left.successor
    heir = None if successor is None else str(successor["Id"])
    # What is to be stopped or removed is not started first.
    was = "exited" if request.state in ("absent", "stopped") else left.was
    ledger.do(_recovered("undone"), functools.partial(undo, daemon, name, old, heir, was, left.policy))
    if ledger.check:
        status = old["State"]["Status"] if was == "exited" else was
        return {
            **recovery.with_policy(old, left.policy),
            "Name": f"/{name}",
            "State": {**old["State"], "Status": status},
        }
    return daemon.find_container(name)


def _recovered(how: str) -> Action:
    return Action("recover", before={"replacement": "broken off"}, after={"replacement": how}, detail={"how": how})


class Order(t.NamedTuple):
    """All that performing a plan takes.

    :ivar document: the container that is there; ``own_image``: its image.
    :ivar successor: the container as it would be created; ``None`` without an image.
    :ivar names: turns a container's id into its name.
    :ivar how: to stop it.
    :ivar stable_for: seconds that it must have run where no healthcheck is asked.
    :ivar sleep: lets others work meanwhile.
    """

    request: Request
    engine: EngineInfo
    document: Json | None = None
    wanted: WantedContainer | None = None
    successor: Successor | None = None
    own_image: Json | None = None
    names: NameLookup = str
    keep_volumes: bool = True
    rollback: bool = True
    wait_timeout: float | None = None
    stable_for: float = 3
    sleep: t.Callable[[float], None] = time.sleep
    foreground: Foreground | None = None
    how: containers.Stop = containers.AS_CONFIGURED


class Performer:
    """Performs actions; each method below is named after a kind of them."""

    def __init__(self, daemon: Daemon, order: Order) -> None:
        self._daemon = daemon
        self._order = order
        self._about = f"container {order.request.name}"
        self._fresh = False
        self._proven = False
        self._started = False
        self._open = contextlib.ExitStack()
        self._exit: Body | None = None
        self.ended: Ended | None = None
        self.identity: str = "" if order.document is None else str(order.document["Id"])

    def perform(self, action: Action) -> None:
        getattr(self, action.kind)(action)

    def wait(self) -> None:
        """Wait until it is well: for health, or what this task started for some seconds."""
        request = self._order.request
        healthy = request.state == "healthy"
        watched = self._started and not request.paused and self._order.foreground is None
        if not self._proven and (healthy or watched):
            self._prove(self.identity, healthy=healthy)

    def _prove(self, identity: str, healthy: bool) -> None:
        order = self._order
        try:
            _health.until_well(
                self._daemon,
                identity,
                order.request.name,
                healthy=healthy,
                timeout=order.wait_timeout,
                settle=order.stable_for if self._started else 0,
                earlier=0 if self._started or order.document is None else _health.restarts(order.document),
                sleep=order.sleep,
            )
        except _health.Gone:
            if healthy or self._exit_code() != 0:
                raise
        finally:
            self.close()
        self._proven = True

    def _exit_code(self) -> int | None:
        """Of one that removed itself."""
        return None if self._exit is None else int(json.loads(b"".join(self._exit.chunks()))["StatusCode"])

    def close(self) -> None:
        self._open.close()
        self._exit = None

    def _begin(self, identity: str) -> None:
        if self._order.foreground is not None:
            self._order.foreground.start(identity)
        else:
            self._listen(identity)
            containers.act(self._daemon, identity, "start", self._about)
        self._started = True

    def _listen(self, identity: str) -> None:
        """The exit code of one that removes itself can only be heard."""
        self.close()
        order = self._order
        known = order.successor.body if order.successor is not None else order.document or {}
        if (known.get("HostConfig") or {}).get("AutoRemove"):
            path, params = f"/containers/{identity}/wait", {"condition": "next-exit"}
            self._exit = self._open.enter_context(self._daemon.stream("POST", path, params=params, about=self._about))

    @property
    def _successor(self) -> Successor:
        return t.cast("Successor", self._order.successor)

    # -- the actions -------------------------------------------------------------------------------------------

    def create(self, action: Action) -> None:
        new = self._successor
        self.identity = containers.create(self._daemon, new.name, new.body, new.endpoints, new.platform)
        self._fresh = True

    def recreate(self, action: Action) -> None:
        order = self._order

        def start(identity: str) -> None:
            self._begin(identity)
            if order.foreground is None:
                self._prove(identity, healthy=order.request.state == "healthy")
            else:
                # The old one is kept until the new one has done its work.
                self.ended = order.foreground.finish()
                self.ended.check(order.request.name)

        self.identity = replace(
            self._daemon,
            t.cast("Json", order.document),
            self._successor,
            start if action.after["state"] == "running" else None,
            keep_volumes=order.keep_volumes,
            rollback=order.rollback,
            how=order.how,
        )

    def update(self, action: Action) -> None:
        wanted = t.cast("WantedContainer", self._order.wanted)
        body = update_body(wanted, action.because, self._order.engine)
        containers.update(self._daemon, self.identity, body, self._about)

    def networks(self, action: Action) -> None:
        order = self._order
        join, leave = find_endpoint_changes(
            t.cast("WantedContainer", order.wanted),
            t.cast("Json", order.document),
            order.engine,
            image=order.own_image,
            names=order.names,
        )
        present = action.before["networks"]
        rewire(self._daemon, self.identity, join, {network: present[network] for network in leave})

    def start(self, action: Action) -> None:
        try:
            self._begin(self.identity)
        except StevedoreError:
            if self._fresh and self._order.rollback:
                # Nothing was there before: leave nothing behind.
                containers.remove_failed(self._daemon, self.identity, self._about)
            raise

    def remove(self, action: Action) -> None:
        if self._order.keep_volumes:
            containers.remove(self._daemon, self.identity, self._about, how=self._order.how)
        else:
            discard(self._daemon, t.cast("Json", self._order.document), self._about, self._order.how)

    def stop(self, action: Action) -> None:
        containers.stop(self._daemon, self.identity, self._about, self._order.how)

    def _simple(self, action: Action) -> None:
        containers.act(self._daemon, self.identity, action.kind, self._about)

    pause = unpause = _simple

    def restart(self, action: Action) -> None:
        self._simple(action)
        self._started = True


def rewire(daemon: Daemon, identity: str, join: t.Mapping[str, Json], leave: t.Mapping[str, Json]) -> None:
    """Leave networks (with their present settings), then join others; on a failure, go back."""
    left: list[str] = []
    joined: list[str] = []
    try:
        for network in leave:
            containers.disconnect(daemon, identity, network)
            left.append(network)
        for network in join:
            containers.connect(daemon, identity, network, join[network])
            joined.append(network)
    except StevedoreError:
        for network in joined:
            containers.disconnect(daemon, identity, network)
        for network in left:
            containers.connect(daemon, identity, network, leave[network])
        raise
