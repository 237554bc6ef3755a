# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a container to its end and keep what it said, streams apart, without a limit on time."""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t

from .._deadline import Deadline
from .._engine import containers
from .._engine.body import Body
from .._engine.client import Daemon
from .._engine.output import output_fields
from .._engine.session import Session, attach
from .._errors import EngineError, Failed
from .._types import Json


class Ended(t.NamedTuple):
    """How a container ended; ``cut`` names the streams of which only the end was kept."""

    rc: int
    stdout: bytes
    stderr: bytes
    cut: tuple[str, ...] = ()

    def check(self, name: str) -> None:
        """:raises Failed: its exit code is not 0; with all that it said."""
        if self.rc:
            msg = f"Container {name} ended with exit code {self.rc}."
            raise Failed(msg, object=f"container {name}", **self.report())

    def report(self) -> Json:
        cut = {"cut": list(self.cut)} if self.cut else {}
        return {"rc": self.rc, **output_fields("stdout", self.stdout), **output_fields("stderr", self.stderr), **cut}


class Foreground:
    """The attachment to one container: open before it starts, as one with ``auto_remove`` may be gone before a later
    request could ask for its logs or exit code."""

    def __init__(self, daemon: Daemon, stdin: str | None = None, limit: int | None = None) -> None:
        """:param limit: how many bytes of each stream are kept, the last ones."""
        self._daemon = daemon
        self._limit = limit
        self._stdin = stdin
        self._open = contextlib.ExitStack()
        self._session: Session | None = None
        self._exit: Body | None = None
        self._started = threading.Event()

    @property
    def attached(self) -> bool:
        return self._session is not None

    def start(self, identity: str) -> None:
        """Attach, then start (a running one is only attached to)."""
        document = self._daemon.container(identity)
        about = f"container {document['Name'].lstrip('/')}"
        running = bool(document["State"]["Running"])
        session = attach(
            self._daemon,
            identity,
            about=about,
            stdin=None if self._stdin is None else self._input(self._stdin.encode()),
            tty=bool(document["Config"].get("Tty")),
            # What a running one has said already.
            logs=running,
            limit=self._limit,
        )
        self._session = self._open.enter_context(session)
        self._open.callback(self._started.set)  # whatever happens, the input ends
        # ``next-exit`` sends its head at once: the engine waits already. One that removes itself is waited for until
        # its name is free.
        removes = bool(document["HostConfig"].get("AutoRemove"))
        condition = "removed" if removes else "not-running" if running else "next-exit"
        path = f"/containers/{identity}/wait"
        waiting = self._daemon.stream("POST", path, params={"condition": condition}, about=about)
        self._exit = self._open.enter_context(waiting)
        if not running:
            containers.act(self._daemon, identity, "start", about)
        self._started.set()

    def _input(self, data: bytes) -> t.Iterator[bytes]:
        """The end of stdin must not come while the engine makes the process: it may be lost, and the process waits for
        ever (26.1.5 under load)."""
        yield data
        self._started.wait()

    def finish(self) -> Ended:
        """Read to the end."""
        session, waiting = t.cast("Session", self._session), t.cast("Body", self._exit)
        with self._open:
            session.collect(Deadline(None))
            status = json.loads(b"".join(waiting.chunks()))
        if (status.get("Error") or {}).get("Message"):
            raise EngineError(f"Waiting for the container failed: {status['Error']['Message']}")
        return Ended(int(status["StatusCode"]), session.stdout.content(), session.stderr.content(), session.cut)

    def close(self) -> None:
        self._open.close()
