# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers as the engine sees them and as ``container_run`` would write them."""

from __future__ import annotations

import copy
import fnmatch
import typing as t

from ._lookups import Lookups, describe_container
from ._parallel import run_parallel
from ._selection import name_of, select
from ._task import Task
from ._types import Json

MASK = "********"


def run(task: Task) -> Json:
    """Inspect documents and run options of the selected containers. A name without a container is not an error."""
    params = task.params
    selection = select(task.daemon, params["name"], params["filters"], size=params["size"])
    facts = Lookups(task.daemon)
    outcomes = run_parallel(selection.found, lambda document: _row(facts, document, params["mask_env"]))
    rows = selection.result_rows(outcomes, task.warn)
    for row in rows:
        if row.get("unreadable"):
            task.warn(
                f"Container {row['name']} has what no option of container_run can say ({', '.join(row['unreadable'])}): "
                "run_options leave it out; unreadable shows it."
            )
    single = params["name"] is not None and len(set(params["name"])) == 1
    return {
        "container": rows[0] if single and rows else None,
        "containers": rows,
        "exists": bool(rows) and not selection.missing,
        "missing": list(selection.missing),
    }


def _row(facts: Lookups, document: Json, patterns: t.Sequence[str]) -> Json:
    """:param patterns: globs of the environment variables whose values are masked."""
    options, unreadable = describe_container(facts, document)
    if patterns:
        document = copy.deepcopy(document)
        document["Config"]["Env"] = [_mask(item, patterns) for item in document["Config"].get("Env") or []]
        if "env" in options:
            options["env"] = dict(
                _mask(f"{key}={value}", patterns).split("=", 1) for key, value in options["env"].items()
            )
        if "env" in unreadable:
            unreadable["env"] = [_mask(item, patterns) for item in unreadable["env"]]
    return {
        "id": document["Id"],
        "inspect": document,
        "name": name_of(document),
        "run_options": options,
        "unreadable": unreadable,
    }


def _mask(item: str, patterns: t.Sequence[str]) -> str:
    key = item.partition("=")[0]
    return f"{key}={MASK}" if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns) else item
