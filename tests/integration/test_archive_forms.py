# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives as other programs write them: what `docker import` and tar take, container_import and container_cp take."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import pathlib
import struct
import subprocess
import tarfile
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive import decompression
from support.engine import Docker

from .conftest import Run

IMAGE = "stevedore/busybox:1"


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (("hello", b"hello"), ("noise", os.urandom(300_000)), ("zeros", bytes(200_000))):
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return packed.getvalue()


ARCHIVE = _tar()
HALVES = (ARCHIVE[:250_000], ARCHIVE[250_000:])


def zstd(data: bytes, *options: str) -> bytes:
    return subprocess.run(["zstd", "-qc", *options], input=data, capture_output=True, check=True).stdout


def skippable(number: int = 0, content: bytes = b"not for you") -> bytes:
    """https://www.rfc-editor.org/rfc/rfc8878#name-skippable-frames"""
    return struct.pack("<II", 0x184D2A50 + number, len(content)) + content


def pzstd() -> bytes:
    """As pzstd writes it: before each frame one that says how long it is."""
    frames = [zstd(half) for half in HALVES]
    return b"".join(skippable(0, struct.pack("<I", len(frame))) + frame for frame in frames)


# What it is packed as, and whether the program of that name takes it.
PACKED: dict[str, tuple[str, bytes]] = {
    "zstd, a skippable frame first": ("zstd", skippable() + zstd(ARCHIVE)),
    "zstd, a large skippable frame first": ("zstd", skippable(15, bytes(3 << 20)) + zstd(ARCHIVE)),
    "zstd, skippable frames everywhere": ("zstd", skippable(3) + zstd(HALVES[0]) + skippable(7) + zstd(HALVES[1]) + skippable(9)),
    "zstd, several frames": ("zstd", zstd(HALVES[0]) + zstd(HALVES[1])),
    "zstd, of pzstd": ("zstd", pzstd()),
    "zstd, a large window": ("zstd", zstd(ARCHIVE, "--long=27")),
    "xz, padded": ("xz", lzma.compress(ARCHIVE) + bytes(8)),
    "xz, padded a lot": ("xz", lzma.compress(ARCHIVE) + bytes(3 << 20)),
    "xz, several padded streams": ("xz", lzma.compress(HALVES[0]) + bytes(4) + lzma.compress(HALVES[1]) + bytes(12)),
    "xz, several streams": ("xz", lzma.compress(HALVES[0]) + lzma.compress(HALVES[1])),
    "gzip, several members": ("gzip", gzip.compress(HALVES[0]) + gzip.compress(HALVES[1])),
    "gzip, an empty member": ("gzip", gzip.compress(b"") + gzip.compress(ARCHIVE) + gzip.compress(b"")),
    "gzip, zeros behind": ("gzip", gzip.compress(ARCHIVE) + bytes(10_240)),
    "gzip, many zeros behind": ("gzip", gzip.compress(ARCHIVE) + bytes(3 << 20)),
    "bzip2, several streams": ("bzip2", bz2.compress(HALVES[0]) + bz2.compress(HALVES[1])),
}  # fmt: skip
TORN: dict[str, bytes] = {
    "xz, padding that is not": lzma.compress(ARCHIVE) + bytes(3),
    "xz, padding that is not, between": lzma.compress(HALVES[0]) + bytes(5) + lzma.compress(HALVES[1]),
    "xz, garbage": lzma.compress(ARCHIVE) + b"garbage!",
    "zstd, garbage": zstd(ARCHIVE) + b"garbage!",
    "zstd, a torn frame": zstd(HALVES[0]) + zstd(HALVES[1])[:-20_000],
    "zstd, skippable frames alone": skippable() + skippable(),
    "gzip, a torn member": gzip.compress(HALVES[0]) + gzip.compress(HALVES[1])[:-1000],
}


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    docker("run", "-d", "--name", name, IMAGE, "sleep", "1000")
    return name


@pytest.fixture
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """zstd is read by the Python package or, on a host without it, by the program."""
    found, reader = request.param
    if reader == "program":
        monkeypatch.setattr(decompression, "zstandard", None)
    return t.cast("str", found)


def forms(named: t.Iterable[str]) -> list[tuple[str, str]]:
    readers = {True: ("package", "program"), False: ("library",)}
    return [(name, reader) for name in named for reader in readers[name.startswith("zstd")]]


@pytest.mark.parametrize("form", forms(PACKED), indirect=True)
def test_packed_archives(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path, form: str
) -> None:
    program, data = PACKED[form]
    path = tmp_path / "archive"
    path.write_bytes(data)
    read = subprocess.run([program, "-dc"], input=data, capture_output=True, check=True)
    assert read.stdout == ARCHIVE
    layers = [f"sha256:{hashlib.sha256(ARCHIVE).hexdigest()}"]
    # 20.10 does not know zstd.
    theirs = docker.completed("import", str(path), unique("theirs"))
    if program != "zstd":
        assert theirs.returncode == 0, theirs.stderr
        assert docker.inspect(unique("theirs"), "image")["RootFS"]["Layers"] == layers
    done = run("container_import", path=str(path), repository=unique("ours"))
    assert not done.failed, done
    assert docker.inspect(unique("ours"), "image")["RootFS"]["Layers"] == layers


@pytest.mark.parametrize("form", forms(PACKED), indirect=True)
def test_packed_archives_are_unpacked(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, form: str) -> None:
    path = tmp_path / "archive"
    path.write_bytes(PACKED[form][1])
    done = run("container_cp", src=str(path), dest=f"{box}:/x", decompress=True, remote_src=True)
    assert not done.failed, done
    digest = hashlib.sha256(ARCHIVE[1536:301_536]).hexdigest()
    assert docker("exec", box, "sha256sum", "/x/noise").split()[0] == digest
    docker("cp", str(path), f"{box}:/a")
    run("container_cp", src=f"{box}:/a", dest=str(tmp_path / "x"), decompress=True, remote_src=True)
    assert (tmp_path / "x" / "noise").read_bytes() == ARCHIVE[1536:301_536]


@pytest.mark.parametrize("form", forms(TORN), indirect=True)
def test_torn_archives(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, name: str, form: str) -> None:
    path = tmp_path / "archive"
    path.write_bytes(TORN[form])
    done = run("container_import", path=str(path), repository=name)
    assert done.failed
    assert done.failure["kind"] == "damaged"
    assert str(path) in done.msg
    done = run("container_cp", src=str(path), dest=f"{box}:/x", decompress=True, remote_src=True)
    assert done.failed
    assert done.failure["kind"] == "damaged"
    assert not docker.ok("exec", box, "ls", "/x")


# -- what follows the end of the archive ------------------------------------------------------------------------------

BARE = ARCHIVE.rstrip(b"\0")
BARE += bytes(-len(BARE) % 512)
BEHIND: dict[str, tuple[bytes, bool]] = {
    "nothing but the marker": (bytes(1024), True),
    "half a marker": (bytes(512), False),
    "zeros": (bytes(100_000), True),
    "zeros that fill no block": (bytes(1500), True),
    "another archive": (bytes(1024) + ARCHIVE, False),
    "garbage": (bytes(1024) + b"garbage", False),
    "late garbage": (bytes(300_000) + b"g", False),
    "half a marker and garbage": (bytes(512) + b"g" * 512, False),
    "half a marker and a torn block": (bytes(512) + b"g", False),
    "no marker": (b"", False),
}


@pytest.mark.parametrize("what", BEHIND)
def test_what_follows_is_judged_alike(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, unique: t.Callable[..., str], what: str
) -> None:
    behind, whole = BEHIND[what]
    content = b"".join([ARCHIVE[: 512 * 3], ARCHIVE[1536:301_568], ARCHIVE[301_568:502_272]])
    path = tmp_path / "archive.tar"
    path.write_bytes(content + behind)
    # docker import takes all but an incomplete block, tar warns at best.
    assert docker.ok("import", str(path), unique("theirs")) or not whole
    imported = run("container_import", path=str(path), repository=unique("ours"))
    copied = run("container_cp", src=str(path), dest=f"{box}:/x", decompress=True, remote_src=True)
    assert (imported.failed, copied.failed) == (not whole, not whole), (imported, copied)
    if not whole:
        assert imported.failure["kind"] == copied.failure["kind"] == "damaged"


# -- sparse files -----------------------------------------------------------------------------------------------------

SPARSE = {
    "gnu": ("--format=gnu",),
    "pax 0.0": ("--format=posix", "--sparse-version=0.0"),
    "pax 0.1": ("--format=posix", "--sparse-version=0.1"),
    "pax 1.0": ("--format=posix", "--sparse-version=1.0"),
}


def sparse_tree(folder: pathlib.Path) -> dict[str, str]:
    """Files with holes at every place; their checksums."""
    folder.mkdir()
    (folder / "before").write_text("before")
    for name, size, parts in (
        ("empty", 0, ()),
        ("hole", 5_000_000, ()),
        ("hole of a byte more", 5_000_001, ()),
        ("begin", 3_000_000, (0,)),
        ("end", 3_000_000, (2_995_904,)),
        ("middle", 3_000_000, (1_000_000 // 4096 * 4096,)),
        ("many", 9_000_000, tuple(range(0, 8_900_000, 200_704))),
    ):
        with open(folder / name, "wb") as file:
            file.truncate(size)
            for at in parts:
                file.seek(at)
                file.write(os.urandom(4096))
    long = folder / ("d" * 90) / ("e" * 90)
    long.mkdir(parents=True)
    with open(long / ("f" * 90), "wb") as file:
        file.seek(2_000_000)
        file.write(b"end")
    (folder / "later").write_text("later")
    return sums(folder)


def sums(folder: pathlib.Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("form", SPARSE)
def test_sparse_files(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, form: str) -> None:
    expected = sparse_tree(tmp_path / "tree")
    path = tmp_path / "archive.tar"
    subprocess.run(["tar", "-S", *SPARSE[form], "-cf", str(path), "-C", str(tmp_path / "tree"), "."], check=True)
    assert path.stat().st_size < 2_000_000
    into = {"src": str(path), "dest": f"{box}:/x", "decompress": True, "remote_src": True}
    done = run("container_cp", **into)
    assert not done.failed, done
    there = docker("exec", box, "sh", "-c", "cd /x && find . -type f -exec sha256sum {} +")
    assert {line[66:].removeprefix("./"): line[:64] for line in there.splitlines()} == expected
    assert not run("container_cp", **into).changed

    docker("cp", str(path), f"{box}:/a.tar")
    back = {"src": f"{box}:/a.tar", "dest": str(tmp_path / "x"), "decompress": True, "remote_src": True}
    assert run("container_cp", **back).changed
    assert sums(tmp_path / "x") == expected
    assert (tmp_path / "x" / "hole").stat().st_blocks < 128
    assert not run("container_cp", **back).changed


@pytest.mark.parametrize("form", SPARSE)
def test_torn_sparse_files(run: Run, box: str, tmp_path: pathlib.Path, form: str) -> None:
    sparse_tree(tmp_path / "tree")
    path = tmp_path / "archive.tar"
    subprocess.run(["tar", "-S", *SPARSE[form], "-cf", str(path), "-C", str(tmp_path / "tree"), "."], check=True)
    whole = path.read_bytes().rstrip(b"\0")
    for cut in range(600, len(whole), len(whole) // 8):
        path.write_bytes(whole[:cut])
        done = run(
            "container_cp", src=str(path), dest=str(tmp_path / "x"), decompress=True, remote_src=True, _check=True
        )
        assert done.failed


def test_a_claim_without_content_is_no_flood(run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """A file of 4 EB in an archive of 2 kB."""
    path = tmp_path / "archive.tar"
    about = tarfile.TarInfo("flood")
    about.pax_headers = {"GNU.sparse.size": str(4 << 60), "GNU.sparse.map": "0,0", "GNU.sparse.numblocks": "1"}
    path.write_bytes(about.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    done = run("container_cp", src=str(path), dest=f"{box}:/x", decompress=True, remote_src=True)
    assert done.failed
    assert "flood" in done.msg
