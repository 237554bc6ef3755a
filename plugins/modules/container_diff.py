#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_diff
short_description: Show file system changes in containers
version_added: 0.1.0
description:
  - Lists the paths that were added, modified, or deleted in the file systems of one, several, or all containers, as C(docker
    diff) does for one container. The containers can be stopped.
  - Also returns a signature, which is a digest of all differences from the image. Equal signatures mean that nothing has
    changed in between. M(stevedore.docker.container_commit) and M(stevedore.docker.container_export) use it to skip work that
    is already done.
  - Can compare with a backup, an earlier signature, or another image instead, see O(since).
  - Volumes, bind mounts, and tmpfs mounts are not part of a container's file system. Changes in them are not listed.
notes:
  - If Ansible runs as root on the engine's own host and the engine uses overlay2, the changes are read directly from the
    layers on the disk. The engine would mount and walk the whole image instead. The result is the same as that of C(docker
    diff). In addition, it includes small files of the image whose contents have changed although their size and time have
    not. Everywhere else, the module asks the engine.
  - Docker lists every directory above a changed path as changed, too. Such directories are marked as V(implied). The engine
    does not tell whether the mode or the owner of such a directory has changed as well. On the disk this is visible, and the
    directory is then not V(implied).
  - A signature of type, size, mode, link target, and time (O(signature=stat)) cannot detect a file that was changed and then
    got its old size and time back. On the disk, owner and change time are compared as well, so that this is detected. Files
    that were opened for writing and are still the same as in the image do not count as changes there.
  - If only the engine can be asked, it does not report a new owner of a path that had already changed, nor a new target of a
    link that leads in a circle. It takes 1 to 3 ms for each path, unless a directory is new or much of its contents has
    changed. On the disk, 10,000 paths take less than a second.
  - With O(since), a container that differs from the archive or image is read completely, as by C(docker export), and every
    file is compared by its contents. If a file shrinks meanwhile and the engine's answer is torn, the container is read once
    more while it is paused (O(pause)). Changes between two reads of one directory can appear before or after.
  - To read an image, the module creates a container from it. This container has a name of its own
    (C(stevedore-throwaway-...)), is never started, and is removed at the end. This also happens in check mode. Nothing else
    is created, and no existing container is changed.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - Only reads. In check mode no container is paused, see O(pause). If O(since) is an image other than the container's
        own, a container is created from it, never started, and removed at the end, also in check mode. The engine offers no
        other way to read an image.
options:
  ignore:
    description:
      - Leave out paths that match one of these patterns, and everything in directories that match.
      - The patterns work as in C(.gitignore). V(*) stops at a slash and V(**) does not. A pattern without a slash matches a
        name at any depth. Any other pattern starts at the root.
    type: list
    elements: str
    default: []
  implied:
    description:
      - Include directories that are listed only because something in them has changed.
    type: bool
    default: true
  kinds:
    description:
      - Return only these kinds of changes.
    type: list
    elements: str
    choices: [added, deleted, modified]
    default: [added, deleted, modified]
  limit:
    description:
      - Return at most this number of changes for each container. RV(containers[].counts) still counts all of them.
      - V(0) means no limit.
    type: int
    default: 0
  only:
    description:
      - Return only paths that match one of these patterns, see O(ignore).
    type: list
    elements: str
    default: []
  pause:
    description:
      - With O(since), pause a running container when it has to be read a second time. This can take minutes for a large
        container.
      - With V(false), and in check mode, the second read happens without a pause, and the task fails if that is torn as well.
    type: bool
    default: true
    version_added: 0.1.0
  signature:
    description:
      - How to compute the signature. V(stat) uses the metadata of each changed path. V(content) uses the contents of every
        changed file and ignores times. V(none) computes no signature.
    type: str
    choices: [content, none, stat]
    default: stat
  since:
    description:
      - The baseline to compare with, instead of the container's image. The kind of baseline is recognised from the form of
        the value.
      - An B(archive) that M(stevedore.docker.container_export) has written, or its manifest. This is an absolute path on the
        managed node, or a path that starts with V(./), V(../), or V(~). As in
        O(stevedore.docker.container_export#module:path), V({name}) is replaced by the name of the container, and
        V({timestamp}) stands for the newest archive. The archive is only read if the signature in the manifest no longer
        matches. Otherwise it does not have to exist.
      - An earlier B(signature) (V(v2:...)). A signature is only a digest. So the listed changes are those since the
        container's image, and RV(containers[].drifted) tells whether anything has changed since the signature, regardless of
        O(ignore), O(only), and O(kinds).
      - An B(image) that exists on the engine, by name, digest, or id. If it is the container's own image, the result is the
        same as without O(since).
      - With O(signature=content), a file for which only the time differs counts as unchanged.
      - The comparison with an archive or with another image leaves out what the engine puts into every container
        (C(/etc/hosts), C(/etc/hostname), C(/etc/resolv.conf), C(/etc/mtab), C(/.dockerenv), C(/dev), C(/proc), C(/sys)), and
        everything below the container's mounts.
    type: str
    version_added: 0.1.0
  stat:
    description:
      - Return the metadata of each path, that is type, size, mode, time, and link target.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_commit
  - module: stevedore.docker.container_inspect
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: List what was changed in a container by hand
  stevedore.docker.container_diff:
    name: web
    ignore: [/tmp, /run, "*.pyc", "/var/log/**"]
    implied: false
  register: drift

- name: Show the changes as docker diff does
  ansible.builtin.debug:
    var: drift.container.lines

- name: Fail if programs have changed in any container
  stevedore.docker.container_diff:
    only: [/bin, /usr/bin, /usr/local/bin]
    signature: none
  register: programs
  failed_when: programs.drifted

- name: List what has changed since the newest backup of each container
  stevedore.docker.container_diff:
    filters: {label: backup=true}
    since: /var/backups/containers/{name}-{timestamp}.tar.gz
    implied: false

- name: Compare a container with a newer image that is already pulled
  stevedore.docker.container_diff:
    name: web
    since: registry.example.com/web:2
    signature: content

- name: Fail if a container has changed since an earlier signature
  stevedore.docker.container_diff:
    name: web
    since: "{{ drift.container.signature }}"
  register: now
  failed_when: now.drifted

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_diff -a name=web
"""

RETURN = r"""
container:
  description: The container, if exactly one name was given. Has the same form as an item of RV(containers).
  returned: always
  type: dict
containers:
  description: The changes in each container, in the order of O(name), or sorted by name.
  returned: always
  type: list
  elements: dict
  contains:
    changes:
      description: The changed paths, sorted.
      type: list
      elements: dict
      contains:
        implied:
          description: Whether the directory is listed only because something in it has changed.
          type: bool
        kind:
          description: V(added), V(modified) or V(deleted).
          type: str
        path:
          description: The absolute path in the container.
          type: str
        stat:
          description: The current metadata of the path. V(none) if it was deleted or is hidden by a mount.
          returned: when O(stat=true)
          type: dict
          contains:
            mode:
              description: The permissions as octal text.
              type: str
              sample: "0644"
            mtime:
              description: The modification time, in seconds since 1970.
              type: float
            size:
              description: The size in bytes. V(0) for directories.
              type: int
            target:
              description: The target of a symbolic link.
              type: str
            type:
              description: V(file), V(directory), V(symlink), V(fifo), V(socket), V(character device) or V(block device).
              type: str
        symbol:
          description: The letter that C(docker diff) prints, V(A), V(C), or V(D).
          type: str
    counts:
      description: The number of changes of each kind. Implied changes are included in the modified ones.
      type: dict
      sample: {added: 2, deleted: 1, implied: 2, modified: 3, total: 6}
    drifted:
      description: Whether there are changes after applying O(ignore), O(only), and O(kinds).
      type: bool
    id:
      description: The id of the container.
      type: str
    image:
      description: The image name with which the container was created.
      type: str
    image_id:
      description: The id of the image.
      type: str
    lines:
      description: The changes as C(docker diff) prints them.
      type: list
      elements: str
      sample: [C /etc, A /etc/motd]
    name:
      description: The name of the container.
      type: str
    signature:
      description:
        - A digest of all differences from the image, regardless of O(ignore), O(only), O(kinds), and O(limit).
        - V(none) with O(signature=none).
      type: str
      sample: "v2:stat+disk:5790480e8f66c168298952356dd50ee1b001e35657f579afd53df3b3fec4826a"
    since:
      description: The baseline of the comparison.
      type: dict
      returned: when O(since) was given
      contains:
        kind:
          description: V(image), V(manifest) or V(signature).
          type: str
        reference:
          description: The id of the image, the path of the manifest, or the signature.
          type: str
        unchanged:
          description: Whether nothing has changed since, regardless of O(ignore), O(only), and O(kinds).
          type: bool
    truncated:
      description: Whether O(limit) has shortened the list of changes.
      type: bool
drifted:
  description: Whether at least one container has drifted.
  returned: always
  type: bool
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._diff.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

KINDS = ["added", "deleted", "modified"]
SPEC = SELECTION.merge(
    ArgSpec(
        options={
            "ignore": {"type": "list", "elements": "str", "default": []},
            "implied": {"type": "bool", "default": True},
            "kinds": {"type": "list", "elements": "str", "choices": KINDS, "default": KINDS},
            "limit": {"type": "int", "default": 0},
            "only": {"type": "list", "elements": "str", "default": []},
            "pause": {"type": "bool", "default": True},
            "signature": {"type": "str", "choices": ["content", "none", "stat"], "default": "stat"},
            "since": {"type": "str"},
            "stat": {"type": "bool", "default": False},
        }
    )
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
