# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``changes`` of commit and import: Dockerfile instructions, as text or as a mapping.

Text is taken as the user wrote it, one instruction each: ``$X`` is expanded, quotes are words' quotes. A mapping's
values are literal: they are quoted so that spaces, quotes, ``$``, ``=`` and backslashes come out as they went in.

The engine joins instructions with newlines (20.10 to 28), so that a newline in a value would be another instruction,
and a backslash at the end would swallow the next one. Both are refused here; only the JSON form of commands can carry a
newline, as ``\\n``. STOPSIGNAL and SHELL are refused by ``changes`` of the Engine API ("not a valid change command",
20.10); :mod:`effect` knows what they do to an image's configuration.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import typing as t

from .._errors import InvalidInput
from .._notation.durations import format_duration, parse_duration

# Those that the engine's own ``changes`` parameter takes, and two more that only :mod:`effect` can carry out.
ENGINE = ("ENV", "LABEL", "EXPOSE", "VOLUME", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "HEALTHCHECK", "ONBUILD")
ALL = (*ENGINE, "SHELL", "STOPSIGNAL")

_FORBIDDEN = re.compile(r"[\n\r\0]")


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One instruction: the keyword in capitals, and the rest of its line."""

    keyword: str
    rest: str

    @property
    def text(self) -> str:
        return f"{self.keyword} {self.rest}"


def parse(changes: t.Any) -> tuple[Instruction, ...]:
    """The instructions of a ``changes`` option: one text, a list of texts, a mapping, or JSON of a list or mapping.

    :raises InvalidInput: unknown instruction, a newline, a value that has no place in an instruction.
    """
    if isinstance(changes, str):
        changes = _decoded(changes)
    if not changes:
        return ()
    if isinstance(changes, t.Mapping):
        return _of_mapping(changes)
    if isinstance(changes, str):
        return (_of_text(changes),)
    if isinstance(changes, (list, tuple)):
        return tuple(_of_text(_text(item, "an entry of changes")) for item in changes)
    raise InvalidInput(
        f"changes must be Dockerfile instructions as text, a list of texts or a mapping, not {changes!r}."
    )


def texts(instructions: t.Iterable[Instruction]) -> list[str]:
    """One line each, for the query parameter ``changes`` (which is repeated) of commit and import."""
    return [instruction.text for instruction in instructions]


def refused_by_engine(instructions: t.Iterable[Instruction]) -> tuple[str, ...]:
    """The keywords among them that the Engine API's ``changes`` does not take."""
    return tuple(dict.fromkeys(i.keyword for i in instructions if i.keyword not in ENGINE))


def digest(instructions: t.Iterable[Instruction]) -> str:
    """A stable name for what was asked, for provenance; the same for a mapping and for equal text."""
    return hashlib.sha256("\n".join(texts(instructions)).encode()).hexdigest()


def quote(value: str) -> str:
    """A word that the engine reads back as ``value``: in double quotes only ``\\``, ``"`` and ``$`` mean something."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", value) + '"'


def _decoded(text: str) -> t.Any:
    """Ad-hoc commands pass lists and mappings as JSON."""
    stripped = text.strip()
    if stripped[:1] not in ("[", "{"):
        return stripped
    try:
        return json.loads(stripped)
    except ValueError as error:
        raise InvalidInput(f"changes is neither an instruction nor valid JSON ({error}): {stripped}") from error


def _of_text(text: str) -> Instruction:
    line = text.strip()
    _forbid(line, f"changes: {line!r}", "write each instruction as an entry of its own")
    keyword, _space, rest = line.partition(" ") if " " in line else line.partition("\t")
    keyword, rest = keyword.upper(), rest.strip()
    if keyword not in ALL:
        raise InvalidInput(f"changes: {line!r} does not begin with one of {', '.join(ALL)}.")
    if not rest:
        raise InvalidInput(f"changes: {keyword} says nothing; write for example '{keyword} {_EXAMPLES[keyword]}'.")
    if rest.endswith("\\"):
        raise InvalidInput(f"changes: {line!r} ends with a backslash, which would join it with the next instruction.")
    return Instruction(keyword, rest)


_EXAMPLES = {
    "ENV": "NAME=value",
    "LABEL": "name=value",
    "EXPOSE": "8080/tcp",
    "VOLUME": "/data",
    "USER": "app",
    "WORKDIR": "/srv",
    "ENTRYPOINT": '["/entry"]',
    "CMD": '["serve"]',
    "HEALTHCHECK": "CMD /check",
    "ONBUILD": "RUN make",
    "SHELL": '["/bin/sh", "-c"]',
    "STOPSIGNAL": "SIGTERM",
}


def _of_mapping(changes: t.Mapping[t.Any, t.Any]) -> tuple[Instruction, ...]:
    given = {str(key).upper(): value for key, value in changes.items()}
    unknown = sorted(set(given) - set(ALL))
    if unknown:
        raise InvalidInput(f"changes: unknown instruction {', '.join(unknown)}; there are {', '.join(ALL)}.")
    # In the order of ALL: an ENTRYPOINT drops the CMD that stands before it.
    found: list[Instruction] = []
    for keyword in ALL:
        if keyword in given:
            found.extend(Instruction(keyword, rest) for rest in _WRITERS[keyword](keyword, given[keyword]))
    return tuple(found)


def _pairs(keyword: str, value: t.Any) -> list[str]:
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"changes: {keyword} must be a mapping of names and values, not {value!r}.")
    words = []
    for name, content in value.items():
        key = _text(name, f"a name of {keyword}")
        if not key or "=" in key:
            raise InvalidInput(f"changes: {keyword} cannot have a name that is empty or contains '=': {key!r}.")
        words.append(f"{quote(_line(keyword, key))}={quote(_line(keyword, _text(content, f'{keyword} {key}')))}")
    return words


def _words(keyword: str, value: t.Any) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else [value]
    return [quote(_line(keyword, _text(item, keyword))) for item in items]


def _folders(keyword: str, value: t.Any) -> list[str]:
    # The JSON form keeps spaces; its words are expanded like all others, hence quoted as well.
    return [json.dumps([word]) for word in _words(keyword, value)]


def _command(keyword: str, value: t.Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [json.dumps([_text(item, keyword) for item in value])]
    text = _line(keyword, _text(value, keyword)).strip()
    if not text or text.endswith("\\"):
        raise InvalidInput(f"changes: {keyword} must be a command or a list of words ([] for none), not {value!r}.")
    return [text]


def _exec_only(keyword: str, value: t.Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not value:
        raise InvalidInput(f"changes: {keyword} must be a list of words, not {value!r}.")
    return _command(keyword, value)


def _lines(keyword: str, value: t.Any) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_of_text(f"{keyword} {_text(item, keyword)}").rest for item in items]


def _healthcheck(keyword: str, value: t.Any) -> list[str]:
    if isinstance(value, str) and value.strip().upper() == "NONE":
        return ["NONE"]
    options = dict(value) if isinstance(value, t.Mapping) else {"test": value}
    test = options.pop("test", None)
    if isinstance(test, (list, tuple)) and [str(word).upper() for word in test] == ["NONE"]:
        return ["NONE"]
    flags = [_flag(name, options.pop(name)) for name in _HEALTH_FLAGS if options.get(name) is not None]
    if options or not test:
        raise InvalidInput(
            f"changes: {keyword} must have a 'test', and may have {', '.join(_HEALTH_FLAGS)}; got {value!r}."
        )
    return [" ".join([*flags, "CMD", _probe(keyword, test)])]


_HEALTH_FLAGS = ("interval", "timeout", "start_period", "start_interval", "retries")


def _flag(name: str, value: t.Any) -> str:
    text = _text(value, f"HEALTHCHECK {name}")
    if name == "retries":
        if not text.isdigit():
            raise InvalidInput(f"changes: HEALTHCHECK retries must be a number: {text!r}.")
        return f"--retries={text}"
    try:
        # As in container_run, a number counts seconds; an instruction must name the unit.
        duration = format_duration(parse_duration(text))
    except ValueError as error:
        raise InvalidInput(f"changes: HEALTHCHECK {name}: {error}.") from error
    return f"--{name.replace('_', '-')}={duration}"


def _probe(keyword: str, test: t.Any) -> str:
    if isinstance(test, (list, tuple)):
        if str(test[0]).upper() == "CMD-SHELL" and len(test) == 2:
            return _command(keyword, test[1])[0]
        return _command(keyword, test[1:] if str(test[0]).upper() == "CMD" else test)[0]
    return _command(keyword, test)[0]


_WRITERS: dict[str, t.Callable[[str, t.Any], list[str]]] = {
    "ENV": _pairs,
    "LABEL": _pairs,
    "EXPOSE": _words,
    "VOLUME": _folders,
    "USER": _words,
    "WORKDIR": _words,
    "ENTRYPOINT": _command,
    "CMD": _command,
    "HEALTHCHECK": _healthcheck,
    "ONBUILD": _lines,
    "SHELL": _exec_only,
    "STOPSIGNAL": _lines,
}


def _text(value: t.Any, where: str) -> str:
    """A value as text; YAML's booleans, floats and nulls have no one spelling and are refused."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidInput(f"changes: the value of {where} must be text, not {value!r}: put it in quotes.")


def _line(keyword: str, value: str) -> str:
    _forbid(value, f"changes: {keyword} {value!r}", "an instruction is one line")
    return value


def _forbid(value: str, where: str, advice: str) -> None:
    if _FORBIDDEN.search(value):
        raise InvalidInput(f"{where} contains a newline (or a null byte), which cannot be passed on: {advice}.")
