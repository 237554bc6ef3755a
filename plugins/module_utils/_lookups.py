# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine knows around a container: its image, others' names. Asked once."""

from __future__ import annotations

import threading
import typing as t

from ._container import differences, from_document
from ._engine.client import Daemon, Json
from ._errors import EngineError


class Facts:
    """Answers of one engine, kept for the length of one task. Safe to share between threads."""

    def __init__(self, daemon: Daemon, names: t.Mapping[str, str] | None = None) -> None:
        """:param names: of containers by their ids, where they are known already."""
        self.daemon = daemon
        self.engine = differences.Engine.of(daemon.info(), daemon.api_version)
        self._lock = threading.Lock()
        self._images: dict[str, Json | None] = {}
        self._names: dict[str, str] = dict(names or {})

    def find_image(self, reference: str) -> Json | None:
        """An image's inspect document by name or id, ``None`` when it is not here."""
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

    def image_of(self, document: Json) -> Json | None:
        """The image of a container, by id: its tag may have moved."""
        return self.find_image(document["Image"])

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


def run_options(facts: Facts, document: Json) -> Json:
    """The ``container_run`` options of an existing container."""
    return described(facts, document).options


def described(facts: Facts, document: Json) -> from_document.Description:
    """An existing container in the words of ``container_run``."""
    image, named = _image(facts, document["Image"]), str(document["Config"]["Image"])
    # Its name, or its id if the tag has moved, so that the same image is meant.
    found = _image(facts, named)
    reference = named if found and found["Id"] == document["Image"] else str(document["Image"])

    def name(identity: str) -> str:
        try:
            return facts.name(identity)
        except EngineError:
            return identity  # a broken container; the engine takes an id as well

    return from_document.described(document, facts.engine, image, names=name, reference=reference)


def _image(facts: Facts, reference: str) -> Json | None:
    """An image that the engine cannot show is as good as gone."""
    try:
        return facts.find_image(reference)
    except EngineError:
        return None
