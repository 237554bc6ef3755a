# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of ``container_cp``, from its options to its result."""

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
from .container_source import ContainerSource, find_container_source
from .destination import HostCopy, HostTarget, find_host_target, requested_attributes_on_host, write_entries
from .relay import DescribedContent, DescribedSource, PackedSource, decode_text, write_archive, write_description
from .source import CopySource, FileContent, HostTree, TarSource, stat_host_path

# A diff is for reading: of larger files it has size and mode, and of many changes only the first ones.
TEXT_LIMIT = 64 << 10
DIFF_LIMIT = 50


def run(task: Task) -> Json:
    """The result of ``container_cp``."""
    result = copy_files(task.daemon, task.params, check=task.check_mode, diff=task.diff_mode)
    if not task.params["_relay"]:
        result.pop("needed", None)
    if result.get("not_copied"):
        task.warn(f"Not copied, since they are devices, FIFOs or sockets: {', '.join(result['not_copied'][:10])}")
    return result


def parse_places(params: t.Mapping[str, t.Any]) -> tuple[Place, Place]:
    """The options ``src`` and ``dest``.

    :raises InvalidInput: not exactly one side is in a container.
    """
    src, dest = Place.parse(params["src"]), Place.parse(params["dest"])
    if (src.container is None) == (dest.container is None):
        raise InvalidInput("Exactly one of src and dest must be in a container, such as 'web:/etc/app.conf'.")
    return src, dest


def copy_files(daemon: Daemon, params: t.Mapping[str, t.Any], *, check: bool, diff: bool) -> Json:
    """Do what the task says, or the part of it that the action plugin asks for (``_relay``).

    :raises StevedoreError: with nothing changed, unless the message says otherwise.
    """
    src, dest = parse_places(params)
    relay: Json = params.get("_relay") or {}
    files = ContainerFiles(daemon, refuse_dead(container_at_rest(daemon, str(src.container or dest.container))))
    if dest.container:
        source = find_source(src, params, relay)
        check = check or "description" in relay
        result = _copy_in(files, source, src, dest, files.requested_attributes(params), check=check, diff=diff)
    else:
        origin = find_container_source(files, src, follow=params["follow"], decompress=params["decompress"])
        if relay:
            return _relay(origin, relay)
        result = _copy_out(origin, dest, requested_attributes_on_host(params), check=check, diff=diff)
    return {"container": files.name, **result}


def find_source(src: Place, params: t.Mapping[str, t.Any], relay: Json) -> CopySource:
    """What is copied into a container: from this host, or from the control node (described, or transferred)."""
    if "description" in relay:
        return DescribedSource(relay)
    if "payload" in relay:
        return PackedSource(relay)
    return TarSource(src.path) if params["decompress"] else HostTree(src, follow=params["follow"])


def build_result(changes: t.Sequence[EntryChange], skipped: t.Sequence[str], size: int, diffs: list[Json]) -> Json:
    return {
        "changed": bool(changes),
        "changes": [change.to_result() for change in changes],
        "bytes": size,
        # A result with ``skipped`` would be that of a skipped task.
        "not_copied": list(skipped),
        "diff": diffs,
    }


# -- into a container ----------------------------------------------------------------------------------------------


def _copy_in(
    files: ContainerFiles,
    source: CopySource,
    src: Place,
    dest: Place,
    attributes: RequestedAttributes,
    *,
    check: bool,
    diff: bool,
) -> Json:
    target = copy_in.find_container_target(files, source, dest, contents=src.contents or not source.name)
    plan = copy_in.make_plan(files, source, target, attributes)
    diffs = _diff_into_container(files, source, plan) if diff else []
    if plan.changes and not check:
        copy_in.send(files, source, plan)
    return {**build_result(plan.changes, plan.skipped, plan.size, diffs), "needed": list(plan.wanted)}


def _diff_into_container(files: ContainerFiles, source: CopySource, plan: copy_in.CopyPlan) -> list[Json]:
    changed = list(zip(plan.changes, plan.wanted.values()))[:DIFF_LIMIT]
    small = {entry.path for change, entry in changed if _has_text_diff(change)}
    after: dict[str, str | None] = {}
    if small:
        for entry, content in source.walk():
            if entry.path in small:
                after[entry.path] = _content_text(content)
    return [
        _diff_entry(
            change,
            files.read_text(change.path.partition(":")[2]) if entry.path in small else None,
            after.get(entry.path),
        )
        for change, entry in changed
    ]


def _content_text(content: FileContent) -> str | None:
    return content.text if isinstance(content, DescribedContent) else decode_text(b"".join(content.chunks()))


# -- out of a container --------------------------------------------------------------------------------------------


def _copy_out(
    source: ContainerSource, dest: Place, attributes: RequestedAttributes, *, check: bool, diff: bool
) -> Json:
    target = find_host_target(dest, folder=source.folder, name=source.name)
    # An archive is judged as a whole before anything of it is written.
    first = check or diff or source.decompress
    copied = _write_to_host(source, target, attributes, check=first)
    diffs = (
        diff_on_host(copied, lambda change: source.files.read_text(change.source) if change.source else None)
        if diff
        else []
    )
    if first and not check and copied.changes:
        copied = _write_to_host(source, target, attributes, check=False)
    return build_result(copied.changes, copied.skipped, copied.bytes, diffs)


def _write_to_host(
    source: ContainerSource, target: HostTarget, attributes: RequestedAttributes, *, check: bool
) -> HostCopy:
    if _is_content_known(source, target, attributes, check=check):
        entry = dataclasses.replace(source.entry, path="", target="")
        return write_entries(
            [(entry, _UnreadContent())], target, attributes, check=check, source_path=source.path_of_entry
        )
    with source.open_entries() as entries:
        return write_entries(entries, target, attributes, check=check, source_path=source.path_of_entry)


def _is_content_known(
    source: ContainerSource, target: HostTarget, attributes: RequestedAttributes, *, check: bool
) -> bool:
    """Whether type, size and time of a single file say enough, so that its content need not be read."""
    if source.folder or source.entry.kind != "file" or attributes.owner_matters:
        return False
    there = stat_host_path(target.path, "") if os.path.lexists(target.path) else None
    if there is None or there.kind != "file" or there.size != source.entry.size:
        return check
    return surely_equal(source.entry, there)


def diff_on_host(copied: HostCopy, after_of: t.Callable[[EntryChange], str | None]) -> list[Json]:
    """The diff of what is about to be written on this host."""
    diffs: list[Json] = []
    for change in copied.changes[:DIFF_LIMIT]:
        before = after = None
        if _has_text_diff(change):
            after = after_of(change)
            if os.path.isfile(change.path):
                with open(change.path, "rb") as file:
                    before = decode_text(file.read(TEXT_LIMIT))
        diffs.append(_diff_entry(change, before, after))
    return diffs


def _relay(source: ContainerSource, relay: Json) -> Json:
    """The module's part of a copy to the control node: describe what there is, or pack what is needed of it."""
    answer: Json = {"name": source.name, "folder": source.folder, "container": source.files.name}
    with source.open_entries() as entries:
        if "needed" in relay:
            write_archive(entries, set(relay["needed"]), relay["payload"])
        else:
            write_description(entries, relay["description"], text_limit=relay["text_limit"])
    return answer


class _UnreadContent:
    """A content that need not be read."""

    def chunks(self) -> t.Iterator[bytes]:
        return iter(())

    def equals(self, _other: t.Any) -> bool:
        return True


# -- diff ----------------------------------------------------------------------------------------------------------


def _has_text_diff(change: EntryChange) -> bool:
    sizes = [side.get("size", 0) for side in (change.before, change.after)]
    return (
        change.kind == "file" and max(sizes) <= TEXT_LIMIT and bool({"created", "content", "type"} & set(change.what))
    )


def _diff_entry(change: EntryChange, before: str | None, after: str | None) -> Json:
    """The texts where both sides are text, otherwise what is known about the two."""
    headers = {"before_header": change.path, "after_header": change.path}
    if after is not None and (before is not None or "created" in change.what):
        return {**headers, "before": before or "", "after": after}
    return {**headers, "before": dict(change.before), "after": dict(change.after)}
