# SPDX-License-Identifier: GPL-3.0-or-later

"""The isolation of several containers, from the engine to the answer."""

from __future__ import annotations

import typing as t

from .._engine.client import Daemon
from .._errors import EngineError, Failed, InvalidInput
from .._parallel import Outcome
from .._selection import containers_result, select
from .._task import Task
from .._types import Json
from .findings import RULES, SEVERITIES, at_least, findings
from .isolation import isolation, report
from .namespaces import combined, configured, host_ids, name_map, seen


def isolations(daemon: Daemon, documents: t.Sequence[Json], accepted: t.Collection[str] = ()) -> list[Json]:
    """Facts and findings of each container.

    :raises InvalidInput: ``accepted`` names a finding that there is not.
    """
    unknown = sorted(set(accepted) - {rule.id for rule in RULES})
    if unknown:
        raise InvalidInput(
            f"accept: there is no finding {', '.join(unknown)}; there are: {', '.join(rule.id for rule in RULES)}."
        )
    engine = daemon.info()
    names = {
        **{str(one["Id"]): (one.get("Names") or [""])[0].lstrip("/") for one in daemon.containers()},
        **name_map(documents),
    }
    ids, host = seen(documents), host_ids()
    rows: list[Json] = []
    for document in documents:
        says = configured(document, engine, names)
        found = isolation(document, engine, combined(document, says, ids, host, names))
        rows.append({**report(found, document, _layers(daemon, document)), "findings": findings(found, accepted)})
    return rows


def gate(rows: t.Sequence[Json], fail_on: str) -> None:
    """
    :raises Failed: a container has a finding of this severity or above, or could not be judged; the rows go along.
    """
    if fail_on not in SEVERITIES:
        return
    unknown = [row["name"] for row in rows if "failure" in row]
    if unknown:
        raise Failed(
            f"Nobody knows what {', '.join(unknown)} would show: the engine could not say.",
            object=unknown[0],
            containers=list(rows),
        )
    failing = {row["name"]: [one["id"] for one in at_least(row["findings"], fail_on)] for row in rows}
    told = "; ".join(f"{name}: {', '.join(found)}" for name, found in failing.items() if found)
    if told:
        raise Failed(
            f"Findings of severity {fail_on} or above: {told}. Each finding names the container_run option that closes it; "
            "'accept' leaves out what is meant to be so.",
            object=next(name for name, found in failing.items() if found),
            containers=list(rows),
        )


def _layers(daemon: Daemon, document: Json) -> int | None:
    """The number of the image's layers; unknown when the image is gone, or the engine cannot show it."""
    try:
        image = daemon.find_image(document["Image"])
    except EngineError:
        return None
    return None if image is None else len((image.get("RootFS") or {}).get("Layers") or ())


def run(task: Task) -> Json:
    """The task of ``container_isolation``."""
    chosen = select(task.daemon, task.params["name"], task.params["filters"], size=task.params["size"])
    documents = chosen.require_all()
    found = isolations(task.daemon, documents, task.params["accept"])
    rows = chosen.result_rows(map(Outcome, documents, found), task.warn)
    gate(rows, task.params["fail_on"])
    return containers_result(rows)
