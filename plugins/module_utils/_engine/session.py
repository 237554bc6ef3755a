# SPDX-License-Identifier: GPL-3.0-or-later

"""Talk to a process in a container: its stdin, stdout and stderr over one two-way connection.

For the main process (:func:`attach`) and for one that exec starts (:func:`start_exec`).
"""

from __future__ import annotations

import secrets
import string
import typing as t

from .._deadline import Deadline
from .._errors import Interrupted
from .client import Daemon, quoted
from .duplex import Duplex
from .frames import STDERR, Frames
from .output import OutputTail


class Session:
    """A connected process. Use it in a ``with``; leaving it ends the connection, not the process.

    :ivar stdout: what was received so far, within bounds; the same for ``stderr``.
    """

    def __init__(self, duplex: Duplex, tty: bool, limit: int | None, about: str) -> None:
        self._duplex = duplex
        self._frames = Frames(tty)
        self._about = about
        self.stdout = OutputTail(limit)
        self.stderr = OutputTail(limit)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *problem: object) -> None:
        self._duplex.close()

    @property
    def cut(self) -> tuple[str, ...]:
        """The streams of which only the end was kept."""
        return tuple(name for name, tail in (("stdout", self.stdout), ("stderr", self.stderr)) if tail.cut)

    def send(self, data: bytes) -> None:
        """Send to stdin at once.

        :raises Interrupted: the connection has ended.
        """
        self._duplex.send(data)

    def end_input(self) -> None:
        """End stdin, which the process sees if its container has ``StdinOnce``, or if exec started it."""
        self._duplex.end_sending()

    def receive(self, deadline: Deadline) -> bytes | None:
        """The next output, of both streams in their order, which is also kept. Empty at the end; ``None``: time is up.

        :raises Interrupted: the engine went away, or the stream ends in the middle of a frame.
        """
        while True:
            data = self._duplex.read(deadline)
            if data is None:
                return None
            if not data:
                if not self._frames.is_complete():
                    raise Interrupted(f"The output of {self._about} broke off in the middle.", object=self._about)
                return b""
            pieces = self._frames.feed(data)
            for stream, piece in pieces:
                (self.stderr if stream == STDERR else self.stdout).add(piece)
            if pieces:
                return b"".join(piece for _stream, piece in pieces)

    def collect(self, deadline: Deadline) -> bool:
        """Receive until the end (true), or until the time is up (false).

        :raises Interrupted: see :meth:`receive`.
        """
        data: bytes | None = b"..."
        while data:
            data = self.receive(deadline)
        return data is not None


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
) -> Session:
    """Attach to a container's main process, before or after it has started.

    :param container: name or id.
    :param about: the container's name for messages.
    :param stdin: sent beside the reading, then ended. Without it stdin is not touched, unless ``open_stdin``: then
        :meth:`Session.send` is for it.
    :param tty: the container's ``Config.Tty``. Its stdin is never ended: the engine would drop the output that is to come.
    :param logs: begin with what the process said earlier, as far as the log driver can tell.
    :param limit: how many bytes of each stream are kept, the last ones; ``None``: all.
    :raises Conflict: the container is paused or restarting.
    """
    params = {
        "stream": True,
        "stdin": stdin is not None or open_stdin,
        "stdout": True,
        "stderr": True,
        "logs": logs,
        "detachKeys": unlikely_detach_keys() if tty else None,
    }
    duplex = Duplex.open(daemon, "POST", f"/containers/{quoted(container)}/attach", params=params, about=about)
    if stdin is not None:
        duplex.send_all(stdin, end=not tty)
    return Session(duplex, tty, limit, about)


def start_exec(
    daemon: Daemon,
    exec_id: str,
    *,
    about: str,
    stdin: t.Iterable[bytes] | None = None,
    tty: bool = False,
    limit: int | None = None,
) -> Session:
    """Start an exec instance that was created, in the foreground.

    :param about: the container's name for messages.
    :param stdin: sent beside the reading, then ended; with a terminal never: the engine takes the end as "detach" and drops
        the output that is to come.
    :param limit: how many bytes of each stream are kept, the last ones; ``None``: all.
    :raises Conflict: the container is not running or paused.
    """
    body = {"Detach": False, "Tty": tty}
    duplex = Duplex.open(daemon, "POST", f"/exec/{exec_id}/start", body=body, about=about)
    if stdin is not None:
        duplex.send_all(stdin, end=not tty)
    return Session(duplex, tty, limit, about)


def unlikely_detach_keys() -> str:
    """Keys for a connection to a terminal, on which the engine hangs up when they come in the input.

    They cannot be switched off. The default is Ctrl-P Ctrl-Q, which may well be part of an input.
    """
    return ",".join(["ctrl-_", *(secrets.choice(string.ascii_letters) for _each in range(24))])
