# SPDX-License-Identifier: GPL-3.0-or-later

"""Stats of many containers in one go.

Each sample is taken with ``one-shot`` (API 1.41), which spares the engine the second sample that it otherwise waits for.
Two such rounds, side by side over all containers, give the CPU percentage. Seen on 20.10: even a one-shot waits for the
next tick of the engine's collector, up to a second; so all containers of a round wait for the same tick, together.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._engine.body import decode_json
from .._engine.client import Daemon, quoted
from .._errors import Conflict, EngineError, Missing, StevedoreError
from .._parallel import Outcome, run_parallel
from .._selection import is_running, name_of
from .._types import Json
from .figures import Usage, compute_usage


@dataclasses.dataclass(frozen=True)
class ContainerSample:
    """One container and its last two stats documents; ``None`` where the engine has no numbers."""

    document: Json
    previous: Json | None
    latest: Json | None
    running: bool
    error: StevedoreError | None = None

    @property
    def usage(self) -> Usage | None:
        return None if self.latest is None else compute_usage(self.previous, self.latest)

    def outcome(self) -> Outcome[Json, Json]:
        """The container's entry, or why there is none."""
        return Outcome(self.document, None if self.error else self.row(), self.error)

    def row(self) -> Json:
        found = self.usage
        numbers: Json = dataclasses.asdict(found) if found else {}
        return {
            "name": name_of(self.document),
            "id": self.document["Id"],
            "running": self.running,
            "sampled": found is not None,
            **{field.name: numbers.get(field.name) for field in dataclasses.fields(Usage)},
            "text": found.text() if found else {},
        }


def fetch_stats(daemon: Daemon, document: Json) -> Json | None:
    """One stats document, or ``None`` when the engine has no numbers.

    A stopped container is answered with 200 and a document of zeros, and so is a running one whose cgroups the engine
    cannot read ("no metrics received" in its log). Seen on 20.10 with cgroup v1 when a nested systemd mounted further
    controllers: every process then belongs to one that the engine's own /sys/fs/cgroup does not show.
    """
    path = f"/containers/{quoted(document['Id'])}/stats"
    params = {"stream": False, "one-shot": True}
    about = f"container {name_of(document)}"
    try:
        response = daemon.call("GET", path, params=params, about=about)
    except (Conflict, Missing):
        return None
    # Nothing at all where the container goes away meanwhile.
    found: Json = decode_json(response, about) if response.content else {}
    return found if (found.get("cpu_stats") or {}).get("system_cpu_usage") else None


def sample_containers(
    daemon: Daemon,
    documents: t.Sequence[Json],
    interval: float,
    workers: int = 64,
    sleep: t.Callable[[float], None] = time.sleep,
    clock: t.Callable[[], float] = time.monotonic,
) -> list[ContainerSample]:
    """The samples of all containers, in their order.

    :param interval: seconds from one round to the next; 0 takes one round and gives no CPU percentage.
    """
    alive = [document for document in documents if is_running(document)]
    first: dict[str, Outcome[Json, Json | None]] = {}
    if interval > 0 and alive:
        begin = clock()
        first = _sample_round(daemon, alive, workers)
        sleep(max(0.0, interval - (clock() - begin)))
    second = _sample_round(daemon, alive, workers)
    return [_container_sample(daemon, one, first.get(one["Id"]), second.get(one["Id"])) for one in documents]


_RoundOutcome = t.Optional[Outcome[Json, t.Optional[Json]]]


def _sample_round(daemon: Daemon, documents: t.Sequence[Json], workers: int) -> dict[str, Outcome[Json, Json | None]]:
    outcomes = run_parallel(documents, lambda document: fetch_stats(daemon, document), workers)
    for outcome in outcomes:
        # A refusal is about this container, anything else about the engine.
        if outcome.error is not None and not isinstance(outcome.error, EngineError):
            raise outcome.error
    return {outcome.item["Id"]: outcome for outcome in outcomes}


def _container_sample(daemon: Daemon, document: Json, first: _RoundOutcome, second: _RoundOutcome) -> ContainerSample:
    outcomes = [outcome for outcome in (first, second) if outcome is not None]
    error = next((outcome.error for outcome in outcomes if outcome.error is not None), None)
    previous, latest = first.value if first else None, second.value if second else None
    runs = is_running(document)
    if runs and latest is None and error is None:
        # Stopped or removed since it was inspected, or running without numbers: only the engine knows.
        now = daemon.find_container(document["Id"])
        runs = now is not None and is_running(now)
    return ContainerSample(document, previous, latest, runs, error)
