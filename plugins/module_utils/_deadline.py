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

    def left(self) -> float | None:
        """The seconds until then, never below zero; ``None``: without end."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        return self.left() == 0.0


def poll(look: t.Callable[[], Value], done: t.Callable[[Value], bool], deadline: Deadline) -> Value:
    """Look, ever more rarely (every 20 ms to every 500 ms), until it is done or the time is up; the last value."""
    pause = 0.02
    while True:
        value = look()
        left = deadline.left()
        if done(value) or left == 0.0:
            return value
        time.sleep(pause if left is None else min(pause, left))
        pause = min(pause * 1.5, 0.5)
