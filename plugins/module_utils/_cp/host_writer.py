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
import secrets
import stat
import typing as t

from .._archive.sparse import HOLE
from .._archive.tar_members import CHUNK
from .._errors import Conflict, Damaged, Failed
from .._filesystem.entry import Entry, RequestedAttributes, describe_entry, differences, surely_equal
from .source import Content

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))


@dataclasses.dataclass(frozen=True)
class Written:
    """What came of one entry."""

    what: tuple[str, ...]
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class _Spot:
    """Where an entry belongs: the open folder and the name in it; what is there, what shall be, what differs."""

    folder: int
    parts: tuple[str, ...]
    there: Entry | None
    wanted: Entry
    what: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.parts[-1] if self.parts else "."

    def now(self) -> os.stat_result | None:
        return _stat(self.folder, self.name)


class Sink:
    """Takes the entries of a source, folders before what is in them."""

    def __init__(self, root: str, asked: RequestedAttributes, *, check: bool) -> None:
        """
        :param root: the folder; it is created with the folders above it unless ``check``.
        """
        self.root = root
        self.bytes = 0
        self._asked = asked
        self._check = check
        self._new = True
        self._root: int | None = None
        # The folder of the entry before, since entries come folder by folder.
        self._last: tuple[tuple[str, ...], int] | None = None
        self._modes: list[tuple[tuple[str, ...], int]] = []

    def __enter__(self) -> Sink:
        with _writing(self.root), contextlib.suppress(FileNotFoundError):
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
                with _writing(self.path_of(parts)):
                    self._on_folder(parts, lambda handle, mode=mode: os.fchmod(handle, mode))  # type: ignore[misc]
        finally:
            self._forget()
            if self._root is not None:
                os.close(self._root)

    def path_of(self, parts: t.Sequence[str]) -> str:
        return os.path.join(self.root, *parts)

    def take(self, entry: Entry, content: Content) -> Written:
        """Compare one entry with what is there and, unless this is a check, write it.

        :raises Conflict: a folder stands where a file shall be, or the other way round, or a link stands in for a folder.
        :raises Damaged: a hard link to something that is not there.
        """
        parts = tuple(entry.path.split("/")) if entry.path else ()
        with _writing(self.path_of(parts)):
            folder = self._parent(parts)
            there = None if folder is None or (self._new and not parts) else self._there(folder, parts)
            wanted = self._asked.apply_to(entry, there)
            if there is None and not self._asked.owner_matters:
                wanted = dataclasses.replace(wanted, uid=os.geteuid(), gid=os.getegid())
            what = differences(wanted, there, owner=self._asked.owner_matters)
            if folder is not None:
                what = self._write(_Spot(folder, parts, there, wanted, what), content)
        if wanted.kind == "file" and {"created", "content", "type"} & set(what):
            self.bytes += wanted.size
        owner = self._asked.owner_matters
        return Written(what, describe_entry(there, owner=owner), describe_entry(wanted, owner=owner))

    def _write(self, spot: _Spot, content: Content) -> tuple[str, ...]:
        if spot.wanted.kind == "file":
            return self._file(spot, content)
        if spot.wanted.kind == "hardlink":
            return self._hardlink(spot)
        if spot.what and not self._check:
            if spot.wanted.kind == "directory":
                self._directory(spot)
            else:
                self._link(spot)
        return spot.what

    # -- folders ---------------------------------------------------------------------------------------------------

    def _there(self, folder: int, parts: tuple[str, ...]) -> Entry | None:
        name = parts[-1] if parts else "."
        found = _stat(folder, name)
        if found is None:
            return None
        kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "special")
        target = os.readlink(name, dir_fd=folder) if kind == "link" else ""
        size = found.st_size if kind == "file" else 0
        mode = stat.S_IMODE(found.st_mode)
        return Entry(self.path_of(parts), kind, mode, size, found.st_mtime_ns, target, found.st_uid, found.st_gid)

    def _parent(self, parts: tuple[str, ...]) -> int | None:
        """The folder that holds the last step, created where an archive leaves it out; ``None``: check, and it is not there."""
        if self._root is None or len(parts) < 2:
            return self._root
        folder = parts[:-1]
        if self._last is None or self._last[0] != folder:
            handle = self._open(folder)
            if handle is None:
                return None
            self._forget()
            self._last = (folder, handle)
        return self._last[1]

    def _forget(self) -> None:
        if self._last:
            os.close(self._last[1])
        self._last = None

    def _open(self, parts: tuple[str, ...]) -> int | None:
        """A new handle of a folder below the root, which the caller closes."""
        handle = os.dup(t.cast("int", self._root))
        for number, part in enumerate(parts):
            try:
                inner = self._step(handle, part)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise _in_the_way(self.path_of(parts[: number + 1])) from error
                raise
            finally:
                os.close(handle)
            if inner is None:
                return None
            handle = inner
        return handle

    def _step(self, handle: int, part: str) -> int | None:
        try:
            return os.open(part, _FOLDER, dir_fd=handle)
        except FileNotFoundError:
            if self._check:
                return None
        os.mkdir(part, 0o755, dir_fd=handle)
        return os.open(part, _FOLDER, dir_fd=handle)

    def _on_folder(self, parts: tuple[str, ...], act: t.Callable[[int], None]) -> None:
        handle = self._open(parts)
        if handle is not None:
            try:
                act(handle)
            finally:
                os.close(handle)

    def _directory(self, spot: _Spot) -> None:
        wanted = spot.wanted
        if spot.there is None and spot.parts:
            os.mkdir(spot.name, 0o700, dir_fd=spot.folder)
        if self._asked.owner_matters:
            self._on_folder(spot.parts, lambda handle: os.fchown(handle, wanted.uid, wanted.gid))
        self._modes.append((spot.parts, wanted.mode))

    # -- files -----------------------------------------------------------------------------------------------------

    def _file(self, spot: _Spot, content: Content) -> tuple[str, ...]:
        there, what = spot.there, spot.what
        alike: int | None = 0  # bytes from the beginning that are right; None: all of them
        chunks: t.Iterator[bytes] = iter(())
        if there is None or there.kind != "file" or "content" in what:
            chunks = iter(()) if self._check else content.chunks()
        elif surely_equal(spot.wanted, there):
            alike = None
        else:
            alike, chunks = _common(spot, content)
            what = what if alike is None else ("content", *what)
        if what and not self._check:
            if alike is None:
                self._adorn_file(spot)
            else:
                self._replace(spot, itertools.chain(_beginning(spot, alike), chunks))
        return what

    def _replace(self, spot: _Spot, chunks: t.Iterable[bytes]) -> None:
        temporary = _temporary(spot.name)
        handle = os.open(temporary, _NEW, 0o600, dir_fd=spot.folder)
        with _in_place(spot, temporary):
            with open(handle, "wb", buffering=0) as file:
                for chunk in chunks:
                    if chunk is HOLE:
                        file.seek(len(chunk), os.SEEK_CUR)
                    else:
                        _all_of(file, chunk)
                file.truncate()
                now = os.fstat(file.fileno())
                if (now.st_uid, now.st_gid) != (spot.wanted.uid, spot.wanted.gid):
                    os.fchown(file.fileno(), spot.wanted.uid, spot.wanted.gid)
                os.fchmod(file.fileno(), spot.wanted.mode)
                os.utime(file.fileno(), ns=(spot.wanted.mtime_ns, spot.wanted.mtime_ns))

    def _adorn_file(self, spot: _Spot) -> None:
        """Mode and owner of a file whose content is right."""
        with _opened(spot) as file:
            if self._asked.owner_matters:
                os.fchown(file.fileno(), spot.wanted.uid, spot.wanted.gid)
            os.fchmod(file.fileno(), spot.wanted.mode)

    # -- links -----------------------------------------------------------------------------------------------------

    def _link(self, spot: _Spot) -> None:
        temporary = _temporary(spot.name)
        os.symlink(spot.wanted.target, temporary, dir_fd=spot.folder)
        with _in_place(spot, temporary):
            if self._asked.owner_matters:
                os.chown(temporary, spot.wanted.uid, spot.wanted.gid, dir_fd=spot.folder, follow_symlinks=False)

    def _hardlink(self, spot: _Spot) -> tuple[str, ...]:
        what = spot.what or ("target",)
        steps = tuple(spot.wanted.target.split("/"))
        folder = self._open(steps[:-1])
        if folder is None:
            return what
        try:
            other, here = _stat(folder, steps[-1]), spot.now()
            if other is None or not stat.S_ISREG(other.st_mode):
                if self._check:
                    return what
                raise Damaged(
                    f"The archive links {self.path_of(spot.parts)} to {spot.wanted.target}, which is no file in it."
                )
            if here is not None and (here.st_ino, here.st_dev) == (other.st_ino, other.st_dev):
                return ()
            if not self._check:
                temporary = _temporary(spot.name)
                os.link(steps[-1], temporary, src_dir_fd=folder, dst_dir_fd=spot.folder, follow_symlinks=False)
                with _in_place(spot, temporary):
                    pass
            return what
        finally:
            os.close(folder)


def _stat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _common(spot: _Spot, content: Content) -> tuple[int | None, t.Iterator[bytes]]:
    """How many bytes the file has in common with the content (``None``: all), and what of the content comes then."""
    chunks = content.chunks()
    alike = 0
    with _opened(spot) as file:
        for chunk in chunks:
            if _exactly(file, len(chunk)) != chunk:
                return alike, itertools.chain([chunk], chunks)
            alike += len(chunk)
    return None, iter(())


def _beginning(spot: _Spot, amount: int) -> t.Iterator[bytes]:
    """The first bytes of the old file, which need not be fetched again."""
    if not amount:
        return
    with _opened(spot) as file:
        while amount:
            piece = file.read(min(CHUNK, amount))
            if not piece:
                raise Failed(f"{spot.name} was changed by another while it was compared: run the task again.")
            amount -= len(piece)
            yield piece


def _opened(spot: _Spot) -> t.Any:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return open(os.open(spot.name, flags, dir_fd=spot.folder), "rb", buffering=0)


def _exactly(file: t.Any, amount: int) -> bytes:
    pieces: list[bytes] = []
    while amount:
        piece = file.read(amount)
        if not piece:
            break
        pieces.append(piece)
        amount -= len(piece)
    return b"".join(pieces)


def _all_of(file: t.Any, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


@contextlib.contextmanager
def _in_place(spot: _Spot, temporary: str) -> t.Iterator[None]:
    """What stands under a temporary name takes its place at the end of the block, or is gone when that fails."""
    with contextlib.ExitStack() as undo:
        undo.callback(os.unlink, temporary, dir_fd=spot.folder)
        yield
        os.replace(temporary, spot.name, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)
        undo.pop_all()


def _temporary(name: str) -> str:
    return f".{name[:200]}.stevedore-{secrets.token_hex(6)}"


def _in_the_way(path: str) -> Conflict:
    return Conflict(f"{path} is a link or a file where a folder is needed: nothing is written through it.", object=path)


@contextlib.contextmanager
def _writing(path: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EROFS:
            raise Conflict(f"{path} is on a read-only file system.", object=path) from error
        raise Failed(f"Cannot write {path}: {error.strerror}.", object=path) from error
