# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker SDK for Python and what lies below it. The only file that imports them.

The SDK opens the connections (Unix socket, TCP, TLS, SSH) and reads the registry credentials. Requests are written by
hand, as its methods drop values (``HostConfig`` falsy ones) and know too few parameters (``update_container``,
``import_image``).
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import socket
import ssl
import sys
import typing as t

# The SDK imports paramiko for every connection, a third of a module's start. Without it the SDK leaves out ssh://, which
# ``allow_ssh`` brings back.
sys.modules.setdefault("paramiko", t.cast("t.Any", None))
try:
    import docker.api.client
    import docker.auth
    import docker.errors
    import docker.tls
    import requests.exceptions
    import urllib3.exceptions
    from requests.adapters import HTTPAdapter
except ImportError as absent:
    MISSING: ImportError | None = absent
else:
    MISSING = None
finally:
    if sys.modules["paramiko"] is None:
        del sys.modules["paramiko"]

Kinds = t.Tuple[t.Type[BaseException], ...]
OPTION_ERRORS: Kinds = ()
TRANSPORT_ERRORS: Kinds = (OSError, http.client.HTTPException)
TLS_ERRORS: Kinds = (ssl.SSLError,)
TIMEOUTS: Kinds = (socket.timeout,)

if MISSING is None:
    APIClient = docker.api.client.APIClient
    TLSConfig = docker.tls.TLSConfig
    OPTION_ERRORS = (docker.errors.TLSParameterError, docker.errors.InvalidVersion)
    TRANSPORT_ERRORS += (
        docker.errors.DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
    )
    TLS_ERRORS += (requests.exceptions.SSLError, urllib3.exceptions.SSLError)
    TIMEOUTS += (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)

    class HostnameAdapter(HTTPAdapter):
        """Checks the certificate against another name than the address, as the SDK did before 7.0."""

        def __init__(self, hostname: str) -> None:
            self._hostname = hostname
            super().__init__(pool_maxsize=32)

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, assert_hostname=self._hostname, server_hostname=self._hostname, **kwargs)


def allow_ssh() -> None:
    """Have the SDK take ``ssh://``."""
    # Without paramiko the SDK says what to install.
    with contextlib.suppress(ImportError):
        adapter = importlib.import_module("docker.transport.sshconn").SSHHTTPAdapter
        docker.api.client.SSHHTTPAdapter = adapter  # type: ignore[attr-defined]


def credentials_header(session: t.Any, repository: str) -> dict[str, str] | None:
    """The request header with the Docker configuration file's credentials for the registry of an image."""
    registry, _name = docker.auth.resolve_repository_name(repository)
    header = docker.auth.get_config_header(session, registry)
    return {"X-Registry-Auth": header.decode() if isinstance(header, bytes) else header} if header else None
