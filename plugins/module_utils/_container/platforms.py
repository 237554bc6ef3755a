# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms such as ``linux/arm64/v7``: of images, of containers, and as users write them."""

from __future__ import annotations

from .._types import Json

_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "i386": "386",
    "i686": "386",
}


def normalize_platform(text: str) -> str:
    """``linux/amd64`` for ``x86_64``, ``amd64`` or ``linux/x86_64``; a variant stays."""
    parts = text.lower().split("/")
    if len(parts) == 1:
        parts = [parts[0], ""] if parts[0] in ("linux", "windows") else ["linux", parts[0]]
    parts[1] = _ARCHITECTURES.get(parts[1], parts[1])
    if parts[1:] == ["arm64", "v8"]:
        parts = parts[:2]
    return "/".join(filter(None, parts))


def image_platform(image: Json) -> str:
    """The platform of an image, from its inspect document."""
    parts = [image.get("Os", ""), image.get("Architecture", ""), image.get("Variant", "")]
    return normalize_platform("/".join(filter(None, parts)))


def container_platform(document: Json) -> str | None:
    """The platform of a container, where the engine says it (API 1.48, containerd's image store)."""
    descriptor = (document.get("ImageManifestDescriptor") or {}).get("platform") or {}
    parts = [str(descriptor[key]) for key in ("os", "architecture", "variant") if descriptor.get(key)]
    return normalize_platform("/".join(parts)) if len(parts) > 1 else None


def matches_platform(platform: str, image: Json) -> bool:
    """Whether an image is for this platform; a platform without a variant matches every variant."""
    actual = image_platform(image)
    return actual == platform or actual.startswith(f"{platform}/")
