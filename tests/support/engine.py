# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The docker CLI and the engine that the tests use."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import time
import typing as t

ROOT = pathlib.Path(__file__).parents[2]


class NoEngine(Exception):
    """No engine answers, or it lacks the base images."""


def find() -> str:
    """The DOCKER_HOST to test on.

    :raises NoEngine: with what to do about it.
    """
    found = subprocess.run([str(ROOT / "scripts" / "engine"), "env"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise NoEngine(f"run `make engine` first: {found.stderr.strip()}")
    host = shlex.split(found.stdout)[1].partition("=")[2]
    image = subprocess.run(
        ["docker", "-H", host, "image", "inspect", "stevedore/busybox:1"], capture_output=True, check=False
    )
    if image.returncode:
        raise NoEngine(f"run `make engine` first: the engine at {host} has no base images")
    return host


def address(host: str, which: str = "address") -> str:
    """The IP address at which this machine reaches the engine's published ports, or (``machine``) the other way round."""
    done = subprocess.run(
        [str(ROOT / "scripts" / "engine"), which],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DOCKER_HOST": host},
    )
    return done.stdout.strip()


class Docker:
    """``docker("ps", "-a")`` runs the CLI and returns what it printed, without the newline at the end."""

    def __init__(self, host: str) -> None:
        self.host = host

    def completed(self, *args: str, input: str | bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        data = input.encode() if isinstance(input, str) else input
        return subprocess.run(
            ["docker", *args],
            input=data,
            capture_output=True,
            check=False,
            env={**os.environ, "DOCKER_HOST": self.host},
        )

    @t.overload
    def __call__(
        self, *args: str, check: bool = ..., binary: t.Literal[False] = ..., input: str | bytes | None = ...
    ) -> str: ...

    @t.overload
    def __call__(
        self, *args: str, check: bool = ..., binary: t.Literal[True], input: str | bytes | None = ...
    ) -> bytes: ...

    def __call__(
        self, *args: str, check: bool = True, binary: bool = False, input: str | bytes | None = None
    ) -> str | bytes:
        done = self.completed(*args, input=input)
        if check and done.returncode:
            raise AssertionError(f"docker {shlex.join(args)}: exit {done.returncode}: {done.stderr.decode().strip()}")
        return done.stdout if binary else done.stdout.decode().rstrip("\n")

    def ok(self, *args: str) -> bool:
        """Whether the command exits with 0."""
        return self.completed(*args).returncode == 0

    def inspect(self, name: str, kind: str = "container") -> t.Any:
        """The inspect document of one object."""
        return json.loads(self(kind, "inspect", name))[0]

    def remove_all(self, mark: str) -> None:
        """Remove every container, image, network and volume with ``mark`` in its name."""
        self._remove(("rm", "--force", "--volumes"), ("ps", "--all", "--format", "{{.Names}}"), mark)
        self._remove(("rmi", "--force"), ("images", "--format", "{{.Repository}}:{{.Tag}}"), mark)
        self._remove(("network", "rm"), ("network", "ls", "--format", "{{.Name}}"), mark)
        self._remove(("volume", "rm", "--force"), ("volume", "ls", "--format", "{{.Name}}"), mark)

    def _remove(self, remove: tuple[str, ...], listing: tuple[str, ...], mark: str) -> None:
        found = [line for line in self(*listing).splitlines() if mark in line]
        if found:
            self(*remove, *found, check=False)


def until(condition: t.Callable[[], t.Any], what: str = "the condition", seconds: float = 120) -> t.Any:
    """Poll until ``condition()`` is true and return its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.05)
