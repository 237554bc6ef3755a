#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_cp
short_description: Copy files and directories into and out of containers
version_added: 0.1.0
author: The stevedore.docker authors (@stevedore)
description:
  - Copies a file, a link, or a directory with its contents into a container or out of one, as C(docker cp) does. The
    container can be stopped.
  - The other side is the control node, or with O(remote_src=true) the managed node.
  - Copies only what differs. Sizes and modification times are compared first, and contents only if these do not decide. A
    second run changes nothing.
  - If another task is changing the container, the module waits up to O(timeout) seconds for it. It never copies into a
    container that is about to be removed.
  - Streams the data. Memory use does not depend on the size of the files.
  - Never writes outside of O(dest), whatever names and links an archive or a container contains. Never deletes files in
    O(dest) that are not in the source.
extends_documentation_fragment:
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
  - stevedore.docker._connection
options:
  _relay:
    description:
      - Used by the action plugin if the other side is the control node. Do not use it in playbooks.
    type: dict
  archive:
    description:
      - Preserve the numeric owner and group of the source, as C(docker cp --archive) does, and its set-user-ID and
        set-group-ID bits.
      - Otherwise, new files belong to root in a container and to the user of the module on a host. Replaced files keep their
        owner.
    type: bool
    default: false
  decompress:
    description:
      - Unpack O(src) in the directory O(dest). It must be a tar archive, either plain or compressed with gzip, bzip2, xz, or
        zstd.
      - The module refuses an archive as a whole if a name or a link in it points outside of O(dest). This is checked before
        anything is written.
    type: bool
    default: false
  dest:
    description:
      - The destination, either C(container:/path) or a path on the host. Exactly one of O(src) and O(dest) must be in a
        container.
      - If O(dest) is a directory or ends with a slash, a file is copied into it under its own name.
    type: str
    required: true
  directory_mode:
    description:
      - The mode of directories as an octal number in quotes.
      - By default, new directories get the mode of the source, and existing ones keep theirs.
    type: raw
  follow:
    description:
      - If O(src) itself is a link, copy its target. Links inside of directories are always copied as links.
    type: bool
    default: false
  group:
    description:
      - The group of the copied files, as a number or as a name that exists at the destination. For a container, names are
        looked up in its C(/etc/group).
    type: str
  mode:
    description:
      - The mode of files as an octal number in quotes, for example V('0640').
      - If not set, or with V(preserve), files get the mode of the source.
    type: raw
  owner:
    description:
      - The owner of the copied files, as a number or as a name that exists at the destination. For a container, names are
        looked up in its C(/etc/passwd).
    type: str
  remote_src:
    description:
      - Whether the path on the host is on the managed node instead of the control node.
    type: bool
    default: false
  src:
    description:
      - The source, either C(container:/path) or a path on the host. On the control node, relative paths are searched as by
        M(ansible.builtin.copy).
      - With a trailing slash, the contents of the directory are copied into O(dest). Without it, the directory itself is
        copied into O(dest) under its own name. Unlike with C(docker cp), this does not depend on whether O(dest) exists.
        Otherwise a second run would do something else.
    type: str
    required: true
notes:
  - A path that starts with C(.), C(/), or C(~) is a path on the host. In any other path, the text before the first colon is
    the name of a container.
  - The engine cannot access a container's tmpfs mounts, C(/proc), C(/sys), and C(/dev). The module refuses to copy into them.
  - Devices, FIFOs, and sockets are not copied. They are listed in RV(not_copied).
  - Diff mode compares the contents of text files up to 64 KiB. When copying out of a container, it reads the source twice.
  - Between a control node and another host, changed contents pass through temporary files on both.
seealso:
  - module: ansible.builtin.copy
  - name: docker cp
    description: The command of the docker CLI.
    link: https://docs.docker.com/reference/cli/docker/container/cp/
"""

EXAMPLES = r"""
- name: Copy a configuration file into a container
  stevedore.docker.container_cp:
    src: files/app.conf
    dest: web:/etc/app/app.conf
    owner: app
    mode: "0640"
  register: config

- name: Restart the container if the file has changed
  stevedore.docker.container_state:
    name: web
    state: restarted
  when: config is changed

- name: Copy the contents of a directory into a container
  stevedore.docker.container_cp:
    src: site/
    dest: web:/usr/share/nginx/html
    directory_mode: "0755"
    mode: "0644"

- name: Copy logs from a container to the control node
  stevedore.docker.container_cp:
    src: web:/var/log/app/
    dest: /srv/logs/web

- name: Copy a file from a container to the managed node, with its owner
  stevedore.docker.container_cp:
    src: web:/etc/nginx/nginx.conf
    dest: /root/nginx/
    archive: true
    remote_src: true

- name: Unpack an archive that is on the managed node
  stevedore.docker.container_cp:
    src: /srv/releases/site.tar.gz
    dest: web:/usr/share/nginx/html
    decompress: true
    remote_src: true

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_cp -a "src=web:/etc/nginx/nginx.conf dest=/tmp/ remote_src=true"
"""

RETURN = r"""
bytes:
  description: The number of bytes of file contents that were copied, or that would be copied in check mode.
  returned: success
  type: int
changes:
  description: The differences that were written, or that would be written in check mode.
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
      description: V(created), or the attributes that differed, namely V(content), V(mode), V(owner), V(target), or V(type).
      returned: success
      type: list
      elements: str
container:
  description: The name of the container.
  returned: success
  type: str
not_copied:
  description: Devices, FIFOs, and sockets that were left out, as paths at the destination.
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
