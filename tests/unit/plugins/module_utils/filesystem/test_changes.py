# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import io
import os
import pathlib
import stat
import tarfile
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._diff.task import DiffOptions, count_changes
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput, Missing
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import archive_api, changes, overlay
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.changes import ChangeSet, PathChange
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.path_stat import (
    PathStat,
    parse_path_stat,
)

# What the engine says, and the lines of docker diff with a + for what is implied.
TOLD: list[tuple[list[tuple[str, int]], list[str]]] = [
    ([], []),
    ([("/b", 1), ("/a", 2)], ["D /a", "A /b"]),
    ([("/etc", 0), ("/etc/hosts", 0)], ["C /etc +", "C /etc/hosts"]),
    ([("/etc", 0)], ["C /etc"]),
    ([("/a", 0), ("/a/b", 0), ("/a/b/c", 2)], ["C /a +", "C /a/b +", "D /a/b/c"]),
    ([("/d", 1), ("/d/x", 1)], ["A /d", "A /d/x"]),
    ([("/ab", 0), ("/abc", 1)], ["C /ab", "A /abc"]),
    ([("/with space\nand newline", 1)], ["A /with space\nand newline"]),
]


@pytest.mark.parametrize(("answer", "lines"), TOLD)
def test_told(answer: list[tuple[str, int]], lines: list[str]) -> None:
    listed = changes.parse_changes({"Path": path, "Kind": kind} for path, kind in answer)
    assert [c.line + " +" * c.implied for c in listed] == lines


LISTED = changes.parse_changes(
    {"Path": path, "Kind": kind}
    for path, kind in [
        ("/etc", 0),
        ("/etc/hosts", 0),
        ("/srv", 0),
        ("/srv/index.html", 2),
        ("/tmp", 0),
        ("/tmp/x", 1),
        ("/tmp/x/deep.log", 1),
    ]
)
# options of container_diff, the lines that are left
CHOSEN: list[tuple[dict[str, t.Any], list[str]]] = [
    ({}, [c.line for c in LISTED]),
    ({"implied": False}, ["C /etc/hosts", "D /srv/index.html", "A /tmp/x", "A /tmp/x/deep.log"]),
    ({"ignore": ("/tmp/**",)}, ["C /etc", "C /etc/hosts", "C /srv", "D /srv/index.html"]),
    ({"ignore": ("*.log",), "only": ("/tmp",)}, ["C /tmp", "A /tmp/x"]),
    ({"only": ("*.log",)}, ["A /tmp/x/deep.log"]),
    ({"only": ("/nothing",)}, []),
    ({"kinds": ("deleted",)}, ["D /srv/index.html"]),
    ({"kinds": ("modified",)}, ["C /etc", "C /etc/hosts"]),
    ({"kinds": ("added", "modified"), "only": ("/srv",)}, []),
]


@pytest.mark.parametrize(("options", "lines"), CHOSEN)
def test_chosen(options: dict[str, t.Any], lines: list[str]) -> None:
    assert [c.line for c in DiffOptions(**options).select_changes(LISTED)] == lines


def test_counts_cover_every_line() -> None:
    assert count_changes(LISTED) == {"added": 2, "deleted": 1, "implied": 3, "modified": 4, "total": 7}


NEW: list[tuple[list[str], list[str]]] = [
    (["A /a", "A /a/b", "A /a/b/c", "A /x"], ["/a"]),
    (["C /a", "A /a/b", "A /a/b/c", "A /z", "A /z/y"], ["/a/b", "/z"]),
    (["C /a", "C /a/b"], []),
    (["A /empty"], []),
]


@pytest.mark.parametrize(("lines", "folders"), NEW)
def test_new_folders_are_the_outermost(lines: list[str], folders: list[str]) -> None:
    kinds = {"A": "added", "C": "modified"}
    assert changes.new_folders([PathChange(line[2:], kinds[line[0]]) for line in lines]) == folders


# The mode is what Docker 20.10 answered for files of these kinds.
HEADERS: list[tuple[int, int, str, str, int, int]] = [
    (0o644, 12, "", "file", 0o644, 12),
    (0o755 | 1 << 23, 5, "", "file", 0o4755, 5),
    (0o2755 & 0o777 | 1 << 22 | 1 << 31, 4096, "", "directory", 0o2755, 0),
    (0o777 | 1 << 20 | 1 << 31, 4096, "", "directory", 0o1777, 0),
    (134218239, 15, "/data/f1", "symlink", 0o777, 15),
    (0o600 | 1 << 25, 0, "", "fifo", 0o600, 0),
    (0o600 | 1 << 26, 0, "", "block device", 0o600, 0),
    (0o600 | 1 << 26 | 1 << 21, 0, "", "character device", 0o600, 0),
    (0o755 | 1 << 24, 0, "", "socket", 0o755, 0),
]


@pytest.mark.parametrize(("bits", "size", "link", "kind", "mode", "shown"), HEADERS)
def test_header(bits: int, size: int, link: str, kind: str, mode: int, shown: int) -> None:
    facts = parse_path_stat({"mode": bits, "size": size, "linkTarget": link, "mtime": "1970-01-01T00:00:01Z"})
    assert facts == PathStat(kind, shown, mode, 1_000_000_000, link or None)
    assert facts.to_result()["mode"] == f"{mode:04o}"


def layer(tmp_path: pathlib.Path) -> overlay.Layer:
    """A writable layer with a bit of everything, over two of an image."""
    root, top, bottom = (tmp_path / name for name in ("diff", "top", "bottom"))
    for folder in (root / "d", root / "alike", root / "other", top / "alike", bottom / "other", bottom / "alike"):
        folder.mkdir(parents=True)
    (root / "d" / "file").write_bytes(b"content")
    (root / "d" / "link").symlink_to("file")
    os.mkfifo(root / "d" / "fifo")
    (root / "alike" / "file").touch()
    for folder in (root / "alike", top / "alike"):
        os.utime(folder, ns=(7, 7))
    os.utime(root / "other", ns=(1, 1))
    return overlay.Layer(str(root), (str(top), str(bottom)))


def seen(found: overlay.Layer, *mounts: str, content: bool = False) -> dict[str, PathStat | None]:
    return {entry.path: entry.path_stat for entry in overlay.walk_upper_dir(found, mounts, content)}


def test_disk(tmp_path: pathlib.Path) -> None:
    found = seen(layer(tmp_path), content=True)
    assert {path: facts and facts.type for path, facts in found.items()} == {
        "/alike": "directory",
        "/alike/file": "file",
        "/d": "directory",
        "/d/fifo": "fifo",
        "/d/file": "file",
        "/d/link": "symlink",
        "/other": "directory",
    }
    file = found["/d/file"]
    assert file is not None
    assert file.sha256 == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    assert found["/d/link"] is not None
    assert found["/d/link"].link == "file"


def test_disk_shows_nothing_below_a_mount(tmp_path: pathlib.Path) -> None:
    """What is there belongs to the layer, but nobody can see it: it is listed, as docker diff does, and not looked at."""
    entries = {entry.path: entry for entry in overlay.walk_upper_dir(layer(tmp_path), ("/d", "/alike/file"))}
    signs = {"/d": None, "/d/fifo": "implied", "/d/file": "implied", "/d/link": "implied", "/alike/file": None}
    assert {path: entries[path].marker for path in signs} == signs
    assert not any(entries[path].path_stat for path in signs)
    assert {path for path, entry in entries.items() if entry.kind == "added"} == set(signs)


def test_a_folder_that_is_as_in_the_image_is_implied(tmp_path: pathlib.Path) -> None:
    """Writing to a file brings along the folders above it."""
    found = layer(tmp_path)
    assert [entry.path for entry in overlay.walk_upper_dir(found) if entry.marker] == ["/alike"]
    os.utime(tmp_path / "diff" / "alike", ns=(8, 8))
    assert not [entry.path for entry in overlay.walk_upper_dir(found) if entry.marker]


COPIED_UP: list[tuple[str, bytes, int, bool]] = [
    ("the same", b"content", 7, True),
    ("another time", b"content", 8, False),
    ("another size", b"contents", 7, False),
    ("the old time and size", b"CONTENT", 7, False),
    ("too large to compare", b"x" * (overlay.COMPARE_UP_TO + 1), 7, False),
]


@pytest.mark.parametrize(("what", "text", "mtime", "implied"), COPIED_UP, ids=[case[0] for case in COPIED_UP])
def test_a_file_that_was_opened_and_not_changed_is_implied(
    tmp_path: pathlib.Path, what: str, text: bytes, mtime: int, implied: bool
) -> None:
    found = layer(tmp_path)
    below, here = tmp_path / "bottom" / "other" / "file", tmp_path / "diff" / "other" / "file"
    below.write_bytes(text if what.startswith("too large") else b"content")
    here.write_bytes(text)
    os.utime(below, ns=(7, 7))
    os.utime(here, ns=(7, mtime))
    assert {entry.path: entry.marker == "implied" for entry in overlay.walk_upper_dir(found)}["/other/file"] == implied


def test_a_link_that_was_copied_from_the_image_is_implied(tmp_path: pathlib.Path) -> None:
    found = layer(tmp_path)
    for name, target in (("same", "a"), ("turned", "b")):
        for root, to in (("bottom", "a"), ("diff", target)):
            link = tmp_path / root / "other" / name
            link.symlink_to(to)
            os.utime(link, ns=(7, 7), follow_symlinks=False)
    signs = {entry.path: entry.marker for entry in overlay.walk_upper_dir(found)}
    assert (signs["/other/same"], signs["/other/turned"]) == ("implied", None)


def marked(path: pathlib.Path, note: str, value: bytes = b"y") -> None:
    os.setxattr(path, note, value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mark a folder as opaque")
def test_an_opaque_folder_hides_the_folders_below_it(tmp_path: pathlib.Path) -> None:
    found = layer(tmp_path)
    for below in (tmp_path / "diff" / "alike", tmp_path / "top" / "alike"):
        (below / "in").mkdir()
        for folder in (below / "in", below):
            os.utime(folder, ns=(7, 7))
    (tmp_path / "bottom" / "alike" / "old" / "deep").mkdir(parents=True)
    (tmp_path / "bottom" / "alike" / "gone").touch()
    os.mknod(tmp_path / "top" / "alike" / "gone", stat.S_IFCHR)
    os.utime(tmp_path / "top" / "alike", ns=(7, 7))
    assert {e.path: e.marker for e in overlay.walk_upper_dir(found) if e.marker} == {
        "/alike": "implied",
        "/alike/in": "implied",
    }
    marked(tmp_path / "diff" / "alike", "trusted.overlay.opaque")
    entries = list(overlay.walk_upper_dir(found))
    assert {e.path: e.marker for e in entries if e.marker} == {
        "/alike": "opaque", "/alike/in": "implied", "/alike/old": "deleted",
    }  # fmt: skip
    assert [(e.kind, e.path) for e in entries if e.path.startswith("/alike") and e.kind] == [
        ("deleted", "/alike/old"), ("added", "/alike/file"),
    ]  # fmt: skip


# Notes of other ways to mount, with which the layer alone does not say what is there.
NOTES = [
    ("alike", "trusted.overlay.redirect"),
    ("alike", "user.overlay.opaque"),
    ("d/file", "trusted.overlay.metacopy"),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the notes")
@pytest.mark.parametrize(("name", "note"), NOTES)
def test_what_the_layer_does_not_say_by_itself_is_not_read(tmp_path: pathlib.Path, name: str, note: str) -> None:
    found = layer(tmp_path)
    marked(tmp_path / "diff" / "alike", "trusted.overlay.origin")
    assert list(overlay.walk_upper_dir(found, content=True))
    marked(tmp_path / "diff" / name, note)
    with pytest.raises(OSError, match=note):
        list(overlay.walk_upper_dir(found, content=True))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a device, an owner and a capability")
def test_kinds(tmp_path: pathlib.Path) -> None:
    """Each file is in the image, in both layers of it, or not, and then in the container."""
    found = layer(tmp_path)
    here, top, bottom = (tmp_path / name / "other" for name in ("diff", "top", "bottom"))
    top.mkdir()
    for folder in (here, top, bottom):
        for name in ("same", "mode", "owner", "second", "time", "bytes", "capability", "label", "type", "back"):
            path = folder / name
            path.write_text("text")
            os.utime(path, ns=(7_000_000_000, 7_000_000_000))
    (here / "mode").chmod(0o600)
    os.chown(here / "owner", 5, 0)
    (here / "bytes").write_text("TEXT")
    (here / "type").unlink()
    (here / "type").mkdir()
    (top / "back").unlink()
    os.mknod(top / "back", stat.S_IFCHR)
    (here / "gone").touch()
    for name in ("gone", "nothing"):
        (here / name).unlink(missing_ok=True)
        os.mknod(here / name, stat.S_IFCHR)
    (bottom / "gone").touch()
    marked(here / "capability", "security.capability", bytes.fromhex("0100000200200000" + "00" * 12))
    marked(here / "label", "trusted.overlay.origin")
    for name, time in (("second", 7_000_000_005), ("time", 8_000_000_000), ("bytes", 7_000_000_000)):
        os.utime(here / name, ns=(time, time))
    kinds = {
        e.path.rpartition("/")[2]: (e.kind, e.marker)
        for e in overlay.walk_upper_dir(found)
        if e.path.startswith("/other/")
    }
    assert kinds == {
        "same": (None, "implied"),
        "label": (None, "implied"),
        "mode": ("modified", None),
        "owner": ("modified", None),
        "second": (None, None),
        "time": ("modified", None),
        "bytes": ("modified", None),
        "capability": ("modified", None),
        "type": ("modified", None),
        "back": ("added", None),
        "gone": ("deleted", "deleted"),
        "nothing": (None, "deleted"),
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a device")
def test_what_was_deleted_has_no_facts(tmp_path: pathlib.Path) -> None:
    os.mknod(tmp_path / "gone", stat.S_IFCHR, os.makedev(0, 0))
    os.mknod(tmp_path / "null", stat.S_IFCHR, os.makedev(1, 3))
    found = {
        entry.path: (entry.path_stat and entry.path_stat.type, entry.marker)
        for entry in overlay.walk_upper_dir(overlay.Layer(str(tmp_path), ()))
    }
    assert found == {"/gone": (None, "deleted"), "/null": ("character device", None)}


def test_a_folder_that_was_touched_only_by_the_engine_is_the_same(tmp_path: pathlib.Path) -> None:
    """Its ctime is no sign of a change, other than a file's."""
    found = layer(tmp_path)
    before = seen(found)
    for path in (tmp_path / "diff" / "d", tmp_path / "diff" / "d" / "file"):
        mode = path.stat().st_mode & 0o777
        path.chmod(0)
        path.chmod(mode)
    after = seen(found)
    assert after["/d"] == before["/d"]
    assert after["/d/file"] != before["/d/file"]


def test_disk_finds_names_that_are_not_utf8(tmp_path: pathlib.Path) -> None:
    root = os.fsencode(tmp_path)
    os.mkdir(root + b"/d\xff")
    with open(root + b"/d\xff/x", "wb"):
        pass
    found = seen(overlay.Layer(str(tmp_path), ()))
    assert {os.fsencode(path) for path, facts in found.items() if facts} == {b"/d\xff", b"/d\xff/x"}


def test_a_link_in_the_place_of_a_folder_leads_nowhere(tmp_path: pathlib.Path) -> None:
    """A container can swap them between two looks."""
    found = layer(tmp_path)
    entries = overlay.walk_upper_dir(found)
    assert next(entries).path == "/alike"
    os.rename(tmp_path / "diff" / "d", tmp_path / "moved")
    (tmp_path / "diff" / "d").symlink_to(tmp_path / "moved")
    assert [entry.path for entry in entries] == ["/alike/file", "/other"]


DRIVERS: list[tuple[t.Any, bool]] = [
    (None, False),
    ({"Name": "overlay2", "Data": None}, False),
    ({"Name": "overlay2", "Data": {"UpperDir": "/there/is/no/such/folder"}}, False),
    ({"Name": "btrfs", "Data": {"UpperDir": "/"}}, False),
    ({"Name": "overlay2", "Data": {"UpperDir": "/"}}, True),
    ({"Name": "overlay2", "Data": {"UpperDir": "/", "LowerDir": "/a:/b"}}, True),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="others than root do not see all of a layer")
@pytest.mark.parametrize(("driver", "here"), DRIVERS)
def test_layer_is_here(driver: t.Any, here: bool) -> None:
    assert (overlay.find_layer({"GraphDriver": driver}) is not None) == here


# Each a change that a signature must see: of what a path is said to be, of one path's facts, of the container's image.
FILE = PathStat("file", 7, 0o644, 5, uid=0, gid=0, ctime_ns=6, sha256="aa")
BEFORE = ("i1", {"/f": "added"}, {"/f": FILE})
SEEN: list[tuple[str, tuple[str, dict[str, str | None], dict[str, PathStat | None]], bool, bool]] = [
    ("nothing", ("i1", {"/f": "added"}, {"/f": FILE}), False, False),
    ("image", ("i2", {"/f": "added"}, {"/f": FILE}), True, True),
    ("kind", ("i1", {"/f": "modified"}, {"/f": FILE}), True, True),
    ("path", ("i1", {"/g": "added"}, {"/g": FILE}), True, True),
    ("more", ("i1", {"/f": "added", "/z": "deleted"}, {"/f": FILE}), True, True),
    ("type", ("i1", {"/f": "added"}, {"/f": FILE._replace(type="fifo")}), True, True),
    ("size", ("i1", {"/f": "added"}, {"/f": FILE._replace(size=8)}), True, True),
    ("mode", ("i1", {"/f": "added"}, {"/f": FILE._replace(mode=0o600)}), True, True),
    ("owner", ("i1", {"/f": "added"}, {"/f": FILE._replace(uid=1)}), True, True),
    ("link", ("i1", {"/f": "added"}, {"/f": FILE._replace(link="x")}), True, True),
    ("mtime", ("i1", {"/f": "added"}, {"/f": FILE._replace(mtime_ns=4)}), True, False),
    ("ctime", ("i1", {"/f": "added"}, {"/f": FILE._replace(ctime_ns=4)}), True, False),
    ("bytes", ("i1", {"/f": "added"}, {"/f": FILE._replace(sha256="bb")}), True, True),
    ("gone", ("i1", {"/f": "added"}, {"/f": None}), True, True),
    ("implied", ("i1", {"/f": "added"}, {"/f": FILE, "/folder": FILE}), False, False),
    ("odd name", ("i1", {"/f": "added", "/\udcff": None}, {"/f": FILE, "/\udcff": FILE}), True, True),
]


@pytest.mark.parametrize(("what", "after", "by_stat", "by_content"), SEEN, ids=[case[0] for case in SEEN])
def test_signature_sees(what: str, after: t.Any, by_stat: bool, by_content: bool) -> None:
    def of(image: str, signs: dict[str, str | None], facts: dict[str, PathStat | None]) -> str:
        return changes.compute_signature({"Image": image}, ChangeSet("disk", (), facts, signs), mode)

    for mode, expected in (("stat", by_stat), ("content", by_content)):
        assert (of(*after) != of(*BEFORE)) == expected, f"{what} by {mode}"  # type: ignore[arg-type]


def test_signature_does_not_depend_on_the_order_of_the_listing() -> None:
    paths: dict[str, bytes | None] = {"/a": b"", "/b": b"", "/a/c": b"", "/a.d": b""}
    document = {"Id": "c", "Name": "/web", "Image": "i"}
    listed = [PathChange(path, "added") for path in paths]
    looks = [changes.read_changes(Engine(paths), document, order) for order in (listed, listed[::-1])]  # type: ignore[arg-type]
    assert len({changes.compute_signature(document, look) for look in looks}) == 1


class Engine:
    """An engine with a file system of its own: what the room asks it for."""

    def __init__(self, tree: dict[str, bytes | None], answer: t.Any = None, cut: int | None = None) -> None:
        self.tree = tree
        self.answer = answer
        self.cut = cut
        self.asked: list[str] = []

    def get(self, path: str, **options: t.Any) -> t.Any:
        return self.answer

    def container(self, name: str, size: bool = False, about: str | None = None) -> t.Any:
        return {"Id": name, "SizeRw": sum(len(content or b"") for content in self.tree.values())}

    def call(self, method: str, path: str, *, params: dict[str, str], about: str) -> t.Any:
        self.asked.append(f"{method} {params['path']}")
        if params["path"] not in self.tree:
            raise Missing("gone", status=404)
        content = self.tree[params["path"]]
        kind = 1 << 31 if content is None else 0
        text = f'{{"mode": {0o644 | kind}, "size": {len(content or b"")}, "mtime": "1970-01-01T00:00:01Z"}}'
        return type("Answer", (), {"headers": {"X-Docker-Container-Path-Stat": base64.b64encode(text.encode())}})

    def stream(self, method: str, path: str, *, params: dict[str, str], headers: t.Any, about: str) -> t.Any:
        self.asked.append(f"{method} {params['path']}")
        if params["path"] not in self.tree:
            raise Missing("gone", status=404)
        assert headers == {"Accept-Encoding": "identity"}
        above = len(params["path"].rpartition("/")[0]) + 1
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, content in sorted(self.tree.items()):
                if name == params["path"] or name.startswith(params["path"] + "/"):
                    member = tarfile.TarInfo(name[above:])
                    member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
                    member.size = len(content or b"")
                    tar.addfile(member, io.BytesIO(content or b""))
        return contextlib.nullcontext(io.BytesIO(buffer.getvalue()[: self.cut]))


def tree(files: int, size: int = 1) -> dict[str, bytes | None]:
    return {"/new": None, **{f"/new/{number:02}": b"x" * size for number in range(files)}}


# number of files, their size, asked for content, what the engine is asked for
ASKED: list[tuple[int, int, bool, set[str]]] = [
    (3, 1, False, {"HEAD /new", "HEAD /new/00", "HEAD /new/01", "HEAD /new/02", "HEAD /old"}),
    (20, 1, False, {"GET /new", "HEAD /old"}),
    (20, archive_api.BYTES_PER_PATH + 1, False, {"HEAD /old", "HEAD /new", *(f"HEAD /new/{n:02}" for n in range(20))}),
    (1, 1, True, {"GET /new", "HEAD /old", "GET /old"}),
]


@pytest.mark.parametrize(("files", "size", "content", "asked"), ASKED)
def test_a_new_folder_is_read_as_a_whole_when_that_pays(files: int, size: int, content: bool, asked: set[str]) -> None:
    paths = {**tree(files, size), "/old": b"y"}
    daemon = Engine(paths, [{"Path": path, "Kind": int(path != "/old")} for path in paths])
    document = {"Id": "c", "Name": "/web", "Image": "i"}
    listed = changes.list_changes(daemon, document)  # type: ignore[arg-type]
    seen = changes.read_changes(daemon, document, listed, content)  # type: ignore[arg-type]
    assert set(daemon.asked) == asked
    assert {path: facts.type for path, facts in seen.stats.items() if facts} == {
        path: "directory" if text is None else "file" for path, text in paths.items()
    }


# How many files of an old folder have changed, how many have not, their size, and what the engine is asked for. The folder
# itself is always listed.
CROWDED: list[tuple[int, int, int, str]] = [
    (archive_api.TREE_FROM - 2, 0, 1, "HEAD only"),
    (archive_api.TREE_FROM, 100, 1, "GET only"),
    (archive_api.TREE_FROM, 200, 1, "both"),
    (archive_api.TREE_FROM, 1, archive_api.BYTES_EACH + 1, "both"),
]


@pytest.mark.parametrize(("changed", "other", "size", "asked"), CROWDED)
@pytest.mark.parametrize("content", [False, True])
def test_an_old_folder_is_read_when_much_of_it_has_changed(
    changed: int, other: int, size: int, asked: str, content: bool
) -> None:
    files = {f"/old/{number:03}": b"x" * size for number in range(changed + other)}
    paths = ["/old", *list(files)[-changed:]]
    daemon = Engine({"/old": None, **files}, [{"Path": path, "Kind": 0} for path in paths])
    document = {"Id": "c", "Name": "/web", "Image": "i"}
    listed = changes.list_changes(daemon, document)  # type: ignore[arg-type]
    seen = changes.read_changes(daemon, document, listed, content)  # type: ignore[arg-type]
    heads = {one for one in daemon.asked if one.startswith("HEAD")}
    assert ("GET /old" in daemon.asked, len(heads)) == (asked != "HEAD only", 0 if asked == "GET only" else changed + 1)
    assert set(seen.stats) == set(paths), "what has not changed is in no signature"
    assert all(facts is not None for facts in seen.stats.values())
    again = changes.read_changes(daemon, document, listed, content)  # type: ignore[arg-type]
    assert changes.compute_signature(document, again) == changes.compute_signature(document, seen)


def test_crowded_folders() -> None:
    few, many = range(archive_api.TREE_FROM - 1), range(archive_api.TREE_FROM)
    paths = (
        [f"/{number}" for number in many] + [f"/few/{number}" for number in few] + [f"/a/{number}" for number in many]
    )
    assert archive_api.crowded_folders(paths) == ["/a"]


def test_a_folder_in_a_folder_that_was_read_is_not_read_again() -> None:
    files = {f"/old/{outer:02}/{inner:02}": b"x" for outer in range(20) for inner in range(20)}
    folders = dict.fromkeys(["/old", *(f"/old/{outer:02}" for outer in range(20))])
    paths = {**folders, **files}
    daemon = Engine(paths, [{"Path": path, "Kind": 0} for path in paths])
    document = {"Id": "c", "Name": "/web", "Image": "i"}
    changes.read_changes(daemon, document, changes.list_changes(daemon, document))  # type: ignore[arg-type]
    assert daemon.asked == ["GET /old"]


def test_a_crowded_folder_with_a_mount_is_not_read() -> None:
    paths = {f"/old/{number:02}": b"x" for number in range(40)}
    daemon = Engine({"/old": None, **paths}, [{"Path": path, "Kind": 0} for path in paths])
    document = {"Id": "c", "Name": "/web", "Image": "i", "Mounts": [{"Destination": "/old/volume"}]}
    changes.read_changes(daemon, document, changes.list_changes(daemon, document))  # type: ignore[arg-type]
    assert set(daemon.asked) == {f"HEAD {path}" for path in ("/old", *paths)}


def test_null_is_no_change() -> None:
    assert changes.list_changes(Engine({}, None), {"Id": "c", "Name": "/web"}) == ()  # type: ignore[arg-type]


def test_paths_gone_meanwhile_and_torn_answers_are_no_errors() -> None:
    paths = tree(20)
    daemon = Engine({**paths}, [{"Path": path, "Kind": 1} for path in [*paths, "/gone"]], cut=2048)
    document = {"Id": "c", "Name": "/web", "Image": "i"}
    seen = changes.read_changes(daemon, document, changes.list_changes(daemon, document))  # type: ignore[arg-type]
    assert seen.stats["/gone"] is None
    assert seen.stats["/new/19"] is not None, "asked for alone, after the tear"


def test_mounts_are_not_looked_at() -> None:
    paths = {"/new": None, "/new/vol": None, "/new/vol/x": b"", **tree(20)}
    daemon = Engine(paths, [{"Path": path, "Kind": 1} for path in paths])
    document = {"Id": "c", "Name": "/web", "Image": "i", "Mounts": [{"Destination": "/new/vol"}]}
    seen = changes.read_changes(daemon, document, changes.list_changes(daemon, document))  # type: ignore[arg-type]
    assert "/new/vol" not in seen.stats
    assert "/new/vol/x" not in seen.stats
    assert "GET /new" not in daemon.asked, "it would bring the volume's files along"


@pytest.mark.parametrize("mode", ["", "bytes"])
def test_unknown_mode(mode: str) -> None:
    with pytest.raises(InvalidInput, match="signature must be one of"):
        changes.signature(Engine({}), {"Id": "c", "Name": "/web", "Image": "i"}, mode)  # type: ignore[arg-type]


@pytest.mark.parametrize("recorded", [None, "", "v1:stat+disk:aa", "v2:content+api:aa", "aa"])
def test_another_kind_of_signature_proves_nothing(recorded: str | None) -> None:
    assert not changes.signature_holds(Engine({}), {"Id": "c", "Name": "/web", "Image": "i"}, recorded)  # type: ignore[arg-type]
