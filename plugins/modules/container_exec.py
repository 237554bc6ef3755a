#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_exec
short_description: Run a command in running containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Runs a command in one or several running containers, as C(docker exec) does, and returns what it wrote and its exit code.
  - A command that takes too long is really ended in the container, with the processes that it started. C(docker exec) and
    the Engine API leave it running.
  - Output and input are bytes. Output that is not UTF-8 is returned in Base64 as well, so that nothing is lost.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - The command is not run. The task is C(changed) where it would be, which O(creates) and O(removes) decide.
  diff_mode:
    support: none
    description: What a command changes is not known.
options:
  argv:
    description:
      - The command and its arguments, word by word.
      - One of O(argv) and O(command) is required.
    type: list
    elements: str
  chdir:
    description: The folder in the container to run the command in, instead of the container's own.
    type: str
    aliases: [workdir]
  command:
    description:
      - The command as one string. It is split into words as a shell would, but no shell runs it, unless O(shell=true).
      - One of O(argv) and O(command) is required.
    type: str
    aliases: [cmd]
  command_timeout:
    description:
      - After so many seconds the command and the processes it started are ended, first with C(SIGTERM), two seconds later
        with C(SIGKILL), and the task fails.
      - Where the engine runs on the managed node and the task as root, nothing is needed in the container. Else the
        container must have C(sh), C(grep) and C(kill), and the command finds the variable E(STEVEDORE_EXEC) in its
        environment, by which its processes are told from others.
      - Without it, there is no limit. Not the O(timeout) of the connection.
    type: float
  creates:
    description:
      - A path in the container. When it exists, the command is not run.
      - The engine cannot look into tmpfs mounts, C(/proc), C(/sys) and C(/dev); the task says so.
    type: str
  detach:
    description: Start the command and do not wait for it. There is no output and no exit code then.
    type: bool
    default: false
  env:
    description: Environment variables for the command, besides the container's own.
    type: dict
  executable:
    description: The shell for O(shell=true).
    type: str
    default: /bin/sh
  filters:
    description:
      - "Run the command in all containers that match, as C(docker ps --filter) does, for example C({label: app=web})."
      - Only running containers match, unless V(status) is among the filters.
      - One of O(name) and O(filters) is required.
    type: dict
  max_bytes:
    description: How many bytes of each output stream are returned, the last ones. A warning says when there were more.
    type: int
    default: 16777216
  name:
    description:
      - The containers' names or ids, one or several.
      - One of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: In how many containers the command runs at the same time.
    type: int
    default: 8
  privileged:
    description: Give the command all capabilities.
    type: bool
    default: false
  removes:
    description:
      - A path in the container. When it does not exist, the command is not run.
      - The engine cannot look into tmpfs mounts, C(/proc), C(/sys) and C(/dev); the task says so.
    type: str
  shell:
    description: Let the shell O(executable) run O(command), for pipes, redirections and variables.
    type: bool
    default: false
  stdin:
    description:
      - Text for the command's standard input.
      - O(stdin), O(stdin_base64) and O(stdin_path) exclude each other.
    type: str
  stdin_add_newline:
    description: End O(stdin) with a newline.
    type: bool
    default: true
  stdin_base64:
    description: Bytes for the command's standard input, in Base64.
    type: str
  stdin_path:
    description: A file on the managed node for the command's standard input. It is streamed, whatever its size.
    type: path
  tty:
    description:
      - Give the command a terminal. Standard error then comes with the standard output, and lines end with C(\\r\\n).
      - After the input, Ctrl-D is typed until the command ends.
    type: bool
    default: false
  user:
    description: The user to run the command as, C(USER[:GROUP]) by name or number.
    type: str
notes:
  - The task fails when the exit code is not 0. Use C(failed_when) to judge it otherwise.
seealso:
  - module: stevedore.docker.container_attach
    description: Talk to the main process of a container.
  - module: stevedore.docker.container_run
    description: Run a command in a container of its own.
"""

EXAMPLES = r"""
- name: Reload a web server's configuration
  stevedore.docker.container_exec:
    name: web
    command: nginx -s reload

- name: Run a pipeline in every container of an application
  stevedore.docker.container_exec:
    filters:
      label: app=shop
    command: ps -o args | grep -c worker
    shell: true
  register: workers

- name: Load a dump into a database, for ten minutes at most
  stevedore.docker.container_exec:
    name: db
    argv: [psql, --username, postgres, shop]
    stdin_path: /srv/backup/shop.sql
    user: postgres
    command_timeout: 600

- name: Make a key once
  stevedore.docker.container_exec:
    name: web
    argv: [openssl, genrsa, -out, /data/key.pem, "4096"]
    creates: /data/key.pem

# ansible all -m stevedore.docker.container_exec -a "name=web command='cat /etc/os-release'"
"""

RETURN = r"""
containers:
  description: What came of it in each container.
  returned: always
  type: list
  elements: dict
  contains:
    cut:
      description: The streams of which only the last O(max_bytes) bytes are returned.
      returned: when there were more
      type: list
      elements: str
      sample: [stdout]
    exec_id:
      description: The engine's id of this execution.
      returned: when the command was run
      type: str
      sample: 0f3ab2a3c1ce
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
      sample: "The command in container web ended with code 1: no such table"
    name:
      description: The container's name.
      returned: always
      type: str
      sample: web
    ran:
      description: Whether the command was run, in check mode whether it would be.
      returned: always
      type: bool
      sample: true
    rc:
      description: The exit code.
      returned: when the command ended or was not needed
      type: int
      sample: 0
    reason:
      description: Why the command was not needed.
      returned: when O(creates) or O(removes) kept it from running
      type: str
      sample: /data/key.pem exists
    stderr:
      description: The standard error.
      returned: when the command was run or was not needed
      type: str
      sample: ""
    stderr_base64:
      description: The bytes of the standard error.
      returned: when they are not UTF-8
      type: str
    stdout:
      description: The standard output.
      returned: when the command was run or was not needed
      type: str
      sample: hello
    stdout_base64:
      description: The bytes of the standard output.
      returned: when they are not UTF-8
      type: str
    timed_out:
      description: Whether O(command_timeout) ended the command.
      returned: when the command was run
      type: bool
      sample: false
    took:
      description: The seconds from the start of the command to its end.
      returned: when the command was run
      type: float
      sample: 0.112
exec_id:
  description: As in RV(containers).
  returned: with one container, when the command was run
  type: str
  sample: 0f3ab2a3c1ce
ran:
  description: As in RV(containers).
  returned: with one container
  type: bool
  sample: true
rc:
  description: As in RV(containers).
  returned: with one container, when the command ended or was not needed
  type: int
  sample: 0
reason:
  description: As in RV(containers).
  returned: with one container, when O(creates) or O(removes) kept the command from running
  type: str
  sample: /data/key.pem exists
stderr:
  description: As in RV(containers).
  returned: with one container, when the command was run or was not needed
  type: str
  sample: ""
stderr_base64:
  description: As in RV(containers).
  returned: with one container, when the bytes are not UTF-8
  type: str
stdout:
  description: As in RV(containers).
  returned: with one container, when the command was run or was not needed
  type: str
  sample: hello
stdout_base64:
  description: As in RV(containers).
  returned: with one container, when the bytes are not UTF-8
  type: str
timed_out:
  description: As in RV(containers).
  returned: with one container, when the command was run
  type: bool
  sample: false
took:
  description: As in RV(containers).
  returned: with one container, when the command was run
  type: float
  sample: 0.112
"""

from ansible_collections.stevedore.docker.plugins.module_utils._exec.task import COMMAND, run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION


def main() -> None:
    run_module(COMMAND.merge(SELECTION), run)


if __name__ == "__main__":
    main()
