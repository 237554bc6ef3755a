# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds files that are too large to be copied, by their sizes, before the first byte is read.

Export and commit store a sparse file with its holes as zeros (20.10 to 28.5): ``truncate -s 400G`` takes no room in the
container, and minutes to hours and up to 400 GB elsewhere.
"""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._errors import Failed, InvalidInput
from .._notation.sizes import parse_size
from .._selection import name_of
from .._types import Json
from . import overlay
from .changes import ChangeSet

# From how many bytes on a hole is worth a warning.
HOLE = 1 << 30
_NAMED = 5


@dataclasses.dataclass(frozen=True)
class LargeFile:
    """``allocated``: what it takes on the disk; ``None`` where the engine alone can be asked, which does not say."""

    path: str
    size: int
    allocated: int | None

    def __str__(self) -> str:
        if self.allocated is None or self.size - self.allocated < HOLE:
            return f"{self.path} ({format_bytes(self.size)})"
        return f"{self.path} ({format_bytes(self.size)}, of which {format_bytes(self.allocated)} on the disk; the rest is holes)"


@dataclasses.dataclass(frozen=True)
class Limits:
    """How large a file may be.

    :param bound: of the option ``max_file_size``; 0 for none.
    :param folder: where there must be room, with ``free`` bytes; ``None`` where that is not known or not asked.
    """

    bound: int
    folder: str = ""
    free: int | None = None


def parse_bound(text: str) -> int:
    """The option ``max_file_size`` in bytes.

    :raises InvalidInput: it is no size.
    """
    try:
        return int(parse_size(text))
    except ValueError as error:
        raise InvalidInput(f"max_file_size: {error}.") from error


def check_large_files(
    document: Json, changed: ChangeSet, limits: Limits, warn: t.Callable[[str], None], why: str
) -> None:
    """Refuse files that are too large, and warn of large holes.

    :param why: what makes room where a file is too large, for the message.
    :raises Failed: it names them.
    """
    name = name_of(document)
    least = min(size for size in (limits.bound or 1 << 63, limits.free if limits.free is not None else 1 << 63, HOLE))
    found = large_files(document, changed, least)
    over_bound = [file for file in found if limits.bound and file.size > limits.bound]
    over_free = [file for file in found if limits.free is not None and file.size > limits.free]
    if over_bound:
        raise Failed(
            f"Container {name} holds {_join_files(over_bound)}: more than max_file_size ({format_bytes(limits.bound)}). Nothing was "
            "read. Remove or truncate it, keep it on a volume, or raise max_file_size.",
            object=f"container {name}",
        )
    if over_free:
        raise Failed(
            f"Container {name} holds {_join_files(over_free)}, and {limits.folder} has {format_bytes(limits.free or 0)} free. Nothing "
            f"was read. Remove or truncate it, keep it on a volume, {why}.",
            object=f"container {name}",
        )
    sparse = [file for file in found if file.allocated is not None and file.size - file.allocated >= HOLE]
    if sparse:
        warn(f"Container {name} holds sparse files, whose holes are stored as zeros: {_join_files(sparse)}.")


def large_files(document: Json, changed: ChangeSet, size: int) -> list[LargeFile]:
    """The changed files with at least ``size`` bytes, the largest first."""
    layer = overlay.find_layer(document) if changed.method == "disk" else None
    root = layer.upper_dir if layer is not None else None
    found = [
        LargeFile(path, stat.size, _allocated(root, path))
        for path, stat in changed.stats.items()
        if stat is not None and stat.type == "file" and stat.size >= size
    ]
    return sorted(found, key=lambda file: (-file.size, file.path))


def _allocated(root: str | None, path: str) -> int | None:
    """Of a file that may have been replaced meanwhile; a link on the way must not lead out of the layer."""
    if root is None:
        return None
    folder = os.path.dirname(root + path)
    if os.path.realpath(folder) != os.path.normpath(os.path.join(os.path.realpath(root), os.path.dirname(path)[1:])):
        return None
    try:
        return os.lstat(root + path).st_blocks * 512
    except OSError:
        return None


def free_space(folder: str) -> int:
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def total_size(changed: ChangeSet) -> int:
    """The bytes of all changed files."""
    return sum(stat.size for stat in changed.stats.values() if stat is not None)


def format_bytes(count: int) -> str:
    """Bytes as people read them."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def _join_files(files: t.Sequence[LargeFile]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(map(str, files[:_NAMED])) + more
