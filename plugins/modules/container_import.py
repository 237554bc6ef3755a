#!/usr/bin/python
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_import
short_description: Create images from container archives, configured as the containers were
version_added: 0.1.0
description:
  - Creates an image from a tar archive, as C(docker import) does. The archive can be plain or compressed with gzip, bzip2,
    xz, or zstd.
  - C(docker import) loses the command, the environment, and the rest of the configuration. With the manifest that
    M(stevedore.docker.container_export) writes next to the archive, the image runs as the exported container did.
  - During the import, the module verifies every header of the archive and compares it with the checksums in the manifest. A
    torn, modified, or foreign archive creates no image and moves no tag. Archives of C(docker save) are refused.
  - A manifest can come from anywhere. RV(host_access) lists the options in it that give access to the host, and the module
    warns about them.
  - If the tag already refers to an image with this layer and this configuration, nothing happens.
  - If the tag referred to another image before, that image is kept without the tag.
extends_documentation_fragment:
  - stevedore.docker._connection
  - stevedore.docker._attributes
  - stevedore.docker._attributes.action_groups
  - stevedore.docker._attributes.secrets
options:
  changes:
    description:
      - Dockerfile instructions to apply to the configuration of the image, after those of the manifest. Supports C(CMD),
        C(ENTRYPOINT), C(ENV), C(EXPOSE), C(HEALTHCHECK), C(LABEL), C(ONBUILD), C(SHELL), C(STOPSIGNAL), C(USER), C(VOLUME),
        and C(WORKDIR).
      - A string, a list of strings, or a mapping. In strings, variables are expanded and quotes are removed as in a
        Dockerfile. The values of a mapping are literal.
    type: raw
  checksum:
    description:
      - The expected checksum of the file, for example V(sha256:0da9f2...). Supports md5, sha1, sha224, sha256, sha384, and
        sha512.
    type: str
  comment:
    description:
      - The comment of the image.
    type: str
  config:
    description:
      - V(auto) takes the configuration from the manifest C(PATH.manifest.json) if it exists. V(none) ignores the manifest.
    type: str
    choices: [auto, none]
    default: auto
  force:
    description:
      - Import even if the tag already refers to such an image.
    type: bool
    default: false
  max_size:
    description:
      - The maximum size of the uncompressed archive if no manifest states its size.
    type: str
    default: 100g
  path:
    description:
      - The path of the archive on the managed node.
      - Exactly one of O(path) and O(url) is required.
    type: path
    aliases: [src]
  platform:
    description:
      - The platform of the image, for example V(linux/arm64/v8). The default is the one in the manifest, or that of the
        engine.
    type: str
  replace:
    description:
      - Whether the tag can be moved away from another image. With V(false), the import fails instead.
    type: bool
    default: true
  repository:
    description:
      - The name of the image. It can include a tag.
    type: str
    required: true
    aliases: [image]
  tag:
    description:
      - The tag of the image. The default is the tag in O(repository), or V(latest).
    type: str
  url:
    description:
      - The URL of the archive, with C(https) or C(http). The manifest is expected at the same URL with C(.manifest.json)
        appended to the path.
      - A user name and a password in the URL are sent to its host as HTTP basic authentication. Neither these nor a query,
        such as the signature of a pre-signed URL, appear in messages, results, the log, or the image. A pre-signed URL is
        valid for a single file. So it needs O(config=none) if its server refuses the request for the manifest.
      - Exactly one of O(path) and O(url) is required.
    type: str
  verify:
    description:
      - Compare the archive with the manifest. With V(false), only the structure of the archive is verified, so that a
        repacked archive is accepted.
    type: bool
    default: true
seealso:
  - module: stevedore.docker.container_export
  - module: stevedore.docker.container_run
author:
  - The stevedore.docker authors (@stevedore)
"""

EXAMPLES = r"""
- name: Import an archive of container_export with its manifest
  stevedore.docker.container_import:
    path: /backup/web.tar.zst
    repository: restored/web
    tag: "2026-01-31"
  register: restored

- name: Run the container as it ran before, unless it would get access to the host
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

- name: Fail if the tag already refers to another image
  stevedore.docker.container_import:
    path: /backup/web.tar.zst
    repository: restored/web
    replace: false

- name: Import an archive that was packed again after the export
  stevedore.docker.container_import:
    path: /backup/web-repacked.tar.gz
    repository: restored/web
    verify: false

# Ad hoc, for one archive on all hosts:
# ansible all -m stevedore.docker.container_import -a "path=/tmp/x.tar repository=x changes='CMD sleep 1000'"
"""

RETURN = r"""
config:
  description: The configuration of the image, without empty values.
  returned: success
  type: dict
diff_id:
  description: The digest of the image's layer, which is the SHA-256 checksum of the uncompressed archive.
  returned: success
  type: str
host_access:
  description:
    - The options in RV(run_options) that reach beyond the container, such as C(privileged), directories and devices of the
      host, its namespaces, added capabilities, or C(docker.sock). The manifest may have been edited, so check these before
      you use RV(run_options).
    - Options and forms of values that M(stevedore.docker.container_export) never writes are listed as well.
  returned: success
  type: list
  elements: dict
  sample: [{"option": "privileged", "value": true, "reason": "all devices and all rights on the host"}]
  contains:
    option:
      description: The name of the option.
      type: str
    reason:
      description: What it gives the container access to.
      type: str
    value:
      description: The value, or the part of it that gives the access.
      type: raw
image:
  description: The image as inspected by the engine. V(none) in check mode if it does not exist yet.
  returned: success
  type: dict
image_id:
  description: The id of the image.
  returned: success
  type: str
manifest_sha256:
  description: The SHA-256 checksum of the manifest. Compare it with
    RV(stevedore.docker.container_export#module:exports[].manifest_sha256).
  returned: success
  type: str
manifest_used:
  description: Whether the configuration comes from a manifest.
  returned: success
  type: bool
previous_id:
  description: The id of the image to which the tag referred before.
  returned: success
  type: str
reference:
  description: The repository and tag of the image.
  returned: success
  type: str
  sample: restored/web:2026-01-31
run_options:
  description:
    - The M(stevedore.docker.container_run) options of the exported container, with this image. V(none) without a manifest.
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
