# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's side of a copy out of a container: where it lands, and what came of it."""

from __future__ import annotations

import dataclasses
import grp
import os
import pwd
import typing as t

from .._errors import InvalidInput, Missing
from .._filesystem.entry import Entry, EntryChange, Place, RequestedAttributes, parse_mode_option
from .host_writer import Sink
from .source import Content


@dataclasses.dataclass
class Taken:
    """What was or would be written."""

    changes: list[EntryChange] = dataclasses.field(default_factory=list)
    # The paths below the source's root that were changed.
    needed: list[str] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)
    bytes: int = 0


@dataclasses.dataclass(frozen=True)
class Landing:
    """The folder to write in, and the name in it; a link of that name is not followed."""

    root: str
    name: str

    @property
    def path(self) -> str:
        return os.path.join(self.root, self.name) if self.name else self.root

    def below(self, relative: str) -> str:
        return "/".join(part for part in (self.name, relative) if part)


def landing(dest: Place, *, folder: bool, name: str) -> Landing:
    """Where the source's root comes to stand.

    A folder takes a file under its own name; a link to a file is followed, as ``docker cp`` does.

    :raises Missing: the folder that shall take a file is not there.
    """
    path = os.path.abspath(dest.normal_path)
    if folder:
        return Landing(path, name)
    if dest.contents or os.path.isdir(path):
        return Landing(path, name)
    path = os.path.realpath(path) if os.path.islink(path) else path
    above, name = os.path.split(path)
    if not os.path.isdir(above):
        raise Missing(f"{above} is not there: create it, or write dest with a slash at its end.", object=above)
    return Landing(above, name)


def host_asked(params: t.Mapping[str, t.Any]) -> RequestedAttributes:
    """Mode and owner of the task, names looked up on this host.

    :raises InvalidInput: a name that this host does not know, or no mode.
    """

    def number(option: str, look: t.Callable[[str], int]) -> int | None:
        text = params.get(option)
        if text is None or str(text).isdigit():
            return None if text is None else int(text)
        try:
            return look(str(text))
        except KeyError as error:
            raise InvalidInput(f"{option}: this host knows no {text!r}; give a number.") from error

    return RequestedAttributes(
        mode=parse_mode_option(params, "mode"),
        directory_mode=parse_mode_option(params, "directory_mode"),
        uid=number("owner", lambda name: pwd.getpwnam(name).pw_uid),
        gid=number("group", lambda name: grp.getgrnam(name).gr_gid),
        archive=bool(params.get("archive")),
    )


def land(
    entries: t.Iterable[tuple[Entry, Content]],
    where: Landing,
    asked: RequestedAttributes,
    *,
    check: bool,
    source_of: t.Callable[[str], str | None] = lambda relative: None,
) -> Taken:
    """Write, or in a check compare, all entries in their order."""
    taken = Taken()
    with Sink(where.root, asked, check=check) as sink:
        for entry, content in entries:
            path = where.below(entry.path)
            if entry.kind == "special":
                taken.skipped.append(sink.path_of([path]))
                continue
            placed = dataclasses.replace(_plain(entry, asked), path=path)
            if placed.kind == "hardlink":
                placed = dataclasses.replace(placed, target=where.below(placed.target))
            written = sink.take(placed, content)
            if written.what:
                change = EntryChange(
                    where.root if not path else sink.path_of([path]),
                    placed.kind, written.what, written.before, written.after, source_of(entry.path),
                )  # fmt: skip
                taken.changes.append(change)
                taken.needed.append(entry.path)
        taken.bytes = sink.bytes
    return taken


def _plain(entry: Entry, asked: RequestedAttributes) -> Entry:
    """Without the set-uid and set-gid bits, unless the task asks for them: the file now belongs to somebody on this host."""
    return entry if asked.archive else dataclasses.replace(entry, mode=entry.mode & 0o1777)
