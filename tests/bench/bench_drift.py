# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drift of a hundred containers, and the signature of ten thousand changed paths, beside ``docker diff``.

Prints medians and ratios as a Markdown table. STEVEDORE_BENCH_COUNT (containers), STEVEDORE_BENCH_PATHS and
STEVEDORE_BENCH_ROUNDS make it smaller. The loop over ``docker diff`` takes half a minute; it is run once.
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import Daemon
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem import changes
from support import engine

ROOT = pathlib.Path(__file__).parents[2]
COUNT = int(os.environ.get("STEVEDORE_BENCH_COUNT", "100"))
PATHS = int(os.environ.get("STEVEDORE_BENCH_PATHS", "10000"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "3"))
LOOP_ROUNDS = 1
IMAGE = "stevedore/busybox:1"
MARK = f"stv-bench-drift-{os.getpid()}"
PER_FOLDER = 100
FILL = (
    f"i=0; while [ $i -lt {PATHS // PER_FOLDER} ]; do mkdir -p /many/$i; cd /many/$i; "
    f"j=0; while [ $j -lt {PER_FOLDER} ]; do echo $i.$j >f$j; j=$((j+1)); done; i=$((i+1)); done"
)


def seconds(work: t.Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def median(work: t.Callable[[], object], rounds: int = ROUNDS) -> float:
    return statistics.median(seconds(work) for _round in range(rounds))


def row(what: str, here: float, there: float) -> None:
    print(f"| {what} | {here:.2f} s | {there:.2f} s | {here / there:.2f} ({there / here:.1f} times) |", flush=True)


def play(folder: pathlib.Path, task: dict[str, t.Any]) -> None:
    """One task as a whole run of ansible-playbook."""
    book, hosts = folder / "play.json", folder / "hosts"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))  # JSON is YAML
    hosts.write_text(f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}\n")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(hosts), str(book)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def fleet(docker: engine.Docker, folder: pathlib.Path) -> None:
    names = [f"{MARK}-{number:03}" for number in range(COUNT)]
    for name in names:
        docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", "echo x >>/etc/release; exec sleep 9999")
    task = {"stevedore.docker.container_diff": {"name": names}}
    loop = {
        "ansible.builtin.command": {"argv": ["docker", "diff", "{{ item }}"]},
        "changed_when": False,
        "loop": names,
    }
    ours = median(lambda: play(folder, task))
    theirs = median(lambda: play(folder, loop), LOOP_ROUNDS)
    ping = median(lambda: play(folder, {"ansible.builtin.ping": {}}))
    row(f"{COUNT} containers: one container_diff / a loop of docker diff", ours, theirs)
    empty = median(lambda: play(folder, {"ansible.builtin.meta": "noop"}))
    row("the same, the task alone (above a play that does nothing)", ours - empty, theirs - empty)
    row("the same, above ping", ours - ping, theirs - ping)
    docker.remove_all(MARK)


def many(docker: engine.Docker, daemon: Daemon) -> None:
    """All paths new, all paths changed where they were, and one changed beside many that were not.

    The engine mounts a stopped container for each question.
    """
    image = f"{MARK}-image"
    docker("run", "--name", f"{MARK}-filled", IMAGE, "sh", "-c", FILL)
    docker("commit", f"{MARK}-filled", image)
    cases = (
        (f"{PATHS} paths new", IMAGE, FILL),
        (f"{PATHS} paths changed in old folders", image, "find /many -type f -exec chmod 600 {} +"),
        (f"one path changed, {PATHS} more in the image", image, "echo x >>/etc/release"),
    )
    for number, (what, source, script) in enumerate(cases):
        name = f"{MARK}-{number}"
        docker("run", "--detach", "--name", name, source, "sh", "-c", f"{script}; echo >/done; exec sleep 9999")
        engine.until(lambda name=name: docker.ok("exec", name, "test", "-e", "/done"), "the paths", 120)  # type: ignore[misc]
        for state in ("running", "stopped"):
            if state == "stopped":
                docker("kill", name)
            document = daemon.container(name)
            theirs = median(lambda name=name: docker("diff", name))  # type: ignore[misc]
            for way, seen in (("on the disk", document), ("by the engine alone", {**document, "GraphDriver": None})):
                ours = median(lambda seen=seen: changes.signature(daemon, seen))  # type: ignore[misc]
                row(f"{what}, {state}: signature {way} / docker diff", ours, theirs)


def main() -> None:
    os.environ["DOCKER_HOST"] = engine.find()
    docker = engine.Docker(os.environ["DOCKER_HOST"])
    daemon = Daemon.connect(Connection(os.environ["DOCKER_HOST"]))
    docker.remove_all(MARK)
    print(f"\nmedian of {ROUNDS} rounds (the loop: {LOOP_ROUNDS}), {os.cpu_count()} cores\n")
    print("| what | ours | docker diff | ratio |\n|---|--:|--:|--:|")
    try:
        with tempfile.TemporaryDirectory() as folder:
            fleet(docker, pathlib.Path(folder))
        many(docker, daemon)
    finally:
        docker.remove_all(MARK)


if __name__ == "__main__":
    main()
