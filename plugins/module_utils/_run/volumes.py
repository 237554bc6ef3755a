# SPDX-License-Identifier: GPL-3.0-or-later

"""What a replaced container has mounted, and what of it the new one mounts. Pure."""

from __future__ import annotations

import typing as t

from .._container.storage import is_anonymous_name
from .._container.values import clean_path
from .._types import Json

# The options that mount something: a difference in one of them was asked for.
OPTIONS = frozenset(("mounts", "volumes", "volumes_from"))


def anonymous(document: Json) -> dict[str, str]:
    """A container's anonymous volumes: where, and their names."""
    return {
        str(mount["Destination"]): str(mount["Name"])
        for mount in document.get("Mounts") or ()
        if mount.get("Type") == "volume" and is_anonymous_name(str(mount.get("Name")))
    }


def carried(old: Json, body: Json, declared: t.Collection[str], sources: t.Iterable[Json] = ()) -> Json:
    """The create body with the old container's anonymous volumes in the place of new ones.

    :param declared: where an anonymous volume is asked for; an image may say ``/data/``.
    :param sources: the containers of ``volumes_from``, whose mounts come before those that an image declares.
    """
    host = dict(body.get("HostConfig") or {})
    volumes = anonymous(old)
    if not volumes:
        return body
    mounts = [_with_volume(mount, volumes) for mount in host.get("Mounts") or ()]
    binds = list(host.get("Binds") or ())
    taken = {clean_path(str(mount.get("Target"))) for mount in mounts}
    taken.update(clean_path(place) for place in host.get("Tmpfs") or ())
    taken.update(clean_path(bind.split(":")[1]) for bind in binds if ":" in bind)
    taken.update(mount["Destination"] for source in sources for mount in source.get("Mounts") or ())
    wanted = {clean_path(place) for place in declared} - taken
    binds += [f"{volumes[place]}:{place}" for place in sorted(volumes) if place in wanted]
    return {**body, "HostConfig": {**host, "Binds": binds, "Mounts": mounts}}


def _with_volume(mount: Json, volumes: t.Mapping[str, str]) -> Json:
    place = clean_path(str(mount.get("Target")))
    if mount.get("Type") == "volume" and not mount.get("Source") and place in volumes:
        return {**mount, "Source": volumes[place]}
    return mount


def left_behind(old: Json, body: Json, sources: t.Iterable[Json] = ()) -> list[Json]:
    """The volumes and folders of the old container that a new one with this create body does not mount anywhere."""
    host = body.get("HostConfig") or {}
    used = {clean_path(bind.split(":")[0]) for bind in host.get("Binds") or ()}
    used.update(clean_path(str(mount.get("Source"))) for mount in host.get("Mounts") or ())
    used.update(_source(mount) for source in sources for mount in source.get("Mounts") or ())
    return [
        mount
        for mount in old.get("Mounts") or ()
        if mount.get("Type") in ("bind", "volume") and _source(mount) not in used
    ]


def _source(mount: Json) -> str:
    return clean_path(str(mount.get("Name") or mount.get("Source")))


def warnings(name: str, left: t.Iterable[Json], because: t.Collection[str]) -> list[str]:
    """What to say about them.

    :param because: the options that made the replacement necessary. Named volumes and folders that the task took out were
        meant to go; an anonymous volume is in no task.
    """
    texts = []
    for mount in left:
        known = mount["Type"] == "bind" or not is_anonymous_name(str(mount["Name"]))
        if known and not OPTIONS.isdisjoint(because):
            continue
        mode = "" if mount.get("RW", True) else ":ro"
        line = f"{_source(mount)}:{mount['Destination']}{mode}"
        what = f"{_source(mount)}, which the old one had" if known else "The anonymous volume that the old one had"
        texts.append(
            f"Container {name} was replaced. {what} at {mount['Destination']}, is not mounted in the new one. "
            f'Nothing of it was removed: volumes: ["{line}"] mounts it again.'
        )
    return texts
