# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths with slashes, in a container or in an archive. Pure functions of text."""

from __future__ import annotations

import typing as t

from .._errors import Damaged


def parent_folders(path: str) -> t.Iterator[str]:
    """The folders that a path is in, the innermost first, without the root. The path may be absolute or relative."""
    while path := path.rpartition("/")[0]:
        yield path


def is_within(path: str, folder: str) -> bool:
    """Whether an absolute path is the folder itself or something in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def json_path(path: str) -> str:
    """A path as the engine's JSON has it, with U+FFFD for what is not UTF-8."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def split_member_name(name: str) -> tuple[str, ...]:
    """The name of an archive's member as the steps below the destination.

    :raises Damaged: it is absolute or leads out of the destination.
    """
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise Damaged(
            f"The archive holds {name!r}, which leads out of the destination: it is not unpacked.", object=name
        )
    return parts
