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
    the old one has stopped. Only when it has run for O(stable_for), or is healthy for O(state=healthy), is the old one
    removed. On any failure until then the old one gets its name and its running state back. A run that was killed half-way is finished or
    undone by the next one.
  - From before it is stopped until it is back in its place, the old container has no restart policy, so that the engine
    never starts both after a reboot.
  - An old container with O(auto_remove=true) is gone when it is stopped. It alone is built anew when the replacement fails,
    and what it had written outside of its volumes is lost.
  - Who changes a container holds its lock, a volume of the engine called C(NAME.stevedore-lock). Another run of this
    collection, from whatever host, waits for it up to O(wait_timeout) seconds, and otherwise fails and says who holds the lock
    since when. The lock of a run that was killed is taken over, at once on the same host, and from another host when the time
    that the work may take is over. A task that changes nothing needs no lock.
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
cut:
  description: The streams of which only the last O(max_bytes) bytes are returned.
  returned: for O(detach=false), when there were more
  type: list
  elements: str
  sample: [stdout]
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
  description:
    - The replacement failed, and the old container is back.
    - C(msg) says whether it is as it was, or was built anew since it had removed itself (O(auto_remove=true)).
  returned: when a replacement failed and O(rollback=true)
  type: bool
stderr:
  description: What it wrote to its standard error.
  returned: for O(detach=false)
  type: str
stderr_base64:
  description: The bytes of RV(stderr).
  returned: for O(detach=false), when they are not UTF-8
  type: str
stdout:
  description: What it wrote to its standard output; with O(tty=true) both streams.
  returned: for O(detach=false)
  type: str
stdout_base64:
  description: The bytes of RV(stdout).
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
