# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection of our own: heads and bodies as they come, in whatever pieces, and every way to break off."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._deadline import Deadline
from ansible_collections.stevedore.docker.plugins.module_utils._engine import transport
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._engine.duplex import Duplex
from ansible_collections.stevedore.docker.plugins.module_utils._errors import (
    Conflict,
    Interrupted,
    InvalidInput,
    Missing,
    StevedoreError,
    Unreachable,
)
from support import fake

HIJACKED = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def daemon(tmp_path: pathlib.Path) -> Daemon:
    """Speaks to the scripted engine of a test once it has agreed on a version with another."""
    with fake.unix_engine(tmp_path, {}) as host:
        made = Daemon.connect(Connection(host, timeout=5))
    made.connection = Connection(f"unix://{tmp_path}/script.sock", timeout=2)
    return made


@contextlib.contextmanager
def scripted(daemon: Daemon, *pieces: bytes, hold: bool = False) -> t.Iterator[list[bytes]]:
    """An engine that says these pieces, one by one, whatever it is asked; yields what it was sent."""
    heard: list[bytes] = []
    enough = threading.Event()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(daemon.connection.docker_host.removeprefix("unix://"))
    listener.listen(1)

    def work() -> None:
        client, _address = listener.accept()
        with client, contextlib.suppress(OSError):
            heard.append(client.recv(1 << 16))
            for piece in pieces:
                client.sendall(piece)
                enough.wait(0.01)
            if hold:
                while data := client.recv(1 << 16):
                    heard.append(data)
                heard.append(b"")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield heard
    finally:
        worker.join(5)
        listener.close()


def opened(daemon: Daemon, **options: t.Any) -> Duplex:
    return Duplex.open(daemon, "POST", "/exec/1/start", about="container web", **{"body": {"Tty": False}, **options})


def read_all(duplex: Duplex) -> bytes:
    said = b""
    while data := duplex.read(Deadline(5)):
        said += data
    return said


BODIES = {
    "output together with the head": ([HIJACKED + b"first"], b"first"),
    "head in pieces": ([HIJACKED[:9], HIJACKED[9:-2], HIJACKED[-2:] + b"a", b"b"], b"ab"),
    "no output": ([HIJACKED], b""),
    "chunks": ([CHUNKED + b"3\r\nabc\r\n", b"2;x=y\r\nde\r\n0\r\n\r\n"], b"abcde"),
    "chunks in pieces": ([CHUNKED, b"3", b"\r", b"\nab", b"c\r", b"\n", b"0\r\n\r\n"], b"abc"),
    "sized": ([SIZED + b"ab", b"cde"], b"abcde"),
}


@pytest.mark.parametrize(("pieces", "body"), BODIES.values(), ids=BODIES)
def test_bodies(daemon: Daemon, pieces: list[bytes], body: bytes) -> None:
    with scripted(daemon, *pieces) as heard, opened(daemon) as duplex:
        assert read_all(duplex) == body
    assert heard[0].startswith(b"POST /v1.41/exec/1/start HTTP/1.1\r\n")
    assert b"\r\nUpgrade: tcp\r\n" in heard[0]
    assert heard[0].endswith(b'\r\nContent-Length: 14\r\n\r\n{"Tty": false}')


BROKEN = {
    "in the middle of a chunk": [CHUNKED + b"9\r\nabc"],
    "between chunks": [CHUNKED + b"3\r\nabc\r\n"],
    "no chunk at all": [CHUNKED + b"what is this?\r\n"],
    "before its size": [SIZED + b"abc"],
}


@pytest.mark.parametrize("pieces", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off(daemon: Daemon, pieces: list[bytes]) -> None:
    with scripted(daemon, *pieces), opened(daemon) as duplex, pytest.raises(Interrupted):
        read_all(duplex)


REFUSALS: dict[str, tuple[bytes, type[StevedoreError], str]] = {
    "missing": (
        b'HTTP/1.1 404 Not Found\r\nContent-Length: 22\r\n\r\n{"message":"no such x"}',
        Missing,
        "Container web is not there",
    ),
    "paused": (
        b'HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n17\r\n{"message":"is paused"}\r\n0\r\n\r\n',
        Conflict,
        "is paused",
    ),
    "hung up": (b"", Unreachable, "ended before an answer came"),
    "no engine": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Unreachable, "Not an answer of a Docker engine"),
}


@pytest.mark.parametrize(("piece", "kind", "words"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(daemon: Daemon, piece: bytes, kind: type[StevedoreError], words: str) -> None:
    with scripted(daemon, piece), pytest.raises(kind) as caught:
        opened(daemon)
    assert words in caught.value.msg


def test_a_head_that_does_not_come(daemon: Daemon) -> None:
    daemon.connection = Connection(daemon.connection.docker_host, timeout=0.05)
    with scripted(daemon, b"HTTP/1.1 ", hold=True), pytest.raises(Unreachable) as caught:
        opened(daemon)
    assert "did not answer in time" in caught.value.msg


def test_the_time_is_up_and_reading_goes_on(daemon: Daemon) -> None:
    with scripted(daemon, HIJACKED, hold=True) as _heard, opened(daemon) as duplex:
        assert duplex.read(Deadline(0)) is None
        assert duplex.read(Deadline(0.01)) is None
        duplex.send_all([])
        assert read_all(duplex) == b""


def test_what_comes_later_is_read(daemon: Daemon) -> None:
    with scripted(daemon, HIJACKED, b"late") as _heard, opened(daemon) as duplex:
        pieces = []
        while (data := duplex.read(Deadline(0))) is None or data:
            pieces.append(data)
        assert [data for data in pieces if data is not None] == [b"late"]


def test_input_beside_the_reading(daemon: Daemon) -> None:
    big = b"x" * (3 << 20)
    with scripted(daemon, HIJACKED + b"a", hold=True) as heard, opened(daemon) as duplex:
        duplex.send_all([big, b"y"])
        assert read_all(duplex) == b"a"
    assert b"".join(heard[1:]) == big + b"y"
    assert heard[-1] == b""  # the end of input came


def test_a_process_that_does_not_read_keeps_nobody(daemon: Daemon) -> None:
    with scripted(daemon, HIJACKED + b"a"), opened(daemon) as duplex:
        duplex.send_all(b"x" * (1 << 20) for _number in range(100))
        assert duplex.read(Deadline(5)) == b"a"


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6, 7, 100])
def test_chunks_in_pieces_of_any_size(daemon: Daemon, step: int, full: bool) -> None:
    coded = b"3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n"
    pieces = [coded[at : at + step] for at in range(0, len(coded), step)]
    with scripted(daemon, CHUNKED, *pieces), opened(daemon) as duplex:
        said = []
        while data := duplex.read(Deadline(5), full=full):
            said.append(data)
    assert b"".join(said) == b"abc0123456789"


@pytest.mark.parametrize("host", ["fd://", "smoke://signals", "tcp://"])
def test_an_address_of_no_known_kind(daemon: Daemon, host: str) -> None:
    daemon.connection = Connection(host)
    with pytest.raises(InvalidInput):
        transport.open_transport(daemon)


def test_what_the_ssh_program_says_is_told(
    daemon: Daemon, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text('#!/bin/sh\necho "$@" >&2\necho Permission denied >&2\nexit 255\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    daemon.connection = Connection("ssh://admin@host.example:2222", use_ssh_client=True, timeout=5)
    with pytest.raises(Unreachable) as caught:
        opened(daemon)
    assert "-l admin -p 2222 -- host.example docker system dial-stdio\nPermission denied" in caught.value.msg
