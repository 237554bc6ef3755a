# SPDX-License-Identifier: GPL-3.0-or-later

"""An image with exactly the configuration it shall have, through ``POST /images/load``.

``docker import`` takes a layer but only part of a configuration: STOPSIGNAL is refused by 20.10, and a label or
variable with a newline cannot be said at all. ``docker load`` takes any. A layer that the engine already has need not
be in the archive again (20.10 to 28 with its own image store look it up by its DiffID first); the containerd image
store keeps layers otherwise and needs it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from .._archive.tar_writer import END, make_header, make_padding
from .._engine.client import Daemon
from .._errors import EngineError
from .._types import Json


@dataclasses.dataclass(frozen=True)
class LayerImage:
    """An image of one layer: its document in the image specification, and what names it."""

    diff_id: str
    document: bytes

    @property
    def id(self) -> str:
        """The image's id in the engine's own image store."""
        return f"sha256:{hashlib.sha256(self.document).hexdigest()}"


def compose(
    diff_id: str, config: Json, platform: Json, *, created: str, created_by: str, message: str | None
) -> LayerImage:
    """The image of a layer and a configuration; the same input gives the same image everywhere."""
    comment = {"comment": message} if message else {}
    document = {
        **platform,
        "created": created,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": created, "created_by": created_by, **comment}],
        **comment,
    }
    return LayerImage(diff_id, json.dumps(document, sort_keys=True).encode())


def layers_must_travel(info: Json) -> bool:
    """Whether the engine keeps images in containerd's store (optional from 24, the default of new installs of 29)."""
    return any("containerd.snapshotter" in str(value) for _key, value in info.get("DriverStatus") or ())


def load(daemon: Daemon, image: LayerImage, layer: t.Iterable[bytes] = (), size: int | None = None) -> str:
    """Make the image; its id as the engine names it.

    :param layer: the uncompressed layer of ``size`` bytes; without it, the engine must have the layer.
    :raises EngineError: the engine does not take it.
    """
    with daemon.stream("POST", "/images/load", params={"quiet": True}, data=_archive(image, layer, size)) as body:
        said = [str(event.get("stream", "")) for event in body.events()]
    loaded = [text.rpartition("Loaded image ID: ")[2].strip() for text in said if "Loaded image ID: " in text]
    if not loaded:
        raise EngineError(f"The engine took the image without naming it: {''.join(said).strip() or 'no answer'}")
    return loaded[-1]


def _archive(image: LayerImage, layer: t.Iterable[bytes], size: int | None) -> t.Iterator[bytes]:
    name = image.id.partition(":")[2]
    listed = [{"Config": f"{name}.json", "RepoTags": None, "Layers": [f"{name}/layer.tar"]}]
    if size is not None:
        # The layer comes first: when it breaks off, the engine has seen nothing that names an image.
        yield make_header(f"{name}/layer.tar", size=size)
        yield from layer
        yield make_padding(size)
    yield _file(f"{name}.json", image.document)
    yield _file("manifest.json", json.dumps(listed).encode())
    yield END


def _file(name: str, content: bytes) -> bytes:
    return make_header(name, size=len(content)) + content + make_padding(len(content))
