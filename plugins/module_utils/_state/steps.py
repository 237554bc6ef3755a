# SPDX-License-Identifier: GPL-3.0-or-later

"""Which step leads a container from its status to a state: a table. Pure."""

from __future__ import annotations

from .options import StateOptions

# What each status needs for each state; a status that is not named needs nothing, "" is a status that cannot get there.
# An engine says of a restarting container that it runs; of a paused one too. Starting a paused one is refused
# ("try unpause instead"), so that is what is done.
STEPS: dict[str, dict[str, str]] = {
    "started": {"created": "start", "exited": "start", "paused": "unpause", "dead": "", "removing": ""},
    "stopped": {"running": "stop", "paused": "stop", "restarting": "stop"},
    "restarted": {
        **dict.fromkeys(("created", "exited", "paused", "restarting", "running"), "restart"),
        **dict.fromkeys(("dead", "removing"), ""),
    },
    "paused": {"running": "pause", **dict.fromkeys(("created", "dead", "exited", "removing", "restarting"), "")},
    "unpaused": {"paused": "unpause"},
    "killed": {"running": "kill", "paused": "kill", "restarting": "kill"},
}
# The status after a step.
RESULTING = {"start": "running", "stop": "exited", "restart": "running", "pause": "paused", "unpause": "running"}
# These ask a process to end, so that one which has ended needs none of them; any other signal wants a listener.
ENDING = ("ABRT", "INT", "KILL", "QUIT", "TERM")


def choose_step(status: str, options: StateOptions) -> str | None:
    """The step to take, or ``None``; ``""``: there is no way.

    :param status: the container's ``State.Status``.
    """
    step = STEPS[options.state].get(status)
    if step is None and options.state == "killed" and (options.signal or "KILL") not in ENDING:
        return ""
    return step


def ends_process(step: str | None, options: StateOptions) -> bool:
    """Whether the container does not run after this step."""
    return step == "stop" or (step == "kill" and (options.signal or "KILL") in ENDING)
