# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of a log, and the line that is waited for."""

from __future__ import annotations

import re

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._logs.read import PatternSearch, Tail

LINES = [(1, b"one\n"), (2, b"two\n"), (1, b"three\n"), (2, b"four")]


@pytest.mark.parametrize(
    ("limit", "both", "stdout", "stderr"),
    [
        (100, b"one\ntwo\nthree\nfour", b"one\nthree\n", b"two\nfour"),
        (18, b"one\ntwo\nthree\nfour", b"one\nthree\n", b"two\nfour"),
        (17, b"ne\ntwo\nthree\nfour", b"ne\nthree\n", b"two\nfour"),
        (9, b"hree\nfour", b"hree\n", b"four"),
        (4, b"four", b"", b"four"),
        (1, b"r", b"", b"r"),
        (0, b"", b"", b""),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_end_of_both_streams_is_kept(limit: int, both: bytes, stdout: bytes, stderr: bytes, together: bool) -> None:
    tail = Tail(limit)
    for pieces in [LINES] if together else [[line] for line in LINES]:
        tail.add(pieces)
    assert (tail.content(), tail.content(1), tail.content(2)) == (both, stdout, stderr)
    assert (tail.size, tail.cut) == (18, limit < 18)


WATCHED = [
    ("ready", [(1, b"not yet\nrea"), (2, b"x\n"), (1, b"dy now\n")], ("ready now", "stdout", ())),
    ("port (\\d+)", [(2, b"port 80\r\n")], ("port 80", "stderr", ("80",))),
    ("^b$", [(1, b"abc\nb\nc\n")], ("b", "stdout", ())),
    ("\ufffd", [(1, b"\xff\n")], ("\ufffd", "stdout", ())),
    ("ab", [(1, b"a"), (2, b"b\n"), (1, b"\n")], None),
    ("prompt", [(1, b"prompt> ")], None),
]


@pytest.mark.parametrize(("pattern", "pieces", "expected"), WATCHED)
def test_whole_lines_of_one_stream(
    pattern: str, pieces: list[tuple[int, bytes]], expected: tuple[str, str, tuple[str, ...]] | None
) -> None:
    watch = PatternSearch(re.compile(pattern))
    found = [match for piece in pieces if (match := watch.search([piece]))]
    assert [(match.line, match.stream, match.groups) for match in found] == ([expected] if expected else [])


def test_a_line_that_was_not_ended_counts_at_the_end() -> None:
    watch = PatternSearch(re.compile("prompt"))
    assert watch.search([(1, b"prompt> ")]) is None
    last = watch.search_rest()
    assert last is not None
    assert last.line == "prompt> "
