#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_commit
short_description: Make an image of a container's present state, once
version_added: 0.1.0
description:
  - Commits a container to an image, as C(docker commit) does.
  - The image carries labels that say of which state it was made. As long as the container, its configuration and what is asked for
    stay the same, nothing is committed again.
  - When a snapshot of the very same state exists in the repository under another tag, that image gets the new tag, too, and no second
    image is made.
  - The tag moves to the new image when that is whole. Until then, and when anything fails, it stays where it was.
notes:
  - Volumes, bind mounts and tmpfs are not part of a container's file system and not captured. The module warns of them by name.
  - The container's environment becomes part of the image. The module warns of variables whose names look like secrets.
  - A container's environment variables, labels, ports and volumes can be overridden by O(changes), but the engine does not let go of
    them.
  - What counts as changed, and its limits, are described at M(stevedore.docker.container_diff).
  - A container that another task is replacing is waited for up to O(timeout) seconds, so that what is committed has been
    proven.
  - Running containers are paused by the engine while it copies their files, with O(pause=true).
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  author:
    description:
      - The image's author, for example V(Jane Doe <jane@example.com>).
      - An author that differs is alone no reason to commit again.
    type: str
  changes:
    description:
      - Dockerfile instructions to apply to the image, as one text, a list of texts, or a mapping.
      - "Texts are read as in a Dockerfile: C($X) is expanded, quotes group words."
      - "In a mapping, values are taken literally, whatever spaces, quotes, C($) or C(=) they contain, for example
        V({CMD: [httpd, -f], ENV: {GREETING: 'hello world'}, EXPOSE: 8080/tcp})."
      - C(CMD), C(ENTRYPOINT), C(ENV), C(EXPOSE), C(HEALTHCHECK), C(LABEL), C(ONBUILD), C(SHELL), C(STOPSIGNAL), C(USER), C(VOLUME) and
        C(WORKDIR) are known.
    type: raw
  check_space:
    description:
      - Ask before the commit whether the engine's store has room for all changed files, where this host holds that store.
    type: bool
    default: true
  comment:
    description:
      - A note about the snapshot, kept in the image's history.
      - A comment that differs is alone no reason to commit again.
    type: str
  container:
    description:
      - The container's name or id.
    type: str
    required: true
    aliases: [name]
  force:
    description:
      - Commit again although nothing has changed, and take O(tag) over from an image that is not a snapshot made by this module.
    type: bool
    default: false
  keep:
    description:
      - Keep this many snapshots of the repository and remove the oldest beyond them.
      - Only images that this module has made for this repository are counted and removed. Images that containers or other images need
        stay. Tags in other repositories stay, too.
      - Without it nothing is removed.
    type: int
  labels:
    description:
      - Labels for the image. Names that begin with C(stevedore.docker.snapshot.) are reserved.
    type: dict
  max_file_size:
    description:
      - Refuse, before anything is read, to commit a container in which a changed file is larger than this. The message names
        the file. V(0) sets no limit.
      - A sparse file counts with its whole size, since the engine writes its holes as zeros to its store. Large sparse files
        below the limit are warned of.
    type: str
    default: 100g
  pause:
    description:
      - Pause the container while its files are copied, so that they belong together.
    type: bool
    default: true
  repository:
    description:
      - The image's name, for example V(registry.example.com/team/web). It may contain the tag.
    type: str
    required: true
  signature:
    description:
      - How to find out whether the container has changed. V(stat) looks at the size, mode, time and so on of each changed path,
        V(content) reads every changed file.
    type: str
    choices: [content, stat]
    default: stat
  tag:
    description:
      - The image's tag, V(latest) when neither this nor O(repository) names one.
      - V({timestamp}) stands for the time in UTC, such as V(20260131T120000Z). Then nothing happens as long as the newest snapshot with
        such a tag is of the present state.
      - The tag of an image that is not a snapshot made by this module is not taken away without O(force=true).
    type: str
seealso:
  - module: stevedore.docker.container_diff
  - module: stevedore.docker.container_export
author:
  - The stevedore.docker authors (@stevedore-docker)
"""

EXAMPLES = r"""
- name: Snapshot a container before a risky change, and keep five
  stevedore.docker.container_commit:
    container: web
    repository: snapshots/web
    tag: "{timestamp}"
    comment: before the upgrade
    keep: 5

- name: Make an image that starts something else
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

- name: The same instructions as in a Dockerfile
  stevedore.docker.container_commit:
    container: web
    repository: web
    tag: slim
    changes:
      - CMD ["httpd", "-f"]
      - LABEL tier=web

# ansible all -m stevedore.docker.container_commit -a "container=web repository=snapshots/web changes='CMD [\"sh\"]'"
"""

RETURN = r"""
action:
  description:
    - What was done. V(commit) made an image, V(tag) gave the tag to a snapshot of the same state, V(none) found all in place.
  returned: success
  type: str
counts:
  description: How many paths differ from the container's own image. Folders above a changed path are counted as modified.
  returned: success
  type: dict
  sample: {added: 3, deleted: 1, modified: 2}
image_id:
  description: The image's id. V(none) in check mode when it is still to be committed.
  returned: success
  type: str
layer_size:
  description: The size in bytes of the layer that holds the changes. V(none) in check mode when it is still to be committed.
  returned: success
  type: int
reference:
  description: The image's full name.
  returned: success
  type: str
  sample: snapshots/web:latest
removed:
  description: The old snapshots that O(keep) has removed.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The image's id.
      type: str
    tags:
      description: The names that it had in this repository.
      type: list
      elements: str
signature:
  description: The signature of the container's present state.
  returned: success
  type: str
snapshots:
  description: The snapshots of the repository that were there before, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    created:
      description: When it was made.
      type: str
      sample: "2026-01-31T12:00:00.123456789Z"
    id:
      description: The image's id.
      type: str
    message:
      description: The note that it was given.
      type: str
    tags:
      description: Its names in this repository.
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
