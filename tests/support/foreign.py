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


def load_platforms(docker: Docker, tag: str, platforms: t.Sequence[str]) -> None:
    """Load one image for several platforms, as ``docker buildx`` pushes them; needs containerd's image store."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    blobs: dict[str, bytes] = {}

    def blob(content: bytes | Json, kind: str) -> Json:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    content = blob(layer.getvalue(), "layer.v1.tar")
    manifests = []
    for platform in platforms:
        system, architecture, *variant = platform.split("/")
        about: Json = {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        config = {**about, "config": {"Cmd": ["true"]}, "rootfs": {"type": "layers", "diff_ids": [content["digest"]]}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        manifest.update(config=blob(config, "config.v1+json"), layers=[content])
        manifests.append({**blob(manifest, "manifest.v1+json"), "platform": about})
    kind = "application/vnd.oci.image.index.v1+json"
    index = blob({"schemaVersion": 2, "mediaType": kind, "manifests": manifests}, "index.v1+json")
    index["annotations"] = {"io.containerd.image.name": f"docker.io/library/{tag}"}
    files = {f"blobs/sha256/{digest}": data for digest, data in blobs.items()}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [index]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    docker("load", input=archive.getvalue())
