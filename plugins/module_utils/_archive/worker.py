# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on a stream beside the thread that reads it.

Hashing, compressing and writing let go of Python's lock, so that each of them in a thread of its own uses a core of its
own. Few pieces wait: memory stays the same whatever the stream's size.

Such a thread can make way for others. The engine gives no more than a socket holds until somebody reads it, so that
whatever keeps the reader waiting keeps the engine waiting, while a few pieces may well wait for their hash (with two
cores, reading, hashing and writing take a tenth less time together). Containers that work meanwhile come first, too.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import os
import threading
import typing as t

DEPTH = 4
# Added to the nice value of a thread that makes way.
NICE = 10


class WorkerThread:
    """Calls ``work`` with each piece it is given, in order, in a thread of its own; of those put, no more than the last
    ``depth`` are still to be done."""

    def __init__(self, work: t.Callable[[t.Any], t.Any], depth: int = DEPTH, *, makes_way: bool = False) -> None:
        self._work = work
        self._depth = depth
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=1, initializer=_make_way if makes_way else None)
        self._pending: collections.deque[concurrent.futures.Future[t.Any]] = collections.deque()

    def put(self, piece: t.Any) -> None:
        """Hand over a piece, waiting while too many wait. Raises what ``work`` raised at an earlier one."""
        if len(self._pending) >= self._depth:
            self._pending.popleft().result()
        self._pending.append(self._pool.submit(self._work, piece))

    def close(self) -> None:
        """Wait until all is done. Raises what ``work`` raised."""
        while self._pending:
            self._pending.popleft().result()
        self._pool.shutdown()

    def abort(self) -> None:
        """Drop what waits and end the thread; may follow anything, more than once."""
        for future in self._pending:
            future.cancel()
        self._pool.shutdown()


def _make_way() -> None:
    """On Linux the id of a thread in the place of a process's means that thread alone (setpriority(2))."""
    thread = threading.get_native_id()
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICE)
