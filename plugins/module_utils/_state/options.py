# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``container_state``."""

from __future__ import annotations

import dataclasses

from .._errors import InvalidInput
from .._notation.signals import parse_signal
from .._selection import name_of
from .._types import Json

# What can never come true after the state was reached.
_IMPOSSIBLE = {
    ("stopped", "running"),
    ("stopped", "healthy"),
    ("paused", "exited"),
    ("paused", "healthy"),
    ("paused", "running"),
}


@dataclasses.dataclass(frozen=True)
class StateOptions:
    """The state that every container is to have, and what to wait for afterwards.

    :ivar signal: without ``SIG``, such as ``HUP``.
    """

    state: str
    signal: str | None = None
    stop_timeout: int | None = None
    wait_for: str | None = None
    wait_timeout: float = 60.0

    @classmethod
    def from_params(cls, params: Json) -> StateOptions:
        """The module's options.

        :raises InvalidInput: they cannot be right together.
        """
        state, wait_for = params["state"], params["wait_for"]
        if (state, wait_for) in _IMPOSSIBLE:
            raise InvalidInput(f"A container that is {state} is never {wait_for}: leave wait_for out.")
        if params["signal"] is not None and state not in ("killed", "restarted", "stopped"):
            raise InvalidInput(
                f"signal is for killed, stopped and restarted; nothing is sent to make a container {state}."
            )
        if params["stop_timeout"] is not None and state not in ("restarted", "stopped"):
            raise InvalidInput("stop_timeout is for stopped and restarted.")
        signal = None if params["signal"] is None else signal_name(params["signal"])
        return cls(state, signal, params["stop_timeout"], wait_for, params["wait_timeout"])


def signal_name(text: str) -> str:
    """``SIGHUP``, ``hup`` and ``1`` are all ``HUP``; ``RTMIN+3`` stays.

    :raises InvalidInput: Linux has no such signal.
    """
    try:
        return parse_signal(text)[len("SIG") :]
    except ValueError as error:
        raise InvalidInput(f"signal: {error}; 'kill -l' lists what there is.", object="signal") from error


def refuse_endless_wait(document: Json, options: StateOptions) -> None:
    """:raises InvalidInput: ``wait_for`` can never come true for this container."""
    test = ((document["Config"].get("Healthcheck") or {}).get("Test")) or ["NONE"]
    if options.wait_for == "healthy" and test[0] == "NONE":
        raise InvalidInput(
            f"Container {name_of(document)} has no healthcheck, so it never gets healthy: wait for running instead.",
            object=f"container {name_of(document)}",
        )
