#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_isolation
short_description: Audit the isolation of containers from their host
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Lists for each container which namespaces it has of its own and which it shares with the host or another container, the
    parts of its root file system, its mounts from the host, and what its processes can do beyond the default.
  - Reports findings. Each one has a severity, a reason, the M(stevedore.docker.container_run) option that resolves it, and
    the section of the CIS Docker Benchmark.
  - Reads the namespace ids from C(/proc) if it runs as root on the engine's own host. Otherwise it evaluates the
    configuration.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  accept:
    description:
      - The ids of findings to accept. They are not returned, and they do not fail the task.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - Fail if a container has a finding of this or a higher severity. The result still contains all containers.
    type: str
    choices: [never, low, medium, high]
    default: never
  size:
    description:
      - Measure the size of the root file system. The engine needs some time for large containers.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
  - name: CIS Docker Benchmark
    description: The benchmark that the findings refer to, in its version 1.6.0.
    link: https://www.cisecurity.org/benchmark/docker
"""

EXAMPLES = r"""
- name: Audit all containers of this host
  stevedore.docker.container_isolation:
  register: isolation

- name: Show the findings
  ansible.builtin.debug:
    msg: "{{ item.findings | map(attribute='reason') }}"
  loop: "{{ isolation.containers }}"
  loop_control:
    label: "{{ item.name }}"

- name: Fail if a container has severe findings other than a shared PID namespace
  stevedore.docker.container_isolation:
    fail_on: high
    accept: [host-pid]

- name: Audit the containers of an application
  stevedore.docker.container_isolation:
    filters:
      label: app=shop

- name: Measure the root file system of one container
  stevedore.docker.container_isolation:
    name: web
    size: true

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_isolation -a name=web
"""

RETURN = r"""
container:
  description: The container, if exactly one was found. Has the same form as an item of RV(containers).
  returned: when exactly one container was found
  type: dict
containers:
  description: The containers in the requested order, or sorted by name.
  returned: success, and when O(fail_on) fails the task
  type: list
  elements: dict
  contains:
    capabilities:
      description:
        - C(effective) lists the capabilities of a root process, C(beyond_default) those of them that the engine does not
          grant by default, and C(dropped) those that were removed.
      returned: success
      type: dict
    devices:
      description: Devices of the host and device rules.
      returned: success
      type: list
      elements: str
    findings:
      description: The weaknesses of the isolation, most severe first.
      returned: success
      type: list
      elements: dict
      contains:
        benchmark:
          description: The section of the CIS Docker Benchmark.
          returned: success
          type: str
          sample: CIS Docker Benchmark 1.6.0, 5.16
        details:
          description: The exact cause, for example the mounts.
          returned: success
          type: list
          elements: str
        id:
          description: The id of the finding, for O(accept).
          returned: success
          type: str
          sample: host-pid
        option:
          description: The M(stevedore.docker.container_run) option that resolves it.
          returned: success
          type: str
          sample: pid_mode
        reason:
          description: Why it matters.
          returned: success
          type: str
        severity:
          description: V(high), V(medium) or V(low).
          returned: success
          type: str
    hostname:
      description: The host name of the container.
      returned: success
      type: str
    id:
      description: The id of the container.
      returned: success
      type: str
    mounts:
      description:
        - Directories and files of the host in the container, each with C(source), C(destination), C(writable),
          C(propagation), and C(why). The latter is the reason for a concern, that is C(root), C(socket), C(sensitive), or
          none.
      returned: success
      type: list
      elements: dict
    name:
      description: The name of the container.
      returned: success
      type: str
    namespaces:
      description:
        - For each of C(mnt), C(uts), C(ipc), C(pid), C(net), C(user), and C(cgroup), the C(mode) (C(own), C(host), or
          C(container)), C(shared_with), C(id), and the C(source) of this information (C(proc) or C(configuration)).
      returned: success
      type: dict
      sample: {"pid": {"id": "pid:[4026533776]", "mode": "own", "shared_with": null, "source": "proc"}}
    published_everywhere:
      description: Ports that are published on all addresses of the host.
      returned: success
      type: list
      elements: str
    root_filesystem:
      description:
        - C(driver), C(layers) of the image, C(read_only), C(writable_layer) on the host, and with O(size=true) also C(size)
          and C(size_writable) in bytes.
      returned: success
      type: dict
    security:
      description: C(apparmor), C(no_new_privileges), C(privileged), C(seccomp), C(selinux), C(system_paths_masked), and
        C(user).
      returned: success
      type: dict
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._isolation.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = ArgSpec(
    options={
        "accept": {"type": "list", "elements": "str", "default": []},
        "fail_on": {"type": "str", "choices": ["never", "low", "medium", "high"], "default": "never"},
        "size": {"type": "bool", "default": False},
    },
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
