# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import tarfile
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive.tar_header import nanoseconds
from ansible_collections.stevedore.docker.plugins.module_utils._archive.tar_members import members
from ansible_collections.stevedore.docker.plugins.module_utils._archive.tar_writer import END, make_padding
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Damaged
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.entry import Entry
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.members import (
    entry_of_member,
    header_of_entry,
)


class Dribble:
    """Gives a few bytes at a time, as a socket may."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, amount: int, /) -> bytes:
        return self._file.read(min(amount, 333))


def read(data: bytes) -> list[tuple[Entry, bytes]]:
    return [(entry_of_member(member), b"".join(member.chunks())) for member in members(Dribble(data))]


def written(*entries: tuple[Entry, bytes]) -> bytes:
    return (
        b"".join(header_of_entry(entry, entry.path) + data + make_padding(len(data)) for entry, data in entries) + END
    )


def by_python(form: int, *infos: tuple[dict[str, t.Any], bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for fields, data in infos:
            info = tarfile.TarInfo(fields.pop("name"))
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


ENTRIES = [
    (Entry("a", "file", 0o644, 3, 1_795_601_262_366_123_456, "", 1000, 1001), b"abc"),
    (Entry("empty", "file", 0o4755, 0, 0), b""),
    (Entry("block", "file", 0o600, 512, 1_000_000_000), b"x" * 512),
    (Entry("d", "directory", 0o1777, 0, 5_000_000_000, "", 3_000_000_000, 7), b""),
    (Entry("l", "link", 0o777, 0, 5_000_000_000, "../\u2603/" + "t" * 200), b""),
    (Entry("d/h", "hardlink", 0o644, 0, 5_000_000_000, "a"), b""),
    (Entry("d/" + "n" * 300, "file", 0o644, 5, 7_000_000_001), b"hello"),
    (Entry("odd \udcff name", "file", 0o644, 1, 0), b"!"),
]


def test_what_is_written_is_read() -> None:
    assert read(written(*ENTRIES)) == ENTRIES


def test_python_reads_what_is_written() -> None:
    with tarfile.open(fileobj=io.BytesIO(written(*ENTRIES))) as tar:
        assert [info.name for info in tar] == [entry.path for entry, _data in ENTRIES]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_is_read(form: int) -> None:
    long = "/".join(["f" * 60] * 3)
    data = by_python(
        form,
        ({"name": long, "mtime": 3, "mode": 0o640, "uid": 5, "gid": 6}, b"hello"),
        ({"name": "d", "type": tarfile.DIRTYPE}, b""),
        ({"name": "p", "type": tarfile.FIFOTYPE}, b""),
    )
    found = read(data)
    assert found[0] == (Entry(long, "file", 0o640, 5, 3_000_000_000, "", 5, 6), b"hello")
    assert [entry.kind for entry, _data in found] == ["file", "directory", "special"]


def test_what_is_not_read_is_skipped() -> None:
    names = [member.name for member in members(Dribble(written(*ENTRIES)))]
    assert names == [entry.path for entry, _data in ENTRIES]


def test_read_gives_exactly_what_is_asked_for() -> None:
    (member,) = [next(members(Dribble(written((Entry("f", "file", 0o644, 2000, 0), b"x" * 2000)))))]
    assert [len(member.read(amount)) for amount in (700, 1200, 1000, 1)] == [700, 1200, 100, 0]


def test_a_cut_at_any_block_is_noticed() -> None:
    whole = written(*ENTRIES)
    for size in range(0, len(whole) - len(END), 256):
        with pytest.raises(Damaged):
            read(whole[:size])


DAMAGED: dict[str, bytes] = {
    "half an end marker": written(*ENTRIES)[:-512],
    "no archive": b"hello world" * 100,
    "a flipped bit in a header": bytes([written(*ENTRIES)[0] ^ 1]) + written(*ENTRIES)[1:],
    "garbage behind a file": written(ENTRIES[0])[:1536] + b"g" * 2048,
    "a sparse file without a map": by_python(
        tarfile.PAX_FORMAT, ({"name": "s", "pax_headers": {"GNU.sparse.major": "1"}}, b"")
    ),
    "an old sparse file without a map": by_python(tarfile.GNU_FORMAT, ({"name": "s", "type": b"S"}, b"hello")),
    "a size that is no number": by_python(tarfile.PAX_FORMAT, ({"name": "s", "pax_headers": {"uid": "many"}}, b"")),
    "a negative size": by_python(tarfile.PAX_FORMAT, ({"name": "s", "pax_headers": {"size": "-5"}}, b"")),
    "a pax record that overruns": by_python(tarfile.PAX_FORMAT, ({"name": "s", "type": b"x"}, b"99 path=a\n")),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_an_error(data: bytes) -> None:
    with pytest.raises(Damaged):
        read(data)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("1795601262.366123456", 1_795_601_262_366_123_456), ("1.5", 1_500_000_000), ("-1.5", -1_500_000_000)],
)
def test_nanoseconds(text: str, number: int) -> None:
    assert nanoseconds(text) == number
