# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  filters:
    description:
      - "Take the containers that match, as C(docker ps --filter) does, for example C({label: app=web, status: running}).
        A list of values means any of them."
      - Excludes O(name).
    type: dict
  name:
    description:
      - The containers' names or ids, one or several.
      - Without O(name) and O(filters), all containers are meant.
      - "A container that the engine cannot show, because its storage is corrupt, does not keep the others from their answer: its
        entry has C(name), C(id), C(failure) and C(msg) alone. If it was asked for by its name, or if something was to be done to
        it, the task fails after the others were done; otherwise there is a warning."
    type: list
    elements: str
    aliases: [names, container]
"""
