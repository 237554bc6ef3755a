#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_isolation
short_description: What separates containers from their host, and what does not
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Tells for each container which namespaces it has of its own and which it shares with the host or with another container, what
    its root file system consists of, which mounts reach into the host, and what its processes may do beyond the default.
  - Judges it - each finding has a severity, a reason, the option of M(stevedore.docker.container_run) that closes it, and a section
    of the CIS Docker Benchmark.
  - Reads the namespace ids in C(/proc) where it can (on the engine's own host, as root), else goes by the configuration.
extends_documentation_fragment:
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._connection
  - stevedore.docker._selection
options:
  accept:
    description:
      - The ids of findings that are meant to be so. They are neither returned nor do they fail the task.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - Fail when a container has a finding of this severity or a higher one. All containers are still returned.
    type: str
    choices: [never, low, medium, high]
    default: never
  size:
    description:
      - Also measure the root file system, which takes the engine a while for large containers.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_run
  - name: CIS Docker Benchmark
    description: The benchmark that the findings refer to, in its version 1.6.0.
    link: https://www.cisecurity.org/benchmark/docker
"""

EXAMPLES = r"""
# ansible all -m stevedore.docker.container_isolation -a name=web
- name: How well are the containers of this host separated from it?
  stevedore.docker.container_isolation:
  register: isolation

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ item.findings | map(attribute='reason') }}"
  loop: "{{ isolation.containers }}"
  loop_control:
    label: "{{ item.name }}"

- name: Let nothing through that gives the host away, except for the monitoring
  stevedore.docker.container_isolation:
    fail_on: high
    accept: [host-pid]
"""

RETURN = r"""
container:
  description: The only element of RV(containers), when exactly one container was found.
  returned: when exactly one container was found
  type: dict
containers:
  description: The containers that were found, in the order in which they were asked for, else by name.
  returned: success, and when O(fail_on) fails the task
  type: list
  elements: dict
  contains:
    capabilities:
      description:
        - C(effective) is what a root process may do, C(beyond_default) what of it the engine does not give by itself, C(dropped) what was
          taken away.
      returned: success
      type: dict
    devices:
      description: Devices of the host and rules for devices.
      returned: success
      type: list
      elements: str
    findings:
      description: What weakens the isolation, the severest first.
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
          description: What exactly it is about, for example the mounts.
          returned: success
          type: list
          elements: str
        id:
          description: The name of the finding, for O(accept).
          returned: success
          type: str
          sample: host-pid
        option:
          description: The option of M(stevedore.docker.container_run) that closes it.
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
      description: The container's host name.
      returned: success
      type: str
    id:
      description: The container's id.
      returned: success
      type: str
    mounts:
      description:
        - Folders and files of the host in the container, each with C(source), C(destination), C(writable), C(propagation), and C(why) it
          matters - C(root), C(socket), C(sensitive) or nothing.
      returned: success
      type: list
      elements: dict
    name:
      description: The container's name.
      returned: success
      type: str
    namespaces:
      description:
        - For each of C(mnt), C(uts), C(ipc), C(pid), C(net), C(user) and C(cgroup) the C(mode) (C(own), C(host) or C(container)),
          C(shared_with), C(id) and the C(source) of that knowledge (C(proc) or C(configuration)).
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
        - C(driver), C(layers) of the image, C(read_only), C(writable_layer) on the host, and with O(size=true) C(size) and
          C(size_writable) in bytes.
      returned: success
      type: dict
    security:
      description: >-
        C(apparmor), C(no_new_privileges), C(privileged), C(seccomp), C(selinux), C(system_paths_masked) and C(user).
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
