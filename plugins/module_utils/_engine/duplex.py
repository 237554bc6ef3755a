# SPDX-License-Identifier: GPL-3.0-or-later

"""One request on a connection of its own, and its answer as it comes.

Used where the answer is a conversation (exec, attach) or where waiting for it must be bounded (following logs).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import string
import threading
import typing as t

from .._deadline import Deadline
from .._errors import Interrupted, Unreachable
from .client import Daemon, refusal
from .transport import Transport, dial

HEAD_LIMIT = 1 << 16


class Chunks:
    """Takes an HTTP body in chunked coding apart, in any pieces."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0  # of the current chunk, with the line break after it
        self.over = False

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data if self._rest else data
        found: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self.over:
            if self._left:
                part = data[at : at + self._left]
                at += len(part)
                self._left -= len(part)
                # The two last bytes are the line break; it may come in two pieces.
                surplus = max(0, 2 - self._left)
                found.append(part[: len(part) - surplus] if surplus else part)
                continue
            line = data.find(b"\r\n", at)
            if line < 0:
                break
            size = int(data[at:line].partition(b";")[0], 16)
            at = line + 2
            self._left = size + 2 if size else 0
            self.over = not size
        self._rest = data[at:]
        return b"".join(found)


def unlikely_detach_keys() -> str:
    """Keys for a connection to a terminal, on which the engine hangs up when they come in the input.

    They cannot be switched off: without a word it is Ctrl-P Ctrl-Q, which may well be part of an input. Nobody knows these.
    """
    return ",".join(["ctrl-_", *(secrets.choice(string.ascii_letters) for _each in range(24))])


@dataclasses.dataclass(frozen=True)
class Answer:
    """The head of an answer, and as much of the body as a refusal has; shaped like the SDK's response."""

    status_code: int
    reason: str
    headers: t.Mapping[str, str]
    text: str = ""

    def json(self) -> t.Any:
        return json.loads(self.text)


class Wire:
    """An open request. Close it, or use it in a ``with``.

    :ivar answer: status and headers.
    """

    def __init__(self, daemon: Daemon, transport: Transport, about: str) -> None:
        self._daemon = daemon
        self._transport = transport
        self._about = about
        self._ahead = b""
        self._chunks: Chunks | None = None
        self._feeder: threading.Thread | None = None
        self._length: int | None = None
        self.answer = Answer(0, "", {})

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
    ) -> Wire:
        """Send the request and judge the head of the answer, which has to come within the connection's ``timeout``.

        :param path: below the API version, already quoted.
        :param upgrade: ask for a two-way stream (exec, attach).
        :raises StevedoreError: as :meth:`Daemon.call` does.
        """
        with daemon.translated(about):
            transport = dial(daemon)
        wire = cls(daemon, transport, about)
        with contextlib.ExitStack() as undo:
            undo.callback(transport.close)
            with daemon.translated(about):
                # Whoever hangs up at once may have said why.
                with contextlib.suppress(ConnectionError):
                    transport.send(_request(method, daemon.target(path, params), body, upgrade))
                wire._read_head()
            undo.pop_all()
        return wire

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; what runs behind it goes on."""
        self._transport.close()
        if self._feeder is not None:
            self._feeder.join(5)

    def feed(self, pieces: t.Iterable[bytes], end: bool = True) -> None:
        """Send stdin beside the reading, in a thread of its own, so that neither side waits for the other.

        :param end: then tell the process that this was all. A process that reads no more is no error.
        """

        def work() -> None:
            with contextlib.suppress(OSError, ValueError):  # ValueError: closed while it was sending
                for piece in pieces:
                    self._transport.send(piece)
                if end:
                    self._transport.finish()

        self._feeder = threading.Thread(target=work, daemon=True)
        self._feeder.start()

    def send(self, data: bytes) -> None:
        """Send at once.

        :raises Interrupted: nobody listens any more.
        """
        with self._daemon.translated(self._about, during=True):
            self._transport.send(data)

    def finish(self) -> None:
        """The end of stdin."""
        with contextlib.suppress(OSError):
            self._transport.finish()

    def read(self, deadline: Deadline) -> bytes | None:
        """What has come; waits for it. Empty at the end; ``None`` when the time is up.

        :raises Interrupted: the engine went away in the middle.
        """
        while True:
            if (self._chunks is not None and self._chunks.over) or self._length == 0:
                return b""
            data = self._ahead or self._receive(deadline)
            self._ahead = b""
            if data is None:
                return None
            if not data:
                return self._end()
            if self._length is not None:
                self._length = max(0, self._length - len(data))
            if self._chunks is not None:
                data = self._unpacked(self._chunks, data)
            if data:
                return data

    def _unpacked(self, chunks: Chunks, data: bytes) -> bytes:
        try:
            return chunks.feed(data)
        except ValueError as error:
            raise Interrupted(f"The answer about {self._about} is garbled: {error}", object=self._about) from error

    def _receive(self, deadline: Deadline) -> bytes | None:
        with self._daemon.translated(self._about, during=True):
            return self._transport.receive(deadline.left())

    def _end(self) -> bytes:
        if self._chunks is not None or self._length:
            raise Interrupted(
                f"The engine at {self._daemon.connection.docker_host} went away in the middle of its answer about "
                f"{self._about}.",
                object=self._about,
            )
        return b""

    def _read_head(self) -> None:
        deadline = Deadline(self._daemon.connection.timeout)
        received = b""
        while b"\r\n\r\n" not in received:
            data = self._transport.receive(deadline.left())
            if data is None:
                raise TimeoutError(f"no answer within {self._daemon.connection.timeout} s")
            if not data or len(received) > HEAD_LIMIT:
                why = self._transport.complaint() or "the connection ended before an answer came"
                raise Unreachable(
                    f"Cannot talk to the engine at {self._daemon.connection.docker_host}: {why}", object=self._about
                )
            received += data
        head, _unused, self._ahead = received.partition(b"\r\n\r\n")
        self.answer = _answer(head)
        headers = self.answer.headers
        if headers.get("transfer-encoding", "").lower() == "chunked":
            self._chunks = Chunks()
        elif self.answer.status_code != 101 and "content-length" in headers:
            self._length = int(headers["content-length"])
        if self.answer.status_code >= 400:
            self._refuse(deadline)

    def _refuse(self, deadline: Deadline) -> t.NoReturn:
        body = b""
        while len(body) < HEAD_LIMIT:
            data = self.read(deadline)
            if not data:
                break
            body += data
        refused = dataclasses.replace(self.answer, text=body.decode("utf-8", "replace"))
        raise refusal(refused, self._about)


def _request(method: str, target: str, body: t.Any, upgrade: bool) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: docker", "User-Agent: stevedore.docker"]
    lines += ["Connection: Upgrade", "Upgrade: tcp"] if upgrade else ["Connection: close"]
    if body is not None:
        lines.append("Content-Type: application/json")
    if method != "GET":
        lines.append(f"Content-Length: {len(payload)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + payload


def _answer(head: bytes) -> Answer:
    first, *rest = head.decode("latin-1").split("\r\n")
    _version, _unused, outcome = first.partition(" ")
    status, _unused, reason = outcome.partition(" ")
    headers = {name.strip().lower(): value.strip() for name, _unused, value in (line.partition(":") for line in rest)}
    try:
        return Answer(int(status), reason, headers)
    except ValueError as error:
        raise Unreachable(f"Not an answer of a Docker engine: {first[:80]!r}") from error
