# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._logs.partial_lines import MESSAGE, PartialLines
from hypothesis import given
from hypothesis import strategies as st

STAMP = b"2026-01-20T10:23:31.918000001Z "
LENGTHS = st.sampled_from([0, 1, 100, MESSAGE - 1, MESSAGE, MESSAGE + 1, 2 * MESSAGE, 3 * MESSAGE + 7])


def messages(line: bytes, head: bytes) -> bytes:
    """What the engine sends for a line."""
    parts = [line[at : at + MESSAGE] for at in range(0, len(line) + 1, MESSAGE)]
    return b"".join(head + part for part in parts) + b"\n"


@pytest.mark.parametrize(
    ("head", "options"),
    [
        (STAMP, (True, False)),
        (b"app=web ", (False, True)),
        (b" ", (False, True)),
        (STAMP + b"a=b,c=d%20e ", (True, True)),
    ],
)
@given(
    lengths=st.lists(LENGTHS, max_size=4),
    filler=st.sampled_from([b"x", b" ", b"2"]),
    cuts=st.lists(st.integers(1, 40_000)),
)
def test_one_head_for_each_line(
    head: bytes, options: tuple[bool, bool], lengths: list[int], filler: bytes, cuts: list[int]
) -> None:
    """However the answer is cut into pieces."""
    data = b"".join(messages(filler * length, head) for length in lengths)
    lines = PartialLines(True, *options)
    found = b""
    for cut in [*cuts, len(data)]:
        piece, data = data[:cut], data[cut:]
        found += b"".join(part for _stream, part in lines.feed([(1, piece)]))
    found += b"".join(part for _stream, part in lines.rest())
    assert found == b"".join(head + filler * length + b"\n" for length in lengths)


@pytest.mark.parametrize(
    "text", [b"", b"no stamp\n", b"x" * 40_000, b"2026-01-20 10:23:31 not the engine's\n", STAMP[:-5]]
)
def test_what_has_no_head_stays_as_it_is(text: bytes) -> None:
    lines = PartialLines(tty=True, timestamps=True, details=False)
    fed = lines.feed([(1, text), (2, b"err\n")])
    parts = [*fed, *lines.rest()]
    assert b"".join(part for stream, part in parts if stream == 1) == text
    assert b"".join(part for stream, part in parts if stream == 2) == b"err\n"


@given(lengths=st.lists(LENGTHS, max_size=4))
@pytest.mark.parametrize("newline", [b"\n", b""])
def test_messages_in_frames(lengths: list[int], newline: bytes) -> None:
    """A newline that the engine lost at the end of a line is there again when the next one comes."""
    lines = PartialLines(tty=False, timestamps=True, details=False)
    found = b""
    for length in lengths:
        *parts, last = ["x" * min(MESSAGE, length - at) for at in range(0, length + 1, MESSAGE)]
        frames = [STAMP + part.encode() for part in parts] + [STAMP + last.encode() + newline]
        found += b"".join(piece for _stream, piece in lines.feed([(1, frame) for frame in frames]))
    found += b"".join(piece for _stream, piece in lines.rest())
    wanted = [STAMP + b"x" * length for length in lengths]
    assert found == (b"\n".join(wanted) + (newline if wanted else b""))
