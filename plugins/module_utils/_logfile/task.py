# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the engine keeps on its own disk, measured, judged and emptied."""

from __future__ import annotations

import dataclasses
import functools
import glob
import os
import typing as t

from .. import _log_drivers
from .._daemon_config.merge import strings
from .._engine.client import Daemon
from .._errors import InvalidInput, Missing
from .._notation.sizes import format_readable_size
from .._parallel import Outcome
from .._selection import name_of, select
from .._task import Task
from .._types import Json
from . import truncate

# From 23.0 on (API 1.42) dockerd counts what it wrote and reads backwards from there: after a truncation
# `docker logs --tail` and `--follow` find nothing until it opens the file again (seen on 26.1; 20.10 is fine).
_COUNTS = (1, 42)


@dataclasses.dataclass(frozen=True)
class Expected:
    """What new containers get, to tell the containers that are older than that."""

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
        return limit(self.driver, self.options)

    @property
    def bounded(self) -> bool | None:
        """``None`` for a driver that is not known here, such as a plugin."""
        known = _log_drivers.DRIVERS.get(self.driver)
        return None if known is None else known.stores != "file" or self.limit is not None

    def row(self, expected: Expected) -> Json:
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
            "outdated": self.outdated(expected),
        }

    def outdated(self, expected: Expected) -> bool:
        if expected.driver is None:
            return False
        return (self.driver, self.options) != (expected.driver, dict(expected.options))

    def line(self, expected: Expected) -> str:
        """For people: ``web: json-file, 1.2 GB, unbounded, older than the engine's settings``."""
        kept = format_readable_size(self.size or 0) if self.paths else "no file"
        bound = {True: "bounded", False: "UNBOUNDED", None: "bound unknown"}[self.bounded]
        if self.limit is not None:
            bound = f"at most {format_readable_size(self.limit)}"
        old = ", not the engine's present settings" if self.outdated(expected) else ""
        return f"{self.name}: {self.driver}, {kept}, {bound}{old}"


def limit(driver: str, options: t.Mapping[str, str]) -> int | None:
    """Bytes that the files of these settings can grow to; ``None`` for no limit or no files."""
    if driver == "local":
        size, count = options.get("max-size", "20m"), options.get("max-file", "5")
    elif driver == "json-file" and "max-size" in options:
        size, count = options["max-size"], options.get("max-file", "1")
    else:
        return None
    each = _log_drivers.size(size)
    return each * int(count) if each and count.isdigit() else None


def threshold(text: str | None) -> int | None:
    """``truncate_over`` in bytes.

    :raises InvalidInput: it is no size.
    """
    if text is None or text == "":
        return None
    found = _log_drivers.size(text)
    if found is None:
        raise InvalidInput(f"truncate_over: {text!r} is not a size such as '500m' or '1g'.", object="truncate_over")
    return found


def measure(daemon: Daemon, document: Json) -> LogFile:
    """One container's files.

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
        sizes=tuple(_disk_use(path) for path in paths),
    )


def report(daemon: Daemon, documents: t.Sequence[Json], expected: Expected, over: int | None, check: bool) -> Json:
    """The files of the containers; those larger than ``over`` bytes are emptied, unless ``check``.

    :raises StevedoreError: a file is not there, or cannot be emptied without damage.
    """
    rows = []
    freed = 0
    found = [measure(daemon, document) for document in documents]
    for log in found:
        large = over is not None and log.size > over
        gone = _empty(log, check) if large else 0
        freed += gone
        rows.append({**log.row(expected), "truncated": large, "freed": gone})
    truncated = [row["name"] for row in rows if row["truncated"]]
    reopen = [log.name for log, row in zip(found, rows) if row["truncated"] and log.running]
    return {
        "changed": bool(truncated),
        "containers": rows,
        "lines": [log.line(expected) for log in found],
        "outdated": [row["name"] for row in rows if row["outdated"]],
        "unbounded": [row["name"] for row in rows if row["bounded"] is False],
        "size": sum(row["size"] for row in rows),
        "freed": freed,
        "truncated": truncated,
        "reopen_needed": reopen if daemon.api_version >= _COUNTS else [],
        "diff": {
            "before": "".join(f"{row['name']}: {row['size']} bytes\n" for row in rows if row["truncated"]),
            "after": "".join(
                f"{row['name']}: {row['size'] - row['freed']} bytes\n" for row in rows if row["truncated"]
            ),
        },
    }


def _empty(log: LogFile, check: bool) -> int:
    """Empty the files; the bytes that this frees, or would free."""
    if check:
        return log.size
    for path in log.paths:
        if path.endswith(".log"):
            truncate.empty(path, written_to=log.running)
        else:
            truncate.remove(path)
    return log.size - sum(_disk_use(path) for path in log.paths)


def _files(folder: str, identity: str) -> tuple[str, ...]:
    """The files of the json-file and local drivers, and the local copy that other drivers keep for `docker logs`."""
    patterns = (f"{identity}-json.log", "local-logs/container.log", "container-cached.log")
    found = functools.partial(os.path.join, glob.escape(folder))
    return tuple(
        path for pattern in patterns for path in sorted(glob.glob(found(pattern)) + glob.glob(found(f"{pattern}.*")))
    )


def _disk_use(path: str) -> int:
    try:
        return os.stat(path).st_blocks * 512
    except FileNotFoundError:
        return 0  # rotated away in the meantime


def run(task: Task) -> Json:
    """The task of ``container_logfile``."""
    params = task.params
    over = threshold(params["truncate_over"])
    expected = Expected(params["expected_driver"], strings(params["expected_options"], "expected_options"))
    chosen = select(task.daemon, params["name"], params["filters"])
    result = report(task.daemon, chosen.require_all(), expected, over, task.check_mode)
    outcomes = map(Outcome, chosen.found, result["containers"])
    return {**result, "containers": chosen.result_rows(outcomes, task.warn)}
