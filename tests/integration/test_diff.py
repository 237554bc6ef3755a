# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""container_diff and the change signature on a real engine, judged by ``docker diff``."""

from __future__ import annotations

import os
import typing as t
import uuid

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Missing
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import changes
from support.engine import Docker

from .conftest import Run

IMAGE = "stevedore/busybox:1"
MESS = (
    "echo new >/root/added; echo x >>/etc/release; rm /srv/index.html; ln -s /etc/release /root/link; mkfifo /root/fifo;"
    "mkdir -p '/opt/a b/ü'; echo deep >'/opt/a b/ü/file'; chmod 600 /etc/group"
)


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    """A running container in which a bit of everything was changed."""
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", MESS)
    return name


def view(document: dict[str, t.Any], way: str) -> dict[str, t.Any]:
    """The inspect document as a host sees it that holds the container's layer on its disk, or that does not."""
    return document if way == "disk" else {**document, "GraphDriver": None}


WAYS = ["disk", "api"] if os.geteuid() == 0 else ["api"]


def ways_of(document: dict[str, t.Any]) -> list[str]:
    """Those that this engine has: one of another machine, or with containerd's image store, shows no folder."""
    folder = ((document.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir") or ""
    return WAYS if os.path.isdir(folder) else ["api"]


@pytest.fixture
def daemon(engine: str) -> Daemon:
    return Daemon.connect(Connection(engine))


@pytest.mark.parametrize("state", ["running", "paused", "stopped"])
def test_lines_are_those_of_docker_diff(docker: Docker, run: Run, box: str, state: str) -> None:
    if state != "running":
        docker(*{"paused": ["pause", box], "stopped": ["stop", "--time", "0", box]}[state])
    result = run("container_diff", name=box, stat=True)
    lines = docker("diff", box).splitlines()
    assert sorted(result.container["lines"]) == sorted(lines)
    assert {line[0] for line in lines} == {"A", "C", "D"}
    assert (result.changed, result.drifted) == (False, True)
    assert result.container["counts"]["total"] == len(lines)
    implied = {change["path"] for change in result.container["changes"] if change["implied"]}
    assert implied == {"/etc", "/root", "/srv"} | ({"/opt"} if "C /opt" in lines else set())


def test_stat_is_what_the_container_sees(docker: Docker, run: Run, box: str) -> None:
    found = {c["path"]: c["stat"] for c in run("container_diff", name=box, stat=True).container["changes"]}
    for path in ("/root/added", "/etc/group", "/root/link"):
        size, mode, mtime = docker("exec", box, "stat", "-c", "%s %a %Y", path).split()
        assert (found[path]["size"], found[path]["mode"], int(found[path]["mtime"])) == (
            int(size),
            mode.zfill(4),
            int(mtime),
        )
    assert found["/root/fifo"]["type"] == "fifo"
    assert found["/root/link"]["target"] == "/etc/release"
    assert found["/srv/index.html"] is None


def test_null_answer(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--name", name, IMAGE, "true")
    result = run("container_diff", name=name)
    assert docker("diff", name) == ""
    assert (result.drifted, result.container["changes"], result.container["counts"]["total"]) == (False, [], 0)


def test_several_in_one_task(docker: Docker, run: Run, unique: t.Callable[..., str]) -> None:
    names = [unique(letter) for letter in "abc"]
    for number, each in enumerate(names):
        docker("run", "--name", each, "--label", f"set={unique()}", IMAGE, "sh", "-c", f"echo >/tmp/{number}")
    by_name = run("container_diff", name=names[::-1])
    assert [c["name"] for c in by_name.containers] == names[::-1]
    assert by_name.container is None
    by_label = run("container_diff", filters={"label": f"set={unique()}"}, implied=False)
    assert [c["lines"] for c in by_label.containers] == [[f"A /tmp/{number}"] for number in range(3)]
    everything = run("container_diff", signature="none")
    assert set(names) <= {c["name"] for c in everything.containers}
    assert all(c["signature"] is None for c in everything.containers)


REFUSED: list[tuple[dict[str, t.Any], str, str]] = [
    ({"name": "there-is-no-such-container"}, "missing", "No such container: there-is-no-such-container"),
    ({"limit": -1}, "invalid", "limit"),
    ({"ignore": ["/a", ""]}, "invalid", "ignore"),
    ({"filters": {"colour": "red"}}, "invalid", "colour"),
]


@pytest.mark.parametrize(("options", "kind", "words"), REFUSED)
def test_refused(run: Run, options: dict[str, t.Any], kind: str, words: str) -> None:
    result = run("container_diff", **options)
    assert result.failed
    assert result.failure["kind"] == kind
    assert words in result.msg


# Done one after the other in one container. Which ways of looking notice it (disk, api), by stat and by content.
BOTH = {"disk", "api"}
EDITS: list[tuple[str, set[str], set[str]]] = [
    ("true", set(), set()),
    ("cat /etc/release /root/added", set(), set()),
    ("echo new >/root/another", BOTH, BOTH),
    ("echo more >>/root/added", BOTH, BOTH),
    ("echo new >/root/added", BOTH, BOTH),
    ("echo neu >/root/added", BOTH, BOTH),
    ("chmod 700 /root/added", BOTH, BOTH),
    ("ln -sf /etc/passwd /root/link", BOTH, BOTH),
    ("echo changed >'/opt/a b/ü/file'", BOTH, BOTH),
    ("touch /root/added", BOTH, set()),
    # The limits that the documentation tells: the engine alone knows neither owner nor ctime.
    ("chown 1000 /root/added", {"disk"}, BOTH),
    ("touch -r /root/added /dev/shm/t; echo NEW >/root/added; touch -r /dev/shm/t /root/added", {"disk"}, BOTH),
    ("rm /root/added", BOTH, BOTH),
    ("rm /etc/passwd", BOTH, BOTH),
]


@pytest.fixture(scope="module")
def edited(docker: Docker) -> t.Iterator[str]:
    name = f"stv{uuid.uuid4().hex[:8]}-edited"
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", MESS)
    yield name
    docker("rm", "--force", name)


@pytest.mark.parametrize(("edit", "by_stat", "by_content"), EDITS, ids=[case[0] for case in EDITS])
def test_signature_sees(
    docker: Docker, daemon: Daemon, edited: str, edit: str, by_stat: set[str], by_content: set[str]
) -> None:
    document = daemon.container(edited)
    ways = ways_of(document)

    def signatures() -> dict[tuple[str, str], str]:
        return {
            (way, mode): changes.signature(daemon, view(document, way), mode) for way in ways for mode in changes.MODES
        }

    before = signatures()
    docker("exec", edited, "sh", "-c", edit)
    after = signatures()
    assert {way for way in ways if before[way, "stat"] != after[way, "stat"]} == by_stat & set(ways)
    assert {way for way in ways if before[way, "content"] != after[way, "content"]} == by_content & set(ways)
    assert all(after[way, mode].startswith(f"v2:{mode}+{way}:") for way, mode in after)


@pytest.mark.parametrize("way", WAYS)
def test_an_idle_container_keeps_its_signature(docker: Docker, daemon: Daemon, box: str, way: str) -> None:
    docker("exec", box, "sh", "-c", "for i in $(seq 40); do echo $i >/opt/f$i; done")
    document = view(daemon.container(box), way)
    before = {mode: changes.signature(daemon, document, mode) for mode in changes.MODES}
    for command in (
        ["restart", "--time", "0", box],
        ["pause", box],
        ["unpause", box],
        ["stop", "--time", "0", box],
        ["start", box],
        ["rename", box, f"{box}-renamed"],
    ):
        docker(*command)
        assert {mode: changes.signature(daemon, document, mode) for mode in changes.MODES} == before, command
    assert all(changes.signature_holds(daemon, document, recorded, mode) for mode, recorded in before.items())


def test_a_signature_that_the_engine_told_is_compared_with_what_it_tells(daemon: Daemon, box: str) -> None:
    document = daemon.container(box)
    told = changes.signature(daemon, view(document, "api"))
    assert told.startswith("v2:stat+api:")
    assert changes.signature_holds(daemon, document, told)


@pytest.mark.parametrize("way", WAYS)
def test_what_changes_in_volumes_is_not_ours(docker: Docker, daemon: Daemon, name: str, way: str) -> None:
    docker("run", "--detach", "--name", name, "--volume", "/opt/data", "--tmpfs", "/run", IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", "for i in $(seq 40); do echo $i >/opt/f$i; done")
    document = view(daemon.container(name), way)
    before = {mode: changes.signature(daemon, document, mode) for mode in changes.MODES}
    docker("exec", name, "sh", "-c", "echo x >/opt/data/x; echo y >/run/y")
    assert {mode: changes.signature(daemon, document, mode) for mode in changes.MODES} == before


def test_many_paths_by_the_engine_alone(docker: Docker, daemon: Daemon, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    docker("exec", name, "sh", "-c", "mkdir /many; cd /many; for i in $(seq 2000); do echo $i >f$i; done; ln f1 g1")
    document = view(daemon.container(name), "api")
    listed = changes.list_changes(daemon, document)
    seen = changes.read_changes(daemon, document, listed)
    assert len(listed) == 2002
    assert all(seen.stats[change.path] is not None for change in listed if change.kind != "deleted")
    assert seen.stats["/many/g1"] == seen.stats["/many/f1"]
    before = changes.signature(daemon, document)
    docker("exec", name, "sh", "-c", "echo other >/many/f1000")
    assert changes.signature(daemon, document) != before


def test_a_container_gone_between_the_calls(docker: Docker, daemon: Daemon, box: str) -> None:
    document = daemon.container(box)
    docker("rm", "--force", box)
    with pytest.raises(Missing, match="is not there"):
        changes.signature(daemon, document)


# Links that the engine answers with an error, because it follows them itself.
LOST = (
    "echo >/srv/f; ln -s /srv/f/y /srv/through; ln -s b /srv/a; ln -s a /srv/b; ln -s r /r; mkdir /opt; ln -s r /opt/r"
)


@pytest.mark.parametrize("way", WAYS)
def test_a_link_that_leads_nowhere_is_no_error(docker: Docker, daemon: Daemon, name: str, way: str) -> None:
    docker("run", "--name", name, IMAGE, "sh", "-c", LOST)
    seen = changes.read_changes(daemon, view(daemon.container(name), way))
    links = {path: facts.link for path, facts in seen.stats.items() if facts is not None and facts.type == "symlink"}
    # The engine would have to send all of the container to show what is in its root.
    root = {} if seen.method == "api" else {"/r": "r"}
    assert links == {"/srv/through": "/srv/f/y", "/srv/a": "b", "/srv/b": "a", "/opt/r": "r", "/r": None, **root}
