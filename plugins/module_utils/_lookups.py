# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine knows around a container: its image, others' names. Asked once."""

from __future__ import annotations

import threading
import typing as t

from ._container import differences, from_document
from ._engine.client import Daemon
from ._errors import EngineError
from ._types import Json


class Facts:
    """Answers of one engine, kept for the length of one task. Safe to share between threads."""

    def __init__(self, daemon: Daemon, names: t.Mapping[str, str] | None = None) -> None:
        """:param names: of containers by their ids, where they are known already."""
        self.daemon = daemon
        self.engine = differences.Engine.of(daemon.info(), daemon.api_version)
        self._lock = threading.Lock()
        self._images: dict[str, Json | None] = {}
        self._variants: dict[tuple[str, str], Json] = {}
        self._names: dict[str, str] = dict(names or {})

    def find_image(self, reference: str, platform: str | None = None) -> Json | None:
        """An image's inspect document by name or id, ``None`` when it is not here.

        :param platform: of an image for several platforms, which containerd's image store keeps, the one that is meant.
        """
        found = self._image(reference)
        if found is None or platform is None or differences.fits(platform, found) or self.engine.api < (1, 49):
            return found
        with self._lock:
            if (reference, platform) in self._variants:
                return self._variants[reference, platform]
        system, architecture, *variant = platform.split("/")
        asked = {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        # The answer's own Id is that of a part; containers have the whole's.
        chosen = {**(self.daemon.find_image(reference, asked) or found), "Id": found["Id"]}
        with self._lock:
            self._variants[reference, platform] = chosen
        return chosen

    def _image(self, reference: str) -> Json | None:
        with self._lock:
            if reference in self._images:
                return self._images[reference]
        found = self.daemon.find_image(reference)
        with self._lock:
            self._images[reference] = found
            if found is not None:
                self._images[str(found["Id"])] = found
        return found

    def forget_image(self, reference: str) -> None:
        """After a pull: the name may mean another image now."""
        with self._lock:
            self._images.pop(reference, None)
            for key in [key for key in self._variants if key[0] == reference]:
                del self._variants[key]

    def image_of(self, document: Json) -> Json | None:
        """The image of a container, by id: its tag may have moved."""
        return self.find_image(document["Image"], platform_of(document))

    def name(self, reference: str) -> str:
        """A container's name for its name or id; unknown ones stay as they are."""
        with self._lock:
            if reference in self._names:
                return self._names[reference]
        found = self.daemon.find_container(reference)
        name = str(found["Name"]).lstrip("/") if found else reference
        with self._lock:
            self._names[reference] = name
        return name


def platform_of(document: Json) -> str | None:
    """The platform of a container, where the engine says it (API 1.48, containerd's image store)."""
    about = (document.get("ImageManifestDescriptor") or {}).get("platform") or {}
    parts = [str(about[key]) for key in ("os", "architecture", "variant") if about.get(key)]
    return differences.normal_platform("/".join(parts)) if len(parts) > 1 else None


def run_options(facts: Facts, document: Json) -> Json:
    """The ``container_run`` options of an existing container."""
    return described(facts, document).options


def described(facts: Facts, document: Json) -> from_document.Description:
    """An existing container in the words of ``container_run``."""
    platform, named = platform_of(document), str(document["Config"]["Image"])
    default, image = _image(facts, document["Image"]), _image(facts, document["Image"], platform)
    # Its name, or its id if the tag has moved, so that the same image is meant.
    found = _image(facts, named)
    reference = named if found and found["Id"] == document["Image"] else str(document["Image"])

    def name(identity: str) -> str:
        try:
            return facts.name(identity)
        except EngineError:
            return identity  # a broken container; the engine takes an id as well

    found_options = from_document.described(document, facts.engine, image, names=name, reference=reference)
    if platform and default is not None and not differences.fits(platform, default):
        found_options.options["platform"] = platform
    return found_options


def _image(facts: Facts, reference: str, platform: str | None = None) -> Json | None:
    """An image that the engine cannot show is as good as gone."""
    try:
        return facts.find_image(reference, platform)
    except EngineError:
        return None
