#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_export
short_description: Export the file systems of containers to verified archives
version_added: 0.1.0
description:
  - Exports the whole file system of a container to a file on the managed node, as C(docker export) does.
  - Unlike C(docker export), which reports success over a torn archive when a file shrinks during the export, this module
    verifies every header of the archive while it is written, and accepts only a complete archive.
  - The archive appears under its name only when it is complete and stored on the disk. Until then, and after any failure, the
    earlier archive stays as it was.
  - A manifest, C(PATH.manifest.json), is written next to the archive. It contains checksums, the image configuration that the
    container needs, and its M(stevedore.docker.container_run) options. M(stevedore.docker.container_import) reads it.
  - If the container has not changed since the last export and the archive is intact, nothing is exported.
  - If another task is changing a container, the module waits up to O(timeout) seconds for it. It never exports a container
    that is not yet proven.
  - Volumes are not part of a container's file system and are not exported. RV(exports[].volumes_left_out) lists them.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
options:
  backup:
    description:
      - Keep the archive that is replaced, and its manifest, under its name with a timestamp and C(~) appended.
    type: bool
    default: false
  check_space:
    description:
      - Before an uncompressed export, check whether the file system has room for everything in the container's image and
        layer. Deleted files count too, so that this can ask for too much.
      - Before any export, also refuse it if a single file is larger than the free space. The message names the file.
    type: bool
    default: true
  compression:
    description:
      - The compression of the archive. V(auto) chooses it by the suffix of O(path), which can be C(.gz), C(.tgz), C(.zst),
        C(.tzst), C(.xz), or C(.txz).
      - V(gzip) uses the program C(pigz) if it is available. V(zstd) needs the Python package C(zstandard) or the program
        C(zstd). V(xz) uses the program C(xz) if it is available.
    type: str
    choices: [auto, none, gzip, zstd, xz]
    default: auto
  compression_level:
    description:
      - The compression level, from V(1) to V(9) for gzip, V(1) to V(19) for zstd, and V(0) to V(9) for xz. The default
        depends on the program.
      - A different level alone does not trigger a new export.
    type: int
  filters:
    description:
      - Export all containers that match, as with C(docker ps --filter), for example
        V({"label":"app=web","status":"running"}). If a value is a list, one match is enough.
      - Exactly one of O(name) and O(filters) is required.
    type: dict
  force:
    description:
      - Export even if the archive is up to date.
    type: bool
    default: false
  group:
    description:
      - The group of the archive and its manifest.
    type: str
  keep:
    description:
      - The number of archives to keep for each container if O(path) contains V({timestamp}). After a new archive has been
        written, the oldest ones beyond this number are removed. Only archives with a manifest of this container are counted
        and removed.
    type: int
  manifest:
    description:
      - Write the manifest. Without it, later runs cannot determine whether the archive is up to date, and every run exports.
    type: bool
    default: true
  max_file_size:
    description:
      - Refuse to export a container in which a file that differs from the image is larger than this. This is checked before
        anything is read, and the message names the file. V(0) sets no limit.
      - A sparse file counts with its full size, since an archive stores its holes as zeros. A file made with C(truncate -s
        400G) takes no space in the container, but hours to export. The module warns about large sparse files below the limit.
    type: str
    default: 100g
  mode:
    description:
      - The mode of the archive and its manifest, see M(ansible.builtin.file). Both can contain secrets.
    type: raw
    default: "0600"
  name:
    description:
      - The names or ids of one or several containers.
      - Exactly one of O(name) and O(filters) is required.
    type: list
    elements: str
    aliases: [names, container]
  owner:
    description:
      - The owner of the archive and its manifest.
    type: str
  parallel:
    description:
      - The number of containers to export at the same time.
    type: int
    default: 1
  path:
    description:
      - The path of the archive on the managed node. It must be absolute, and its directory must exist.
      - V({name}) is replaced by the name of the container, and V({timestamp}) by the time in UTC, for example
        V(20260131T120000Z).
      - With V({timestamp}), the newest archive is checked for being up to date.
    type: path
    required: true
    aliases: [dest]
  pause:
    description:
      - V(auto) exports the container while it runs. If the archive is torn, the container is paused and exported once more.
      - V(always) pauses the container during the export. V(never) fails if the archive is torn.
      - A container that the module has paused is unpaused afterwards, even if the module is killed.
    type: str
    choices: [auto, never, always]
    default: auto
  signature:
    description:
      - How to detect whether the container has changed. V(stat) compares type, size, mode, owner, and times of everything
        that differs from the image. V(content) reads it as well.
    type: str
    choices: [stat, content]
    default: stat
  verify:
    description:
      - How to detect whether the archive is intact. V(stat) compares its size, modification time, and inode with the
        manifest, and reads the archive only if they differ. V(hash) always reads it.
    type: str
    choices: [stat, hash]
    default: stat
seealso:
  - module: stevedore.docker.container_import
  - module: stevedore.docker.container_diff
  - module: stevedore.docker.container_commit
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Back up one container
  stevedore.docker.container_export:
    name: web
    path: /backup/web.tar.zst

- name: Keep the last seven states of each container of an application
  stevedore.docker.container_export:
    filters:
      label: app=shop
    path: /backup/{name}-{timestamp}.tar.gz
    keep: 7

- name: Back up several containers, two at a time
  stevedore.docker.container_export:
    name: [web, worker, mail]
    path: /backup/{name}.tar.gz
    parallel: 2
  register: backups

- name: Show which volumes are not part of the archives
  ansible.builtin.debug:
    msg: "{{ item.volumes_left_out }}"
  loop: "{{ backups.exports }}"
  loop_control:
    label: "{{ item.name }}"

- name: Pause a container during the export, and read the earlier archive to verify that it is intact
  stevedore.docker.container_export:
    name: queue
    path: /backup/queue.tar
    pause: always
    verify: hash

- name: Export again in any case, and keep the replaced archive
  stevedore.docker.container_export:
    name: web
    path: /backup/web.tar.gz
    force: true
    backup: true

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_export -a "name=web path=/backup/web.tar.gz"
"""

RETURN = r"""
export:
  description: The export, if exactly one name was given. Has the same form as an item of RV(exports).
  returned: always
  type: dict
  contains:
    volumes_left_out:
      description: The mount points of volumes and host directories, which are not in the archive.
      type: list
      elements: str
exports:
  description: The outcome for each container.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    attempts:
      description: The number of attempts, if it was exported. More than one means that the first archive was torn.
      type: int
    backup_file:
      description: The path of the replaced archive, with O(backup=true).
      type: str
    changed:
      description: Whether the container was exported, or would be in check mode, or the attributes of the archive changed.
      type: bool
    compression:
      description: The compression of the archive.
      type: str
    entries:
      description: The number of files, directories, and links in the archive.
      type: int
    failed:
      description: Set if this export failed.
      type: bool
    failure:
      description: The kind of failure, if it failed.
      type: dict
    id:
      description: The id of the container.
      type: str
    manifest:
      description: The path of the manifest.
      type: str
    manifest_sha256:
      description: The SHA-256 checksum of the manifest. Keep it elsewhere to detect during a restore whether the manifest was
        edited.
      type: str
    msg:
      description: The error message, if it failed.
      type: str
    name:
      description: The name of the container.
      type: str
    path:
      description: The path of the archive.
      type: str
    paused:
      description: Whether the container was paused for the export.
      type: bool
    reasons:
      description:
        - Why it was exported. Any of V(archive), V(manifest), V(container), V(image), V(signature), V(config),
          V(run_options), V(compression), and V(force).
      type: list
      elements: str
    removed:
      description: The archives that were removed because of O(keep).
      type: list
      elements: str
    sha256:
      description: The checksum of the archive.
      type: str
    signature:
      description: The signature of the container's changes, see M(stevedore.docker.container_diff).
      type: str
    size:
      description: The size of the archive in bytes.
      type: int
    stream_sha256:
      description: The checksum of the uncompressed archive. With the prefix C(sha256:), it is the DiffID of an imported
        image's layer.
      type: str
    stream_size:
      description: The size of the uncompressed archive in bytes.
      type: int
    volumes_left_out:
      description: The mount points of volumes and host directories, which are not in the archive.
      type: list
      elements: str
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._export.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module
from ansible_collections.stevedore.docker.plugins.module_utils._selection import SELECTION

SPEC = SELECTION.merge(
    ArgSpec(
        options={
            "backup": {"type": "bool", "default": False},
            "check_space": {"type": "bool", "default": True},
            "compression": {"type": "str", "choices": ["auto", "none", "gzip", "zstd", "xz"], "default": "auto"},
            "compression_level": {"type": "int"},
            "force": {"type": "bool", "default": False},
            "group": {"type": "str"},
            "keep": {"type": "int"},
            "manifest": {"type": "bool", "default": True},
            "max_file_size": {"type": "str", "default": "100g"},
            "mode": {"type": "raw", "default": "0600"},
            "owner": {"type": "str"},
            "parallel": {"type": "int", "default": 1},
            "path": {"type": "path", "required": True, "aliases": ["dest"]},
            "pause": {"type": "str", "choices": ["auto", "never", "always"], "default": "auto"},
            "signature": {"type": "str", "choices": ["stat", "content"], "default": "stat"},
            "verify": {"type": "str", "choices": ["stat", "hash"], "default": "stat"},
        },
        mutually_exclusive=(("name", "filters"),),
        required_one_of=(("name", "filters"),),
    )
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
