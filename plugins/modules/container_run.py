#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_run
short_description: Run a container, and keep it as declared
version_added: 0.1.0
description:
  - Creates, starts, updates, replaces, stops or removes one container, so that it is what the task says, like
    C(docker run) that may be said again and again.
  - The options are those of C(community.docker.docker_container) wherever the meaning is the same, with the words of
    the docker CLI as aliases.
  - Options are compared as a whole. What is not given means what the image and the engine give, so that an environment
    variable, a label or a port that is taken out of the task is taken out of the container.
  - Resource limits, the restart policy and the networks are changed in the running container. Everything else needs a
    new one, and C(actions) says which option forced it.
  - A container is replaced as a transaction. The new one is created beside the old one, takes its name, and starts once
    the old one has stopped. Only when it runs well (for O(state=healthy), when it is healthy) is the old one removed. On
    any failure the old one gets its name and its running state back. A run that was killed half-way is finished or
    undone by the next one.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._container
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
options:
  detach:
    description:
      - V(false) waits for the container's end, however long that takes, and returns RV(stdout), RV(stderr) and RV(rc).
        An exit code other than 0 is a failure. Meant for one-off jobs, often together with O(auto_remove=true).
    type: bool
    default: true
  ignore_changes:
    description:
      - The options whose differences are tolerated in a container that is there already.
    type: list
    elements: str
    default: []
  keep_volumes:
    description:
      - Anonymous volumes outlive their container. On a replacement the new one gets those of the old one.
      - With V(false) they are removed with it, and a replacement starts with empty ones.
    type: bool
    default: true
  name:
    description:
      - The container's name.
    type: str
    required: true
  paused:
    description:
      - Whether the processes are frozen, for O(state=started).
    type: bool
    default: false
  pull:
    description:
      - When to pull the image, with the credentials of the Docker configuration file.
      - V(missing) pulls what the engine does not have, or has for another O(platform) only.
      - V(always) also asks the registry whether the tag has moved, and pulls if so.
      - V(never) pulls nothing.
    type: str
    choices: [always, missing, never]
    default: missing
  recreate:
    description:
      - V(auto) replaces the container when a difference asks for it.
      - V(always) replaces it in any case.
      - V(never) changes in place what can be, and warns of what cannot.
    type: str
    choices: [always, auto, never]
    default: auto
  restart:
    description:
      - Restart a container that runs and was not started by this task anyway.
    type: bool
    default: false
  rollback:
    description:
      - Put the old container back when the new one cannot take its place, and remove a new container that does not start.
      - With V(false) a failed container stays in its place to be looked at, with the old one stopped beside it. The next
        run puts the old one back before it tries again.
    type: bool
    default: true
  state:
    description:
      - V(started) means that it runs.
      - V(healthy) also waits until its healthcheck says so. Without a healthcheck it has to run for a second.
      - V(present) creates it where it is missing, and neither starts nor stops it.
      - V(stopped) means that it is there and does not run.
      - V(absent) removes it, running or not.
      - Without O(image) only the state of a container that is there already is looked after, its options are not.
    type: str
    choices: [absent, healthy, present, started, stopped]
    default: started
  stdin:
    description:
      - What the container's process reads from its standard input, then the end of it. Needs O(detach=false).
    type: str
  wait_timeout:
    description:
      - How many seconds O(state=healthy) waits.
    type: float
    default: 300
    aliases: [healthy_wait_timeout]
seealso:
  - module: stevedore.docker.containers
  - module: stevedore.docker.container_inspect
author:
  - the stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: A web server, reachable from this machine only
  stevedore.docker.container_run:
    name: web
    image: registry.example.com/httpd:2.4
    ports: 127.0.0.1:8080:80
    env:
      SERVER_NAME: example.com
    memory: 256m
    restart_policy: unless-stopped

- name: A database that has to be healthy before the play goes on, or the old one comes back
  stevedore.docker.container_run:
    name: db
    image: registry.example.com/postgres:17
    pull: always
    state: healthy
    wait_timeout: 120
    volumes:
      - db-data:/var/lib/postgresql/data
    networks:
      - name: backend
        aliases: [database]

- name: Run a job to its end and use what it prints
  stevedore.docker.container_run:
    name: report
    image: registry.example.com/report:1
    command: [report, --format, json, "-"]
    stdin: "{{ lookup('ansible.builtin.file', 'input.csv') }}"
    detach: false
    auto_remove: true
  register: report

- name: Stop a container, whatever its options are
  stevedore.docker.container_run:
    name: web
    state: stopped

- name: Remove a container and its anonymous volumes
  stevedore.docker.container_run:
    name: web
    state: absent
    keep_volumes: false
"""

RETURN = r"""
actions:
  description:
    - What was done, or in check mode would be, in this order. Empty when nothing was.
    - On a failure, what was done before.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description:
        - One of V(create), V(networks), V(pause), V(pull), V(recover), V(recreate), V(remove), V(restart), V(start),
          V(stop), V(unpause), V(update).
        - V(recover) is the end of a replacement that an earlier run could not finish.
      returned: always
      type: str
    because:
      description: The options that made it necessary.
      returned: for V(networks), V(recreate) and V(update)
      type: list
      elements: str
    how:
      description: V(finished) or V(undone).
      returned: for V(recover)
      type: str
    image:
      description: The image.
      returned: for V(pull)
      type: str
  sample: [{action: recreate, because: [env, image]}]
container:
  description:
    - The container's inspect document, as the engine gives it. In check mode, as it is now.
    - V(none) when there is no such container.
  returned: success
  type: dict
diff:
  description: The options and the state that were changed, as they were and as they are now. With C(--diff) only.
  returned: when diff mode is on
  type: dict
  sample: {before: {env: {A: "1"}}, after: {env: {A: "2"}}}
failure:
  description: What kind of failure it was, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    kind:
      description:
        - One of V(conflict), V(engine), V(failed), V(interrupted), V(invalid), V(missing), V(timeout), V(unreachable).
      returned: always
      type: str
    object:
      description: What it was about.
      returned: always
      type: str
    status:
      description: The HTTP status of the engine's refusal.
      returned: always
      type: int
rc:
  description: The exit code.
  returned: for O(detach=false)
  type: int
rolled_back:
  description: The replacement failed, and the old container is back as it was.
  returned: when a replacement failed and O(rollback=true)
  type: bool
stderr:
  description: What it wrote to its standard error.
  returned: for O(detach=false)
  type: str
stdout:
  description: What it wrote to its standard output; with O(tty=true) both streams.
  returned: for O(detach=false)
  type: str
"""

import typing as t

from ansible_collections.stevedore.docker.plugins.module_utils._lifecycle.converge import Convergence, Scene
from ansible_collections.stevedore.docker.plugins.module_utils._lifecycle.spec import container_spec
from ansible_collections.stevedore.docker.plugins.module_utils._module import Task, run_module


def work(task: Task) -> dict[str, t.Any]:
    scene = Scene(task.daemon, task.check_mode, task.warn)
    return Convergence(scene, task.params).run()


def main() -> None:
    run_module(container_spec(), work)


if __name__ == "__main__":
    main()
