# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The walker against archives of GNU tar, bsdtar and Python: whole ones, and the same ones torn and damaged."""

from __future__ import annotations

import functools
import io
import os
import pathlib
import random
import shutil
import subprocess
import tarfile
import tempfile
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive import tar
from ansible_collections.stevedore.docker.plugins.module_utils._archive.tar import Contents, TarStream
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Damaged

BLOCK = 512
MARKER = bytes(2 * BLOCK)

# The command writes the folder "tree" to stdout.
WRITERS: dict[str, tuple[str, ...]] = {
    **{f"gnu-{name}": ("tar", f"--format={name}", "-c", "tree") for name in ("v7", "oldgnu", "gnu", "ustar", "posix")},
    **{
        f"gnu-sparse-{version}": ("tar", "--format=posix", "-S", f"--sparse-version={version}", "-c", "tree")
        for version in ("0.0", "0.1", "1.0")
    },
    "gnu-sparse-old": ("tar", "--format=gnu", "-S", "-c", "tree"),
    "gnu-huge-ids": ("tar", "--format=gnu", "--owner=x:4000000000", "--group=y:4000000000", "-c", "tree"),
    "gnu-global": ("tar", "--format=posix", "--pax-option=comment=all of them", "-c", "tree"),
    **{f"bsd-{name}": ("bsdtar", f"--format={name}", "-cf", "-", "tree") for name in ("pax", "gnutar", "ustar", "v7")},
    **{f"python-{name}": () for name in ("pax", "gnu", "ustar")},
}
PLAIN_ONLY = ("v7", "ustar")
PYTHON_FORMATS = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}


def make_tree(root: pathlib.Path, plain: bool) -> None:
    """Every kind of entry; ``plain`` leaves out what v7 and ustar cannot store."""
    rng = random.Random(7)
    tree = root / "tree"
    (tree / "empty folder").mkdir(parents=True)
    for size in (0, 1, 511, 512, 513, 1024, 5000):
        (tree / f"file-{size}").write_bytes(rng.randbytes(size))
    (tree / "zeros").write_bytes(bytes(3000))
    os.link(tree / "file-513", tree / "hard link")
    (tree / "link").symlink_to("file-1")
    if not plain:
        os.mkfifo(tree / "pipe")
        deep = tree / ("d" * 120) / ("e" * 150)
        deep.mkdir(parents=True)
        (deep / ("f" * 90)).write_bytes(rng.randbytes(700))
        (tree / "long link").symlink_to("x" * 300)
        (tree / "naïve ünicode ☃").write_text("x")
        (tree / os.fsdecode(b"not utf-8 \xff")).write_text("y")
        with open(tree / "sparse", "wb") as file:
            # Enough data islands for the map of the old format to need extension blocks.
            for at in range(60):
                file.seek(at * 8192)
                file.write(rng.randbytes(300))
            file.truncate(60 * 8192)


@functools.cache
def archive(writer: str) -> bytes:
    command = WRITERS[writer]
    if command and shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        make_tree(root, writer.rpartition("-")[2] in PLAIN_ONLY)
        if command:
            done = subprocess.run(command, cwd=root, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=PYTHON_FORMATS[writer.rpartition("-")[2]]) as tar:
            tar.add(root / "tree", "tree")
        return buffer.getvalue()


def walk(data: bytes, piece: int = 1 << 20) -> Contents:
    walker = TarStream()
    for at in range(0, len(data), piece):
        walker.feed(data[at : at + piece])
    return walker.finish()


def is_whole(data: bytes) -> bool:
    try:
        walk(data)
    except Damaged:
        return False
    return True


class Blocks(t.NamedTuple):
    """Where things are, told by noting what the walker takes for headers in the whole archive."""

    headers: list[int]
    end: int


@functools.cache
def blocks(writer: str) -> Blocks:
    headers: list[int] = []

    class Noting(TarStream):
        def _read_header(self, block: bytes) -> None:
            headers.append(position[0])
            super()._read_header(block)

    position = [0]
    data = archive(writer)
    walker = Noting()
    for at in range(0, len(data), BLOCK):
        position[0] = at
        walker.feed(data[at : at + BLOCK])
        if walker.ended:
            return Blocks(headers[:-1], at + BLOCK)
    raise AssertionError("no end marker")


@pytest.mark.parametrize("writer", WRITERS)
def test_whole_archives_are_whole_in_pieces_of_any_size(writer: str) -> None:
    data = archive(writer)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        entries = len(tar.getmembers())
    found = {walk(data, piece) for piece in (7, 511, 512, 513, 4096, 10_007, len(data))}
    assert found == {Contents(entries, len(data), frozenset({"tree"}))}


@pytest.mark.parametrize("writer", WRITERS)
def test_an_archive_cut_anywhere_is_torn(writer: str) -> None:
    data, end = archive(writer), blocks(writer).end
    rng = random.Random(writer)
    cuts = sorted({*range(0, end, BLOCK), *(rng.randrange(end) for _unused in range(200)), end - 1, 1})
    walker, fed, missed = TarStream(), 0, []
    for cut in cuts:
        walker.feed(data[fed:cut])
        fed = cut
        try:
            walker.finish()
        except Damaged:
            continue
        missed.append(cut)
    assert missed == []
    assert is_whole(data[:end])
    assert is_whole(data)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_flipped_bit_in_a_header_or_in_the_end_marker_is_found(writer: str) -> None:
    data = archive(writer)
    where = blocks(writer)
    rng = random.Random(writer)
    missed = []
    for start in [*where.headers, where.end - 2 * BLOCK, where.end - BLOCK]:
        for _unused in range(4):
            # The checksum's own field may hold a space or a null byte at its end without meaning something else.
            at = rng.choice([rng.randrange(148), rng.randrange(156, BLOCK)])
            damaged = bytearray(data)
            damaged[start + at] ^= 1 << rng.randrange(8)
            if is_whole(bytes(damaged)):
                missed.append((start, at))
    assert missed == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_flipped_bit_in_content_leaves_the_structure_whole(writer: str) -> None:
    """Content is the checksum's business: no false alarm about the structure."""
    data, where = archive(writer), blocks(writer)
    for header_at, following in zip(where.headers, [*where.headers[1:], where.end - len(MARKER)]):
        if data[header_at + 156 : header_at + 157] not in (b"0", b"\0") or "sparse-1.0" in writer:
            continue  # no content, or content that begins with a map
        for at in range(header_at + BLOCK, min(following, header_at + 2 * BLOCK), 97):
            damaged = bytearray(data)
            damaged[at] ^= 0xFF
            assert is_whole(bytes(damaged)), at


@pytest.mark.parametrize("writer", WRITERS)
def test_a_lost_or_doubled_block_is_found(writer: str) -> None:
    data = archive(writer)
    headers = blocks(writer).headers
    missed = []
    for start in headers:
        for damaged in (data[:start] + data[start + BLOCK :], data[: start + 7] + data[start:]):
            # An entry without content may go without a trace in the structure.
            if is_whole(damaged) and walk(damaged).entries == walk(data).entries:
                missed.append(start)
    assert missed == []


@pytest.mark.parametrize("shrunk", [1, 300, 511, 512, 5000])
@pytest.mark.parametrize("padding", [0, 512, 1024, 4096])
def test_a_file_that_shrank_tears_the_archive_whatever_it_ends_with(shrunk: int, padding: int) -> None:
    """What the engine's tar writer leaves: a header, too little content, and no end marker; zeros may be content."""
    header = tarfile.TarInfo("log")
    header.size = 10_000 + padding
    data = header.tobuf() + b"x" * (10_000 - shrunk) + bytes(padding)
    assert not is_whole(data)


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 5 << 40])
@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_sizes_beyond_octal(size: int, form: str) -> None:
    header = tarfile.TarInfo("huge")
    header.size = size
    walker = TarStream()
    walker.feed(header.tobuf(tarfile.GNU_FORMAT if form == "gnu" else tarfile.PAX_FORMAT))
    piece = memoryview(bytes(1 << 20))
    # All of it would take minutes: the walker skips by arithmetic, so that a jump is as good.
    assert walker._skip == tar._padded(size)
    walker._skip = len(piece)
    walker.feed(piece)
    walker.feed(MARKER)
    assert walker.finish().entries == 1


class Case(t.NamedTuple):
    data: bytes
    message: str


def header(name: str = "x", size: int = 0, kind: bytes = b"0", **fields: bytes) -> bytes:
    """A header with a right checksum and wrong fields."""
    about = tarfile.TarInfo(name)
    about.size = size
    about.type = kind
    block = bytearray(about.tobuf(tarfile.USTAR_FORMAT))
    places = {"octal_size": (124, 136), "prefix": (345, 500)}
    for field, value in fields.items():
        start, end = places[field]
        block[start:end] = value.ljust(end - start, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    length = next(n for n in range(len(rest), len(rest) + 9) if n == len(rest) + len(str(n)))
    return str(length).encode() + rest


def pax(content: bytes) -> bytes:
    """A pax header for the entry that follows."""
    return header("pax", len(content), b"x") + content + bytes(-len(content) % BLOCK)


BROKEN = {
    "nothing": Case(b"", "not one byte"),
    "text": Case(b"hello world\n" * 100, "not a tar archive"),
    "short text": Case(b"hello", "without tar's end marker"),
    "gzip": Case(b"\x1f\x8b\x08" + b"\x01" * 1000, "not a tar archive"),
    "one zero block": Case(header() + bytes(BLOCK), "without tar's end marker"),
    "half a marker": Case(header() + bytes(BLOCK) + header() + MARKER, "half an end marker"),
    "something behind the end": Case(header() + MARKER + header(), "follows tar's end marker"),
    "late garbage": Case(header() + MARKER + bytes(100_000) + b"x", "follows tar's end marker"),
    "size in words": Case(header(octal_size=b"12 banana") + MARKER, "not a tar archive"),
    "bad octal": Case(header(octal_size=b"99999999999") + MARKER, "not a tar archive"),
    "negative size": Case(header() + header(octal_size=b"\xff" * 12) + MARKER, "no tar header where one must be"),
    "pax length": Case(header() + pax(b"99 path=x\n") + header() + MARKER, "unreadable pax header"),
    "pax no newline": Case(header() + pax(b"9 path=xy") + header() + MARKER, "unreadable pax header"),
    "pax no equals": Case(header() + pax(b"8 pathx\n") + header() + MARKER, "unreadable pax header"),
    "pax zero length": Case(header() + pax(b"0 path=x\n") + header() + MARKER, "unreadable pax header"),
    "pax negative size": Case(header() + pax(record("size", "-1")) + header() + MARKER, "unreadable size"),
    "pax size in words": Case(header() + pax(record("size", "1e3")) + header() + MARKER, "unreadable size"),
    "pax bomb": Case(header() + header("pax", 1 << 30, b"x"), "header extension"),
    "announced entry missing": Case(header() + pax(record("path", "ab")) + MARKER, "announced"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_archives_say_what_is_wrong(name: str) -> None:
    with pytest.raises(Damaged, match=BROKEN[name].message):
        walk(BROKEN[name].data)


ROOTS = {
    "plain": (header("bin/", 0, b"5") + header("bin/sh") + header("etc"), {"bin", "etc"}),
    "dotted": (header("./", 0, b"5") + header("./.dockerenv") + header("./bin/", 0, b"5"), {".dockerenv", "bin"}),
    "absolute": (header("/manifest.json") + header("/a/b"), {"manifest.json"}),
    "by pax": (pax(record("path", "manifest.json")) + header("other"), {"manifest.json"}),
    "with a prefix": (header("b", prefix=b"a") + header("c"), {"c"}),
    "old folder": (header("etc/", 512, b"\0"), {"etc"}),
}


@pytest.mark.parametrize("name", ROOTS)
def test_names_at_the_top(name: str) -> None:
    data, expected = ROOTS[name]
    assert walk(data + MARKER).root == expected


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_links_folders_and_devices_have_no_content_whatever_size_they_claim(kind: bytes) -> None:
    assert walk(header(size=1000, kind=kind) + header("next") + MARKER).entries == 2


@pytest.mark.parametrize("kind", [b"0", b"7", b"\0", b"D", b"Z"])
def test_all_others_have(kind: bytes) -> None:
    assert walk(header(size=1000, kind=kind) + b"x" * 1024 + header("next") + MARKER).entries == 2
