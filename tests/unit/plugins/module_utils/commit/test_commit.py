# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._commit.commit import CommitOptions, resolve_tag
from ansible_collections.stevedore.docker.plugins.module_utils._commit.keep import Snapshot, outdated, snapshots
from ansible_collections.stevedore.docker.plugins.module_utils._commit.task import warnings
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._image.snapshot_labels import PREFIX, Provenance, read

GIVEN: dict[str, t.Any] = {
    "author": None,
    "check_space": True,
    "changes": None,
    "container": "web",
    "force": False,
    "keep": None,
    "labels": None,
    "max_file_size": "100g",
    "comment": None,
    "pause": True,
    "repository": "snapshots/web",
    "signature": "stat",
    "tag": None,
}
MADE = Provenance("web", "snapshots/web", "sha256:base", "v2:stat+disk:aa", "request", 3, "added=1")

REFERENCES: list[tuple[str, str | None, str]] = [
    ("web", None, "web:latest"),
    ("web", "1.0", "web:1.0"),
    ("web:1.0", None, "web:1.0"),
    ("web:1.0", "1.0", "web:1.0"),
    ("localhost:5000/team/web", None, "localhost:5000/team/web:latest"),
    ("registry.example.com/a/b__c/d-e:x", None, "registry.example.com/a/b__c/d-e:x"),
]


@pytest.mark.parametrize(("repository", "tag", "reference"), REFERENCES)
def test_reference(repository: str, tag: str | None, reference: str) -> None:
    assert CommitOptions.parse({**GIVEN, "repository": repository, "tag": tag}).reference == reference


REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"repository": "Web"}, "lower case"),
    ({"repository": "web/"}, "lower case"),
    ({"repository": "web@sha256:00"}, "lower case"),
    ({"repository": ""}, "lower case"),
    ({"repository": "web\n"}, "lower case"),
    ({"tag": "a b"}, "lower case"),
    ({"tag": "-x"}, "lower case"),
    ({"repository": "web:1", "tag": "2"}, "give one of them"),
    ({"keep": 0}, "keep must be at least 1"),
    ({"keep": -1}, "keep must be at least 1"),
    ({"changes": "RUN make"}, "does not begin with"),
    ({"changes": "CMD x\nENV a=b"}, "newline"),
    ({"changes": {"ENV": {"A": "x\nUSER root"}}}, "newline"),
    ({"labels": {PREFIX + "depth": "9"}}, "are ours"),
    ({"labels": {"": "x"}}, "is not a label"),
    ({"labels": {"a": ["x"]}}, "is not a label"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refused_before_anything_is_asked(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        CommitOptions.parse({**GIVEN, **options})


def test_labels_come_back_as_they_were() -> None:
    assert read({**MADE.labels(), "tier": "web"}) == MADE


@pytest.mark.parametrize("lost", sorted(MADE.labels()))
def test_labels_that_do_not_say_all_say_nothing(lost: str) -> None:
    labels = MADE.labels()
    del labels[lost]
    assert read(labels) is None
    assert read({**MADE.labels(), PREFIX + "depth": "many"}) is None
    assert read(None) is None


class Images:
    """An engine that holds images: id -> (provenance, length of its history, creation, tags, parent)."""

    def __init__(self, images: dict[str, t.Any], containers: tuple[str, ...] = ()) -> None:
        self.held = images
        self.used = containers

    def get(self, path: str, params: t.Any = None, about: str = "") -> t.Any:
        if path.endswith("/history"):
            return [{}] * self.held[path.split("/")[2]][1]
        return [{"Id": name, "ParentId": image[4]} for name, image in self.held.items()]

    def image(self, id: str) -> t.Any:
        provenance, _depth, created, tags, parent = self.held[id]
        labels = provenance.labels() if provenance else {}
        return {"Id": id, "Config": {"Labels": labels}, "Created": created, "RepoTags": tags, "Parent": parent}

    def containers(self) -> t.Any:
        return [{"ImageID": name} for name in self.used]


HELD: dict[str, t.Any] = {
    "old": (MADE, 3, "2026-01-01T00:00:00.5Z", ["snapshots/web:1"], ""),
    "older": (MADE, 3, "2026-01-01T00:00:00.25Z", ["snapshots/web:0", "kept/web:0"], ""),
    "new": (MADE, 3, "2026-01-02T00:00:00Z", ["snapshots/web:2"], ""),
    "untagged": (MADE, 3, "2026-01-01T12:00:00Z", None, ""),
    "built-from-one": (MADE, 4, "2026-01-03T00:00:00Z", ["snapshots/web:built"], ""),
    "foreign": (None, 3, "2026-01-03T00:00:00Z", ["snapshots/web:foreign"], ""),
}


def test_only_our_own_snapshots_are_found_the_newest_first() -> None:
    found = snapshots(Images(HELD), "snapshots/web")  # type: ignore[arg-type]
    assert [s.id for s in found] == ["new", "untagged", "old", "older"]
    assert (found[3].tags, found[3].others) == (("snapshots/web:0",), ("kept/web:0",))
    assert snapshots(Images(HELD), "snapshots/we") == []  # type: ignore[arg-type]


def snapshot(id: str) -> Snapshot:
    return Snapshot(id, "", MADE, (), (), "", "", "")


# how many to keep of a, b, c, d; spared; used by containers; removed; needed
OUTDATED: list[tuple[int | None, set[str], tuple[str, ...], str, str]] = [
    (None, set(), (), "", ""),
    (4, set(), (), "", ""),
    (3, set(), (), "d", ""),
    (1, set(), (), "bcd", ""),
    (0, set(), (), "abcd", ""),
    (1, {"c"}, (), "bd", ""),
    (1, set(), ("b",), "cd", "b"),
]


@pytest.mark.parametrize(("keep", "spare", "used", "removed", "needed"), OUTDATED)
def test_outdated(keep: int | None, spare: set[str], used: tuple[str, ...], removed: str, needed: str) -> None:
    found = outdated(Images({}, used), [snapshot(name) for name in "abcd"], keep, spare)  # type: ignore[arg-type]
    assert ("".join(s.id for s in found.removed), "".join(s.id for s in found.needed)) == (removed, needed)


def test_an_image_that_another_is_built_on_is_needed() -> None:
    engine = Images({"child": (None, 9, "", [], "b")})
    found = outdated(engine, [snapshot("a"), snapshot("b")], 1, set())  # type: ignore[arg-type]
    assert [s.id for s in found.needed] == ["b"]


STAMPED = "20260101T000000Z"
# tag asked for; tags of the held snapshots, the newest first; which of them are of the present state; the tag, None: of now
DATED: list[tuple[str, list[list[str]], set[int], str | None]] = [
    ("1.0", [["1.0"]], {0}, "1.0"),
    ("{timestamp}", [], set(), None),
    ("{timestamp}", [[STAMPED]], {0}, STAMPED),
    ("{timestamp}", [[STAMPED]], set(), None),
    ("{timestamp}", [["latest"], [STAMPED]], {1}, STAMPED),
    ("{timestamp}", [["20260102T000000Z"], [STAMPED]], {1}, None),
    ("a-{timestamp}", [[STAMPED], [f"a-{STAMPED}", "x"]], {1}, f"a-{STAMPED}"),
    ("a-{timestamp}", [[f"a-{STAMPED}b"]], {0}, None),
]


@pytest.mark.parametrize(("tag", "held", "same", "expected"), DATED)
def test_dated(tag: str, held: list[list[str]], same: set[int], expected: str | None) -> None:
    found = [
        Snapshot(str(at), "", MADE, tuple(f"snapshots/web:{name}" for name in names), (), "", "", "")
        for at, names in enumerate(held)
    ]
    settled = resolve_tag(
        CommitOptions.parse({**GIVEN, "tag": tag}), found, lambda snapshot: int(snapshot.id) in same
    ).tag
    if expected is None:
        assert re.fullmatch(tag.replace("{timestamp}", r"\d{8}T\d{6}Z"), settled)
        assert not any(settled in names for names in held)
    else:
        assert settled == expected


# mounts, environment, words of the warnings
WARNED: list[tuple[list[dict[str, str]], list[str], list[str]]] = [
    ([], ["PATH=/bin", "GREETING=hello"], []),
    ([{"Type": "volume", "Name": "data", "Destination": "/var/lib"}], [], ["/var/lib (volume data)"]),
    ([{"Type": "bind", "Source": "/srv", "Destination": "/x"}], [], ["/x (bind /srv)"]),
    ([{"Type": "tmpfs", "Destination": "/run"}], [], ["/run (tmpfs)"]),
    ([], ["DB_PASSWORD=x", "API_KEY=x", "GITHUB_TOKEN=x", "PGPASS=x"], ["API_KEY, DB_PASSWORD, GITHUB_TOKEN, PGPASS"]),
    ([], ["DB_PASSWORD=", "DB_PASSWORD_FILE=/run/secrets/db", "TOKEN_URL=http://x", "KEYBOARD=de"], []),
    ([], ["MONKEY=1", "PASSENGER=2", "COMPASS=n"], []),
]


@pytest.mark.parametrize(("mounts", "env", "words"), WARNED)
def test_warnings(mounts: list[dict[str, str]], env: list[str], words: list[str]) -> None:
    found = warnings({"Name": "/web", "Mounts": mounts, "Config": {"Env": env}})
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found))
    assert all("x" not in text.replace("/x", "") for text in found if env), "no value is shown"
