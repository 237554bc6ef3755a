# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of one container, and those that say what to do with it."""

from __future__ import annotations

import typing as t

from .._argspec import ArgSpec
from .._container.table import argument_spec
from .._errors import InvalidInput
from .._notation.durations import parse_duration
from .._notation.names import is_container_name
from .plan import Request

OWN = ArgSpec(
    options={
        "detach": {"type": "bool", "default": True},
        "force_kill": {"type": "bool", "default": False, "aliases": ["forcekill"]},
        "ignore_changes": {"type": "list", "elements": "str", "default": []},
        "keep_volumes": {"type": "bool", "default": True},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "name": {"type": "str", "required": True},
        "paused": {"type": "bool", "default": False},
        "pull": {"type": "str", "choices": ["always", "missing", "never"], "default": "missing"},
        "recreate": {"type": "str", "choices": ["always", "auto", "never"], "default": "auto"},
        "restart": {"type": "bool", "default": False},
        "rollback": {"type": "bool", "default": True},
        "stable_for": {"type": "str", "default": "3s"},
        "state": {
            "type": "str",
            "choices": ["absent", "healthy", "present", "started", "stopped"],
            "default": "started",
        },
        "stdin": {"type": "str"},
        "wait_timeout": {"type": "float", "aliases": ["healthy_wait_timeout"]},
    },
)


# May hold ``container:NAME``. The engine stores the id, so that a replaced container takes along who lives there.
NAMESPACES = ("ipc_mode", "network_mode", "pid_mode")


def namespaces(options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The options that name another container, and its name."""
    modes = {option: str(options.get(option) or "") for option in NAMESPACES}
    return {option: mode.partition(":")[2] for option, mode in modes.items() if mode.startswith("container:")}


def container_spec() -> ArgSpec:
    """The argument spec of ``container_run``, and of each entry of ``containers``."""
    return OWN.merge(argument_spec())


def stable_seconds(params: t.Mapping[str, t.Any]) -> float:
    """``stable_for`` as a number; one without a unit means seconds.

    :raises InvalidInput: it is no duration.
    """
    try:
        return parse_duration(params["stable_for"]) / 1e9
    except ValueError as error:
        raise InvalidInput(f"stable_for: {error}.", object=f"container {params['name']}") from error


def check_options(params: t.Mapping[str, t.Any]) -> Request:
    """What is wanted, once the options fit each other.

    :raises InvalidInput: they do not.
    """
    stable_seconds(params)
    name = str(params["name"]).lstrip("/")
    if not is_container_name(name):
        raise InvalidInput(
            f"name {name!r} is no container name: two or more of a-z A-Z 0-9 _ . - are, a letter or a digit first.",
            object=f"container {name}",
        )
    about, state = f"container {name}", str(params["state"])
    table = argument_spec().options
    given = sorted(option for option in table if params.get(option) is not None and option != "image")
    if given and not params.get("image") and state != "absent":
        raise InvalidInput(
            f"Container {name}: {', '.join(given)} without image. Options are compared as a whole, so the image is "
            "needed; without any, only the state is looked after.",
            object=about,
        )
    unknown = sorted(set(params["ignore_changes"]) - set(table))
    if unknown:
        raise InvalidInput(
            f"ignore_changes of container {name} names unknown options: {', '.join(unknown)}.", object=about
        )
    if not params["detach"] and (state != "started" or params["paused"] or params["restart"]):
        raise InvalidInput(
            f"Container {name}: detach=false waits for the container's end, so that state has to be started, and "
            "paused and restart cannot be asked for.",
            object=about,
        )
    if params["max_bytes"] < 0:
        raise InvalidInput(f"Container {name}: max_bytes cannot be negative.", object=about)
    if state == "healthy" and params["paused"]:
        raise InvalidInput(f"Container {name}: a paused container cannot be healthy.", object=about)
    if params.get("stdin") is not None and (params["detach"] or params.get("tty")):
        raise InvalidInput(f"Container {name}: stdin needs detach=false, and no tty.", object=about)
    if name in namespaces(params).values():
        raise InvalidInput(f"Container {name} cannot share a namespace with itself.", object=about)
    return Request(name, state, bool(params["paused"]), str(params["recreate"]), bool(params["restart"]))
