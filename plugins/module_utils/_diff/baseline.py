# SPDX-License-Identifier: GPL-3.0-or-later

"""The baseline of a comparison: what a container is compared with instead of its image.

A baseline is an earlier signature, an archive of ``container_export`` with its manifest, or any image.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import threading
import typing as t

from .._archive import manifest, path_template, previous
from .._archive.manifest import Manifest
from .._archive.reader import ArchiveReader, Bounds
from .._archive.source import LocalFile
from .._engine.client import Daemon, quoted
from .._errors import Damaged, Failed, InvalidInput, Missing
from .._filesystem import tree
from .._filesystem.changes import VERSION, PathChange, signature_holds
from .._filesystem.path_stat import PathStat
from .._image.scratch_container import container_of
from .._pause import paused
from .._selection import name_of
from .._types import Json

_SIGNATURE = re.compile(VERSION + r":(?P<mode>stat|content)\+(?:api|disk):[0-9a-f]{64}")
# No image's name has a plus sign: what looks like this is meant to be a signature.
_LIKE_A_SIGNATURE = re.compile(r"v\d+:\w*\+.*", re.DOTALL)
_PATH = re.compile(r"(?:/|~|\.\.?/).*", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison with a baseline.

    :param unchanged: nothing at all has changed, whatever the options let through.
    :param listed: the changes; ``None`` when only those since the container's own image are known.
    :param facts: the status of the changed paths, where the engine need not be asked for it.
    """

    unchanged: bool
    changes: t.Sequence[PathChange] | None = None
    stats: t.Mapping[str, PathStat | None] | None = None


class Baseline(t.Protocol):
    kind: str
    reference: str

    def verdict(self, document: Json, changes: t.Sequence[PathChange], now: str | None) -> Verdict:
        """What has become of a container.

        :param listed: its changes since its own image.
        :param now: its signature, where it was taken.
        :raises StevedoreError: the two cannot be compared.
        """


def find_baselines(
    daemon: Daemon, since: str, documents: t.Sequence[Json], times: bool, pause: bool = True
) -> list[Baseline]:
    """The baseline for each container. Mistakes that can be found without reading a container are reported here.

    :param times: whether another time alone is a change.
    :param pause: whether a container may be paused to be read.
    :raises InvalidInput: ``since`` is none of the three.
    :raises Missing: it names an image or an archive that is not there.
    :raises Damaged: the manifest cannot be read.
    """
    if _LIKE_A_SIGNATURE.fullmatch(since):
        return [_SignatureBaseline(daemon, since)] * len(documents)
    if _PATH.fullmatch(since):
        paths = [_archive_path(since, name_of(document)) for document in documents]
        made = {path: _ArchiveBaseline(daemon, path, times, pause, shared=paths.count(path) > 1) for path in paths}
        return [made[path] for path in paths]
    image = daemon.find_image(since) if since.strip() else None
    if image is None:
        raise Missing(
            f"since: there is no image {since!r} here. Give an image that is there, a signature ({VERSION}:...), or the "
            "absolute path of an archive of container_export or of its manifest.",
            object=since,
        )
    return [_ImageBaseline(daemon, image, times, pause)] * len(documents)


class _SignatureBaseline:
    kind = "signature"

    def __init__(self, daemon: Daemon, text: str) -> None:
        found = _SIGNATURE.fullmatch(text)
        if found is None:
            raise InvalidInput(
                f"since: {text!r} is not a whole signature of this collection's, such as {VERSION}:stat+disk: and 64 "
                "digits.",
                object=text,
            )
        self._daemon = daemon
        self._mode = found["mode"]
        self.reference = text

    def verdict(self, document: Json, changes: t.Sequence[PathChange], now: str | None) -> Verdict:
        return Verdict(_signature_holds_now(self._daemon, document, self.reference, self._mode, now))


def _signature_holds_now(daemon: Daemon, document: Json, recorded: str, mode: str, now: str | None) -> bool:
    if now is not None and now.rpartition(":")[0] == recorded.rpartition(":")[0]:
        return now == recorded
    return signature_holds(daemon, document, recorded, mode)


class _TreeBaseline:
    """A baseline whose whole tree has to be read."""

    kind: str
    reference: str

    def __init__(self, daemon: Daemon, times: bool, pause: bool, shared: bool) -> None:
        self._daemon = daemon
        self._times = times
        self._pause = pause
        self._shared = shared
        self._lock = threading.Lock()
        self._kept: tree.Tree | None = None

    def _load(self) -> tree.Tree:
        raise NotImplementedError

    def _load_once(self) -> tree.Tree:
        """Read once for all containers that share it."""
        with self._lock:
            found = self._kept if self._kept is not None else self._load()
            self._kept = found if self._shared else None
            return found

    def _compare_with_tree(self, document: Json) -> Verdict:
        before = self._load_once()
        after = read_container_tree(self._daemon, document, self._pause)
        changes = tree.compare_trees(before, after, mount_points(document), self._times)
        return Verdict(not changes, changes, tree.stats_of_changes(after, changes))


class _ArchiveBaseline(_TreeBaseline):
    kind = "manifest"

    def __init__(self, daemon: Daemon, path: str, times: bool, pause: bool, *, shared: bool) -> None:
        super().__init__(daemon, times, pause, shared)
        self._path = path
        self._manifest = _read_manifest(path)
        self.reference = path + manifest.SUFFIX

    def verdict(self, document: Json, changes: t.Sequence[PathChange], now: str | None) -> Verdict:
        recorded = self._manifest.origin.signature or ""
        known = _SIGNATURE.fullmatch(recorded)
        if known is not None and _signature_holds_now(self._daemon, document, recorded, known["mode"], now):
            return Verdict(True, ())
        return self._compare_with_tree(document)

    def _load(self) -> tree.Tree:
        try:
            source = LocalFile(self._path)
        except Missing as error:
            raise Failed(
                f"since: the container has changed, but the archive {self._path} is not beside its manifest, so that "
                "what was changed cannot be told.",
                object=self._path,
            ) from error
        with contextlib.closing(ArchiveReader(source, Bounds(self._manifest, None, 0)).pieces()) as pieces:
            return tree.read_tree(pieces)


class _ImageBaseline(_TreeBaseline):
    kind = "image"

    def __init__(self, daemon: Daemon, image: Json, times: bool, pause: bool) -> None:
        super().__init__(daemon, times, pause, shared=True)
        self._image = image
        self.reference = str(image["Id"])

    def verdict(self, document: Json, changes: t.Sequence[PathChange], now: str | None) -> Verdict:
        if document["Image"] != self.reference:
            return self._compare_with_tree(document)
        return Verdict(not changes, changes)

    def _load(self) -> tree.Tree:
        with container_of(self._daemon, self._image) as document:
            return read_container_tree(self._daemon, document)


def read_container_tree(daemon: Daemon, document: Json, pause: bool = True) -> tree.Tree:
    """A container's whole tree. It is read while the container runs. When the engine's answer is torn, it is read once
    more: what a torn answer lacks must not be taken for deleted.

    :param pause: pause the container meanwhile.
    :raises Damaged: the second answer is torn, too.
    """
    try:
        return _read_once(daemon, document)
    except Damaged:
        with contextlib.ExitStack() as stack:
            if pause:
                stack.enter_context(paused(daemon, document["Id"]))
            try:
                return _read_once(daemon, document)
            except Damaged as error:
                advice = "See the engine's log for what it could not read."
                if not pause:
                    advice = (
                        "It is not paused in check mode or with pause: false; when it is, its files stay as they are."
                    )
                raise Damaged(
                    f"The engine's export of {_describe_container(document)} is not whole, although it reported success, so that "
                    f"nothing can be compared. {error.msg} {advice}",
                    object=_describe_container(document),
                ) from error


def _read_once(daemon: Daemon, document: Json) -> tree.Tree:
    path = f"/containers/{quoted(document['Id'])}/export"
    with daemon.stream("GET", path, about=_describe_container(document)) as body:
        return tree.read_tree(body.blocks())


def mount_points(document: Json) -> list[str]:
    """Where a container has other file systems, for which a folder may be made. ``Mounts`` lacks those of ``--tmpfs``."""
    destinations = [str(mount["Destination"]) for mount in document.get("Mounts") or ()]
    return [*destinations, *((document.get("HostConfig") or {}).get("Tmpfs") or {})]


# -- the archive's path -----------------------------------------------------------------------------------------------


def _archive_path(since: str, name: str) -> str:
    """The archive that the path of an archive or manifest names: with placeholders, the newest of this container."""
    path = os.path.abspath(os.path.expanduser(since))
    if path.endswith(manifest.SUFFIX):
        path = path[: -len(manifest.SUFFIX)]
    if "{" not in path or os.path.lexists(path + manifest.SUFFIX):
        return path
    path_template.check(path, several=False, keep=None)
    found = path_template.existing(path, name)
    if not found:
        raise Missing(f"since: there is no archive of container {name} at {path}.", object=path)
    return found[-1]


def _read_manifest(path: str) -> Manifest:
    if os.path.isdir(path):
        raise InvalidInput(f"since: {path} is a folder: give the archive's file, or its manifest.", object=path)
    found = previous.read_manifest(path)
    if found is None and os.path.lexists(path):
        raise Missing(
            f"since: {path} has no manifest {path}{manifest.SUFFIX} beside it, without which nothing can be compared: "
            "container_export writes both.",
            object=path,
        )
    if found is None:
        raise Missing(
            f"since: there is no archive {path} with a manifest {path}{manifest.SUFFIX} on the managed node.",
            object=path,
        )
    return found


def _describe_container(document: Json) -> str:
    return f"container {name_of(document)}"
