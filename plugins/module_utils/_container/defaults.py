# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place where options are compared with their defaults: what remains was set explicitly.

The engine merges what a user wrote with its own defaults and with the image's (moby, ``daemon/commit.go`` ``merge``).
Here those are taken away again, from what a user wrote and from an inspect document alike, so that the two can be
compared. What the default of an option is, its rule in ``default_rules`` says.
"""

from __future__ import annotations

import typing as t

from .._types import Json
from .codecs import split_variable
from .engine_info import EngineInfo
from .option import UNSET, ActualContext, Context, NameLookup, Option, Unreadable, keep_reference
from .table import TABLE


def explicit_wanted_options(
    options: t.Mapping[str, t.Any],
    engine: EngineInfo,
    image: Json | None = None,
    names: NameLookup = keep_reference,
) -> Json:
    """The options that differ from their defaults, of those that a user wrote.

    :param options: their normal forms.
    :param image: the inspect document of the image that the container will have.
    """
    context = Context(engine=engine, image=image_options(image), options=options, names=names)

    def remove_default(row: Option, value: t.Any) -> t.Any:
        return row.default.wanted(value, context) if row.default else value

    return _explicit_options(context, remove_default)


def explicit_actual_options(
    document: Json,
    engine: EngineInfo,
    image: Json | None,
    names: NameLookup = keep_reference,
    wanted: t.Mapping[str, t.Any] | None = None,
) -> Json:
    """The options that differ from their defaults, of those that an existing container has. Some may be ``Unreadable``.

    :param image: the inspect document of the container's own image, ``None`` when it is gone.
    :param wanted: the options that the container is compared with.
    """
    context = ActualContext(
        engine=engine,
        image=image_options(image),
        options=document_options(document),
        names=names,
        document=document,
        wanted=wanted or {},
    )

    def remove_default(row: Option, value: t.Any) -> t.Any:
        return row.default.actual(value, context) if row.default else value

    return _explicit_options(context, remove_default)


def _explicit_options(context: Context, remove_default: t.Callable[[Option, t.Any], t.Any]) -> Json:
    explicit = {}
    for row in TABLE:
        value = context.options.get(row.name, UNSET)
        if isinstance(value, Unreadable):
            value = UNSET if value == context.image.get(row.name) else value
        elif row.empty or value is not UNSET:
            value = remove_default(row, value)
        if value is not UNSET:
            explicit[row.name] = value
    return explicit


def document_options(document: Json) -> Json:
    """The normal forms of all options that an inspect document shows, some of them ``Unreadable``."""
    values = {row.name: row.read(document) for row in TABLE}
    return {name: value for name, value in values.items() if value is not UNSET}


def image_options(image: Json | None) -> Json:
    """The normal forms of what an image's inspect document configures for its containers.

    ``env`` has every value of a variable: where an image has two, the engine hands on both or, beside variables of the
    container's own, the first.
    """
    config = (image or {}).get("Config") or {}
    variables: dict[str, list[str | None]] = {}
    for item in config.get("Env") or ():
        name, value = split_variable(item)
        variables.setdefault(name, []).append(value)
    return {**document_options({"Config": config}), "env": variables}
