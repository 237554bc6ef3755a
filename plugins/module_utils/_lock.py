# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a container. Whoever changes it holds the lock, and another run waits or says who holds it.

The lock is a volume of the engine, where all runs meet whatever host they are on. ``POST /volumes/create`` is atomic, costs
some milliseconds, needs no image, and answers with the labels of whoever came first (20.10.24).

The lock of a run that was killed is taken over: on the same host its process is gone; from another host only the time
tells, so every lock has a lease, an upper bound of the work that is done under it.
"""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import getpass
import hashlib
import json
import os
import re
import secrets
import socket
import time
import typing as t

from ._deadline import Deadline
from ._engine.client import Daemon, quoted
from ._errors import Conflict, EngineError, Missing, StevedoreError
from ._host_process import stat_fields
from ._selection import Selection, name_of, select
from ._types import Json

LABEL = "stevedore.docker.lock"
# Seconds to wait for another run, where no option says so.
PATIENCE = 300.0
# Seconds that a change may take beside what its options bound: creating, stopping, removing, on a busy host.
_LEASE = 900.0
_POLL = (0.05, 0.5)
# The tokens of this process. One that is not among them was left when the engine went away.
_OURS: set[str] = set()
# A folder of the engine has the volume's name.
_LONGEST = 200
_HALF = re.compile(r"\.stevedore-(new|old|kept)-[0-9a-f]{12}(-[0-9a-f]{12}-[a-z.0-9-]+)?$")


class Holder(t.NamedTuple):
    """Who holds a lock; what the volume's label says.

    :ivar host: its name; ``machine`` and ``boot``: the ids of its installation and of its running kernel.
    :ivar namespace: of its process numbers: containers of one host have their own.
    :ivar started: when the process started, in the kernel's ticks; a number is used again.
    :ivar local: it talks to the engine of its own host.
    :ivar work: for messages, for example ``recreate, start``.
    :ivar since: for messages, in UTC.
    :ivar lease: in seconds.
    """

    token: str
    host: str
    machine: str
    boot: str
    namespace: str
    pid: int
    started: int
    local: bool
    user: str
    work: str
    since: str
    lease: float


def volume_name(container: str) -> str:
    name = container
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST // 2]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return f"{name}.stevedore-lock"


@contextlib.contextmanager
def lock(
    daemon: Daemon,
    container: str,
    work: str,
    *,
    timeout: float,
    warn: t.Callable[[str], None],
    lease: float = 0.0,
) -> t.Iterator[None]:
    """Hold the lock of a container for the length of the block.

    :param container: its name; there need not be such a container.
    :param timeout: how long to wait for another run, in seconds.
    :param lease: the seconds that the block may wait for something.
    :raises Conflict: another run holds it still.
    """
    volume = volume_name(container)
    mine = _holder(daemon, work, lease + _LEASE)
    with _known(mine.token), _held(daemon, volume, container, mine, timeout, warn):
        yield


@contextlib.contextmanager
def _known(token: str) -> t.Iterator[None]:
    _OURS.add(token)
    try:
        yield
    finally:
        _OURS.discard(token)


@contextlib.contextmanager
def _held(
    daemon: Daemon, volume: str, container: str, mine: Holder, timeout: float, warn: t.Callable[[str], None]
) -> t.Iterator[None]:
    try:
        _acquire(daemon, volume, container, mine, Deadline(timeout))
    except EngineError as error:
        if error.status != 403:
            raise
        # A gate before the engine lets containers through but no volumes.
        warn(f"Container {container} is changed without a lock, as this task may not create volumes: {error.msg}")
        yield
        return
    begun = time.monotonic()
    try:
        yield
    finally:
        # After that somebody else may have it.
        if time.monotonic() - begun < mine.lease:
            # An engine that is gone keeps it, and the next run takes it over.
            with contextlib.suppress(StevedoreError):
                _remove(daemon, volume)


def base_name(name: str) -> str:
    """A container's name; of the halves of a replacement that is under way, the name that they are about."""
    return _HALF.sub("", name)


def container_at_rest(daemon: Daemon, name: str) -> Json:
    """The inspect document of a container, once nobody is changing it.

    :param name: or its id.
    :raises Conflict: another run still is, after the time limit of a call.
    :raises Missing: there is no such container.
    """
    patience = daemon.connection.timeout
    given = base_name(name.lstrip("/"))
    await_release(daemon, given, patience)
    found = daemon.container(name)
    own = base_name(name_of(found))
    if own != given and await_release(daemon, own, patience):
        return daemon.container(name)
    return found


def select_at_rest(daemon: Daemon, names: t.Sequence[str] | None, filters: t.Mapping[str, t.Any] | None) -> Selection:
    """The containers of :func:`_selection.select`, once nobody is changing one of them.

    :raises Conflict: another run still is, after the time limit of a call.
    """
    found = select(daemon, names, filters)
    # In the middle of a replacement its name may be missing for a moment.
    meant = {base_name(name) for name in (*(name_of(document) for document in found.found), *found.missing)}
    waited = [await_release(daemon, name, daemon.connection.timeout) for name in sorted(meant)]
    return select(daemon, names, filters) if any(waited) else found


def await_release(daemon: Daemon, container: str, timeout: float) -> bool:
    """Wait until nobody changes the container, without taking its lock; a single request when nobody does.

    :returns: whether it had to wait.
    :raises Conflict: another run holds the lock still.
    """
    volume, deadline = volume_name(container), Deadline(timeout)
    pause, waited = _POLL[0], False
    while True:
        try:
            found = daemon.get(f"/volumes/{quoted(volume)}", about=f"volume {volume}")
        except Missing:
            return waited
        except EngineError as error:
            if error.status != 403:
                raise
            return waited
        holder = _read(found, volume, container)
        if not _is_alive(daemon, found, holder):
            return waited
        pause = _pause(pause, deadline, _refusal(container, volume, holder, timeout))
        waited = True


def _acquire(daemon: Daemon, volume: str, container: str, mine: Holder, deadline: Deadline) -> None:
    body = {"Name": volume, "Labels": {LABEL: json.dumps(mine._asdict(), sort_keys=True)}}
    pause = _POLL[0]
    while True:
        found = daemon.post("/volumes/create", body=body, about=f"volume {volume}, the lock of container {container}")
        if found.get("Labels") is None:
            # After a start of the engine this answers without the labels of what was there before (20.10.24).
            try:
                found = daemon.get(f"/volumes/{quoted(volume)}", about=f"volume {volume}")
            except Missing:
                continue
        holder = _read(found, volume, container)
        if holder.token == mine.token:
            return
        if not _is_alive(daemon, found, holder):
            _take_away(daemon, volume, container, holder, mine, deadline)
            continue
        pause = _pause(pause, deadline, _refusal(container, volume, holder, deadline.seconds or 0))


def _take_away(daemon: Daemon, volume: str, container: str, dead: Holder, mine: Holder, deadline: Deadline) -> None:
    """Remove a dead run's lock.

    Two runs may have found it, and the slower one must not remove the lock that the faster one has made since: so this
    has a lock of its own, for this very dead one.
    """
    inner = f"{volume}-{dead.token}"
    _acquire(daemon, inner, container, mine, deadline)
    try:
        with contextlib.suppress(Missing):
            found = daemon.get(f"/volumes/{quoted(volume)}", about=f"volume {volume}")
            if _read(found, volume, container).token == dead.token:
                _remove(daemon, volume)
    finally:
        with contextlib.suppress(StevedoreError):
            _remove(daemon, inner)


def _remove(daemon: Daemon, volume: str) -> None:
    with contextlib.suppress(Missing):
        daemon.delete(f"/volumes/{quoted(volume)}", about=f"volume {volume}")


def _pause(seconds: float, deadline: Deadline, refusal: Conflict) -> float:
    """Sleep, and the length of the next sleep.

    :raises Conflict: the time is up.
    """
    left = deadline.remaining()
    if left == 0.0:
        raise refusal
    time.sleep(seconds if left is None else min(seconds, left))
    return min(seconds * 1.5, _POLL[1])


def _refusal(container: str, volume: str, holder: Holder, waited: float) -> Conflict:
    return Conflict(
        f"Another run is changing container {container} since {holder.since} ({holder.work}): process {holder.pid} of "
        f"{holder.user} on {holder.host}. It has not finished within {waited:g} s; wait for it, or raise the time limit. If "
        f"that run is gone for good, 'docker volume rm {volume}' removes its lock.",
        status=409,
        object=f"container {container}",
    )


def _read(found: Json, volume: str, container: str) -> Holder:
    text = (found.get("Labels") or {}).get(LABEL)
    try:
        known = json.loads(text or "")
        return Holder(**{field: known[field] for field in Holder._fields})
    except (KeyError, TypeError, ValueError) as error:
        raise Conflict(
            f"Volume {volume} has the name of the lock of container {container}, but is none: rename or remove it.",
            status=409,
            object=f"volume {volume}",
        ) from error


def _holder(daemon: Daemon, work: str, lease: float) -> Holder:
    """This process."""
    return Holder(
        token=secrets.token_hex(6),
        host=socket.gethostname(),
        machine=_text("/etc/machine-id"),
        boot=_text("/proc/sys/kernel/random/boot_id"),
        namespace=_namespace(),
        pid=os.getpid(),
        started=_started(os.getpid()) or 0,
        local=_is_local(daemon),
        user=_user(),
        work=work,
        since=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        lease=lease,
    )


def _is_alive(daemon: Daemon, found: Json, holder: Holder) -> bool:
    boot = _text("/proc/sys/kernel/random/boot_id")
    if boot and (holder.boot, holder.namespace) == (boot, _namespace()):
        alive = _started(holder.pid) == holder.started
        return alive and (holder.pid != os.getpid() or holder.token in _OURS)
    at_home = holder.local and _is_local(daemon)
    if at_home and boot and (holder.host, holder.machine) == (socket.gethostname(), _text("/etc/machine-id")):
        # The same host, unless it was started again since.
        return holder.boot == boot
    return _age(daemon, found) < holder.lease


def _age(daemon: Daemon, found: Json) -> float:
    """The seconds since the volume was made, both by the engine's clock."""
    created = datetime.datetime.fromisoformat(str(found["CreatedAt"]).replace("Z", "+00:00"))
    answer = daemon.call("GET", "/_ping").headers.get("Date")
    now = email.utils.parsedate_to_datetime(answer) if answer else datetime.datetime.now(datetime.timezone.utc)
    return (now - created).total_seconds()


def _is_local(daemon: Daemon) -> bool:
    return daemon.connection.docker_host.startswith(("unix://", "/"))


def _started(pid: int) -> int | None:
    """When a process started, in the kernel's ticks; ``None`` when there is none, or it has ended."""
    fields = stat_fields(pid)
    return int(fields[19]) if len(fields) > 19 and fields[0] not in ("X", "Z") else None


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # The number has no name.
        return str(os.getuid())
