# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back, from an inspect document to options. Apart from ``derive``, as hosts that only run need it not."""

from __future__ import annotations

from . import differences
from . import networks as nets
from .option import Context, Engine, Json, same_name


def run_options(
    document: Json,
    engine: Engine,
    image: Json | None,
    *,
    names: differences.Names = same_name,
    reference: str | None = None,
) -> Json:
    """The exact options of ``container_run`` for an existing container: the way back.

    :param image: the inspect document of the container's own image (by id), ``None`` when it is gone.
    :param names: turns a container's id into its name.
    :param reference: how to name the image; its name in the container unless that now means another image.
    """
    document = nets.resolved(document)
    context = Context(engine=engine, image=differences.image_options(image), document=document, names=names)
    own = _as_connected(differences.own_options(differences.read_options(document), context), document)
    named = {"name": document["Name"].lstrip("/"), "image": reference or document["Config"]["Image"]}
    return {**named, **own}


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
