# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that say of which state of which container an image is a snapshot: pure data, no engine.

Labels are inherited: by images that are built from a snapshot, and by containers that are run from it and then
committed by hand. Each of these steps adds an entry to the image's history, so that the length of the history, written
down in a label, tells the snapshot itself from its descendants.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

PREFIX = "stevedore.docker.snapshot."


@dataclasses.dataclass(frozen=True)
class Provenance:
    """What a snapshot was made of.

    ``source`` is the id of the container's image, ``signature`` that of the changed paths, ``request`` the digest of
    what else shapes the image, ``depth`` the length of the image's history, ``paths`` how many paths had changed.
    """

    container: str
    repository: str
    source: str
    signature: str
    request: str
    depth: int
    paths: str

    def labels(self) -> dict[str, str]:
        return {PREFIX + name: str(value) for name, value in dataclasses.asdict(self).items()}

    def resembles(self, other: Provenance) -> bool:
        """Whether both come from equal states, the signatures aside."""
        return (self.source, self.request) == (other.source, other.request)


def read(labels: t.Mapping[str, str] | None) -> Provenance | None:
    """What the labels say; ``None`` when they do not say all of it."""
    found = {field.name: (labels or {}).get(PREFIX + field.name) for field in dataclasses.fields(Provenance)}
    depth = found["depth"]
    if None in found.values() or depth is None or not depth.isdigit():
        return None
    return Provenance(**{**t.cast("dict[str, t.Any]", found), "depth": int(depth)})


def request_digest(*parts: t.Any) -> str:
    """A stable name for what was asked: the container's configuration, the instructions, the labels."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
