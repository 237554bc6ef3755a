# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verbs over many containers: one task of ours beside the docker CLI, side by side in one run.

Prints medians and ratios as a Markdown table. STEVEDORE_BENCH_COUNT and STEVEDORE_BENCH_ROUNDS make it smaller. A verb is
one row of CASES: the module, its options, and the CLI's words for one container.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import time
import typing as t

from support import engine, modules

COUNT = int(os.environ.get("STEVEDORE_BENCH_COUNT", "50"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "3"))
IMAGE = "stevedore/busybox:1"
MARK = f"stv-bench-verbs-{os.getpid()}"
# A thousand lines of log each.
SCRIPT = (
    "i=0; while [ $i -lt 1000 ]; do echo line $i of a log that has a thousand of them; i=$((i+1)); done; sleep 9999"
)


@dataclasses.dataclass(frozen=True)
class Case:
    """One verb; ``{name}`` in the words of the CLI is one container's name, ``{names}`` are all where it takes all at once."""

    title: str
    module: str
    params: t.Mapping[str, t.Any]
    words: tuple[str, ...]


CASES = (
    Case("logs", "container_logs", {}, ("logs", "{name}")),
    Case("logs, the last ten lines", "container_logs", {"tail": 10}, ("logs", "--tail", "10", "{name}")),
    Case("exec", "container_exec", {"argv": ["true"]}, ("exec", "{name}", "true")),
    Case("state, unchanged", "container_state", {"state": "started"}, ("start", "{name}")),
    Case("stats", "container_stats", {}, ("stats", "--no-stream", "{names}")),
    Case("top", "container_top", {}, ("top", "{name}")),
    Case("port", "container_port", {}, ("port", "{name}")),
)


def ours(case: Case, names: list[str]) -> float:
    """A process of its own, as on a managed node: start of Python, imports, the work, the result."""
    begin = time.monotonic()
    result = modules.collect(modules.spawn(case.module, {"name": names, **case.params}), timeout=600)
    assert not result.failed, result.get("msg")
    return time.monotonic() - begin


def cli(case: Case, names: list[str]) -> float:
    begin = time.monotonic()
    if case.words[-1] == "{names}":
        commands = [["docker", *case.words[:-1], *names]]
    else:
        commands = [["docker", *(word.format(name=name) for word in case.words)] for name in names]
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def main() -> None:
    os.environ["DOCKER_HOST"] = engine.find()
    docker = engine.Docker(os.environ["DOCKER_HOST"])
    names = [f"{MARK}-{number:03}" for number in range(COUNT)]
    docker.remove_all(MARK)
    try:
        for name in names:
            docker("run", "--detach", "--publish", "127.0.0.1::80", "--name", name, IMAGE, "sh", "-c", SCRIPT)
        for name in names:
            engine.until(lambda name=name: "line 999 " in docker("logs", "--tail", "1", name), "the log")  # type: ignore[misc]
        print(f"\n{COUNT} containers, median of {ROUNDS} rounds, seconds\n")
        print("| verb | one task | docker CLI | ratio |\n|---|--:|--:|--:|")
        for case in CASES:
            pairs = [(ours(case, names), cli(case, names)) for _round in range(ROUNDS)]
            here, there = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {case.title} | {here:.2f} | {there:.2f} | {here / there:.2f} |", flush=True)
    finally:
        docker.remove_all(MARK)


if __name__ == "__main__":
    main()
