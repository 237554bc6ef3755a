#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: daemon_config
short_description: Configure the Docker daemon without stopping containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Merges keys into C(daemon.json), the configuration file of the Docker engine. All other keys stay in place.
  - The module refuses, before it writes anything, what would prevent the engine from starting or containers from being
    created. This covers invalid JSON, values of the wrong type, log options that the log driver does not know or does not
    accept, and keys that are also given to C(dockerd) as flags, on its command line, in its systemd unit or drop-ins, or in
    C(/etc/default/docker). If the engine supports C(dockerd --validate) (Docker 23.0 and newer), it is asked as well.
  - Log options that are in the file and that the task does not set never lead to a refusal. The module warns about those that
    look wrong.
  - The file is written atomically. Its mode, owner, and SELinux context are preserved, a symbolic link stays a link, and a
    backup of the old file is kept.
  - With O(apply), the running engine takes over the new file. If it does not come back, or does not use the new settings, the
    old file is restored and the engine is started with it.
  - A run that is killed halfway can leave C(live-restore) enabled. A note next to the file remembers the intended value, and
    the next run restores it in the file and in the engine, even if it has nothing else to do.
  - Writing the file needs neither a running engine nor the Docker SDK.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  apply:
    description:
      - V(none) writes the file and does not touch the engine. RV(restart_needed) tells whether the engine has to be
        restarted.
      - V(live) applies the file while the containers keep running as the same processes, and verifies this afterwards. If a
        reload is sufficient, the engine is reloaded. Otherwise C(live-restore) is enabled, the engine is restarted, and
        C(live-restore) is set back to its earlier value. Not possible in swarm mode.
      - With V(live), a container that its restart policy has restarted within the last hour is not expected to keep running,
        since it can end by itself at any time.
      - V(restart) restarts the engine. Unless C(live-restore) is enabled, its containers stop as well. All containers that
        were running are started again, after those whose network, processes, or volumes they share or to which they link. A
        paused container is paused again. Containers that were started with C(--rm) are removed when they stop. The module
        warns about them, also in check mode.
      - If a container does not start again after V(restart), the others are started nevertheless, and the new configuration
        stays. The task fails and names the container, see RV(containers_failed).
      - V(live) and V(restart) need the engine's local Unix socket. They support engines that were started by systemd, by
        Debian's init script, or manually.
      - V(live) and V(restart) need a running engine. Otherwise the task fails before it writes anything.
    type: str
    choices: [none, live, restart]
    default: none
  backup:
    description: Keep a copy of the old file next to it, with the time in UTC in its name.
    type: bool
    default: true
  config:
    description:
      - The keys to set, as in C(daemon.json).
      - Dictionaries are merged recursively. Any other value replaces the existing one. V(null) removes a key.
      - If C(log-driver) changes, C(log-opts) starts empty. Options that belong to another driver are dropped, see
        RV(dropped). The values of C(log-opts) are converted to strings, as the engine requires.
    type: dict
    required: true
  dockerd:
    description:
      - The path of the C(dockerd) to call with C(--validate), for example C(/snap/docker/current/bin/dockerd).
      - If not set, the running one is used, or the one in E(PATH).
    type: path
  keep:
    description: The number of backups to keep. V(0) keeps all of them.
    type: int
    default: 5
  path:
    description:
      - The path of the file. For the snap package it is C(/var/snap/docker/current/config/daemon.json), for a rootless engine
        C(~/.config/docker/daemon.json).
      - It also selects the engine, namely the one that reads this file. For a rootless engine, set O(docker_host) to its
        socket as well.
    type: path
    default: /etc/docker/daemon.json
  restart:
    description:
      - With O(apply=live) and O(apply=restart), restart the engine in that way even if the file needs no change.
      - Useful for what only a restart does, for example opening the logs again after M(stevedore.docker.container_logfile)
        has truncated them.
    type: bool
    default: false
  validate:
    description:
      - Validate log options and flags, and call C(dockerd --validate).
      - Set this to V(false) for an engine that supports more than this module knows.
    type: bool
    default: true
  wait_timeout:
    description: The number of seconds to wait for the engine to respond again.
    type: int
    default: 60
seealso:
  - name: Docker daemon configuration file
    description: All keys.
    link: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

EXAMPLES = r"""
- name: Limit the logs of all new containers without stopping the existing ones
  stevedore.docker.daemon_config:
    config:
      log-driver: json-file
      log-opts:
        max-size: 30m
        max-file: 10
    apply: live

- name: Write the file for the next start of the engine
  stevedore.docker.daemon_config:
    config:
      registry-mirrors: ["https://mirror.example.org"]

- name: Remove a key
  stevedore.docker.daemon_config:
    config:
      insecure-registries: null

- name: Change a key that needs a restart, and start all containers again
  stevedore.docker.daemon_config:
    config:
      default-address-pools:
        - base: 10.201.0.0/16
          size: 24
    apply: restart
    wait_timeout: 120

- name: Configure the snap package
  stevedore.docker.daemon_config:
    path: /var/snap/docker/current/config/daemon.json
    config:
      live-restore: true

- name: Configure a rootless engine
  stevedore.docker.daemon_config:
    docker_host: unix:///run/user/1000/docker.sock
    path: ~/.config/docker/daemon.json
    config:
      log-driver: local

# Ad hoc, as a preview for all hosts:
# ansible all -b -m stevedore.docker.daemon_config -a '{"config": {"live-restore": true}}' --check --diff
"""

RETURN = r"""
applied:
  description: How the running engine took over the file. V(none), V(reload), V(live), or V(restart).
  returned: success
  type: str
  sample: live
backup_file:
  description: The path of the backup.
  returned: success
  type: str
  sample: /etc/docker/daemon.json.20261125T081500.123456Z.bak
config:
  description: The whole configuration after the change. In check mode, as it would be.
  returned: success
  type: dict
  sample: {"live-restore": true, "log-driver": "json-file", "log-opts": {"max-file": "10", "max-size": "30m"}}
conflicts:
  description: The flags that conflict with a key, each with C(key), C(text), C(value), and C(source).
  returned: failure, when flags are in the way
  type: list
  elements: dict
containers_failed:
  description: The containers that were running before and did not start again, each with C(name) and C(msg).
  returned: always, when the engine was restarted
  type: list
  elements: dict
containers_kept:
  description: The names of the containers that kept running during the whole change.
  returned: success
  type: list
  elements: str
  sample: [web, db]
containers_removed:
  description: The names of the containers that were removed when they stopped (C(--rm)).
  returned: success
  type: list
  elements: str
containers_started:
  description: The names of the containers that stopped with the engine and were started again.
  returned: success
  type: list
  elements: str
dropped:
  description: The log options that were dropped because they belong to another driver.
  returned: success
  type: list
  elements: str
  sample: [max-size]
path:
  description: The path of the file.
  returned: success
  type: str
  sample: /etc/docker/daemon.json
remarks:
  description: Settings that the engine accepts and that are probably a mistake.
  returned: success
  type: list
  elements: str
restart_needed:
  description: Whether the running engine does not use the settings of the file yet.
  returned: success
  type: bool
rolled_back:
  description: Whether the old file was restored and the engine uses it again.
  returned: failure, when applying failed
  type: bool
validated:
  description: Whether C(dockerd --validate) was called for the new file.
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
