# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 3, room copy: one task, from its options to its result."""

from __future__ import annotations

import os
import typing as t

from .._daemon import Daemon
from .._errors import InvalidInput
from . import into, out
from .container import ContainerFiles
from .entry import Change, Place
from .source import Archive, HostTree, Source

Json = t.Dict[str, t.Any]

# A diff is for reading: larger files are told by size and mode, and of many changes these many are shown.
TEXT_LIMIT = 64 << 10
SHOWN = 50


def places(params: t.Mapping[str, t.Any]) -> tuple[Place, Place]:
    """
    :raises InvalidInput: not exactly one side is in a container.
    """
    src, dest = Place.parse(params["src"]), Place.parse(params["dest"])
    if (src.container is None) == (dest.container is None):
        raise InvalidInput("Exactly one of src and dest must be in a container, such as 'web:/etc/app.conf'.")
    return src, dest


def copy(daemon: Daemon, params: t.Mapping[str, t.Any], *, check: bool, diff: bool) -> Json:
    """Do what the task says.

    :raises StevedoreError: with nothing changed, unless the message says otherwise.
    """
    src, dest = places(params)
    files = ContainerFiles(daemon, daemon.container(str(src.container or dest.container)))
    job = _copy_in if dest.container else _copy_out
    result = job(files, src, dest, params, check=check, diff=diff)
    return {"container": files.name, **result}


def _copy_in(
    files: ContainerFiles, src: Place, dest: Place, params: t.Mapping[str, t.Any], *, check: bool, diff: bool
) -> Json:
    source: Source = Archive(src.path) if params["decompress"] else HostTree(src, follow=params["follow"])
    target = into.target_of(files, source, dest, contents=src.contents or params["decompress"])
    decided = into.plan(files, source, target, files.asked(params))
    shown = _texts_in(files, source, decided) if diff else []
    size = 0
    if decided.changes:
        size = decided.size if check else into.send(files, source, decided)
    return _result(decided.changes, decided.skipped, size, shown)


def _copy_out(
    files: ContainerFiles, src: Place, dest: Place, params: t.Mapping[str, t.Any], *, check: bool, diff: bool
) -> Json:
    asked = out.host_asked(params)

    def fetch(check: bool) -> out.Taken:
        return out.fetch(files, src, dest, asked, follow=params["follow"], decompress=params["decompress"], check=check)

    taken = fetch(check or diff)
    shown = _texts_out(files, src, taken, params["decompress"]) if diff else []
    if diff and not check and taken.changes:
        taken = fetch(False)
    return _result(taken.changes, taken.skipped, taken.bytes, shown)


def _result(changes: t.Sequence[Change], skipped: t.Sequence[str], size: int, shown: list[Json]) -> Json:
    return {
        "changed": bool(changes),
        "changes": [change.report() for change in changes],
        "bytes": size,
        "skipped": list(skipped),
        "diff": shown,
    }


def _texts_in(files: ContainerFiles, source: Source, decided: into.Plan) -> list[Json]:
    changed = list(zip(decided.changes, decided.wanted.values()))[:SHOWN]
    small = {entry.path for change, entry in changed if _textual(change)}
    after: dict[str, str | None] = {}
    if small:
        for entry, content in source.walk():
            if entry.path in small:
                after[entry.path] = _text(b"".join(content.chunks()))
    return [
        _shown(
            change, files.text(change.path.partition(":")[2]) if entry.path in small else None, after.get(entry.path)
        )
        for change, entry in changed
    ]


def _texts_out(files: ContainerFiles, src: Place, taken: out.Taken, decompress: bool) -> list[Json]:
    shown: list[Json] = []
    for change in taken.changes[:SHOWN]:
        before = after = None
        if _textual(change) and not decompress and change.source is not None:
            after = files.text(change.source)
            if os.path.isfile(change.path) and os.path.getsize(change.path) <= TEXT_LIMIT:
                with open(change.path, "rb") as file:
                    before = _text(file.read())
        shown.append(_shown(change, before, after))
    return shown


def _textual(change: Change) -> bool:
    sizes = [side.get("size", 0) for side in (change.before, change.after)]
    return (
        change.kind == "file" and max(sizes) <= TEXT_LIMIT and bool({"created", "content", "type"} & set(change.what))
    )


def _text(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _shown(change: Change, before: str | None, after: str | None) -> Json:
    """Texts where both sides can be read as such, else what is known about the two."""
    headers = {"before_header": change.path, "after_header": change.path}
    if after is not None and (before is not None or "created" in change.what):
        return {**headers, "before": before or "", "after": after}
    return {**headers, "before": dict(change.before), "after": dict(change.after)}
