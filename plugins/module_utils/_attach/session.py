# SPDX-License-Identifier: GPL-3.0-or-later

"""Attach to a container's main process (``docker attach``).

``attach`` is also for whoever starts a container in the foreground: create it (with ``OpenStdin`` and ``StdinOnce`` when
there is stdin), attach, start it inside the ``with``, then collect::

    with attach(daemon, made["Id"], about=f"container {name}", stdin=[b"hello"]) as session:
        daemon.post(f"/containers/{made['Id']}/start", about=...)
        whole = session.output.collect(session.wire, Deadline(wait_timeout))   # false: the time was up
    session.output.stdout.content(), session.output.stderr.content()

The exit code then comes from ``POST /containers/{id}/wait`` or the inspect document.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._engine.client import Daemon, quoted
from .._engine.duplex import Wire, unlikely_detach_keys
from .._engine.output import Output


@dataclasses.dataclass(frozen=True)
class Session:
    """An attached container: the connection, and the output that was collected from it."""

    wire: Wire
    output: Output


@contextlib.contextmanager
def attach(
    daemon: Daemon,
    container: str,
    *,
    about: str,
    stdin: t.Iterable[bytes] | None = None,
    open_stdin: bool = False,
    tty: bool = False,
    logs: bool = False,
    limit: int | None = None,
) -> t.Iterator[Session]:
    """Attach before or after the container has started; leaving the ``with`` detaches and stops nothing.

    :param container: name or id.
    :param about: the container's name for messages.
    :param stdin: sent beside the reading, then ended, which the process sees if the container was created with
        ``StdinOnce``. Without it stdin is not touched, unless ``open_stdin``: then ``session.wire.send`` is for it.
    :param tty: the container's ``Config.Tty``. Its stdin is never ended: the engine would drop the output that is to come.
    :param logs: begin with what the process said earlier, as far as the log driver can tell.
    :param limit: how many bytes of each stream are kept, the last ones; ``None``: all.
    :raises Conflict: the container is paused or restarting.
    """
    params: dict[str, t.Any] = {
        "stream": True,
        "stdin": stdin is not None or open_stdin,
        "stdout": True,
        "stderr": True,
        "logs": logs,
    }
    if tty:
        params["detachKeys"] = unlikely_detach_keys()
    path = f"/containers/{quoted(container)}/attach"
    with Wire.open(daemon, "POST", path, params=params, about=about) as wire:
        if stdin is not None:
            wire.feed(stdin, end=not tty)
        yield Session(wire, Output(tty, limit, about))
