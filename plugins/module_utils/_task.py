# SPDX-License-Identifier: GPL-3.0-or-later

"""One task, as the work of a module sees it. Ansible stays outside: a test makes a ``Task`` of its own."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ._engine.client import Daemon
from ._types import Json


class FileAttributeSetter(t.Protocol):
    """The part of ``AnsibleModule`` that sets a file's owner, group and mode; in check mode it only says whether it would."""

    def set_mode_if_different(self, path: str, mode: t.Any, changed: bool) -> bool: ...

    def set_owner_if_different(self, path: str, owner: str | None, changed: bool) -> bool: ...

    def set_group_if_different(self, path: str, group: str | None, changed: bool) -> bool: ...


@dataclasses.dataclass(frozen=True)
class Task:
    """A module's validated options, its modes, and the ways to the user, to the engine and to files of the host.

    :ivar connect: opens a new connection to the engine. ``daemon`` is the one that a task needs in general.
    """

    params: Json
    check_mode: bool
    diff_mode: bool
    warn: t.Callable[[str], None]
    connect: t.Callable[[], Daemon]
    file_attributes: FileAttributeSetter = dataclasses.field(repr=False)

    @functools.cached_property
    def daemon(self) -> Daemon:
        """The engine, connected to when it is first needed.

        :raises Unreachable: nobody answers.
        """
        return self.connect()
