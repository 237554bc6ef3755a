# SPDX-License-Identifier: GPL-3.0-or-later

"""One container in the place of another, as a transaction.

1. The new one is created under a temporary name, with its networks. What is wrong with its options shows here, while the
   old one still serves.
2. The old one gives its name to the new one; its own now tells what it was doing, and its restart policy.
3. The old one loses its restart policy and is stopped, before the new one starts: both want the same host ports,
   addresses and files, and two databases on one volume are worse than a short pause.
4. The new one is started and proven.
5. The old one is removed. Up to here everything can be undone.

An engine that starts in between (a reboot) starts one of the two at most: it starts what has the policy ``always``, even
when it was stopped before, but nothing that has never run (20.10.24).

When the run is killed, the names tell the next one how far it came (:mod:`recovery`).
"""

from __future__ import annotations

import typing as t

from .._engine import containers
from .._engine.client import Daemon
from .._errors import Conflict, EngineError, Failed, Missing, StevedoreError
from .._health import last_lines
from .._types import Json
from . import recovery
from .plan import ACTIVE
from .volumes import anonymous, carried

NO_RESTART = {"Name": "no", "MaximumRetryCount": 0}


class Lost(Failed):
    """The container to go back to is gone."""


class Successor(t.NamedTuple):
    """The new container as it is to be created.

    :ivar endpoints: of the networks that the body does not have.
    """

    name: str
    body: Json
    endpoints: t.Mapping[str, Json]
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
    :param keep_volumes: false removes the old one's anonymous volumes with it.
    :param rollback: false leaves a failed successor in its place, the old one beside it, stopped.
    :param how: to stop the old one.
    :raises Failed: says whether the old one is back.
    """
    name, about = successor.name, f"container {successor.name}"
    was = str(old["State"]["Status"])
    policy = recovery.restart_policy(old)
    new, placed = None, False
    try:
        new = containers.create(
            daemon, recovery.new_name(name, old["Id"]), successor.body, successor.endpoints, successor.platform
        )
        containers.rename(daemon, old["Id"], recovery.old_name(name, old["Id"], new, was, policy))
        containers.rename(daemon, new, name)
        _retire(daemon, old, about, how)
        placed = True
        if start is not None:
            start(new)
    except StevedoreError as error:
        raise _failure(daemon, old, name, new, error, rollback or not placed) from error
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
        if recovery.restart_policy(old):
            containers.update(daemon, old["Id"], {"RestartPolicy": NO_RESTART}, about)
        if old["State"]["Status"] in ACTIVE:
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
        return Failed(msg, status=error.status, object=f"container {name}", **{**error.details, **more})

    if not rollback:
        kept = _keep(daemon, name, old, t.cast("str", new))
        return failed(
            f"As rollback is false, the new one stays for you to look at, and the old one is kept as {kept}, stopped and "
            "without its restart policy. The next run puts it back first."
        )
    try:
        built = undo(daemon, name, old, new, str(old["State"]["Status"]), recovery.restart_policy(old))
    except Lost as lost:
        return failed(lost.msg)
    except StevedoreError as second:
        return failed(f"And the old one could not be put back: {second.msg} The next run tries again.")
    if built:
        return failed(
            "The old one had removed itself when it was stopped (auto_remove), and was made anew: what it had written "
            "outside of its volumes is lost.",
            rolled_back=True,
        )
    return failed("The old one is back, as it was.", rolled_back=True)


def _keep(daemon: Daemon, name: str, old: Json, new: str) -> str:
    """Note in the old one's name that the new one failed; the name."""
    present = recovery.old_name(name, old["Id"], new, str(old["State"]["Status"]), recovery.restart_policy(old))
    kept = recovery.kept_name(present)
    try:
        containers.rename(daemon, old["Id"], kept)
    except StevedoreError:
        # The engine is gone, or the container (auto_remove): the first failure is the one to tell of.
        return present
    return kept


def _last_words(daemon: Daemon, new: str) -> str:
    try:
        return last_lines(daemon, daemon.container(new))
    except StevedoreError:
        # Gone (auto_remove), or the engine is.
        return ""


def undo(daemon: Daemon, name: str, old: Json, new: str | None, was: str, policy: Json) -> bool:
    """Give the old container its restart policy, its name and its running state back; every step may be done already.

    :param old: its inspect document.
    :param was: its ``State.Status``.
    :param policy: its restart policy, when it had one.
    :returns: whether it had to be built anew, since it had ``auto_remove``.
    :raises Lost: it is gone for good; nothing was changed.
    """
    about = f"container {name}"
    now = daemon.find_container(old["Id"])
    if now is None and not old["HostConfig"].get("AutoRemove"):
        raise Lost(
            f"The old one, {old['Id'][:12]}, was removed by somebody else in the meantime and cannot be brought back; "
            "the new one stays as it is.",
            object=about,
        )
    if new is not None:
        # What was carried over is mounted by name, and stays.
        containers.remove_failed(daemon, new, about)
    if now is None:
        _revive(daemon, name, old)
        if was == "paused":
            containers.act(daemon, name, "pause", about)
        return True
    # The name holds the policy: first that, then the name.
    if policy and recovery.restart_policy(now) != policy:
        containers.update(daemon, old["Id"], {"RestartPolicy": policy}, about)
    if now["Name"].lstrip("/") != name:
        containers.rename(daemon, old["Id"], name)
    if was in ACTIVE and now["State"]["Status"] not in ACTIVE:
        containers.act(daemon, old["Id"], "start", about)
        if was == "paused":
            containers.act(daemon, old["Id"], "pause", about)
    return False


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
