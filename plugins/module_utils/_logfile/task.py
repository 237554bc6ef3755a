# SPDX-License-Identifier: GPL-3.0-or-later

"""The logs that the engine keeps on its own disk: measured, compared with the expected settings, and truncated."""

from __future__ import annotations

import typing as t

from .._engine.client import Daemon
from .._errors import InvalidInput
from .._log_drivers.options import option_texts
from .._log_drivers.values import parse_log_size
from .._parallel import Outcome
from .._selection import select
from .._task import Task
from .._types import Json
from . import truncate
from .log_file import ExpectedLogging, LogFile, disk_use, read_log_file

# From 23.0 on (API 1.42) dockerd counts what it wrote and reads backwards from there: after a truncation
# `docker logs --tail` and `--follow` find nothing until it opens the file again (seen on 26.1; 20.10 is fine).
_COUNTS = (1, 42)


def run(task: Task) -> Json:
    """The log files of the selected containers; those larger than ``truncate_over`` are truncated.

    :raises StevedoreError: a file is not there, or cannot be truncated without damage.
    """
    params = task.params
    threshold = parse_threshold(params["truncate_over"])
    expected = ExpectedLogging(params["expected_driver"], option_texts(params["expected_options"], "expected_options"))
    selection = select(task.daemon, params["name"], params["filters"])
    result = measure_and_truncate(task.daemon, selection.require_all(), expected, threshold, task.check_mode)
    outcomes = map(Outcome, selection.found, result["containers"])
    return {**result, "containers": selection.result_rows(outcomes, task.warn)}


def parse_threshold(text: str | None) -> int | None:
    """``truncate_over`` in bytes.

    :raises InvalidInput: it is no size.
    """
    if text is None or text == "":
        return None
    found = parse_log_size(text)
    if found is None:
        raise InvalidInput(f"truncate_over: {text!r} is not a size such as '500m' or '1g'.", object="truncate_over")
    return found


def measure_and_truncate(
    daemon: Daemon, documents: t.Sequence[Json], expected: ExpectedLogging, threshold: int | None, check: bool
) -> Json:
    """The log files of the containers; those larger than ``threshold`` bytes are truncated, unless ``check``.

    :raises StevedoreError: a file is not there, or cannot be emptied without damage.
    """
    rows = []
    freed = 0
    logs = [read_log_file(daemon, document) for document in documents]
    for log in logs:
        large = threshold is not None and log.size > threshold
        row_freed = _truncate(log, check) if large else 0
        freed += row_freed
        rows.append({**log.fields(expected), "truncated": large, "freed": row_freed})
    truncated = [row["name"] for row in rows if row["truncated"]]
    reopen = [log.name for log, row in zip(logs, rows) if row["truncated"] and log.running]
    return {
        "changed": bool(truncated),
        "containers": rows,
        "lines": [log.line(expected) for log in logs],
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


def _truncate(log: LogFile, check: bool) -> int:
    """Truncate the log; the bytes that this frees, or would free."""
    if check:
        return log.size
    for path in log.paths:
        if path.endswith(".log"):
            truncate.empty(path, written_to=log.running)
        else:
            truncate.remove(path)
    return log.size - sum(disk_use(path) for path in log.paths)
