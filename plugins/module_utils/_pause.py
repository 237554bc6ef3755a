# SPDX-License-Identifier: GPL-3.0-or-later

"""A container that stands still for a while, and runs again whatever happens to us.

A process that is killed cannot clean up. So before a container is paused, a small process is started that waits for
the end of a pipe: if the end comes without a word, it unpauses in our place. When the engine is what died, it waits for
it to come back: with live-restore a container goes on without the engine, and stays as it was paused.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import typing as t

from ._deadline import Deadline
from ._engine.client import Daemon, quoted
from ._engine.connection import Connection
from ._errors import EngineError, StevedoreError, Unreachable
from ._types import Json

_TRIES = 5
# How long the watching process waits for an engine that has died, and we for the watching process.
_UNTIL_THE_ENGINE_IS_BACK = 600
_UNTIL_THE_WATCHER_ENDS = 5
_WATCH = """
import json, sys
given = json.loads(sys.stdin.readline())
sys.path[:] = given["path"]
from importlib import import_module
import_module(given["module"]).unpause_after_crash(given["connection"], given["id"], sys.stdin.read())
"""


def unpause_after_crash(connection: t.Mapping[str, t.Any], container: str, told: str) -> None:
    """The work of the watching process when the pipe ends: unpause, unless it was ``told`` that this is done."""
    deadline = Deadline(_UNTIL_THE_ENGINE_IS_BACK)
    while not told:
        try:
            Daemon.connect(Connection(**connection)).post(f"/containers/{quoted(container)}/unpause")
        except Unreachable:
            if deadline.has_passed():
                return
            time.sleep(1)
        except StevedoreError:
            return
        else:
            return


@contextlib.contextmanager
def paused(daemon: Daemon, container: str) -> t.Iterator[bool]:
    """Pause a container for the length of the block, if it runs; false when there was nothing to pause.

    :param container: its id.
    :raises StevedoreError: it cannot be paused or unpaused.
    """
    state = daemon.container(container)["State"]
    if not state["Running"] or state["Paused"]:
        yield False
        return
    with _watched(daemon, container):
        _pause(daemon, container)
        try:
            yield True
        finally:
            _unpause(daemon, container)


@contextlib.contextmanager
def unpaused_whatever_happens(daemon: Daemon, document: Json) -> t.Iterator[None]:
    """For a call in which the engine pauses a container and unpauses it itself, unless it dies in between.

    :param document: the container's inspect document, from before the call.
    """
    try:
        yield
    except Unreachable:
        if document["State"]["Running"] and not document["State"]["Paused"]:
            _end(_watcher(daemon, document["Id"]))
        raise


def _pause(daemon: Daemon, container: str) -> None:
    for turn in range(_TRIES):
        try:
            daemon.post(f"/containers/{quoted(container)}/pause", about=f"container {container[:12]}")
        except EngineError:
            # With cgroup v1 the freezer can lose the race against a container that keeps forking (runc: "unable to
            # freeze"); the container goes on as it was.
            if turn == _TRIES - 1:
                raise
        else:
            return


def _unpause(daemon: Daemon, container: str) -> None:
    try:
        daemon.post(f"/containers/{quoted(container)}/unpause", about=f"container {container[:12]}")
    except StevedoreError:
        # Somebody else may have unpaused, stopped or removed it; then there is nothing left to do.
        found = daemon.find_container(container)
        if found is not None and found["State"]["Paused"]:
            raise


@contextlib.contextmanager
def _watched(daemon: Daemon, container: str) -> t.Iterator[None]:
    watcher = _watcher(daemon, container)
    try:
        yield
        t.cast("t.TextIO", watcher.stdin).write("done")
    finally:
        # Without the word it unpauses; that is right when we failed to.
        _end(watcher)


def _watcher(daemon: Daemon, container: str) -> subprocess.Popen[str]:
    given = {
        "path": sys.path,
        "module": __name__,
        "connection": daemon.connection._asdict(),
        "id": container,
    }
    # A session of its own, so that a signal to our process group does not reach it.
    watcher = subprocess.Popen(
        [sys.executable, "-c", _WATCH],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    pipe = t.cast("t.TextIO", watcher.stdin)
    pipe.write(json.dumps(given) + "\n")
    pipe.flush()
    return watcher


def _end(watcher: subprocess.Popen[str]) -> None:
    """Close the pipe. It goes on alone when it has to wait for the engine."""
    with contextlib.suppress(OSError):
        t.cast("t.TextIO", watcher.stdin).close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        watcher.wait(_UNTIL_THE_WATCHER_ENDS)
