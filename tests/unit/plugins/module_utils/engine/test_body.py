# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large answers, read in blocks, however they arrive."""

from __future__ import annotations

import collections
import http.client
import io
import random
import types
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine.body import Body
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Interrupted

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


class Socket(io.RawIOBase):
    """Gives what it has in portions of any size."""

    def __init__(self, data: bytes, portion: int) -> None:
        self._data = io.BytesIO(data)
        self._portion = portion

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        piece = self._data.read(min(self._portion, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, 100)


def encoded(data: bytes, size: int) -> bytes:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def body_of(answer: bytes, portion: int) -> Body:
    response = http.client.HTTPResponse(t.cast("t.Any", Socket(answer, portion)))
    response.begin()
    return Body(types.SimpleNamespace(raw=response, headers={}), "unix:///engine.sock", "container web")


@pytest.mark.parametrize("size", [1, 7, 1000, 32768])
@pytest.mark.parametrize("portion", [1, 13, 1000, 1 << 20])
@pytest.mark.parametrize("amount", [5, 1000, 1 << 20])
def test_chunks_of_any_size(size: int, portion: int, amount: int) -> None:
    data = random.Random(5).randbytes(2000)
    found = [bytes(piece) for piece in body_of(CHUNKED + encoded(data, size), portion).blocks(amount)]
    assert b"".join(found) == data
    assert all(len(piece) == amount for piece in found[:-1])


def test_as_many_blocks_as_asked_for_stay_as_they_are() -> None:
    data = random.Random(5).randbytes(1000)
    blocks = body_of(CHUNKED + encoded(data, 300), 64).blocks(100, reserve=9)
    assert b"".join(list(blocks)) == data


@pytest.mark.parametrize("cut", [0, 1, 3, 500, -8, -5])
def test_a_broken_off_answer(cut: int) -> None:
    body = body_of(CHUNKED + encoded(bytes(1000), 300)[: cut or 0], 64)
    with pytest.raises(Interrupted):
        collections.deque(body.blocks(100), maxlen=0)


def test_an_answer_shorter_than_announced() -> None:
    with pytest.raises(Interrupted):
        collections.deque(body_of(SIZED + bytes(999), 64).blocks(100), maxlen=0)


@pytest.mark.parametrize("data", [b"xyz\r\n", b"5;" + b"x" * 100_000, b"\r\n\r\n"])
def test_an_answer_that_is_not_chunked(data: bytes) -> None:
    with pytest.raises(Interrupted):
        next(body_of(CHUNKED + data, 1000).blocks(100))
