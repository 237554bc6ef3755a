# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of a container as the host's ``ps`` sees them (``docker top``)."""

from __future__ import annotations

import typing as t

from ._engine.client import Daemon, quoted
from ._errors import Conflict, Missing
from ._parallel import Outcome, each
from ._selection import answer, name_of, running, select
from ._task import Task
from ._types import Json


def table(answer: t.Mapping[str, t.Any]) -> tuple[list[str], list[dict[str, str]]]:
    """The titles of the columns, and each process as title -> text."""
    titles = [str(title) for title in answer.get("Titles") or ()]
    return titles, [dict(zip(titles, row)) for row in answer.get("Processes") or ()]


def processes(daemon: Daemon, document: Json, ps_args: str | None = None) -> Json:
    """One container's processes; a container that does not run has none.

    :param ps_args: arguments for the host's ``ps``; they must leave its PID column in, which the engine looks for.
    :raises EngineError: ``ps`` does not take ``ps_args``.
    """
    name = name_of(document)
    titles: list[str] = []
    rows: list[dict[str, str]] = []
    alive = running(document)
    if alive:
        path = f"/containers/{quoted(document['Id'])}/top"
        try:
            titles, rows = table(daemon.get(path, params={"ps_args": ps_args}, about=f"container {name}"))
        except (Conflict, Missing):
            # It stopped, began to restart, or was removed since it was inspected: it has no processes now.
            alive = False
    column = next((title for title in titles if title.upper() == "PID"), None)
    return {
        "name": name,
        "id": document["Id"],
        "running": alive,
        "titles": titles,
        "processes": rows,
        "pids": [int(row[column]) for row in rows if row[column].isdigit()] if column else [],
    }


def processes_of_all(
    daemon: Daemon, documents: t.Iterable[Json], ps_args: str | None = None
) -> list[Outcome[Json, Json]]:
    """The processes of several containers, asked for side by side."""
    return each(documents, lambda document: processes(daemon, document, ps_args))


def run(task: Task) -> Json:
    """The task of ``container_top``."""
    chosen = select(task.daemon, task.params["name"], task.params["filters"])
    return answer(chosen.rows(processes_of_all(task.daemon, chosen.required(), task.params["ps_args"]), task.warn))
