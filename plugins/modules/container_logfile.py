#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_logfile
short_description: Measure the log files of containers, and empty those that are too large
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Says for each container which log driver it has, how large its log is on the disk, rotated files included, how large it can
    grow, and whether its settings are still those that new containers get. Log settings reach a container when it is created and
    never change afterwards.
  - Empties logs that are larger than O(truncate_over). A log is only truncated when it is certain that this leaves no hole, at
    which C(docker logs) would stop. The engine's open file is looked at, and where it does not append, it is made to.
  - Works on the engine's own machine and needs root there.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  expected_driver:
    description:
      - The log driver that containers should have. Containers with another one, or with other options than O(expected_options), are
        listed in RV(outdated).
      - If not set, nothing is compared.
    type: str
  expected_options:
    description: The log options that containers should have, exactly. Only used with O(expected_driver).
    type: dict
    default: {}
  truncate_over:
    description:
      - Empty the logs that use more of the disk than this, for example V(500m) or V(1g). What is in them is lost, rotated files are
        removed.
      - If not set or empty, nothing is emptied.
    type: str
notes:
  - Docker 23.0 and newer count what they wrote to a log. After a truncation C(docker logs --tail) and C(--follow) of a running
    container find nothing until the engine opens the file again, which it does when the container or (with C(live-restore)) the
    engine is restarted. RV(reopen_needed) names those containers. The role P(stevedore.docker.log_rotation#role) takes care of it.
seealso:
  - module: stevedore.docker.daemon_config
"""

EXAMPLES = r"""
# ansible all -b -m stevedore.docker.container_logfile
- name: Which logs grow without bound?
  stevedore.docker.container_logfile:
  register: logs

- name: Show them
  ansible.builtin.debug:
    msg: "{{ logs.lines }}"
  when: logs.unbounded

- name: Free the disk now
  stevedore.docker.container_logfile:
    truncate_over: 1g
"""

RETURN = r"""
containers:
  description: The containers, in the order in which they were asked for, else by name.
  returned: success
  type: list
  elements: dict
  contains:
    bounded:
      description:
        - Whether the log stops growing by itself. True for drivers that keep no file of their own on this disk.
        - V(null) for a driver that this module does not know, such as a plugin.
      returned: success
      type: bool
    driver:
      description: The log driver.
      returned: success
      type: str
      sample: json-file
    files:
      description: The files, each with C(path) and C(size) (bytes of the disk), before anything was emptied.
      returned: success
      type: list
      elements: dict
    freed:
      description: How many bytes of the disk were, or would be, freed.
      returned: success
      type: int
    id:
      description: The container's id.
      returned: success
      type: str
    limit:
      description: How many bytes the files can grow to; null where there is no limit or no file.
      returned: success
      type: int
    name:
      description: The container's name.
      returned: success
      type: str
    options:
      description: The log options.
      returned: success
      type: dict
      sample: {"max-size": "30m"}
    outdated:
      description: Whether driver and options are others than the expected ones.
      returned: success
      type: bool
    path:
      description: The file that is written to; null where there is none.
      returned: success
      type: str
    size:
      description: Bytes of the disk that all files use, before anything was emptied.
      returned: success
      type: int
    truncated:
      description: Whether the log was, or would be, emptied.
      returned: success
      type: bool
freed:
  description: How many bytes were, or would be, freed in all.
  returned: success
  type: int
lines:
  description: One readable line for each container.
  returned: success
  type: list
  elements: str
  sample: ["web: json-file, 1.2 GB, UNBOUNDED, not the engine's present settings"]
outdated:
  description: The names of the containers with other settings than the expected ones.
  returned: success
  type: list
  elements: str
reopen_needed:
  description: The names of the running containers whose log the engine has to open again, see the notes.
  returned: success
  type: list
  elements: str
size:
  description: Bytes of the disk that all logs use, before anything was emptied.
  returned: success
  type: int
truncated:
  description: The names of the containers whose log was, or would be, emptied.
  returned: success
  type: list
  elements: str
unbounded:
  description: The names of the containers whose log grows without bound.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._logfile.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = ArgSpec(
    options={
        "expected_driver": {"type": "str"},
        "expected_options": {"type": "dict", "default": {}},
        "truncate_over": {"type": "str"},
    },
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
