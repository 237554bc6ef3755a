# SPDX-License-Identifier: GPL-3.0-or-later

"""What containers use of CPU, memory, network and disk, as data or as metrics for Prometheus."""

from __future__ import annotations

from .._errors import InvalidInput
from .._selection import containers_result, select
from .._task import Task
from .._types import Json
from .prometheus import render_metrics, write_metrics_file
from .samples import sample_containers


def run(task: Task) -> Json:
    """The usage of each selected container.

    :raises InvalidInput: ``interval`` is out of range.
    :raises Failed: the metrics cannot be written to ``path``.
    """
    params = task.params
    if not 0 <= params["interval"] <= 3600:
        raise InvalidInput("interval must be between 0 and 3600 seconds.")
    selection = select(task.daemon, params["name"], params["filters"], include_stopped=params["all"])
    samples = sample_containers(task.daemon, selection.require_all(), params["interval"])
    result = containers_result(selection.result_rows([sample.outcome() for sample in samples], task.warn))
    for row in result["containers"]:
        if row.get("running") and not row["sampled"]:
            task.warn(
                f"The engine has no numbers for container {row['name']}: it cannot read its cgroups; see its log."
            )
    if params["output"] == "prometheus":
        changed = write_metrics_file(params["path"], render_metrics(samples), check=task.check_mode)
        result.update(changed=changed, file=params["path"])
    return result
