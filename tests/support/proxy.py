# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy before the engine's socket that records the calls that change something, and can refuse one of them.

With it a test kills a run, or lets the engine fail, between any two steps, without a hook in the code under test.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import socket
import threading
import typing as t

# A call that changes something, without the API version and the parameters.
Call = tuple[str, str]
# Gets the number of the call (from 1); the text of a refusal (HTTP 500), "" to hang up, None to let it pass.
Judge = t.Callable[[int, Call], "str | None"]

_VERSION = re.compile(r"^/v[0-9.]+")


class Proxy:
    """``with Proxy(folder, engine_socket) as proxy:`` then ``proxy.host`` is a DOCKER_HOST."""

    def __init__(self, folder: pathlib.Path, target: str) -> None:
        self._path = folder / "proxy.sock"
        self._target = target
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.calls: list[Call] = []
        # The paths of those that only look.
        self.looks: list[str] = []
        self.judge: Judge = lambda _number, _call: None
        # Like judge, for the path of a call that only looks.
        self.judge_look: t.Callable[[str], str | None] = lambda _path: None
        # After an answer with these bytes nothing more comes from the engine, and nobody answers any more.
        self.break_answers_after: bytes | None = None
        # Gets every piece of an answer before the client does.
        self.on_answer: t.Callable[[bytes], object] = lambda _piece: None
        self.host = f"unix://{self._path}"

    def __enter__(self) -> Proxy:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self, spared: socket.socket | None = None) -> None:
        _end(self._listener)
        for one in self._open:
            if one is not spared:
                _end(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            try:
                engine.connect(self._target)
            except OSError:  # there is no engine any more
                _end(client)
                continue
            self._open += [client, engine]
            threading.Thread(target=self._answers, args=(engine, client), daemon=True).start()
            threading.Thread(target=self._requests, args=(client, engine), daemon=True).start()

    def _answers(self, engine: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := engine.recv(1 << 16):
                self.on_answer(piece)
                last = self.break_answers_after is not None and self.break_answers_after in piece
                if last:
                    # Before the client has it: its next question must find nobody.
                    self.close(spared=client)
                client.sendall(piece)
                if last:
                    break
        _end(client)

    def _requests(self, client: socket.socket, engine: socket.socket) -> None:
        with contextlib.suppress(OSError):
            reader = client.makefile("rb")
            while head := _head(reader):
                verdict = self._verdict(head)
                length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
                body = reader.read(int(length.group(1))) if length else b""
                if verdict == "":
                    break
                if verdict is not None:
                    client.sendall(_refusal(verdict))
                    continue
                engine.sendall(head + body)
                if b"\r\nupgrade:" in head.lower():
                    while piece := reader.read1(1 << 16):
                        engine.sendall(piece)
                    engine.shutdown(socket.SHUT_WR)
                    return
        _end(client)
        _end(engine)

    def _verdict(self, head: bytes) -> str | None:
        method, path = head.split(b" ", 2)[:2]
        call = (method.decode(), _VERSION.sub("", path.decode().partition("?")[0]))
        if call[0] in ("GET", "HEAD"):
            self.looks.append(call[1])
            return self.judge_look(call[1])
        with self._lock:
            self.calls.append(call)
            return self.judge(len(self.calls), call)


def _head(reader: t.BinaryIO) -> bytes:
    lines = []
    while line := reader.readline():
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""


def _refusal(text: str) -> bytes:
    body = json.dumps({"message": text}).encode()
    head = (
        f"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
