# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the layer's folder shows is what the engine tells: random edits of a container, judged by ``docker diff``.

``STEVEDORE_RANDOM_EDITS=2000`` tries more containers than the few of an ordinary run.
"""

from __future__ import annotations

import os
import random
import typing as t
import uuid

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import changes
from support.engine import Docker

IMAGE = "stevedore/busybox:1"
ROUNDS = int(os.environ.get("STEVEDORE_RANDOM_EDITS", "25"))
PATHS = [f"/t{a}{b}{c}" for a in ("", "/a", "/b", "/c") for b in ("", "/d", "/e") for c in ("/x", "/y", "/z")]
FOLDERS = ["/t", "/t/a", "/t/b", "/t/c", "/t/a/d", "/t/a/e", "/t/b/d", "/t/c/e"]
# Each layer of the image edits what the one before has left; the second leaves deleted paths and hidden folders. Each file
# has a size of its own: docker diff does not see that one of the same size and time has taken another's place.
LAYERS = [
    f"mkdir -p {' '.join(FOLDERS)}; n=10; for p in {' '.join(PATHS)}; do n=$((n + 1)); [ -d ${{p%/*}} ] && "
    "head -c $n /dev/zero >$p; done; ln -s x /t/l",
    "rm -rf /t/b /t/a/x /t/a/d/y; mkdir -p /t/b/d; echo 2 >/t/b/new; echo 22 >/t/b/d/x; rm -r /t/c/e; echo 222 >/t/c/e",
    "echo 3333 >/t/a/x; mkfifo /t/a/fifo; mknod /t/a/null c 1 3; chmod 750 /t/b; chown 7:7 /t/c/y; mkdir /t/b/e",
]
# Whoever opens a fifo waits for the other end.
EDITS = [
    "[ -p {p} ] || echo {n} >{p}", "[ -p {p} ] || echo {n} >>{p}", "[ -p {p} ] || : >>{p}", "rm -rf {p}", "rm -rf {f}",
    "rm -rf {f}; mkdir -p {f}", "mkdir -p {f}", "mv {p} {q}", "mv {f} {p}", "mv {f} {g}", "rm -rf {p}; mkdir -p {p}",
    "rm -rf {f}; echo {n} >{f}", "ln -sf {q} {p}",
    "ln {p} {q}", "cp -a {p} {q}", "cp -a {f} {g}", "chmod 6{n}0 {p}", "chmod 7{n}0 {f}", "chown {n} {p}", "chown :{n} {f}",
    "touch {p}", "touch {f}", "touch -d '2020-01-02 03:04:0{n}' {p}", "mkfifo {p}", "mknod {p} c 1 {n}", "mknod {p} b 7 {n}",
    "rm -f {p}; mkfifo {p}", "chmod 000 {p}; chmod 644 {p}", "mv {p} {p}.old; cp -a {p}.old {p}; rm {p}.old",
]  # fmt: skip


@pytest.fixture(scope="module")
def image(docker: Docker) -> t.Iterator[str]:
    mark = f"stv{uuid.uuid4().hex[:8]}-layers"
    source = IMAGE
    for number, script in enumerate(LAYERS):
        docker("run", "--name", f"{mark}-{number}", source, "sh", "-c", script)
        source = f"{mark}:{number}"
        docker("commit", f"{mark}-{number}", source)
    yield source
    docker.remove_all(mark)


@pytest.fixture(scope="module")
def daemon(engine: str) -> Daemon:
    return Daemon.connect(Connection(engine))


# Whoever copies a fifo as if it were a file waits for ever; what it has left by then is as good as anything.
UNBLOCK = "while sleep 5; do kill -9 -1; done &"


def edits(chance: random.Random) -> str:
    chosen = (chance.choice(EDITS) for _edit in range(chance.randint(1, 14)))
    spots = {"p": PATHS, "q": PATHS, "f": FOLDERS, "g": FOLDERS, "n": range(1, 8)}
    texts = [edit.format(**{key: chance.choice(values) for key, values in spots.items()}) for edit in chosen]  # type: ignore[arg-type]
    return "\n".join(f"({text}) 2>/dev/null" for text in texts)


def disk(daemon: Daemon, name: str) -> changes.ChangeSet:
    seen = changes.read_changes(daemon, daemon.container(name))
    if seen.method != "disk":
        pytest.skip("this host does not hold the container's layer on its own disk")
    return seen


def test_random_edits(docker: Docker, daemon: Daemon, image: str, unique: t.Callable[..., str]) -> None:
    seed = uuid.uuid4().int
    for round_ in range(ROUNDS):
        script = edits(random.Random(seed + round_))
        name = unique(str(round_))
        docker("run", "--name", name, "--volume", "/t/a/e", image, "sh", "-c", f"{UNBLOCK}\n{script}\ntrue")
        seen = disk(daemon, name)
        lines = docker("diff", name).splitlines()
        assert sorted(change.line for change in seen.changes) == sorted(lines), f"{seed + round_}\n{script}"
        told = changes.read_changes(daemon, daemon.container(name), method="api")
        for path, facts in told.stats.items():
            here = seen.stats[path]
            # Type, size and mode; the engine tells a link's target resolved, times in seconds for what it sends whole.
            assert (here or ())[:3] == (facts or ())[:3], f"{path} after {seed + round_}\n{script}"
        docker("rm", "--volumes", name)


def test_a_folder_that_was_changed_itself_is_not_implied(docker: Docker, daemon: Daemon, name: str) -> None:
    """The engine does not tell."""
    docker("run", "--name", name, IMAGE, "sh", "-c", "chmod 700 /etc; echo x >/etc/x; echo x >/srv/x; chown 5 /root")
    marks = {change.path: change.implied for change in disk(daemon, name).changes}
    assert marks == {"/etc": False, "/etc/x": False, "/root": False, "/srv": True, "/srv/x": False}


# What docker diff does not list: it looks at type, mode, owner, size and time alone.
SILENT = [
    "touch -r /etc/passwd /tmp/t; sed 's/root/toor/' /etc/passwd >/tmp/p; cat /tmp/p >/etc/passwd; "
    "touch -r /tmp/t /etc/passwd; rm /tmp/p /tmp/t",
]


@pytest.mark.parametrize("script", SILENT)
def test_silent_damage_is_found(docker: Docker, daemon: Daemon, name: str, script: str) -> None:
    docker("run", "--name", name, IMAGE, "sh", "-c", script)
    assert "C /etc/passwd" in [change.line for change in disk(daemon, name).changes]
    assert "passwd" not in docker("diff", name)
