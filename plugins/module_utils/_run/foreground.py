# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a container to its end and keep what it said, streams apart, without a limit on time."""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t

from .._engine import containers
from .._engine.client import Body, Daemon, Json
from .._errors import EngineError
from .._health import STDERR, STDOUT, frames


class Ended(t.NamedTuple):
    """How a container ended."""

    rc: int
    stdout: bytes
    stderr: bytes

    def report(self) -> Json:
        texts = {"stdout": self.stdout, "stderr": self.stderr}
        return {"rc": self.rc, **{name: data.decode(errors="replace") for name, data in texts.items()}}


class Foreground:
    """The attachment to one container: open before it starts, as one with ``auto_remove`` may be gone before a later
    request could ask for its logs or exit code."""

    def __init__(self, daemon: Daemon, stdin: str | None = None) -> None:
        self._daemon = daemon
        self._stdin = stdin
        self._open = contextlib.ExitStack()
        self._output: Body | None = None
        self._exit: Body | None = None
        self._tty = False

    @property
    def attached(self) -> bool:
        return self._output is not None

    def start(self, identity: str) -> None:
        """Attach, then start (a running one is only attached to)."""
        document = self._daemon.container(identity)
        about = f"container {document['Name'].lstrip('/')}"
        self._tty = bool(document["Config"].get("Tty"))
        running = bool(document["State"]["Running"])
        # ``logs`` gives what a running one has said already.
        params = {"stream": True, "stdout": True, "stderr": True, "logs": running}
        self._output = self._request(identity, "attach", params, about)
        # ``next-exit`` sends its head at once: the engine waits already. One that removes itself is waited for until
        # its name is free.
        removes = bool(document["HostConfig"].get("AutoRemove"))
        condition = "removed" if removes else "not-running" if running else "next-exit"
        self._exit = self._request(identity, "wait", {"condition": condition}, about)
        feeder = None
        if self._stdin is not None:
            feeder = Feeder(self._daemon, identity, self._stdin.encode(), about)
            self._open.callback(feeder.finish)
            feeder.start()
        if not running:
            containers.act(self._daemon, identity, "start", about)
        if feeder is not None:
            feeder.may_end.set()

    def _request(self, identity: str, verb: str, params: Json, about: str) -> Body:
        stream = self._daemon.stream("POST", f"/containers/{identity}/{verb}", params=params, about=about)
        return self._open.enter_context(stream)

    def finish(self) -> Ended:
        """Read to the end."""
        output, ended = t.cast("Body", self._output), t.cast("Body", self._exit)
        with self._open:
            said = b"".join(output.chunks())
            status = json.loads(b"".join(ended.chunks()))
        if (status.get("Error") or {}).get("Message"):
            raise EngineError(f"Waiting for the container failed: {status['Error']['Message']}")
        pieces = [(STDOUT, said)] if self._tty else list(frames(said))
        stdout, stderr = (b"".join(piece for kind, piece in pieces if kind == wanted) for wanted in (STDOUT, STDERR))
        return Ended(int(status["StatusCode"]), stdout, stderr)

    def close(self) -> None:
        self._open.close()


class Feeder(threading.Thread):
    """Sends a container its standard input on a connection of its own.

    Its end, which every transport can tell (other than the end of one direction), has the engine close the process's
    input, as the container has ``StdinOnce``. One that comes while it makes the process may be lost, and the process
    waits for ever (26.1.5 under load): so the connection stays until the container is started.
    """

    def __init__(self, daemon: Daemon, identity: str, data: bytes, about: str) -> None:
        super().__init__(daemon=True)
        self._data = data
        self.may_end = threading.Event()
        headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
        params = {"stream": True, "stdin": True}
        path = f"/containers/{identity}/attach"
        self._response = daemon.call(
            "POST", path, params=params, headers=headers, stream=True, patient=True, about=about
        )
        self._socket = daemon.raw_socket(self._response)

    def run(self) -> None:
        # A process that reads no more is no error.
        with contextlib.suppress(OSError):
            self._socket.sendall(self._data)
        self.may_end.wait()
        with contextlib.suppress(OSError):
            self._socket.close()
        self._response.close()

    def finish(self) -> None:
        """Have it end, whether the container was started or not."""
        self.may_end.set()
        self.join(1)
