#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_diff
short_description: Show what has changed in containers since their image or since an earlier state
version_added: 0.1.0
description:
  - Lists the paths that were added, changed or deleted in the file systems of one, several, filtered or all containers, running or
    stopped, as C(docker diff) does for one.
  - Beside it stands a signature, a digest of all that differs from the image. Two equal signatures mean that nothing was changed
    in between. M(stevedore.docker.container_commit) and M(stevedore.docker.container_export) use it to do nothing twice.
  - Volumes, bind mounts and tmpfs are not part of a container's file system, and what changes in them is not listed.
notes:
  - On a host that holds the container's layer on its own disk (overlay2, and Ansible runs as root there) the list is read from that
    layer and from the image's, without the engine, which would mount and walk the whole image. It is the list of C(docker diff), and
    also has a small file of the image whose bytes were changed while its size and its time are the old ones. Elsewhere the engine
    is asked.
  - Docker lists every folder above a changed path as changed, too. Such folders are marked as V(implied). Where the engine is asked,
    it does not tell whether the mode or the owner of such a folder was changed as well; the disk shows it, and then it is not V(implied).
  - A signature over type, size, mode, link target and time (O(signature=stat)) does not notice a file that was changed and then got
    its old size and its old time back. On the disk the owner and the time of the last change of status are looked at as well, so
    that this is noticed, too; and what is there just as the image has it, since it was opened to be written and was not written,
    does not count.
  - Where the engine alone can be asked, the change of the owner of a path that was changed before is not noticed, nor is another
    target of a link that leads in a circle; and 1 to 3 ms are spent on each path, unless a folder is new, or much of what is in it
    has changed. On the disk 10,000 paths take less than a second.
  - With O(since), a container that differs from the archive or from the image is read as a whole, as C(docker export) does, and
    every file is compared by its content. When the engine's answer is torn, because a file shrank meanwhile, the container is
    read once more, while it is paused (O(pause)). What changes in between two reads of one folder may be seen before or after.
  - An image is read through a container of it that is created under a name of its own (C(stevedore-throwaway-...)), never
    started, and removed at the end. This is done in check mode, too. Nothing else is created, and no container is changed.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes.read_only
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._selection
attributes:
  check_mode:
    description:
      - Only looks. In check mode no container is paused (see O(pause)). With an image for O(since) that is not the container's own,
        a container of it is created, never started, and removed, in check mode, too, since the engine can read an image in no other
        way.
options:
  ignore:
    description:
      - Leave out the paths that match one of these patterns, and whatever is in a folder that matches.
      - "The patterns are those of C(.gitignore): V(*) stops at a slash, V(**) does not, a pattern without a slash is a name at any
        depth, any other starts at the root."
    type: list
    elements: str
    default: []
  implied:
    description:
      - Include the folders that are listed only because something in them has changed.
    type: bool
    default: true
  kinds:
    description:
      - Only these kinds of changes.
    type: list
    elements: str
    choices: [added, deleted, modified]
    default: [added, deleted, modified]
  limit:
    description:
      - Return at most this many changes of each container. RV(containers[].counts) still counts all.
      - V(0) means all.
    type: int
    default: 0
  only:
    description:
      - Only the paths that match one of these patterns, which look like those of O(ignore).
    type: list
    elements: str
    default: []
  pause:
    description:
      - With O(since), pause a running container while it is read for the second time, which may take minutes for a large one.
        With V(false), and in check mode, it is read a second time without a pause, and the task fails when that is torn, too.
    type: bool
    default: true
    version_added: 0.1.0
  signature:
    description:
      - What the signature is made of. V(stat) looks at what each changed path is, V(content) at the bytes of every changed file and
        not at times, V(none) saves the work.
    type: str
    choices: [content, none, stat]
    default: stat
  since:
    description:
      - Compare with this instead of with the container's image. What it is, is told by what it looks like.
      - "An B(archive) that M(stevedore.docker.container_export) wrote, or its manifest: an absolute path on the managed node, or
        one that begins with V(./), V(../) or V(~). As in its option O(stevedore.docker.container_export#module:path), V({name})
        stands for the container's name; V({timestamp}) for the newest archive. While the manifest's signature
        holds, the archive is not read, and need not be there."
      - "An earlier B(signature) (V(v2:...)): whether it still holds. Since a signature is no more than a digest, the changes that
        are listed are those since the container's image, and RV(containers[].drifted) tells whether anything at all was changed
        since the signature, whatever O(ignore), O(only) and O(kinds) let through."
      - "An B(image), by name, digest or id, which must be there: what is different in the container. When it is the container's own,
        this is the ordinary list."
      - With O(signature=content), a file that has only got another time has not changed.
      - What the engine itself puts into every container (C(/etc/hosts), C(/etc/hostname), C(/etc/resolv.conf), C(/etc/mtab),
        C(/.dockerenv), C(/dev), C(/proc), C(/sys)), and what is below the container's mounts, is not compared with an archive or
        with another image.
    type: str
    version_added: 0.1.0
  stat:
    description:
      - Return what each path is, its size, mode, time and link target.
    type: bool
    default: false
seealso:
  - module: stevedore.docker.container_commit
  - module: stevedore.docker.container_inspect
author:
  - The stevedore.docker authors (@stevedore-docker)
"""

EXAMPLES = r"""
- name: See what was changed in a container by hand
  stevedore.docker.container_diff:
    name: web
    ignore: [/tmp, /run, "*.pyc", "/var/log/**"]
    implied: false
  register: drift

- name: Show it as docker diff does
  ansible.builtin.debug:
    var: drift.container.lines

- name: Fail when any container has changed programs
  stevedore.docker.container_diff:
    only: [/bin, /usr/bin, /usr/local/bin]
    signature: none
  register: programs
  failed_when: programs.drifted

- name: See what has changed since the newest backup, one for each container
  stevedore.docker.container_diff:
    filters: {label: backup=true}
    since: /var/backups/containers/{name}-{timestamp}.tar.gz
    implied: false
  register: drift

- name: See what an update of the image would change, with the newer image pulled already
  stevedore.docker.container_diff:
    name: web
    since: registry.example.com/web:2
    signature: content

- name: Ask whether a container is as it was left
  stevedore.docker.container_diff:
    name: web
    since: "{{ drift.container.signature }}"
  register: now
  failed_when: now.drifted

# ansible all -m stevedore.docker.container_diff -a name=web
"""

RETURN = r"""
container:
  description: The container, when one name was asked for. Looks like an item of RV(containers).
  returned: always
  type: dict
containers:
  description: The drift of each container, in the order of O(name), else sorted by name.
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
          description: Whether the folder is listed only because something in it has changed.
          type: bool
        kind:
          description: V(added), V(modified) or V(deleted).
          type: str
        path:
          description: The absolute path in the container.
          type: str
        stat:
          description: What the path is now. V(none) for what was deleted, and for what is hidden by a mount.
          returned: when O(stat=true)
          type: dict
          contains:
            mode:
              description: The permissions as octal text.
              type: str
              sample: "0644"
            mtime:
              description: When it was written to, in seconds since 1970.
              type: float
            size:
              description: The size in bytes. V(0) for folders.
              type: int
            target:
              description: Where a symbolic link leads to.
              type: str
            type:
              description: V(file), V(directory), V(symlink), V(fifo), V(socket), V(character device) or V(block device).
              type: str
        symbol:
          description: The letter that C(docker diff) prints, V(A), V(C) or V(D).
          type: str
    counts:
      description: How many changes of each kind there are. The implied are among the modified.
      type: dict
      sample: {added: 2, deleted: 1, implied: 2, modified: 3, total: 6}
    drifted:
      description: Whether something was changed that O(ignore), O(only) and O(kinds) let through.
      type: bool
    id:
      description: The container's id.
      type: str
    image:
      description: The image as it was named when the container was created.
      type: str
    image_id:
      description: The image's id.
      type: str
    lines:
      description: The changes as C(docker diff) prints them.
      type: list
      elements: str
      sample: [C /etc, A /etc/motd]
    name:
      description: The container's name.
      type: str
    signature:
      description:
        - A digest of everything that differs from the image, whatever O(ignore), O(only), O(kinds) and O(limit) let through.
        - V(none) when O(signature=none).
      type: str
      sample: "v2:stat+disk:5790480e8f66c168298952356dd50ee1b001e35657f579afd53df3b3fec4826a"
    since:
      description: What the container was compared with.
      type: dict
      returned: when O(since) was given
      contains:
        kind:
          description: V(image), V(manifest) or V(signature).
          type: str
        reference:
          description: The image's id, the manifest's path, or the signature.
          type: str
        unchanged:
          description: Whether nothing has changed since, whatever O(ignore), O(only) and O(kinds) let through.
          type: bool
    truncated:
      description: Whether O(limit) has cut the list of changes.
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
