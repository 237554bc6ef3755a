# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_cp beside `docker cp`, and against what wants to write elsewhere."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import typing as t

import pytest
from support.engine import Docker
from support.modules import COLLECTIONS

IMAGE = "stevedore/busybox:1"
PLUGINS = pathlib.Path(__file__).parents[1] / "support" / "connection_plugins"
Run = t.Callable[..., t.Any]
OLD = 1_700_000_000


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    """A container that runs."""
    docker("run", "-d", "--name", name, IMAGE, "sleep", "1000")
    return name


def tree(folder: pathlib.Path) -> pathlib.Path:
    """A folder with what there can be in one."""
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "text").write_text("one\ntwo\n")
    (folder / "nothing").write_text("")
    (folder / "binary").write_bytes(os.urandom(200_000))
    (folder / "sub" / ("long-" * 30)).write_text("long name")
    (folder / "sub" / "snow \u2603 \n\t'\"").write_text("odd name")
    (folder / "script").write_text("#!/bin/sh\n")
    (folder / "script").chmod(0o755)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "link").symlink_to("text")
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "broken").symlink_to("nowhere")
    return folder


def listing(folder: pathlib.Path) -> dict[str, t.Any]:
    """Each path with its kind, mode and content."""
    found: dict[str, t.Any] = {}
    for path in sorted(folder.rglob("*")):
        key = str(path.relative_to(folder))
        if path.is_symlink():
            found[key] = ("link", os.readlink(path))
        elif path.is_dir():
            found[key] = ("directory", path.stat().st_mode & 0o7777)
        else:
            found[key] = ("file", path.stat().st_mode & 0o7777, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


@pytest.mark.parametrize("running", [True, False])
def test_a_folder_there_and_back_like_docker_cp(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, running: bool
) -> None:
    if not running:
        docker("stop", "-t", "0", box)
    source = tree(tmp_path / "source")
    docker("cp", f"{source}/.", f"{box}:/cli/" if running else f"{box}:/srv")
    asked = {"src": f"{source}/", "dest": f"{box}:/ours", "remote_src": True}
    checked = run("container_cp", **asked, _check=True)
    assert checked.changed
    assert not docker.ok("cp", f"{box}:/ours", str(tmp_path / "not yet"))
    done = run("container_cp", **asked)
    assert (done.changes, done["bytes"]) == (checked.changes, checked["bytes"])
    assert not run("container_cp", **asked).changed
    docker("cp", f"{box}:/ours", str(tmp_path / "by cli"))
    assert listing(tmp_path / "by cli") == listing(source)
    back = {"src": f"{box}:/ours/", "dest": str(tmp_path / "by us"), "remote_src": True}
    checked = run("container_cp", **back, _check=True)
    assert not (tmp_path / "by us").exists()
    done = run("container_cp", **back)
    assert (done.changed, done.changes, done["bytes"]) == (True, checked.changes, checked["bytes"])
    assert listing(tmp_path / "by us") == listing(tmp_path / "by cli")
    assert not run("container_cp", **back).changed


def test_where_things_land(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("f")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "g").write_text("g")
    cases = [
        ("f", "/a", "/a"),  # a new file
        ("f", "/home", "/home/f"),  # into a folder
        ("f", "/new/deep/", "/new/deep/f"),  # folders on the way
        ("d", "/srv", "/srv/d/g"),  # the folder itself
        ("d", "/other", "/other/d/g"),  # ... also when dest is not there
        ("d/", "/third", "/third/g"),  # its contents
        ("d/.", "/fourth", "/fourth/g"),
    ]
    for src, dest, path in cases:
        for changed in (True, False):
            done = run("container_cp", src=f"{tmp_path}/{src}", dest=f"{box}:{dest}", remote_src=True)
            assert done.changed is changed, (src, dest, done)
        assert docker("exec", box, "cat", path) in ("f", "g")
    out = tmp_path / "out"
    for src, dest, path in [
        ("/a", out / "x" / "", "x/a"),
        ("/srv/d", out, "d/g"),
        ("/srv/d/", out / "y", "y/g"),
        ("/a", out / "renamed", "renamed"),
    ]:
        for changed in (True, False):
            slash = "/" if path == "x/a" else ""
            done = run("container_cp", src=f"{box}:{src}", dest=f"{dest}{slash}", remote_src=True)
            assert done.changed is changed, (src, dest, done)
        assert (out / path).read_text() in ("f", "g")


@pytest.mark.parametrize("way", ["in", "out"])
def test_restored_after_each_kind_of_damage(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, way: str
) -> None:
    source, copy = tree(tmp_path / "source"), tmp_path / "copy"
    asked: dict[str, t.Any] = {"src": f"{source}/", "dest": f"{box}:/t", "remote_src": True}
    run("container_cp", **asked)
    if way == "out":
        asked = {"src": f"{box}:/t/", "dest": str(copy), "remote_src": True}
        run("container_cp", **asked)

    def damage(script: str) -> None:
        if way == "in":
            docker("exec", "-w", "/t", box, "sh", "-c", script)
        else:
            subprocess.run(["sh", "-c", script], cwd=copy, check=True)

    for script, paths, what in [
        ("echo ONE >text; echo two >>text", ["text"], "content"),
        (f"printf 'ONE\\ntwo\\n' >text; touch -d @{OLD} text", ["text"], "content"),
        ("rm nothing", ["nothing"], "created"),
        ("chmod 700 secret", ["secret"], "mode"),
        ("rm link; ln -s binary link", ["link"], "target"),
        ("rm text; ln -s /etc/passwd text", ["text"], "type"),
        ("rm -r sub/empty", ["sub/empty"], "created"),
        ("truncate -s 100000 binary", ["binary"], "content"),
    ]:
        damage(script)
        checked = run("container_cp", **asked, _check=True)
        done = run("container_cp", **asked)
        assert done.changes == checked.changes
        assert [change["path"].rpartition(":")[2] for change in done.changes] == [
            f"/t/{path}" if way == "in" else str(copy / path) for path in paths
        ], script
        assert what in done.changes[0]["what"], script
        assert not run("container_cp", **asked).changed, script
    if way == "in":
        docker("cp", f"{box}:/t", str(copy))
    assert listing(copy) == listing(source)


def test_equal_size_and_whole_second_is_no_evidence(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("AAAA")
    os.utime(tmp_path / "f", (OLD, OLD))
    docker("exec", box, "sh", "-c", f"printf BBBB >/f; touch -d @{OLD} /f")
    assert run("container_cp", src=str(tmp_path / "f"), dest=f"{box}:/f", remote_src=True).changed
    assert docker("exec", box, "cat", "/f") == "AAAA"


def test_mode_and_owner(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("f")
    asked: dict[str, t.Any] = {
        "src": str(tmp_path / "d"), "dest": f"{box}:/srv", "remote_src": True,
        "owner": "app", "group": "1000", "mode": "0640", "directory_mode": "0750",
    }  # fmt: skip
    assert run("container_cp", **asked).changed
    seen = docker("exec", box, "stat", "-c", "%a %U:%g", "/srv/d", "/srv/d/f").split("\n")
    assert seen == ["750 app:1000", "640 app:1000"]
    assert not run("container_cp", **asked).changed
    docker("exec", box, "chown", "root", "/srv/d/f")
    assert run("container_cp", **asked).changes == [{"path": f"{box}:/srv/d/f", "type": "file", "what": ["owner"]}]
    # Without a word about the owner, the file keeps the one it has.
    (tmp_path / "d" / "f").write_text("new content")
    assert run("container_cp", src=str(tmp_path / "d"), dest=f"{box}:/srv", remote_src=True, mode="0640").changed
    assert docker("exec", box, "stat", "-c", "%a %U:%g", "/srv/d/f") == "640 app:1000"
    wrong = run("container_cp", **{**asked, "owner": "nobody-knows-me"})
    assert "nobody-knows-me" in wrong.msg
    assert "octal" in run("container_cp", **{**asked, "mode": "rw"}).msg


def test_set_uid_bits_stay_in_the_container(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    docker("exec", box, "sh", "-c", "echo x >/x; chmod 4755 /x")
    run("container_cp", src=f"{box}:/x", dest=f"{tmp_path}/", remote_src=True)
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o755
    assert not run("container_cp", src=f"{box}:/x", dest=f"{tmp_path}/", remote_src=True).changed
    run("container_cp", src=f"{box}:/x", dest=f"{tmp_path}/", remote_src=True, archive=True)
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o4755


def test_follow(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    docker("exec", box, "sh", "-c", "mkdir /real; echo hi >/real/f; ln -s /real /way; ln -s f /real/l")
    run("container_cp", src=f"{box}:/way", dest=f"{tmp_path}/", remote_src=True)
    assert os.readlink(tmp_path / "way") == "/real"
    run("container_cp", src=f"{box}:/way", dest=f"{tmp_path}/followed/", remote_src=True, follow=True)
    assert (tmp_path / "followed" / "way" / "f").read_text() == "hi\n"
    (tmp_path / "here").symlink_to(tmp_path / "followed" / "way" / "f")
    run("container_cp", src=str(tmp_path / "here"), dest=f"{box}:/tmp/", remote_src=True, follow=True)
    assert docker("exec", box, "cat", "/tmp/here") == "hi"


def test_diff_of_texts(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("new\n")
    docker("exec", box, "sh", "-c", "echo old >/f")
    asked: dict[str, t.Any] = {"src": str(tmp_path / "f"), "dest": f"{box}:/f", "remote_src": True}
    for check in (True, False):
        (shown,) = run("container_cp", **asked, _check=check, _diff=True)["diff"]
        assert (shown["before"], shown["after"], shown["after_header"]) == ("old\n", "new\n", f"{box}:/f")
    (tmp_path / "f").write_text("other\n")
    back: dict[str, t.Any] = {"src": f"{box}:/f", "dest": str(tmp_path / "f"), "remote_src": True}
    for check in (True, False):
        (shown,) = run("container_cp", **back, _check=check, _diff=True)["diff"]
        assert (shown["before"], shown["after"]) == ("other\n", "new\n")
    (tmp_path / "f").write_bytes(b"\0\1")
    (shown,) = run("container_cp", **asked, _diff=True)["diff"]
    assert shown["after"]["size"] == 2


def archive(path: pathlib.Path, *members: tuple[str, bytes, str], mode: str = "w") -> str:
    """An archive with (name, type, link target)."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, 4 if kind == tarfile.REGTYPE else 0
            info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
            tar.addfile(info, io.BytesIO(b"evil") if kind == tarfile.REGTYPE else None)
    return str(path)


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
EVIL: dict[str, list[tuple[str, bytes, str]]] = {
    "up": [("good", FILE, ""), ("../evil", FILE, "")],
    "deep up": [("a/../../evil", FILE, "")],
    "absolute": [("/tmp/evil", FILE, "")],
    "through a link": [("way", LINK, ".."), ("way/evil", FILE, "")],
    "through an absolute link": [("way", LINK, "/tmp"), ("way/evil", FILE, "")],
    "hard link up": [("evil", HARD, "../outside"), ("evil", FILE, "")],
    "hard link to an absolute path": [("evil", HARD, "/etc/passwd")],
    "hard link through a link": [("way", LINK, ".."), ("evil", HARD, "way/outside")],
    "a folder over a link": [("way", LINK, ".."), ("way", FOLDER, ""), ("way/evil", FILE, "")],
}


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize("members", EVIL.values(), ids=EVIL)
def test_an_evil_archive_writes_nothing_elsewhere(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, members: list[tuple[str, bytes, str]], way: str
) -> None:
    path = archive(tmp_path / "evil.tar", *members)
    (tmp_path / "outside").write_text("precious")
    if way == "in":
        docker("exec", box, "sh", "-c", "mkdir -p /x/dest; echo precious >/x/outside")
        result = run("container_cp", src=path, dest=f"{box}:/x/dest", decompress=True, remote_src=True)
        assert docker("exec", box, "find", "/", "-xdev", "-name", "evil", "-size", "-8", "-type", "f") in (
            "",
            "/x/dest/evil",
        )
        assert docker("exec", box, "cat", "/x/outside") == "precious"
        assert docker("exec", box, "ls", "/x") == "dest\noutside"
    else:
        docker("cp", path, f"{box}:/evil.tar")
        (tmp_path / "dest").mkdir()
        result = run(
            "container_cp", src=f"{box}:/evil.tar", dest=str(tmp_path / "dest"), decompress=True, remote_src=True
        )
        assert sorted(os.listdir(tmp_path)) == ["dest", "evil.tar", "outside"]
        assert (tmp_path / "outside").read_text() == "precious"
        assert not os.path.lexists("/tmp/evil")
        assert (tmp_path / "outside").stat().st_nlink == 1
    assert result.failed, result
    assert result.failure["kind"] in ("damaged", "conflict", "engine")


@pytest.mark.parametrize("way", ["in", "out"])
def test_devices_are_left_out(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, way: str) -> None:
    path = archive(tmp_path / "a.tar", ("dev", tarfile.BLKTYPE, ""), ("pipe", tarfile.FIFOTYPE, ""), ("good", FILE, ""))
    if way == "in":
        result = run("container_cp", src=path, dest=f"{box}:/x", decompress=True, remote_src=True)
        assert docker("exec", box, "ls", "/x") == "good"
    else:
        docker("cp", path, f"{box}:/a.tar")
        result = run("container_cp", src=f"{box}:/a.tar", dest=str(tmp_path / "x"), decompress=True, remote_src=True)
        assert os.listdir(tmp_path / "x") == ["good"]
    assert [skipped.rpartition("/")[2] for skipped in result.not_copied] == ["dev", "pipe"]


def test_a_link_in_the_way_on_the_host(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    docker("exec", box, "sh", "-c", "mkdir -p /t/sub; echo evil >/t/sub/f")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "dest").mkdir()
    (tmp_path / "dest" / "sub").symlink_to(tmp_path / "elsewhere")
    for src in (f"{box}:/t/", f"{box}:/t/sub"):
        result = run("container_cp", src=src, dest=str(tmp_path / "dest"), remote_src=True)
        assert result.failure["kind"] == "conflict", result
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_link_in_the_way_of_an_archive_without_folders(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path
) -> None:
    docker("exec", box, "sh", "-c", "mkdir /elsewhere /dest; ln -s /elsewhere /dest/sub")
    path = archive(tmp_path / "a.tar", ("sub/f", FILE, ""))
    result = run("container_cp", src=path, dest=f"{box}:/dest", decompress=True, remote_src=True)
    assert result.failure["kind"] == "conflict"
    assert docker("exec", box, "ls", "/elsewhere") == ""


def test_a_link_in_the_way_in_the_container(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    docker("exec", box, "sh", "-c", "mkdir /elsewhere /dest; ln -s /elsewhere /dest/sub")
    (tmp_path / "t" / "sub").mkdir(parents=True)
    (tmp_path / "t" / "sub" / "f").write_text("evil")
    result = run("container_cp", src=f"{tmp_path}/t/", dest=f"{box}:/dest", remote_src=True)
    assert result.failure["kind"] == "conflict"
    assert docker("exec", box, "ls", "/elsewhere") == ""


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_decompress(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, mode: str) -> None:
    path = archive(
        tmp_path / "a", ("./d", FOLDER, ""), ("./d/f", FILE, ""), ("d/l", LINK, "f"), ("d/h", HARD, "d/f"), mode=mode
    )
    asked: dict[str, t.Any] = {"src": path, "dest": f"{box}:/x", "decompress": True, "remote_src": True}
    assert run("container_cp", **asked, _check=True).changed
    assert run("container_cp", **asked).changed
    assert docker("exec", box, "sh", "-c", "cat /x/d/f /x/d/l /x/d/h; stat -c %h /x/d/f") == "evilevilevil2"
    assert not run("container_cp", **asked).changed
    docker("cp", path, f"{box}:/a")
    back: dict[str, t.Any] = {"src": f"{box}:/a", "dest": str(tmp_path / "x"), "decompress": True, "remote_src": True}
    assert run("container_cp", **back, _check=True).changed
    assert run("container_cp", **back).changed
    assert (tmp_path / "x" / "d" / "f").stat().st_nlink == 2
    assert not run("container_cp", **back).changed


def test_a_torn_archive_changes_nothing(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(archive(tmp_path / "a", ("f", FILE, ""), ("g", FILE, "")))
    for size in (1024, 1500, 2048):
        path.write_bytes(path.read_bytes()[:size])
        result = run("container_cp", src=str(path), dest=f"{box}:/x", decompress=True, remote_src=True)
        assert result.failure["kind"] == "damaged", size
    assert not docker.ok("exec", box, "ls", "/x")


REFUSED = [
    ("/rootfs", "conflict", "read_only"),
    ("/frozen/f", "conflict", "mounted read-only"),
    ("/scratch/f", "invalid", "tmpfs"),
    ("/proc/f", "invalid", "kernel"),
    ("/no/such/folder", "missing", "slash"),
]


def test_targets_that_cannot_be_written(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    box = unique("box")
    docker(
        "run", "-d", "--name", box, "--read-only", "--tmpfs", "/scratch", "-v", f"{unique('v')}:/data", "-v", f"{unique('w')}:/frozen:ro",
        IMAGE, "sleep", "1000",
    )  # fmt: skip
    (tmp_path / "f").write_text("f")
    for dest, kind, words in REFUSED:
        for check in (True, False):
            result = run("container_cp", src=str(tmp_path / "f"), dest=f"{box}:{dest}", remote_src=True, _check=check)
            assert result.failed, dest
            assert (result.failure["kind"], words in result.msg) == (kind, True), result.msg
    assert run("container_cp", src=str(tmp_path / "f"), dest=f"{box}:/data/f", remote_src=True).changed
    assert docker("exec", box, "cat", "/data/f") == "f"


def test_a_link_on_the_way_to_a_tmpfs(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    """As with /var/run in most images: the engine would write beneath the tmpfs, where nobody finds it."""
    docker("run", "-d", "--name", name, "--tmpfs", "/scratch", IMAGE, "sleep", "1000")
    docker(
        "exec", name, "sh", "-c", "mkdir -p /a/b && ln -s /scratch /a/way && ln -s ../etc /a/here && touch /scratch/f"
    )
    (tmp_path / "f").write_text("f")
    for check in (True, False):
        copies = [{"src": str(tmp_path / "f"), "dest": f"{name}:/a/way/{end}"} for end in ("f", "new/", "new/er/")]
        copies += [{"src": f"{name}:/a/way/f", "dest": f"{tmp_path}/out"}]
        for paths in copies:
            result = run("container_cp", remote_src=True, _check=check, **paths)
            assert result.failed and "tmpfs" in result.msg, (paths, result)
    assert run("container_cp", src=str(tmp_path / "f"), dest=f"{name}:/a/here/new/", remote_src=True).changed
    assert not run("container_cp", src=str(tmp_path / "f"), dest=f"{name}:/a/here/new/", remote_src=True).changed
    assert docker("exec", name, "cat", "/etc/new/f") == "f"


@pytest.mark.parametrize(
    ("src", "dest", "words"),
    [
        ("/etc/hostname", "/tmp/x", "Exactly one"),
        ("{box}:/etc/hostname", "{box}:/x", "Exactly one"),
        ("{box}:", "/tmp/x", "no path"),
        ("{box}:/no/such", "/tmp/x", "/no/such is not there"),
        ("{box}:/etc/passwd/", "/tmp/x", "no folder"),
        ("/no/such", "{box}:/x", "/no/such is not there"),
        ("/etc/hostname", "no-such-box:/x", "no-such-box"),
        ("/etc", "{box}:/etc/passwd", "source is a folder"),
        ("/etc/hostname", "{box}:/proc", "kernel"),
    ],
)
def test_bad_input(run: Run, box: str, src: str, dest: str, words: str) -> None:
    result = run("container_cp", src=src.format(box=box), dest=dest.format(box=box), remote_src=True)
    assert result.failed
    assert words in result.msg


def test_a_paused_container(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("f")
    docker("pause", box)
    assert run("container_cp", src=str(tmp_path / "f"), dest=f"{box}:/f", remote_src=True).changed
    docker("unpause", box)
    assert docker("exec", box, "cat", "/f") == "f"


def ansible(engine: str, connection: str, *options: str, **arguments: t.Any) -> dict[str, t.Any]:
    """The result of an ad-hoc task through the action plugin."""
    done = subprocess.run(
        ["ansible", "box", "-i", "box,", "-c", connection, "-m", "stevedore.docker.container_cp", "-a", json.dumps(arguments), *options],
        capture_output=True, text=True, check=False,
        env={
            **os.environ, "DOCKER_HOST": engine, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_NOCOLOR": "1",
        },
    )  # fmt: skip
    _head, _arrow, body = done.stdout.partition(" => ")
    assert body, done.stdout + done.stderr
    result, _end = json.JSONDecoder().raw_decode(body)
    return {**result, "printed": done.stdout}


def test_the_control_node_is_the_host(docker: Docker, engine: str, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("f")
    assert ansible(engine, "local", src=str(tmp_path / "f"), dest=f"{box}:/f")["changed"]
    assert docker("exec", box, "cat", "/f") == "f"


def test_the_control_node(docker: Docker, engine: str, box: str, tmp_path: pathlib.Path) -> None:
    connection = "elsewhere"
    source, copy = tree(tmp_path / "source"), tmp_path / "copy"
    there = {"src": f"{source}/", "dest": f"{box}:/t"}
    checked = ansible(engine, connection, "--check", **there)
    assert not docker.ok("exec", box, "ls", "/t")
    done = ansible(engine, connection, **there)
    assert (checked["changed"], done["changed"], done["changes"]) == (True, True, checked["changes"])
    assert not ansible(engine, connection, **there)["changed"]
    back = {"src": f"{box}:/t/", "dest": str(copy)}
    checked = ansible(engine, connection, "--check", **back)
    assert not copy.exists()
    done = ansible(engine, connection, **back)
    assert (done["changed"], done["changes"], done["bytes"]) == (True, checked["changes"], checked["bytes"])
    assert listing(copy) == listing(source)
    assert not ansible(engine, connection, **back)["changed"]


def test_the_control_node_one_file_with_diff(docker: Docker, engine: str, box: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "f").write_text("new\n")
    docker("exec", box, "sh", "-c", "echo old >/f")
    done = ansible(engine, "elsewhere", "--diff", src=str(tmp_path / "f"), dest=f"{box}:/f", mode="0600")
    assert "-old\n+new\n" in done["printed"]
    assert docker("exec", box, "sh", "-c", "cat /f; stat -c %a /f") == "new\n600"
    missing = ansible(engine, "elsewhere", src=f"{box}:/no", dest=str(tmp_path / "x"))
    assert missing["failure"]["kind"] == "missing"
