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
  - Creates, starts, updates, replaces, stops, or removes one container, so that it matches the task. Similar to C(docker
    run), but idempotent.
  - The options have the same names as those of C(community.docker.docker_container) if they have the same meaning. Option
    names of the docker CLI are aliases.
  - Options are compared as a whole. An option that is not set means the default of the image or the engine. If an environment
    variable, a label, or a port is removed from the task, it is also removed from the container.
  - Resource limits, the restart policy, and networks are changed in the running container. All other changes need a new
    container. RV(actions) tells which options made this necessary.
  - A container is replaced as a transaction. The new container is created under a temporary name. The old container is then
    renamed and stopped, and the new one is started. When the new container has run for O(stable_for), or is healthy with
    O(state=healthy), the old one is removed. If anything fails before that, the old container gets its name and its running
    state back.
  - The old container is stopped before the new one starts, because both need the same ports and files. A replacement
    therefore interrupts the service until the new container is ready.
  - While a container is replaced, the old one has no restart policy, so that the engine never starts both after a reboot.
  - An old container with O(auto_remove=true) removes itself when it is stopped. If the replacement fails, it is created
    again, and what it had written outside of its volumes is lost.
  - A task that changes a container holds its lock, a volume with the name C(NAME.stevedore-lock). Other tasks of this
    collection, on any host, wait up to O(wait_timeout) seconds for it, and then fail with a message that names the holder of
    the lock. Tasks that change nothing need no lock.
  - The next task finishes or undoes the replacement of a run that was killed, and takes over its lock. On the same host this
    happens at once. On another host it happens when the time that the work may take has passed.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._container
  - stevedore.docker._lifecycle
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
seealso:
  - module: stevedore.docker.containers
  - module: stevedore.docker.container_inspect
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Run a web server that is reachable only from this host
  stevedore.docker.container_run:
    name: web
    image: registry.example.com/httpd:2.4
    ports: 127.0.0.1:8080:80
    env:
      SERVER_NAME: example.com
    memory: 256m
    restart_policy: unless-stopped

- name: Run a database and wait until it is healthy, otherwise put the old container back
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

- name: Update a worker without a healthcheck, and keep the old container until the new one has run for 30 seconds
  stevedore.docker.container_run:
    name: worker
    image: registry.example.com/worker:5
    stable_for: 30s

- name: Run a job to its end and use its output
  stevedore.docker.container_run:
    name: report
    image: registry.example.com/report:1
    command: [report, --format, json, "-"]
    stdin: "{{ lookup('ansible.builtin.file', 'input.csv') }}"
    detach: false
    auto_remove: true
  register: report

- name: Run a container whose memory limit and labels are managed by somebody else
  stevedore.docker.container_run:
    name: cache
    image: registry.example.com/redis:8
    ignore_changes: [memory, labels]

- name: Stop a container without looking at its options
  stevedore.docker.container_run:
    name: web
    state: stopped

- name: Stop a container and remove it together with its anonymous volumes
  stevedore.docker.container_run:
    name: web
    state: absent
    keep_volumes: false

- name: Kill a container that need not stop cleanly, and remove it
  stevedore.docker.container_run:
    name: worker
    state: absent
    force_kill: true

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_run -a "name=web image=busybox ports=127.0.0.1:8080:80 env=A=1,B=2 command='httpd -f'"
# ansible all -m stevedore.docker.container_run -a "name=web state=absent"
"""

RETURN = r"""
actions:
  description:
    - What was done, or would be done in check mode, in this order.
    - After a failure, what was done before it.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description:
        - One of V(create), V(networks), V(pause), V(pull), V(recover), V(recreate), V(remove), V(restart), V(start), V(stop),
          V(unpause), and V(update).
        - V(recover) finishes or undoes a replacement that an earlier run did not complete.
      returned: always
      type: str
    because:
      description: The options that made the action necessary.
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
    - The inspect document of the container, as returned by the engine. In check mode, its current one.
    - V(none) if the container does not exist.
  returned: success
  type: dict
cut:
  description: The streams of which only the last O(max_bytes) bytes are returned.
  returned: for O(detach=false), when there were more
  type: list
  elements: str
  sample: [stdout]
diff:
  description: The options and the state that changed, with their values before and after. Only with C(--diff).
  returned: when diff mode is on
  type: dict
  sample: {before: {env: {A: "1"}}, after: {env: {A: "2"}}}
failure:
  description: The kind of failure, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    kind:
      description:
        - One of V(conflict), V(engine), V(failed), V(interrupted), V(invalid), V(missing), V(timeout), V(unreachable).
      returned: always
      type: str
    object:
      description: The object that the failure is about.
      returned: always
      type: str
    status:
      description: The HTTP status of the engine's response. V(none) if the failure does not come from the engine.
      returned: always
      type: int
rc:
  description: The exit code of the container.
  returned: for O(detach=false)
  type: int
rolled_back:
  description:
    - Whether the replacement failed and the old container is back.
    - RV(ignore:msg) tells whether it is as it was, or was created again because it had removed itself (O(auto_remove=true)).
  returned: when a replacement failed and O(rollback=true)
  type: bool
stderr:
  description: The standard error of the container.
  returned: for O(detach=false)
  type: str
stderr_base64:
  description: The bytes of RV(stderr), in Base64.
  returned: for O(detach=false), when they are not UTF-8
  type: str
stdout:
  description: The standard output of the container. With O(tty=true), both streams.
  returned: for O(detach=false)
  type: str
stdout_base64:
  description: The bytes of RV(stdout), in Base64.
  returned: for O(detach=false), when they are not UTF-8
  type: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._run.options import container_spec
from ansible_collections.stevedore.docker.plugins.module_utils._run.task import run


def main() -> None:
    run_module(container_spec(), run)


if __name__ == "__main__":
    main()
