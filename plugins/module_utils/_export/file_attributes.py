# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner, group and mode of a file, set the way Ansible's own file modules set them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import InvalidInput
from .._notation.modes import parse_mode
from .._task import FileAttributeSetter


@dataclasses.dataclass(frozen=True)
class Attributes:
    """What an archive's file must have; ``mode`` as ``ansible.builtin.file`` takes it."""

    setter: FileAttributeSetter
    mode: t.Any
    owner: str | None
    group: str | None

    @classmethod
    def of(cls, setter: FileAttributeSetter, params: t.Mapping[str, t.Any]) -> Attributes:
        """:raises InvalidInput: the mode was not quoted, and nobody knows which one is meant."""
        mode = params["mode"]
        try:
            mode = mode if isinstance(mode, str) else f"0{parse_mode(mode):o}"
        except ValueError as error:
            raise InvalidInput(f"mode: {error}.", object="mode") from error
        return cls(setter, mode, params["owner"], params["group"])

    def apply(self, path: str) -> bool:
        """Whether something was changed, or in check mode would be."""
        # The mode comes last: a change of owner takes set-id bits away.
        changed = self.setter.set_owner_if_different(path, self.owner, False)
        changed = self.setter.set_group_if_different(path, self.group, changed)
        return self.setter.set_mode_if_different(path, self.mode, changed)
