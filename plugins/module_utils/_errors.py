# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 0: what can go wrong, as one root and a few children.

Every failure that a user can meet is one of these. ``msg`` says what happened, on which object, and what to do.
"""

from __future__ import annotations

import typing as t


class StevedoreError(Exception):
    """The root. ``kind`` is stable and meant for playbooks (``failure.kind``)."""

    kind: t.ClassVar[str] = "error"

    def __init__(
        self,
        msg: str,
        *,
        status: int | None = None,
        object: str | None = None,
        **details: t.Any,
    ) -> None:
        super().__init__(msg)
        self.msg = msg
        self.status = status
        self.object = object
        # Returned beside ``failure`` at the top level of the module's result (logs of a dead container, actions done).
        self.details = details

    def failure(self) -> dict[str, t.Any]:
        return {"kind": self.kind, "status": self.status, "object": self.object}


class InvalidInput(StevedoreError):
    """What was asked cannot be right; nothing was changed."""

    kind = "invalid"


class Missing(StevedoreError):
    """A container, image, network, volume or file that is not there (HTTP 404)."""

    kind = "missing"


class Conflict(StevedoreError):
    """The object is not in a state in which this can be done (HTTP 409)."""

    kind = "conflict"


class Unreachable(StevedoreError):
    """No engine answers: not running, no permission, wrong TLS, network gone."""

    kind = "unreachable"


class Interrupted(Unreachable):
    """The engine went away in the middle of an answer."""

    kind = "interrupted"


class EngineError(StevedoreError):
    """Any other refusal of the engine (HTTP 400, 500, in-band errors)."""

    kind = "engine"


class Damaged(StevedoreError):
    """An archive, manifest or stream that is not whole or not what it claims to be."""

    kind = "damaged"


class TimedOut(StevedoreError):
    """A condition that was waited for did not come in time."""

    kind = "timeout"


class Failed(StevedoreError):
    """The work itself failed (a container that died, a command with a non-zero exit code, no space on a disk)."""

    kind = "failed"
