# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of daemon.json, and how the running dockerd got it."""

from __future__ import annotations

import dataclasses

from .._types import Json
from . import containers, file


@dataclasses.dataclass(frozen=True)
class ConfigChange:
    """The file before, the configuration after, and how many seconds dockerd may take to come back."""

    before: file.ConfigFile
    after: Json
    wait_timeout: float

    @property
    def text(self) -> str:
        """The new file's text."""
        return file.render_config(self.after, self.before.text)


@dataclasses.dataclass(frozen=True)
class ApplyResult:
    """How the engine got the change (``none``, ``reload``, ``live``, ``restart``), and what became of its containers.

    :ivar kept: the names of those that were left alone.
    """

    how: str
    kept: tuple[str, ...] = ()
    restarted: containers.RestartResult = dataclasses.field(default_factory=containers.RestartResult)
