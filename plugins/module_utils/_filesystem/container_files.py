# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a container, through the Engine API's archive calls. Stopped containers too."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import json
import posixpath
import typing as t

from .._archive.tar_members import Member, members
from .._engine.client import Daemon, quoted
from .._errors import Conflict, EngineError, InvalidInput, Missing
from .._notation.modes import go_file_type, go_permissions
from .._notation.times import parse_rfc3339
from .._selection import name_of
from .._types import Json
from .entry import Entry, RequestedAttributes, parse_mode_option
from .members import entry_of_member
from .paths import is_within

# An entry's kind for the types of Go's FileMode, which the engine puts in the header of its answer; any other is "special".
_KINDS = {"file": "file", "directory": "directory", "symlink": "link"}


@dataclasses.dataclass(frozen=True)
class Mount:
    """A mount, or another part of the file system with its own rules, and why it cannot be read or written."""

    path: str
    why_not_read: str = ""
    why_not_written: str = ""


class ContainerFiles:
    """One container's file system."""

    def __init__(self, daemon: Daemon, document: Json) -> None:
        self._daemon = daemon
        self.name = name_of(document)
        self._base = f"/containers/{quoted(document['Id'])}/archive"
        self._declared = _mounts(document)
        self._folders: dict[str, str] = {"/": "/"}

    def stat(self, path: str) -> Entry | None:
        """The entry at a path; links are not followed. ``target`` is where a link finally leads; the owner is not known."""
        try:
            answer = self._daemon.call("HEAD", self._base, params={"path": path}, about=f"{self.name}:{path}")
        except Missing:
            return None
        except EngineError:
            # A file stands where the path needs a folder. The answer to a HEAD has no body to tell it by; were it
            # something else, the next call would say so.
            return None
        return _parse_stat(json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"])), path)

    def follow_link(self, path: str) -> tuple[str, Entry | None]:
        """The path to which a link at ``path`` finally leads (within the container), and the entry there."""
        found = self.stat(path)
        if found is not None and found.kind == "link" and found.target:
            return found.target, self.stat(found.target)
        return path, found

    @functools.cached_property
    def _mounts(self) -> list[Mount]:
        """The mounts where they are: what is declared for /var/run/x may lie at /run/x."""
        return [dataclasses.replace(one, path=self.resolve_parents(one.path)) for one in self._declared]

    def resolve_parents(self, path: str) -> str:
        """The path with the links in its parent folders resolved: mounts are compared by their own paths."""
        folder, name = posixpath.split(path)
        if not name:
            return path
        if folder not in self._folders:
            self._folders[folder] = self.follow_link(self.resolve_parents(folder))[0]
        return posixpath.join(self._folders[folder], name)

    @contextlib.contextmanager
    def open_members(self, path: str) -> t.Iterator[t.Iterator[Member]]:
        """The archive of a path: of a folder with all that is in it."""
        # Asked with requests' own header, the engine would compress what it sends.
        options: Json = {"params": {"path": path}, "headers": {"Accept-Encoding": "identity"}}
        with self._daemon.stream("GET", self._base, about=f"{self.name}:{path}", **options) as body:
            yield members(body)

    @contextlib.contextmanager
    def open_member(self, path: str) -> t.Iterator[Member]:
        """One file or link: with its owner, a link's own target, and its content to read."""
        with self.open_members(path) as found:
            first = next(found, None)
            if first is None:
                raise EngineError(f"The engine sent an empty archive of {self.name}:{path}.", object=self.name)
            yield first

    def stat_with_owner(self, path: str) -> Entry:
        """The entry with its owner and a link's own target; the content is not read."""
        with self.open_member(path) as member:
            return dataclasses.replace(entry_of_member(member), path=path)

    def put_archive(self, folder: str, chunks: t.Iterator[bytes], length: int | None) -> None:
        """Unpack a tar stream in an existing folder; what is a folder stays one.

        :param length: of the whole stream, where that is known.
        """
        # Without this type the engine reads the body as a form and unpacks nothing, with a 200 (seen on 20.10).
        headers = {"Content-Type": "application/x-tar"}
        params = {"path": folder, "noOverwriteDirNonDir": True}
        self._daemon.call(
            "PUT",
            self._base,
            params=params,
            data=chunks,
            length=length,
            headers=headers,
            patient=True,
            about=f"{self.name}:{folder}",
        )

    def read_text(self, path: str, limit: int = 1 << 20) -> str | None:
        """A small file's text, or ``None`` where there is none."""
        try:
            with self.open_member(path) as member:
                return member.read(limit).decode("utf-8", "replace")
        except Missing:
            return None

    def check_access(self, path: str, *, writing: bool) -> None:
        """
        :raises InvalidInput: the engine cannot reach this path.
        :raises Conflict: it is read-only.
        """
        mount = max((one for one in self._mounts if is_within(path, one.path)), key=lambda one: len(one.path))
        if mount.why_not_read:
            raise InvalidInput(f"{self.name}:{path} {mount.why_not_read}", object=f"{self.name}:{path}")
        if writing and mount.why_not_written:
            raise Conflict(f"{self.name}:{path} {mount.why_not_written}", object=f"{self.name}:{path}")

    def requested_attributes(self, params: t.Mapping[str, t.Any]) -> RequestedAttributes:
        """Mode and owner of the task, names looked up in the container's own files."""
        return RequestedAttributes(
            mode=parse_mode_option(params, "mode"),
            directory_mode=parse_mode_option(params, "directory_mode"),
            uid=self._look_up_id(params["owner"], "/etc/passwd", "owner"),
            gid=self._look_up_id(params["group"], "/etc/group", "group"),
            archive=params["archive"],
        )

    def _look_up_id(self, wanted: str | None, path: str, option: str) -> int | None:
        if wanted is None or wanted.isdigit():
            return None if wanted is None else int(wanted)
        rows = [line.split(":") for line in (self.read_text(path) or "").splitlines()]
        found = next((row[2] for row in rows if len(row) > 2 and row[0] == wanted), None)
        if found is None:
            raise InvalidInput(f"{option}: container {self.name} knows no {wanted!r} in its {path}; give a number.")
        return int(found)


def _parse_stat(answer: Json, path: str) -> Entry:
    bits = int(answer["mode"])
    kind = _KINDS.get(go_file_type(bits), "special")
    size = int(answer["size"]) if kind == "file" else 0
    return Entry(path, kind, go_permissions(bits), size, parse_rfc3339(answer["mtime"]), answer["linkTarget"])


def _mounts(document: Json) -> list[Mount]:
    """Seen on 20.10: the engine writes beneath a tmpfs and beneath /proc, /sys and /dev, where the container never sees it."""
    host = document["HostConfig"]
    kernel = "belongs to the kernel, and the engine cannot copy to or from it: use container_exec."
    memory = "lies on a tmpfs, which the engine cannot reach: use container_exec, or a volume in its place."
    locked = "is read-only: the container was started with read_only. Copy to one of its volumes, or start it without."
    frozen = "lies on a volume or folder that is mounted read-only: copy to it on the host, or mount it with rw."
    found = [Mount("/", "", locked if host.get("ReadonlyRootfs") else "")]
    found += [Mount(path, kernel) for path in ("/proc", "/sys", "/dev")]
    found += [Mount(posixpath.normpath(path), memory) for path in host.get("Tmpfs") or {}]
    found += [
        Mount(posixpath.normpath(one["Target"]), memory)
        for one in host.get("Mounts") or ()
        if one.get("Type") == "tmpfs"
    ]
    for one in document.get("Mounts") or ():
        path = posixpath.normpath(one["Destination"])
        found.append(
            Mount(path, memory) if one.get("Type") == "tmpfs" else Mount(path, "", "" if one["RW"] else frozen)
        )
    return found
