#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_port
short_description: The published ports of containers
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Says on which addresses of the host the ports of containers can be reached, as C(docker port) does, for one, several or all
    containers in one task.
  - A port without a mapping is an answer and not an error.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  port:
    description:
      - Only these ports of the containers, such as V(6060/tcp), V(53/udp) or V(6060), which means TCP.
      - Each of them is in the answer, mapped or not.
    type: list
    elements: str
    aliases: [ports, private_port]
seealso:
  - name: docker port
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/port/
"""

EXAMPLES = r"""
# ansible all -m stevedore.docker.container_port -a name=web
- name: Where does the web server listen?
  stevedore.docker.container_port:
    name: web
    port: 8080
  register: web

- name: Ask it
  ansible.builtin.uri:
    url: http://{{ web.container.addresses['8080/tcp'] | first }}/
  when: web.container.addresses['8080/tcp']

- name: Which ports does this host publish at all?
  stevedore.docker.container_port:
  register: published
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
    addresses:
      description: Each port with its addresses on the host; none when it is exposed and not published.
      returned: success
      type: dict
      sample: {"53/udp": [], "6060/tcp": ["0.0.0.0:32768", "[::]:32768"]}
    id:
      description: The container's id.
      returned: success
      type: str
    lines:
      description: The lines that C(docker port) prints.
      returned: success
      type: list
      elements: str
      sample: ["6060/tcp -> 0.0.0.0:32768"]
    name:
      description: The container's name.
      returned: success
      type: str
    ports:
      description: The same in its parts, ordered by number.
      returned: success
      type: list
      elements: dict
      contains:
        bindings:
          description: The addresses on the host, each with C(address), C(family) (C(ipv4) or C(ipv6)), C(ip) and C(port).
          returned: success
          type: list
          elements: dict
        exposed:
          description: Whether the image or the container says that it uses this port.
          returned: success
          type: bool
        number:
          description: The port's number inside the container.
          returned: success
          type: int
        port:
          description: Number and protocol.
          returned: success
          type: str
          sample: 6060/tcp
        protocol:
          description: V(tcp), V(udp) or V(sctp).
          returned: success
          type: str
        published:
          description: Whether it can be reached through an address of the host.
          returned: success
          type: bool
    running:
      description: Whether the container runs. A stopped one has no mapping.
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
