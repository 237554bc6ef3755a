# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers as the engine sees them and as ``container_run`` would write them."""

from __future__ import annotations

import copy
import fnmatch
import typing as t

from ._engine.client import Daemon
from ._lookups import Facts, described
from ._parallel import run_parallel
from ._selection import name_of, select
from ._task import Task
from ._types import Json

MASK = "********"


def report(
    daemon: Daemon,
    names: t.Sequence[str] | None,
    filters: t.Mapping[str, t.Any] | None,
    warn: t.Callable[[str], None],
    *,
    size: bool = False,
    mask_env: t.Sequence[str] = (),
) -> Json:
    """Inspect documents and run options of the chosen containers; a container that is not there is an answer.

    :param size: have the engine measure the writable layer, which takes its time.
    :param mask_env: glob patterns of environment variables whose values are hidden.
    """
    selection = select(daemon, names, filters, size=size)
    facts = Facts(daemon)
    found = selection.result_rows(run_parallel(selection.found, lambda document: _one(facts, document, mask_env)), warn)
    for row in found:
        if row.get("unreadable"):
            warn(
                f"Container {row['name']} has what no option of container_run can say ({', '.join(row['unreadable'])}): "
                "run_options leave it out; unreadable shows it."
            )
    alone = found[0] if names is not None and len(set(names)) == 1 and found else None
    return {
        "container": alone,
        "containers": found,
        "exists": bool(found) and not selection.missing,
        "missing": list(selection.missing),
    }


def _one(facts: Facts, document: Json, patterns: t.Sequence[str]) -> Json:
    options, unreadable = described(facts, document)
    if patterns:
        document = copy.deepcopy(document)
        shown = document["Config"].get("Env") or []
        document["Config"]["Env"] = [_hidden(item, patterns) for item in shown]
        if "env" in options:
            options["env"] = dict(
                _hidden(f"{key}={value}", patterns).split("=", 1) for key, value in options["env"].items()
            )
        if "env" in unreadable:
            unreadable["env"] = [_hidden(item, patterns) for item in unreadable["env"]]
    return {
        "id": document["Id"],
        "inspect": document,
        "name": name_of(document),
        "run_options": options,
        "unreadable": unreadable,
    }


def _hidden(item: str, patterns: t.Sequence[str]) -> str:
    key = item.partition("=")[0]
    return f"{key}={MASK}" if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns) else item


def run(task: Task) -> Json:
    """The task of ``container_inspect``; see :func:`report`."""
    params = task.params
    chosen = (params["name"], params["filters"])
    return report(task.daemon, *chosen, task.warn, size=params["size"], mask_env=params["mask_env"])
