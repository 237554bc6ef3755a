# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes below one folder of this host and nowhere else.

Every step of a path is opened relative to the folder above it, links not followed; so neither a name in an archive nor a
link that lies in the way, nor one that is put there meanwhile, leads out. Files are written beside the old ones and take
their names when they are whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import itertools
import os
import stat
import typing as t

from .._archive.sparse import HOLE
from .._errors import Conflict, Damaged, Failed
from .._filesystem.entry import Entry, RequestedAttributes, describe_entry, differences, surely_equal
from .host_location import (
    Location,
    common_prefix,
    open_file,
    read_prefix,
    replacing,
    stat_name,
    temporary_name,
    write_completely,
)
from .source import FileContent

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))


@dataclasses.dataclass(frozen=True)
class EntryResult:
    """What came of one entry."""

    what: tuple[str, ...]
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]


class HostWriter:
    """Takes the entries of a source, folders before what is in them."""

    def __init__(self, root: str, attributes: RequestedAttributes, *, check: bool) -> None:
        """
        :param root: the folder; it is created with the folders above it unless ``check``.
        """
        self.root = root
        self.bytes = 0
        self._attributes = attributes
        self._check = check
        self._new = True
        self._root: int | None = None
        # The folder of the entry before, since entries come folder by folder.
        self._last: tuple[tuple[str, ...], int] | None = None
        self._modes: list[tuple[tuple[str, ...], int]] = []

    def __enter__(self) -> HostWriter:
        with _write_errors(self.root), contextlib.suppress(FileNotFoundError):
            self._new = not os.path.isdir(self.root)
            if not self._check:
                os.makedirs(self.root, exist_ok=True)
            # Here links are followed: this path is the user's own word.
            self._root = os.open(self.root, _FOLDER & ~os.O_NOFOLLOW)
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            # At the end, the deepest first: a folder that its owner may not write to still has to take its files.
            for parts, mode in reversed(self._modes):
                with _write_errors(self.path_of(parts)):
                    self._with_folder(parts, lambda handle, mode=mode: os.fchmod(handle, mode))  # type: ignore[misc]
        finally:
            self._close_last()
            if self._root is not None:
                os.close(self._root)

    def path_of(self, parts: t.Sequence[str]) -> str:
        return os.path.join(self.root, *parts)

    def write_entry(self, entry: Entry, content: FileContent) -> EntryResult:
        """Compare one entry with what is there and, unless this is a check, write it.

        :raises Conflict: a folder stands where a file shall be, or the other way round, or a link stands in for a folder.
        :raises Damaged: a hard link to something that is not there.
        """
        parts = tuple(entry.path.split("/")) if entry.path else ()
        with _write_errors(self.path_of(parts)):
            folder = self._parent_folder(parts)
            there = None if folder is None or (self._new and not parts) else self._existing_entry(folder, parts)
            wanted = self._attributes.apply_to(entry, there)
            if there is None and not self._attributes.owner_matters:
                wanted = dataclasses.replace(wanted, uid=os.geteuid(), gid=os.getegid())
            what = differences(wanted, there, owner=self._attributes.owner_matters)
            if folder is not None:
                what = self._write(Location(folder, parts, there, wanted, what), content)
        if wanted.kind == "file" and {"created", "content", "type"} & set(what):
            self.bytes += wanted.size
        owner = self._attributes.owner_matters
        return EntryResult(what, describe_entry(there, owner=owner), describe_entry(wanted, owner=owner))

    def _write(self, location: Location, content: FileContent) -> tuple[str, ...]:
        if location.wanted.kind == "file":
            return self._write_file(location, content)
        if location.wanted.kind == "hardlink":
            return self._write_hard_link(location)
        if location.what and not self._check:
            if location.wanted.kind == "directory":
                self._write_directory(location)
            else:
                self._write_link(location)
        return location.what

    # -- folders ---------------------------------------------------------------------------------------------------

    def _existing_entry(self, folder: int, parts: tuple[str, ...]) -> Entry | None:
        name = parts[-1] if parts else "."
        found = stat_name(folder, name)
        if found is None:
            return None
        kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "special")
        target = os.readlink(name, dir_fd=folder) if kind == "link" else ""
        size = found.st_size if kind == "file" else 0
        mode = stat.S_IMODE(found.st_mode)
        return Entry(self.path_of(parts), kind, mode, size, found.st_mtime_ns, target, found.st_uid, found.st_gid)

    def _parent_folder(self, parts: tuple[str, ...]) -> int | None:
        """The folder that holds the last step, created where an archive leaves it out; ``None``: check, and it is not there."""
        if self._root is None or len(parts) < 2:
            return self._root
        folder = parts[:-1]
        if self._last is None or self._last[0] != folder:
            handle = self._open(folder)
            if handle is None:
                return None
            self._close_last()
            self._last = (folder, handle)
        return self._last[1]

    def _close_last(self) -> None:
        if self._last:
            os.close(self._last[1])
        self._last = None

    def _open(self, parts: tuple[str, ...]) -> int | None:
        """A new handle of a folder below the root, which the caller closes."""
        handle = os.dup(t.cast("int", self._root))
        for number, part in enumerate(parts):
            try:
                inner = self._open_or_create(handle, part)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise _obstacle(self.path_of(parts[: number + 1])) from error
                raise
            finally:
                os.close(handle)
            if inner is None:
                return None
            handle = inner
        return handle

    def _open_or_create(self, handle: int, part: str) -> int | None:
        try:
            return os.open(part, _FOLDER, dir_fd=handle)
        except FileNotFoundError:
            if self._check:
                return None
        os.mkdir(part, 0o755, dir_fd=handle)
        return os.open(part, _FOLDER, dir_fd=handle)

    def _with_folder(self, parts: tuple[str, ...], act: t.Callable[[int], None]) -> None:
        handle = self._open(parts)
        if handle is not None:
            try:
                act(handle)
            finally:
                os.close(handle)

    def _write_directory(self, location: Location) -> None:
        wanted = location.wanted
        if location.there is None and location.parts:
            os.mkdir(location.name, 0o700, dir_fd=location.folder)
        if self._attributes.owner_matters:
            self._with_folder(location.parts, lambda handle: os.fchown(handle, wanted.uid, wanted.gid))
        self._modes.append((location.parts, wanted.mode))

    # -- files -----------------------------------------------------------------------------------------------------

    def _write_file(self, location: Location, content: FileContent) -> tuple[str, ...]:
        there, what = location.there, location.what
        equal_bytes: int | None = 0  # bytes from the beginning that are right; None: all of them
        chunks: t.Iterator[bytes] = iter(())
        if there is None or there.kind != "file" or "content" in what:
            chunks = iter(()) if self._check else content.chunks()
        elif surely_equal(location.wanted, there):
            equal_bytes = None
        else:
            equal_bytes, chunks = common_prefix(location, content)
            what = what if equal_bytes is None else ("content", *what)
        if what and not self._check:
            if equal_bytes is None:
                self._set_mode_and_owner(location)
            else:
                self._replace(location, itertools.chain(read_prefix(location, equal_bytes), chunks))
        return what

    def _replace(self, location: Location, chunks: t.Iterable[bytes]) -> None:
        temporary = temporary_name(location.name)
        handle = os.open(temporary, _NEW, 0o600, dir_fd=location.folder)
        with replacing(location, temporary):
            with open(handle, "wb", buffering=0) as file:
                for chunk in chunks:
                    if chunk is HOLE:
                        file.seek(len(chunk), os.SEEK_CUR)
                    else:
                        write_completely(file, chunk)
                file.truncate()
                status = os.fstat(file.fileno())
                if (status.st_uid, status.st_gid) != (location.wanted.uid, location.wanted.gid):
                    os.fchown(file.fileno(), location.wanted.uid, location.wanted.gid)
                os.fchmod(file.fileno(), location.wanted.mode)
                os.utime(file.fileno(), ns=(location.wanted.mtime_ns, location.wanted.mtime_ns))

    def _set_mode_and_owner(self, location: Location) -> None:
        """Mode and owner of a file whose content is right."""
        with open_file(location) as file:
            if self._attributes.owner_matters:
                os.fchown(file.fileno(), location.wanted.uid, location.wanted.gid)
            os.fchmod(file.fileno(), location.wanted.mode)

    # -- links -----------------------------------------------------------------------------------------------------

    def _write_link(self, location: Location) -> None:
        temporary = temporary_name(location.name)
        os.symlink(location.wanted.target, temporary, dir_fd=location.folder)
        with replacing(location, temporary):
            if self._attributes.owner_matters:
                os.chown(
                    temporary, location.wanted.uid, location.wanted.gid, dir_fd=location.folder, follow_symlinks=False
                )

    def _write_hard_link(self, location: Location) -> tuple[str, ...]:
        what = location.what or ("target",)
        steps = tuple(location.wanted.target.split("/"))
        folder = self._open(steps[:-1])
        if folder is None:
            return what
        try:
            other, here = stat_name(folder, steps[-1]), location.status()
            if other is None or not stat.S_ISREG(other.st_mode):
                if self._check:
                    return what
                raise Damaged(
                    f"The archive links {self.path_of(location.parts)} to {location.wanted.target}, which is no file in it."
                )
            if here is not None and (here.st_ino, here.st_dev) == (other.st_ino, other.st_dev):
                return ()
            if not self._check:
                temporary = temporary_name(location.name)
                os.link(steps[-1], temporary, src_dir_fd=folder, dst_dir_fd=location.folder, follow_symlinks=False)
                with replacing(location, temporary):
                    pass
            return what
        finally:
            os.close(folder)


def _obstacle(path: str) -> Conflict:
    return Conflict(f"{path} is a link or a file where a folder is needed: nothing is written through it.", object=path)


@contextlib.contextmanager
def _write_errors(path: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EROFS:
            raise Conflict(f"{path} is on a read-only file system.", object=path) from error
        raise Failed(f"Cannot write {path}: {error.strerror}.", object=path) from error
