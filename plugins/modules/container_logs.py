#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_logs
short_description: Read the logs of containers, wait for a line in them, or save them
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Reads what containers wrote, as C(docker logs) does, of one or several containers at the same time, running or not.
  - Can follow the log until a line comes, for example the one that says that a service is ready.
  - Can save the logs to files, as a whole or not at all.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - Only O(path) changes something. In check mode the log is read and compared with the file that is there, and nothing is
        written, in no temporary folder either. With O(follow) and O(until_match) it is waited for as otherwise.
  diff_mode:
    support: none
    description: A log that was saved is not shown once more.
options:
  details:
    description: Begin each line with the details that the log driver keeps, such as O(ignore:labels) and variables.
    type: bool
    default: false
  filters:
    description:
      - Read the logs of all containers that match, as C(docker ps --all --filter) does, for example V({"label":"app=web"}).
      - One of O(name) and O(filters) is required.
    type: dict
  follow:
    description:
      - Go on reading as the log grows, until the container ends or O(wait_timeout) seconds have passed.
      - Implied by O(until_match).
    type: bool
    default: false
  max_bytes:
    description:
      - How many bytes of each container's log are returned, the last ones. A warning says when there were more.
      - Not for O(path), which takes all.
    type: int
    default: 16777216
  merge:
    description: Return both streams as one RV(output), in their order, instead of RV(stdout) and RV(stderr).
    type: bool
    default: false
  mode:
    description: The permissions of the files at O(path), as an octal number in quotes.
    type: raw
    default: "0600"
  name:
    description:
      - The containers' names or ids, one or several.
      - One of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: How many logs are read at the same time.
    type: int
    default: 8
  path:
    description:
      - Save the log to this file on the managed node instead of returning it, whatever its size.
      - In an existing folder, each container's log becomes C(NAME.log). Several containers need a folder.
      - The file appears or changes as a whole at the end. An equal one is left alone.
    type: path
  since:
    description:
      - Only what was written from then on. A distance back from now such as V(10m) or V(1h30m), a time such as V(2026-01-20),
        V(2026-01-20 10:23:31) or V(2026-01-20T10:23:31.918Z), or a Unix time.
      - V(start) is the moment at which the container was started last. Where runs follow each other within a second, the end
        of an earlier one may be taken for part of the last.
      - Times without a zone are those of the managed node.
    type: str
  streams:
    description: Which of the streams to read.
    type: list
    elements: str
    choices: [stderr, stdout]
    default: [stdout, stderr]
  tail:
    description: Only so many of the last lines. V(0) with O(follow=true) is only what is new.
    type: int
  timestamps:
    description: Begin each line with the time at which it was written.
    type: bool
    default: false
  until:
    description: Only what was written up to then. As O(since).
    type: str
  until_match:
    description:
      - Follow the log until it has a line in which this Python regular expression is found, and return what was read up to
        there. The task fails when that does not happen within O(wait_timeout) seconds, or the container ends without it.
      - What was written earlier counts too, unless O(since) or O(tail) leaves it out.
    type: str
  wait_timeout:
    description: How many seconds to follow at most.
    type: float
    default: 60
notes:
  - The engine can read back the logs of the drivers C(json-file), C(local) and C(journald), and from Docker 20.10 on those of
    most others, of which it keeps a copy. With C(none) there is no log, and the task says so.
  - While a log is followed, Docker 20.10 may repeat some lines when C(json-file) rotates its file, as C(docker logs -f) shows.
seealso:
  - module: stevedore.docker.container_attach
    description: Talk to the main process of a container.
"""

EXAMPLES = r"""
- name: Wait until the database says that it is ready, since it was started last
  stevedore.docker.container_logs:
    name: db
    since: start
    until_match: database system is ready to accept connections
    wait_timeout: 120

- name: The last hour's errors of a web server
  stevedore.docker.container_logs:
    name: web
    since: 1h
    streams: [stderr]
    timestamps: true
  register: errors

- name: Save all logs of an application before it is updated
  stevedore.docker.container_logs:
    filters:
      label: app=shop
    path: /var/backups/logs/
    timestamps: true

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
      description: Whether the beginning was left out, because there is more than O(max_bytes).
      returned: when it could be read
      type: bool
      sample: false
    failure:
      description: What kind of failure it was (RV(ignore:failure.kind)), as at the top level of a failed task.
      returned: on failure
      type: dict
    id:
      description: The container's id.
      returned: always
      type: str
      sample: 5f2d2a1b8b0e
    match:
      description: The line that O(until_match) waited for.
      returned: when it came
      type: dict
      contains:
        groups:
          description: What the groups of the regular expression matched.
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
      description: What went wrong.
      returned: on failure
      type: str
      sample: "Container db has not logged 'ready' within 60 s."
    name:
      description: The container's name.
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
      description: The file with the log.
      returned: with O(path)
      type: str
      sample: /var/backups/logs/web.log
    size:
      description: The bytes that were read.
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
      description: The standard output. Of a container with a terminal, all of its output.
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

from ansible_collections.stevedore.docker.plugins.module_utils._logs.task import LOGS, run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION


def main() -> None:
    run_module(LOGS.merge(SELECTION), run)


if __name__ == "__main__":
    main()
