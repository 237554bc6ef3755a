#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: containers
short_description: Run a set of containers in one task
version_added: 0.1.0
description:
  - Does for a set of containers what M(stevedore.docker.container_run) does for one. The containers are handled in parallel,
    so that a hundred take about as long as a few.
  - Containers start in the order of their dependencies. A container starts after those that it names in C(network_mode),
    C(ipc_mode), C(pid_mode), C(volumes_from), C(links), or the C(links) of its C(networks), once these are proven as their
    C(state) and C(stable_for) require. Other containers start at the same time.
  - If a container is replaced, those that share one of its namespaces are replaced as well. If it is restarted, they are
    restarted after it. The module warns about such containers that are not part of the task.
  - All options are validated before the first container is changed. After that, a failure of one container affects only the
    containers that depend on it.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  containers:
    description:
      - The containers. Each item accepts the options of M(stevedore.docker.container_run) and their aliases, except for the
        connection options and C(detach=false).
    type: list
    elements: dict
    required: true
  defaults:
    description:
      - Options for all containers. The options of an item take precedence. Mappings such as C(env) and C(labels) are merged
        key by key.
    type: dict
    default: {}
  group:
    description:
      - The name of the set. Each container that the module creates gets it as the label C(stevedore.docker.group), and its
        own name as the label C(stevedore.docker.member).
      - A container is a member of the group only if it has both labels. A copy under another name, or a renamed container, is
        not a member. Images, archives, and run options do not include these labels.
      - A container of another group is replaced to become a member of this group.
    type: str
  parallel:
    description:
      - The number of containers to work on at the same time. A container that ignores its stop signal takes its whole
        C(stop_timeout) to stop. With many of these, a higher number saves time.
    type: int
    default: 8
  prune:
    description:
      - Remove the members of O(group) that are not listed in O(containers), before the listed containers are changed. Their
        anonymous volumes are kept.
      - They are stopped with their own stop signal first. C(force_kill) and C(stop_timeout) in O(defaults) apply to them as
        well.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Run an application, and remove its containers that are no longer listed
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

- name: Start the API only when its database is healthy, since it links to it
  stevedore.docker.containers:
    containers:
      - name: api
        image: registry.example.com/api:3
        networks:
          - name: backend
            links: ["db:database"]
      - name: db
        image: registry.example.com/postgres:17
        state: healthy
        networks:
          - name: backend

- name: Update workers that have no healthcheck, and put the old one back if a new one fails within 30 seconds
  stevedore.docker.containers:
    defaults:
      image: registry.example.com/worker:5
      pull: always
      stable_for: 30s
    containers:
      - name: worker-1
      - name: worker-2
      - name: worker-3

- name: Run the containers that a variable describes, two at a time
  stevedore.docker.containers:
    containers: "{{ shop_containers }}"
    parallel: 2

- name: Remove two containers without waiting for them to stop
  stevedore.docker.containers:
    defaults:
      state: absent
      force_kill: true
    containers:
      - name: shop-web
      - name: shop-metrics

- name: Stop and remove all containers of a group
  stevedore.docker.containers:
    group: shop
    prune: true
    containers: []

# Ad hoc, for a set of one container on all hosts:
# ansible all -m stevedore.docker.containers -a '{"group": "shop", "containers": [{"name": "web", "image": "nginx"}]}'
"""

RETURN = r"""
containers:
  description: The outcome for each container, sorted by name.
  returned: always
  type: list
  elements: dict
  contains:
    actions:
      description:
        - What was done, or would be done in check mode, as for M(stevedore.docker.container_run). V(prune) is an additional
          action.
      returned: always
      type: list
      elements: dict
    changed:
      description: Whether anything was done, or would be done in check mode.
      returned: always
      type: bool
    diff:
      description: The options and the state that changed, with their values before and after.
      returned: always
      type: dict
    failure:
      description: The kind of failure, as for M(stevedore.docker.container_run).
      returned: when this container failed
      type: dict
    id:
      description: The id of the container. V(none) if it does not exist or its handling failed.
      returned: always
      type: str
    msg:
      description: The error message.
      returned: when this container failed
      type: str
    name:
      description: The name of the container.
      returned: always
      type: str
    status:
      description: The status as in C(docker ps), for example V(running). V(none) if it does not exist or its handling failed.
      returned: always
      type: str
diff:
  description: The differences of all changed containers by name. Only with C(--diff).
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
