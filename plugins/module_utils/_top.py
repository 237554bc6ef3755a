# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of containers as the host's ``ps`` shows them (``docker top``)."""

from __future__ import annotations

import typing as t

from ._engine.client import Daemon, quoted
from ._errors import Conflict, Missing
from ._parallel import Outcome, run_parallel
from ._selection import containers_result, is_running, name_of, select
from ._task import Task
from ._types import Json


def run(task: Task) -> Json:
    """The processes of each selected container.

    :raises EngineError: ``ps`` does not take ``ps_args``.
    """
    selection = select(task.daemon, task.params["name"], task.params["filters"])
    outcomes = processes_of_all(task.daemon, selection.require_all(), task.params["ps_args"])
    return containers_result(selection.result_rows(outcomes, task.warn))


def processes_of_all(
    daemon: Daemon, documents: t.Iterable[Json], ps_args: str | None = None
) -> list[Outcome[Json, Json]]:
    """The processes of several containers, asked for in parallel."""
    return run_parallel(documents, lambda document: processes(daemon, document, ps_args))


def processes(daemon: Daemon, document: Json, ps_args: str | None = None) -> Json:
    """One container's processes; a container that does not run has none.

    :param ps_args: arguments for the host's ``ps``; they must leave its PID column in, which the engine looks for.
    """
    name = name_of(document)
    titles: list[str] = []
    rows: list[dict[str, str]] = []
    running = is_running(document)
    if running:
        path = f"/containers/{quoted(document['Id'])}/top"
        try:
            titles, rows = parse_table(daemon.get(path, params={"ps_args": ps_args}, about=f"container {name}"))
        except (Conflict, Missing):
            # It stopped, began to restart, or was removed since it was inspected: it has no processes now.
            running = False
    column = next((title for title in titles if title.upper() == "PID"), None)
    return {
        "name": name,
        "id": document["Id"],
        "running": running,
        "titles": titles,
        "processes": rows,
        "pids": [int(row[column]) for row in rows if row[column].isdigit()] if column else [],
    }


def parse_table(response: t.Mapping[str, t.Any]) -> tuple[list[str], list[dict[str, str]]]:
    """The column titles, and each process as title -> text."""
    titles = [str(title) for title in response.get("Titles") or ()]
    return titles, [dict(zip(titles, row)) for row in response.get("Processes") or ()]
