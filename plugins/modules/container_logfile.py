#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_logfile
short_description: Measure the log files of containers and truncate large ones
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Reports for each container its log driver, the size of its log on the disk including rotated files, the size to which it
    can grow, and whether its settings are those that new containers get. Log settings apply when a container is created and
    never change afterwards.
  - Truncates logs that are larger than O(truncate_over). A log is truncated only if this cannot leave a hole in the file,
    since C(docker logs) would stop at it. The module checks how the engine has opened the file, and switches it to append
    mode if necessary.
  - Must run as root on the engine's own host.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  expected_driver:
    description:
      - The log driver that containers should have. RV(outdated) lists the containers with another driver, or with options
        that differ from O(expected_options).
      - If not set, nothing is compared.
    type: str
  expected_options:
    description: The exact log options that containers should have. Only used with O(expected_driver).
    type: dict
    default: {}
  truncate_over:
    description:
      - Truncate logs that use more disk space than this, for example V(500m) or V(1g). Their contents are lost, and rotated
        files are removed.
      - If not set or empty, nothing is truncated.
    type: str
notes:
  - Docker 23.0 and newer count the bytes that they write to a log. After a truncation, C(docker logs --tail) and C(--follow)
    of a running container find nothing until the engine opens the file again. It does so when the container is restarted, or
    the engine with C(live-restore). RV(reopen_needed) lists these containers. The role P(stevedore.docker.log_rotation#role)
    takes care of them.
seealso:
  - module: stevedore.docker.daemon_config
"""

EXAMPLES = r"""
- name: Measure the logs of all containers
  stevedore.docker.container_logfile:
  register: logs

- name: Show them if some can grow without limit
  ansible.builtin.debug:
    msg: "{{ logs.lines }}"
  when: logs.unbounded

- name: Truncate logs that are larger than 1 GB
  stevedore.docker.container_logfile:
    truncate_over: 1g

- name: Find containers whose log settings differ from those that new containers get
  stevedore.docker.container_logfile:
    expected_driver: json-file
    expected_options:
      max-size: 30m
      max-file: "10"
  register: logs

- name: Name the containers to create again
  ansible.builtin.debug:
    var: logs.outdated

# Ad hoc, for all containers on all hosts:
# ansible all -b -m stevedore.docker.container_logfile
"""

RETURN = r"""
containers:
  description: The containers in the requested order, or sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    bounded:
      description:
        - Whether the log stops growing at some size. True for drivers that keep no file on this disk.
        - V(null) for drivers that the module does not know, such as plugins.
      returned: success
      type: bool
    driver:
      description: The log driver.
      returned: success
      type: str
      sample: json-file
    files:
      description: The files before any truncation, each with C(path) and C(size) (bytes on the disk).
      returned: success
      type: list
      elements: dict
    freed:
      description: The number of bytes on the disk that were freed, or would be freed in check mode.
      returned: success
      type: int
    id:
      description: The id of the container.
      returned: success
      type: str
    limit:
      description: The number of bytes to which the files can grow. V(null) if there is no limit or no file.
      returned: success
      type: int
    name:
      description: The name of the container.
      returned: success
      type: str
    options:
      description: The log options.
      returned: success
      type: dict
      sample: {"max-size": "30m"}
    outdated:
      description: Whether the driver or the options differ from the expected ones.
      returned: success
      type: bool
    path:
      description: The current log file. V(null) if there is none.
      returned: success
      type: str
    size:
      description: The bytes that all files used on the disk before any truncation.
      returned: success
      type: int
    truncated:
      description: Whether the log was truncated, or would be in check mode.
      returned: success
      type: bool
freed:
  description: The total number of bytes that were freed, or would be freed in check mode.
  returned: success
  type: int
lines:
  description: A summary line for each container.
  returned: success
  type: list
  elements: str
  sample: ["web: json-file, 1.2GB, UNBOUNDED, not the engine's present settings"]
outdated:
  description: The names of the containers whose settings differ from the expected ones.
  returned: success
  type: list
  elements: str
reopen_needed:
  description: The names of running containers whose log the engine has to open again, see the notes.
  returned: success
  type: list
  elements: str
size:
  description: The bytes that all logs used on the disk before any truncation.
  returned: success
  type: int
truncated:
  description: The names of the containers whose log was truncated, or would be in check mode.
  returned: success
  type: list
  elements: str
unbounded:
  description: The names of the containers whose log grows without limit.
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
