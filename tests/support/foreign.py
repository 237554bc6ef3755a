# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images as other builders make them: an archive of ``docker save`` with another configuration."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import typing as t

from .engine import Docker

Json = t.Dict[str, t.Any]


class Builder:
    """Makes images of one base image's layers; asks for them once."""

    def __init__(self, docker: Docker, base: str = "stevedore/busybox:1") -> None:
        self._docker = docker
        with tarfile.open(fileobj=io.BytesIO(docker("save", base, binary=True))) as archive:
            manifest = json.loads(_member(archive, "manifest.json"))[0]
            self._document = json.loads(_member(archive, manifest["Config"]))
            self._layers = [_member(archive, layer) for layer in manifest["Layers"]]

    def load(self, tag: str, config: Json, **rest: t.Any) -> None:
        """Load an image with exactly this ``config``.

        :param rest: more of the image's document, such as ``architecture``.
        """
        document = json.dumps({**self._document, **rest, "config": config}).encode()
        name = f"{hashlib.sha256(document).hexdigest()}.json"
        layers = [f"{number}/layer.tar" for number in range(len(self._layers))]
        manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": layers}]).encode()
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for path, content in [*zip(layers, self._layers), (name, document), ("manifest.json", manifest)]:
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        self._docker("load", input=data.getvalue())


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    assert file is not None, path
    return file.read()
