#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_stats
short_description: What containers use of CPU, memory, network and disks
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - The columns of C(docker stats) with the same arithmetic, as numbers and as readable text, for one, several or all containers
    in one go.
  - All containers are sampled side by side, twice, O(interval) seconds apart, however many there are.
  - Can write the numbers for Prometheus, under the names that cAdvisor uses.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
attributes:
  diff_mode:
    support: none
    description: The numbers differ each time.
options:
  all:
    description:
      - Without O(name), also the containers that do not run. They have no numbers.
    type: bool
    default: false
  interval:
    description:
      - Seconds between the two samples that the CPU percentage is computed from.
      - With V(0) there is one sample, no waiting, and no CPU percentage.
    type: float
    default: 1.0
  output:
    description:
      - V(data) returns the numbers.
      - V(prometheus) also writes them to O(path) in the text format of Prometheus. The task is then changed, since the numbers
        change all the time.
    type: str
    choices: [data, prometheus]
    default: data
  path:
    description:
      - The file on the managed node to write with O(output=prometheus). It is replaced atomically and can be read by all.
      - The textfile collector of node_exporter reads the files of its folder that end in C(.prom).
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
# ansible all -m stevedore.docker.container_stats
- name: What do the containers of this host use?
  stevedore.docker.container_stats:
  register: stats

- name: The three largest
  ansible.builtin.debug:
    msg: "{{ (stats.containers | sort(attribute='memory_usage', reverse=true))[:3] | map(attribute='name') }}"

- name: Feed node_exporter
  stevedore.docker.container_stats:
    interval: 0
    output: prometheus
    path: /var/lib/node_exporter/textfile/containers.prom
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
    block_read:
      description: Bytes read from block devices.
      returned: success
      type: int
    block_written:
      description: Bytes written to block devices.
      returned: success
      type: int
    cpu_percent:
      description:
        - The CPU time used between the samples. V(100.0) is one busy CPU.
        - V(null) with O(interval=0).
      returned: success
      type: float
    cpu_seconds:
      description: The CPU time used since the container started.
      returned: success
      type: float
    id:
      description: The container's id.
      returned: success
      type: str
    memory_limit:
      description: The bytes of memory that the container may use; those of the host when it has no limit of its own.
      returned: success
      type: int
    memory_percent:
      description: The share of RV(containers[].memory_limit).
      returned: success
      type: float
    memory_usage:
      description: The bytes of memory in use without the inactive part of the page cache.
      returned: success
      type: int
    name:
      description: The container's name.
      returned: success
      type: str
    network_received:
      description: Bytes received on all interfaces.
      returned: success
      type: int
    network_sent:
      description: Bytes sent on all interfaces.
      returned: success
      type: int
    pids:
      description: The number of processes and threads.
      returned: success
      type: int
    running:
      description: Whether the container ran when it was sampled.
      returned: success
      type: bool
    sampled:
      description:
        - Whether the engine gave numbers. They are V(null) when it did not, since the container does not run or the engine
          cannot read its cgroups.
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
  description: The file that was written.
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
