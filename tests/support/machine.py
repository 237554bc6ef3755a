# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine of its own inside this one: its own network, processes, mounts and /run, and Docker at its usual place.

It shows whether something touches the machine that it runs on, without risking the one that runs the tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import typing as t

from .engine import until

# bash as the first process collects the orphans that end; the kernel kills the rest when it ends, which it does with its
# input, also when the tests are killed. The mounts of the
# engines outside are copied into the new namespace, and would vanish from it as they end.
BOOT = """
awk '$5 ~ "^/run/" || $5 ~ "/mounts/shm$" || / - (overlay|nsfs) / {print $5}' /proc/self/mountinfo | sort -r |
    xargs --no-run-if-empty --delimiter '\\n' umount --lazy
mount -t proc proc /proc && mount -t tmpfs tmpfs /run && mkdir /run/lock /run/mount && ip link set lo up && echo up
cat
exit # so that bash does not become cat, which collects nothing
"""
# One request every 100 ms over a connection of its own, one line for each answer, until there is a file "stop".
CLIENT = """
import pathlib
import sys
import time
import urllib.request

while not pathlib.Path("stop").exists():
    for url in sys.argv[1:]:
        try:
            said = urllib.request.urlopen(url, timeout=5).read().decode().strip()
        except OSError as error:
            said = f"FAILED {url}: {error}"
        print(said, flush=True)
    time.sleep(0.1)
"""


class Machine:
    """``with Machine(folder) as machine:`` then ``machine("ip", "route")`` runs a command there; needs root."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Machine:
        options = ["--net", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private"]
        self._init = subprocess.Popen(
            ["unshare", *options, "bash", "-c", BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._stack.callback(self._init.wait)
        self._stack.callback(self._init.kill)
        assert self._init.stdin is not None and self._init.stdout is not None
        self._stack.callback(self._init.stdout.close)
        self._stack.callback(self._init.stdin.close)
        assert self._init.stdout.readline() == "up\n"
        children = pathlib.Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text()
        self.pid = int(children.split()[0])
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def spawn(self, *command: str, env: dict[str, str] | None = None, **options: t.Any) -> subprocess.Popen[bytes]:
        # Only what a user has: no DOCKER_HOST, no settings of the tests around.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **(env or {})}
        where = ["nsenter", "--target", str(self.pid), "--net", "--pid", "--mount", f"--wd={self.folder}"]
        return subprocess.Popen([*where, *command], stdin=subprocess.DEVNULL, env=environment, **options)

    def completed(self, *command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """What it printed and how it ended; output goes through a file, which a daemon it leaves behind may keep open."""
        path = self.folder / "output"
        with path.open("wb") as output:
            code = self.spawn(*command, env=env, stdout=output, stderr=output).wait()
        return subprocess.CompletedProcess(command, code, path.read_text(errors="replace"))

    def __call__(self, *command: str, env: dict[str, str] | None = None) -> str:
        done = self.completed(*command, env=env)
        assert done.returncode == 0, f"{command}: exit {done.returncode}: {done.stdout[-3000:]}"
        return done.stdout

    def start_docker(self, images: bytes) -> None:
        """Docker as a package starts it: the default socket, network and firewall rules."""
        data = self.folder / "docker"
        log = (self.folder / "dockerd.log").open("wb")
        self._stack.callback(log.close)
        self.spawn("dockerd", "--data-root", str(data), stdout=log, stderr=log)
        until(lambda: self.completed("docker", "version").returncode == 0, "the machine's Docker", seconds=60)
        (self.folder / "images.tar").write_bytes(images)
        self("docker", "load", "--input", str(self.folder / "images.tar"))

    def state(self) -> dict[str, t.Any]:
        """All that must be equal before and after."""
        processes = self("ps", "-eo", "args", "--no-headers").splitlines()
        mounts = self("cat", "/proc/1/mountinfo").splitlines()
        return {
            "addresses": self._addresses().splitlines(),
            "links": [line.partition(" mtu ")[0] for line in self("ip", "-o", "link").splitlines()],
            "routes": self("ip", "route", "show", "table", "all").splitlines(),
            "rules": [line for line in self("iptables-save").splitlines() if not line.startswith("#")],
            "network": json.loads(self("docker", "network", "inspect", "bridge")),
            "mounts": sorted(line.split()[4] for line in mounts),
            "processes": sorted(set(processes)),
            "containers": self("docker", "ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.State}} {{.Ports}}"),
            "networks": self("docker", "network", "ls", "--format", "{{.ID}} {{.Name}}"),
            "run": sorted(name for name in self("ls", "/run").split() if not name.endswith("lock")),
        }

    def _addresses(self) -> str:
        """A new IPv6 address is tentative for a second or two."""
        found = until(lambda: [text for text in [self("ip", "-o", "address")] if "tentative" not in text], "addresses")
        return str(found[0])
