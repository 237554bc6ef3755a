# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``daemon_config``."""

from __future__ import annotations

import dataclasses

from .._types import Json


@dataclasses.dataclass(frozen=True)
class DaemonConfigOptions:
    """The module's options.

    :ivar wait_timeout: seconds that dockerd may take to come back, and another run to finish.
    """

    config: Json
    path: str
    apply: str
    restart: bool
    backup: bool
    keep: int
    validate: bool
    dockerd: str | None
    wait_timeout: float

    @classmethod
    def from_params(cls, params: Json) -> DaemonConfigOptions:
        return cls(**{field.name: params[field.name] for field in dataclasses.fields(cls)})
