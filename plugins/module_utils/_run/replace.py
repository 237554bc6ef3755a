# SPDX-License-Identifier: GPL-3.0-or-later

"""One container in the place of another, as a transaction.

1. The new one is created under a temporary name, with its networks. What is wrong with its options shows here, while the
   old one still serves.
2. The old one gives its name to the new one; its own now tells what it was doing.
3. The old one is stopped, before the new one starts: both want the same host ports, addresses and files, and two
   databases on one volume are worse than a short pause.
4. The new one is started and proven.
5. The old one is removed. Up to here everything can be undone.

When the run is killed, the names tell the next one how far it came (:mod:`recovery`).
"""

from __future__ import annotations

import typing as t

from .._container.storage import ANONYMOUS
from .._engine import containers
from .._engine.client import Daemon, Json
from .._errors import Conflict, EngineError, Failed, Missing, StevedoreError
from .._health import last_lines
from . import recovery
from .plan import ACTIVE


class Successor(t.NamedTuple):
    """The new container as it is to be created.

    :ivar endpoints: of the networks that the body does not have.
    :ivar declared: where its image or its options ask for an anonymous volume.
    """

    name: str
    body: Json
    endpoints: t.Mapping[str, Json]
    declared: t.Collection[str] = ()
    platform: str | None = None


def replace(
    daemon: Daemon,
    old: Json,
    successor: Successor,
    start: t.Callable[[str], None] | None,
    *,
    keep_volumes: bool = True,
    rollback: bool = True,
    how: containers.Stop = containers.AS_CONFIGURED,
) -> str:
    """Put ``successor`` in the place of ``old``; the new container's id.

    :param old: its inspect document.
    :param start: starts and proves the new one; ``None`` leaves it created.
    :param keep_volumes: the old one's anonymous volumes go to the new one.
    :param rollback: false leaves a failed successor in its place, the old one beside it, stopped.
    :param how: to stop the old one.
    :raises Failed: says whether the old one is back.
    """
    name, about = successor.name, f"container {successor.name}"
    was = str(old["State"]["Status"])
    body = carried(old, successor.body, successor.declared) if keep_volumes else successor.body
    new = None
    try:
        new = containers.create(
            daemon, recovery.new_name(name, old["Id"]), body, successor.endpoints, successor.platform
        )
        containers.rename(daemon, old["Id"], recovery.old_name(name, old["Id"], new, was))
        containers.rename(daemon, new, name)
        if was in ACTIVE:
            _retire(daemon, old, about, how)
        if start is not None:
            start(new)
    except StevedoreError as error:
        raise _failure(daemon, old, name, new, error, rollback) from error
    try:
        if keep_volumes:
            containers.remove(daemon, old["Id"], about, how=how)
        else:
            discard(daemon, old, about, how)
    except EngineError as error:
        raise Failed(
            f"Container {name} is replaced and in order, but the old one, {old['Id'][:12]}, could not be removed; the next "
            f"run tries again. {error.msg}",
            status=error.status,
            object=about,
        ) from error
    return new


def discard(daemon: Daemon, document: Json, about: str, how: containers.Stop = containers.AS_CONFIGURED) -> None:
    """Remove a container and its anonymous volumes, also a predecessor's, which the engine would leave as named ones."""
    containers.remove(daemon, document["Id"], about, volumes=True, how=how)
    for volume in anonymous(document).values():
        try:
            daemon.delete(f"/volumes/{volume}", about=f"volume {volume[:12]}")
        except (Missing, Conflict):
            # Gone already, or mounted elsewhere.
            continue


def _retire(daemon: Daemon, old: Json, about: str, how: containers.Stop) -> None:
    try:
        containers.stop(daemon, old["Id"], about, how)
    except Missing:
        # auto_remove
        return


def _failure(
    daemon: Daemon, old: Json, name: str, new: str | None, error: StevedoreError, rollback: bool
) -> StevedoreError:
    """Put the old one back, and say what happened."""
    lines = "" if new is None else _last_words(daemon, new)
    said = f" The new one's last lines: {lines}" if lines and lines not in error.msg else ""

    def failed(end: str, **more: t.Any) -> Failed:
        msg = f"Container {name} could not be replaced: {error.msg}{said} {end}"
        return Failed(msg, status=error.status, object=f"container {name}", **more)

    if not rollback:
        return failed(
            "As rollback is false, the new one stays for you to look at, and the old one is kept as "
            f"{name}.stevedore-old-*. The next run gives it its name back first."
        )
    try:
        undo(daemon, name, old, new, str(old["State"]["Status"]))
    except StevedoreError as second:
        return failed(f"And the old one could not be put back: {second.msg} The next run tries again.")
    return failed("The old one is back, as it was.", rolled_back=True)


def _last_words(daemon: Daemon, new: str) -> str:
    try:
        return last_lines(daemon, daemon.container(new))
    except StevedoreError:
        # Gone (auto_remove), or the engine is.
        return ""


def undo(daemon: Daemon, name: str, old: Json, new: str | None, was: str) -> None:
    """Give the old container its name and its running state back; every step may be done already.

    :param old: its inspect document.
    :param was: its ``State.Status``.
    """
    about = f"container {name}"
    if new is not None:
        # What was carried over is mounted by name, and stays.
        containers.remove_failed(daemon, new, about)
    now = daemon.find_container(old["Id"])
    if now is None:
        _revive(daemon, name, old)
        if was == "paused":
            containers.act(daemon, name, "pause", about)
        return
    if now["Name"].lstrip("/") != name:
        containers.rename(daemon, old["Id"], name)
    if was in ACTIVE and now["State"]["Status"] not in ACTIVE:
        containers.act(daemon, old["Id"], "start", about)
        if was == "paused":
            containers.act(daemon, old["Id"], "pause", about)


def _revive(daemon: Daemon, name: str, old: Json) -> None:
    """Make an ``auto_remove`` container again, which vanished when it was stopped."""
    networks = (old.get("NetworkSettings") or {}).get("Networks") or {}
    settings = ("IPAMConfig", "Links", "Aliases", "DriverOpts")
    endpoints = [
        (network, {key: endpoint[key] for key in settings if endpoint.get(key)})
        for network, endpoint in sorted(networks.items(), key=lambda item: item[0] != old["HostConfig"]["NetworkMode"])
    ]
    body = {**old["Config"], "Image": old["Image"], "HostConfig": old["HostConfig"]}
    body["NetworkingConfig"] = {"EndpointsConfig": dict(endpoints[:1])}
    if body.get("Hostname") == old["Id"][:12]:
        del body["Hostname"]
    body = carried(old, body, old["Config"].get("Volumes") or ())
    made = containers.create(daemon, name, body, dict(endpoints[1:]))
    containers.act(daemon, made, "start", f"container {name}")


def anonymous(document: Json) -> dict[str, str]:
    """A container's anonymous volumes: where, and their names."""
    return {
        str(mount["Destination"]): str(mount["Name"])
        for mount in document.get("Mounts") or ()
        if mount.get("Type") == "volume" and ANONYMOUS.match(str(mount.get("Name")))
    }


def carried(old: Json, body: Json, declared: t.Collection[str]) -> Json:
    """The create body with the old container's anonymous volumes in the place of new ones."""
    host = dict(body.get("HostConfig") or {})
    volumes = anonymous(old)
    if host.get("VolumesFrom") or not volumes:
        # Those of another container are its own.
        return body
    mounts = [_with_volume(mount, volumes) for mount in host.get("Mounts") or ()]
    binds = list(host.get("Binds") or ())
    taken = {mount.get("Target") for mount in mounts} | set(host.get("Tmpfs") or ())
    taken.update(bind.split(":")[1] for bind in binds if ":" in bind)
    binds += [f"{volumes[place]}:{place}" for place in sorted(volumes) if place in declared and place not in taken]
    return {**body, "HostConfig": {**host, "Binds": binds, "Mounts": mounts}}


def _with_volume(mount: Json, volumes: t.Mapping[str, str]) -> Json:
    if mount.get("Type") == "volume" and not mount.get("Source") and mount.get("Target") in volumes:
        return {**mount, "Source": volumes[mount["Target"]]}
    return mount
