#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_logs
short_description: Read or save container logs, or wait for a line in them
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Reads the logs of one or several containers at the same time, as C(docker logs) does. The containers can be stopped.
  - Can follow the log until a line matches a pattern, for example the line that says that a service is ready.
  - Can save the logs to files. A file is written completely or not at all.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - Only O(path) changes anything. In check mode, the log is read and compared with the existing file, and nothing is
        written, not even to a temporary file. O(follow) and O(until_match) wait as usual.
  diff_mode:
    support: none
    description: The contents of a saved log are not shown.
options:
  details:
    description: Start each line with the details that the log driver keeps, such as O(ignore:labels) and environment
      variables.
    type: bool
    default: false
  filters:
    description:
      - Read the logs of all containers that match, as with C(docker ps --all --filter), for example V({"label":"app=web"}).
      - Exactly one of O(name) and O(filters) is required.
    type: dict
  follow:
    description:
      - Keep reading as the log grows, until the container ends or O(wait_timeout) seconds have passed.
      - Implied by O(until_match).
    type: bool
    default: false
  max_bytes:
    description:
      - The maximum number of bytes to return for each container. The last bytes are kept, and a warning says that there were
        more.
      - Does not apply to O(path), which saves everything.
    type: int
    default: 16777216
  merge:
    description: Return both streams in their order as RV(output), instead of RV(stdout) and RV(stderr).
    type: bool
    default: false
  mode:
    description: The mode of the files at O(path), as an octal number in quotes.
    type: raw
    default: "0600"
  name:
    description:
      - The names or ids of one or several containers.
      - Exactly one of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: The number of logs to read at the same time.
    type: int
    default: 8
  path:
    description:
      - Save the log to this file on the managed node instead of returning it. It can have any size.
      - If this is an existing directory, the log of each container is saved as C(NAME.log). For several containers, it must
        be a directory.
      - The file appears or changes only when it is complete. A file with the same contents is not touched.
    type: path
  since:
    description:
      - Only return lines that were written since this time. It can be a duration before now such as V(10m) or V(1h30m), a
        time such as V(2026-01-20), V(2026-01-20 10:23:31), or V(2026-01-20T10:23:31.918Z), or a Unix timestamp.
      - V(start) means the last start of the container. If a container runs several times within one second, lines from the
        end of an earlier run can be included.
      - Times without a time zone are in that of the managed node.
    type: str
  streams:
    description: The streams to read.
    type: list
    elements: str
    choices: [stderr, stdout]
    default: [stdout, stderr]
  tail:
    description: Only return this number of lines from the end. V(0) with O(follow=true) returns only new lines.
    type: int
  timestamps:
    description: Start each line with the time at which it was written.
    type: bool
    default: false
  until:
    description: Only return lines that were written until this time. Accepts the same values as O(since).
    type: str
  until_match:
    description:
      - Follow the log until this Python regular expression matches a line, and return everything up to this line. The task
        fails if no line matches within O(wait_timeout) seconds, or if the container ends first.
      - Earlier lines are searched as well, unless O(since) or O(tail) excludes them.
      - The engine logs a line when it ends. Use M(stevedore.docker.container_attach) to wait for a prompt.
    type: str
  wait_timeout:
    description: The maximum number of seconds to follow the log.
    type: float
    default: 60
notes:
  - The engine can read back the logs of the drivers C(json-file), C(local), and C(journald). Since Docker 20.10 it keeps a
    copy of the logs of most others, too. The driver C(none) keeps no log, and the task fails and says so.
  - While a log is followed, Docker 20.10 can repeat some lines when C(json-file) rotates its file. C(docker logs -f) does the
    same.
  - A log of C(json-file) that a power failure left with NUL bytes lacks lines when the engine reads it, without an error. Where
    the module may read the engine's files, as root on the engine's host, it warns of that and says where, and O(path) fails.
    Compressed files of such a log are not looked into.
seealso:
  - module: stevedore.docker.container_attach
    description: Talk to the main process of a container.
"""

EXAMPLES = r"""
- name: Read the last 20 lines
  stevedore.docker.container_logs:
    name: web
    tail: 20
  register: web

- name: Wait until the database says that it is ready
  stevedore.docker.container_logs:
    name: db
    since: start
    until_match: database system is ready to accept connections
    wait_timeout: 120

- name: Read the errors of the last hour
  stevedore.docker.container_logs:
    name: web
    since: 1h
    streams: [stderr]
    timestamps: true
  register: errors

- name: Save the logs of an application before an update
  stevedore.docker.container_logs:
    filters:
      label: app=shop
    path: /var/backups/logs/
    timestamps: true

- name: Read both streams in their order, and no more than 1 MB
  stevedore.docker.container_logs:
    name: web
    merge: true
    max_bytes: 1048576

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_logs -a "name=web tail=20"
"""

RETURN = r"""
containers:
  description: The log of each container.
  returned: always
  type: list
  elements: dict
  contains:
    changed:
      description: Whether the file at O(path) was written, or would be in check mode.
      returned: always
      type: bool
      sample: false
    cut:
      description: Whether the beginning was left out because of O(max_bytes).
      returned: when it could be read
      type: bool
      sample: false
    failure:
      description: The kind of failure, with the same keys as RV(ignore:failure) at the top level of a failed task.
      returned: on failure
      type: dict
    id:
      description: The id of the container.
      returned: always
      type: str
      sample: 5f2d2a1b8b0e
    match:
      description: The line that matched O(until_match).
      returned: when it came
      type: dict
      contains:
        groups:
          description: The text of each group of the regular expression.
          returned: always
          type: list
          elements: str
          sample: ["8080"]
        line:
          description: The whole line.
          returned: always
          type: str
          sample: listening on port 8080
        stream:
          description: V(stdout) or V(stderr).
          returned: always
          type: str
          sample: stdout
    msg:
      description: The error message.
      returned: on failure
      type: str
      sample: "Container db has not logged 'ready' within 60 s."
    name:
      description: The name of the container.
      returned: always
      type: str
      sample: web
    output:
      description: Both streams in their order.
      returned: with O(merge=true), without O(path)
      type: str
      sample: listening on port 8080
    output_base64:
      description: The bytes of both streams, in Base64.
      returned: when they are not UTF-8
      type: str
    path:
      description: The path of the saved log.
      returned: with O(path)
      type: str
      sample: /var/backups/logs/web.log
    size:
      description: The number of bytes that were read.
      returned: when it could be read
      type: int
      sample: 27
    stderr:
      description: The standard error.
      returned: without O(merge=true) and O(path)
      type: str
      sample: ""
    stderr_base64:
      description: The bytes of the standard error, in Base64.
      returned: when they are not UTF-8
      type: str
    stdout:
      description: The standard output. For a container with a terminal, this is all of its output.
      returned: without O(merge=true) and O(path)
      type: str
      sample: listening on port 8080
    stdout_base64:
      description: The bytes of the standard output, in Base64.
      returned: when they are not UTF-8
      type: str
cut:
  description: As in RV(containers).
  returned: with one container
  type: bool
  sample: false
match:
  description: As in RV(containers).
  returned: with one container, when the line of O(until_match) came
  type: dict
output:
  description: As in RV(containers).
  returned: with one container and O(merge=true), without O(path)
  type: str
  sample: listening on port 8080
output_base64:
  description: As in RV(containers).
  returned: with one container, when the bytes are not UTF-8
  type: str
path:
  description: As in RV(containers).
  returned: with one container and O(path)
  type: str
  sample: /var/backups/logs/web.log
size:
  description: As in RV(containers).
  returned: with one container
  type: int
  sample: 27
stderr:
  description: As in RV(containers).
  returned: with one container, without O(merge=true) and O(path)
  type: str
  sample: ""
stderr_base64:
  description: As in RV(containers).
  returned: with one container, when the bytes are not UTF-8
  type: str
stdout:
  description: As in RV(containers).
  returned: with one container, without O(merge=true) and O(path)
  type: str
  sample: listening on port 8080
stdout_base64:
  description: As in RV(containers).
  returned: with one container, when the bytes are not UTF-8
  type: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._logs.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = ArgSpec(
    options={
        "details": {"type": "bool", "default": False},
        "follow": {"type": "bool", "default": False},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "merge": {"type": "bool", "default": False},
        "mode": {"type": "raw", "default": "0600"},
        "parallel": {"type": "int", "default": 8},
        "path": {"type": "path"},
        "since": {"type": "str"},
        "streams": {
            "type": "list",
            "elements": "str",
            "choices": ["stderr", "stdout"],
            "default": ["stdout", "stderr"],
        },
        "tail": {"type": "int"},
        "timestamps": {"type": "bool", "default": False},
        "until": {"type": "str"},
        "until_match": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 60.0},
    },
    mutually_exclusive=(("name", "filters"),),
    required_one_of=(("name", "filters"),),
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
