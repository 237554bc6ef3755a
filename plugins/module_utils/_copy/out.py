# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 3, room copy: out of a container, to this host. One stream is compared and written in passing."""

from __future__ import annotations

import dataclasses
import grp
import io
import os
import posixpath
import pwd
import typing as t

from .._errors import Damaged, InvalidInput, Missing
from .container import ContainerFiles, octal
from .entry import Asked, Change, Entry, Place, surely_equal
from .sink import Sink
from .source import Content, entry_of, relative, unpacked
from .tar import Member

Json = t.Dict[str, t.Any]


@dataclasses.dataclass
class Taken:
    """What was or would be written."""

    changes: list[Change] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)
    bytes: int = 0


def host_asked(params: t.Mapping[str, t.Any]) -> Asked:
    """Mode and owner of the task, names looked up on this host."""

    def number(option: str, look: t.Callable[[str], int]) -> int | None:
        text = params[option]
        if text is None or text.isdigit():
            return None if text is None else int(text)
        try:
            return look(text)
        except KeyError as error:
            raise InvalidInput(f"{option}: this host knows no {text!r}; give a number.") from error

    return Asked(
        mode=octal(params, "mode"),
        directory_mode=octal(params, "directory_mode"),
        uid=number("owner", lambda name: pwd.getpwnam(name).pw_uid),
        gid=number("group", lambda name: grp.getgrnam(name).gr_gid),
        archive=params["archive"],
    )


def fetch(
    files: ContainerFiles, src: Place, dest: Place, asked: Asked, *, follow: bool, decompress: bool, check: bool
) -> Taken:
    """
    :raises Missing: ``src`` is not in the container.
    """
    path, found = (files.followed if follow or src.contents else _as_it_is(files))(src.plain)
    files.check(path, writing=False)
    if found is None:
        raise Missing(f"{files.name}:{src.path} is not there.", object=f"{files.name}:{src.path}")
    if src.contents and found.kind != "directory":
        raise InvalidInput(
            f"{src} is a {found.kind} and no folder: write it without the slash at its end.", object=src.path
        )
    if decompress:
        if found.kind != "file":
            raise InvalidInput(f"decompress: {src} is a {found.kind} and no archive.", object=src.path)
        return _unpack(files, path, dest, asked, check=check)
    if found.kind == "special":
        raise InvalidInput(f"{src} is a device, FIFO or socket, which cannot be copied.", object=src.path)
    name = posixpath.basename(src.plain)
    if found.kind == "directory":
        return _folder(files, path, dest.plain, "" if src.contents else name, asked, check=check)
    return _single(files, path, found, _file_dest(dest, name), asked, check=check)


def _as_it_is(files: ContainerFiles) -> t.Callable[[str], tuple[str, Entry | None]]:
    return lambda path: (path, files.stat(path))


def _file_dest(dest: Place, name: str) -> str:
    """A folder takes the file under its own name; a link to a file is followed, as ``docker cp`` does."""
    path = os.path.abspath(dest.plain)
    if dest.contents or os.path.isdir(path):
        return os.path.join(path, name)
    path = os.path.realpath(path) if os.path.islink(path) else path
    if not os.path.isdir(os.path.dirname(path)):
        raise Missing(
            f"{os.path.dirname(path)} is not there: create it, or write dest with a slash at its end.",
            object=os.path.dirname(path),
        )
    return path


def _single(files: ContainerFiles, path: str, found: Entry, dest: str, asked: Asked, *, check: bool) -> Taken:
    taken = Taken()
    name = os.path.basename(dest)
    with Sink(os.path.dirname(dest), asked, check=check) as sink:
        there = entry_of(dest, name) if os.path.lexists(dest) else None
        sure = found.kind == "file" and there is not None and there.kind == "file" and surely_equal(found, there)
        obvious = found.kind == "file" and there is not None and (there.kind != "file" or found.size != there.size)
        decided = sure or (check and found.kind == "file" and (there is None or obvious))
        if decided and not asked.archive:
            # Size and time say enough: the content stays where it is.
            known = dataclasses.replace(found, path=name, target="")
            _take(sink, taken, _plain(known, asked), _Unread(), path)
        else:
            with files.member(path) as member:
                # The archive tells whole seconds alone.
                known = dataclasses.replace(member.entry, path=name, mtime_ns=found.mtime_ns)
                _take(sink, taken, _plain(known, asked), member, path)
    return taken


def _folder(files: ContainerFiles, path: str, root: str, below: str, asked: Asked, *, check: bool) -> Taken:
    """
    :param below: the folder in ``root`` that takes all of it; a link of that name is not followed.
    """
    taken = Taken()
    # With '/.' the names begin with './', also for the root folder, whose own are absolute otherwise.
    with files.members(posixpath.join(path, ".")) as found, Sink(os.path.abspath(root), asked, check=check) as sink:
        _take_all(sink, taken, relative(found, below), asked, path)
    return taken


def _unpack(files: ContainerFiles, path: str, dest: Place, asked: Asked, *, check: bool) -> Taken:
    """Twice over the archive: it is judged as a whole before anything of it is written."""
    taken = Taken()
    for checking in [True] if check else [True, False]:
        taken = Taken()
        with files.member(path) as member, Sink(os.path.abspath(dest.plain), asked, check=checking) as sink:
            _take_all(sink, taken, unpacked(io.BufferedReader(_MemberFile(member), 1 << 20)), asked)
        if not taken.changes:
            break
    return taken


def _take_all(
    sink: Sink, taken: Taken, entries: t.Iterator[tuple[Entry, t.Any]], asked: Asked, origin: str = ""
) -> None:
    """
    :param origin: the folder in the container that the members come from, where they do not come from an archive.
    """
    for entry, content in entries:
        if entry.kind == "special":
            taken.skipped.append(os.path.join(sink.root, entry.path))
        else:
            name = getattr(content, "name", "")
            _take(sink, taken, _plain(entry, asked), content, posixpath.join(origin, name) if origin else None)


def _plain(entry: Entry, asked: Asked) -> Entry:
    """Without the set-uid and set-gid bits, unless the task asks for them: the file now belongs to somebody on this host."""
    return entry if asked.archive else dataclasses.replace(entry, mode=entry.mode & 0o1777)


def _take(sink: Sink, taken: Taken, entry: Entry, content: Content, source: str | None) -> None:
    before = sink.bytes
    written = sink.take(entry, content)
    taken.bytes += sink.bytes - before
    if written.what:
        path = sink.path_of(entry.path.split("/")) if entry.path else sink.root
        taken.changes.append(Change(path, entry.kind, written.what, written.before, written.after, source))


class _Unread:
    """A content that need not be read."""

    def chunks(self) -> t.Iterator[bytes]:
        raise Damaged("The content was needed after all.")

    def equals(self, _other: t.Any) -> bool:
        raise Damaged("The content was needed after all.")


class _MemberFile(io.RawIOBase):
    def __init__(self, member: Member) -> None:
        self._member = member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        piece = self._member.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
