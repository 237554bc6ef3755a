# SPDX-License-Identifier: GPL-3.0-or-later

"""``ARCHIVE.manifest.json``, which says what an archive must be and how its container ran.

A manifest comes back from outside, so that nothing in it is believed before :func:`parse` has looked at its shape, and
none of it names a file. Version 1::

    {"format": "stevedore.docker/container-archive", "version": 1, "created": "2026-01-31T12:00:00Z",
     "file": {"name", "compression", "size", "sha256", "mtime_ns", "inode"},
     "stream": {"size", "sha256", "entries"},
     "container": {"id", "name"}, "image": {"id", "name"}, "engine": {"version", "api"},
     "platform": {"os", "architecture", "variant"}, "signature", "config": {...}, "run_options": {...} | null}

``stream`` is the uncompressed tar; its digest is also the DiffID of the layer that an import makes of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import typing as t

from .._errors import Damaged
from .._image import config as image_config
from .._types import Json

FORMAT = "stevedore.docker/container-archive"
VERSION = 1
SUFFIX = ".manifest.json"
# A container with every option set has a few kilobytes; what is larger is not a manifest.
SIZE_LIMIT = 16 << 20


@dataclasses.dataclass(frozen=True)
class FileFacts:
    """The archive as it lies there. ``mtime_ns`` and ``inode`` only serve to see cheaply that nobody touched it."""

    name: str
    compression: str
    size: int
    sha256: str
    mtime_ns: int
    inode: int


@dataclasses.dataclass(frozen=True)
class StreamFacts:
    """The tar inside it."""

    size: int
    sha256: str
    entries: int

    @property
    def diff_id(self) -> str:
        return f"sha256:{self.sha256}"


@dataclasses.dataclass(frozen=True)
class ExportOrigin:
    """What was exported, and how it ran."""

    container: Json
    image: Json
    engine: Json
    platform: Json
    signature: str | None
    config: Json
    run_options: Json | None


@dataclasses.dataclass(frozen=True)
class Manifest:
    created: str
    file: FileFacts
    stream: StreamFacts
    origin: ExportOrigin
    # Of the text that it was read from.
    read_sha256: str = dataclasses.field(default="", compare=False)

    @property
    def sha256(self) -> str:
        """The checksum of the manifest's own file."""
        return self.read_sha256 or hashlib.sha256(self.text().encode()).hexdigest()

    def text(self) -> str:
        document = {
            "format": FORMAT,
            "version": VERSION,
            "created": self.created,
            "file": dataclasses.asdict(self.file),
            "stream": dataclasses.asdict(self.stream),
            **dataclasses.asdict(self.origin),
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse(text: bytes, where: str) -> Manifest:
    """A manifest from outside.

    :param where: its path or address, for messages.
    :raises Damaged: it is not a manifest, or one of a newer version.
    """
    try:
        document = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{where} is not a manifest: {error}.", object=where) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Damaged(f"{where} is not a manifest of container_export.", object=where)
    if document.get("version") != VERSION:
        raise Damaged(
            f"{where} has version {document.get('version')!r}; this collection reads version {VERSION}: update it. With "
            "config: none, container_import takes the archive without its manifest.",
            object=where,
        )
    fields = _TypedFields(document, where)
    return Manifest(
        created=fields.matching("created", _TIME),
        file=FileFacts(
            name=fields.text("file.name"),
            compression=fields.text("file.compression"),
            size=fields.count("file.size"),
            sha256=fields.matching("file.sha256", _SHA256),
            mtime_ns=fields.count("file.mtime_ns"),
            inode=fields.count("file.inode"),
        ),
        stream=StreamFacts(
            size=fields.count("stream.size"),
            sha256=fields.matching("stream.sha256", _SHA256),
            entries=fields.count("stream.entries"),
        ),
        origin=ExportOrigin(
            container=fields.mapping("container"),
            image=fields.mapping("image"),
            engine=fields.mapping("engine"),
            platform=fields.texts("platform"),
            signature=fields.text("signature") if document.get("signature") is not None else None,
            config=image_config.checked(document.get("config"), where),
            run_options=fields.mapping("run_options") if document.get("run_options") is not None else None,
        ),
        read_sha256=hashlib.sha256(text).hexdigest(),
    )


_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclasses.dataclass(frozen=True)
class _TypedFields:
    """Typed looks into a document that may hold anything."""

    document: Json
    where: str

    def _value(self, path: str, kind: type) -> t.Any:
        value: t.Any = self.document
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        # bool is an int to isinstance.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Damaged(f"{self.where} is damaged: {path} is missing or not of the right kind.", object=self.where)
        return value

    def text(self, path: str) -> str:
        return t.cast("str", self._value(path, str))

    def matching(self, path: str, pattern: re.Pattern[str]) -> str:
        value = self.text(path)
        if not pattern.fullmatch(value):
            raise Damaged(f"{self.where} is damaged: {path} is {value[:80]!r}.", object=self.where)
        return value

    def count(self, path: str) -> int:
        value = t.cast("int", self._value(path, int))
        if value < 0:
            raise Damaged(f"{self.where} is damaged: {path} is negative.", object=self.where)
        return value

    def mapping(self, path: str) -> Json:
        return t.cast("Json", self._value(path, dict))

    def texts(self, path: str) -> Json:
        value = self.mapping(path)
        if not all(isinstance(item, str) for item in value.values()):
            raise Damaged(f"{self.where} is damaged: {path} holds something else than text.", object=self.where)
        return value
