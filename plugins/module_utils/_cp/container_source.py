# SPDX-License-Identifier: GPL-3.0-or-later

"""What is taken out of a container, as one stream of entries."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import posixpath
import typing as t

from .._archive.tar_members import CHUNK, Member
from .._errors import InvalidInput, Missing
from .._filesystem.container_files import ContainerFiles
from .._filesystem.entry import Entry, Place
from .._filesystem.members import entry_of_member
from .source import FileContent, iterate_members, relative_members


@dataclasses.dataclass(frozen=True)
class ContainerSource:
    """A file, link or folder in a container, or the archive that a file there is."""

    files: ContainerFiles
    path: str
    entry: Entry
    # The name under which it comes to stand in a folder; empty: what is in it goes there.
    name: str
    decompress: bool

    @property
    def folder(self) -> bool:
        return self.decompress or self.entry.kind == "directory"

    @contextlib.contextmanager
    def open_entries(self) -> t.Iterator[t.Iterator[tuple[Entry, FileContent]]]:
        """What there is, folders before what is in them; each content is read before the next entry, or never."""
        if self.entry.kind == "directory":
            # With '/.' the names begin with './', also for the root folder, whose own are absolute otherwise.
            with self.files.open_members(posixpath.join(self.path, ".")) as found:
                yield relative_members(found)
            return
        with self.files.open_member(self.path) as member:
            if self.decompress:
                yield iterate_members(io.BufferedReader(_MemberFile(member), CHUNK))
            else:
                # The archive tells whole seconds alone.
                yield iter(
                    [(dataclasses.replace(entry_of_member(member), path="", mtime_ns=self.entry.mtime_ns), member)]
                )

    def path_of_entry(self, relative: str) -> str | None:
        """The path in the container that an entry comes from."""
        return None if self.decompress else posixpath.join(self.path, relative) if relative else self.path


def find_container_source(files: ContainerFiles, src: Place, *, follow: bool, decompress: bool) -> ContainerSource:
    """
    :raises Missing: ``src`` is not in the container.
    :raises InvalidInput: the engine cannot reach it, or it cannot be copied.
    """
    path = files.resolve_parents(src.normal_path)
    path, found = files.follow_link(path) if follow or src.contents or decompress else (path, files.stat(path))
    files.check_access(path, writing=False)
    if found is None:
        raise Missing(f"{files.name}:{src.path} is not there.", object=f"{files.name}:{src.path}")
    if src.contents and found.kind != "directory":
        raise InvalidInput(
            f"{src} is a {found.kind} and no folder: write it without the slash at its end.", object=src.path
        )
    if decompress and found.kind != "file":
        raise InvalidInput(f"decompress: {src} is a {found.kind} and no archive.", object=src.path)
    if found.kind == "special":
        raise InvalidInput(f"{src} is a device, FIFO or socket, which cannot be copied.", object=src.path)
    name = "" if decompress or src.contents else posixpath.basename(src.normal_path)
    return ContainerSource(files, path, found, name, decompress)


class _MemberFile(io.RawIOBase):
    def __init__(self, member: Member) -> None:
        self._member = member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        piece = self._member.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
