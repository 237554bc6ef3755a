# SPDX-License-Identifier: GPL-3.0-or-later

"""What all containers of one task share."""

from __future__ import annotations

import threading
import time
import typing as t

from .._engine.client import Daemon
from .._lookups import Lookups
from .._tenants import NEEDS, Tenants, tenants, warning
from .._types import Json
from . import image
from .plan import ACTIVE, Action, Ledger


class RunContext(Lookups):
    """What all containers of one task share. Safe between threads."""

    def __init__(
        self, daemon: Daemon, check: bool, warn: t.Callable[[str], None], names: t.Mapping[str, str] | None = None
    ) -> None:
        """:param names: of all containers by their ids, where they are known."""
        super().__init__(daemon, names)
        self.check = check
        self.warn = warn
        # For those that work side by side: how many of them do more than wait.
        self.slots: threading.Semaphore | None = None
        # The names of the containers of this task.
        self.members: t.Collection[str] = ()
        self._tenants_lock = threading.Lock()
        self._tenants: Tenants | None = None
        self._image_locks: dict[tuple[str, str, str | None], threading.Lock] = {}
        self._images_obtained: dict[tuple[str, str, str | None], Json | None] = {}

    def warn_of_tenants(self, document: Json, actions: t.Iterable[Action]) -> None:
        """Warn of containers that lose a namespace by these actions; before they are done, for then it is lost."""
        kinds = [action.kind for action in actions if action.kind in NEEDS]
        if not kinds or document["State"]["Status"] not in ACTIVE:
            return
        with self._tenants_lock:
            if self._tenants is None:
                self._tenants = tenants(self.daemon)
        text = warning(self._tenants, document["Id"], document["Name"].lstrip("/"), kinds[0], self.members)
        if text is not None:
            self.warn(text)

    def sleep(self, seconds: float) -> None:
        """Wait, and let another container be worked on meanwhile."""
        if self.slots is not None:
            self.slots.release()
        try:
            time.sleep(seconds)
        finally:
            if self.slots is not None:
                self.slots.acquire()

    def obtain_image(self, ledger: Ledger, reference: str, policy: str, platform: str | None) -> Json | None:
        """An image, pulled where that is called for: once, in one report, for all that ask for it; others beside it.

        :returns: ``None`` in check mode where it would be pulled.
        """
        key = (reference, policy, platform)
        with self._image_locks.setdefault(key, threading.Lock()):  # setdefault of a dict is atomic
            if key not in self._images_obtained:
                self._images_obtained[key] = image.obtain(ledger, self, reference, policy, platform)
            return self._images_obtained[key]
