# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  filters:
    description:
      - "Select all containers that match, as with C(docker ps --filter), for example C({label: app=web, status: running}). If
        a value is a list, one match is enough."
      - Mutually exclusive with O(name).
    type: dict
  name:
    description:
      - The names or ids of one or several containers.
      - Without O(name) and O(filters), all containers are selected.
      - A container that the engine cannot inspect, for example because its storage is corrupt, does not affect the others.
        Its entry has only C(name), C(id), C(failure), and C(msg). If it was selected by its name, or if it would have to be
        changed, the task fails after the others are done. Otherwise there is a warning.
    type: list
    elements: str
    aliases: [names, container]
"""
