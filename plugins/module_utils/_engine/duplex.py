# SPDX-License-Identifier: GPL-3.0-or-later

"""A two-way connection: one request on a connection of its own, and its answer as it comes.

For exec and attach, where stdin ends before the output does, and for logs, where each wait has a limit of its own. The
SDK's sockets serve neither: output that arrives with the head of the answer is lost (docker-py issue 3332), and
:mod:`transport` says what else. Python's ``http.client`` parses the answer.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import threading
import typing as t

from .._deadline import Deadline
from .._errors import Interrupted, Unreachable
from .client import Daemon
from .errors import refusal
from .transport import CHUNK, Transport, open_transport

REFUSAL_LIMIT = 1 << 16


class _TimeUp(Exception):
    """The deadline has come. No ``OSError``, which a timeout of the network is."""


class _Source(io.RawIOBase):
    """What a transport receives, as the file that ``http.client`` reads; each wait ends with ``deadline``."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport
        self.deadline = Deadline(None)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        data = self._transport.receive(self.deadline.remaining(), len(buffer))
        if data is None:
            raise _TimeUp
        buffer[: len(data)] = data
        return len(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, CHUNK)


class Duplex:
    """An open request. Close it, or use it in a ``with``."""

    def __init__(self, daemon: Daemon, transport: Transport, about: str) -> None:
        self._daemon = daemon
        self._transport = transport
        self._about = about
        self._source = _Source(transport)
        self._response = http.client.HTTPResponse(t.cast("socket.socket", self._source))
        self._sender: threading.Thread | None = None

    @classmethod
    def open(
        cls,
        daemon: Daemon,
        method: str,
        path: str,
        *,
        params: t.Mapping[str, t.Any] | None = None,
        body: t.Any = None,
        upgrade: bool = True,
        about: str,
    ) -> Duplex:
        """Send the request and check the status of the answer, which has to come within the connection's ``timeout``.

        :param path: below the API version, already quoted.
        :param upgrade: ask for a two-way stream (exec, attach).
        :raises StevedoreError: as :meth:`Daemon.call` does.
        """
        with daemon.translate_errors(about):
            transport = open_transport(daemon)
        duplex = cls(daemon, transport, about)
        with contextlib.ExitStack() as undo:
            undo.callback(transport.close)
            with daemon.translate_errors(about):
                # An engine that hangs up at once may have said why.
                with contextlib.suppress(ConnectionError):
                    transport.send(_request(method, daemon.target(path, params), body, upgrade))
                duplex._read_head()
            undo.pop_all()
        return duplex

    def __enter__(self) -> Duplex:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. The process goes on."""
        self._transport.close()
        if self._sender is not None:
            self._sender.join(5)

    def send_all(self, pieces: t.Iterable[bytes], end: bool = True) -> None:
        """Send the pieces in a thread of their own, so that neither direction waits for the other.

        A process that reads no more is no error.

        :param end: close this direction after the last piece.
        """

        def work() -> None:
            with contextlib.suppress(OSError, ValueError):  # ValueError: closed while it was sending
                for piece in pieces:
                    self._transport.send(piece)
                if end:
                    self._transport.end_sending()

        self._sender = threading.Thread(target=work, name="stdin", daemon=True)
        self._sender.start()

    def send(self, data: bytes) -> None:
        """Send at once.

        :raises Interrupted: the connection has ended.
        """
        with self._daemon.translate_errors(self._about, answering=True):
            self._transport.send(data)

    def end_sending(self) -> None:
        """Close the direction to the engine: the end of stdin."""
        with contextlib.suppress(OSError):
            self._transport.end_sending()

    def read(self, deadline: Deadline, full: bool = False) -> bytes | None:
        """What has come; waits for it. Empty at the end; ``None`` when the time is up.

        :param full: wait until there is a large piece, for bulk. Engines send each line of a log as a chunk of its own:
            chunk by chunk, 100,000 lines cost half a second more.
        :raises Interrupted: the engine went away in the middle.
        """

        self._source.deadline = deadline
        response = self._response
        try:
            with self._daemon.translate_errors(self._about, answering=True):
                if response.status == 101:
                    return response.fp.read1(CHUNK)
                # Where the length is known: read1() of Python 3.9 does not count it.
                data = response.read(CHUNK) if full or response.length is not None else response.read1(CHUNK)
        except _TimeUp:
            return None
        if not data and response.length:
            raise Interrupted(
                f"The engine at {self._daemon.connection.docker_host} went away in the middle of its answer about "
                f"{self._about}.",
                object=self._about,
            )
        return data

    def _read_head(self) -> None:
        deadline = self._source.deadline = Deadline(self._daemon.connection.timeout)
        host = self._daemon.connection.docker_host
        try:
            self._response.begin()
        except _TimeUp:
            raise socket.timeout(f"no answer within {deadline.seconds} s") from None
        except http.client.RemoteDisconnected as error:
            why = self._transport.diagnostics() or "the connection ended before an answer came"
            raise Unreachable(f"Cannot talk to the engine at {host}: {why}", object=self._about) from error
        except http.client.HTTPException as error:
            raise Unreachable(f"Not an answer of a Docker engine: {error}", object=self._about) from error
        if self._response.status >= 400:
            body = b""
            while len(body) < REFUSAL_LIMIT and (data := self.read(deadline)):
                body += data
            raise refusal(self._response.status, self._response.reason, body, self._about)


def _request(method: str, target: str, body: t.Any, upgrade: bool) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: docker", "User-Agent: stevedore.docker"]
    lines += ["Connection: Upgrade", "Upgrade: tcp"] if upgrade else ["Connection: close"]
    if body is not None:
        lines.append("Content-Type: application/json")
    if method != "GET":
        lines.append(f"Content-Length: {len(payload)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + payload
