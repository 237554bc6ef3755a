# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifest, names, compression, places, and the reader of large answers: everything that needs no engine."""

from __future__ import annotations

import bz2
import copy
import errno
import fcntl
import gzip
import hashlib
import io
import itertools
import json
import lzma
import os
import pathlib
import random
import shutil
import tarfile
import time
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive import (
    compression,
    decompression,
    direct_io,
    manifest,
    path_template,
    target,
    writer,
)
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Damaged, Failed, InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._import import load

# -- manifest ---------------------------------------------------------------------------------------------------------------

DOCUMENT: dict[str, t.Any] = {
    "format": manifest.FORMAT,
    "version": 1,
    "created": "2026-01-31T12:00:00Z",
    "file": {"name": "x.tar", "compression": "none", "size": 1, "sha256": "a" * 64, "mtime_ns": 1, "inode": 1},
    "stream": {"size": 1, "sha256": "b" * 64, "entries": 1},
    "container": {"id": "c", "name": "web"},
    "image": {"id": "i", "name": "app:1"},
    "engine": {"version": "20.10.24", "api": "1.41"},
    "platform": {"os": "linux", "architecture": "amd64"},
    "signature": "v2:stat+disk:x",
    "config": {"Cmd": ["sh"], "Labels": {"a": "b"}},
    "run_options": {"name": "web", "image": "app:1"},
}


def test_a_manifest_reads_back_as_it_was() -> None:
    parsed = manifest.parse(json.dumps(DOCUMENT).encode(), "x")
    assert json.loads(parsed.text()) == DOCUMENT
    assert manifest.parse(parsed.text().encode(), "x") == parsed
    assert parsed.stream.diff_id == f"sha256:{'b' * 64}"


WRONG: dict[str, tuple[str, t.Any]] = {
    "format": ("format", "other"),
    "older": ("version", 0),
    "version as text": ("version", "1"),
    "no time": ("created", "yesterday"),
    "size as text": ("file.size", "1"),
    "size as a boolean": ("file.size", True),
    "negative": ("stream.size", -1),
    "short digest": ("file.sha256", "a"),
    "upper case digest": ("stream.sha256", "A" * 64),
    "a number as a name": ("file.name", 5),
    "a list as a container": ("container", []),
    "a platform of numbers": ("platform", {"os": 1}),
    "no config": ("config", None),
    "an unknown field": ("config", {"Hostname": "x"}),
    "a command as text": ("config", {"Cmd": "sh"}),
    "labels of numbers": ("config", {"Labels": {"a": 1}}),
    "an odd port": ("config", {"ExposedPorts": {"80/tcp": {"x": 1}}}),
    "an odd health check": ("config", {"Healthcheck": {"Test": ["x"], "Retries": -1}}),
    "run options as text": ("run_options", "x"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_manifest_is_not_believed(case: str) -> None:
    path, value = WRONG[case]
    document: t.Any = copy.deepcopy(DOCUMENT)
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(Damaged):
        manifest.parse(json.dumps(document).encode(), "x")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_manifest(text: bytes) -> None:
    with pytest.raises(Damaged):
        manifest.parse(text, "x")


# -- names ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "several", "keep", "message"),
    [
        ("/b/{nme}.tar", False, None, "unknown placeholder"),
        ("/b/x.tar", True, None, r"must contain \{name\}"),
        ("/b/{name}.tar", False, 3, r"needs \{timestamp\}"),
        ("/b/{timestamp}.tar", False, 0, "1 or more"),
        ("/{timestamp}/x.tar", False, None, "not in a folder"),
    ],
)
def test_templates_that_will_not_do(template: str, several: bool, keep: int | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        path_template.check(template, several=several, keep=keep)


def test_existing_archives_oldest_first(tmp_path: pathlib.Path) -> None:
    ours = [f"web-2026010{day}T000000Z.tar" for day in (1, 2, 3)]
    for name in [*reversed(ours), "web-x.tar", "web-20260101T000000Z.tar.gz", "web2-20260101T000000Z.tar", ".web"]:
        (tmp_path / name).touch()
    assert path_template.existing(f"{tmp_path}/{{name}}-{{timestamp}}.tar", "web") == [
        str(tmp_path / name) for name in ours
    ]
    assert path_template.existing(f"{tmp_path}/{{name}}.tar", "web-x") == [str(tmp_path / "web-x.tar")]
    assert path_template.existing("/nowhere/{name}-{timestamp}", "web") == []


# -- compression ------------------------------------------------------------------------------------------------------------

DATA = random.Random(1).randbytes(100_000) + bytes(3 << 20) + random.Random(2).randbytes(1000)
UNPACK: dict[str, t.Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "xz": lzma.decompress, "none": bytes}


def pieces(data: bytes, size: int = 65_536) -> t.Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("programs", [True, False])
@pytest.mark.parametrize("name", compression.FORMATS)
def test_there_and_back(monkeypatch: pytest.MonkeyPatch, name: str, programs: bool) -> None:
    """With the programs that this host has, and without any."""
    if not programs:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    found = bytearray()
    packer = compression.compressor(name, None, found.extend)
    for piece in pieces(DATA):
        packer.write(piece)
    packer.close()
    packer.abort()
    if name in UNPACK:
        assert UNPACK[name](bytes(found)) == DATA
    assert decompression.by_magic(bytes(found)) == name
    assert b"".join(decompression.expand(name, pieces(bytes(found)))) == DATA


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the program zstd is not installed")
def test_zstd_with_the_program_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "zstandard", None)
    monkeypatch.setattr(decompression, "zstandard", None)
    found = bytearray()
    packer = compression.compressor("zstd", 1, found.extend)
    packer.write(DATA)
    packer.close()
    assert b"".join(decompression.expand("zstd", pieces(bytes(found)))) == DATA
    with pytest.raises(Damaged):
        list(decompression.expand("zstd", pieces(bytes(found[:-500]))))


@pytest.mark.parametrize("package", [True, False])
def test_a_flipped_bit_in_zstd_is_found_without_a_manifest(monkeypatch: pytest.MonkeyPatch, package: bool) -> None:
    if not package:
        monkeypatch.setattr(compression, "zstandard", None)
        monkeypatch.setattr(decompression, "zstandard", None)
    found = bytearray()
    packer = compression.compressor("zstd", None, found.extend)
    packer.write(DATA)
    packer.close()
    found[50_000] ^= 1  # in a block that could not be compressed: nothing but the checksum can tell
    with pytest.raises(Damaged, match="zstd data cannot be read"):
        list(decompression.expand("zstd", pieces(bytes(found))))


PACKED = {"gzip": gzip.compress(DATA), "bzip2": bz2.compress(DATA), "xz": lzma.compress(DATA)}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_expanding(name: str, size: int) -> None:
    packed = PACKED[name]
    assert decompression.by_magic(packed) == name
    assert b"".join(decompression.expand(name, pieces(packed * 2, size))) == DATA * 2
    for cut in (10, len(packed) // 2, len(packed) - 1):
        with pytest.raises(Damaged):
            list(decompression.expand(name, pieces(packed[:cut], size)))
    with pytest.raises(Damaged):
        list(decompression.expand(name, pieces(packed[:20] + b"garbage" * 5000, size)))


@pytest.mark.parametrize("name", PACKED)
def test_a_bomb_unfolds_a_piece_at_a_time(name: str) -> None:
    packer = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[name]
    sizes = [len(piece) for piece in decompression.expand(name, [packer(bytes(30 << 20))])]
    assert (sum(sizes), max(sizes) <= compression.PIECE) == (30 << 20, True)


@pytest.mark.parametrize(
    ("name", "level", "message"), [("gzip", 10, "1 to 9"), ("zstd", 0, "1 to 19"), ("none", 1, "without compression")]
)
def test_levels(name: str, level: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        compression.check(name, level)


def test_zstd_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "zstandard", None)
    monkeypatch.setattr(decompression, "zstandard", None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(InvalidInput, match="install one of them"):
        compression.check("zstd", None)


def test_a_failing_sink_is_told(tmp_path: pathlib.Path) -> None:
    def full(_data: t.Any) -> None:
        raise OSError(28, "No space left on device")

    packer = compression.compressor("gzip", 1, full)

    def pack() -> None:
        for piece in pieces(random.Random(3).randbytes(3_000_000)):
            packer.write(piece)
        packer.close()

    with pytest.raises(OSError, match="No space"):
        pack()
    packer.abort()


# -- places -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nameless", [True, False])
def test_a_draft_appears_whole_or_not_at_all(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    """Also on file systems without nameless files."""
    if not nameless:
        monkeypatch.setattr(os, "O_TMPFILE", os.O_TMPFILE | os.O_EXCL << 40, raising=True)
        real = os.open

        def refuse(path: t.Any, flags: int, *rest: t.Any, **more: t.Any) -> int:
            if flags >> 40:
                raise OSError(95, "Operation not supported")
            return real(path, flags, *rest, **more)

        monkeypatch.setattr(os, "open", refuse)
    with target.draft(str(tmp_path)) as draft:
        draft.write(b"new")
        target.remove_abandoned_drafts(str(tmp_path))  # leaves alone what is at work
        draft.publish(str(tmp_path / "x"))
    assert (os.listdir(tmp_path), (tmp_path / "x").read_bytes()) == (["x"], b"new")
    with target.draft(str(tmp_path)) as draft:
        draft.write(b"half")
        draft.named()
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize(
    "size", [0, 1, direct_io.ROOM - 1, direct_io.ROOM, direct_io.ROOM + 1, 3 * direct_io.ROOM + 777]
)
@pytest.mark.parametrize("refused", ["never", "when it is asked for", "when it is written"])
def test_past_the_page_cache(tmp_path: pathlib.Path, monkeypatch: t.Any, size: int, refused: str) -> None:
    real, control = os.write, fcntl.fcntl

    def asked(fd: int, command: int, flags: int = 0) -> int:
        if refused == "when it is asked for" and command == fcntl.F_SETFL and flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return control(fd, command, flags)

    def written(fd: int, data: t.Any) -> int:
        if refused == "when it is written" and control(fd, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(fd, data)

    monkeypatch.setattr(fcntl, "fcntl", asked)
    monkeypatch.setattr(os, "write", written)
    content = random.Random(size).randbytes(size)
    with target.draft(str(tmp_path)) as draft:
        for at in range(0, size, 1_000_003):
            draft.write(content[at : at + 1_000_003])
        draft.publish(str(tmp_path / "x"))
    assert (tmp_path / "x").read_bytes() == content


def test_left_overs_of_the_killed_are_swept(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".stevedore-0123456789abcdef.part").touch()
    (tmp_path / ".somebody-elses.part").touch()
    target.remove_abandoned_drafts(str(tmp_path))
    assert os.listdir(tmp_path) == [".somebody-elses.part"]


@pytest.mark.parametrize(
    ("number", "kind"), [(28, Failed), (122, Failed), (13, InvalidInput), (30, InvalidInput), (5, Failed)]
)
def test_the_file_systems_refusals(number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="/x"), target.translate_os_errors("/x"):
        raise OSError(number, os.strerror(number))


# -- memory that is used again ----------------------------------------------------------------------------------------------


class SlowDraft:
    """A file on a disk that never keeps up."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, data: t.Any) -> None:
        time.sleep(0.002)
        self.content += data

    def sync(self) -> None:
        pass


@pytest.mark.parametrize("name", ["none", "gzip"])
def test_memory_is_used_again_only_when_what_it_held_is_written(name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("x")
        member.size = 60_000
        tar.addfile(member, io.BytesIO(random.Random(1).randbytes(member.size)))
    data = packed.getvalue()
    rooms = itertools.cycle([memoryview(bytearray(1000)) for _room in range(writer.KEPT + 1)])

    def pieces() -> t.Iterator[memoryview]:
        source = io.BytesIO(data)
        for room in rooms:
            size = source.readinto(room)
            if not size:
                return
            yield room[:size]

    draft = SlowDraft()
    written = writer.write(pieces(), t.cast("target.Draft", draft), name, None)
    assert b"".join(decompression.expand(name, [draft.content])) == data
    assert written.stream_sha256 == hashlib.sha256(data).hexdigest()


# -- images -----------------------------------------------------------------------------------------------------------------


def test_the_same_input_is_the_same_image() -> None:
    def make() -> load.LayerImage:
        return load.compose(
            "sha256:x", {"Cmd": ["a"]}, {"os": "linux"}, created="2026-01-31T12:00:00Z", created_by="us", message=None
        )

    assert make() == make()
    assert json.loads(make().document)["rootfs"] == {"type": "layers", "diff_ids": ["sha256:x"]}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, False),
        ([["Backing Filesystem", "extfs"]], False),
        ([["driver-type", "io.containerd.snapshotter.v1"]], True),
    ],
)
def test_the_containerd_image_store_is_told(status: t.Any, expected: bool) -> None:
    assert load.layers_must_travel({"DriverStatus": status}) is expected
