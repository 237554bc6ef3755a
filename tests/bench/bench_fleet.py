# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One container and a hundred: ours, community.docker's and the bare docker CLI, side by side in one run.

Prints medians and ratios as a Markdown table. STEVEDORE_BENCH_COUNT and STEVEDORE_BENCH_ROUNDS make it smaller.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from support import engine, payload

ROOT = pathlib.Path(__file__).parents[2]
COUNT = int(os.environ.get("STEVEDORE_BENCH_COUNT", "100"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "4"))
# One container takes a third of a second more than ping, which is as little as single runs differ.
SINGLE_ROUNDS = 3 * ROUNDS
# The loop over docker_container takes minutes; once is enough to compare with.
PEER_ROUNDS = int(os.environ.get("STEVEDORE_BENCH_PEER_ROUNDS", "1"))
PEER = ROOT / ".cache" / "bench-venv"
PEER_PACKAGES = ["ansible==12.3.0", "docker==7.1.0"]
IMAGE = "stevedore/busybox:1"
MARK = "stv-bench-fleet"


@dataclasses.dataclass(frozen=True)
class Result:
    seconds: float
    megabytes: float


def peer_python() -> pathlib.Path:
    """A virtual environment of its own, where nothing of this collection is in the way."""
    python = PEER / "bin" / "python"
    stamp = PEER / ".packages"
    if not stamp.exists() or stamp.read_text() != " ".join(PEER_PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEER)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEER_PACKAGES]
        subprocess.run(pip, check=True)
        stamp.write_text(" ".join(PEER_PACKAGES))
    return python


def timed(command: list[str], **more: t.Any) -> Result:
    """Wall time, and the largest resident set of the command's own processes."""
    begin = time.monotonic()
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    assert done.stdout is not None
    output = done.stdout.read().decode()
    _pid, status, usage = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{output}")
    return Result(time.monotonic() - begin, usage.ru_maxrss / 1024)


class Bench:
    def __init__(self, folder: pathlib.Path, host: str) -> None:
        self._folder = folder
        self.docker = engine.Docker(host)
        self._environment = {**os.environ, "DOCKER_HOST": host, "ANSIBLE_LOCALHOST_WARNING": "0"}
        self.names = [f"{MARK}-{number:03}" for number in range(COUNT)]

    def play(self, title: str, task: dict[str, t.Any], collections: str) -> Result:
        book = self._folder / f"{title.replace(' ', '-')}.json"
        plays = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
        book.write_text(json.dumps(plays))  # JSON is YAML
        # Controller and "host" are the same for all: an interpreter with nothing that one of them does not need.
        python = str(PEER / "bin" / "python")
        inventory = f"localhost ansible_connection=local ansible_python_interpreter={python}\n"
        (self._folder / "hosts").write_text(inventory)
        command = [python, "-m", "ansible", "playbook", "-i", str(self._folder / "hosts"), str(book)]
        environment = {**self._environment, "ANSIBLE_COLLECTIONS_PATH": collections}
        return timed(command, env=environment, cwd="/")

    def clear(self) -> None:
        self.docker.remove_all(MARK)


def peak(python: pathlib.Path, collections: str, module: str, arguments: dict[str, t.Any]) -> float:
    """The largest resident set of one module process, as it runs on a host."""
    package, _dot, name = module.rpartition(".")
    command = [str(python), "-m", f"ansible_collections.{package}.plugins.modules.{name}"]
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_remote_tmp": tempfile.gettempdir()}})
    with tempfile.TemporaryFile("w+") as stdin:
        stdin.write(given)
        stdin.seek(0)
        environment = {**os.environ, "PYTHONPATH": collections}
        return timed(command, stdin=stdin, env=environment).megabytes


def race(
    rounds: int, *runners: t.Callable[[], Result], before: t.Callable[[], object] | None = None
) -> tuple[float, ...]:
    """Each runner's median; they take turns, to and fro, so that a busy moment of the machine, or what the one before left
    the engine to tidy up, meets them all."""
    seconds: list[list[float]] = [[] for _runner in runners]
    for turn in range(rounds):
        for runner, found in list(zip(runners, seconds))[:: -1 if turn % 2 else 1]:
            if before is not None:
                before()
            found.append(runner().seconds)
    return tuple(statistics.median(found) for found in seconds)


def api_calls(bench: Bench) -> Result:
    """The least that a look at all containers takes: one list, one inspect each, on one connection."""
    names = "\n".join(f"url = http://d/v1.41/containers/{name}/json\noutput = /dev/null" for name in bench.names)
    config = bench._folder / "curl"
    config.write_text(f"url = http://d/v1.41/containers/json?all=1\noutput = /dev/null\n{names}\n")
    socket = bench.docker.host.partition("://")[2]
    return timed(["curl", "--silent", "--unix-socket", socket, "--config", str(config)])


def main() -> None:
    host = engine.find()
    os.environ["DOCKER_HOST"] = host
    python = peer_python()
    mine = str(ROOT / ".cache" / "collections")
    its = str(next(PEER.glob("lib/python3*/site-packages")))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(pathlib.Path(folder), host)
        bench.clear()
        try:
            rows = measure(bench, python, mine, its)
        finally:
            bench.clear()
    print(
        f"{COUNT} containers, median of {ROUNDS} (one container: of {SINGLE_ROUNDS}; loops over docker_container: of "
        f"{PEER_ROUNDS}), {os.cpu_count()} cores\n"
    )
    print("| what | ours | the other | ratio | aim |")
    print("|---|--:|--:|--:|--:|")
    for what, our, other, aim, unit in rows:
        print(f"| {what} | {our:.2f} {unit} | {other:.2f} {unit} | {our / other:.3f} ({other / our:.1f} x) | {aim} |")


Row = t.Tuple[str, float, float, str, str]


def measure(bench: Bench, python: pathlib.Path, mine: str, its: str) -> list[Row]:
    options = {"image": IMAGE, "command": ["sleep", "10000"], "stop_signal": "KILL"}
    entries = [{"name": name} for name in bench.names]

    def fleet(**more: t.Any) -> Result:
        task = {"stevedore.docker.containers": {"containers": entries, "defaults": {**options, **more}}}
        return bench.play("fleet", task, mine)

    def loop(**more: t.Any) -> Result:
        arguments = {**options, "name": "{{ item }}", **more}
        task = {"community.docker.docker_container": arguments, "loop": bench.names}
        return bench.play("loop", task, its)

    def shell(command: str) -> Result:
        return timed(["sh", "-c", command], env={**os.environ, "DOCKER_HOST": bench.docker.host})

    listed = " ".join(bench.names)
    run = f"echo {listed} | tr ' ' '\\n' | xargs -P8 -I@ docker run -d --name @ --stop-signal KILL {IMAGE} sleep 10000"
    one = {**options, "name": bench.names[0]}
    ping = {"ansible.builtin.ping": {}}
    rows: list[Row] = []

    def create() -> Result:
        return shell(run)

    def remove() -> Result:
        return shell(f"echo {listed} | tr ' ' '\\n' | xargs -P8 -n1 docker rm -f")

    create()  # Nothing is cold afterwards.
    new, by_hand, started = race(ROUNDS, fleet, create, lambda: bench.play("ping", ping, mine), before=bench.clear)
    rows.append((f"{COUNT} new: containers / xargs -P8 docker run -d", new, by_hand, "1.0", "s"))
    rows.append((f"{COUNT} new, above ping: containers / xargs -P8 docker run -d", new - started, by_hand, "1.0", "s"))
    (looped,) = race(PEER_ROUNDS, loop, before=bench.clear)
    rows.append((f"{COUNT} new: containers / loop of docker_container", new, looped, "0.2", "s"))

    bench.clear()
    fleet()
    unchanged, bare = race(ROUNDS, fleet, lambda: api_calls(bench))
    pinged, single, their_single, their_ping = race(
        SINGLE_ROUNDS,
        lambda: bench.play("ping", ping, mine),
        lambda: bench.play("one", {"stevedore.docker.container_run": one}, mine),
        lambda: bench.play("one", {"community.docker.docker_container": one}, its),
        lambda: bench.play("ping", ping, its),
    )
    (looped,) = race(PEER_ROUNDS, loop)
    rows += [
        (f"{COUNT} unchanged: containers / loop of docker_container", unchanged, looped, "0.04", "s"),
        (f"{COUNT} unchanged: containers / bare API calls + ping", unchanged, bare + pinged, "2.0", "s"),
        (
            "one unchanged, above ping: container_run / docker_container",
            single - pinged,
            their_single - their_ping,
            "0.8",
            "s",
        ),
    ]

    def fill() -> None:
        bench.clear()
        create()

    gone, gone_by_hand = race(ROUNDS, lambda: fleet(state="absent"), remove, before=fill)
    rows.append((f"{COUNT} removed: containers / xargs -P8 docker rm -f", gone, gone_by_hand, "", "s"))
    (looped,) = race(1, lambda: loop(state="absent"), before=fill)
    rows.append((f"{COUNT} removed: containers / loop of docker_container", gone, looped, "", "s"))
    return [*rows, *sizes(bench, python, mine, its, one)]


def sizes(bench: Bench, python: pathlib.Path, mine: str, its: str, one: dict[str, t.Any]) -> list[Row]:
    names = ["stevedore.docker.container_run", "stevedore.docker.containers", "ansible.builtin.ping"]
    sent = payload.sizes(python, mine, names)
    their = payload.sizes(python, its, ["community.docker.docker_container", "ansible.builtin.ping"])
    ping = sent["ansible.builtin.ping"]
    other = (their["community.docker.docker_container"] - their["ansible.builtin.ping"]) / 1024
    rows = [
        (
            f"payload above ping: {name.rpartition('.')[2]} / docker_container",
            (sent[name] - ping) / 1024,
            other,
            "0.6",
            "KiB",
        )
        for name in names[:2]
    ]
    defaults = {key: value for key, value in one.items() if key != "name"}
    many = {"containers": [{"name": name} for name in bench.names], "defaults": defaults}
    memory = peak(python, its, "community.docker.docker_container", one)
    rows.append(("peak memory: container_run / docker_container", peak(python, mine, names[0], one), memory, "", "MiB"))
    ours_many = peak(python, mine, names[1], many)
    rows.append((f"peak memory: containers ({COUNT}) / docker_container (1)", ours_many, memory, "", "MiB"))
    return rows


if __name__ == "__main__":
    main()
