#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_attach
short_description: Interact with the main process of a running container
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Attaches to the main process of a container, as C(docker attach) does. Sends lines to its standard input, reads its output
    until a pattern matches or the time is up, and detaches. The container keeps running.
  - Meant for processes that have a console of their own, such as game servers, interpreters, and databases in single-user
    mode. To start another process in a container, use M(stevedore.docker.container_exec).
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
attributes:
  check_mode:
    description: Sends nothing. The task is C(changed) if there is something to send. If there is nothing to send, it only
      reads.
  diff_mode:
    support: none
    description: The effect of a line on the process is unknown.
options:
  close_stdin:
    description:
      - At the end, close the standard input of the process and read the rest of its output. Most processes exit when their
        standard input is closed.
      - Only for containers that were created with C(StdinOnce), as C(docker run -i) does. To send something to such a
        container, this is required, since its standard input is closed when the module detaches. The standard input of other
        containers cannot be closed.
    type: bool
    default: false
  dialogue:
    description:
      - Several turns. Each turn sends a line and then waits for a pattern.
      - Mutually exclusive with O(send) and O(until_match).
    type: list
    elements: dict
    suboptions:
      send:
        description: The line to send, without the newline. If not set, nothing is sent.
        type: str
      until_match:
        description: The pattern to wait for after O(dialogue[].send), see O(until_match).
        type: str
      wait_timeout:
        description: The time limit of this turn in seconds. The default is O(wait_timeout).
        type: float
  idle:
    description: Without O(until_match), stop reading when no output has arrived for this number of seconds.
    type: float
    default: 0.5
  logs:
    description: Start with the output that the process has written earlier. O(until_match) searches it too.
    type: bool
    default: false
  max_bytes:
    description: The maximum number of bytes to return for each output stream. The last bytes are kept.
    type: int
    default: 16777216
  name:
    description: The name or id of the container.
    type: str
    required: true
    aliases: [container]
  send:
    description: The lines to send, each without its newline. The container needs an open standard input (C(docker run -i)).
    type: list
    elements: str
    default: []
  strip_ansi:
    description: Remove escape sequences (colours, cursor movements) from the output and use plain newlines.
    type: bool
    default: false
  until_match:
    description:
      - Read until this Python regular expression matches the output. Unfinished lines, such as a prompt, count as well. C(^)
        and C($) match at every line. Escape sequences and carriage returns are removed before matching.
      - The task fails if there is no match within O(wait_timeout) seconds.
      - A terminal (C(docker run -t)) echoes what is sent, so choose a pattern that does not match the line itself.
    type: str
  wait_timeout:
    description: The maximum number of seconds to read in each turn.
    type: float
    default: 30
seealso:
  - module: stevedore.docker.container_exec
    description: Start another process in a container.
  - module: stevedore.docker.container_logs
    description: Wait for a line in a container's log.
"""

EXAMPLES = r"""
- name: Save the world of a game server before its backup
  stevedore.docker.container_attach:
    name: minecraft
    send: [save-off, save-all flush]
    until_match: Saved the game
    wait_timeout: 120

- name: Ask an interpreter for its version
  stevedore.docker.container_attach:
    name: python
    dialogue:
      - send: import platform
        until_match: '>>> $'
      - send: platform.python_version()
        until_match: "'([0-9.]+)'"
    strip_ansi: true
  register: console

- name: Show the version
  ansible.builtin.debug:
    msg: "{{ console.match.groups[0] }}"

- name: Read what a console prints within ten seconds
  stevedore.docker.container_attach:
    name: console
    idle: 10
    wait_timeout: 10

- name: Send input to a container that was created with docker run -i, and end its standard input
  stevedore.docker.container_attach:
    name: importer
    send: ["{{ lookup('ansible.builtin.file', 'orders.csv') }}"]
    close_stdin: true
    wait_timeout: 600

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_attach -a "name=minecraft send=list until_match='players online'"
"""

RETURN = r"""
cut:
  description: The streams of which only the last O(max_bytes) bytes are returned.
  returned: when the conversation took place
  type: list
  elements: str
  sample: []
ended:
  description: Whether the process ended during the conversation.
  returned: always
  type: bool
  sample: false
id:
  description: The id of the container.
  returned: always
  type: str
  sample: 5f2d2a1b8b0e
match:
  description: The last match of O(until_match).
  returned: when it came
  type: dict
  contains:
    groups:
      description: The text of each group of the regular expression.
      returned: always
      type: list
      elements: str
      sample: ["3.11.7"]
    text:
      description: The text that the whole expression matched.
      returned: always
      type: str
      sample: "'3.11.7'"
name:
  description: The name of the container.
  returned: always
  type: str
  sample: python
rc:
  description: The exit code of the container. The task fails if it is not 0.
  returned: when the process ended
  type: int
  sample: 0
stderr:
  description: The standard error of the whole conversation.
  returned: when the conversation took place
  type: str
  sample: ""
stderr_base64:
  description: The bytes of the standard error, in Base64.
  returned: when they are not UTF-8 and O(strip_ansi=false)
  type: str
stdout:
  description: The standard output of the whole conversation. For a container with a terminal, this is all of its output.
  returned: when the conversation took place
  type: str
  sample: "'3.11.7'\n>>> "
stdout_base64:
  description: The bytes of the standard output, in Base64.
  returned: when they are not UTF-8 and O(strip_ansi=false)
  type: str
turns:
  description: The turns of the conversation.
  returned: always
  type: list
  elements: dict
  contains:
    match:
      description: As RV(match), for this turn.
      returned: when it came
      type: dict
    output:
      description: Both streams in the order in which they arrived, as on a screen. Only the last 64 KiB of the turn.
      returned: always
      type: str
      sample: "'3.11.7'\n>>> "
    send:
      description: The lines that were sent.
      returned: always
      type: list
      elements: str
      sample: ["platform.python_version()"]
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._attach.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        "close_stdin": {"type": "bool", "default": False},
        "dialogue": {
            "type": "list",
            "elements": "dict",
            "options": {
                "send": {"type": "str"},
                "until_match": {"type": "str"},
                "wait_timeout": {"type": "float"},
            },
        },
        "idle": {"type": "float", "default": 0.5},
        "logs": {"type": "bool", "default": False},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "name": {"type": "str", "required": True, "aliases": ["container"]},
        "send": {"type": "list", "elements": "str", "default": []},
        "strip_ansi": {"type": "bool", "default": False},
        "until_match": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 30.0},
    },
    mutually_exclusive=(("dialogue", "until_match"),),
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
