# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a command in a running container (``docker exec``)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._deadline import Deadline, poll
from .._engine.client import Daemon, quoted
from .._engine.session import start_exec, unlikely_detach_keys
from .._selection import name_of, state_conflict
from .._types import Json
from .kill import MARK, has_ended, inspect_exec, new_mark, on_engine_host, terminate

# What a terminal sends for Ctrl-D: the end of input, when it comes at the start of a line.
END_OF_INPUT = b"\x04"


@dataclasses.dataclass(frozen=True)
class Command:
    """The command to run, the same in every container.

    :ivar stdin: gives the bytes anew for each container; ``None``: no stdin.
    :ivar seconds: after that the process is ended; ``None``: never.
    :ivar limit: how many bytes of each stream are kept, the last ones.
    """

    argv: tuple[str, ...]
    chdir: str | None = None
    env: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    user: str | None = None
    tty: bool = False
    privileged: bool = False
    detach: bool = False
    stdin: t.Callable[[], t.Iterable[bytes]] | None = None
    seconds: float | None = None
    limit: int | None = None


@dataclasses.dataclass(frozen=True)
class ExecResult:
    """The outcome of a command. ``rc`` is ``None`` for a detached command and for one that could not be ended."""

    exec_id: str
    rc: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False
    ended: bool = True
    started: bool = True
    cut: tuple[str, ...] = ()
    took: float = 0.0


def execute(daemon: Daemon, document: Json, command: Command) -> ExecResult:
    """Run the command; a non-zero exit code is an answer here, not an error.

    :param document: the container's inspect document.
    :raises StevedoreError: the container is gone, not running or paused; the engine went away.
    """
    if document["State"]["Status"] != "running":
        raise state_conflict(document, "and nothing can be run in it")
    start = time.monotonic()
    about = f"container {name_of(document)}"
    # The mark is for containers that cannot be reached from here; others see the environment that docker exec gives.
    mark = new_mark() if command.seconds is not None and not on_engine_host(document) else None
    body = _create_body(command, mark)
    exec_id = daemon.post(f"/containers/{quoted(document['Id'])}/exec", body=body, about=about)["Id"]
    if command.detach:
        daemon.post(f"/exec/{exec_id}/start", body={"Detach": True, "Tty": command.tty}, about=about)
        return ExecResult(exec_id, None, took=time.monotonic() - start)
    deadline = Deadline(command.seconds)
    stdin = None if command.stdin is None else command.stdin()
    if stdin is not None and command.tty:
        stdin = _terminal_input(stdin)
    with start_exec(daemon, exec_id, about=about, stdin=stdin, tty=command.tty, limit=command.limit) as session:
        output_ended = session.collect(deadline)
        state = _wait_for_end(daemon, exec_id, deadline, about) if output_ended else {"Running": True}
        timed_out = not has_ended(state)
        ended = terminate(daemon, document, exec_id, mark, about) if timed_out else True
        if timed_out and ended:
            session.collect(Deadline(1))
            state = _wait_for_end(daemon, exec_id, Deadline(1), about)
    return ExecResult(
        exec_id=exec_id,
        rc=state.get("ExitCode"),
        stdout=session.stdout.content(),
        stderr=session.stderr.content(),
        timed_out=timed_out,
        ended=ended,
        # A command that the runtime could not start has an exit code, but it never had a process.
        started=bool(state.get("Pid")) or timed_out or state.get("ExitCode") not in (126, 127),
        cut=session.cut,
        took=time.monotonic() - start,
    )


def _create_body(command: Command, mark: str | None) -> Json:
    env = [f"{name}={value}" for name, value in command.env.items()]
    return {
        "AttachStdin": command.stdin is not None,
        "AttachStdout": not command.detach,
        "AttachStderr": not command.detach,
        "Tty": command.tty,
        "Cmd": list(command.argv),
        "Env": [*env, f"{MARK}={mark}"] if mark else env,
        "Privileged": command.privileged,
        **({"DetachKeys": unlikely_detach_keys()} if command.tty else {}),
        **({"User": command.user} if command.user else {}),
        **({"WorkingDir": command.chdir} if command.chdir else {}),
    }


def _wait_for_end(daemon: Daemon, exec_id: str, deadline: Deadline, about: str) -> Json:
    """The exec's state once its process has ended, which may be after its output has, or when the time is up."""
    return poll(lambda: inspect_exec(daemon, exec_id, about), has_ended, deadline)


def _terminal_input(pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    """Input as at a terminal, then Ctrl-D until the process has ended.

    Once is not enough: it ends a line that is not finished before it ends the input, and a shell that makes ready its
    line editor throws away a Ctrl-D that came too early.
    """
    yield from pieces
    pause = 0.02
    while True:
        yield END_OF_INPUT
        time.sleep(pause)
        pause = min(2 * pause, 0.2)
