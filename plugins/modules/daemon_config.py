#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: daemon_config
short_description: Change daemon.json without breaking or stopping anything
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Merges keys into the Docker engine's C(daemon.json). Every other key survives, in its place.
  - What would stop the engine, or every container created later, is refused before anything is written. That is broken
    JSON, values of the wrong type, log options that the log driver does not know or does not accept, and keys that are
    given to C(dockerd) as flags too, be it on its command line, in its systemd unit or drop-ins, or in
    C(/etc/default/docker). Log options that are in the file and that the task does not set are never a reason to refuse it;
    those that look wrong are warned about. Where the engine knows C(dockerd --validate) (23.0 and newer), it is asked too.
  - The file is written whole or not at all. Its mode, owner and SELinux context stay, a symbolic link stays one, and a
    copy of the old file is kept.
  - With O(apply) the running engine takes the new file over. If it does not come back or does not do what the file says,
    the old file and the old engine come back.
  - A run that was killed halfway may leave C(live-restore) switched on. A note beside the file remembers what it should be,
    and the next run puts it right, in the file and in the engine, also if it has nothing else to do.
  - To write the file, no engine needs to run, and no Docker SDK is needed.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  apply:
    description:
      - V(none) writes the file and leaves the engine alone. RV(restart_needed) says whether it has to be restarted.
      - V(live) brings it to the running engine while its containers keep running as the same processes, which is proven
        afterwards. Where a reload is enough, the engine is reloaded; else C(live-restore) is switched on, the engine
        restarted, and C(live-restore) put back to what it was. Not possible in swarm mode.
      - A container that its restart policy has restarted within the last hour is not expected to run through, since it
        may end at any time by itself.
      - V(restart) restarts the engine. Its containers stop with it, unless C(live-restore) is on, and all that ran are
        started again, each after those whose network, processes or volumes it shares or that it links to. A paused one is
        paused again. What was started with C(--rm) is removed by its end, which is warned about, in check mode too.
      - If a container does not start again, the others are started nevertheless, the new configuration stays, and the task
        fails and names it, see RV(containers_failed).
      - V(live) and V(restart) work through the engine's local Unix socket, with an engine started by systemd, by
        Debian's init script, or by hand.
      - An engine that is to be treated has to run; one that is stopped is refused before anything is written.
    type: str
    choices: [none, live, restart]
    default: none
  backup:
    description: Keep a copy of the old file beside it, with the time (UTC) in its name.
    type: bool
    default: true
  config:
    description:
      - The keys as they should be, as in C(daemon.json).
      - Dictionaries are merged deeply, anything else replaces what is there. V(null) removes a key.
      - C(log-opts) starts anew when C(log-driver) changes, and options in it that belong to another driver go, see
        RV(dropped). Its values are turned into strings, as the engine wants them.
    type: dict
    required: true
  dockerd:
    description:
      - The C(dockerd) to ask with C(--validate), for example C(/snap/docker/current/bin/dockerd).
      - If not set, the one that runs, else the one in the path.
    type: path
  keep:
    description: How many copies to keep; V(0) keeps all of them.
    type: int
    default: 5
  path:
    description:
      - The file. For the snap it is C(/var/snap/docker/current/config/daemon.json), for a rootless engine
        C(~/.config/docker/daemon.json).
      - It also chooses the engine, which is the one that reads this file. For a rootless one, set O(docker_host) to its
        socket too.
    type: path
    default: /etc/docker/daemon.json
  restart:
    description:
      - With O(apply=live) and O(apply=restart), restart the engine that way even if the file is as it should be.
      - Meant for what only a restart does, such as opening the logs again that M(stevedore.docker.container_logfile) has
        emptied.
    type: bool
    default: false
  validate:
    description:
      - Check log options, flags, and ask C(dockerd --validate).
      - Switch it off for an engine that knows more than this module does.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds the engine may take to answer again.
    type: int
    default: 60
seealso:
  - name: Docker daemon configuration file
    description: All keys.
    link: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

EXAMPLES = r"""
- name: Bound the logs of all containers to come, without stopping one
  stevedore.docker.daemon_config:
    config:
      log-driver: json-file
      log-opts:
        max-size: 30m
        max-file: 10
    apply: live

- name: Only write the file, for the engine's next start
  stevedore.docker.daemon_config:
    config:
      registry-mirrors: ["https://mirror.example.org"]
      # Removes the key.
      insecure-registries: null

- name: Configure the snap
  stevedore.docker.daemon_config:
    path: /var/snap/docker/current/config/daemon.json
    config:
      live-restore: true
"""

RETURN = r"""
applied:
  description: How the running engine got the file. V(none), V(reload), V(live) or V(restart).
  returned: success
  type: str
  sample: live
backup_file:
  description: The copy of the old file.
  returned: success
  type: str
  sample: /etc/docker/daemon.json.20261125T081500.123456Z.bak
config:
  description: The whole configuration as it is now, or would be.
  returned: success
  type: dict
  sample: {"live-restore": true, "log-driver": "json-file", "log-opts": {"max-file": "10", "max-size": "30m"}}
conflicts:
  description: The flags that rule a key out, with C(key), C(text), C(value) and C(source).
  returned: failure, when flags are in the way
  type: list
  elements: dict
containers_failed:
  description: The containers that ran before and do not start again, with C(name) and C(msg).
  returned: always, when the engine was restarted
  type: list
  elements: dict
containers_kept:
  description: The names of the containers that ran through the whole change.
  returned: success
  type: list
  elements: str
  sample: [web, db]
containers_removed:
  description: The names of the containers that went with their end (C(--rm)).
  returned: success
  type: list
  elements: str
containers_started:
  description: The names of the containers that stopped with the engine and were started again.
  returned: success
  type: list
  elements: str
dropped:
  description: Log options that had to go because they belong to another driver.
  returned: success
  type: list
  elements: str
  sample: [max-size]
path:
  description: The file.
  returned: success
  type: str
  sample: /etc/docker/daemon.json
remarks:
  description: What the engine accepts and is most probably not meant.
  returned: success
  type: list
  elements: str
restart_needed:
  description: Whether the running engine does not have the file's settings yet.
  returned: success
  type: bool
rolled_back:
  description: Whether the old file and the old engine are back.
  returned: failure, when applying failed
  type: bool
validated:
  description: Whether C(dockerd --validate) was asked about the new file.
  returned: success
  type: bool
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        "apply": {"type": "str", "choices": ["none", "live", "restart"], "default": "none"},
        "backup": {"type": "bool", "default": True},
        "config": {"type": "dict", "required": True},
        "dockerd": {"type": "path"},
        "keep": {"type": "int", "default": 5},
        "path": {"type": "path", "default": "/etc/docker/daemon.json"},
        "restart": {"type": "bool", "default": False},
        "validate": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
    },
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
