# SPDX-License-Identifier: GPL-3.0-or-later

"""From a host, or an archive, into a container.

First everything is compared, and what cannot be is refused; then all that differs goes over in one stream.
"""

from __future__ import annotations

import dataclasses
import posixpath
import time
import typing as t

from .._archive.tar_writer import END, make_padding
from .._errors import Conflict, Damaged, Failed, Missing
from .._filesystem.container_files import ContainerFiles
from .._filesystem.entry import (
    Entry,
    EntryChange,
    Place,
    RequestedAttributes,
    describe_entry,
    differences,
    surely_equal,
)
from .._filesystem.members import header_of_entry
from .._filesystem.paths import parent_folders
from .._parallel import require_values, run_parallel
from .source import CopySource


@dataclasses.dataclass(frozen=True)
class ContainerTarget:
    """Where in the container the source's root comes to stand."""

    path: str
    there: Entry | None
    # The nearest folder that is there, to unpack in.
    folder: str

    def path_of(self, entry: Entry) -> str:
        return posixpath.join(self.path, entry.path) if entry.path else self.path

    def member_name(self, relative: str) -> str:
        """The name in the stream: the path below the folder in which it is unpacked."""
        return posixpath.relpath(posixpath.join(self.path, relative), self.folder)


def find_container_target(files: ContainerFiles, source: CopySource, dest: Place, *, contents: bool) -> ContainerTarget:
    """
    :param contents: what is in the source's folder goes into ``dest``, not the folder itself.
    :raises InvalidInput: the engine cannot reach the target.
    :raises Missing: the folder that shall take a file is not there.
    """
    path, there = files.follow_link(files.resolve_parents(dest.normal_path))
    if source.folder:
        if there is not None and there.kind != "directory":
            raise Conflict(f"{files.name}:{path} is a {there.kind}, and the source is a folder.", object=path)
        inside = not contents
    else:
        inside = dest.contents or (there is not None and there.kind == "directory")
    if inside:
        path = posixpath.join(path, source.name)
        there = files.stat(path)
    files.check_access(path, writing=False)
    folder = path if source.folder and there is not None and there.kind == "directory" else posixpath.dirname(path)
    if not source.folder and not dest.contents and files.stat(folder) is None:
        raise Missing(
            f"{files.name}:{folder} is not there: create it, or write dest with a slash at its end.",
            object=f"{files.name}:{folder}",
        )
    while folder != "/" and files.stat(folder) is None:
        folder = posixpath.dirname(folder)
    return ContainerTarget(path, there, folder)


@dataclasses.dataclass(frozen=True)
class CopyPlan:
    """What is to be sent: each entry as it shall be, by its path below the root."""

    target: ContainerTarget
    wanted: t.Mapping[str, Entry]
    changes: tuple[EntryChange, ...]
    skipped: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of content that go over."""
        return sum(entry.size for entry in self.wanted.values() if entry.kind == "file")


def make_plan(
    files: ContainerFiles, source: CopySource, target: ContainerTarget, attributes: RequestedAttributes
) -> CopyPlan:
    """
    :raises Conflict: something stands in the way, or the target is read-only.
    """
    entries = [entry for entry, _content in source.walk()]
    skipped = tuple(target.path_of(entry) for entry in entries if entry.kind == "special")
    usable = [entry for entry in entries if entry.kind != "special"]
    _check_parents_and_links(files, usable, target)
    present = _stat_existing(files, usable, target, attributes)
    there = {path: found for path, found in present.items() if found is not None}
    wanted = {entry.path: attributes.apply_to(entry, there.get(entry.path)) for entry in usable}
    found = {path: differences(one, there.get(path), owner=attributes.owner_matters) for path, one in wanted.items()}
    _compare_hard_links(wanted, there, found)
    _compare_contents(files, source, target, wanted, there, found)
    changes = tuple(
        _entry_change(files, target, wanted[path], there.get(path), what, attributes)
        for path, what in found.items()
        if what
    )
    for change in changes:
        files.check_access(change.path.partition(":")[2], writing=True)
    return CopyPlan(target, {path: one for path, one in wanted.items() if found[path]}, changes, skipped)


def _check_parents_and_links(files: ContainerFiles, entries: t.Sequence[Entry], target: ContainerTarget) -> None:
    """What an archive need not tell but leans on: folders that it leaves out, and the files of its hard links.

    The engine follows links in the container on the way to a file, as far as they lead.
    """
    known = {entry.path: entry.kind for entry in entries}
    for entry in entries:
        if entry.kind == "hardlink" and known.get(entry.target) not in ("file", "hardlink"):
            raise Damaged(f"The archive links {entry.path!r} to {entry.target!r}, which is no file in it.")
    steps = {step for entry in entries for step in parent_folders(entry.path)} - set(known)
    for step in sorted(steps if target.there is not None else ()):
        path = posixpath.join(target.path, step)
        found = files.stat(path)
        if found is not None and found.kind != "directory":
            raise Conflict(
                f"{files.name}:{path} is a {found.kind} where a folder is needed: nothing is written through it.",
                object=f"{files.name}:{path}",
            )


def _stat_existing(
    files: ContainerFiles, entries: t.Sequence[Entry], target: ContainerTarget, attributes: RequestedAttributes
) -> dict[str, Entry | None]:
    """What the container has at each path; nothing is asked about below a folder that is not there."""
    if target.there is None:
        return dict.fromkeys((entry.path for entry in entries), None)

    def stat_entry(entry: Entry) -> Entry | None:
        path = target.path_of(entry)
        found = files.stat(path)
        if found is None or (found.kind in ("special", "directory") and not attributes.owner_matters):
            return found
        if found.kind == "directory":
            return found if not attributes.owner_matters else _add_owner(found, files.stat_with_owner(path))
        unlike = entry.kind != "file" or entry.size != found.size or not surely_equal(entry, found)
        return _add_owner(found, files.stat_with_owner(path)) if unlike or attributes.owner_matters else found

    return dict(zip((entry.path for entry in entries), require_values(run_parallel(entries, stat_entry))))


def _add_owner(found: Entry, peeked: Entry) -> Entry:
    """What only the archive tells, beside what only the stat tells (the time's fraction)."""
    return dataclasses.replace(found, uid=peeked.uid, gid=peeked.gid, target=peeked.target)


def _compare_hard_links(
    wanted: t.Mapping[str, Entry], there: t.Mapping[str, Entry], found: dict[str, tuple[str, ...]]
) -> None:
    """Hard links: two names of one file have all in common; if the file is written anew, so are its other names."""
    for path, entry in wanted.items():
        if entry.kind != "hardlink" or found[path]:
            continue
        here, other = there[path], there.get(entry.target)
        alike = other is not None and (here.size, here.mtime_ns, here.mode) == (other.size, other.mtime_ns, other.mode)
        if not alike or found.get(entry.target):
            found[path] = ("target",)


def _compare_contents(
    files: ContainerFiles,
    source: CopySource,
    target: ContainerTarget,
    wanted: t.Mapping[str, Entry],
    there: t.Mapping[str, Entry],
    found: dict[str, tuple[str, ...]],
) -> None:
    """Read what size and time leave open."""
    unsure = {
        path
        for path, entry in wanted.items()
        if entry.kind == "file"
        and path in there
        and there[path].kind == "file"
        and "content" not in found[path]
        and not surely_equal(entry, there[path])
    }
    if not unsure:
        return
    for entry, content in source.walk():
        if entry.path in unsure:
            with files.open_member(target.path_of(entry)) as member:
                if member.size != entry.size or not content.equals(member):
                    found[entry.path] = ("content", *found[entry.path])


def _entry_change(
    files: ContainerFiles,
    target: ContainerTarget,
    entry: Entry,
    there: Entry | None,
    what: tuple[str, ...],
    attributes: RequestedAttributes,
) -> EntryChange:
    owner = attributes.owner_matters
    return EntryChange(
        f"{files.name}:{target.path_of(entry)}",
        entry.kind,
        what,
        describe_entry(there, owner=owner),
        describe_entry(entry, owner=owner),
    )


def send(files: ContainerFiles, source: CopySource, plan: CopyPlan) -> int:
    """Send what differs and say how many bytes of content that is.

    :raises Failed: the source changed on the way.
    """
    leading = _parent_headers(plan.target)
    length = _archive_length(leading, plan) if source.unique_paths else None
    files.put_archive(plan.target.folder, generate_archive(source, plan, leading), length)
    return plan.size


def generate_archive(source: CopySource, plan: CopyPlan, leading: bytes) -> t.Iterator[bytes]:
    """The tar stream: ``leading``, then what differs.

    :raises Failed: what is there now is not what was announced.
    """
    yield leading
    sent: set[str] = set()
    for entry, content in source.walk():
        wanted = plan.wanted.get(entry.path)
        if wanted is None or (entry.kind == "directory" and entry.path in sent):
            continue
        if (entry.kind, entry.size) != (wanted.kind, wanted.size) and source.unique_paths:
            raise _source_changed(entry.path or source.name)
        sent.add(entry.path)
        yield _member_header(wanted, plan.target)
        if wanted.kind == "file":
            yield from content.chunks()
            yield make_padding(wanted.size)
    gone = [path for path in plan.wanted if path not in sent]
    if gone:
        raise _source_changed(gone[0])
    yield END


def _source_changed(path: str) -> Failed:
    return Failed(f"{path} changed while it was copied: run the task again.", object=path)


def _member_header(wanted: Entry, target: ContainerTarget) -> bytes:
    if wanted.kind == "hardlink":
        return header_of_entry(
            dataclasses.replace(wanted, target=target.member_name(wanted.target)), target.member_name(wanted.path)
        )
    return header_of_entry(wanted, target.member_name(wanted.path))


def _archive_length(leading: bytes, plan: CopyPlan) -> int:
    """The bytes of the whole stream."""
    total = len(leading) + len(END)
    for wanted in plan.wanted.values():
        total += len(_member_header(wanted, plan.target))
        if wanted.kind == "file":
            total += wanted.size + len(make_padding(wanted.size))
    return total


def _parent_headers(target: ContainerTarget) -> bytes:
    """The folders that lead to the target and are not there yet."""
    folder = Entry("", "directory", 0o755, mtime_ns=time.time_ns())
    return b"".join(
        header_of_entry(folder, posixpath.relpath(path, target.folder)) for path in _missing_folders(target)
    )


def _missing_folders(target: ContainerTarget) -> list[str]:
    missing: list[str] = []
    folder = posixpath.dirname(target.path)
    while len(folder) > len(target.folder):
        missing.insert(0, folder)
        folder = posixpath.dirname(folder)
    return missing
