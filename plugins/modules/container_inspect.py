#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_inspect
short_description: Show containers, and how to run them again
version_added: 0.1.0
description:
  - Returns what C(docker inspect) returns, for one, several, filtered or all containers.
  - Beside it stand the exact options with which M(stevedore.docker.container_run) describes the container, however it was started.
    Running them changes nothing, so that any existing container can be taken over as code.
  - A container that does not exist is an answer, not an error.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._selection
options:
  mask_env:
    description:
      - Glob patterns of environment variables whose values are replaced by asterisks, for example V(*PASSWORD*).
      - Run options with masked values describe another container than the existing one. Do not run them as they are.
    type: list
    elements: str
    default: []
  size:
    description:
      - Let the engine measure the size of the container's writable layer (C(SizeRw), C(SizeRootFs)), in bytes.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
  - module: stevedore.docker.container_diff
author:
  - The stevedore.docker authors (@stevedore-docker)
"""

EXAMPLES = r"""
- name: Look at one container
  stevedore.docker.container_inspect:
    name: web
  register: web

- name: Take a container over as code
  ansible.builtin.copy:
    content: "{{ web.container.run_options | to_nice_yaml }}"
    dest: /root/web.yml
    mode: "0600"
  when: web.exists

- name: See all running containers of an application, without its passwords
  stevedore.docker.container_inspect:
    filters:
      label: app=shop
      status: running
    mask_env: ["*PASSWORD*", "*_KEY"]

# ansible all -m stevedore.docker.container_inspect -a name=web
"""

RETURN = r"""
container:
  description: The container, when one name was asked for and it exists. Looks like an item of RV(containers).
  returned: always
  type: dict
containers:
  description: The containers that were found.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The container's id.
      type: str
    inspect:
      description: What the engine says of the container.
      type: dict
    name:
      description: The container's name.
      type: str
    run_options:
      description:
        - The options of M(stevedore.docker.container_run) that describe it.
        - The MAC address in the first network is among them when somebody asked for it. That of a further network is not, since
          no engine says whether it was asked for or made up.
      type: dict
      sample:
        command: [httpd, -f]
        image: busybox:1
        name: web
        published_ports: ["8080:80"]
    unreadable:
      description:
        - Options of M(stevedore.docker.container_run) that cannot say what the container has, with what the engine shows in their
          place. They are not among the RV(containers[].run_options), and there is a warning.
      type: dict
      sample: {}
exists:
  description: Whether something was found, and nothing that was asked for by name is missing.
  returned: always
  type: bool
missing:
  description: The names for which there is no container.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._inspect import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = SELECTION.merge(
    ArgSpec(
        options={
            "mask_env": {"type": "list", "elements": "str", "default": []},
            "size": {"type": "bool", "default": False},
        }
    )
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
