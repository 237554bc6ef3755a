# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's side of a copy out of a container: where it is written, and the outcome."""

from __future__ import annotations

import dataclasses
import grp
import os
import pwd
import typing as t

from .._errors import InvalidInput, Missing
from .._filesystem.entry import Entry, EntryChange, Place, RequestedAttributes, parse_mode_option
from .host_writer import HostWriter
from .source import FileContent


@dataclasses.dataclass
class HostCopy:
    """What was or would be written."""

    changes: list[EntryChange] = dataclasses.field(default_factory=list)
    # The paths below the source's root that were changed.
    needed: list[str] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)
    bytes: int = 0


@dataclasses.dataclass(frozen=True)
class HostTarget:
    """The folder to write in, and the name in it; a link of that name is not followed."""

    root: str
    name: str

    @property
    def path(self) -> str:
        return os.path.join(self.root, self.name) if self.name else self.root

    def below(self, relative: str) -> str:
        return "/".join(part for part in (self.name, relative) if part)


def find_host_target(dest: Place, *, folder: bool, name: str) -> HostTarget:
    """Where the root of the source is written.

    A folder takes a file under its own name; a link to a file is followed, as ``docker cp`` does.

    :raises Missing: the folder that shall take a file is not there.
    """
    path = os.path.abspath(dest.normal_path)
    if folder:
        return HostTarget(path, name)
    if dest.contents or os.path.isdir(path):
        return HostTarget(path, name)
    path = os.path.realpath(path) if os.path.islink(path) else path
    above, name = os.path.split(path)
    if not os.path.isdir(above):
        raise Missing(f"{above} is not there: create it, or write dest with a slash at its end.", object=above)
    return HostTarget(above, name)


def requested_attributes_on_host(params: t.Mapping[str, t.Any]) -> RequestedAttributes:
    """Mode and owner of the task, names looked up on this host.

    :raises InvalidInput: a name that this host does not know, or no mode.
    """

    def find_id(option: str, look_up: t.Callable[[str], int]) -> int | None:
        text = params.get(option)
        if text is None or str(text).isdigit():
            return None if text is None else int(text)
        try:
            return look_up(str(text))
        except KeyError as error:
            raise InvalidInput(f"{option}: this host knows no {text!r}; give a number.") from error

    return RequestedAttributes(
        mode=parse_mode_option(params, "mode"),
        directory_mode=parse_mode_option(params, "directory_mode"),
        uid=find_id("owner", lambda name: pwd.getpwnam(name).pw_uid),
        gid=find_id("group", lambda name: grp.getgrnam(name).gr_gid),
        archive=bool(params.get("archive")),
    )


def write_entries(
    entries: t.Iterable[tuple[Entry, FileContent]],
    target: HostTarget,
    attributes: RequestedAttributes,
    *,
    check: bool,
    source_path: t.Callable[[str], str | None] = lambda relative: None,
) -> HostCopy:
    """Write, or in a check compare, all entries in their order."""
    copied = HostCopy()
    with HostWriter(target.root, attributes, check=check) as writer:
        for entry, content in entries:
            path = target.below(entry.path)
            if entry.kind == "special":
                copied.skipped.append(writer.path_of([path]))
                continue
            placed = dataclasses.replace(_without_special_bits(entry, attributes), path=path)
            if placed.kind == "hardlink":
                placed = dataclasses.replace(placed, target=target.below(placed.target))
            result = writer.write_entry(placed, content)
            if result.what:
                change = EntryChange(
                    target.root if not path else writer.path_of([path]),
                    placed.kind, result.what, result.before, result.after, source_path(entry.path),
                )  # fmt: skip
                copied.changes.append(change)
                copied.needed.append(entry.path)
        copied.bytes = writer.bytes
    return copied


def _without_special_bits(entry: Entry, attributes: RequestedAttributes) -> Entry:
    """Without the set-uid and set-gid bits, unless the task asks for them: the file gets an owner on this host."""
    return entry if attributes.archive else dataclasses.replace(entry, mode=entry.mode & 0o1777)
