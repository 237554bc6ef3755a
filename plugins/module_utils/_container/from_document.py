# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back, from an inspect document to options. Apart from ``derive``, as hosts that only run need it not."""

from __future__ import annotations

import typing as t

from .._types import Json
from . import differences
from . import networks as nets
from .option import Context, Engine, Unreadable, dig, same_name
from .table import ROWS


class Description(t.NamedTuple):
    """A container in the words of ``container_run``.

    :ivar options: those that make the same one.
    :ivar unreadable: options that cannot say what the container has; of each what the engine shows, a list of it where the
        option has several places.
    """

    options: Json
    unreadable: Json


def run_options(document: Json, engine: Engine, image: Json | None, **how: t.Any) -> Json:
    """The options alone of :func:`described`."""
    return described(document, engine, image, **how).options


def described(
    document: Json,
    engine: Engine,
    image: Json | None,
    *,
    names: differences.Names = same_name,
    reference: str | None = None,
) -> Description:
    """The exact options of ``container_run`` for an existing container: the way back.

    :param image: the inspect document of the container's own image (by id), ``None`` when it is gone.
    :param names: turns a container's id into its name.
    :param reference: how to name the image; its name in the container unless that now means another image.
    """
    document = nets.resolved(document)
    context = Context(engine=engine, image=differences.image_options(image), document=document, names=names)
    found = differences.own_options(differences.read_options(document), context)
    odd = {name for name, value in found.items() if not _taken(name, value)}
    unreadable = {name: _raw(name, document) for name in sorted(odd)}
    own = _as_connected({name: value for name, value in found.items() if name not in odd}, document)
    named = {"name": document["Name"].lstrip("/"), "image": reference or document["Config"]["Image"]}
    return Description({**named, **own}, unreadable)


def _taken(name: str, value: t.Any) -> bool:
    """Whether ``container_run`` takes the value and means the same by it."""
    if isinstance(value, Unreadable):
        return False
    try:
        return bool(ROWS[name].normal(value) == value)
    except ValueError:
        return False


def _raw(name: str, document: Json) -> t.Any:
    raws = [dig(document, path) for path in ROWS[name].paths]
    return raws if len(raws) > 1 else raws[0]


def _as_connected(options: Json, document: Json) -> Json:
    """Run options that lead to the networks the container is in now, see :func:`endpoints.same_first`."""
    first, present = nets.primary(options), nets.networks_of(document)
    if first is None or first in present:
        named = "network_mode" in options or not options.get("networks")
        # Unless it is named, the first of the others would be taken for it.
        return options if named else dict(sorted({**options, "network_mode": first}.items()))
    first = min(present, default="none")
    entries = [entry for entry in options.get("networks") or [] if entry != {"name": first}]
    rest = {name: value for name, value in options.items() if name != "networks"}
    return dict(sorted({**rest, "network_mode": first, **({"networks": entries} if entries else {})}.items()))
