# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine knows around a container: its image and the names of other containers, each asked for once."""

from __future__ import annotations

import threading
import typing as t

from ._container.engine_info import EngineInfo
from ._container.from_document import ContainerDescription, describe_document
from ._container.platforms import container_platform, matches_platform
from ._engine.client import Daemon
from ._errors import EngineError
from ._types import Json


class Lookups:
    """Answers of one engine, kept for the length of one task. Safe to share between threads."""

    def __init__(self, daemon: Daemon, names: t.Mapping[str, str] | None = None) -> None:
        """:param names: names of containers by id, where they are known already."""
        self.daemon = daemon
        self.engine = EngineInfo.from_info(daemon.info(), daemon.api_version)
        self._lock = threading.Lock()
        self._images: dict[str, Json | None] = {}
        self._variants: dict[tuple[str, str], Json] = {}
        self._names: dict[str, str] = dict(names or {})

    def find_image(self, reference: str, platform: str | None = None) -> Json | None:
        """An image's inspect document by name or id, ``None`` when it is not here.

        :param platform: of an image for several platforms, which containerd's image store keeps, the wanted one.
        """
        found = self._find_default_image(reference)
        if found is None or platform is None or matches_platform(platform, found) or self.engine.api < (1, 49):
            return found
        with self._lock:
            if (reference, platform) in self._variants:
                return self._variants[reference, platform]
        system, architecture, *variant = platform.split("/")
        descriptor = {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
        # The answer's own Id is that of the platform's part; containers have the Id of the whole image.
        chosen = {**(self.daemon.find_image(reference, descriptor) or found), "Id": found["Id"]}
        with self._lock:
            self._variants[reference, platform] = chosen
        return chosen

    def _find_default_image(self, reference: str) -> Json | None:
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
        """To be called after a pull: the name may mean another image now."""
        with self._lock:
            self._images.pop(reference, None)
            for key in [key for key in self._variants if key[0] == reference]:
                del self._variants[key]

    def own_image(self, document: Json) -> Json | None:
        """The image of a container, by id: its tag may have moved."""
        return self.find_image(document["Image"], container_platform(document))

    def container_name(self, reference: str) -> str:
        """A container's name for its name or id; the reference of an unknown one stays as it is."""
        with self._lock:
            if reference in self._names:
                return self._names[reference]
        found = self.daemon.find_container(reference)
        name = str(found["Name"]).lstrip("/") if found else reference
        with self._lock:
            self._names[reference] = name
        return name


def run_options(lookups: Lookups, document: Json) -> Json:
    """The ``container_run`` options of an existing container."""
    return describe_container(lookups, document).options


def describe_container(lookups: Lookups, document: Json) -> ContainerDescription:
    """An existing container in terms of ``container_run``."""
    platform, image_name = container_platform(document), str(document["Config"]["Image"])
    default_image = _find_readable_image(lookups, document["Image"])
    own_image = _find_readable_image(lookups, document["Image"], platform)
    # The image's name, or its id if the tag has moved, so that the same image is meant.
    tagged_image = _find_readable_image(lookups, image_name)
    same = tagged_image is not None and tagged_image["Id"] == document["Image"]

    def find_name(reference: str) -> str:
        try:
            return lookups.container_name(reference)
        except EngineError:
            return reference  # a broken container; the engine takes an id as well

    description = describe_document(
        document,
        lookups.engine,
        own_image,
        names=find_name,
        reference=image_name if same else str(document["Image"]),
    )
    if platform and default_image is not None and not matches_platform(platform, default_image):
        description.options["platform"] = platform
    return description


def _find_readable_image(lookups: Lookups, reference: str, platform: str | None = None) -> Json | None:
    """An image's inspect document; an image that the engine cannot show is as good as gone."""
    try:
        return lookups.find_image(reference, platform)
    except EngineError:
        return None
