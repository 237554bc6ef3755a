#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_state
short_description: Start, stop, restart, pause, unpause and signal containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Brings existing containers into a state, by name or by filter, several at the same time.
  - Knows nothing of a container's options, so that it never recreates one. To create, change or remove containers, use
    M(stevedore.docker.container_run).
  - Tells the state before and after, the exit code of what it ended, and how long it took.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
options:
  filters:
    description:
      - Take all containers that match, as C(docker ps --all --filter) does, for example V({"label":"app=web"}).
      - One of O(name) and O(filters) is required.
    type: dict
  name:
    description:
      - The containers' names or ids, one or several.
      - One of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: How many containers are worked on at the same time.
    type: int
    default: 8
  signal:
    description:
      - For O(state=killed), the signal to send, for example V(HUP), V(SIGUSR1) or V(10). V(KILL) if not set.
      - For O(state=stopped) and O(state=restarted), the signal to stop with instead of the container's own.
    type: str
  state:
    description:
      - V(started), the container runs. One that is paused is unpaused.
      - V(stopped), it does not run.
      - V(restarted), it was stopped, if need be, and started again. Always C(changed).
      - V(paused) and V(unpaused), its processes are frozen, or not. Only a running container can be paused.
      - V(killed), O(signal) was sent to its main process. Where that is C(KILL), C(TERM), C(INT), C(QUIT) or C(ABRT), a
        container that does not run needs nothing. Any other signal has no receiver there, and the task fails.
    type: str
    required: true
    choices: [killed, paused, restarted, started, stopped, unpaused]
  stop_timeout:
    description:
      - How many seconds V(stopped) and V(restarted) give a container to end, before it is killed. V(-1) is without limit.
      - If not set, the container's own C(stop_timeout) is used, or 10 seconds.
    type: int
  wait_for:
    description:
      - Afterwards, wait until the container has ended (V(exited)), its healthcheck is content (V(healthy)), or it has run
        for a second (V(running)).
      - The task fails when that does not come true within O(wait_timeout) seconds, or never can, and tells the container's
        last lines.
    type: str
    choices: [exited, healthy, running]
  wait_timeout:
    description:
      - How many seconds to wait at most for O(wait_for).
      - Also how many seconds to wait at most for another run that is changing the same container.
    type: float
    default: 60
seealso:
  - module: stevedore.docker.container_run
    description: Create, change and remove containers.
"""

EXAMPLES = r"""
- name: Stop all workers, each with a minute to finish its job
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

- name: Let the web servers read their configuration again
  stevedore.docker.container_state:
    name: [web1, web2]
    state: killed
    signal: HUP

- name: Run a job that exists as a container, and wait for its end
  stevedore.docker.container_state:
    name: nightly
    state: started
    wait_for: exited
    wait_timeout: 3600
  register: job
  failed_when: job is failed or job.container.exit_code != 0

# ansible all -m stevedore.docker.container_state -a "name=web state=restarted wait_for=healthy"
"""

RETURN = r"""
container:
  description: As in RV(containers).
  returned: with one container
  type: dict
containers:
  description: What became of each container.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What was done or, in check mode, would be. Null for nothing.
      returned: when it could be done
      type: str
      sample: stop
    after:
      description:
        - The state afterwards, as in RV(ignore:before). In check mode only its C(status) is foretold.
        - Its C(status) is V(removed) for a container that removed itself when it ended.
      returned: when it could be done
      type: dict
    before:
      description: The state before.
      returned: when it could be done
      type: dict
      contains:
        exit_code:
          description: The exit code of a container that has ended, else null.
          returned: always
          type: int
          sample: 0
        finished_at:
          description: When it ended last, null for never.
          returned: always
          type: str
          sample: "2026-01-20T10:23:31.918734Z"
        health:
          description: V(starting), V(healthy), V(unhealthy), or null for a container without a healthcheck.
          returned: always
          type: str
          sample: healthy
        oom_killed:
          description: Whether it was ended for lack of memory.
          returned: always
          type: bool
          sample: false
        paused:
          description: Whether its processes are frozen.
          returned: always
          type: bool
          sample: false
        pid:
          description: The id of its main process on the engine's host, null when it does not run.
          returned: always
          type: int
          sample: 4711
        running:
          description: Whether it runs. As the engine has it, true for a paused and for a restarting container too.
          returned: always
          type: bool
          sample: true
        started_at:
          description: When it was started last, null for never.
          returned: always
          type: str
          sample: "2026-01-20T10:20:11.204713Z"
        status:
          description: V(created), V(running), V(paused), V(restarting), V(removing), V(exited) or V(dead).
          returned: always
          type: str
          sample: running
    changed:
      description: Whether something was done.
      returned: always
      type: bool
      sample: true
    exit_code:
      description: The exit code of the process that was ended or waited for, else null. Docker before 23.0 does not tell that of a
        restarted container.
      returned: when it could be done
      type: int
      sample: 143
    failure:
      description: What kind of failure it was (RV(ignore:failure.kind)), as at the top level of a failed task.
      returned: on failure
      type: dict
    id:
      description: The container's id.
      returned: always
      type: str
      sample: 5f2d2a1b8b0e
    msg:
      description: What went wrong.
      returned: on failure
      type: str
      sample: "Container web is exited and cannot be paused: start it first."
    name:
      description: The container's name.
      returned: always
      type: str
      sample: web
    took:
      description: The seconds it took, with the waiting.
      returned: when it could be done
      type: float
      sample: 0.431
"""

from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION
from ansible_collections.stevedore.docker.plugins.module_utils._state import STATE, run


def main() -> None:
    run_module(STATE.merge(SELECTION), run)


if __name__ == "__main__":
    main()
