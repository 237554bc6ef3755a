# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The multiplexed stream, and output that is tail within bounds."""

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine.frames import Frames
from ansible_collections.stevedore.docker.plugins.module_utils._engine.output import OutputTail, output_fields

STREAM = (
    b"\x01\0\0\0\0\0\0\x04out\n"
    b"\x02\0\0\0\0\0\0\x04err\n"
    b"\x01\0\0\0\0\0\0\x00"
    b"\x03\0\0\0\0\0\0\x02no"
    b"\x01\0\0\0\0\0\x01\x01" + b"x" * 257
)
PIECES = [(1, b"out\n"), (2, b"err\n"), (3, b"no"), (1, b"x" * 257)]


def joined(pieces: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Neighbours of the same stream as one."""
    merged: list[tuple[int, bytes]] = []
    for stream, data in pieces:
        if merged and merged[-1][0] == stream:
            merged[-1] = (stream, merged[-1][1] + data)
        else:
            merged.append((stream, data))
    return merged


@pytest.mark.parametrize("step", [1, 2, 3, 7, 8, 9, 12, 13, 100, 10000])
def test_in_pieces_of_any_size(step: int) -> None:
    frames = Frames(tty=False)
    found = [piece for at in range(0, len(STREAM), step) for piece in frames.feed(STREAM[at : at + step])]
    assert joined(found) == PIECES
    assert frames.is_complete()


@pytest.mark.parametrize("end", [1, 7, 8, 9, 11, 13, len(STREAM) - 1])
def test_an_end_in_the_middle_is_seen(end: int) -> None:
    frames = Frames(tty=False)
    frames.feed(STREAM[:end])
    assert not frames.is_complete()


def test_a_terminal_has_no_frames() -> None:
    frames = Frames(tty=True)
    assert (frames.feed(STREAM), frames.feed(b""), frames.is_complete()) == ([(1, STREAM)], [], True)


@pytest.mark.parametrize(
    ("limit", "pieces", "content", "cut"),
    [
        (None, [b"abc", b"def"], b"abcdef", False),
        (6, [b"abc", b"def"], b"abcdef", False),
        (5, [b"abc", b"def"], b"bcdef", True),
        (2, [b"abc", b"d", b"e"], b"de", True),
        (2, [b"abcdef"], b"ef", True),
        (0, [b"abc"], b"", True),
        (0, [], b"", False),
    ],
)
def test_the_end_is_tail(limit: int | None, pieces: list[bytes], content: bytes, cut: bool) -> None:
    tail = OutputTail(limit)
    for piece in pieces:
        tail.add(piece)
    assert (tail.content(), tail.cut, tail.size) == (content, cut, len(b"".join(pieces)))


def test_memory_is_bounded() -> None:
    tail = OutputTail(1000)
    for _number in range(10_000):
        tail.add(b"x" * 100)
    assert tail._length < 1100


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"", {"stdout": ""}),
        ("grüße\n".encode(), {"stdout": "grüße\n"}),
        (b"\x00\xff", {"stdout": "\x00\ufffd", "stdout_base64": "AP8="}),
    ],
)
def test_nothing_is_lost_in_the_answer(data: bytes, result: dict[str, str]) -> None:
    assert output_fields("stdout", data) == result
