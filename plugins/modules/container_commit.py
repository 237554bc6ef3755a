#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_commit
short_description: Create an image from the current state of a container
version_added: 0.1.0
description:
  - Commits a container to an image, as C(docker commit) does.
  - The module is idempotent. Labels in the image record the state from which it was created. Nothing is committed again while
    the container, its configuration, and the options of the task stay the same.
  - If the repository has a snapshot of the same state under another tag, that image gets the new tag as well, and no second
    image is created.
  - The tag moves to the new image only when the image is complete. If anything fails before that, the tag stays where it was.
notes:
  - Volumes, bind mounts, and tmpfs mounts are not part of a container's file system and are not captured. The module warns
    about them by name.
  - The container's environment becomes part of the image. The module warns about variables whose names suggest secrets
    and about values that hold a URL with a password, such as C(postgres://user:secret@host).
  - O(changes) can override the environment variables, labels, ports, and volumes of a container. The engine offers no way to
    remove them.
  - See M(stevedore.docker.container_diff) for what counts as a change and for the limits of the comparison.
  - If another task is changing the container, the module waits up to O(timeout) seconds for it. It never commits a container
    that is not yet proven.
  - With O(pause=true), the engine pauses a running container while it copies the files.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  author:
    description:
      - The author of the image, for example V(Jane Doe <jane@example.com>).
      - A different author alone does not trigger a new commit.
    type: str
  changes:
    description:
      - Dockerfile instructions to apply to the image, as a string, a list of strings, or a mapping.
      - Strings follow the rules of a Dockerfile. C($X) is expanded, and quotes group words.
      - "In a mapping, values are literal, including spaces, quotes, C($), and C(=). For example V({CMD: [httpd, -f], ENV:
        {GREETING: 'hello world'}, EXPOSE: 8080/tcp})."
      - Supports C(CMD), C(ENTRYPOINT), C(ENV), C(EXPOSE), C(HEALTHCHECK), C(LABEL), C(ONBUILD), C(SHELL), C(STOPSIGNAL),
        C(USER), C(VOLUME), and C(WORKDIR).
      - The engine ignores an empty C(CMD) or C(ENTRYPOINT) and keeps that of the container. The task fails where that would
        happen.
    type: raw
  check_space:
    description:
      - Before committing, check whether the engine's storage has room for all changed files. Only possible if that storage is
        on this host.
    type: bool
    default: true
  comment:
    description:
      - A comment on the snapshot, kept in the history of the image.
      - A different comment alone does not trigger a new commit.
    type: str
  container:
    description:
      - The name or id of the container.
    type: str
    required: true
    aliases: [name]
  force:
    description:
      - Commit even if nothing has changed, and take O(tag) away from an image that is not a snapshot created by this module.
    type: bool
    default: false
  keep:
    description:
      - The number of snapshots to keep in the repository. The oldest ones beyond this number are removed.
      - Only images that this module has created for this repository are counted and removed. Images that are in use by
        containers or by other images are kept. So are tags in other repositories.
      - If not set, nothing is removed.
    type: int
  labels:
    description:
      - Labels for the image. Names that start with C(stevedore.docker.snapshot.) are reserved.
    type: dict
  max_file_size:
    description:
      - Refuse to commit a container in which a changed file is larger than this. This is checked before anything is read, and
        the message names the file. V(0) sets no limit.
      - A sparse file counts with its full size, since the engine stores its holes as zeros. The module warns about large
        sparse files below the limit.
    type: str
    default: 100g
  pause:
    description:
      - Pause the container while its files are copied, so that they are consistent.
    type: bool
    default: true
  repository:
    description:
      - The name of the image, for example V(registry.example.com/team/web). It can include the tag.
    type: str
    required: true
  signature:
    description:
      - How to detect whether the container has changed. V(stat) compares metadata of each changed path, such as size, mode,
        and time. V(content) reads every changed file.
    type: str
    choices: [content, stat]
    default: stat
  tag:
    description:
      - The tag of the image. The default is the tag in O(repository), or V(latest).
      - V({timestamp}) is replaced by the time in UTC, for example V(20260131T120000Z). In this case nothing is committed
        while the newest snapshot with such a tag matches the current state.
      - If the tag belongs to an image that is not a snapshot created by this module, O(force=true) is required to move it.
    type: str
seealso:
  - module: stevedore.docker.container_diff
  - module: stevedore.docker.container_export
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Snapshot a container before a risky change
  stevedore.docker.container_commit:
    container: web
    repository: snapshots/web
    tag: before-upgrade
    comment: Before the upgrade to 2.0

- name: Keep the last five states of a container
  stevedore.docker.container_commit:
    container: web
    repository: snapshots/web
    tag: "{timestamp}"
    keep: 5

- name: Create an image that starts another command
  stevedore.docker.container_commit:
    container: web
    repository: web
    tag: debug
    author: Jane Doe <jane@example.com>
    changes:
      CMD: [sh, -c, 'echo "$GREETING"; exec httpd -f']
      ENV:
        GREETING: it's 5 o'clock = tea
      WORKDIR: /srv

- name: Apply instructions as they are written in a Dockerfile
  stevedore.docker.container_commit:
    container: web
    repository: web
    tag: slim
    changes:
      - CMD ["httpd", "-f"]
      - LABEL tier=web

- name: Commit without pausing the container, and read every changed file to detect changes
  stevedore.docker.container_commit:
    container: web
    repository: snapshots/web
    pause: false
    signature: content

# Ad hoc, for one container on all hosts:
# ansible all -m stevedore.docker.container_commit -a "container=web repository=snapshots/web changes='CMD [\"sh\"]'"
"""

RETURN = r"""
action:
  description:
    - What the module did. V(commit) created an image, V(tag) added the tag to a snapshot of the same state, V(none) changed
      nothing.
  returned: success
  type: str
counts:
  description: The number of paths that differ from the container's own image. Directories above a changed path count as
    modified.
  returned: success
  type: dict
  sample: {added: 3, deleted: 1, modified: 2}
image_id:
  description: The id of the image. V(none) in check mode if the image does not exist yet.
  returned: success
  type: str
layer_size:
  description: The size in bytes of the layer with the changes. V(none) in check mode if the image does not exist yet.
  returned: success
  type: int
reference:
  description: The full name of the image.
  returned: success
  type: str
  sample: snapshots/web:latest
removed:
  description: The old snapshots that were removed because of O(keep).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the image.
      type: str
    tags:
      description: The names of the image in this repository.
      type: list
      elements: str
signature:
  description: The signature of the container's current state.
  returned: success
  type: str
snapshots:
  description: The snapshots that the repository had before, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    created:
      description: When the snapshot was created.
      type: str
      sample: "2026-01-31T12:00:00.123456789Z"
    id:
      description: The id of the image.
      type: str
    message:
      description: The comment on the snapshot.
      type: str
    tags:
      description: The names of the image in this repository.
      type: list
      elements: str
tags:
  description: All names of the image.
  returned: success
  type: list
  elements: str
  sample: ["snapshots/web:latest"]
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._commit.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        "author": {"type": "str"},
        "changes": {"type": "raw"},
        "check_space": {"type": "bool", "default": True},
        "comment": {"type": "str"},
        "container": {"type": "str", "required": True, "aliases": ["name"]},
        "force": {"type": "bool", "default": False},
        "keep": {"type": "int"},
        "labels": {"type": "dict"},
        "max_file_size": {"type": "str", "default": "100g"},
        "pause": {"type": "bool", "default": True},
        "repository": {"type": "str", "required": True},
        "signature": {"type": "str", "choices": ["content", "stat"], "default": "stat"},
        "tag": {"type": "str"},
    }
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
