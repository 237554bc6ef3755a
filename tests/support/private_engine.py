# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second engine on this machine that a test may kill: its own data, sockets, containerd and network."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import signal
import subprocess
import tempfile
import typing as t

from .engine import ROOT, Docker, until

# Ends the engine when its own input ends: also when the tests are killed. Its network namespace is that of dockerd, which
# would remove the docker0 of another one in the same namespace, and it outlives a dockerd that is killed.
GUARD = """
ip link set lo up && echo ready && cat >/dev/null
"$1" end "$2" "$3" && rm -rf "$3"
"""


class PrivateEngine:
    """``dockerd`` with a data folder of its own, and more flags if need be; needs root."""

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        # Unix sockets have short paths, hence not in the test's own folder. Its name is that of containerd's namespace,
        # which takes no underscore at the beginning or the end of a part.
        self.run = pathlib.Path("/run", f"stv-{secrets.token_hex(4)}")
        self.run.mkdir(mode=0o700)
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="stv-engine-", dir="/var/tmp"))
        self.docker = Docker(f"unix://{self.run}/docker.sock")
        self._process: subprocess.Popen[bytes] | None = None
        guard = ["unshare", "--net", "bash", "-c", GUARD, "guard", str(ROOT / "scripts" / "engine")]
        self._guard = subprocess.Popen(
            [*guard, str(self.run), str(self.data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._guard.stdout is not None
        assert self._guard.stdout.readline() == b"ready\n"

    @property
    def host(self) -> str:
        return self.docker.host

    def start(self) -> None:
        args = [
            "--data-root",
            self.data / "data",
            "--exec-root",
            self.run / "exec",
            "--pidfile",
            self.run / "docker.pid",
        ]
        args += ["--host", self.host, "--iptables=false", "--shutdown-timeout", "1"]
        namespace = self.run.name
        args += ["--containerd-namespace", namespace, "--containerd-plugins-namespace", f"{namespace}-plugins"]
        args += self._flags
        (self.run / "docker.pid").unlink(missing_ok=True)
        with open(self.data / "log", "ab") as log:
            self._process = subprocess.Popen(
                ["nsenter", f"--net=/proc/{self._guard.pid}/ns/net", "dockerd", *map(str, args)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: self.docker.ok("version"), "the private engine", seconds=60)
        except AssertionError as error:
            raise AssertionError((self.data / "log").read_text()[-4000:]) from error

    def load(self, other: Docker, image: str) -> None:
        """Bring an image over from another engine."""
        self.docker("load", input=other("save", image, binary=True))

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        self._end_containerd()

    def _end_containerd(self) -> None:
        """A dockerd that is killed leaves its containerd behind."""
        pidfile = self.run / "exec" / "containerd" / "containerd.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(pidfile.read_text())
            if str(self.run) in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
                until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of containerd")
        # dockerd takes whatever process has this number by now for its containerd.
        pidfile.unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if self._process is not None:
            for container in self.docker("ps", "-aq", check=False).split():
                self.docker("rm", "-f", container, check=False)
        with self._guard:  # closes its pipes and waits
            pass
        if self._process is not None:
            self._process.wait()


@contextlib.contextmanager
def private_engine(*flags: str) -> t.Iterator[PrivateEngine]:
    engine = PrivateEngine(*flags)
    try:
        engine.start()
        yield engine
    finally:
        engine.remove()
