# SPDX-License-Identifier: GPL-3.0-or-later

"""One task, from its options to its result."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._engine.client import Daemon
from .._errors import InvalidInput
from .._filesystem.container_files import ContainerFiles
from .._filesystem.entry import EntryChange, Place, RequestedAttributes, surely_equal
from .._lock import container_at_rest
from .._selection import refuse_dead
from .._task import Task
from .._types import Json
from . import copy_in
from .container_source import Origin, origin
from .destination import Landing, Taken, host_asked, land, landing
from .relay import Described, DescribedSource, PackedSource, describe, pack
from .source import Archive, Content, HostTree, Source, entry_of

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
    """Do what the task says, or the part of it that the action plugin asks for (``_relay``).

    :raises StevedoreError: with nothing changed, unless the message says otherwise.
    """
    src, dest = places(params)
    relay: Json = params.get("_relay") or {}
    files = ContainerFiles(daemon, refuse_dead(container_at_rest(daemon, str(src.container or dest.container))))
    if dest.container:
        source = source_of(src, params, relay)
        check = check or "description" in relay
        result = _copy_in(files, source, src, dest, files.requested_attributes(params), check=check, diff=diff)
    else:
        found = origin(files, src, follow=params["follow"], decompress=params["decompress"])
        if relay:
            return _relayed(found, relay)
        result = _copy_out(found, dest, host_asked(params), check=check, diff=diff)
    return {"container": files.name, **result}


def source_of(src: Place, params: t.Mapping[str, t.Any], relay: Json) -> Source:
    """What is copied into a container: on this host, described, or carried over."""
    if "description" in relay:
        return DescribedSource(relay)
    if "payload" in relay:
        return PackedSource(relay)
    return Archive(src.path) if params["decompress"] else HostTree(src, follow=params["follow"])


def result_of(changes: t.Sequence[EntryChange], skipped: t.Sequence[str], size: int, shown: list[Json]) -> Json:
    return {
        "changed": bool(changes),
        "changes": [change.to_result() for change in changes],
        "bytes": size,
        # A result with ``skipped`` would be that of a skipped task.
        "not_copied": list(skipped),
        "diff": shown,
    }


# -- into a container ----------------------------------------------------------------------------------------------


def _copy_in(
    files: ContainerFiles,
    source: Source,
    src: Place,
    dest: Place,
    asked: RequestedAttributes,
    *,
    check: bool,
    diff: bool,
) -> Json:
    target = copy_in.target_of(files, source, dest, contents=src.contents or not source.name)
    decided = copy_in.plan(files, source, target, asked)
    shown = _texts_in(files, source, decided) if diff else []
    if decided.changes and not check:
        copy_in.send(files, source, decided)
    return {**result_of(decided.changes, decided.skipped, decided.size, shown), "needed": list(decided.wanted)}


def _texts_in(files: ContainerFiles, source: Source, decided: copy_in.Plan) -> list[Json]:
    changed = list(zip(decided.changes, decided.wanted.values()))[:SHOWN]
    small = {entry.path for change, entry in changed if _textual(change)}
    after: dict[str, str | None] = {}
    if small:
        for entry, content in source.walk():
            if entry.path in small:
                after[entry.path] = _text_of(content)
    return [
        _shown(
            change,
            files.read_text(change.path.partition(":")[2]) if entry.path in small else None,
            after.get(entry.path),
        )
        for change, entry in changed
    ]


def _text_of(content: Content) -> str | None:
    return content.text if isinstance(content, Described) else _text(b"".join(content.chunks()))


# -- out of a container --------------------------------------------------------------------------------------------


def _copy_out(found: Origin, dest: Place, asked: RequestedAttributes, *, check: bool, diff: bool) -> Json:
    where = landing(dest, folder=found.folder, name=found.name)
    # An archive is judged as a whole before anything of it is written.
    first = check or diff or found.decompress
    taken = _take(found, where, asked, check=first)
    shown = (
        texts_out(taken, lambda change: found.files.read_text(change.source) if change.source else None) if diff else []
    )
    if first and not check and taken.changes:
        taken = _take(found, where, asked, check=False)
    return result_of(taken.changes, taken.skipped, taken.bytes, shown)


def _take(found: Origin, where: Landing, asked: RequestedAttributes, *, check: bool) -> Taken:
    if _known(found, where, asked, check=check):
        entry = dataclasses.replace(found.found, path="", target="")
        return land([(entry, _Unread())], where, asked, check=check, source_of=found.origin_of)
    with found.entries() as entries:
        return land(entries, where, asked, check=check, source_of=found.origin_of)


def _known(found: Origin, where: Landing, asked: RequestedAttributes, *, check: bool) -> bool:
    """Whether what is known of a single file says enough, so that its content can stay where it is."""
    if found.folder or found.found.kind != "file" or asked.owner_matters:
        return False
    there = entry_of(where.path, "") if os.path.lexists(where.path) else None
    if there is None or there.kind != "file" or there.size != found.found.size:
        return check
    return surely_equal(found.found, there)


def texts_out(taken: Taken, after_of: t.Callable[[EntryChange], str | None]) -> list[Json]:
    """The diff of what is about to be written on this host."""
    shown: list[Json] = []
    for change in taken.changes[:SHOWN]:
        before = after = None
        if _textual(change):
            after = after_of(change)
            if os.path.isfile(change.path):
                with open(change.path, "rb") as file:
                    before = _text(file.read(TEXT_LIMIT))
        shown.append(_shown(change, before, after))
    return shown


def _relayed(found: Origin, relay: Json) -> Json:
    """The module's part of a copy to the control node: tell what there is, or pack what of it is needed."""
    answer: Json = {"name": found.name, "folder": found.folder, "container": found.files.name}
    with found.entries() as entries:
        if "needed" in relay:
            pack(entries, set(relay["needed"]), relay["payload"])
        else:
            describe(entries, relay["description"], text_limit=relay["text_limit"])
    return answer


class _Unread:
    """A content that need not be read."""

    def chunks(self) -> t.Iterator[bytes]:
        return iter(())

    def equals(self, _other: t.Any) -> bool:
        return True


# -- diff ----------------------------------------------------------------------------------------------------------


def _textual(change: EntryChange) -> bool:
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


def _shown(change: EntryChange, before: str | None, after: str | None) -> Json:
    """Texts where both sides can be read as such, else what is known about the two."""
    headers = {"before_header": change.path, "after_header": change.path}
    if after is not None and (before is not None or "created" in change.what):
        return {**headers, "before": before or "", "after": after}
    return {**headers, "before": dict(change.before), "after": dict(change.after)}


def run(task: Task) -> Json:
    """The task of ``container_cp``; see :func:`copy`."""
    result = copy(task.daemon, task.params, check=task.check_mode, diff=task.diff_mode)
    if not task.params["_relay"]:
        result.pop("needed", None)
    if result.get("not_copied"):
        task.warn(f"Not copied, since they are devices, FIFOs or sockets: {', '.join(result['not_copied'][:10])}")
    return result
