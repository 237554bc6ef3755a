# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the options of a log driver.

dockerd checks the names when it starts and the values only when a container is created or started: a bad value passes
``dockerd --validate`` and the restart, and then breaks every new container (seen on 20.10 and 26.1). So the values are
checked here.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import InvalidInput
from .drivers import COMMON_OPTIONS, DRIVERS, Options, needs_non_blocking


def option_texts(options: t.Any, key: str) -> dict[str, str]:
    """Log options as texts, as dockerd wants them; ``None`` values are kept.

    :raises InvalidInput: it is no map, or holds lists or maps.
    """
    if not isinstance(options, dict):
        raise InvalidInput(f"{key} must be a dictionary, not {options!r}.", object=key)
    return {str(name): _option_text(value, f"{key}.{name}") for name, value in options.items()}


def drivers_with_option(option: str) -> tuple[str, ...]:
    """The drivers that take an option."""
    return tuple(name for name, driver in DRIVERS.items() if option in driver.options)


def options_of_other_drivers(driver: str, options: t.Iterable[str]) -> tuple[str, ...]:
    """Options that another driver takes and this one does not: left behind by an earlier choice of the driver."""
    if driver not in DRIVERS or driver == "none":
        return ()
    taken = {**COMMON_OPTIONS, **DRIVERS[driver].options}
    return tuple(option for option in options if option not in taken and drivers_with_option(option))


@dataclasses.dataclass(frozen=True)
class LogOptionProblem:
    """A sentence that names its key; ``option`` is ``None`` where several options do not go together."""

    option: str | None
    text: str


def find_problems(driver: str, options: Options) -> tuple[LogOptionProblem, ...]:
    """What is wrong; nothing for a driver that is a plugin and for ``none``."""
    known = DRIVERS.get(driver)
    if known is None or driver == "none":
        return ()
    taken = {**COMMON_OPTIONS, **known.options}
    unknown = [
        LogOptionProblem(option, _unknown_option(driver, option, taken)) for option in options if option not in taken
    ]
    wrong = [
        LogOptionProblem(option, f"log-opts.{option}: {value!r} is not {taken[option](value)}")
        for option, value in options.items()
        if option in taken and taken[option](value) is not None
    ]
    if wrong:
        return (*unknown, *wrong)
    missing = [
        LogOptionProblem(None, f"log-opts.{name}: the driver {driver} does not work without it")
        for name in known.required
        if name not in options
    ]
    broken = [text for text in (rule(options) for rule in (*known.rules, needs_non_blocking)) if text is not None]
    return (*unknown, *missing, *(LogOptionProblem(None, f"log-opts: {text}") for text in broken))


def new_problems(
    after: t.Iterable[LogOptionProblem], before: t.Iterable[LogOptionProblem], chosen: t.Collection[str]
) -> tuple[LogOptionProblem, ...]:
    """The problems of ``after`` that come from setting the options ``chosen``, not from what was there before.

    An option that this table does not know may be one of a newer engine, and its file is not ours to refuse.
    """
    known = {problem.text for problem in before}
    return tuple(
        problem
        for problem in after
        if problem.option in chosen
        or (problem.option is None and (problem.text not in known or any(name in problem.text for name in chosen)))
    )


def find_remarks(driver: str, options: Options) -> tuple[str, ...]:
    """What dockerd accepts and nobody can mean."""
    if driver != "json-file" or "max-size" in options:
        return ()
    if "max-file" in options:
        return ("log-opts.max-file does nothing without max-size: nothing is rotated.",)
    return ("The driver json-file without max-size lets every log grow without bound.",)


def _unknown_option(driver: str, option: str, taken: t.Iterable[str]) -> str:
    others = drivers_with_option(option)
    if others:
        return f"log-opts.{option}: not an option of the driver {driver} (but of {', '.join(others)})"
    return f"log-opts.{option}: no driver has this option; {driver} takes {', '.join(sorted(taken))}"


def _option_text(value: t.Any, key: str) -> t.Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise InvalidInput(f"{key} must be a text, a number or a boolean, not {value!r}.", object=key)
