# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Export and import beside the docker CLI in one run: time, memory, and how many archives are torn.

Prints Markdown tables. Ours is a whole module run: Python's start, the connection, hash, walk, manifest and fsync
included. STEVEDORE_BENCH_MB, STEVEDORE_BENCH_BIG_MB, STEVEDORE_BENCH_FILES, STEVEDORE_BENCH_ROUNDS and
STEVEDORE_BENCH_TORN make it smaller.

An import has an archive of its own, and no image is removed before the end: where ten thousand files were deleted less
than a minute ago, ext4 passes each of their inodes over for each new file, which takes the engine up to twice as long.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import typing as t

from support import engine, modules

MEGABYTES = int(os.environ.get("STEVEDORE_BENCH_MB", "1000"))
BIG_MEGABYTES = int(os.environ.get("STEVEDORE_BENCH_BIG_MB", "4000"))
FILES = int(os.environ.get("STEVEDORE_BENCH_FILES", "10000"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "5"))
TORN = int(os.environ.get("STEVEDORE_BENCH_TORN", "100"))
MARK = "stv-bench-archives"
IMAGE = "stevedore/busybox:1"
SHRINKING = "while :; do head -c 8000000 /dev/zero >/aaa.log; : >/aaa.log; done"
# Half of it compresses well, half of it does not, as in real containers.
FILL = """
mkdir /big /small
for i in 1 2 3 4 5 6 7 8; do
  dd if=/dev/urandom of=/big/$i bs=1M count={half} 2>/dev/null
  yes "a line of a log, number $i, with text and numbers 1234567890" | head -c {half}000000 >>/big/$i
done
i=0; while [ $i -lt {folders} ]; do
  mkdir /small/$i; j=0
  while [ $j -lt 100 ]; do echo "small $i $j" >/small/$i/$j; j=$((j+1)); done
  i=$((i+1))
done; sync
"""


@dataclasses.dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float
    result: dict[str, t.Any]


def shell(command: str) -> Run:
    os.sync()  # What an earlier run left to be written must not slow this one down.
    begin = time.monotonic()
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, stdout=subprocess.DEVNULL)
    return Run(time.monotonic() - begin, 0, {})


def module(title: str, /, **params: t.Any) -> Run:
    """One run of a module as Ansible starts it on a host, with the peak memory of its process."""
    os.sync()
    begin = time.monotonic()
    process = modules.spawn(title, params)
    assert process.stdout is not None
    text = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{title}: exit {process.returncode}: {text}")
    return Run(time.monotonic() - begin, usage.ru_maxrss / 1024, json.loads(lines[-1]))


def good(run: Run) -> Run:
    if run.result.get("failed"):
        raise SystemExit(run.result["msg"])
    return run


def race(title: str, theirs: t.Callable[[], Run], ours: t.Callable[[], Run], limit: str) -> float:
    """Both in turns, so that a busy moment of the machine meets both, and each of them first in every second round.

    Prints a row and returns our median.
    """
    their_runs, our_runs = [], []
    for turn in range(ROUNDS):
        for mine in (False, True) if turn % 2 else (True, False):
            (our_runs if mine else their_runs).append(good(ours()) if mine else theirs())
    them, us = (statistics.median(run.seconds for run in runs) for runs in (their_runs, our_runs))
    memory = max(run.megabytes for run in our_runs)
    print(f"| {title} | {them:.2f} s | {us:.2f} s | {us / them:.2f} x | {limit} | {memory:.0f} MB |", flush=True)
    return us


def is_torn(path: pathlib.Path) -> bool:
    """Independent of our walker: GNU tar complains, or the end marker is missing where Python's tarfile stops."""
    if subprocess.run(["tar", "-tf", str(path)], capture_output=True, check=False).returncode:
        return True
    with tarfile.open(path) as tar:
        end = max(member.offset_data + (member.size + 511) // 512 * 512 * member.isreg() for member in tar)
    return path.read_bytes()[end : end + 1024] != bytes(1024)


def figures(docker: engine.Docker, folder: pathlib.Path) -> None:
    box = f"{MARK}-box"
    docker("run", "-d", "--name", box, IMAGE, "sleep", "100000")
    docker("exec", box, "sh", "-c", FILL.format(half=max(1, MEGABYTES // 16), folders=FILES // 100))
    print(f"## A container with {MEGABYTES} MB in 8 big files and {FILES} small ones, median of {ROUNDS}\n")
    print("| | docker CLI | ours | ours / CLI | aim | peak memory |\n|---|---|---|---|---|---|")
    plain, theirs = folder / "ours.tar", folder / "theirs"
    pipes = {
        "export": ("cat", plain),
        "export, zstd": ("zstd -q -T0", folder / "ours.tar.zst"),
        "export, gzip (pigz)": ("pigz", folder / "ours.tar.gz"),
    }
    first = 0.0
    for title, (pipe, path) in pipes.items():
        command = f"docker export {box} >{theirs}" if pipe == "cat" else f"docker export {box} | {pipe} >{theirs}"

        def ours(path: pathlib.Path = path) -> Run:
            return module("container_export", name=[box], path=str(path), force=True)

        seconds = race(title, lambda command=command: shell(command), ours, "1.15 x")  # type: ignore[misc]
        first = first or seconds
    again(box, plain, first)

    race(
        "import", Imports(docker, box, folder / "a.tar", False), Imports(docker, box, folder / "b.tar", True), "1.15 x"
    )


class Imports:
    """One import after the other, each of another archive: the engine unpacks a layer that it has in vain, and deletes it."""

    def __init__(self, docker: engine.Docker, box: str, path: pathlib.Path, ours: bool) -> None:
        self._docker, self._box, self._path, self._ours = docker, box, path, ours
        self._count = 0

    def __call__(self) -> Run:
        self._count += 1
        name = f"{self._path.stem}-{self._count}"
        self._docker("exec", self._box, "sh", "-c", f"echo {name} >/marker")
        good(module("container_export", name=[self._box], path=str(self._path)))
        shell(f"cat {self._path}")  # Both find it in the page cache.
        if self._ours:
            return module("container_import", path=str(self._path), repository=f"{MARK}-{name}")
        return shell(f"docker import {self._path} {MARK}-{name}")


def again(box: str, path: pathlib.Path, first: float) -> None:
    """The unchanged export; most of it is the start of Python, which does not grow with the container.

    What any module takes is shown by one that does not touch the container: Ansible's and the SDK's own import, and two
    questions to the engine.
    """
    runs, others = [], []
    for _round in range(ROUNDS):
        runs.append(good(module("container_export", name=[box], path=str(path))))
        others.append(good(module("container_port", name=[box])))
    assert not any(run.result["changed"] for run in runs)
    second, start = (statistics.median(run.seconds for run in some) for some in (runs, others))
    above, whole = second - start, first - start
    print(f"| export again, unchanged | - | {second:.2f} s | {second / first:.1%} of the first | 5 % | |", flush=True)
    print(f"| both above container_port | - | {above:.2f} s | {above / whole:.1%} of the first | 5 % | |", flush=True)


def larger(docker: engine.Docker, folder: pathlib.Path) -> None:
    """Memory does not grow with the container."""
    box, path = f"{MARK}-large", folder / "large.tar"
    docker("run", "-d", "--name", box, IMAGE, "sleep", "100000")
    docker("exec", box, "sh", "-c", FILL.format(half=max(1, BIG_MEGABYTES // 16), folders=FILES // 100))
    print(f"\n## {BIG_MEGABYTES} MB in 8 big files and {FILES} small ones, once\n")
    print("| | docker CLI | ours | ours / CLI | aim | peak memory |\n|---|---|---|---|---|---|")
    run = good(module("container_export", name=[box], path=str(path)))
    print(f"| export | - | {run.seconds:.2f} s | - | - | {run.megabytes:.0f} MB |", flush=True)
    again(box, path, run.seconds)
    docker("rm", "-f", box)
    path.unlink()


def torn(docker: engine.Docker, folder: pathlib.Path) -> None:
    box = f"{MARK}-shrinking"
    docker("run", "-d", "--name", box, IMAGE, "sh", "-c", SHRINKING)
    theirs = ours = retried = 0
    for _round in range(TORN):
        path = folder / "torn.tar"
        theirs += docker.ok("export", "-o", str(path), box) and is_torn(path)
        run = good(module("container_export", name=[box], path=str(path), force=True))
        ours += is_torn(path)
        retried += run.result["export"]["attempts"] > 1
    print(f"\n## Torn archives of a container that keeps truncating a file, {TORN} exports each\n")
    print("| | docker CLI, exit code 0 | ours |\n|---|---|---|")
    print(f"| torn | {theirs} | {ours} ({retried} were torn at first, and exported again while paused) |")


def main() -> None:
    host = engine.find()
    os.environ["DOCKER_HOST"] = host
    docker = engine.Docker(host)
    docker.remove_all(MARK)
    try:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            figures(docker, pathlib.Path(folder))
            larger(docker, pathlib.Path(folder))
            torn(docker, pathlib.Path(folder))
    finally:
        docker.remove_all(MARK)


if __name__ == "__main__":
    sys.exit(main())
