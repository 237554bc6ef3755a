# SPDX-License-Identifier: GPL-3.0-or-later

"""Between a control node and the host of the engine.

One of them describes what it has, with a checksum for each file; the other compares; then only what differs is packed,
carried over and unpacked. The same comparison is made as on one host.

Descriptions and contents are handed over in files. What a module is given as an argument, and what it returns, goes into
the managed node's system log, into the output of Ansible and to callbacks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import typing as t

from .._archive.tar_members import CHUNK, Readable
from .._archive.tar_writer import END, make_padding
from .._errors import Failed
from .._filesystem.entry import Entry
from .._filesystem.members import header_of_entry
from .._types import Json
from .source import FileContent, TarSource, read_errors


@dataclasses.dataclass(frozen=True)
class DescribedContent:
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


def write_description(entries: t.Iterable[tuple[Entry, FileContent]], path: str, *, text_limit: int = 0) -> None:
    """Write the description to a file, one JSON document in each line.

    :param text_limit: with the text of files up to this size.
    :raises Failed: the file cannot be written.
    """
    with _new_file(path) as file:
        for entry, content in entries:
            row = {**dataclasses.asdict(entry), **_content_fields(entry, content, text_limit)}
            file.write(json.dumps(row).encode("ascii") + b"\n")


def _content_fields(entry: Entry, content: FileContent, text_limit: int) -> Json:
    if entry.kind != "file":
        return {}
    digest = hashlib.sha256()
    kept: list[bytes] = []
    for chunk in content.chunks():
        digest.update(chunk)
        if entry.size <= text_limit:
            kept.append(chunk)
    return {"sha256": digest.hexdigest(), "text": decode_text(b"".join(kept)) if entry.size <= text_limit else None}


def decode_text(data: bytes) -> str | None:
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def read_description(path: str) -> t.Iterator[tuple[Entry, DescribedContent]]:
    """What :func:`describe` wrote, on the other host."""
    fields = [field.name for field in dataclasses.fields(Entry)]
    with read_errors(path), open(path, "rb") as file:
        for line in file:
            row = json.loads(line)
            entry = Entry(**{name: row[name] for name in fields})
            yield entry, DescribedContent(entry.size, row.get("sha256", ""), row.get("text"))


def write_archive(entries: t.Iterable[tuple[Entry, FileContent]], needed: t.Collection[str], path: str) -> None:
    """Write the needed entries to an archive.

    :raises Failed: there is no room, or a file became shorter.
    """
    with _new_file(path) as file:
        for entry, content in entries:
            if entry.path not in needed:
                continue
            file.write(header_of_entry(dataclasses.replace(entry, target=_hard_link_target(entry)), entry.path or "."))
            if entry.kind == "file":
                for chunk in content.chunks():
                    file.write(chunk)
                file.write(make_padding(entry.size))
        file.write(END)


@contextlib.contextmanager
def _new_file(path: str) -> t.Iterator[t.BinaryIO]:
    """A file in Ansible's temporary folder, which only the user of the connection and the module's can enter."""
    try:
        with open(path, "wb") as file:
            yield file
        os.chmod(path, 0o644)  # the user of the connection fetches what the module's user wrote
    except OSError as error:
        raise Failed(f"Cannot write {path}: {error.strerror}.", object=path) from error


def _hard_link_target(entry: Entry) -> str:
    return entry.target or "." if entry.kind == "hardlink" else entry.target


class DescribedSource:
    """A source on the control node, of which the module only has the description."""

    unique_paths = False

    def __init__(self, relay: Json) -> None:
        self.name: str = relay["name"]
        self.folder: bool = relay["folder"]
        self._path = relay["description"]

    def walk(self) -> t.Iterator[tuple[Entry, FileContent]]:
        return read_description(self._path)


class PackedSource(TarSource):
    """What of it was needed, carried over."""

    def __init__(self, relay: Json) -> None:
        super().__init__(relay["payload"])
        self.name = relay["name"]
        self.folder = relay["folder"]
