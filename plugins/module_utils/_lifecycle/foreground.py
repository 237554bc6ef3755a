# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 3: run a container to its end and keep what it said, both streams apart, without a limit on time."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

from .._daemon import Daemon, Json
from .._deadline import Deadline
from .._errors import EngineError
from .._process.frames import STDERR, STDOUT, Frames, Kept, answer
from .._process.wire import Wire
from . import verbs


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a container ended."""

    rc: int
    stdout: bytes
    stderr: bytes

    def report(self) -> Json:
        return {"rc": self.rc, **answer("stdout", self.stdout), **answer("stderr", self.stderr)}


class Foreground:
    """The attachment to one container: open before it starts, so that not a byte and not its end can be missed.

    A container with ``auto_remove`` may be gone before a later request could ask for its logs or its exit code.
    """

    def __init__(self, daemon: Daemon, stdin: str | None = None) -> None:
        self._daemon = daemon
        self._stdin = stdin
        self._open = contextlib.ExitStack()
        self._wire: Wire | None = None
        self._exit: t.Any = None
        self._tty = False

    @property
    def attached(self) -> bool:
        return self._wire is not None

    def start(self, identity: str) -> None:
        """Attach, then start (a running one is only attached to)."""
        document = self._daemon.container(identity)
        name = str(document["Name"]).lstrip("/")
        about = f"container {name}"
        self._tty = bool(document["Config"].get("Tty"))
        running = bool(document["State"]["Running"])
        self._wire = self._open.enter_context(self._attach(identity, running, about))
        # ``next-exit`` answers with the head at once, which says that the engine waits with us. One that removes itself
        # is waited for until that is done, so that its name is free.
        removes = bool(document["HostConfig"].get("AutoRemove"))
        params = {"condition": "removed" if removes else "not-running" if running else "next-exit"}
        path = f"/containers/{identity}/wait"
        self._exit = self._open.enter_context(self._daemon.stream("POST", path, params=params, about=about))
        if not running:
            verbs.act(self._daemon, identity, "start", about)
        if self._stdin is not None:
            self._wire.feed([self._stdin.encode()])

    def _attach(self, identity: str, running: bool, about: str) -> Wire:
        # ``logs`` gives what a running one has said already.
        params = {"stream": True, "stdout": True, "stderr": True, "logs": running, "stdin": self._stdin is not None}
        return Wire.open(self._daemon, "POST", f"/containers/{identity}/attach", params=params, about=about)

    def finish(self) -> Ended:
        """Read to the end."""
        wire = t.cast("Wire", self._wire)
        frames, kept = Frames(self._tty), {STDOUT: Kept(), STDERR: Kept()}
        forever = Deadline(None)
        with self._open:
            while True:
                piece = wire.read(forever)
                if not piece:
                    break
                for stream, data in frames.feed(piece):
                    kept[STDERR if stream == STDERR else STDOUT].add(data)
            status = json.loads(b"".join(self._exit.chunks()))
        if (status.get("Error") or {}).get("Message"):
            raise EngineError(f"Waiting for the container failed: {status['Error']['Message']}")
        return Ended(int(status["StatusCode"]), kept[STDOUT].content(), kept[STDERR].content())

    def close(self) -> None:
        self._open.close()
