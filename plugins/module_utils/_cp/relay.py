# SPDX-License-Identifier: GPL-3.0-or-later

"""Between a control node and the host of the engine.

One of them describes what it has, with a checksum for each file; the other compares; then only what differs is packed,
carried over and unpacked. The same comparison is made as on one host.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import typing as t

from .._errors import Failed
from .._filesystem.entry import Entry
from .._filesystem.members import CHUNK, END, Readable, header_of, padding
from .source import Archive, Content

Json = t.Dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Described:
    """A content of which only the checksum is here, and the text of a small one when a diff is wanted."""

    size: int
    sha256: str
    text: str | None = None

    def equals(self, other: Readable) -> bool:
        digest = hashlib.sha256()
        left = self.size
        while left:
            piece = other.read(min(CHUNK, left))
            if not piece:
                return False
            digest.update(piece)
            left -= len(piece)
        return digest.hexdigest() == self.sha256

    def chunks(self) -> t.Iterator[bytes]:
        if self.text is None:
            raise Failed("The content of a file is on the other host.")
        return iter([self.text.encode("utf-8")])


def describe(entries: t.Iterable[tuple[Entry, Content]], *, text_limit: int = 0) -> list[Json]:
    """
    :param text_limit: give the text of files up to this size.
    """
    return [{**dataclasses.asdict(entry), **_told(entry, content, text_limit)} for entry, content in entries]


def _told(entry: Entry, content: Content, text_limit: int) -> Json:
    if entry.kind != "file":
        return {}
    digest = hashlib.sha256()
    kept: list[bytes] = []
    for chunk in content.chunks():
        digest.update(chunk)
        if entry.size <= text_limit:
            kept.append(chunk)
    return {"sha256": digest.hexdigest(), "text": _text(b"".join(kept)) if entry.size <= text_limit else None}


def _text(data: bytes) -> str | None:
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def described(rows: t.Iterable[Json]) -> t.Iterator[tuple[Entry, Described]]:
    """What :func:`describe` told, on the other host."""
    fields = [field.name for field in dataclasses.fields(Entry)]
    for row in rows:
        entry = Entry(**{name: row[name] for name in fields})
        yield entry, Described(entry.size, row.get("sha256", ""), row.get("text"))


def pack(entries: t.Iterable[tuple[Entry, Content]], needed: t.Collection[str], path: str) -> None:
    """Write the needed entries to an archive.

    :raises Failed: there is no room, or a file became shorter.
    """
    try:
        with open(path, "wb") as file:
            for entry, content in entries:
                if entry.path not in needed:
                    continue
                file.write(header_of(dataclasses.replace(entry, target=_up(entry)), entry.path or "."))
                if entry.kind == "file":
                    for chunk in content.chunks():
                        file.write(chunk)
                    file.write(padding(entry.size))
            file.write(END)
        os.chmod(path, 0o644)
    except OSError as error:
        raise Failed(f"Cannot write {path}: {error.strerror}.", object=path) from error


def _up(entry: Entry) -> str:
    return entry.target or "." if entry.kind == "hardlink" else entry.target


class DescribedSource:
    """A source on the control node, of which the module only has the description."""

    steady = False

    def __init__(self, relay: Json) -> None:
        self.name: str = relay["name"]
        self.folder: bool = relay["folder"]
        self._rows = relay["entries"]

    def walk(self) -> t.Iterator[tuple[Entry, Content]]:
        return described(self._rows)


class PackedSource(Archive):
    """What of it was needed, carried over."""

    def __init__(self, relay: Json) -> None:
        super().__init__(relay["payload"])
        self.name = relay["name"]
        self.folder = relay["folder"]
