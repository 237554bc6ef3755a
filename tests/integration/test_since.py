# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_diff since an archive, a signature or an image, judged by ``docker diff``."""

from __future__ import annotations

import json
import pathlib
import shutil
import signal
import tarfile
import typing as t

import pytest
from support import modules
from support.engine import Docker, until
from support.proxy import Proxy

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"
THROWAWAY = "stevedore-throwaway-"
# A bit of everything, and no folder whose own mode is changed: docker diff cannot tell such from others.
MESS = (
    "echo new >/root/added; echo x >>/etc/release; rm /srv/index.html; ln -s /etc/release /root/link; mkfifo /root/fifo;"
    "mkdir -p '/opt/a b/ü'; echo deep >'/opt/a b/ü/file'; chmod 600 /etc/group; rm -r /var/lib; rm /bin/yes; mkdir /bin/yes;"
    "ln /etc/passwd /root/other; mknod /root/null c 1 3; chown 1000 /home/app"
)


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    return name


def lines(docker: Docker, name: str) -> list[str]:
    return sorted(docker("diff", name).splitlines())


def throwaways(docker: Docker, image: str) -> list[str]:
    """Throw-away containers of this image alone: other tests may have their own."""
    listing = ("ps", "--all", "--no-trunc", "--filter", f"ancestor={image}", "--format", "{{.Names}}")
    return [name for name in docker(*listing).splitlines() if name.startswith(THROWAWAY)]


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
def test_since_an_archive(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path, suffix: str) -> None:
    path = tmp_path / f"box{suffix}"
    run("container_export", name=box, path=str(path))
    fresh = run("container_diff", name=box, since=str(path))
    assert (fresh.changed, fresh.drifted, fresh.container["changes"]) == (False, False, [])
    assert fresh.container["since"] == {"kind": "manifest", "reference": f"{path}.manifest.json", "unchanged": True}

    docker("exec", box, "sh", "-c", MESS)
    found = run("container_diff", name=box, since=f"{path}.manifest.json", stat=True)
    # The container was fresh when it was exported, so that its image is the same baseline. docker diff lists a second name
    # of a file under its first as well, because the number of its names has changed.
    assert sorted(found.container["lines"]) == [line for line in lines(docker, box) if line != "C /etc/passwd"]
    assert (found.changed, found.drifted, found.container["since"]["unchanged"]) == (False, True, False)
    implied = {change["path"] for change in found.container["changes"] if change["implied"]}
    assert implied == {"/bin", "/etc", "/home", "/root", "/srv", "/var"}
    told = {change["path"]: change["stat"] for change in found.container["changes"]}
    assert (told["/root/added"]["size"], told["/etc/group"]["mode"]) == (4, "0600")
    assert told["/root/null"]["type"] == "character device"
    assert told["/srv/index.html"] is None
    assert run("container_diff", name=box, since=str(path), stat=True, _check=True).container == found.container


def test_since_an_archive_tells_only_what_came_after(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path
) -> None:
    docker("exec", box, "sh", "-c", MESS)
    path = str(tmp_path / "box.tar")
    run("container_export", name=box, path=path)
    docker("exec", box, "sh", "-c", "echo more >>/root/added; rm /root/fifo; touch /etc/group; echo >/tmp/a.log")
    found = run("container_diff", name=box, since=path, implied=False)
    assert found.container["lines"] == ["C /etc/group", "C /root/added", "D /root/fifo", "A /tmp/a.log"]
    options = {"ignore": ["*.log"], "only": ["/root", "/tmp"], "kinds": ["deleted", "added"]}
    filtered = run("container_diff", name=box, since=path, implied=False, **options)
    assert filtered.container["lines"] == ["D /root/fifo"]
    limited = run("container_diff", name=box, since=path, implied=False, limit=1)
    assert (limited.container["lines"], limited.container["truncated"]) == (["C /etc/group"], True)
    by_content = run("container_diff", name=box, since=path, implied=False, signature="content")
    assert by_content.container["lines"] == ["C /root/added", "D /root/fifo", "A /tmp/a.log"]
    nothing = run("container_diff", name=box, since=path, only=["/srv"])
    assert (nothing.drifted, nothing.container["since"]["unchanged"]) == (False, False)


def test_a_restored_container_is_what_was_saved(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    first, second, image = unique("first"), unique("second"), unique("image")
    docker("run", "--detach", "--name", first, IMAGE, "sleep", "1000")
    docker("exec", first, "sh", "-c", MESS)
    path = tmp_path / "box.tar"
    run("container_export", name=first, path=str(path))
    docker("import", str(path), image)
    docker("run", "--detach", "--name", second, image, "sleep", "1000")
    found = run("container_diff", name=second, since=str(path))
    assert (found.container["lines"], found.container["since"]["unchanged"]) == ([], True)


def test_mounts_are_not_compared(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path) -> None:
    mounts = ["--volume", "/opt/data", "--volume", "/new/deep/vol", "--tmpfs", "/run", "--tmpfs", "/scratch"]
    mounts += ["--volume", "/etc/hostname:/files/name:ro", "--volume", "/srv"]
    docker("create", "--name", name, *mounts, IMAGE, "sleep", "1000")
    path = str(tmp_path / "box.tar")
    run("container_export", name=name, path=path)
    docker("start", name)
    docker("exec", name, "sh", "-c", "echo x >/opt/data/x; echo y >/run/y; rm /srv/index.html; echo >/new/file")
    found = run("container_diff", name=name, since=path, implied=False)
    assert [line for line in found.container["lines"] if line != "A /new"] == ["A /new/file"]
    assert {"A /opt", "A /files/name", "A /scratch"} < set(lines(docker, name)), "docker diff lists them"


def test_the_newest_archive_of_each_of_several(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    names = [unique(letter) for letter in "ab"]
    for each in names:
        docker("run", "--detach", "--name", each, "--label", f"set={unique()}", IMAGE, "sleep", "1000")
    template = f"{tmp_path}/{{name}}-{{timestamp}}.tar"
    exported = run("container_export", name=names, path=template)
    for each in exported.exports:  # an older one, in which everything was different
        older = f"{tmp_path}/{each['name']}-20200101T000000Z.tar"
        for suffix in ("", ".manifest.json"):
            shutil.copy(each["path"] + suffix, older + suffix)
        pathlib.Path(older).write_bytes(b"")
    docker("exec", names[1], "sh", "-c", "echo >/root/x")
    found = run("container_diff", filters={"label": f"set={unique()}"}, since=template, implied=False)
    assert [item["lines"] for item in found.containers] == [[], ["A /root/x"]]
    assert [item["since"]["reference"] for item in found.containers] == [
        f"{each['path']}.manifest.json" for each in exported.exports
    ]
    assert [item["drifted"] for item in found.containers] == [False, True]


def test_since_a_signature(docker: Docker, run: Run, box: str) -> None:
    docker("exec", box, "sh", "-c", "echo first >/root/first")
    taken = {
        mode: run("container_diff", name=box, signature=mode).container["signature"] for mode in ("stat", "content")
    }
    for since in taken.values():
        for mode in ("stat", "content", "none"):
            found = run("container_diff", name=box, since=since, signature=mode)
            assert (found.drifted, found.container["since"]["unchanged"]) == (False, True)
            assert found.container["lines"] == ["C /root", "A /root/first"], "those since the image"
    docker("exec", box, "sh", "-c", "touch -d 2020-01-01 /root/first")
    assert run("container_diff", name=box, since=taken["stat"], signature="none").drifted
    assert not run("container_diff", name=box, since=taken["content"]).drifted
    docker("exec", box, "sh", "-c", "rm /root/first")
    for since in taken.values():
        found = run("container_diff", name=box, since=since, only=["/nothing"])
        assert (found.drifted, found.container["since"]) == (
            True,
            {"kind": "signature", "reference": since, "unchanged": False},
        )


@pytest.fixture
def snapshot(docker: Docker, box: str, unique: t.Callable[..., str]) -> tuple[str, str]:
    """A container of an image that is committed from another, and what is different in it."""
    docker("exec", box, "sh", "-c", MESS)
    docker("commit", "--change", "VOLUME /var/log", box, unique("image"))
    docker("run", "--detach", "--name", unique("second"), unique("image"), "sleep", "1000")
    return unique("second"), unique("image")


def test_since_an_image(docker: Docker, run: Run, box: str, snapshot: tuple[str, str]) -> None:
    second, image = snapshot
    own = run("container_diff", name=second, since=image, implied=False)
    assert own.container["lines"] == lines(docker, second) == []
    assert own.container["since"] == {
        "kind": "image",
        "reference": docker.inspect(image, "image")["Id"],
        "unchanged": True,
    }
    for reference in (image, docker.inspect(image, "image")["Id"]):
        found = run("container_diff", name=box, since=reference)
        assert (found.container["lines"], found.container["since"]["unchanged"]) == ([], True), "what was committed"
    docker("exec", second, "rm", "-r", "/opt")
    docker("exec", second, "sh", "-c", "echo >/root/more")
    back = run("container_diff", name=second, since=IMAGE, _check=True)
    expected = {line for line in lines(docker, box) if "/opt" not in line and line != "C /etc/passwd"}
    assert set(back.container["lines"]) == expected | {"A /root/more"}
    assert throwaways(docker, image) == []


def test_one_throwaway_for_all(
    docker: Docker, run: Run, snapshot: tuple[str, str], unique: t.Callable[..., str]
) -> None:
    second, image = snapshot
    names = [unique("third"), unique("fourth"), unique("fifth")]
    for each in names:
        docker("run", "--detach", "--name", each, IMAGE, "sleep", "1000")
    began = docker("info", "--format", "{{.SystemTime}}")
    found = run("container_diff", name=[second, *names], since=image, implied=False)
    assert [item["since"]["unchanged"] for item in found.containers] == [True, False, False, False]
    assert all("D /opt" in item["lines"] for item in found.containers[1:])
    until_now = docker("info", "--format", "{{.SystemTime}}")
    about = ("--filter", f"image={docker.inspect(image, 'image')['Id']}", "--filter", "event=create")
    events = docker("events", "--since", began, "--until", until_now, *about, "--format", "{{json .Actor.Attributes}}")
    made = [json.loads(line)["name"] for line in events.splitlines()]
    assert [name.startswith(THROWAWAY) for name in made] == [True]
    assert throwaways(docker, image) == []


@pytest.fixture
def large(docker: Docker, unique: t.Callable[..., str]) -> tuple[str, str]:
    """A container, and an image whose export takes its time."""
    docker("run", "--name", unique("big"), IMAGE, "sh", "-c", "head -c 200000000 /dev/zero >/big")
    docker("commit", "--change", "VOLUME /data", unique("big"), unique("image"))
    docker("rm", unique("big"))
    docker("run", "--detach", "--name", unique("box"), IMAGE, "sleep", "1000")
    return unique("box"), unique("image")


def test_what_a_killed_run_leaves_is_removed_by_the_next(
    docker: Docker, run: Run, run_process: RunProcess, large: tuple[str, str]
) -> None:
    box, image = large
    # Both stand still while their throw-away containers are read; one of them goes on later.
    doomed = run_process("container_diff", name=box, since=image)
    left = until(lambda: throwaways(docker, image), "the throw-away container")
    doomed.send_signal(signal.SIGSTOP)
    about = docker.inspect(left[0])
    assert [mount["Type"] for mount in about["Mounts"]] == ["tmpfs"], "no volume is made for the image's"
    assert about["State"]["Status"] == "created"
    living = run_process("container_diff", name=box, since=image, implied=False)
    both = until(lambda: (found := throwaways(docker, image))[1:] and found, "that of another run")
    living.send_signal(signal.SIGSTOP)
    doomed.kill()
    doomed.wait()
    found = run("container_diff", name=box, since=image, implied=False)
    assert found.container["lines"] == ["D /big"]
    assert throwaways(docker, image) == [name for name in both if name not in left]
    living.send_signal(signal.SIGCONT)
    assert modules.collect(living).container["lines"] == ["D /big"]
    assert throwaways(docker, image) == []


def test_the_engine_goes_away_while_the_throwaway_is_read(
    docker: Docker, engine: str, run: Run, run_process: RunProcess, large: tuple[str, str], tmp_path: pathlib.Path
) -> None:
    box, image = large
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.break_answers_after = b"etc/passwd"
        failed = modules.collect(run_process("container_diff", name=box, since=image, docker_host=proxy.host))
    assert failed.failed
    assert failed.failure["kind"] == "interrupted"
    assert THROWAWAY in failed.msg
    assert len(throwaways(docker, image)) == 1, "nobody was there any more to remove it"
    assert not run("container_diff", name=box, since=image).failed
    assert throwaways(docker, image) == []


# A file that shrinks while it is exported, over and over; big enough for the engine to be in the middle of it.
SHRINKING = "while :; do head -c 30000000 /dev/zero >/aaa.log; : >/aaa.log; done"


def test_a_torn_answer_is_never_taken_for_deleted_files(
    docker: Docker, run: Run, name: str, tmp_path: pathlib.Path
) -> None:
    docker("create", "--name", name, IMAGE, "sh", "-c", SHRINKING)
    path = str(tmp_path / "box.tar")
    run("container_export", name=name, path=path)
    docker("start", name)
    for _turn in range(4):
        found = run("container_diff", name=name, since=path)
        assert set(found.container["lines"]) <= {"A /aaa.log"}
    assert docker.inspect(name)["State"]["Status"] == "running"


@pytest.mark.parametrize("options", [{"pause": False}, {"_check": True}], ids=["option", "check mode"])
def test_no_pause_where_it_is_not_allowed(
    docker: Docker, run: Run, name: str, tmp_path: pathlib.Path, options: dict[str, bool]
) -> None:
    docker("create", "--name", name, IMAGE, "sh", "-c", SHRINKING)
    path = str(tmp_path / "box.tar")
    run("container_export", name=name, path=path)
    docker("start", name)
    begun = docker("info", "--format", "{{.SystemTime}}")
    for _turn in range(4):
        found = run("container_diff", name=name, since=path, **options)
        if found.failed:
            assert found.failure["kind"] == "damaged"
            assert "pause: false" in found.msg
        else:
            assert set(found.container["lines"]) <= {"A /aaa.log"}
    now = docker("info", "--format", "{{.SystemTime}}")
    events = ["--filter", "event=pause", "--filter", f"container={name}"]
    assert docker("events", "--since", begun, "--until", now, *events) == ""


def test_an_archive_that_is_not_what_its_manifest_says(
    docker: Docker, run: Run, box: str, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "box.tar"
    run("container_export", name=box, path=str(path))
    docker("exec", box, "sh", "-c", "echo >/root/x")
    whole = path.read_bytes()
    with tarfile.open(path) as tar:
        at = tar.getmember("etc/passwd").offset_data
    for broken in (whole[:at], whole[:-1024], whole[:at] + b"#" + whole[at + 1 :], b"", whole + bytes(512)):
        path.write_bytes(broken)
        failed = run("container_diff", name=box, since=str(path))
        assert failed.failed
        assert failed.failure["kind"] == "damaged"
        assert str(path) in failed.msg
    path.unlink()
    missing = run("container_diff", filters={"name": box}, since=str(path) + ".manifest.json")
    assert missing.failed
    assert "is not beside its manifest" in missing.msg
    path.write_bytes(whole)
    assert run("container_diff", name=box, since=str(path), implied=False).container["lines"] == ["A /root/x"]


REFUSED = [
    ("stevedore/there-is-none:1", "missing", "there is no image"),
    ("/there/is/none.tar", "missing", "there is no archive"),
    ("/etc", "invalid", "is a folder"),
    ("/etc/passwd", "missing", "has no manifest"),
    ("v2:stat+disk:1234", "invalid", "not a whole signature"),
]


@pytest.mark.parametrize(("since", "kind", "words"), REFUSED)
def test_refused(run: Run, box: str, since: str, kind: str, words: str) -> None:
    for chosen in ({"name": box}, {"filters": {"name": box}}):
        result = run("container_diff", since=since, **chosen)
        assert result.failed
        assert (result.failure["kind"], words in result.msg) == (kind, True), result.msg
