# SPDX-License-Identifier: GPL-3.0-or-later

"""What processes write, kept within bounds and made fit for a result."""

from __future__ import annotations

import base64
import collections


class OutputTail:
    """The last ``limit`` bytes of an output (``None``: all of them).

    :ivar size: how many bytes there were.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._pieces: collections.deque[bytes] = collections.deque()
        self._length = 0
        self.size = 0

    def add(self, data: bytes) -> None:
        self._pieces.append(data)
        self._length += len(data)
        self.size += len(data)
        while self._limit is not None and self._pieces and self._length - len(self._pieces[0]) >= self._limit:
            self._length -= len(self._pieces.popleft())

    @property
    def cut(self) -> bool:
        """Whether the beginning is gone."""
        return self._limit is not None and self.size > self._limit

    def content(self) -> bytes:
        content = b"".join(self._pieces)
        return content if self._limit is None else content[max(0, len(content) - self._limit) :]


def decode_text(data: bytes) -> str:
    """Output as text; what is not UTF-8 becomes U+FFFD (:func:`output_fields` then has the bytes too)."""
    return data.decode("utf-8", "replace")


def output_fields(name: str, data: bytes) -> dict[str, str]:
    """Fields of a result: the output as text and, where it is not UTF-8, its bytes in Base64 as ``<name>_base64``."""
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {name: decode_text(data), f"{name}_base64": base64.b64encode(data).decode("ascii")}
