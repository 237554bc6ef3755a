# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tarfile
import typing as t

import pytest
from support import modules
from support.engine import Docker, until

from .conftest import Run, RunProcess

BUSYBOX = "stevedore/busybox:1"

# A file that shrinks while it is exported, over and over; big enough for the engine to be in the middle of it.
SHRINKING = "while :; do head -c 30000000 /dev/zero >/aaa.log; : >/aaa.log; done"
GROWING = (
    "while :; do head -c 100000 /dev/zero >>/aaa.log; [ $(wc -c </aaa.log) -lt 30000000 ] || exec sleep 1000; done"
)


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    """A container that runs and does nothing."""
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    return name


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """Where archives go; whatever happened, nothing of ours is left half-done there."""
    target = tmp_path / "backup"
    target.mkdir()
    yield target
    assert [entry for entry in os.listdir(target) if entry.startswith(".")] == []


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(folder: pathlib.Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def is_whole(path: pathlib.Path) -> bool:
    """GNU tar's opinion, and the end marker on which it does not insist."""
    listed = subprocess.run(["tar", "-tf", str(path)], capture_output=True, check=False)
    return listed.returncode == 0 and not listed.stderr and path.read_bytes()[-1024:] == bytes(1024)


def written(path: pathlib.Path) -> tuple[int, ...]:
    """What tells that a file was written to or replaced; reading it moves its atime alone."""
    about = path.stat()
    return about.st_ino, about.st_mode, about.st_uid, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def test_first_run_writes_second_changes_nothing(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    path = folder / "box.tar"
    planned = run("container_export", name=box, path=str(path), _check=True, _diff=True)
    assert planned.changed
    assert names(folder) == []

    done = run("container_export", name=box, path=str(path), _diff=True)
    assert done.changed
    assert done.diff == planned.diff
    assert path.read_bytes() == docker("export", box, binary=True)
    assert done.export["sha256"] == sha256(path.read_bytes()) == done.export["stream_sha256"]
    assert done.export["size"] == path.stat().st_size
    with tarfile.open(path) as tar:
        assert done.export["entries"] == len(tar.getmembers())
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in folder.iterdir()] == [0o600, 0o600]

    before = {entry: written(entry) for entry in folder.iterdir()}
    assert not run("container_export", name=box, path=str(path), _check=True).changed
    again = run("container_export", name=box, path=str(path))
    assert not again.changed
    assert again.export["sha256"] == done.export["sha256"]
    assert {entry: written(entry) for entry in folder.iterdir()} == before


CHANGES: dict[str, tuple[str, ...]] = {
    "a file in the container": ("exec", "BOX", "sh", "-c", "echo x >/new"),
    "a deleted file": ("exec", "BOX", "rm", "/etc/release"),
    "a file's mode": ("exec", "BOX", "chmod", "0600", "/etc/release"),
    "its options": ("update", "--restart", "always", "BOX"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_exported(docker: Docker, run: Run, box: str, folder: pathlib.Path, what: str) -> None:
    path = str(folder / "box.tar")
    run("container_export", name=box, path=path)
    docker(*(box if word == "BOX" else word for word in CHANGES[what]))
    assert run("container_export", name=box, path=path, _check=True).changed
    assert run("container_export", name=box, path=path).changed
    assert not run("container_export", name=box, path=path).changed


def test_the_archive_of_another_container_is_replaced(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    path = str(folder / "box.tar")
    run("container_export", name=box, path=path)
    docker("rm", "-f", box)
    docker("run", "-d", "--name", box, BUSYBOX, "sleep", "1000")
    assert run("container_export", name=box, path=path).export["reasons"] == ["container"]


def flip(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip_secretly(path: pathlib.Path) -> None:
    about = path.stat()
    with open(path, "r+b") as file:
        file.seek(100_000)
        byte = file.read(1)
        file.seek(100_000)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


DAMAGE: dict[str, tuple[t.Callable[[pathlib.Path], t.Any], str]] = {
    "flipped": (flip, "stat"),
    "flipped, time restored": (flip_secretly, "hash"),
    "cut": (lambda path: os.truncate(path, path.stat().st_size - 512), "stat"),
    "gone": (lambda path: path.unlink(), "stat"),
    "manifest gone": (lambda path: (path.parent / (path.name + ".manifest.json")).unlink(), "stat"),
    "manifest damaged": (lambda path: (path.parent / (path.name + ".manifest.json")).write_text("{"), "stat"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_archive_is_written_again(
    docker: Docker, run: Run, box: str, folder: pathlib.Path, what: str
) -> None:
    path = folder / "box.tar"
    damage, verify = DAMAGE[what]
    run("container_export", name=box, path=str(path))
    damage(path)
    assert run("container_export", name=box, path=str(path), verify=verify).changed
    assert path.read_bytes() == docker("export", box, binary=True)
    assert not run("container_export", name=box, path=str(path), verify="hash").changed


def test_a_moved_archive_is_intact(run: Run, box: str, folder: pathlib.Path) -> None:
    path = folder / "box.tar"
    run("container_export", name=box, path=str(path))
    shutil.copy(path, folder / "copy")
    os.replace(folder / "copy", path)
    assert not run("container_export", name=box, path=str(path)).changed


UNPACK = {"box.tar.gz": "gzip -dc", "box.tgz": "gzip -dc", "box.tar.zst": "zstd -dcq", "box.tar.xz": "xz -dc"}


@pytest.mark.parametrize("file", UNPACK)
def test_compression_by_suffix(docker: Docker, run: Run, box: str, folder: pathlib.Path, file: str) -> None:
    path = folder / file
    done = run("container_export", name=box, path=str(path), compression_level=1)
    unpacked = subprocess.run([*UNPACK[file].split(), str(path)], capture_output=True, check=True).stdout
    assert sha256(unpacked) == done.export["stream_sha256"] == sha256(docker("export", box, binary=True))
    assert sha256(path.read_bytes()) == done.export["sha256"]
    assert not run("container_export", name=box, path=str(path)).changed


def test_several_containers_in_one_task(
    docker: Docker, run: Run, unique: t.Callable[..., str], folder: pathlib.Path
) -> None:
    boxes = [unique("a"), unique("b")]
    for box in boxes:
        docker("create", "--name", box, "--label", f"set={unique()}", BUSYBOX, "true")
    path = str(folder / "{name}.tar.gz")
    done = run("container_export", name=boxes, path=path)
    assert [item["path"] for item in done.exports] == [str(folder / f"{box}.tar.gz") for box in boxes]
    again = run("container_export", filters={"label": f"set={unique()}"}, path=path, parallel=2)
    assert (again.changed, len(again.exports)) == (False, 2)
    refused = run("container_export", name=boxes, path=str(folder / "one.tar"))
    assert refused.failed
    assert "{name}" in refused.msg


def test_rotation_keeps_the_newest_of_ours(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    template = str(folder / "{name}-{timestamp}.tar")
    first = pathlib.Path(run("container_export", name=box, path=template).export["path"])
    # An older one of ours, and files that only look like it.
    manifest = ".manifest.json"
    for stamp in ("20200101T000000Z", "20210101T000000Z"):
        shutil.copyfile(first, folder / f"{box}-{stamp}.tar")
        shutil.copyfile(f"{first}{manifest}", folder / f"{box}-{stamp}.tar{manifest}")
    strangers = [folder / f"{box}-20190101T000000Z.tar", folder / f"{box}-20190101T000000Z.tar.gz"]
    for stranger in strangers:
        stranger.write_text("not ours")
    assert not run("container_export", name=box, path=template, keep=2).changed

    docker("exec", box, "touch", "/new")
    until(lambda: not first.exists() or time_has_passed(first), "the next second")
    done = run("container_export", name=box, path=template, keep=2)
    assert sorted(pathlib.Path(path).name for path in done.export["removed"]) == [
        f"{box}-20200101T000000Z.tar",
        f"{box}-20210101T000000Z.tar",
    ]
    left = [*(path.name for path in (first, pathlib.Path(done.export["path"]))), *(path.name for path in strangers)]
    assert [entry for entry in names(folder) if not entry.endswith(manifest)] == sorted(left)


def time_has_passed(path: pathlib.Path) -> bool:
    probe = path.parent / "probe"
    probe.touch()
    now = int(probe.stat().st_mtime)
    probe.unlink()
    return now > int(path.stat().st_mtime) + 1


def test_backup_keeps_what_is_replaced(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    path = folder / "box.tar"
    run("container_export", name=box, path=str(path))
    before = path.read_bytes()
    docker("exec", box, "touch", "/new")
    done = run("container_export", name=box, path=str(path), backup=True)
    kept = pathlib.Path(done.export["backup_file"])
    assert kept.read_bytes() == before
    assert json.loads(pathlib.Path(f"{kept}.manifest.json").read_text())["file"]["sha256"] == sha256(before)


def test_mode_is_set_and_kept(run: Run, box: str, folder: pathlib.Path) -> None:
    path = folder / "box.tar"
    run("container_export", name=box, path=str(path))
    changed = run("container_export", name=box, path=str(path), mode="0640")
    assert changed.changed
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not run("container_export", name=box, path=str(path), mode="0640").changed


def test_volumes_are_named(docker: Docker, run: Run, name: str, folder: pathlib.Path) -> None:
    docker("create", "--name", name, "-v", "/data", BUSYBOX, "true")
    assert run("container_export", name=name, path=str(folder / "x.tar")).export["volumes_left_out"] == ["/data"]


# -- places that will not do ------------------------------------------------------------------------------------------------


def _link(folder: pathlib.Path) -> str:
    (folder / "elsewhere").write_text("precious")
    (folder / "link.tar").symlink_to(folder / "elsewhere")
    return str(folder / "link.tar")


def _pipe(folder: pathlib.Path) -> str:
    os.mkfifo(folder / "pipe.tar")
    return str(folder / "pipe.tar")


PLACES: dict[str, tuple[t.Callable[[pathlib.Path], str], str]] = {
    "a folder": (str, "is a folder"),
    "a folder to come": (lambda folder: f"{folder}/x/", "folder"),
    "a link": (_link, "symbolic link"),
    "a pipe": (_pipe, "not a regular file"),
    "no parent": (lambda folder: str(folder / "no" / "box.tar"), "does not exist"),
    "a file as parent": (lambda folder: f"{_link(folder)}/box.tar", "does not exist"),
    "relative": (lambda folder: "box.tar", "absolute"),
    "unknown placeholder": (lambda folder: str(folder / "{nme}.tar"), "unknown placeholder"),
}


@pytest.mark.parametrize("what", PLACES)
@pytest.mark.parametrize("check", [True, False])
def test_a_place_that_will_not_do(run: Run, box: str, folder: pathlib.Path, what: str, check: bool) -> None:
    make, message = PLACES[what]
    path = make(folder)
    before = names(folder)
    failed = run("container_export", name=box, path=path, _check=check)
    assert failed.failed
    assert message in failed.msg
    assert names(folder) == before
    if "link" in what:
        assert (folder / "elsewhere").read_text() == "precious"


@pytest.fixture
def small(folder: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """A file system of 900 kB; the image has 2 MB, 1 MB when compressed."""
    disk = folder / "small"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("needs root to mount a small file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("check", [True, False])
def test_a_read_only_file_system(run: Run, box: str, small: pathlib.Path, check: bool) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    failed = run("container_export", name=box, path=str(small / "x.tar"), _check=check)
    assert failed.failed
    assert "No permission to write" in failed.msg


@pytest.mark.parametrize(
    ("options", "file", "message"),
    [
        ({}, "x.tar", "Not enough space"),
        ({"check_space": False}, "x.tar", "No space left"),
        ({}, "x.tar.gz", "No space left"),
    ],
)
def test_a_full_disk_leaves_nothing(
    run: Run, box: str, small: pathlib.Path, options: dict[str, t.Any], file: str, message: str
) -> None:
    old = small / file
    old.write_text("old")
    failed = run("container_export", name=box, path=str(old), **options)
    assert failed.failed
    assert message in failed.msg
    assert (names(small), old.read_text()) == ([file], "old")


# -- containers that do not stand still ------------------------------------------------------------------------------------


def test_a_shrinking_file_is_never_exported_torn(docker: Docker, run: Run, name: str, folder: pathlib.Path) -> None:
    docker("run", "-d", "--name", name, BUSYBOX, "sh", "-c", SHRINKING)
    path = folder / "box.tar"
    path.write_text("old")
    torn = 0
    for _attempt in range(20):
        done = run("container_export", name=name, path=str(path), pause="never", force=True)
        if done.failed:
            torn += 1
            assert done.failure["kind"] == "damaged"
            assert "set pause" in done.msg
        else:
            assert is_whole(path)
        if torn:
            break
    assert torn, "the export never tore, so that nothing was shown"
    done = run("container_export", name=name, path=str(path), force=True)
    assert done.changed
    assert is_whole(path)
    assert docker.inspect(name)["State"]["Status"] == "running"


def test_a_growing_file_does_not_tear(docker: Docker, run: Run, name: str, folder: pathlib.Path) -> None:
    docker("run", "-d", "--name", name, BUSYBOX, "sh", "-c", GROWING)
    path = folder / "box.tar"
    assert run("container_export", name=name, path=str(path), pause="never").changed
    assert is_whole(path)


def test_pause_always_pauses_and_resumes(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    done = run("container_export", name=box, path=str(folder / "x.tar"), pause="always")
    assert done.export["paused"]
    assert docker.inspect(box)["State"]["Status"] == "running"


def test_a_container_that_was_paused_stays_paused(docker: Docker, run: Run, box: str, folder: pathlib.Path) -> None:
    docker("pause", box)
    done = run("container_export", name=box, path=str(folder / "x.tar"), pause="always")
    assert (done.changed, done.export["paused"]) == (True, False)
    assert docker.inspect(box)["State"]["Status"] == "paused"


@pytest.fixture
def heavy(docker: Docker, name: str) -> str:
    """A container whose export takes a moment."""
    docker("run", "-d", "--name", name, BUSYBOX, "sleep", "1000")
    docker("exec", name, "sh", "-c", "head -c 60000000 /dev/zero >/big1; head -c 40000000 /dev/zero >/big2")
    return name


def writing(process: subprocess.Popen[str], folder: pathlib.Path) -> bool:
    """Whether the module has an archive open in the folder and has begun to write it."""
    base = pathlib.Path(f"/proc/{process.pid}/fd")
    for entry in base.iterdir() if base.exists() else ():
        try:
            link, size = os.readlink(entry), entry.stat().st_size
        except OSError:
            continue
        if link.startswith(f"{folder}/") and size > 1_000_000:
            return True
    assert process.poll() is None, "the export was over too soon"
    return False


@pytest.mark.parametrize("command", [("stop", "-t", "0"), ("rm", "-f")])
def test_a_container_that_goes_away_meanwhile(
    docker: Docker, run_process: RunProcess, heavy: str, folder: pathlib.Path, command: tuple[str, ...]
) -> None:
    path = folder / "x.tar"
    path.write_text("old")
    process = run_process("container_export", name=heavy, path=str(path), pause="never")
    until(lambda: writing(process, folder), "the first megabyte")
    docker(*command, heavy, check=False)
    done = modules.collect(process)
    if done.failed:
        assert done.failure["kind"] in ("damaged", "missing", "conflict", "engine")
        assert path.read_text() == "old"
        assert names(folder) == ["x.tar"]
    else:
        assert is_whole(path)


@pytest.mark.parametrize("pause", ["never", "always"])
def test_a_killed_module_leaves_nothing_and_no_paused_container(
    docker: Docker, run_process: RunProcess, heavy: str, folder: pathlib.Path, pause: str
) -> None:
    path = folder / "x.tar"
    path.write_text("old")
    process = run_process("container_export", name=heavy, path=str(path), pause=pause)
    until(lambda: writing(process, folder), "the first megabyte")
    process.kill()
    process.wait()
    assert (names(folder), path.read_text()) == (["x.tar"], "old")
    until(lambda: docker.inspect(heavy)["State"]["Status"] == "running", "the container to go on")


def test_two_exports_to_the_same_path(run: Run, run_process: RunProcess, heavy: str, folder: pathlib.Path) -> None:
    path = folder / "x.tar"
    both = [run_process("container_export", name=heavy, path=str(path), force=True) for _unused in range(2)]
    for process in both:
        assert modules.collect(process).changed
    assert names(folder) == ["x.tar", "x.tar.manifest.json"]
    assert not run("container_export", name=heavy, path=str(path), verify="hash").changed
