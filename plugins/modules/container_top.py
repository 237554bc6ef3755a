#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_top
short_description: List the processes of containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Lists the processes of one, several, or all containers with the columns of the host's C(ps), as C(docker top) does.
  - The process ids are those of the host. Nothing runs inside the containers, so the images do not need C(ps).
  - A container that is not running has no processes. The task does not fail.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  ps_args:
    description:
      - Arguments for the host's C(ps), for example V(-eo pid,user,rss,args). The engine needs the column C(PID).
      - If not set, the engine uses V(-ef).
    type: str
seealso:
  - name: docker top
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/top/
"""

EXAMPLES = r"""
- name: List the processes of a web server's container
  stevedore.docker.container_top:
    name: web
    ps_args: -eo pid,user,rss,args
  register: top

- name: Fail if one of them runs as root
  ansible.builtin.assert:
    that: top.container.processes | selectattr('USER', 'equalto', 'root') | length == 0

- name: List the processes of all containers
  stevedore.docker.container_top:

- name: List the processes of the containers of an application
  stevedore.docker.container_top:
    filters:
      label: app=shop

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_top -a name=web
"""

RETURN = r"""
container:
  description: The container, if exactly one was found. Has the same form as an item of RV(containers).
  returned: when exactly one container was found
  type: dict
containers:
  description: The containers in the requested order, or sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the container.
      returned: success
      type: str
    name:
      description: The name of the container.
      returned: success
      type: str
    pids:
      description: The process ids on the host.
      returned: success
      type: list
      elements: int
    processes:
      description: The processes, each as a mapping from column titles to texts.
      returned: success
      type: list
      elements: dict
      sample: [{UID: root, PID: "4711", PPID: "4690", C: "0", STIME: "10:05", TTY: "?", TIME: "00:00:00", CMD: httpd -f}]
    running:
      description: Whether the container was running when it was asked. This includes paused containers, but not containers
        that wait for their restart.
      returned: success
      type: bool
    titles:
      description: The column titles in their order.
      returned: success
      type: list
      elements: str
      sample: [UID, PID, PPID, C, STIME, TTY, TIME, CMD]
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION
from ansible_collections.stevedore.docker.plugins.module_utils._top import run

SPEC = ArgSpec(options={"ps_args": {"type": "str"}}).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
