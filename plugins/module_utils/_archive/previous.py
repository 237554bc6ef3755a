# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive of an earlier export: whether it is intact, and whether it still says what the container is."""

from __future__ import annotations

import hashlib
import os
import typing as t

from .._errors import Damaged
from . import manifest as manifests
from .manifest import ExportOrigin, Manifest

_PIECE = 1 << 20


def read_manifest(path: str) -> Manifest | None:
    """The manifest beside the archive ``path``; ``None`` when there is none.

    :raises Damaged: it is not readable as one.
    """
    where = path + manifests.SUFFIX
    try:
        with open(where, "rb") as file:
            text = file.read(manifests.SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Damaged(f"{where} cannot be read: {error.strerror}.", object=where) from error
    if len(text) > manifests.SIZE_LIMIT:
        raise Damaged(f"{where} is too large for a manifest.", object=where)
    return manifests.parse(text, where)


def sha256_of(path: str) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_PIECE))
    with open(path, "rb", buffering=0) as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return digest.hexdigest()
            digest.update(buffer[:count])


def is_altered(path: str, known: Manifest, verify: str) -> bool:
    """Whether the archive is another than the one the manifest describes.

    :param verify: ``hash`` reads all of it; ``stat`` only when size, time or inode are not as they were written.
    """
    try:
        now = os.stat(path)
    except OSError:
        return True
    if now.st_size != known.file.size:
        return True
    same = now.st_mtime_ns == known.file.mtime_ns and now.st_ino == known.file.inode
    if same and verify == "stat":
        return False
    return sha256_of(path) != known.file.sha256


def differences(known: Manifest, origin: ExportOrigin, compression: str) -> dict[str, tuple[t.Any, t.Any]]:
    """What a new archive would have that the earlier one has not: before and after, by name."""
    before = _telling(known.origin, known.file.compression)
    after = _telling(origin, compression)
    return {key: (before[key], after[key]) for key in after if before[key] != after[key]}


def _telling(origin: ExportOrigin, compression: str) -> dict[str, t.Any]:
    # The image's name is left out: its tag may move while the container stays what it is.
    options = {key: value for key, value in (origin.run_options or {}).items() if key != "image"}
    return {
        "container": origin.container.get("id"),
        "image": origin.image.get("id"),
        "signature": origin.signature,
        "compression": compression,
        "config": origin.config,
        "run_options": options,
    }
