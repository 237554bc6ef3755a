# SPDX-License-Identifier: GPL-3.0-or-later

"""What Dockerfile instructions make of an image's configuration, without asking the engine.

That makes an import's result known before it is done, and the same on every engine: 20.10 refuses STOPSIGNAL. The
rules are the engine's own (``builder/dockerfile/dispatchers.go`` in moby); an integration test holds them against it.
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t

from .._errors import InvalidInput
from .._notation.durations import parse_duration
from .._types import Json
from . import quoting
from .config import normal
from .instructions import Instruction

_PORT = re.compile(r"(?:.*:)?(\d+)(?:-(\d+))?(?:/(tcp|udp|sctp))?")


def apply(config: t.Mapping[str, t.Any], instructions: t.Iterable[Instruction]) -> Json:
    """The configuration after the instructions, in normal form.

    :raises InvalidInput: an instruction that the engine would not understand either.
    """
    state = _State(json.loads(json.dumps(config)))
    for instruction in instructions:
        try:
            _EFFECTS[instruction.keyword](state, instruction.rest)
        except ValueError as error:
            raise InvalidInput(f"changes: {instruction.text!r}: {error}.") from error
    return normal(state.config)


class _State:
    def __init__(self, config: Json) -> None:
        self.config = config
        self.command_given = False

    @property
    def env(self) -> dict[str, str]:
        return quoting.listed(self.config.get("Env") or ())

    def expanded(self, word: str) -> str:
        return quoting.expand(word, self.env)

    def merge(self, field: str, new: t.Mapping[str, t.Any]) -> None:
        self.config[field] = {**(self.config.get(field) or {}), **new}


def _env(state: _State, rest: str) -> None:
    current = list(state.config.get("Env") or ())
    for name, value in _pairs(state, rest):
        entry = f"{name}={value}"
        at = next((i for i, old in enumerate(current) if old.partition("=")[0] == name), None)
        if at is None:
            current.append(entry)
        else:
            current[at] = entry
    state.config["Env"] = current


def _label(state: _State, rest: str) -> None:
    state.merge("Labels", dict(_pairs(state, rest)))


def _pairs(state: _State, rest: str) -> list[tuple[str, str]]:
    """``a=b c="d e"``, or the old form ``a b c``, in which all that follows is the value."""
    found = quoting.split(rest)
    if "=" not in found[0]:
        value = rest[len(found[0]) :].strip()
        if not value:
            raise ValueError("a value is missing")
        return [(state.expanded(found[0]), state.expanded(value))]
    pairs = []
    for word in found:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"{word!r} has no '='; put values with spaces in quotes")
        pairs.append((state.expanded(name), state.expanded(value)))
    if not all(name for name, _value in pairs):
        raise ValueError("a name is empty")
    return pairs


def _expose(state: _State, rest: str) -> None:
    for word in rest.split():
        for spec in state.expanded(word).split():
            match = _PORT.fullmatch(spec.lower())
            if not match:
                raise ValueError(f"{spec!r} is not a port such as 80, 53/udp or 8000-8010")
            first, last, protocol = int(match[1]), int(match[2] or match[1]), match[3] or "tcp"
            if not 0 < first <= last <= 65535:
                raise ValueError(f"{spec!r} is out of range")
            state.merge("ExposedPorts", {f"{port}/{protocol}": {} for port in range(first, last + 1)})


def _volume(state: _State, rest: str) -> None:
    listed = _json_list(rest)
    paths = [state.expanded(word).strip() for word in (rest.split() if listed is None else listed)]
    if not paths or not all(paths):
        raise ValueError("a path is empty")
    state.merge("Volumes", {path: {} for path in paths})


def _user(state: _State, rest: str) -> None:
    state.config["User"] = state.expanded(rest)


def _workdir(state: _State, rest: str) -> None:
    path = state.expanded(rest)
    if not path:
        raise ValueError("the path is empty")
    if not path.startswith("/"):
        path = posixpath.normpath(posixpath.join("/", state.config.get("WorkingDir") or "", path))
    state.config["WorkingDir"] = path


def _command(state: _State, rest: str) -> list[str]:
    listed = _json_list(rest)
    if listed is not None:
        return listed
    return [*(state.config.get("Shell") or ["/bin/sh", "-c"]), rest]


def _cmd(state: _State, rest: str) -> None:
    state.config["Cmd"] = _command(state, rest)
    state.command_given = True


def _entrypoint(state: _State, rest: str) -> None:
    state.config["Entrypoint"] = _command(state, rest)
    if not state.command_given:
        state.config["Cmd"] = None


def _healthcheck(state: _State, rest: str) -> None:
    flags: dict[str, str] = {}
    while rest.startswith("--"):
        flag, _space, rest = rest.partition(" ")
        name, _equals, value = flag[2:].partition("=")
        flags[name] = value
        rest = rest.strip()
    kind, _space, probe = rest.partition(" ")
    probe = probe.strip()
    if kind.upper() == "NONE" and not probe and not flags:
        state.config["Healthcheck"] = {"Test": ["NONE"]}
        return
    if kind.upper() != "CMD" or not probe:
        raise ValueError("HEALTHCHECK must go on with CMD and a command, or be NONE")
    listed = _json_list(probe)
    check: Json = {"Test": ["CMD-SHELL", probe] if listed is None else ["CMD", *listed]}
    for name, value in flags.items():
        if name not in _HEALTH_FLAGS:
            raise ValueError(f"unknown flag --{name}")
        check[_HEALTH_FLAGS[name]] = int(value) if name == "retries" else parse_duration(value, bare=False)
    state.config["Healthcheck"] = check


_HEALTH_FLAGS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
    "retries": "Retries",
}


def _onbuild(state: _State, rest: str) -> None:
    if rest.split()[0].upper() in ("ONBUILD", "FROM", "MAINTAINER"):
        raise ValueError(f"ONBUILD cannot trigger {rest.split()[0].upper()}")
    state.config["OnBuild"] = [*(state.config.get("OnBuild") or ()), rest]


def _shell(state: _State, rest: str) -> None:
    listed = _json_list(rest)
    if not listed:
        raise ValueError('SHELL must be a list of words such as ["/bin/sh", "-c"]')
    state.config["Shell"] = listed


def _stop_signal(state: _State, rest: str) -> None:
    signal = state.expanded(rest)
    if not re.fullmatch(r"\d+|[A-Za-z][A-Za-z0-9+-]*", signal):
        raise ValueError(f"{signal!r} is not a signal")
    state.config["StopSignal"] = signal


def _json_list(text: str) -> list[str] | None:
    """The words of the JSON form; anything that is not a list of strings is the shell form."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(item, str) for item in found) else None


_EFFECTS: dict[str, t.Callable[[_State, str], None]] = {
    "ENV": _env,
    "LABEL": _label,
    "EXPOSE": _expose,
    "VOLUME": _volume,
    "USER": _user,
    "WORKDIR": _workdir,
    "ENTRYPOINT": _entrypoint,
    "CMD": _cmd,
    "HEALTHCHECK": _healthcheck,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "STOPSIGNAL": _stop_signal,
}
