# SPDX-License-Identifier: GPL-3.0-or-later

"""A bounded wait."""

from __future__ import annotations

import time
import typing as t

Value = t.TypeVar("Value")


class Deadline:
    """A point in time, ``seconds`` from now; ``None`` never comes."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def remaining(self) -> float | None:
        """The seconds until then, never below zero; ``None``: without end."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def has_passed(self) -> bool:
        return self.remaining() == 0.0


def poll(read: t.Callable[[], Value], done: t.Callable[[Value], bool], deadline: Deadline) -> Value:
    """Read until ``done`` or the deadline, every 20 ms at first, every 500 ms in the end; the last value."""
    pause = 0.02
    while True:
        value = read()
        left = deadline.remaining()
        if done(value) or left == 0.0:
            return value
        time.sleep(pause if left is None else min(pause, left))
        pause = min(pause * 1.5, 0.5)
