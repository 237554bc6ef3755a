# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 3: what a container wrote, taken apart as a whole. Pure.

Small, as it travels to every host with ``container_run``; :mod:`_process.frames` does it while the output comes.
"""

from __future__ import annotations

import struct
import typing as t

STDOUT, STDERR = 1, 2
_HEADER = struct.Struct(">B3xL")


def frames(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    """Each frame's stream and content; what is left of a cut one comes last."""
    at = 0
    while at + _HEADER.size <= len(data):
        stream, size = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        yield stream, data[at : at + size]
        at += size
