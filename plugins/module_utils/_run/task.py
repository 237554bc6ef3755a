# SPDX-License-Identifier: GPL-3.0-or-later

"""One container from what it is to what it should be.

The steps: the options (``options``), what an earlier run left (``recovery``, ``unfinished``), the image (``image``), the
differences (``_container.differences``), the plan (``plan``), its actions (``actions``, ``replace``), the result.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t

from .. import _group, _lock
from .._container.differences import Difference, find_differences
from .._container.endpoints import remove_stale_networks
from .._container.request_bodies import create_body, endpoint_settings
from .._container.wanted import WantedContainer, wanted_container
from .._engine import containers
from .._engine.containers import Stop
from .._errors import EngineError, Failed, Missing, StevedoreError
from .._task import Task
from .._types import Json
from . import recovery, volumes
from .actions import ActionContext, ActionRunner
from .context import RunContext
from .foreground import Foreground
from .options import check_options, stable_seconds
from .plan import ACTIVE, Ledger, Plan, explain_restart, plan
from .replace import Successor
from .unfinished import find_traces, finish_or_undo

_HOUR, _WEEK = 3600.0, 7 * 24 * 3600.0


def run(task: Task) -> Json:
    """Bring one container to what the options of ``container_run`` say.

    :raises StevedoreError: with the ``actions`` that were done before.
    """
    return ContainerRun(RunContext(task.daemon, task.check_mode, task.warn), task.params).run()


class ContainerRun:
    """One container's way from what it is to what it should be."""

    def __init__(
        self,
        context: RunContext,
        params: Json,
        left: recovery.Traces | None = None,
        *,
        group: str | None = None,
        brief: bool = False,
    ) -> None:
        """
        :param group: to be a member of; without one, it stays in that of the container that is there.
        :param brief: the result's ``container`` is no more than its id, where it was changed.
        :raises InvalidInput: the options cannot be right; nothing was changed.
        """
        self.request = check_options(params)
        self.ledger = Ledger(context.check)
        self._context = context
        self._params = {**params, "name": self.request.name}
        if params.get("stdin") is not None:
            self._params["interactive"] = True
        self._left = left
        self._group = group
        self._brief = brief
        self._image: Json | None = None
        self._document: Json | None = None
        self._prepared = False
        self._wanted = wanted_container(self._params, context.engine) if params.get("image") else None

    def prepare(self) -> None:
        """Finish or undo what a killed run left, then obtain the image.

        :raises Conflict: another run is at it.
        :raises Missing: no container and no image to make one of.
        """
        context, params, request = self._context, self._params, self.request
        left = find_traces(context.daemon, request.name) if self._left is None else self._left
        if left.clean:
            self._inspect(left)
        else:
            # Broken off, or not: another run may be in the middle of it.
            with self._locked("recover"):
                left = find_traces(context.daemon, request.name)
                self._inspect(left)
        if self._wanted is not None and request.state != "absent":
            wanted = self._wanted
            if not self._is_orphan(str(wanted.image)):
                self._image = context.obtain_image(self.ledger, str(wanted.image), params["pull"], wanted.platform)
        self._prepared = True

    def _inspect(self, left: recovery.Traces) -> None:
        """Find the container as it is now.

        :raises Missing: no container and no image to make one of.
        """
        name = self.request.name
        found = self._document = self._without_unfinished(left)
        if found is None and self._wanted is None and self.request.state != "absent":
            raise Missing(
                f"Container {name} is not there, and without an image it cannot be created.",
                status=404,
                object=f"container {name}",
            )
        compared = self._wanted is not None and self.request.running
        if found is not None and compared and found["State"]["Status"] not in ACTIVE:
            made = self._context.daemon.get("/networks", params={"filters": {"type": ["custom"]}})
            self._document = remove_stale_networks(found, {one["Name"]: one["Id"] for one in made})

    @contextlib.contextmanager
    def _locked(self, work: str) -> t.Iterator[None]:
        """Hold the container's lock; in check mode only wait until nobody has it."""
        daemon, name, timeout = self._context.daemon, self.request.name, self._params["wait_timeout"]
        patience = _lock.PATIENCE if timeout is None else timeout
        if self.ledger.check:
            _lock.await_release(daemon, name, patience)
            yield
            return
        # A wait for health comes up to twice: for what an earlier run left, and for what this one makes. Without a limit
        # the healthcheck decides how long it is, and a job in the foreground ends when it ends.
        lease = 2 * (_HOUR if timeout is None else timeout) if self._params["detach"] else _WEEK
        with _lock.lock(daemon, name, work, timeout=patience, lease=lease, warn=self._context.warn):
            yield

    def _without_unfinished(self, left: recovery.Traces) -> Json | None:
        daemon = self._context.daemon
        current = None if left.current is None else self._found(left.current)
        if current is not None and current["State"]["Status"] == "removing":
            # It goes by itself (auto_remove, another docker rm).
            containers.await_removal(daemon, current["Id"])
            current = None
        if left.clean:
            return current
        return finish_or_undo(
            self.ledger,
            daemon,
            self.request,
            left,
            current,
            timeout=self._params["wait_timeout"],
            stable_for=stable_seconds(self._params),
        )

    def _found(self, summary: Json) -> Json | None:
        """The container's document; of one that the engine cannot show, and that is to go, what the list says."""
        name = self.request.name
        try:
            return self._context.daemon.find_container(summary["Id"], about=f"container {name}")
        except EngineError:
            if self.request.state != "absent":
                raise
            state = {"Status": summary["State"]}
            return {"Id": summary["Id"], "Name": f"/{name}", "Image": summary["ImageID"], "State": state}

    def _is_orphan(self, reference: str) -> bool:
        """Whether the container is of this very image, which was removed by force: it can go on."""
        found = self._document
        return found is not None and found["Image"] == reference and self._context.own_image(found) is None

    def run(self, forced: t.Collection[str] = (), restarted: t.Collection[str] = ()) -> Json:
        """Look, plan, apply; the module's result.

        :param forced: options whose value is another container, just replaced.
        :param restarted: those whose value is one that was just started again.
        :raises StevedoreError: with the ``actions`` done before.
        """
        try:
            return self._run(forced, restarted)
        except StevedoreError as error:
            error.details.setdefault("actions", self.ledger.report()["actions"])
            raise

    def _run(self, forced: t.Collection[str], restarted: t.Collection[str]) -> Json:
        if not self._prepared:
            self.prepare()
        todo = self._plan(forced, restarted)
        if self.ledger.check or not todo.actions:
            return self._carry_out(todo)
        with contextlib.ExitStack() as lock:
            lock.enter_context(self._locked(", ".join(action.kind for action in todo.actions)))
            # Another run may have changed it before this one had the lock.
            self._inspect(find_traces(self._context.daemon, self.request.name))
            return self._carry_out(self._plan(forced, restarted), lock.close)

    def _plan(self, forced: t.Collection[str], restarted: t.Collection[str]) -> Plan:
        document = self._document
        found = self._differences(document, self._image, forced)
        status = None if document is None else str(document["State"]["Status"])
        request = self.request._replace(restart=self.request.restart or bool(restarted))
        todo = plan(request, status, found, None if self._wanted is None else self._wanted_options())
        if restarted:
            todo = explain_restart(todo, sorted(restarted))
        return todo

    def _wanted_options(self) -> Json:
        wanted = t.cast(WantedContainer, self._wanted)
        group = {} if self._group is None else {"group": self._group}
        return {"image": wanted.image, **wanted.options, **group}

    def _differences(self, document: Json | None, image: Json | None, forced: t.Collection[str]) -> list[Difference]:
        if self._wanted is None or document is None or self.request.state == "absent":
            return []
        context, ignored = self._context, set(self._params["ignore_changes"])
        found = find_differences(
            self._wanted,
            document,
            context.engine,
            image=context.own_image(document),
            wanted_image=image,
            names=context.container_name,
            ignore=ignored,
        )
        known = {difference.option for difference in found}
        moved = [
            Difference(option, self._params[option], self._params[option], "recreate")
            for option in sorted(set(forced) - known - ignored)
        ]
        return [*found, *moved, *self._group_difference(document, ignored)]

    def _group_difference(self, document: Json, ignored: t.Collection[str]) -> list[Difference]:
        labels = document["Config"].get("Labels")
        before = _group.group_of(labels, self.request.name)
        if self._group in (None, before) or _group.lacks_member_label(labels, str(self._group)) or "labels" in ignored:
            return []
        return [Difference("group", before, self._group, "recreate")]

    def _carry_out(self, todo: Plan, release: t.Callable[[], None] = lambda: None) -> Json:
        """
        :param release: gives up the container's lock.
        """
        request = self.request
        if self._document is not None:
            self._context.warn_of_tenants(self._document, todo.actions)
        if todo.kept:
            self._context.warn(
                f"Container {request.name} differs in {', '.join(todo.kept)}, which needs a new one, and recreate is never."
            )
        waits = request.state == "healthy" and not self.ledger.check
        if not (todo.actions or self.ledger.actions or waits) and self._params["detach"]:
            return {**self.ledger.report(), "container": self._document}
        return self._perform(todo, release)

    def _perform(self, todo: Plan, release: t.Callable[[], None]) -> Json:
        context, params, document = self._context, self._params, self._document
        waits_for_end = not params["detach"] and not self.ledger.check
        foreground = Foreground(context.daemon, params.get("stdin"), params["max_bytes"]) if waits_for_end else None
        image = self._image
        successor = self._successor(image)
        losses: list[str] = []
        because = next((action.because for action in todo.actions if action.kind == "recreate"), None)
        if because is not None and params["keep_volumes"]:
            successor, losses = self._with_volumes(
                t.cast("Successor", successor), t.cast("Json", document), image, because
            )
        action_context = ActionContext(
            request=self.request,
            engine=context.engine,
            document=document,
            wanted=self._wanted,
            own_image=None if document is None else context.own_image(document),
            names=context.container_name,
            successor=successor,
            keep_volumes=params["keep_volumes"],
            rollback=params["rollback"],
            wait_timeout=params["wait_timeout"],
            stable_for=stable_seconds(params),
            sleep=context.sleep,
            foreground=foreground,
            how=Stop(params.get("stop_timeout"), params["force_kill"]),
        )
        runner = ActionRunner(context.daemon, action_context)
        try:
            for action in todo.actions:
                self.ledger.do(action, functools.partial(runner.perform, action))
            if not self.ledger.check:
                runner.wait_until_proven()
        except StevedoreError:
            if foreground is not None:
                foreground.close()
            raise
        finally:
            runner.close()
        for text in losses:
            context.warn(text)
        # What follows only looks, and the end of a job may be hours away.
        release()
        if foreground is not None:
            return self._foreground_result(foreground, runner)
        fresh = bool(self.ledger.actions) and not self.ledger.check
        if fresh and self._brief:
            document = {"Id": runner.identity}
        elif fresh:
            document = context.daemon.find_container(self.request.name)
        return {**self.ledger.report(), "container": document}

    def _successor(self, image: Json | None) -> Successor | None:
        if self._wanted is None:
            return None
        engine = self._context.engine
        body = create_body(self._wanted, engine)
        had = {} if self._document is None else self._document["Config"].get("Labels")
        group = self._group or _group.group_of(had, self.request.name)
        if group is not None:
            body["Labels"] = {**body.get("Labels", {}), **_group.group_labels(group, self.request.name)}
        if self._params.get("stdin") is not None:
            # The engine then closes the process's input with our connection.
            body.update(StdinOnce=True, AttachStdin=True)
        rest = dict(list(endpoint_settings(self._wanted, engine).items())[1:]) if engine.api < (1, 44) else {}
        return Successor(self.request.name, body, rest, self._wanted.platform)

    def _with_volumes(
        self, successor: Successor, old: Json, image: Json | None, because: t.Collection[str]
    ) -> tuple[Successor, list[str]]:
        """The successor with the old one's anonymous volumes, and what to say of what it does not mount."""
        body = successor.body
        others = (str(entry).partition(":")[0] for entry in body["HostConfig"].get("VolumesFrom") or ())
        found = [self._context.daemon.find_container(other) for other in others]
        sources = [source for source in found if source is not None]
        # Not here yet in check mode, or removed by force: most probably it declares what the old one has.
        config = (old if image is None else image).get("Config") or {}
        declared = {*(config.get("Volumes") or ()), *(body.get("Volumes") or ())}
        body = volumes.carried(old, body, declared, sources)
        left = volumes.left_behind(old, body, sources)
        return successor._replace(body=body), volumes.warnings(successor.name, left, because)

    def _foreground_result(self, foreground: Foreground, runner: ActionRunner) -> Json:
        ended = runner.ended
        if ended is None:
            if not foreground.attached:
                foreground.start(runner.identity)
            ended = foreground.finish()
        if ended.cut:
            self._context.warn(
                f"Container {self.request.name} wrote more than is kept: the last {self._params['max_bytes']} bytes "
                f"(max_bytes) of its {' and '.join(ended.cut)} are returned."
            )
        result = {**self.ledger.report(), "container": self._context.daemon.find_container(self.request.name)}
        try:
            ended.check(self.request.name)
        except Failed as error:
            error.details.update(result)
            raise
        return {**result, **ended.report()}
