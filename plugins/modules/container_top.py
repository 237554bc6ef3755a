#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_top
short_description: The processes of containers
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Lists the processes of one, several or all containers with the columns of the host's C(ps), as C(docker top) does.
  - The process ids are those of the host. Nothing is run inside the containers, so that this works for images without C(ps).
  - A container that does not run has no processes, which is an answer and not an error.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  ps_args:
    description:
      - Arguments for the host's C(ps), for example V(-eo pid,user,rss,args). The engine needs the column C(PID) among them.
      - Without it, the engine uses V(-ef).
    type: str
seealso:
  - name: docker top
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/top/
"""

EXAMPLES = r"""
# ansible all -m stevedore.docker.container_top -a name=web
- name: What runs in the web server's container?
  stevedore.docker.container_top:
    name: web
    ps_args: -eo pid,user,rss,args
  register: top

- name: Nothing of it may run as root
  ansible.builtin.assert:
    that: top.container.processes | selectattr('USER', 'equalto', 'root') | length == 0
"""

RETURN = r"""
container:
  description: The only element of RV(containers), when exactly one container was found.
  returned: when exactly one container was found
  type: dict
containers:
  description: The containers that were found, in the order in which they were asked for, else by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The container's id.
      returned: success
      type: str
    name:
      description: The container's name.
      returned: success
      type: str
    pids:
      description: The process ids on the host.
      returned: success
      type: list
      elements: int
    processes:
      description: Each process as a mapping of the column's title to its text.
      returned: success
      type: list
      elements: dict
      sample: [{UID: root, PID: "4711", PPID: "4690", C: "0", STIME: "10:05", TTY: "?", TIME: "00:00:00", CMD: httpd -f}]
    running:
      description: Whether the container ran when it was asked. A paused one runs, one that waits for its restart does not.
      returned: success
      type: bool
    titles:
      description: The titles of the columns, in their order.
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
