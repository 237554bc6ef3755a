# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of the table: a row, its codec, and the rule for its default. Pure: neither ansible nor docker is known."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .._types import Json
from .engine_info import EngineInfo


class Unset(enum.Enum):
    """The type of ``UNSET``, the value of an option that is not set."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET: t.Final = Unset.UNSET


class Unreadable(t.NamedTuple):
    """A value of an inspect document that no option can express, as it stands there."""

    raw: t.Any


# What a codec raises when a document holds something that this engine's API does not promise.
_DECODE_ERRORS: t.Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# What the Engine API shows where an option is not set; 0 stands for False as well.
EMPTY: t.Final[tuple[t.Any, ...]] = (None, "", 0, [], {})


class Codec(t.NamedTuple):
    """A pair of inverse functions between the user's form and the Engine API's.

    ``decode(encode(value))`` is the normal form, which is compared. ``encode`` raises ``ValueError``, which says what is
    wrong with the value and what would be right.
    """

    encode: t.Callable[[t.Any], t.Any]
    decode: t.Callable[[t.Any], t.Any]


# Returns the name of the container with this id; anything else stays as it is. The engine stores ids where users write
# names.
NameLookup = t.Callable[[str], str]


def keep_reference(reference: str) -> str:
    """The :data:`NameLookup` that knows no container."""
    return reference


@dataclasses.dataclass(frozen=True)
class Context:
    """What decides, beside its own value, whether an option was set explicitly.

    :ivar options: the normal forms of all options of the container.
    :ivar image: the normal forms of what its image configures.
    """

    engine: EngineInfo
    image: t.Mapping[str, t.Any]
    options: t.Mapping[str, t.Any]
    names: NameLookup

    def option(self, name: str) -> t.Any:
        """The normal form of another option, or ``UNSET``."""
        return _readable(self.options.get(name, UNSET))

    def image_option(self, name: str) -> t.Any:
        """The normal form of what the image says of an option, or ``UNSET``."""
        return _readable(self.image.get(name, UNSET))


@dataclasses.dataclass(frozen=True)
class ActualContext(Context):
    """The same for a container that exists.

    :ivar document: its inspect document.
    :ivar wanted: the options that it is compared with, if any.
    """

    document: Json
    wanted: t.Mapping[str, t.Any]


def _readable(value: t.Any) -> t.Any:
    return UNSET if isinstance(value, Unreadable) else value


class DefaultRule(t.NamedTuple):
    """Takes from an option's normal form what image, engine and other options contribute; ``UNSET`` when nothing remains.

    ``wanted`` does so for a value that a user wrote, ``actual`` for one that was read from an existing container, where
    the engine has added its defaults already. Both leave alone what they returned before.
    """

    wanted: t.Callable[[t.Any, Context], t.Any]
    actual: t.Callable[[t.Any, ActualContext], t.Any]


class Option(t.NamedTuple):
    """One row: one option of ``container_run``.

    :ivar paths: dotted paths in the inspect document. With several, the API's form is a tuple.
    :ivar spec: the entry of the argument spec.
    :ivar unset_values: values of the API that mean that the option is not set.
    :ivar default: see :class:`DefaultRule`; without one, the default is that the option is not set.
    :ivar update: ``POST /containers/{id}/update`` takes it.
    :ivar reset: the user's value for the default; without it, taking the option out needs a new container.
    :ivar since: the lowest API version that knows it; ``parts``: that of single suboptions.
    :ivar tolerant: the engine's default is not in ``GET /info`` (``default-ulimits`` ...), so that an option that is not
        given is not compared: a change of daemon.json must not replace every container.
    :ivar empty: an empty list has a meaning (an entrypoint that is reset).
    """

    name: str
    paths: tuple[str, ...]
    spec: Json
    codec: Codec
    unset_values: tuple[t.Any, ...] = EMPTY
    default: DefaultRule | None = None
    update: bool = False
    reset: t.Any = UNSET
    since: tuple[int, int] = (1, 41)
    tolerant: bool = False
    empty: bool = False
    parts: t.Mapping[str, tuple[int, int]] = {}

    def read(self, document: Json) -> t.Any:
        """The normal form of what the inspect document says: ``UNSET`` where the option is not set, ``Unreadable`` where
        the codec does not understand it."""
        values = self.raw_values(document)
        if all(value in self.unset_values for value in values):
            return UNSET
        raw = values if len(values) > 1 else values[0]
        try:
            return self._unset_if_empty(self.codec.decode(raw))
        except _DECODE_ERRORS:
            return Unreadable(raw)

    def raw_values(self, document: Json) -> tuple[t.Any, ...]:
        """What the inspect document has at each of the paths."""
        return tuple(get_value(document, path) for path in self.paths)

    def normalize(self, value: t.Any) -> t.Any:
        """The normal form of what a user wrote.

        :raises ValueError: it cannot be right.
        """
        raw = self.codec.encode(value)
        values = raw if len(self.paths) > 1 else (raw,)
        if all(part in self.unset_values for part in values):
            return UNSET
        return self._unset_if_empty(self.codec.decode(raw))

    def required_api_versions(self, value: t.Any) -> t.Iterator[tuple[str, tuple[int, int]]]:
        """The option and the suboptions that a value uses, each with the lowest API version that knows it."""
        yield self.name, self.since
        entries = value if isinstance(value, list) else [value]
        for part, since in self.parts.items():
            if any(entry.get(part) not in (None, "", False) for entry in entries if isinstance(entry, dict)):
                yield f"{self.name}.{part}", since

    def _unset_if_empty(self, value: t.Any) -> t.Any:
        return UNSET if value in ([], {}, "") and not self.empty else value


def get_value(document: t.Any, path: str) -> t.Any:
    """The value at a dotted path, ``None`` where the path breaks off."""
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def set_value(document: Json, path: str, value: t.Any) -> None:
    """Write a value at a dotted path; mappings are merged (exposed and published ports share one)."""
    *parents, last = path.split(".")
    for key in parents:
        document = document.setdefault(key, {})
    if isinstance(value, dict) and isinstance(document.get(last), dict):
        document[last].update(value)
    else:
        document[last] = value
