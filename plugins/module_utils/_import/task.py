# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive into an image: verified before any tag moves, configured as its container was, once."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import time
import typing as t

from .._archive.manifest import Manifest
from .._archive.reader import ArchiveReader, Bounds
from .._archive.source import ArchiveSource, LocalFile, WebFile
from .._container import host_access
from .._engine.client import Daemon, quoted
from .._errors import Conflict, Damaged, InvalidInput, StevedoreError
from .._image import config as image_config
from .._image import evaluation, instructions
from .._notation.references import is_repository, is_tag, split_tag
from .._notation.sizes import parse_size
from .._task import Task
from .._types import Json
from . import load

# Carried by an image between its import and its configuration, which is some hundredths of a second.
_UNFINISHED = "stevedore.docker.unfinished"
_STALE = 600

_CHECKSUM = re.compile(r"(sha1|sha224|sha256|sha384|sha512|md5):([0-9a-fA-F]+)")


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """The module's options, checked; nothing here needs the engine."""

    reference: str
    changes: tuple[instructions.Instruction, ...]
    message: str | None
    platform: Json | None
    use_manifest: bool
    verify: bool
    force: bool
    replace: bool
    checksum: tuple[str, str] | None
    max_size: int

    @classmethod
    def parse(cls, params: Json) -> ImportOptions:
        """:raises InvalidInput: an option cannot be right."""
        return cls(
            reference=_reference(params["repository"], params["tag"]),
            changes=instructions.parse(params["changes"]),
            message=params["comment"],
            platform=_platform(params["platform"]),
            use_manifest=params["config"] == "auto",
            verify=params["verify"],
            force=params["force"],
            replace=params["replace"],
            checksum=_checksum(params["checksum"]),
            max_size=_size(params["max_size"]),
        )


def _reference(repository: str, tag: str | None) -> str:
    name, given = split_tag(repository)
    if given and tag and given != tag:
        raise InvalidInput(f"repository {repository!r} and tag {tag!r} name two tags: leave one out.")
    tag = tag or given or "latest"
    if not is_repository(name):
        raise InvalidInput(f"repository {repository!r} is not a valid image name such as 'backup/web'.")
    if not is_tag(tag):
        raise InvalidInput(f"tag {tag!r} is not a valid tag.")
    return f"{name}:{tag}"


def _platform(text: str | None) -> Json | None:
    try:
        return image_config.parsed_platform(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"platform must look like linux/arm64/v8, not {text!r}.") from error


def _checksum(text: str | None) -> tuple[str, str] | None:
    if not text:
        return None
    match = _CHECKSUM.fullmatch(text.strip())
    if not match:
        raise InvalidInput(f"checksum must look like sha256:HEX, not {text!r}.")
    return match[1], match[2].lower()


def _size(text: str) -> int:
    try:
        return int(parse_size(text))
    except ValueError as error:
        raise InvalidInput(f"max_size: {error}.") from error


@dataclasses.dataclass(frozen=True)
class DesiredImage:
    """What the reference shall name; the layer is known early only from a manifest."""

    config: Json
    platform: Json
    diff_id: str | None

    def is_reached_by(self, image: Json | None, diff_id: str | None) -> bool:
        if image is None or diff_id is None or (image.get("RootFS") or {}).get("Layers") != [diff_id]:
            return False
        platform = image_config.platform_of(image, {})
        same = all(platform.get(key) == value for key, value in self.platform.items())
        return same and image_config.normal(image.get("Config")) == self.config


def import_archive(daemon: Daemon, params: Json, *, check: bool, warn: t.Callable[[str], None]) -> Json:
    """Do what ``container_import`` is asked for; the module's result.

    A manifest's run options are handed on and never run here; ``warn`` is called with those that reach the host.

    :raises StevedoreError: nothing was imported, and the tag is where it was.
    """
    options = ImportOptions.parse(params)
    source: ArchiveSource = LocalFile(params["path"]) if params["path"] else WebFile(params["url"])
    manifest = source.manifest() if options.use_manifest else None
    result = _Import(daemon, options, source, manifest).run(check)
    if result["host_access"]:
        warn(
            f"The manifest of {source.where} asks for what reaches beyond the container. Use run_options only if you trust "
            f"it: {host_access.format_findings(result['host_access'])}."
        )
    return result


class _Import:
    def __init__(
        self, daemon: Daemon, options: ImportOptions, source: ArchiveSource, manifest: Manifest | None
    ) -> None:
        self._daemon = daemon
        self._options = options
        self._source = source
        self._manifest = manifest
        self._before = daemon.find_image(options.reference)
        self._bounds = Bounds(manifest if options.verify else None, options.checksum, options.max_size)
        self._desired = DesiredImage(
            config=evaluation.apply(manifest.origin.config if manifest else {}, options.changes),
            platform=options.platform
            or (manifest.origin.platform if manifest else None)
            or image_config.platform_of(None, daemon.info()),
            diff_id=manifest.stream.diff_id if manifest and options.verify else None,
        )

    def run(self, check: bool) -> Json:
        diff_id = self._known_layer()
        if not self._options.force and self._desired.is_reached_by(self._before, diff_id):
            return self._result(False, t.cast("Json", self._before), t.cast("str", diff_id))
        self._refuse_to_replace()
        if check:
            if diff_id is None or self._desired.diff_id is not None:
                diff_id = ArchiveReader(self._source, self._bounds).drain().diff_id
            return self._result(True, None, diff_id)
        if load.layers_must_travel(self._daemon.info()):
            image_id, diff_id = self._load_whole()
        else:
            image_id, diff_id = self._import_and_configure()
        return self._result(True, self._daemon.image(image_id), diff_id)

    # -- before ---------------------------------------------------------------------------------------------------

    def _known_layer(self) -> str | None:
        """The layer the archive makes, where it must be known before the import.

        :raises Damaged: the archive had to be read for that, and is not whole, or not its manifest's.
        """
        if self._options.force or self._before is None:
            return self._desired.diff_id
        if self._desired.diff_id is None:
            return ArchiveReader(self._source, self._bounds).drain().diff_id
        if self._desired.is_reached_by(self._before, self._desired.diff_id) and not self._is_intact():
            # Reading it says what is wrong.
            ArchiveReader(self._source, self._bounds).drain()
        return self._desired.diff_id

    def _is_intact(self) -> bool:
        manifest = t.cast("Manifest", self._manifest)
        checksum = self._options.checksum
        if checksum is not None and checksum != ("sha256", manifest.file.sha256):
            return False
        return self._source.is_as(manifest)

    def _refuse_to_replace(self) -> None:
        if self._before is not None and not self._options.replace:
            raise Conflict(
                f"{self._options.reference} already names another image ({self._before['Id']}): choose another tag, or set "
                "replace: true to move it.",
                object=f"image {self._options.reference}",
            )

    # -- the import -----------------------------------------------------------------------------------------------

    def _compose(self, diff_id: str) -> load.LayerImage:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return load.compose(
            diff_id,
            self._desired.config,
            self._desired.platform,
            created=self._manifest.created if self._manifest else now,
            created_by=f"stevedore.docker.container_import {os.path.basename(self._source.where)}",
            message=self._options.message,
        )

    def _import_and_configure(self) -> tuple[str, str]:
        """First the layer, as an image without a name; then an image with the same layer and the right configuration."""
        _remove_unfinished_images(self._daemon)
        reader = ArchiveReader(self._source, self._bounds)
        bare = self._import_layer(reader)
        with _removed_afterwards(self._daemon, bare):
            diff_id = reader.finished().diff_id
            layers = self._daemon.image(bare)["RootFS"]["Layers"]
            if layers != [diff_id]:
                raise Damaged(
                    f"The engine made the layer {layers} of an archive with the checksum {diff_id}.", object=bare
                )
            image_id = load.load(self._daemon, self._compose(diff_id))
            self._tag(image_id)
        return image_id, diff_id

    def _import_layer(self, reader: ArchiveReader) -> str:
        params = {
            "fromSrc": "-",
            "message": "unfinished import",
            "changes": [f"LABEL {_UNFINISHED}=1"],
            "platform": "/".join(self._desired.platform.values()) if self._options.platform else None,
        }
        about = f"image {self._options.reference}"
        length = self._bounds.manifest.stream.size if self._bounds.manifest else None
        sent: Json = {"params": params, "data": reader.pieces(), "length": length}
        with self._daemon.stream("POST", "/images/create", about=about, **sent) as body:
            events = list(body.events())
        return str(events[-1]["status"])

    def _load_whole(self) -> tuple[str, str]:
        """Layer and configuration in one archive, for which both the layer's digest and its size must be known before."""
        if self._bounds.manifest is not None:
            size, diff_id = self._bounds.manifest.stream.size, self._bounds.manifest.stream.diff_id
        else:
            read = ArchiveReader(self._source, self._bounds).drain()
            size, diff_id = read.contents.size, read.diff_id
        pieces = ArchiveReader(self._source, self._bounds).pieces()
        image_id = load.load(self._daemon, self._compose(diff_id), pieces, size)
        self._tag(image_id)
        return image_id, diff_id

    def _tag(self, image_id: str) -> None:
        repository, tag = split_tag(self._options.reference)
        params = {"repo": repository, "tag": tag}
        self._daemon.post_status(
            f"/images/{quoted(image_id)}/tag", params=params, about=f"image {self._options.reference}"
        )

    # -- after ----------------------------------------------------------------------------------------------------

    def _result(self, changed: bool, image: Json | None, diff_id: str) -> Json:
        origin = self._manifest.origin if self._manifest else None
        options = origin.run_options if origin else None
        before = self._before
        result: Json = {
            "changed": changed,
            "reference": self._options.reference,
            "image": image,
            "image_id": image["Id"] if image else None,
            "previous_id": before["Id"] if before else None,
            "diff_id": diff_id,
            "config": self._desired.config,
            "host_access": host_access.find_host_access(options or {}),
            "manifest_sha256": self._manifest.sha256 if self._manifest else None,
            "run_options": {**options, "image": self._options.reference} if options else None,
            "manifest_used": self._manifest is not None,
        }
        if changed:
            result["diff"] = {
                "before_header": f"{self._options.reference}",
                "after_header": f"{self._options.reference}",
                "before": _describe_image(before) if before else {},
                "after": {"layers": [diff_id], "config": self._desired.config, "platform": self._desired.platform},
            }
        return result


def _describe_image(image: Json) -> Json:
    return {
        "layers": (image.get("RootFS") or {}).get("Layers"),
        "config": image_config.normal(image.get("Config")),
        "platform": image_config.platform_of(image, {}),
    }


@contextlib.contextmanager
def _removed_afterwards(daemon: Daemon, image_id: str) -> t.Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(StevedoreError):
            daemon.delete(f"/images/{quoted(image_id)}", about=f"image {image_id}")


def _remove_unfinished_images(daemon: Daemon) -> None:
    """Remove what imports left that were killed between their two steps; not what another is just making."""
    found = daemon.get("/images/json", params={"filters": {"label": [_UNFINISHED], "dangling": ["true"]}})
    for image in found:
        if image["Created"] < time.time() - _STALE:
            with contextlib.suppress(StevedoreError):
                daemon.delete(f"/images/{quoted(image['Id'])}", about=f"image {image['Id']}")


def run(task: Task) -> Json:
    """The task of ``container_import``; see :func:`import_archive`."""
    return import_archive(task.daemon, task.params, check=task.check_mode, warn=task.warn)
