# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of a container as files on the engine's own disk: where it is, how large, and how large it can grow."""

from __future__ import annotations

import dataclasses
import functools
import glob
import os
import typing as t

from .._engine.client import Daemon
from .._errors import Missing
from .._log_drivers.drivers import DRIVERS
from .._log_drivers.values import parse_log_size
from .._notation.sizes import format_readable_size
from .._selection import name_of
from .._types import Json


@dataclasses.dataclass(frozen=True)
class ExpectedLogging:
    """The log settings of new containers; a container with others is outdated."""

    driver: str | None
    options: t.Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class LogFile:
    """One container's log as it lies on the disk; sizes in bytes, as they use the disk."""

    name: str
    id: str
    driver: str
    options: dict[str, str]
    running: bool
    # The file that is written to, first, then the rotated ones.
    paths: tuple[str, ...]
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def limit(self) -> int | None:
        """How large it can grow, ``None`` where there is no limit or where the driver keeps no file of its own."""
        return size_limit(self.driver, self.options)

    @property
    def bounded(self) -> bool | None:
        """``None`` for a driver that is not known here, such as a plugin."""
        known = DRIVERS.get(self.driver)
        return None if known is None else known.stores != "file" or self.limit is not None

    def fields(self, expected: ExpectedLogging) -> Json:
        return {
            "name": self.name,
            "id": self.id,
            "driver": self.driver,
            "options": self.options,
            "path": self.paths[0] if self.paths else None,
            "files": [{"path": path, "size": size} for path, size in zip(self.paths, self.sizes)],
            "size": self.size,
            "limit": self.limit,
            "bounded": self.bounded,
            "outdated": self.is_outdated(expected),
        }

    def is_outdated(self, expected: ExpectedLogging) -> bool:
        if expected.driver is None:
            return False
        return (self.driver, self.options) != (expected.driver, dict(expected.options))

    def line(self, expected: ExpectedLogging) -> str:
        """For people: ``web: json-file, 1.2GB, unbounded, older than the engine's settings``."""
        kept = format_readable_size(self.size or 0) if self.paths else "no file"
        bound = {True: "bounded", False: "UNBOUNDED", None: "bound unknown"}[self.bounded]
        if self.limit is not None:
            bound = f"at most {format_readable_size(self.limit)}"
        old = ", not the engine's present settings" if self.is_outdated(expected) else ""
        return f"{self.name}: {self.driver}, {kept}, {bound}{old}"


def size_limit(driver: str, options: t.Mapping[str, str]) -> int | None:
    """Bytes that the files of these settings can grow to; ``None`` for no limit or no files."""
    if driver == "local":
        size, count = options.get("max-size", "20m"), options.get("max-file", "5")
    elif driver == "json-file" and "max-size" in options:
        size, count = options["max-size"], options.get("max-file", "1")
    else:
        return None
    each = parse_log_size(size)
    return each * int(count) if each and count.isdigit() else None


def read_log_file(daemon: Daemon, document: Json) -> LogFile:
    """One container's log, measured.

    :raises Missing: this is not the machine with the engine's disk, or only root may look there.
    """
    config = document["HostConfig"]["LogConfig"]
    folder = os.path.join(daemon.info()["DockerRootDir"], "containers", document["Id"])
    if not os.access(folder, os.R_OK | os.X_OK):
        raise Missing(
            f"The folder {folder} cannot be looked into: run this on the engine's own machine, as root (become: true).",
            object=folder,
        )
    paths = _files(folder, document["Id"])
    return LogFile(
        name=name_of(document),
        id=document["Id"],
        driver=config["Type"],
        options=dict(config.get("Config") or {}),
        running=bool(document["State"]["Running"]),
        paths=paths,
        sizes=tuple(disk_use(path) for path in paths),
    )


def _files(folder: str, identity: str) -> tuple[str, ...]:
    """The files of the json-file and local drivers, and the local copy that other drivers keep for `docker logs`."""
    patterns = (f"{identity}-json.log", "local-logs/container.log", "container-cached.log")
    found = functools.partial(os.path.join, glob.escape(folder))
    return tuple(
        path for pattern in patterns for path in sorted(glob.glob(found(pattern)) + glob.glob(found(f"{pattern}.*")))
    )


def disk_use(path: str) -> int:
    try:
        return os.stat(path).st_blocks * 512
    except FileNotFoundError:
        return 0  # rotated away in the meantime
