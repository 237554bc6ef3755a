# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time for one daemon.json, so that none takes another's half-done work for its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from .._errors import Conflict


@contextlib.contextmanager
def lock_config(path: str, wait: float) -> t.Iterator[None]:
    """Hold the lock on the file's folder, which the kernel gives back when its holder is killed.

    :param wait: how many seconds another run may take.
    :raises Conflict: it took longer.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield  # not there yet, or not for us to read: nothing can be half done in it by us
        return
    try:
        _acquire(number, path, time.monotonic() + wait)
        yield
    finally:
        os.close(number)


def _acquire(number: int, path: str, end: float) -> None:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise Conflict(
                    f"Another run is changing {path} and has not finished in time. Nothing was changed; run this again.",
                    object=path,
                ) from error
        time.sleep(0.1)
