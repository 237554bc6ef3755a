# SPDX-License-Identifier: GPL-3.0-or-later

"""A bounded pool over containers."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import typing as t

from ._errors import StevedoreError

Item = t.TypeVar("Item")
Value = t.TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class Outcome(t.Generic[Item, Value]):
    """What became of one item: a value or one of our errors, never both."""

    item: Item
    value: Value | None = None
    error: StevedoreError | None = None


def run_parallel(
    items: t.Iterable[Item], work: t.Callable[[Item], Value], workers: int = 8
) -> list[Outcome[Item, Value]]:
    """Do ``work`` for every item, at most ``workers`` at a time; outcomes in the order of the items.

    One failing item does not stop the others. Only ``StevedoreError`` is kept; a bug in ``work`` is raised.
    """

    def attempt(item: Item) -> Outcome[Item, Value]:
        try:
            return Outcome(item, value=work(item))
        except StevedoreError as error:
            return Outcome(item, error=error)

    todo = list(items)
    if len(todo) <= 1 or workers <= 1:
        return [attempt(item) for item in todo]
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(workers, len(todo))) as pool:
        return list(pool.map(attempt, todo))


def require_values(outcomes: t.Iterable[Outcome[Item, Value]]) -> list[Value]:
    """The values alone.

    :raises StevedoreError: the first error among the outcomes.
    """
    found: list[Value] = []
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
        found.append(t.cast("Value", outcome.value))
    return found


def raise_failures(errors: t.Iterable[StevedoreError | None], total: int, summary: t.Mapping[str, t.Any]) -> None:
    """Fail when one of ``total`` items did: with its error, or, of several items, with all their messages.

    :param summary: the module's result, which goes with the failure.
    :raises StevedoreError: the first error.
    """
    failed = [error for error in errors if error is not None]
    if not failed:
        return
    first = failed[0]
    first.details.update(summary)
    if total > 1:
        first.msg = f"{len(failed)} of {total} containers failed. " + " ".join(error.msg for error in failed)
    raise first
