#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_port
short_description: List the published ports of containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Lists the host addresses at which the ports of one, several, or all containers can be reached, as C(docker port) does.
  - A port without a mapping is part of the result. The task does not fail.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  port:
    description:
      - Only return these ports of the containers, for example V(6060/tcp), V(53/udp), or V(6060), which means TCP.
      - Each of them is part of the result, whether it is mapped or not.
    type: list
    elements: str
    aliases: [ports, private_port]
seealso:
  - name: docker port
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/port/
"""

EXAMPLES = r"""
- name: List the published ports of all containers
  stevedore.docker.container_port:
  register: published

- name: Find the host address of a web server's port
  stevedore.docker.container_port:
    name: web
    port: 8080
  register: web

- name: Send a request to it
  ansible.builtin.uri:
    url: http://{{ web.container.addresses['8080/tcp'] | first }}/
  when: web.container.addresses['8080/tcp']

- name: List the ports of the containers of an application
  stevedore.docker.container_port:
    filters:
      label: app=shop

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_port -a name=web
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
    addresses:
      description: Each port with its host addresses. The list is empty if a port is exposed and not published.
      returned: success
      type: dict
      sample: {"53/udp": [], "6060/tcp": ["0.0.0.0:32768", "[::]:32768"]}
    id:
      description: The id of the container.
      returned: success
      type: str
    lines:
      description: The lines that C(docker port) prints.
      returned: success
      type: list
      elements: str
      sample: ["6060/tcp -> 0.0.0.0:32768"]
    name:
      description: The name of the container.
      returned: success
      type: str
    ports:
      description: The same information in parts, sorted by port number.
      returned: success
      type: list
      elements: dict
      contains:
        bindings:
          description: The host addresses, each with C(address), C(family) (C(ipv4) or C(ipv6)), C(ip), and C(port).
          returned: success
          type: list
          elements: dict
        exposed:
          description: Whether the image or the container exposes this port.
          returned: success
          type: bool
        number:
          description: The port number inside the container.
          returned: success
          type: int
        port:
          description: The port number and the protocol.
          returned: success
          type: str
          sample: 6060/tcp
        protocol:
          description: V(tcp), V(udp), or V(sctp).
          returned: success
          type: str
        published:
          description: Whether the port can be reached at an address of the host.
          returned: success
          type: bool
    running:
      description: Whether the container is running. A stopped container has no mappings.
      returned: success
      type: bool
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._port import run
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = ArgSpec(
    options={"port": {"type": "list", "elements": "str", "aliases": ["ports", "private_port"]}},
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
