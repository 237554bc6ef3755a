# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure that a user can meet. ``msg`` says what happened, on which object, and what to do."""

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
        # More for the top level of the module's result, beside ``failure``.
        self.details = details

    def failure(self) -> dict[str, t.Any]:
        return {"kind": self.kind, "status": self.status, "object": self.object}


class InvalidInput(StevedoreError):
    """What was asked cannot be right; nothing was changed."""

    kind = "invalid"


class Missing(StevedoreError):
    """Something is not there (HTTP 404)."""

    kind = "missing"


class Conflict(StevedoreError):
    """Not possible in the object's present state (HTTP 409)."""

    kind = "conflict"


class Unreachable(StevedoreError):
    """No engine answers: not running, no permission, wrong TLS, network gone."""

    kind = "unreachable"


class Interrupted(Unreachable):
    """The engine went away in the middle of an answer."""

    kind = "interrupted"


class EngineError(StevedoreError):
    """Any other refusal of the engine (HTTP 400, 500, in-band)."""

    kind = "engine"


class Damaged(StevedoreError):
    """An archive, manifest or stream that is not whole or not what it claims to be."""

    kind = "damaged"


class TimedOut(StevedoreError):
    """A condition that was waited for did not come in time."""

    kind = "timeout"


class Failed(StevedoreError):
    """The work itself failed: a container died, a command's exit code is not 0, a disk is full."""

    kind = "failed"
