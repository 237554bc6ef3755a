# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large file into a container and out of it: ours and `docker cp`, side by side in one run.

Prints seconds, MB/s and the module's peak memory as a Markdown table. STEVEDORE_BENCH_MEGABYTES makes the file smaller.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from support import engine
from support.modules import COLLECTIONS, PACKAGE, module_arguments

MEGABYTES = int(os.environ.get("STEVEDORE_BENCH_MEGABYTES", "2048"))
ROUNDS = int(os.environ.get("STEVEDORE_BENCH_ROUNDS", "3"))
BOX = "stv-bench-copy"


def timed(command: list[str], given: str = "") -> tuple[float, float]:
    """Seconds, and the peak resident set in MB."""
    os.sync()  # What an earlier run left to be written must not slow this one down.
    begin = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(given)
    process.stdin.close()
    output = process.stdout.read()
    process.stdout.close()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: {output}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def ours(src: str, dest: str) -> tuple[float, float]:
    os.environ["PYTHONPATH"] = str(COLLECTIONS)
    arguments = {"ANSIBLE_MODULE_ARGS": module_arguments({"src": src, "dest": dest, "remote_src": True})}
    return timed([sys.executable, "-m", f"{PACKAGE}.container_cp"], json.dumps(arguments))


def main() -> None:
    host = engine.find()
    os.environ["DOCKER_HOST"] = host
    docker = engine.Docker(host)
    docker.remove_all(BOX)
    docker("run", "-d", "--name", BOX, "stevedore/busybox:1", "sleep", "100000")
    rows: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        big, back = pathlib.Path(folder) / "big", pathlib.Path(folder) / "back"
        with big.open("wb") as file:
            for _round in range(MEGABYTES):
                file.write(os.urandom(1 << 20))
        try:
            for number in range(ROUNDS):
                docker("exec", BOX, "rm", "-f", "/big", "/cli")
                inwards = {
                    "in, docker cp": lambda: timed(["docker", "cp", "-q", str(big), f"{BOX}:/cli"]),
                    "in, container_cp": lambda: ours(str(big), f"{BOX}:/big"),
                }
                # In turns: whoever comes second finds the disk busier.
                for what in sorted(inwards, reverse=number % 2 == 0):
                    rows.setdefault(what, []).append(inwards[what]())
                rows.setdefault("in again, container_cp", []).append(ours(str(big), f"{BOX}:/big"))
                back.unlink(missing_ok=True)
                rows.setdefault("out, docker cp", []).append(timed(["docker", "cp", "-q", f"{BOX}:/big", str(back)]))
                back.unlink()
                rows.setdefault("out, container_cp", []).append(ours(f"{BOX}:/big", str(back)))
                rows.setdefault("out again, container_cp", []).append(ours(f"{BOX}:/big", str(back)))
        finally:
            docker.remove_all(BOX)
    print(
        f"{MEGABYTES} MB, the best of {ROUNDS}\n\n| what | seconds | MB/s | peak memory, MB |\n| --- | ---: | ---: | ---: |"
    )
    for what, runs in rows.items():
        seconds = min(run[0] for run in runs)
        print(f"| {what} | {seconds:.2f} | {MEGABYTES / seconds:.0f} | {max(run[1] for run in runs):.0f} |")


if __name__ == "__main__":
    main()
