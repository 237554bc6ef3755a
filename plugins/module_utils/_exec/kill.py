# SPDX-License-Identifier: GPL-3.0-or-later

"""End a process that ``exec`` started. The Engine API has no call for it.

Closing the connection, as the docker CLI does on Ctrl-C, leaves the process running. What is known is the process id on
the engine's host (``GET /exec/{id}/json``). So, in this order:

1. This machine is the engine's host, as its /proc shows that very process in the container's cgroup: signal it and its
   descendants directly. Needs root; needs nothing in the container.
2. Else ask the container's own shell to signal all processes that carry the mark which the exec got in its environment.

Whether it worked is judged by the engine (``Running``), never by the signals sent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t
import uuid

from .._deadline import Deadline, poll
from .._engine.client import Daemon, quoted
from .._errors import StevedoreError
from .._host_process import is_in_container, stat_fields
from .._types import Json

MARK = "STEVEDORE_EXEC"
# Seconds. SIGTERM comes first, so that a database client or a package manager can clean up.
SIGTERM_WAIT = 2.0
SIGKILL_WAIT = 5.0

# Every process whose environment has the mark, whatever became of its parent. The script itself carries no mark.
_SCRIPT = """
for each in /proc/[0-9]*; do
  if grep -q "$2" "$each/environ" 2>/dev/null; then kill "-$1" "${each#/proc/}" 2>/dev/null; fi
done
true
"""


def new_mark() -> str:
    return uuid.uuid4().hex


def on_engine_host(document: Json) -> bool:
    """Whether this machine sees the container's processes and may signal them."""
    pid = int(document["State"].get("Pid") or 0)
    return os.geteuid() == 0 and pid > 0 and is_in_container(pid, document["Id"])


def list_process_tree(pid: int, proc: str = "/proc") -> list[int]:
    """The process, its descendants, and those that lost their parent but stayed in its session.

    The runtime makes each exec the leader of a session of its own.
    """
    children: dict[int, list[int]] = {}
    for entry in os.listdir(proc):
        if entry.isdigit():
            with contextlib.suppress(ValueError, IndexError):
                fields = stat_fields(int(entry), proc)
                for parent in dict.fromkeys((int(fields[1]), int(fields[3]))):
                    children.setdefault(parent, []).append(int(entry))
    tree = [pid]
    for process in tree:
        tree.extend(child for child in children.get(process, ()) if child not in tree)
    return tree


def has_ended(state: Json) -> bool:
    """Whether the exec's process has ended; one that is about to start has no exit code yet."""
    return not state.get("Running") and state.get("ExitCode") is not None


def terminate(daemon: Daemon, document: Json, exec_id: str, mark: str | None, about: str) -> bool:
    """End the exec's process: SIGTERM, a grace period, SIGKILL.

    :returns: whether the engine says that it has ended.
    """

    def wait(until: t.Callable[[Json], bool], seconds: float) -> Json:
        return poll(lambda: inspect_exec(daemon, exec_id, about), until, Deadline(seconds))

    # On a busy machine the time may be up before the process has begun.
    state = wait(lambda state: bool(state.get("Pid")) or has_ended(state), SIGKILL_WAIT)
    pid = int(state.get("Pid") or 0)
    members: list[int] = []
    for number, seconds in ((signal.SIGTERM, SIGTERM_WAIT), (signal.SIGKILL, SIGKILL_WAIT)):
        if has_ended(state):
            break
        # With what it has started since; a child that lost its parent to SIGTERM is in the list already.
        members += [process for process in list_process_tree(pid) if process not in members] if pid else []
        _signal(members, document["Id"], number)
        if mark is not None:
            _signal_inside(daemon, document, mark, number)
        state = wait(has_ended, seconds)
    # Children that outlived a parent which ended on SIGTERM.
    _signal(members, document["Id"], signal.SIGKILL)
    if mark is not None:
        _signal_inside(daemon, document, mark, signal.SIGKILL)
    return has_ended(state)


def inspect_exec(daemon: Daemon, exec_id: str, about: str) -> Json:
    """``GET /exec/{id}/json``."""
    return t.cast("Json", daemon.get(f"/exec/{exec_id}/json", about=about))


def _signal(pids: t.Iterable[int], container: str, number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            handle = _open_pidfd(pid)
            try:
                if not is_in_container(pid, container):
                    continue
                if handle is None:
                    os.kill(pid, number)
                else:
                    signal.pidfd_send_signal(handle, number)
            finally:
                if handle is not None:
                    os.close(handle)


def _open_pidfd(pid: int) -> int | None:
    """A pidfd, so that the process that is checked is the one that gets the signal; ``None`` before Linux 5.3."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError) as error:
        if isinstance(error, ProcessLookupError):
            raise
        return None


def _signal_inside(daemon: Daemon, document: Json, mark: str, number: signal.Signals) -> None:
    """By the container's own shell, as root; a container without one is no error here, as the engine judges."""
    command = ["sh", "-c", _SCRIPT, "sh", str(int(number)), f"{MARK}={mark}"]
    about = f"container {document['Name'].lstrip('/')}"
    with contextlib.suppress(StevedoreError):
        made = daemon.post(
            f"/containers/{quoted(document['Id'])}/exec",
            body={"Cmd": command, "User": "0", "AttachStdout": True, "AttachStderr": True},
            about=about,
        )
        daemon.call("POST", f"/exec/{made['Id']}/start", body={"Detach": False, "Tty": False}, about=about)
