#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_export
short_description: Back up containers' file systems into archives that are proven whole
version_added: 0.1.0
description:
  - Writes what C(docker export) writes, the whole file system of a container, to a file on the managed node.
  - Other than C(docker export), which reports success over a torn archive when a file shrinks meanwhile, this follows the
    archive from header to header while it is written, and accepts only a whole one.
  - The archive appears under its name only when it is whole and on the disk. Until then, and after any failure, the
    earlier archive stays as it was.
  - Beside it stands a manifest, C(PATH.manifest.json), with checksums, what the image must say for the container to run as
    it did, and the options of M(stevedore.docker.container_run). M(stevedore.docker.container_import) reads it.
  - When the container has not changed since and the archive is intact, nothing happens.
  - A container that another task is replacing is waited for up to O(timeout) seconds, so that what is exported has been
    proven.
  - Volumes are not part of a container's file system. RV(export.volumes_left_out) names them.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
options:
  backup:
    description:
      - Keep the archive that is replaced, and its manifest, under its name with a timestamp and C(~) at the end.
    type: bool
    default: false
  check_space:
    description:
      - Ask before an uncompressed export whether the file system has room for all that the container's image and layer
        hold. Files that the container or a later layer deleted count too, so that this can ask for too much.
      - Before any export, compressed or not, refuse it when a single file is larger than the free space, and name the file.
    type: bool
    default: true
  compression:
    description:
      - How to compress. V(auto) decides by the suffix of O(path), C(.gz), C(.tgz), C(.zst), C(.tzst), C(.xz) or C(.txz).
      - V(gzip) uses the program C(pigz) where there is one, V(zstd) the Python package C(zstandard) or the program C(zstd),
        V(xz) the program C(xz) where there is one.
    type: str
    choices: [auto, none, gzip, zstd, xz]
    default: auto
  compression_level:
    description:
      - V(1) to V(9) for gzip, V(1) to V(19) for zstd, V(0) to V(9) for xz. By default the program's own.
      - Has no influence on whether an archive counts as up to date.
    type: int
  filters:
    description:
      - Take the containers that match, as C(docker ps --filter) does, for example V({"label":"app=web","status":"running"}).
        A list of values means any of them.
      - Excludes O(name).
    type: dict
  force:
    description:
      - Export even when the archive is up to date.
    type: bool
    default: false
  group:
    description:
      - The group that owns the archive and its manifest.
    type: str
  keep:
    description:
      - How many archives of the container to keep where O(path) contains V({timestamp}). The oldest beyond that are removed
        after a new one was written, but only those that have a manifest of this container beside them.
    type: int
  manifest:
    description:
      - Write the manifest. Without it nobody can tell later whether the archive is up to date, so that each run exports.
    type: bool
    default: true
  max_file_size:
    description:
      - Refuse, before anything is read, to export a container in which a file that differs from the image is larger than this.
        The message names the file. V(0) sets no limit.
      - A sparse file counts with its whole size, since an archive stores its holes as zeros. C(truncate -s 400G) takes no room
        in a container, and its export hours. Large sparse files below the limit are warned of.
    type: str
    default: 100g
  mode:
    description:
      - The mode of the archive and its manifest, as in M(ansible.builtin.file). Both may hold secrets.
    type: raw
    default: "0600"
  name:
    description:
      - The containers' names or ids, one or several.
    type: list
    elements: str
    aliases: [names, container]
  owner:
    description:
      - The user who owns the archive and its manifest.
    type: str
  parallel:
    description:
      - How many containers to export at the same time.
    type: int
    default: 1
  path:
    description:
      - Where to write the archive on the managed node, an absolute path in a folder that exists.
      - V({name}) stands for the container's name and V({timestamp}) for the time in UTC, such as V(20260131T120000Z).
      - With V({timestamp}), the newest archive is the one that may be up to date.
    type: path
    required: true
    aliases: [dest]
  pause:
    description:
      - V(auto) exports the container while it runs, and when the archive is torn, pauses it and tries once more.
      - V(always) pauses it for the length of the export, V(never) fails over a torn archive.
      - A container that was paused by us runs again afterwards, even when this module is killed.
    type: str
    choices: [auto, never, always]
    default: auto
  signature:
    description:
      - How to see whether the container has changed. V(stat) looks at type, size, mode, owner and times of what differs from
        the image, V(content) reads it as well.
    type: str
    choices: [stat, content]
    default: stat
  verify:
    description:
      - How to see whether the archive is intact. V(stat) compares size, modification time and inode with what the manifest
        says, and reads the archive only if they are not the same. V(hash) always reads it.
    type: str
    choices: [stat, hash]
    default: stat
seealso:
  - module: stevedore.docker.container_import
  - module: stevedore.docker.container_diff
  - module: stevedore.docker.container_commit
author:
  - The stevedore.docker authors (@stevedore-docker)
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

- name: Back up a database's container while it stands still, and read the earlier archive to see that it is intact
  stevedore.docker.container_export:
    name: db
    path: /backup/db.tar
    pause: always
    verify: hash

# ansible all -m stevedore.docker.container_export -a "name=web path=/backup/web.tar.gz"
"""

RETURN = r"""
export:
  description: The export, when one name was asked for. Looks like an item of RV(exports).
  returned: always
  type: dict
  contains:
    volumes_left_out:
      description: Where volumes and host folders are mounted; they are not in the archive.
      type: list
      elements: str
exports:
  description: What became of each container.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    attempts:
      description: How often it was exported, when it was. More than once means that the first archive was torn.
      type: int
    backup_file:
      description: Where the archive is that was replaced, with O(backup).
      type: str
    changed:
      description: Whether the container was, or in check mode would be, exported, or the archive's attributes changed.
      type: bool
    compression:
      description: The compression of the archive.
      type: str
    entries:
      description: How many files, folders and links the archive holds.
      type: int
    failed:
      description: Set when this export failed.
      type: bool
    failure:
      description: What kind of failure, when it failed.
      type: dict
    id:
      description: The container's id.
      type: str
    manifest:
      description: The manifest's path.
      type: str
    manifest_sha256:
      description: The manifest's sha256. Kept elsewhere, it tells at a restore that nobody edited the manifest.
      type: str
    msg:
      description: What went wrong, when it failed.
      type: str
    name:
      description: The container's name.
      type: str
    path:
      description: The archive's path.
      type: str
    paused:
      description: Whether the container was paused for the export.
      type: bool
    reasons:
      description:
        - Why it was exported, V(archive), V(manifest), V(container), V(image), V(signature), V(config), V(run_options),
          V(compression) or V(force).
      type: list
      elements: str
    removed:
      description: The archives that were removed, with O(keep).
      type: list
      elements: str
    sha256:
      description: The checksum of the archive.
      type: str
    signature:
      description: The signature of the container's changes, as M(stevedore.docker.container_diff) returns it.
      type: str
    size:
      description: The size of the archive in bytes.
      type: int
    stream_sha256:
      description: The checksum of the uncompressed archive. C(sha256:) before it makes the DiffID of an imported image's layer.
      type: str
    stream_size:
      description: The size of the uncompressed archive in bytes.
      type: int
    volumes_left_out:
      description: Where volumes and host folders are mounted; they are not in the archive.
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
