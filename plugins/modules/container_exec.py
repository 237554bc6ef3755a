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
  - Runs a command in one or several running containers, as C(docker exec) does, and returns its output and exit code.
  - O(command_timeout) ends a command that takes too long, together with the processes that it has started. C(docker exec) and
    the Engine API leave them running.
  - Input and output are bytes. Output that is not UTF-8 is also returned in Base64, so that nothing is lost.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - Does not run the command. The task is C(changed) if the command would run, which depends on O(creates) and O(removes).
  diff_mode:
    support: none
    description: The effect of a command is unknown.
options:
  argv:
    description:
      - The command as a list of words.
      - Exactly one of O(argv) and O(command) is required.
    type: list
    elements: str
  chdir:
    description: The working directory in the container, instead of the container's own.
    type: str
    aliases: [workdir]
  command:
    description:
      - The command as a string. It is split into words as by a shell, but no shell runs it unless O(shell=true).
      - Exactly one of O(argv) and O(command) is required.
    type: str
    aliases: [cmd]
  command_timeout:
    description:
      - The time limit for the command in seconds. When it is exceeded, the command and the processes that it has started
        receive C(SIGTERM), and two seconds later C(SIGKILL). The task then fails.
      - If the engine runs on the managed node and the task runs as root, the container needs nothing for this. Otherwise it
        needs C(sh), C(grep), and C(kill), and the command has the variable E(STEVEDORE_EXEC) in its environment, which
        identifies its processes.
      - If not set, there is no limit. The connection option O(timeout) does not apply to the command.
    type: float
  creates:
    description:
      - A path in the container. If it exists, the command does not run.
      - The engine cannot access tmpfs mounts, C(/proc), C(/sys), and C(/dev). The task fails for such a path.
    type: str
  detach:
    description: Start the command without waiting for it. The result then has neither output nor an exit code.
    type: bool
    default: false
  env:
    description: Additional environment variables for the command.
    type: dict
  executable:
    description: The shell for O(shell=true).
    type: str
    default: /bin/sh
  filters:
    description:
      - "Run the command in all containers that match, as with C(docker ps --filter), for example C({label: app=web})."
      - Only running containers match, unless V(status) is one of the filters.
      - Exactly one of O(name) and O(filters) is required.
    type: dict
  max_bytes:
    description: The maximum number of bytes to return for each output stream. The last bytes are kept, and a warning says
      that there were more.
    type: int
    default: 16777216
  name:
    description:
      - The names or ids of one or several containers.
      - Exactly one of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  parallel:
    description: The number of containers in which the command runs at the same time.
    type: int
    default: 8
  privileged:
    description: Give the command all capabilities.
    type: bool
    default: false
  removes:
    description:
      - A path in the container. If it does not exist, the command does not run.
      - The engine cannot access tmpfs mounts, C(/proc), C(/sys), and C(/dev). The task fails for such a path.
    type: str
  shell:
    description: Run O(command) through the shell O(executable), for pipes, redirections, and variables.
    type: bool
    default: false
  stdin:
    description:
      - Text for the standard input of the command.
      - Mutually exclusive with O(stdin_base64) and O(stdin_path).
    type: str
  stdin_add_newline:
    description: Append a newline to O(stdin).
    type: bool
    default: true
  stdin_base64:
    description: Bytes for the standard input of the command, in Base64.
    type: str
  stdin_path:
    description: A file on the managed node for the standard input of the command. It is streamed and can have any size.
    type: path
  tty:
    description:
      - Allocate a terminal for the command. The standard error is then part of the standard output, and lines end with
        C(\\r\\n).
      - After the input, Ctrl-D is sent until the command ends.
    type: bool
    default: false
  user:
    description: The user that runs the command, as C(USER[:GROUP]) with names or numbers.
    type: str
notes:
  - The task fails if the exit code is not 0. Use C(failed_when) to change that.
seealso:
  - module: stevedore.docker.container_attach
    description: Talk to the main process of a container.
  - module: stevedore.docker.container_run
    description: Run a command in a container of its own.
"""

EXAMPLES = r"""
- name: Reload the configuration of a web server
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

- name: Load a dump into a database within ten minutes
  stevedore.docker.container_exec:
    name: db
    argv: [psql, --username, postgres, shop]
    stdin_path: /srv/backup/shop.sql
    user: postgres
    command_timeout: 600

- name: Create a key once
  stevedore.docker.container_exec:
    name: web
    argv: [openssl, genrsa, -out, /data/key.pem, "4096"]
    creates: /data/key.pem

- name: Run a migration with environment variables in another directory
  stevedore.docker.container_exec:
    name: app
    command: ./manage.py migrate
    chdir: /srv/app
    env:
      DJANGO_SETTINGS_MODULE: shop.settings
  register: migration
  changed_when: "'No migrations to apply' not in migration.stdout | default('')"

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_exec -a "name=web command='cat /etc/os-release'"
"""

RETURN = r"""
containers:
  description: The outcome in each container.
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
      description: The engine's id of the exec instance.
      returned: when the command was run
      type: str
      sample: 0f3ab2a3c1ce
    failure:
      description: The kind of failure, with the same keys as RV(ignore:failure) at the top level of a failed task.
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
      description: The name of the container.
      returned: always
      type: str
      sample: web
    ran:
      description: Whether the command ran, or would run in check mode.
      returned: always
      type: bool
      sample: true
    rc:
      description: The exit code.
      returned: when the command ended or was not needed
      type: int
      sample: 0
    reason:
      description: Why the command did not have to run.
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
      description: The duration of the command in seconds.
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

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._exec.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = ArgSpec(
    options={
        "argv": {"type": "list", "elements": "str"},
        "chdir": {"type": "str", "aliases": ["workdir"]},
        "command": {"type": "str", "aliases": ["cmd"]},
        "command_timeout": {"type": "float"},
        "creates": {"type": "str"},
        "detach": {"type": "bool", "default": False},
        "env": {"type": "dict"},
        "executable": {"type": "str", "default": "/bin/sh"},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "parallel": {"type": "int", "default": 8},
        "privileged": {"type": "bool", "default": False},
        "removes": {"type": "str"},
        "shell": {"type": "bool", "default": False},
        "stdin": {"type": "str"},
        "stdin_add_newline": {"type": "bool", "default": True},
        "stdin_base64": {"type": "str"},
        "stdin_path": {"type": "path"},
        "tty": {"type": "bool", "default": False},
        "user": {"type": "str"},
    },
    mutually_exclusive=(("argv", "command"), ("stdin", "stdin_base64", "stdin_path"), ("name", "filters")),
    required_one_of=(("argv", "command"), ("name", "filters")),
).merge(SELECTION)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
