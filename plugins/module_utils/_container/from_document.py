# SPDX-License-Identifier: GPL-3.0-or-later

"""From an existing container's inspect document to the options of ``container_run`` that make the same one."""

from __future__ import annotations

import typing as t

from .._types import Json
from .defaults import explicit_actual_options
from .endpoints import document_networks, first_network, name_networks_in_document
from .engine_info import EngineInfo
from .option import NameLookup, Unreadable, keep_reference
from .table import ROWS


class ContainerDescription(t.NamedTuple):
    """A container in terms of ``container_run``.

    :ivar options: those that make the same one.
    :ivar unreadable: options that cannot express what the container has, each with the engine's value; it is a list where
        the option has several paths.
    """

    options: Json
    unreadable: Json


def describe_document(
    document: Json,
    engine: EngineInfo,
    image: Json | None,
    *,
    names: NameLookup = keep_reference,
    reference: str | None = None,
) -> ContainerDescription:
    """The exact options of ``container_run`` for an existing container.

    :param image: the inspect document of the container's own image (by id), ``None`` when it is gone.
    :param reference: how to name the image; its name in the container unless that now means another image.
    """
    document = name_networks_in_document(document)
    options = explicit_actual_options(document, engine, image, names)
    unreadable = {name: _raw_value(name, document) for name in sorted(options) if not _is_accepted(name, options[name])}
    readable = {name: value for name, value in options.items() if name not in unreadable}
    base = {"name": document["Name"].lstrip("/"), "image": reference or document["Config"]["Image"]}
    return ContainerDescription({**base, **_with_actual_networks(readable, document)}, unreadable)


def _is_accepted(name: str, value: t.Any) -> bool:
    """Whether ``container_run`` accepts the value and means the same by it."""
    if isinstance(value, Unreadable):
        return False
    try:
        return bool(ROWS[name].normalize(value) == value)
    except ValueError:
        return False


def _raw_value(name: str, document: Json) -> t.Any:
    values = ROWS[name].raw_values(document)
    return list(values) if len(values) > 1 else values[0]


def _with_actual_networks(options: Json, document: Json) -> Json:
    """The options with the networks that the container is in now, see :func:`endpoints.has_wanted_first_network`."""
    first, present = first_network(options), document_networks(document)
    if first is None or first in present:
        if "network_mode" in options or not options.get("networks"):
            return options
        # Without network_mode, the first of the networks would be taken for it.
        return dict(sorted({**options, "network_mode": first}.items()))
    first = min(present, default="none")
    entries = [entry for entry in options.get("networks") or [] if entry != {"name": first}]
    rest = {name: value for name, value in options.items() if name != "networks"}
    return dict(sorted({**rest, "network_mode": first, **({"networks": entries} if entries else {})}.items()))
