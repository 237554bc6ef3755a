#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_inspect
short_description: Inspect containers and get the options to run them again
version_added: 0.1.0
description:
  - Returns the inspect document of one, several, or all containers, as C(docker inspect) does.
  - Also returns the exact M(stevedore.docker.container_run) options of each container, regardless of how it was started.
    Running it with these options changes nothing, so that any existing container can be managed as code.
  - A container that does not exist is reported in RV(missing). The task does not fail.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._selection
options:
  mask_env:
    description:
      - Glob patterns for the names of environment variables, for example V(*PASSWORD*). The values of these variables are
        replaced with asterisks.
      - Run options with masked values describe a different container. Do not run them without changes.
    type: list
    elements: str
    default: []
  size:
    description:
      - Let the engine measure the container (C(SizeRw), C(SizeRootFs)). The sizes are in bytes.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
  - module: stevedore.docker.container_diff
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Inspect one container
  stevedore.docker.container_inspect:
    name: web
  register: web

- name: Save its options, to manage it with container_run from now on
  ansible.builtin.copy:
    content: "{{ web.container.run_options | to_nice_yaml }}"
    dest: /root/web.yml
    mode: "0600"
  when: web.exists

- name: Inspect all running containers of an application, without their passwords
  stevedore.docker.container_inspect:
    filters:
      label: app=shop
      status: running
    mask_env: ["*PASSWORD*", "*_KEY"]

- name: Fail if a container is missing
  stevedore.docker.container_inspect:
    name: [web, db]
  register: shop
  failed_when: shop is failed or shop.missing | length > 0

- name: Measure the writable layers of all containers
  stevedore.docker.container_inspect:
    size: true
  register: all

- name: Show the three largest ones
  ansible.builtin.debug:
    msg: "{{ (all.containers | sort(attribute='inspect.SizeRw', reverse=true))[:3] | map(attribute='name') }}"

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_inspect -a name=web
"""

RETURN = r"""
container:
  description: The container, if exactly one name was given and it exists. Has the same form as an item of RV(containers).
  returned: always
  type: dict
containers:
  description: The containers that were found.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The id of the container.
      type: str
    inspect:
      description: The inspect document of the container, as returned by the engine.
      type: dict
    name:
      description: The name of the container.
      type: str
    run_options:
      description:
        - The M(stevedore.docker.container_run) options of the container.
        - They include the MAC address in the first network if somebody asked for it. They never include the MAC address in
          another network, since no engine tells whether somebody asked for it.
      type: dict
      sample:
        command: [httpd, -f]
        image: busybox:1
        name: web
        published_ports: ["8080:80"]
    unreadable:
      description:
        - Settings that no M(stevedore.docker.container_run) option can express, with the value that the engine reports. They
          are not in RV(containers[].run_options), and the module warns about them.
      type: dict
      sample: {}
exists:
  description: Whether at least one container was found and no name is missing.
  returned: always
  type: bool
missing:
  description: The names that belong to no container.
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
