#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_cp
short_description: Copy files and folders into and out of containers
version_added: 0.1.0
author: the stevedore.docker authors (@stevedore)
description:
  - Copies a file, a link or a folder with all that is in it into a container or out of one, as C(docker cp) does.
    The container may be stopped.
  - The other side is the control node, or the managed node with O(remote_src=true).
  - Copies only what differs. Size and modification time are compared first, and content is read where they leave it open, so
    that a second run changes nothing.
  - A container that another task is replacing is waited for up to O(timeout) seconds, so that nothing is copied into one
    that is about to go.
  - Streams with constant memory, whatever the size of the files.
  - Never writes outside of O(dest), whatever names and links an archive or a container holds. Nothing that O(dest) has beyond
    the source is deleted.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._connection
options:
  _relay:
    description:
      - What the action plugin asks for when the other side is the control node. Not for playbooks.
    type: dict
  archive:
    description:
      - Keep the source's numeric owner and group, as C(docker cp --archive) does, and its set-uid and set-gid bits.
      - Otherwise new files belong to root in a container and to the module's user on a host, and files that are replaced keep
        their owner.
    type: bool
    default: false
  decompress:
    description:
      - O(src) is a tar archive, plain or compressed with gzip, bzip2 or xz. Unpack it in the folder O(dest).
      - An archive with a name or a link that leads out of O(dest) is refused as a whole, before anything is written.
    type: bool
    default: false
  dest:
    description:
      - Where to copy to, C(container:/path) or a path on the host. One of O(src) and O(dest) must be in a container.
      - A file goes to O(dest) under its own name when O(dest) is a folder or ends with a slash.
    type: str
    required: true
  directory_mode:
    description:
      - The octal mode of folders, in quotes.
      - By default, new folders get the mode of the source and those that are there keep theirs.
    type: raw
  follow:
    description:
      - When O(src) itself is a link, copy what it leads to. Links inside of folders are always copied as links.
    type: bool
    default: false
  group:
    description:
      - The group of what is copied, a number or a name that the destination knows (for a container, in its C(/etc/group)).
    type: str
  mode:
    description:
      - The octal mode of files, in quotes, such as V('0640').
      - By default, or with V(preserve), that of the source.
    type: raw
  owner:
    description:
      - The owner of what is copied, a number or a name that the destination knows (for a container, in its C(/etc/passwd)).
    type: str
  remote_src:
    description:
      - The path that is not in a container is on the managed node and not on the control node.
    type: bool
    default: false
  src:
    description:
      - What to copy, C(container:/path) or a path on the host. On the control node, relative paths are looked for as
        M(ansible.builtin.copy) does.
      - With a slash at its end, the folder's contents are copied into O(dest). Without it, the folder itself is, so that it
        comes to stand in O(dest) under its own name. Other than with C(docker cp), this does not depend on whether O(dest)
        is there, since a second run would do something else then.
    type: str
    required: true
notes:
  - A path that begins with C(.), C(/) or C(~) is on the host. In any other, a colon ends the name of a container.
  - The engine cannot reach a container's tmpfs mounts, C(/proc), C(/sys) and C(/dev). Copying there is refused.
  - Devices, FIFOs and sockets are not copied; RV(not_copied) lists them.
  - Diff mode compares the content of text files up to 64 KiB. Copying out of a container, it reads the source twice.
  - Between a control node and another host, the changed content passes through temporary files on both.
seealso:
  - module: ansible.builtin.copy
  - name: docker cp
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/cp/
"""

EXAMPLES = r"""
# ansible all -m stevedore.docker.container_cp -a 'src=web:/etc/nginx/nginx.conf dest=/tmp/ remote_src=true'
- name: Put a configuration file into a container
  stevedore.docker.container_cp:
    src: files/app.conf
    dest: web:/etc/app/app.conf
    owner: app
    mode: "0640"
  register: config

- name: Restart the container when it changed
  stevedore.docker.container_state:
    name: web
    state: restarted
  when: config is changed

- name: Save the logs of a container, stopped or not, on the control node
  stevedore.docker.container_cp:
    src: web:/var/log/app/
    dest: /srv/logs/web

- name: Unpack an archive that is on the managed node
  stevedore.docker.container_cp:
    src: /srv/releases/site.tar.gz
    dest: web:/usr/share/nginx/html
    decompress: true
    remote_src: true
"""

RETURN = r"""
bytes:
  description: How many bytes of file content were, or in check mode would be, copied.
  returned: success
  type: int
changes:
  description: What differed and was, or in check mode would be, written.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The path at the destination.
      returned: success
      type: str
      sample: web:/etc/app/app.conf
    type:
      description: V(file), V(directory), V(link) or V(hardlink).
      returned: success
      type: str
    what:
      description: V(created), or what of it differed - V(content), V(mode), V(owner), V(target), V(type).
      returned: success
      type: list
      elements: str
container:
  description: The container's name.
  returned: success
  type: str
not_copied:
  description: Devices, FIFOs and sockets that were left out, by their path at the destination.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._cp.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        # What the action plugin asks for when the other side is the control node.
        "_relay": {"type": "dict"},
        "archive": {"type": "bool", "default": False},
        "decompress": {"type": "bool", "default": False},
        "dest": {"type": "str", "required": True},
        "directory_mode": {"type": "raw"},
        "follow": {"type": "bool", "default": False},
        "group": {"type": "str"},
        "mode": {"type": "raw"},
        "owner": {"type": "str"},
        "remote_src": {"type": "bool", "default": False},
        "src": {"type": "str", "required": True},
    },
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
