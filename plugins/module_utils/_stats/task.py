# SPDX-License-Identifier: GPL-3.0-or-later

"""What containers use of CPU, memory, network and disk, as data or as metrics for Prometheus."""

from __future__ import annotations

from .._errors import InvalidInput
from .._selection import containers_result, select
from .._task import Task
from .._types import Json
from . import prometheus
from .samples import sample_all


def run(task: Task) -> Json:
    """The task of ``container_stats``."""
    params = task.params
    if not 0 <= params["interval"] <= 3600:
        raise InvalidInput("interval must be between 0 and 3600 seconds.")
    chosen = select(task.daemon, params["name"], params["filters"], include_stopped=params["all"])
    sampled = sample_all(task.daemon, chosen.require_all(), params["interval"])
    result = containers_result(chosen.result_rows([container.outcome() for container in sampled], task.warn))
    for row in result["containers"]:
        if row.get("running") and not row["sampled"]:
            task.warn(
                f"The engine has no numbers for container {row['name']}: it cannot read its cgroups; see its log."
            )
    if params["output"] == "prometheus":
        changed = prometheus.write(params["path"], prometheus.exposition(sampled), check=task.check_mode)
        result.update(changed=changed, file=params["path"])
    return result
