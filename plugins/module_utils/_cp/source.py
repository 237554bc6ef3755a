# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of a copy: a tree on this host, or an archive."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import posixpath
import stat
import typing as t

from .._archive import decompression
from .._archive.tar_members import Member, Readable, members, same
from .._errors import Damaged, Failed, InvalidInput, Missing
from .._filesystem.entry import Entry, Place
from .._filesystem.members import entry_of_member
from .._filesystem.paths import parent_folders, split_member_name

# What is read of a file, and sent, at once: smaller ones cost calls, larger ones do not stay in the processor's cache.
PIECE = 1 << 18
_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))


class FileContent(t.Protocol):
    """The content of a file, read once."""

    def chunks(self) -> t.Iterator[bytes]: ...

    def equals(self, other: Readable) -> bool: ...


class CopySource(t.Protocol):
    """What is copied. ``walk`` may be called again and gives the same order: folders before what is in them.

    ``unique_paths``: no path comes twice, so that the length of the stream is known beforehand.
    """

    name: str
    folder: bool
    unique_paths: bool

    def walk(self) -> t.Iterator[tuple[Entry, FileContent]]: ...


@contextlib.contextmanager
def read_errors(path: str) -> t.Iterator[None]:
    """Turn the host's errors about a file into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(f"{path} is not there.", object=path) from error
    except OSError as error:
        raise Failed(f"Cannot read {path}: {error.strerror}.", object=path) from error


def stat_host_path(path: str, relative: str) -> Entry:
    """What is there, links not followed."""
    with read_errors(path):
        found = os.lstat(path)
        kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "special")
        target = os.readlink(path) if kind == "link" else ""
    mode = stat.S_IMODE(found.st_mode)
    return Entry(
        relative,
        kind,
        mode,
        found.st_size if kind == "file" else 0,
        found.st_mtime_ns,
        target,
        found.st_uid,
        found.st_gid,
    )


@dataclasses.dataclass(frozen=True)
class HostFile:
    """The content of a file on this host."""

    path: str
    size: int

    def chunks(self) -> t.Iterator[bytes]:
        """
        :raises Failed: the file became shorter than it was when it was announced.
        """
        left = self.size
        with read_errors(self.path):
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        with open(handle, "rb", buffering=0) as file:
            while left:
                with read_errors(self.path):
                    piece = file.read(min(PIECE, left))
                if not piece:
                    raise Failed(
                        f"{self.path} became shorter while it was copied: run the task again.", object=self.path
                    )
                left -= len(piece)
                yield piece

    def equals(self, other: Readable) -> bool:
        return same(self.chunks(), other)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()


class HostTree:
    """A file, link or folder on this host."""

    unique_paths = True

    def __init__(self, place: Place, *, follow: bool) -> None:
        """
        :raises Missing: there is nothing at this path.
        """
        self.root = os.path.abspath(place.path)
        self.name = os.path.basename(self.root)
        if follow or place.contents:
            with read_errors(self.root):
                os.stat(self.root)
            self.root = os.path.realpath(self.root)
        kind = stat_host_path(self.root, "").kind
        self.folder = kind == "directory"
        if place.contents and not self.folder:
            raise InvalidInput(
                f"{place} is a {kind} and no folder: write it without the slash at its end.", object=place.path
            )

    def walk(self) -> t.Iterator[tuple[Entry, FileContent]]:
        return self._walk_below(self.root, "")

    def _walk_below(self, path: str, relative: str) -> t.Iterator[tuple[Entry, FileContent]]:
        entry = stat_host_path(path, relative)
        yield entry, HostFile(path, entry.size)
        if entry.kind == "directory":
            with read_errors(path):
                names = sorted(os.listdir(path))
            for name in names:
                yield from self._walk_below(os.path.join(path, name), posixpath.join(relative, name))


class TarSource:
    """The members of an archive on this host, plain or compressed, below a root folder."""

    folder = True
    name = ""
    unique_paths = False

    def __init__(self, path: str) -> None:
        self.path = path
        with read_errors(path), open(path, "rb"):
            pass

    def walk(self) -> t.Iterator[tuple[Entry, FileContent]]:
        with contextlib.ExitStack() as stack:
            with read_errors(self.path):
                file = stack.enter_context(open(self.path, "rb"))
            yield from iterate_members(file)


def iterate_members(file: t.Any) -> t.Iterator[tuple[Entry, Member]]:
    """The members of an archive under safe names; ``file`` needs to know ``peek`` (a ``BufferedReader`` does).

    :raises Damaged: a name or a hard link leads out of the destination, by itself or through a link of the archive; or
        the archive is torn.
    """
    links: set[str] = set()
    for entry, member in relative_members(members(_DecompressingReader(file))):
        steps = {*parent_folders(entry.path), *parent_folders(entry.target if entry.kind == "hardlink" else "")}
        if entry.kind in ("directory", "hardlink"):
            steps.add(entry.target or entry.path)
        if links & steps:
            raise Damaged(f"The archive holds {member.name!r} behind a link that it holds too: it is not unpacked.")
        if entry.kind == "link":
            links.add(entry.path)
        yield entry, member


def relative_members(found: t.Iterable[Member], below: str = "") -> t.Iterator[tuple[Entry, Member]]:
    """The members under safe paths, all of them in the folder ``below``."""

    def path_of(name: str) -> str:
        return "/".join((*([below] if below else []), *split_member_name(name)))

    for member in found:
        entry = dataclasses.replace(entry_of_member(member), path=path_of(member.name))
        if entry.kind == "hardlink":
            entry = dataclasses.replace(entry, target=path_of(entry.target))
        yield entry, member


class _DecompressingReader:
    """Decompresses; the first bytes tell the compression."""

    def __init__(self, file: t.Any) -> None:
        name = decompression.by_magic(file.peek(decompression.MAGIC_SIZE)[: decompression.MAGIC_SIZE])
        self._file = file
        if name != "none":
            pieces = iter(lambda: t.cast("bytes", file.read(PIECE)), b"")
            self._file = decompression.PieceReader(decompression.expand(name, pieces))

    def read(self, amount: int) -> bytes:
        return t.cast("bytes", self._file.read(amount))
