# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the actions of a plan."""

from __future__ import annotations

import contextlib
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
from .foreground import Ended, Foreground
from .plan import Action, Request
from .replace import Successor, discard, replace


class ActionContext(t.NamedTuple):
    """What the actions of a plan need to know.

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


class ActionRunner:
    """Does the actions of a plan."""

    def __init__(self, daemon: Daemon, context: ActionContext) -> None:
        self._daemon = daemon
        self._context = context
        self._about = f"container {context.request.name}"
        self._created = False
        self._proven = False
        self._started = False
        self._open = contextlib.ExitStack()
        self._exit: Body | None = None
        self.ended: Ended | None = None
        self.identity: str = "" if context.document is None else str(context.document["Id"])

    def perform(self, action: Action) -> None:
        actions: dict[str, t.Callable[[Action], None]] = {
            "create": self._create,
            "networks": self._change_networks,
            "pause": self._request,
            "recreate": self._recreate,
            "remove": self._remove,
            "restart": self._restart,
            "start": self._start,
            "stop": self._stop,
            "unpause": self._request,
            "update": self._update,
        }
        actions[action.kind](action)

    def wait_until_proven(self) -> None:
        """Wait until it is well: for health, or what this task started for some seconds."""
        request = self._context.request
        healthy = request.state == "healthy"
        watched = self._started and not request.paused and self._context.foreground is None
        if not self._proven and (healthy or watched):
            self._prove(self.identity, healthy=healthy)

    def _prove(self, identity: str, healthy: bool) -> None:
        context = self._context
        try:
            _health.until_well(
                self._daemon,
                identity,
                context.request.name,
                healthy=healthy,
                timeout=context.wait_timeout,
                settle=context.stable_for if self._started else 0,
                earlier=0 if self._started or context.document is None else _health.restarts(context.document),
                sleep=context.sleep,
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

    def _start_process(self, identity: str) -> None:
        if self._context.foreground is not None:
            self._context.foreground.start(identity)
        else:
            self._listen_for_exit(identity)
            containers.act(self._daemon, identity, "start", self._about)
        self._started = True

    def _listen_for_exit(self, identity: str) -> None:
        """The exit code of one that removes itself can only be heard."""
        self.close()
        context = self._context
        known = context.successor.body if context.successor is not None else context.document or {}
        if (known.get("HostConfig") or {}).get("AutoRemove"):
            path, params = f"/containers/{identity}/wait", {"condition": "next-exit"}
            self._exit = self._open.enter_context(self._daemon.stream("POST", path, params=params, about=self._about))

    @property
    def _successor(self) -> Successor:
        return t.cast("Successor", self._context.successor)

    # -- the actions -------------------------------------------------------------------------------------------

    def _create(self, action: Action) -> None:
        new = self._successor
        self.identity = containers.create(self._daemon, new.name, new.body, new.endpoints, new.platform)
        self._created = True

    def _recreate(self, action: Action) -> None:
        context = self._context

        def start(identity: str) -> None:
            self._start_process(identity)
            if context.foreground is None:
                self._prove(identity, healthy=context.request.state == "healthy")
            else:
                # The old one is kept until the new one has done its work.
                self.ended = context.foreground.finish()
                self.ended.check(context.request.name)

        self.identity = replace(
            self._daemon,
            t.cast("Json", context.document),
            self._successor,
            start if action.after["state"] == "running" else None,
            keep_volumes=context.keep_volumes,
            rollback=context.rollback,
            how=context.how,
        )

    def _update(self, action: Action) -> None:
        wanted = t.cast("WantedContainer", self._context.wanted)
        body = update_body(wanted, action.because, self._context.engine)
        containers.update(self._daemon, self.identity, body, self._about)

    def _change_networks(self, action: Action) -> None:
        context = self._context
        join, leave = find_endpoint_changes(
            t.cast("WantedContainer", context.wanted),
            t.cast("Json", context.document),
            context.engine,
            image=context.own_image,
            names=context.names,
        )
        present = action.before["networks"]
        rewire(self._daemon, self.identity, join, {network: present[network] for network in leave})

    def _start(self, action: Action) -> None:
        try:
            self._start_process(self.identity)
        except StevedoreError:
            if self._created and self._context.rollback:
                # Nothing was there before: leave nothing behind.
                containers.remove_failed(self._daemon, self.identity, self._about)
            raise

    def _remove(self, action: Action) -> None:
        if self._context.keep_volumes:
            containers.remove(self._daemon, self.identity, self._about, how=self._context.how)
        else:
            discard(self._daemon, t.cast("Json", self._context.document), self._about, self._context.how)

    def _stop(self, action: Action) -> None:
        containers.stop(self._daemon, self.identity, self._about, self._context.how)

    def _request(self, action: Action) -> None:
        containers.act(self._daemon, self.identity, action.kind, self._about)

    def _restart(self, action: Action) -> None:
        self._request(action)
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
