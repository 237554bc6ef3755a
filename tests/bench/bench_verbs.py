# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports, processes, statistics and logs of fifty containers: one task of ours, and the docker CLI for the same.

The CLI takes all of them at once for stats alone. Prints seconds as a Markdown table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t

from support import engine
from support.modules import COLLECTIONS, PACKAGE, module_arguments

COUNT = int(os.environ.get("STEVEDORE_BENCH_COUNT", "50"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "3"))
MARK = "stv-bench-verbs"


def seconds(work: t.Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.monotonic()
        work()
        best = min(best, time.monotonic() - begin)
    return best


def module(name: str, params: dict[str, t.Any]) -> None:
    """One run of the module as Ansible starts it on a host: a new Python with its imports."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": module_arguments(params)})
    environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
    command = [sys.executable, "-m", f"{PACKAGE}.{name}"]
    done = subprocess.run(command, check=False, input=given, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stdout}{done.stderr}")


def main() -> None:
    host = engine.find()
    os.environ["DOCKER_HOST"] = host
    docker = engine.Docker(host)
    docker.remove_all(MARK)
    names = [f"{MARK}-{number:03d}" for number in range(COUNT)]
    try:
        for name in names:
            docker(
                "run",
                "-d",
                "--name",
                name,
                "-p",
                "127.0.0.1::80",
                "stevedore/busybox:1",
                "sh",
                "-c",
                "echo ready; sleep 100000",
            )
        cases: list[tuple[str, t.Callable[[], object], dict[str, t.Any]]] = [
            ("container_port", lambda: [docker("port", name) for name in names], {}),
            ("container_top", lambda: [docker("top", name) for name in names], {}),
            ("container_stats", lambda: docker("stats", "--no-stream", *names), {}),
            ("container_logs", lambda: [docker("logs", name) for name in names], {}),
        ]
        print(
            f"{COUNT} containers, the best of {ROUNDS}\n\n| module | docker CLI, s | ours, s | ratio |\n| --- | ---: | ---: | ---: |"
        )
        for name, cli, params in cases:
            theirs = seconds(cli)
            mine = seconds(lambda name=name, params=params: module(name, {"name": names, **params}))  # type: ignore[misc]
            print(f"| {name} | {theirs:.2f} | {mine:.2f} | {mine / theirs:.2f} |")
    finally:
        docker.remove_all(MARK)


if __name__ == "__main__":
    main()
