#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_stats
short_description: Measure the CPU, memory, network, and disk usage of containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Returns the columns of C(docker stats) for one, several, or all containers, computed in the same way, as numbers and as
    text.
  - Takes two samples of all containers at the same time, O(interval) seconds apart.
  - Can write the numbers to a file for Prometheus, with the metric names of cAdvisor.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
attributes:
  diff_mode:
    support: none
    description: The numbers are different each time.
options:
  all:
    description:
      - Without O(name), include containers that are not running. They have no numbers.
    type: bool
    default: false
  interval:
    description:
      - The number of seconds between the two samples from which the CPU percentage is computed.
      - V(0) takes one sample without waiting, and returns no CPU percentage.
    type: float
    default: 1.0
  output:
    description:
      - V(data) returns the numbers.
      - V(prometheus) also writes them to O(path) in the text format of Prometheus. The task is then always C(changed).
    type: str
    choices: [data, prometheus]
    default: data
  path:
    description:
      - The path of the file on the managed node for O(output=prometheus). The file is replaced atomically and is readable by
        all users.
      - The textfile collector of node_exporter reads files in its directory whose names end with C(.prom).
    type: path
seealso:
  - name: docker stats
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/stats/
  - name: cAdvisor's metrics
    description: Their names and meanings.
    link: https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
"""

EXAMPLES = r"""
- name: Measure all running containers
  stevedore.docker.container_stats:
  register: stats

- name: Show the three with the highest memory usage
  ansible.builtin.debug:
    msg: "{{ (stats.containers | sort(attribute='memory_usage', reverse=true))[:3] | map(attribute='name') }}"

- name: Fail if a container uses more than 90 percent of its memory limit
  stevedore.docker.container_stats:
    name: db
    interval: 0
  register: db
  failed_when: db is failed or db.container.memory_percent | default(0, true) > 90

- name: Average the CPU usage of an application over ten seconds
  stevedore.docker.container_stats:
    filters:
      label: app=shop
    interval: 10

- name: Write metrics for node_exporter
  stevedore.docker.container_stats:
    interval: 0
    output: prometheus
    path: /var/lib/node_exporter/textfile/containers.prom

# Ad hoc, for all containers on all hosts:
# ansible all -m stevedore.docker.container_stats
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
    block_read:
      description: The number of bytes read from block devices.
      returned: success
      type: int
    block_written:
      description: The number of bytes written to block devices.
      returned: success
      type: int
    cpu_percent:
      description:
        - The CPU time used between the samples. V(100.0) corresponds to one fully used CPU.
        - V(null) with O(interval=0).
      returned: success
      type: float
    cpu_seconds:
      description: The CPU time used since the container started.
      returned: success
      type: float
    id:
      description: The id of the container.
      returned: success
      type: str
    memory_limit:
      description: The memory limit in bytes. Without a limit, the memory of the host.
      returned: success
      type: int
    memory_percent:
      description: The memory usage in percent of RV(containers[].memory_limit).
      returned: success
      type: float
    memory_usage:
      description: The memory usage in bytes, without the inactive part of the page cache.
      returned: success
      type: int
    name:
      description: The name of the container.
      returned: success
      type: str
    network_received:
      description: The number of bytes received on all interfaces.
      returned: success
      type: int
    network_sent:
      description: The number of bytes sent on all interfaces.
      returned: success
      type: int
    pids:
      description: The number of processes and threads.
      returned: success
      type: int
    running:
      description: Whether the container was running when it was sampled.
      returned: success
      type: bool
    sampled:
      description:
        - Whether the engine returned numbers. If it did not, because the container was not running or the engine could not
          read its cgroups, they are V(null).
      returned: success
      type: bool
    text:
      description: The columns as C(docker stats) prints them.
      returned: success
      type: dict
      sample:
        block_io: 0B / 0B
        cpu: 11.11%
        memory: 920KiB / 23.54GiB
        memory_percent: 0.00%
        network_io: 736B / 0B
        pids: "1"
file:
  description: The path of the file that was written.
  returned: O(output=prometheus)
  type: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION
from ansible_collections.stevedore.docker.plugins.module_utils._stats.task import run

SPEC = ArgSpec(
    options={
        "all": {"type": "bool", "default": False},
        "interval": {"type": "float", "default": 1.0},
        "output": {"type": "str", "choices": ["data", "prometheus"], "default": "data"},
        "path": {"type": "path"},
    },
    required_if=(("output", "prometheus", ("path",)),),
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
