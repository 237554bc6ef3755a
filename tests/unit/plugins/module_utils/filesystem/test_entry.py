# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict, Damaged, InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.entry import (
    Entry,
    Place,
    RequestedAttributes,
    differences,
    parse_mode_option,
    surely_equal,
)
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.paths import split_member_name

FILE = Entry("f", "file", 0o644, 10, 1_500_000_001)


@pytest.mark.parametrize(
    ("text", "container", "path", "contents"),
    [
        ("web:/etc/app", "web", "/etc/app", False),
        ("web:etc/app/", "web", "/etc/app/", True),
        ("web:/", "web", "/", True),
        ("my.web_1-a:/x/.", "my.web_1-a", "/x/.", True),
        ("/etc/a:b", None, "/etc/a:b", False),
        ("./a:b", None, "./a:b", False),
        ("~/a:b/", None, "~/a:b/", True),
        ("files/app.conf", None, "files/app.conf", False),
        ("-x:/a", None, "-x:/a", False),
    ],
)
def test_places(text: str, container: str | None, path: str, contents: bool) -> None:
    place = Place.parse(text)
    assert (place.container, place.path, place.contents) == (container, path, contents)


def test_a_container_without_a_path() -> None:
    with pytest.raises(InvalidInput, match="no path"):
        Place.parse("web:")


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        (None, None),
        ("preserve", None),
        ("0644", 0o644),
        ("644", 0o644),
        ("0o755", 0o755),
        ("4755", 0o4755),
        (0o644, 0o644),
    ],
)
def test_modes(given: t.Any, mode: int | None) -> None:
    assert parse_mode_option({"mode": given}, "mode") == mode


@pytest.mark.parametrize("given", ["", "rw", "u=rw", "0999", "77777", 0o77777, "-1"])
def test_no_modes(given: t.Any) -> None:
    with pytest.raises(InvalidInput, match="octal"):
        parse_mode_option({"mode": given}, "mode")


CHANGED = [
    ({"size": 11}, ("content",)),
    ({"mode": 0o600}, ("mode",)),
    ({"kind": "link", "target": "x"}, ("type",)),
    ({"kind": "special"}, ("type",)),
    ({"uid": 5}, ()),
    ({"mtime_ns": 5}, ()),
]


@pytest.mark.parametrize(("change", "what"), CHANGED)
def test_differences(change: dict[str, t.Any], what: tuple[str, ...]) -> None:
    assert differences(FILE, dataclasses.replace(FILE, **change), owner=False) == what


def test_the_owner_counts_when_asked_for() -> None:
    assert differences(FILE, dataclasses.replace(FILE, gid=5), owner=True) == ("owner",)


@pytest.mark.parametrize(
    "kinds", [("file", "directory"), ("directory", "file"), ("directory", "link"), ("link", "directory")]
)
def test_a_folder_is_never_replaced_nor_replaces(kinds: tuple[str, str]) -> None:
    wanted, there = (dataclasses.replace(FILE, kind=kind) for kind in kinds)
    with pytest.raises(Conflict):
        differences(wanted, there, owner=False)


@pytest.mark.parametrize(
    ("there", "sure"),
    [
        (FILE, True),
        (dataclasses.replace(FILE, size=9), False),
        (dataclasses.replace(FILE, mtime_ns=1_500_000_002), False),
    ],
)
def test_evidence(there: Entry, sure: bool) -> None:
    assert surely_equal(FILE, there) is sure


def test_a_whole_second_is_no_evidence() -> None:
    whole = dataclasses.replace(FILE, mtime_ns=2_000_000_000)
    assert not surely_equal(whole, whole)


@pytest.mark.parametrize(
    ("name", "parts"), [("./a/./b", ("a", "b")), (".", ()), ("a//b/", ("a", "b")), ("..a", ("..a",))]
)
def test_names(name: str, parts: tuple[str, ...]) -> None:
    assert split_member_name(name) == parts


@pytest.mark.parametrize("name", ["/etc/passwd", "/", "../a", "a/../b", "a/..", "a\0b"])
def test_names_that_lead_out(name: str) -> None:
    with pytest.raises(Damaged, match="leads out"):
        split_member_name(name)


THERE = Entry("there", "file", 0o600, 1, 0, "", 5, 6)
WANTED = [
    (RequestedAttributes(), FILE, None, (0o644, 0, 0)),
    (RequestedAttributes(), FILE, THERE, (0o644, 5, 6)),
    (RequestedAttributes(archive=True), dataclasses.replace(FILE, uid=7, gid=8), THERE, (0o644, 7, 8)),
    (RequestedAttributes(uid=9), FILE, THERE, (0o644, 9, 6)),
    (RequestedAttributes(mode=0o440), FILE, THERE, (0o440, 5, 6)),
    (RequestedAttributes(mode=0o440), Entry("d", "directory", 0o755), None, (0o755, 0, 0)),
    (RequestedAttributes(), Entry("d", "directory", 0o755), Entry("d", "directory", 0o711), (0o711, 0, 0)),
    (
        RequestedAttributes(directory_mode=0o750),
        Entry("d", "directory", 0o755),
        Entry("d", "directory", 0o711),
        (0o750, 0, 0),
    ),
]


@pytest.mark.parametrize(("asked", "entry", "there", "result"), WANTED)
def test_wanted(asked: RequestedAttributes, entry: Entry, there: Entry | None, result: tuple[int, int, int]) -> None:
    wanted = asked.apply_to(entry, there)
    assert (wanted.mode, wanted.uid, wanted.gid) == result
