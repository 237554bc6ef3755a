#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: containers
short_description: Run many containers in one task
version_added: 0.1.0
description:
  - Does for a whole set of containers what M(stevedore.docker.container_run) does for one, in one task and side by side,
    a hundred in about the time of a few.
  - A container that another one names in C(network_mode), C(ipc_mode), C(pid_mode), C(volumes_from) or
    C(links) comes before it. When it is replaced, those that share a namespace with it are replaced too; when it is
    restarted, they are restarted after it. A warning names those that are not in the task.
  - All options are checked before the first container is touched. After that one failure does not stop the others,
    except those that need the failed one.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  containers:
    description:
      - The containers. Each entry takes the options of M(stevedore.docker.container_run), aliases included, the connection
        options and C(detach=false) aside.
    type: list
    elements: dict
    required: true
  defaults:
    description:
      - Options for every container. What an entry says itself comes first; mappings such as C(env) and C(labels) are
        merged key by key.
    type: dict
    default: {}
  group:
    description:
      - The set's name. Each container that is created gets it as the label C(stevedore.docker.group), and its own name as
        the label C(stevedore.docker.member).
      - Both labels together make a container a member. A copy under another name is none, nor is a container that was
        renamed, and images, archives and run options do not carry the labels on.
      - A container of another group becomes one of this group, for which it is replaced.
    type: str
  parallel:
    description:
      - How many containers are worked on at a time. One that ignores its stop signal takes its whole C(stop_timeout) to
        be removed, so that many of them are gone sooner with a higher number.
    type: int
    default: 8
  prune:
    description:
      - Remove the containers of O(group) that are no longer listed. Their anonymous volumes stay.
      - They are stopped first, as they want to be stopped. C(force_kill) and C(stop_timeout) among the O(defaults) count
        for them too.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
author:
  - the stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: All that runs on this host, and nothing else of this group
  stevedore.docker.containers:
    group: shop
    prune: true
    defaults:
      restart_policy: unless-stopped
      log_options:
        max-size: 10m
    containers:
      - name: shop-db
        image: registry.example.com/postgres:17
        state: healthy
        volumes: [shop-db:/var/lib/postgresql/data]
      - name: shop-web
        image: registry.example.com/shop:5
        ports: ["127.0.0.1:8080:80"]
      - name: shop-metrics
        image: registry.example.com/exporter:1
        network_mode: container:shop-web
"""

RETURN = r"""
containers:
  description: What became of each container, sorted by name.
  returned: always
  type: list
  elements: dict
  contains:
    actions:
      description:
        - What was done, or in check mode would be, as for M(stevedore.docker.container_run); V(prune) in addition.
      returned: always
      type: list
      elements: dict
    changed:
      description: Whether anything was done.
      returned: always
      type: bool
    diff:
      description: The options and the state that were changed, as they were and as they are now.
      returned: always
      type: dict
    failure:
      description: What kind of failure it was, as for M(stevedore.docker.container_run).
      returned: when this container failed
      type: dict
    id:
      description: The container's id, V(none) when there is none or it failed.
      returned: always
      type: str
    msg:
      description: What went wrong, and what to do.
      returned: when this container failed
      type: str
    name:
      description: Its name.
      returned: always
      type: str
    status:
      description: What it does, as C(docker ps) says it, such as V(running). V(none) when there is none or it failed.
      returned: always
      type: str
diff:
  description: The differences of all changed containers, by their names. With C(--diff) only.
  returned: when diff mode is on
  type: dict
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._containers.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        "containers": {"type": "list", "elements": "dict", "required": True},
        "defaults": {"type": "dict", "default": {}},
        "group": {"type": "str"},
        "parallel": {"type": "int", "default": 8},
        "prune": {"type": "bool", "default": False},
    },
    required_if=(("prune", True, ("group",)),),
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
