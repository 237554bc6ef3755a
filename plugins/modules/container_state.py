#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_state
short_description: Start, stop, restart, pause, unpause, or signal containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Changes the state of one or several existing containers, selected by name or by filter.
  - Never recreates a container and does not look at its options. To create, change, or remove containers, use
    M(stevedore.docker.container_run).
  - Returns the state before and after, the exit code of a container that ended, and the duration.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
options:
  filters:
    description:
      - Select all containers that match, as with C(docker ps --all --filter), for example V({"label":"app=web"}).
      - Exactly one of O(name) and O(filters) is required.
    type: dict
  name:
    description:
      - The names or ids of one or several containers.
      - Exactly one of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: The number of containers to work on at the same time.
    type: int
    default: 8
  signal:
    description:
      - With O(state=killed), the signal to send, for example V(HUP), V(SIGUSR1), or V(10). The default is V(KILL).
      - With O(state=stopped) and O(state=restarted), the signal to stop with, instead of the container's own stop signal.
    type: str
  state:
    description:
      - V(started) starts the container if it is not running, and unpauses it if it is paused.
      - V(stopped) stops the container if it is running.
      - V(restarted) stops the container if it is running, and starts it. The task is always C(changed).
      - V(paused) and V(unpaused) suspend and resume the processes of the container. Only a running container can be paused.
      - V(killed) sends O(signal) to the main process. If the container is not running, nothing happens for C(KILL), C(TERM),
        C(INT), C(QUIT), and C(ABRT). For any other signal the task fails.
    type: str
    required: true
    choices: [killed, paused, restarted, started, stopped, unpaused]
  stop_timeout:
    description:
      - The number of seconds that V(stopped) and V(restarted) wait for the container to end before they kill it. V(-1) means
        no limit.
      - The default is the container's own C(stop_timeout), or 10 seconds.
    type: int
  wait_for:
    description:
      - After the change, wait until the container has ended (V(exited)), its healthcheck reports V(healthy), or it has run
        for one second (V(running)).
      - The task fails if this does not happen within O(wait_timeout) seconds or can no longer happen. The message contains
        the last lines of the container's log.
    type: str
    choices: [exited, healthy, running]
  wait_timeout:
    description:
      - The maximum number of seconds to wait for O(wait_for).
      - Also the maximum number of seconds to wait for another task that is changing the same container.
    type: float
    default: 60
seealso:
  - module: stevedore.docker.container_run
    description: Create, change and remove containers.
"""

EXAMPLES = r"""
- name: Restart a container
  stevedore.docker.container_state:
    name: web
    state: restarted

- name: Stop all workers, and give each of them a minute to finish its job
  stevedore.docker.container_state:
    filters:
      label: role=worker
    state: stopped
    stop_timeout: 60

- name: Start the database and wait until it is healthy
  stevedore.docker.container_state:
    name: db
    state: started
    wait_for: healthy
    wait_timeout: 120

- name: Let web servers reload their configuration
  stevedore.docker.container_state:
    name: [web1, web2]
    state: killed
    signal: HUP

- name: Start a container that runs a job, and wait until the job is done
  stevedore.docker.container_state:
    name: nightly
    state: started
    wait_for: exited
    wait_timeout: 3600
  register: job
  failed_when: job is failed or job.container.exit_code != 0

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_state -a "name=web state=restarted wait_for=healthy"
"""

RETURN = r"""
container:
  description: As in RV(containers).
  returned: with one container
  type: dict
containers:
  description: The outcome for each container.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The action that was taken, or would be taken in check mode. V(null) if none was necessary.
      returned: when it could be done
      type: str
      sample: stop
    after:
      description:
        - The state after the change, with the same keys as RV(containers[].before). In check mode, only C(status) is
          predicted.
        - C(status) is V(removed) if the container removed itself when it ended.
      returned: when it could be done
      type: dict
    before:
      description: The state before the change.
      returned: when it could be done
      type: dict
      contains:
        exit_code:
          description: The exit code if the container has ended, otherwise V(null).
          returned: always
          type: int
          sample: 0
        finished_at:
          description: When the container last ended. V(null) if it never did.
          returned: always
          type: str
          sample: "2026-01-20T10:23:31.918734Z"
        health:
          description: V(starting), V(healthy), or V(unhealthy). V(null) for a container without a healthcheck.
          returned: always
          type: str
          sample: healthy
        oom_killed:
          description: Whether the kernel killed it because it ran out of memory.
          returned: always
          type: bool
          sample: false
        paused:
          description: Whether its processes are suspended.
          returned: always
          type: bool
          sample: false
        pid:
          description: The id of its main process on the engine's host. V(null) if it is not running.
          returned: always
          type: int
          sample: 4711
        running:
          description: Whether it is running. As in the Engine API, this is also true for a paused or restarting container.
          returned: always
          type: bool
          sample: true
        started_at:
          description: When the container was last started. V(null) if it never was.
          returned: always
          type: str
          sample: "2026-01-20T10:20:11.204713Z"
        status:
          description: V(created), V(running), V(paused), V(restarting), V(removing), V(exited), or V(dead).
          returned: always
          type: str
          sample: running
    changed:
      description: Whether the state of the container was changed, or would be in check mode.
      returned: always
      type: bool
      sample: true
    exit_code:
      description: The exit code of the container that was stopped or waited for, otherwise V(null). Docker before 23.0 does
        not report it for a restarted container.
      returned: when it could be done
      type: int
      sample: 143
    failure:
      description: The kind of failure, with the same keys as RV(ignore:failure) at the top level of a failed task.
      returned: on failure
      type: dict
    id:
      description: The id of the container.
      returned: always
      type: str
      sample: 5f2d2a1b8b0e
    msg:
      description: The error message.
      returned: on failure
      type: str
      sample: "Container web is exited and cannot be paused: start it first."
    name:
      description: The name of the container.
      returned: always
      type: str
      sample: web
    took:
      description: The duration in seconds, including the wait.
      returned: when it could be done
      type: float
      sample: 0.431
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION
from ansible_collections.stevedore.docker.plugins.module_utils._state.task import run

SPEC = ArgSpec(
    options={
        "parallel": {"type": "int", "default": 8},
        "signal": {"type": "str"},
        "state": {
            "type": "str",
            "required": True,
            "choices": ["killed", "paused", "restarted", "started", "stopped", "unpaused"],
        },
        "stop_timeout": {"type": "int"},
        "wait_for": {"type": "str", "choices": ["exited", "healthy", "running"]},
        "wait_timeout": {"type": "float", "default": 60.0},
    },
    mutually_exclusive=(("name", "filters"),),
    required_one_of=(("name", "filters"),),
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
