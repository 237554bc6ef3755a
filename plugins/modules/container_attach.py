#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_attach
short_description: Talk to the main process of a running container
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Attaches to a container's main process, as C(docker attach) does, sends lines to it, reads what it answers until a pattern
    comes or a time is up, and detaches. The container goes on running.
  - For processes with a console of their own, such as game servers, interpreters, and databases in single-user mode. To start
    another process in a container, use M(stevedore.docker.container_exec).
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
attributes:
  check_mode:
    description: Sends nothing. The task is C(changed) where something would be sent. Without anything to send, it only reads.
  diff_mode:
    support: none
    description: What a process does with a line is not known.
options:
  close_stdin:
    description:
      - Afterwards, end the standard input of the process, which most processes take as the order to end, and read what it says.
      - Only for containers created with C(StdinOnce), as by C(docker run -i). The stdin of others cannot be ended.
    type: bool
    default: false
  dialogue:
    description:
      - Several turns, each of them a line to send and a pattern to wait for before the next.
      - Excludes O(send) and O(until_match).
    type: list
    elements: dict
    suboptions:
      send:
        description: The line, without the newline. Nothing is sent if not set.
        type: str
      until_match:
        description: As O(until_match), for what comes after O(dialogue[].send).
        type: str
      wait_timeout:
        description: As O(wait_timeout), which is the default.
        type: float
  idle:
    description: Without O(until_match), stop reading when nothing has come for so many seconds.
    type: float
    default: 0.5
  logs:
    description: Begin with what the process said earlier, which counts for O(until_match) too.
    type: bool
    default: false
  max_bytes:
    description: How many bytes of each output stream are returned, the last ones.
    type: int
    default: 16777216
  name:
    description: The container's name or id.
    type: str
    required: true
    aliases: [container]
  send:
    description: The lines to send, each without its newline. The container must have an open stdin (C(docker run -i)).
    type: list
    elements: str
    default: []
  strip_ansi:
    description: Return the output without escape sequences (colours, cursor movements) and with plain newlines.
    type: bool
    default: false
  until_match:
    description:
      - Read until this Python regular expression is found in the output, lines not ended (a prompt) included. C(^) and C($)
        match at each line. Escape sequences and carriage returns are not seen by it.
      - The task fails when that does not happen within O(wait_timeout) seconds.
      - A terminal (C(docker run -t)) repeats what is sent, so choose a pattern that does not match the line itself.
    type: str
  wait_timeout:
    description: How many seconds to read at most, for each turn.
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

- name: Ask an interpreter
  stevedore.docker.container_attach:
    name: python
    dialogue:
      - send: import platform
        until_match: '>>> $'
      - send: platform.python_version()
        until_match: "'([0-9.]+)'"
    strip_ansi: true
  register: console

- name: Look at what a console says for ten seconds
  stevedore.docker.container_attach:
    name: console
    idle: 10
    wait_timeout: 10

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
  description: The container's id.
  returned: always
  type: str
  sample: 5f2d2a1b8b0e
match:
  description: What was found by the last O(until_match).
  returned: when it came
  type: dict
  contains:
    groups:
      description: What the groups of the regular expression matched.
      returned: always
      type: list
      elements: str
      sample: ["3.11.7"]
    text:
      description: What the whole expression matched.
      returned: always
      type: str
      sample: "'3.11.7'"
name:
  description: The container's name.
  returned: always
  type: str
  sample: python
rc:
  description: The exit code of the container. The task fails where it is not 0.
  returned: when the process ended
  type: int
  sample: 0
stderr:
  description: The standard error during the whole conversation.
  returned: when the conversation took place
  type: str
  sample: ""
stderr_base64:
  description: The bytes of the standard error, in Base64.
  returned: when they are not UTF-8 and O(strip_ansi=false)
  type: str
stdout:
  description: The standard output during the whole conversation. Of a container with a terminal, all of its output.
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
      description: Both streams in their order, as a screen would show them, the last 64 KiB of the turn.
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

from ansible_collections.stevedore.docker.plugins.module_utils._attach.task import ATTACH, run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module


def main() -> None:
    run_module(ATTACH, run)


if __name__ == "__main__":
    main()
