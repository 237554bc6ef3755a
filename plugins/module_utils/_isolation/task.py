# SPDX-License-Identifier: GPL-3.0-or-later

"""The isolation of the selected containers: what the engine says, what /proc says, and what weakens it."""

from __future__ import annotations

import typing as t

from .._engine.client import Daemon
from .._errors import EngineError, Failed, InvalidInput
from .._parallel import Outcome
from .._selection import containers_result, select
from .._task import Task
from .._types import Json
from .findings import RULES, SEVERITIES, at_least, list_findings
from .isolation import isolation_result, read_isolation
from .namespaces import actual_namespaces, configured_namespaces, host_namespaces, names_by_id, namespace_ids


def run(task: Task) -> Json:
    """The isolation and the findings of each selected container.

    :raises InvalidInput: ``accept`` names a finding that does not exist.
    :raises Failed: a container has a finding of the severity ``fail_on`` or above.
    """
    selection = select(task.daemon, task.params["name"], task.params["filters"], size=task.params["size"])
    documents = selection.require_all()
    _check_accepted(task.params["accept"])
    outcomes = map(Outcome, documents, isolations(task.daemon, documents, task.params["accept"]))
    rows = selection.result_rows(outcomes, task.warn)
    fail_on_findings(rows, task.params["fail_on"])
    return containers_result(rows)


def _check_accepted(accepted: t.Iterable[str]) -> None:
    unknown = sorted(set(accepted) - {rule.id for rule in RULES})
    if unknown:
        raise InvalidInput(
            f"accept: there is no finding {', '.join(unknown)}; there are: {', '.join(rule.id for rule in RULES)}."
        )


def isolations(daemon: Daemon, documents: t.Sequence[Json], accepted: t.Collection[str]) -> list[Json]:
    """The isolation and the findings of each container."""
    engine = daemon.info()
    names = {
        **{str(one["Id"]): (one.get("Names") or [""])[0].lstrip("/") for one in daemon.containers()},
        **names_by_id(documents),
    }
    ids, host = namespace_ids(documents), host_namespaces()
    rows: list[Json] = []
    for document in documents:
        configured = configured_namespaces(document, engine, names)
        namespaces = actual_namespaces(document, configured, ids, host, names)
        found = read_isolation(document, engine, namespaces)
        row = isolation_result(found, document, _layers(daemon, document))
        rows.append({**row, "findings": list_findings(found, accepted)})
    return rows


def fail_on_findings(rows: t.Sequence[Json], severity: str) -> None:
    """
    :param severity: ``never``, or the lowest severity that fails the task.
    :raises Failed: a container has such a finding, or could not be judged; the rows go along.
    """
    if severity not in SEVERITIES:
        return
    unknown = [row["name"] for row in rows if "failure" in row]
    if unknown:
        raise Failed(
            f"Nobody knows what {', '.join(unknown)} would show: the engine could not say.",
            object=unknown[0],
            containers=list(rows),
        )
    failing = {row["name"]: [one["id"] for one in at_least(row["findings"], severity)] for row in rows}
    listed = "; ".join(f"{name}: {', '.join(found)}" for name, found in failing.items() if found)
    if listed:
        raise Failed(
            f"Findings of severity {severity} or above: {listed}. Each finding names the container_run option that closes "
            "it; 'accept' leaves out what is meant to be so.",
            object=next(name for name, found in failing.items() if found),
            containers=list(rows),
        )


def _layers(daemon: Daemon, document: Json) -> int | None:
    """The number of the image's layers; ``None`` when the image is gone, or the engine cannot show it."""
    try:
        image = daemon.find_image(document["Image"])
    except EngineError:
        return None
    return None if image is None else len((image.get("RootFS") or {}).get("Layers") or ())
