#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_import
short_description: Make images of archives, configured as the exported containers were
version_added: 0.1.0
description:
  - Makes an image of a tar archive, as C(docker import) does, plain or compressed with gzip, bzip2, xz or zstd.
  - C(docker import) forgets command, environment and all the rest. With the manifest that
    M(stevedore.docker.container_export) wrote beside the archive, the image runs as the exported container did.
  - The archive is followed from header to header and compared with the manifest's checksums while it is imported. A torn,
    tampered or foreign one makes no image and moves no tag. An archive of C(docker save) is refused.
  - A manifest may come from anywhere. What its options ask of the host is returned as RV(host_access) and warned of.
  - When the tag already names an image with this layer and this configuration, nothing happens.
  - An image that the tag named before is kept, without the tag.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  changes:
    description:
      - Dockerfile instructions to apply to the image's configuration, after the manifest's, C(CMD), C(ENTRYPOINT), C(ENV),
        C(EXPOSE), C(HEALTHCHECK), C(LABEL), C(ONBUILD), C(SHELL), C(STOPSIGNAL), C(USER), C(VOLUME) and C(WORKDIR).
      - One instruction as text, a list of them, or a mapping. In text, variables are expanded and quotes are removed as in a
        Dockerfile. The values of a mapping are taken literally.
    type: raw
  checksum:
    description:
      - What the file must have, for example V(sha256:0da9f2...). Allowed are md5, sha1, sha224, sha256, sha384 and sha512.
    type: str
  comment:
    description:
      - The image's comment.
    type: str
  config:
    description:
      - V(auto) takes the configuration from the manifest C(PATH.manifest.json) when there is one, V(none) ignores it.
    type: str
    choices: [auto, none]
    default: auto
  force:
    description:
      - Import even when the tag already names such an image.
    type: bool
    default: false
  max_size:
    description:
      - How large the uncompressed archive may be where no manifest says how large it is.
    type: str
    default: 100g
  path:
    description:
      - The archive on the managed node.
    type: path
    aliases: [src]
  platform:
    description:
      - The image's platform, for example V(linux/arm64/v8). By default the manifest's, else the engine's.
    type: str
  replace:
    description:
      - Whether the tag may be moved away from another image. With V(false) the import fails instead.
    type: bool
    default: true
  repository:
    description:
      - The image's name, with or without a tag.
    type: str
    required: true
    aliases: [image]
  tag:
    description:
      - The image's tag, by default the one in O(repository), else V(latest).
    type: str
  url:
    description:
      - Where to fetch the archive from, with C(https) or C(http). A manifest is looked for at the same address with
        C(.manifest.json) behind the path.
      - User and password in it are sent to its host as HTTP basic authentication. Neither they nor a query, such as the
        signature of a pre-signed address, appear in messages, results, the log or the image. A pre-signed address is good for
        one file alone, so that it needs O(config=none) where its server refuses the manifest's.
    type: str
  verify:
    description:
      - Compare archive and manifest. With V(false) only the structure is looked at, and an archive that was repacked is taken.
    type: bool
    default: true
seealso:
  - module: stevedore.docker.container_export
  - module: stevedore.docker.container_run
author:
  - The stevedore.docker authors (@stevedore-docker)
"""

EXAMPLES = r"""
- name: Import what container_export wrote
  stevedore.docker.container_import:
    path: /backup/web.tar.zst
    repository: restored/web
    tag: "2026-01-31"
  register: restored

- name: Run it as it ran, unless it would reach the host
  stevedore.docker.container_run: "{{ restored.run_options }}"
  when: not restored.host_access

- name: Import a root file system without a manifest
  stevedore.docker.container_import:
    url: https://example.com/rootfs.tar.xz
    checksum: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    repository: base
    changes:
      CMD: [sh, -c, 'echo "$GREETING"']
      ENV:
        GREETING: hello world
      STOPSIGNAL: SIGINT

# ansible all -m stevedore.docker.container_import -a "path=/tmp/x.tar repository=x changes='CMD sleep 1000'"
"""

RETURN = r"""
config:
  description: The image's configuration, as far as it says something.
  returned: success
  type: dict
diff_id:
  description: The digest of the image's layer, which is the uncompressed archive's sha256.
  returned: success
  type: str
host_access:
  description:
    - What in RV(run_options) reaches beyond the container, such as C(privileged), folders and devices of the host, its
      namespaces, added capabilities or C(docker.sock). A manifest may have been edited, so look at it before you run them.
    - An option, or the form of a value, that M(stevedore.docker.container_export) does not write is listed too.
  returned: success
  type: list
  elements: dict
  sample: [{"option": "privileged", "value": true, "reason": "all devices and all rights on the host"}]
  contains:
    option:
      description: The option.
      type: str
    reason:
      description: What it gives the container.
      type: str
    value:
      description: The value, or the part of it that does.
      type: raw
image:
  description: What the engine says of the image, V(none) in check mode before there is one.
  returned: success
  type: dict
image_id:
  description: The image's id.
  returned: success
  type: str
manifest_sha256:
  description: The manifest's sha256. Compare it with what RV(stevedore.docker.container_export#module:exports[].manifest_sha256) said.
  returned: success
  type: str
manifest_used:
  description: Whether there was a manifest to take the configuration from.
  returned: success
  type: bool
previous_id:
  description: The image that the tag named before.
  returned: success
  type: str
reference:
  description: Repository and tag.
  returned: success
  type: str
  sample: restored/web:2026-01-31
run_options:
  description:
    - The options of M(stevedore.docker.container_run) with which the exported container ran, with this image. V(none) without a
      manifest.
  returned: success
  type: dict
"""

from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._import.task import run
from ansible_collections.stevedore.docker.plugins.module_utils._module import run_module

SPEC = ArgSpec(
    options={
        "changes": {"type": "raw"},
        "checksum": {"type": "str"},
        "comment": {"type": "str"},
        "config": {"type": "str", "choices": ["auto", "none"], "default": "auto"},
        "force": {"type": "bool", "default": False},
        "max_size": {"type": "str", "default": "100g"},
        "path": {"type": "path", "aliases": ["src"]},
        "platform": {"type": "str"},
        "replace": {"type": "bool", "default": True},
        "repository": {"type": "str", "required": True, "aliases": ["image"]},
        "tag": {"type": "str"},
        "url": {"type": "str", "no_log": True},
        "verify": {"type": "bool", "default": True},
    },
    mutually_exclusive=(("path", "url"),),
    required_one_of=(("path", "url"),),
)


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
