# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_version:
    description:
      - The version of the Engine API to use. V(auto) uses the newest version that the engine supports.
      - If not set, the environment variable E(DOCKER_API_VERSION) is used.
    type: str
    default: auto
    aliases: [docker_api_version]
  ca_path:
    description:
      - The path of the CA certificate that verifies the engine's certificate.
      - If not set and TLS is used, C(ca.pem) in the directory E(DOCKER_CERT_PATH) is used.
    type: path
    aliases: [ca_cert, tls_ca_cert, cacert_path]
  client_cert:
    description:
      - The path of the client's TLS certificate.
      - If not set and TLS is used, C(cert.pem) in the directory E(DOCKER_CERT_PATH) is used.
    type: path
    aliases: [tls_client_cert, cert_path]
  client_key:
    description:
      - The path of the client's TLS key.
      - If not set and TLS is used, C(key.pem) in the directory E(DOCKER_CERT_PATH) is used.
    type: path
    aliases: [tls_client_key, key_path]
  docker_host:
    description:
      - The address of the engine, for example C(unix:///var/run/docker.sock), C(tcp://192.0.2.23:2376), or
        C(ssh://admin@192.0.2.23).
      - If not set, the environment variable E(DOCKER_HOST) is used.
    type: str
    default: unix:///var/run/docker.sock
    aliases: [docker_url]
  timeout:
    description:
      - The maximum number of seconds for a short request to the engine.
      - Does not limit operations that take long by nature (commit, export, import, stop, wait, pull).
      - If not set, the environment variable E(DOCKER_TIMEOUT) is used.
    type: int
    default: 60
  tls:
    description:
      - Use TLS. Implied by O(ca_path), O(client_cert), E(DOCKER_TLS_VERIFY), and an C(https://) address.
      - If not set, the environment variable E(DOCKER_TLS) is used.
    type: bool
    default: false
  tls_hostname:
    description:
      - The name that the engine's certificate must have, if it differs from the one in O(docker_host).
      - If not set, the environment variable E(DOCKER_TLS_HOSTNAME) is used.
    type: str
  use_ssh_client:
    description:
      - For C(ssh://) addresses, use the C(ssh) program instead of Paramiko.
    type: bool
    default: false
  validate_certs:
    description:
      - Verify the engine's certificate. Only used with TLS. Unlike in C(community.docker), the default is to verify.
    type: bool
    default: true
    aliases: [tls_verify]
requirements:
  - Docker SDK for Python 5.0.3 or newer on the managed node (Debian's C(python3-docker), or C(pip install docker))
  - Docker Engine API 1.41 or newer (Docker 20.10)
"""
