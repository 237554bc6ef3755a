# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file system as its archive says, two of them compared, and baselines told by what they look like."""

from __future__ import annotations

import io
import json
import os
import pathlib
import tarfile
import tracemalloc
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._diff import baseline
from ansible_collections.stevedore.docker.plugins.module_utils._diff import task as diff
from ansible_collections.stevedore.docker.plugins.module_utils._errors import (
    Conflict,
    Damaged,
    EngineError,
    InvalidInput,
    Missing,
    Unreachable,
)
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import tree
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.changes import PathChange
from ansible_collections.stevedore.docker.plugins.module_utils._image import scratch_container

BLOCK = 512


class Item(t.NamedTuple):
    """One entry of a sample archive."""

    name: str
    text: bytes = b""
    type: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    uid: int = 0
    mtime: float = 1000
    device: tuple[int, int] = (0, 0)
    pax: t.Mapping[str, str] = {}


def archive(*items: Item) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        for item in items:
            about = tarfile.TarInfo(item.name)
            about.type, about.linkname, about.mode, about.uid = item.type, item.link, item.mode, item.uid
            about.mtime, about.size = item.mtime, len(item.text)  # type: ignore[assignment]
            about.devmajor, about.devminor = item.device
            about.pax_headers = dict(item.pax)
            tar.addfile(about, io.BytesIO(item.text))
    return buffer.getvalue()


def folder(name: str, **more: t.Any) -> Item:
    return Item(name, type=tarfile.DIRTYPE, **{"mode": 0o755, **more})


def link(name: str, target: str, **more: t.Any) -> Item:
    return Item(name, type=tarfile.SYMTYPE, link=target, **more)


def hard(name: str, target: str) -> Item:
    return Item(name, type=tarfile.LNKTYPE, link=target)


def read(*items: Item) -> tree.Tree:
    data = archive(*items)
    return tree.read_tree(data[at : at + 700] for at in range(0, len(data), 700))


def test_read() -> None:
    found = read(
        folder("etc/"),
        Item("etc/passwd", b"root", uid=5, mtime=7.25),
        hard("etc/other", "etc/passwd"),
        link("etc/link", "passwd"),
        Item("pipe", type=tarfile.FIFOTYPE),
        Item("disk", type=tarfile.BLKTYPE, device=(8, 1)),
        Item("./dot/../named", b""),
        Item("a" * 150 + "/" + "b" * 150, b"long"),
        Item("ping", b"x", pax={"SCHILY.xattr.security.capability": "\x01\x00"}),
    )
    assert found["/etc"].stat.type == "directory"
    passwd = found["/etc/passwd"].stat
    assert (passwd.size, passwd.uid, passwd.mode, passwd.mtime_ns) == (4, 5, 0o644, 7_250_000_000)
    assert passwd.sha256 == "4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2"
    assert found["/etc/other"] == found["/etc/passwd"]
    assert (found["/etc/link"].stat.type, found["/etc/link"].stat.link) == ("symlink", "passwd")
    assert (found["/pipe"].stat.type, found["/disk"].stat.type) == ("fifo", "block device")
    assert found["/disk"].stat.device == 8 << 32 | 1
    assert "/named" in found
    assert found["/" + "a" * 150 + "/" + "b" * 150].stat.size == 4
    assert found["/ping"].capability == "\x01\x00"


def test_torn_at_every_block_is_never_a_smaller_tree() -> None:
    data = archive(folder("d"), Item("d/file", b"x" * 2000), link("d/link", "file"), Item("d/" + "n" * 200, b"y"))
    end = data.rstrip(b"\0")
    for at in range(0, len(end) + BLOCK, 256):
        with pytest.raises(Damaged):
            tree.read_tree([data[:at]])
    assert len(tree.read_tree([data])) == 4


def test_a_name_whose_file_went_away_while_it_was_copied() -> None:
    with pytest.raises(Damaged, match="another name"):
        read(hard("b", "a"))


def test_contents_do_not_stay_in_memory() -> None:
    about = tarfile.TarInfo("big")
    about.size = 64 << 20
    piece = bytes(1 << 20)

    def pieces() -> t.Iterator[bytes]:
        yield about.tobuf()
        yield from (piece for _number in range(64))
        yield bytes(2 * BLOCK)

    tracemalloc.start()
    try:
        found = tree.read_tree(pieces())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found["/big"].stat.size == about.size
    assert peak < 4 << 20


ETC, PASSWD = folder("etc"), Item("etc/passwd", b"root")
# What is there before and after, and the lines, with a + for what is implied. All else is options of compare().
COMPARED: dict[str, tuple[list[Item], list[Item], list[str], dict[str, t.Any]]] = {
    "nothing": ([ETC, PASSWD], [ETC, PASSWD], [], {}),
    "added": ([ETC], [ETC, PASSWD], ["C /etc +", "A /etc/passwd"], {}),
    "deleted": ([ETC, PASSWD], [ETC], ["C /etc +", "D /etc/passwd"], {}),
    "content of the same length": ([PASSWD], [PASSWD._replace(text=b"toor")], ["C /etc +", "C /etc/passwd"], {}),
    "mode": ([PASSWD], [PASSWD._replace(mode=0o600)], ["C /etc +", "C /etc/passwd"], {}),
    "owner": ([PASSWD], [PASSWD._replace(uid=1)], ["C /etc +", "C /etc/passwd"], {}),
    "capability": (
        [PASSWD],
        [PASSWD._replace(pax={"SCHILY.xattr.security.capability": "x"})],
        ["C /etc +", "C /etc/passwd"],
        {},
    ),
    "time": ([PASSWD], [PASSWD._replace(mtime=1001)], ["C /etc +", "C /etc/passwd"], {}),
    "time that does not count": ([PASSWD], [PASSWD._replace(mtime=1001)], [], {"times": False}),
    "time cut off": ([PASSWD], [PASSWD._replace(mtime=1000.5)], [], {}),
    "time within a second": (
        [PASSWD._replace(mtime=1000.25)],
        [PASSWD._replace(mtime=1000.5)],
        ["C /etc +", "C /etc/passwd"],
        {},
    ),
    "a folder's time": ([ETC], [ETC._replace(mtime=5)], [], {}),
    "a folder's mode": ([ETC, PASSWD], [ETC._replace(mode=0o700)], ["C /etc", "D /etc/passwd"], {}),
    "link": ([link("l", "a")], [link("l", "b")], ["C /l"], {}),
    "file into link": ([Item("l")], [link("l", "b")], ["C /l"], {}),
    "device": (
        [Item("d", type=tarfile.CHRTYPE, device=(1, 3))],
        [Item("d", type=tarfile.CHRTYPE, device=(1, 5))],
        ["C /d"],
        {},
    ),
    "hard link into a copy": ([Item("a", b"x"), hard("b", "a")], [Item("a", b"x"), Item("b", b"x")], [], {}),
    "first of two names": ([Item("a", b"x"), hard("b", "a")], [Item("b", b"x")], ["D /a"], {}),
    "folder with all in it": ([folder("a"), folder("a/b"), Item("a/b/c")], [], ["D /a"], {}),
    "folder in a folder": ([ETC, folder("etc/x"), Item("etc/x/y")], [ETC], ["C /etc +", "D /etc/x"], {}),
    "folder into file": ([ETC, PASSWD], [Item("etc")], ["C /etc"], {}),
    "new folder": ([], [ETC, PASSWD], ["A /etc", "A /etc/passwd"], {}),
    "the engine's own": (
        [folder("dev"), Item("etc/hosts", b"a"), Item("etc/mtab", b"a")],
        [folder("dev", mode=0o700), Item("dev/x"), Item("etc/hosts", b"b"), Item(".dockerenv"), folder("proc")],
        [],
        {},
    ),
    "not the engine's own": (
        [],
        [Item("device"), Item("etc/hosts.deny")],
        ["A /device", "C /etc +", "A /etc/hosts.deny"],
        {},
    ),
    "mounts": (
        [folder("data"), Item("data/x")],
        [folder("data", mode=0o700), folder("new"), folder("new/deep"), folder("new/deep/vol")],
        [],
        {"mounts": ["/data/", "/new/deep/vol"]},
    ),
    "more than a mount": (
        [],
        [folder("new"), folder("new/vol"), Item("new/file")],
        ["A /new", "A /new/file"],
        {"mounts": ["/new/vol"]},
    ),
}


@pytest.mark.parametrize("case", COMPARED)
def test_compare(case: str) -> None:
    before, after, lines, options = COMPARED[case]
    listed = tree.compare_trees(read(*before), read(*after), **options)
    assert [change.line + " +" * change.implied for change in listed] == lines


def test_names_that_are_not_utf8_are_told_apart_and_shown() -> None:
    after = read(Item("a\udcff", b"1"), Item("a\udcfe", b"2"))
    listed = tree.compare_trees(read(Item("a\udcff", b"1")), after)
    assert [change.line for change in listed] == ["A /a\ufffd"]
    assert set(tree.stats_of_changes(after, listed)) == {"/a\ufffd"}
    json.dumps([change.path for change in listed], ensure_ascii=False).encode()


def test_facts_are_those_of_the_listed_paths() -> None:
    after = read(ETC, PASSWD, Item("x"))
    assert tree.stats_of_changes(after, tree.compare_trees(read(ETC, Item("x"), Item("gone")), after)) == {
        "/etc": after["/etc"].stat,
        "/etc/passwd": after["/etc/passwd"].stat,
    }


# -- baselines ------------------------------------------------------------------------------------------------------------

DIGEST = "a" * 64
WEB = {"Id": "c1", "Name": "/web", "Image": "sha256:own", "Mounts": []}
IMAGE = {"Id": "sha256:other"}


class Engine:
    """An engine that knows one image."""

    def find_image(self, reference: str) -> t.Any:
        return IMAGE if reference == "app:1" else None


def known(since: str) -> baseline.Baseline:
    return baseline.find_baselines(Engine(), since, [WEB], times=True)[0]  # type: ignore[arg-type]


def written(tmp_path: pathlib.Path, **changed: t.Any) -> pathlib.Path:
    """An archive and its manifest."""
    path = tmp_path / "web.tar"
    path.write_bytes(b"")
    document = {
        "format": "stevedore.docker/container-archive",
        "version": 1,
        "created": "2026-01-31T12:00:00Z",
        "file": {"name": "web.tar", "compression": "none", "size": 0, "sha256": DIGEST, "mtime_ns": 1, "inode": 1},
        "stream": {"size": 0, "sha256": DIGEST, "entries": 1},
        "container": {},
        "image": {},
        "engine": {},
        "platform": {},
        "config": {},
        "signature": f"v2:stat+disk:{DIGEST}",
        "run_options": None,
        **changed,
    }
    (tmp_path / "web.tar.manifest.json").write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("head", ["v2:stat+disk", "v2:stat+api", "v2:content+disk", "v2:content+api"])
def test_a_signature(head: str) -> None:
    since = f"{head}:{DIGEST}"
    found = known(since)
    assert (found.kind, found.reference) == ("signature", since)
    assert found.verdict(WEB, [], since).unchanged
    assert not found.verdict(WEB, [], f"{head}:{'b' * 64}").unchanged
    assert found.verdict(WEB, [], since).changes is None


def test_an_image() -> None:
    found = known("app:1")
    assert (found.kind, found.reference) == ("image", "sha256:other")


def test_its_own_image_is_the_ordinary_baseline() -> None:
    listed = [PathChange("/x", "added")]
    found = known("app:1")
    assert found.verdict({**WEB, "Image": "sha256:other"}, listed, None) == baseline.Verdict(False, listed)
    assert found.verdict({**WEB, "Image": "sha256:other"}, [], None) == baseline.Verdict(True, [])


STATES: list[tuple[str | None, Exception, bool]] = [
    (None, Missing("gone"), True),
    ("running", Missing("an image, say"), False),
    ("dead", EngineError("RWLayer is unexpectedly nil"), True),
    ("removing", Conflict("is marked for removal"), True),
    ("exited", EngineError("disk"), False),
    ("dead", Damaged("torn"), False),
    ("dead", Unreachable("nobody"), False),
]


@pytest.mark.parametrize(("status", "error", "gone"), STATES)
def test_only_a_container_that_is_gone_is_left_out(status: str | None, error: t.Any, gone: bool) -> None:
    document = None if status is None else {"State": {"Status": status}}
    daemon = type("Daemon", (), {"find_container": lambda _self, _name: document})()
    assert diff._is_gone(daemon, WEB, error) is gone


@pytest.mark.parametrize("given", ["{}/web.tar", "{}/web.tar.manifest.json", "{}/../{}/{{name}}.tar"])
def test_an_archive(tmp_path: pathlib.Path, given: str) -> None:
    path = written(tmp_path)
    found = known(given.replace("{}/../{}", f"{tmp_path}/../{tmp_path.name}").format(tmp_path, name="{name}"))
    assert (found.kind, found.reference) == ("manifest", f"{path}.manifest.json")
    path.unlink()
    assert found.verdict(WEB, [], f"v2:stat+disk:{DIGEST}") == baseline.Verdict(True, ())


def test_the_newest_archive(tmp_path: pathlib.Path) -> None:
    made = written(tmp_path)
    for stamp in ("20260101T000000Z", "20260301T000000Z", "20260201T000000Z"):
        os.link(made, tmp_path / f"web-{stamp}.tar")
        os.link(f"{made}.manifest.json", tmp_path / f"web-{stamp}.tar.manifest.json")
    found = known(f"{tmp_path}/{{name}}-{{timestamp}}.tar")
    assert found.reference == f"{tmp_path}/web-20260301T000000Z.tar.manifest.json"


REFUSED: list[tuple[str, type[Exception], str]] = [
    ("v2:stat+disk:abc", InvalidInput, "not a whole signature"),
    ("v3:stat+disk:" + DIGEST, InvalidInput, "not a whole signature"),
    ("v2:bytes+disk:" + DIGEST, InvalidInput, "not a whole signature"),
    ("", Missing, "no image"),
    (" ", Missing, "no image"),
    ("backup/web.tar", Missing, "absolute path"),
    ("app:2", Missing, "no image 'app:2' here"),
    ("TMP", InvalidInput, "is a folder"),
    ("TMP/nothing.tar", Missing, "no archive"),
    ("TMP/nothing.tar.manifest.json", Missing, "no archive"),
    ("TMP/{name}-{timestamp}.tar", Missing, "no archive of container web"),
    ("TMP/{host}.tar", InvalidInput, "unknown placeholder {host}"),
    ("TMP/alone.tar", Missing, "has no manifest"),
    ("TMP/foreign.tar", Damaged, "not a manifest of container_export"),
    ("TMP/newer.tar", Damaged, "version 2"),
    ("TMP/text.tar", Damaged, "not a manifest"),
]


@pytest.mark.parametrize(("since", "kind", "words"), REFUSED)
def test_what_cannot_be_right_is_said_before(
    tmp_path: pathlib.Path, since: str, kind: type[Exception], words: str
) -> None:
    (tmp_path / "alone.tar").write_bytes(b"")
    (tmp_path / "foreign.tar.manifest.json").write_text('{"schemaVersion": 2}')
    (tmp_path / "newer.tar.manifest.json").write_text(
        json.dumps({"format": "stevedore.docker/container-archive", "version": 2})
    )
    (tmp_path / "text.tar.manifest.json").write_text("text")
    with pytest.raises(kind, match=words):
        known(since.replace("TMP", str(tmp_path)))


def test_an_archive_that_is_gone_is_no_empty_one(tmp_path: pathlib.Path) -> None:
    written(tmp_path).unlink()
    found = known(f"{tmp_path}/web.tar.manifest.json")
    with pytest.raises(baseline.Failed, match="not beside its manifest"):
        found.verdict(WEB, [], f"v2:stat+disk:{'b' * 64}")


MOUNTS: list[tuple[dict[str, t.Any], list[str]]] = [
    ({}, []),
    ({"Mounts": None, "HostConfig": {"Tmpfs": None}}, []),
    ({"Mounts": [{"Destination": "/a"}], "HostConfig": {"Tmpfs": {"/b": "size=1m"}}}, ["/a", "/b"]),
]


@pytest.mark.parametrize(("document", "paths"), MOUNTS)
def test_mounts(document: dict[str, t.Any], paths: list[str]) -> None:
    assert baseline.mount_points(document) == paths


# -- throw-away containers ------------------------------------------------------------------------------------------------


def test_a_throwaway_is_left_behind_when_its_maker_is_gone() -> None:
    mine = scratch_container._maker()
    where, pid, began = mine.split(" ")
    assert pid == str(os.getpid())
    assert not scratch_container.left_behind(mine, 10 * scratch_container.STALE)
    assert scratch_container.left_behind(f"{where} {pid} {int(began) - 1}", 0), "another process with the same number"
    assert scratch_container.left_behind(f"{where} 4194305 1", 0), "no such process"


@pytest.mark.parametrize("maker", ["elsewhere:1 1 1", " 1 1", "", "nonsense"])
def test_a_throwaway_of_another_host_is_left_behind_after_hours(maker: str) -> None:
    assert not scratch_container.left_behind(maker, 60)
    assert scratch_container.left_behind(maker, scratch_container.STALE + 1)


class Making:
    """An engine that makes containers, and may refuse to remove them."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.left: list[t.Any] = []
        self.bodies: list[t.Any] = []

    def containers(self, filters: t.Any) -> list[t.Any]:
        return []

    def post(self, path: str, *, params: t.Any, body: t.Any, about: str) -> None:
        self.left.append(params["name"])
        self.bodies.append(body)

    def container(self, name: str) -> t.Any:
        return {"Id": name, "Name": f"/{name}"}

    def delete(self, path: str, *, params: t.Any, about: str) -> None:
        if self.refuses:
            raise Conflict("no")
        self.left.remove(path.rpartition("/")[2])


def test_a_throwaway_is_removed_whatever_happens() -> None:
    daemon = Making()
    image = {"Id": "sha256:i", "Config": {"Volumes": {"/data": {}}}}
    with scratch_container.container_of(daemon, image) as made:  # type: ignore[arg-type]
        assert daemon.left == [made["Id"]]
    assert daemon.left == []
    with pytest.raises(Damaged, match="torn"), scratch_container.container_of(daemon, image):  # type: ignore[arg-type]
        raise Damaged("torn")
    assert daemon.left == []
    assert daemon.bodies[0]["HostConfig"]["Mounts"] == [{"Type": "tmpfs", "Target": "/data"}]


def test_a_throwaway_that_cannot_be_removed_is_told_but_hides_no_other_error() -> None:
    daemon = Making(refuses=True)
    image = {"Id": "sha256:i", "Config": None}
    with pytest.raises(Conflict), scratch_container.container_of(daemon, image):  # type: ignore[arg-type]
        pass
    with pytest.raises(Damaged), scratch_container.container_of(daemon, image):  # type: ignore[arg-type]
        raise Damaged("torn")
