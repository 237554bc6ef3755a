# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive.tar_members import same
from ansible_collections.stevedore.docker.plugins.module_utils._cp.host_writer import HostWriter
from ansible_collections.stevedore.docker.plugins.module_utils._cp.relay import (
    DescribedContent,
    read_description,
    write_archive,
    write_description,
)
from ansible_collections.stevedore.docker.plugins.module_utils._cp.source import HostTree, TarSource
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict, Damaged, Failed, StevedoreError
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.entry import (
    Entry,
    Place,
    RequestedAttributes,
)


class Bytes:
    """A content in pieces of its own size."""

    def __init__(self, data: bytes, piece: int = 3) -> None:
        self._data, self._piece = data, piece

    def chunks(self) -> t.Iterator[bytes]:
        for start in range(0, len(self._data), self._piece):
            yield self._data[start : start + self._piece]

    def equals(self, other: t.Any) -> bool:
        return same(self.chunks(), other)


class Torn(Bytes):
    """Breaks off behind its data."""

    def chunks(self) -> t.Iterator[bytes]:
        yield from super().chunks()
        raise Damaged("torn")


def take(root: pathlib.Path, *entries: tuple[Entry, bytes], check: bool = False) -> list[tuple[str, ...]]:
    with HostWriter(str(root), RequestedAttributes(), check=check) as writer:
        return [writer.write_entry(entry, Bytes(data)).what for entry, data in entries]


def file(path: str, data: bytes, mode: int = 0o644, mtime_ns: int = 1_000_000_000) -> tuple[Entry, bytes]:
    return Entry(path, "file", mode, len(data), mtime_ns), data


TREE = [
    (Entry("", "directory", 0o755), b""),
    (Entry("d", "directory", 0o555), b""),
    file("d/f", b"hello world"),
    (Entry("d/l", "link", 0o777, target="/etc/passwd"), b""),
    (Entry("d/h", "hardlink", 0o644, target="d/f"), b""),
]


def test_check_do_again(tmp_path: pathlib.Path) -> None:
    root = tmp_path / "new" / "root"
    announced = take(root, *TREE, check=True)
    assert not (tmp_path / "new").exists()
    assert take(root, *TREE) == announced
    assert (root / "d" / "f").read_bytes() == b"hello world"
    assert (root / "d" / "h").stat().st_nlink == 2
    assert os.readlink(root / "d" / "l") == "/etc/passwd"
    assert (root / "d").stat().st_mode & 0o777 == 0o555
    assert take(root, *TREE) == [()] * 5
    assert take(root, *TREE, check=True) == [()] * 5
    assert sorted(path.name for path in root.rglob("*")) == ["d", "f", "h", "l"]


@pytest.mark.parametrize("position", [0, 1, 3, 7, 10])
def test_one_byte_that_differs(tmp_path: pathlib.Path, position: int) -> None:
    data = bytearray(b"hello world")
    take(tmp_path, file("f", bytes(data)))
    data[position] ^= 1
    assert take(tmp_path, file("f", bytes(data)), check=True) == [("content",)]
    assert take(tmp_path, file("f", bytes(data))) == [("content",)]
    assert (tmp_path / "f").read_bytes() == bytes(data)


def test_the_old_file_survives_a_torn_stream(tmp_path: pathlib.Path) -> None:
    take(tmp_path, file("f", b"precious"))
    with pytest.raises(Damaged), HostWriter(str(tmp_path), RequestedAttributes(), check=False) as writer:
        writer.write_entry(Entry("f", "file", 0o644, 20, 0), Torn(b"half"))
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"precious"


def test_a_hard_link_is_broken_not_written_through(tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside").write_text("precious")
    (tmp_path / "root").mkdir()
    os.link(tmp_path / "outside", tmp_path / "root" / "f")
    take(tmp_path / "root", file("f", b"evil"))
    assert (tmp_path / "outside").read_text() == "precious"


OUT: dict[str, list[tuple[Entry, bytes]]] = {
    "through a link": [file("way/f", b"evil")],
    "deep through a link": [file("way/a/b/f", b"evil")],
    "a folder over a link": [(Entry("way", "directory", 0o755), b"")],
    "a hard link through a link": [(Entry("h", "hardlink", target="way/precious"), b"")],
    "a hard link to a link": [(Entry("h", "hardlink", target="way"), b"")],
}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("entries", OUT.values(), ids=OUT)
def test_no_way_out(tmp_path: pathlib.Path, entries: list[tuple[Entry, bytes]], check: bool) -> None:
    outside = tmp_path / "outside"
    (outside / "a" / "b").mkdir(parents=True)
    (outside / "precious").write_text("precious")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "way").symlink_to(outside)
    if check and entries[0][0].target == "way":
        return  # what the archive itself would have put there cannot be known in a check
    with pytest.raises((Conflict, Damaged)):
        take(tmp_path / "root", *entries, check=check)
    assert sorted(path.name for path in outside.rglob("*")) == ["a", "b", "precious"]
    assert (outside / "precious").stat().st_nlink == 1


def test_a_file_over_a_link_replaces_the_link(tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside").write_text("precious")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "f").symlink_to(tmp_path / "outside")
    assert take(tmp_path / "root", file("f", b"new")) == [("type",)]
    assert (tmp_path / "outside").read_text() == "precious"
    assert not (tmp_path / "root" / "f").is_symlink()


@pytest.mark.parametrize("kinds", ["file over folder", "folder over file"])
def test_folders_and_files_do_not_replace_each_other(tmp_path: pathlib.Path, kinds: str) -> None:
    if kinds == "file over folder":
        (tmp_path / "x").mkdir()
        entry = file("x", b"")
    else:
        (tmp_path / "x").write_text("")
        entry = (Entry("x", "directory", 0o755), b"")
    for check in (True, False):
        with pytest.raises(Conflict, match="nothing was changed"):
            take(tmp_path, entry, check=check)


def test_an_archive_may_leave_folders_out(tmp_path: pathlib.Path) -> None:
    take(tmp_path, file("a/b/f", b"x"), file("a/c", b"y"))
    assert (tmp_path / "a" / "b" / "f").read_text() == "x"


def test_described_packed_and_unpacked(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "source"
    (source / "d").mkdir(parents=True)
    (source / "d" / "f").write_text("text")
    (source / "d" / "b").write_bytes(b"\0binary")
    (source / "l").symlink_to("d")
    tree = HostTree(Place(f"{source}/"), follow=False)
    description = str(tmp_path / "description")
    write_description(tree.walk(), description, text_limit=4)
    told = dict(read_description(description))
    assert list(told) == [entry for entry, _content in tree.walk()]
    contents = {entry.path: content for entry, content in told.items()}
    assert (contents["d/f"].text, contents["d/b"].text) == ("text", None)
    with open(source / "d" / "f", "rb") as handle:
        assert contents["d/f"].equals(handle)
    with open(source / "d" / "b", "rb") as handle:
        assert not DescribedContent(7, "other").equals(handle)
    write_archive(tree.walk(), {"", "d", "d/f", "l"}, str(tmp_path / "payload"))
    packed = [entry for entry, _content in TarSource(str(tmp_path / "payload")).walk()]
    assert packed == [entry for entry in told if entry.path != "d/b"]


def test_a_file_that_becomes_shorter(tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("0123456789")
    ((entry, content),) = HostTree(Place(str(tmp_path / "f")), follow=False).walk()
    (tmp_path / "f").write_text("0123")
    with pytest.raises(Failed, match="shorter"):
        list(content.chunks())
    assert entry.size == 10


def test_errors_are_ours(tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(StevedoreError, match="f"):
        take(tmp_path / "f" / "below", file("x", b""))


@pytest.mark.parametrize("number", range(2, 5))
def test_nothing_temporary_is_left_when_it_cannot_take_its_place(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    take(tmp_path, *TREE[:number])

    def full(*_args: t.Any, **_options: t.Any) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Failed, match="No space left"):
        take(tmp_path, TREE[number])
    names = {entry.path.rpartition("/")[2] for entry, _data in TREE[2:number]}
    assert {path.name for path in (tmp_path / "d").iterdir()} == names
