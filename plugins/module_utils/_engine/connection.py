# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options of every module, and the SDK's session that they describe."""

from __future__ import annotations

import typing as t
import urllib.parse

from .._errors import InvalidInput, Unreachable
from . import sdk
from .errors import translate_errors

MINIMUM_API = (1, 41)


class Connection(t.NamedTuple):
    """How to reach the engine; the fields are the connection options of every module."""

    docker_host: str
    tls: bool = False
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    tls_hostname: str | None = None
    api_version: str = "auto"
    timeout: int = 60
    use_ssh_client: bool = False

    @property
    def secure(self) -> bool:
        """Whether TLS is asked for, by ``tls`` or by what only TLS needs."""
        return self.tls or bool(self.ca_path or self.client_cert or self.client_key)

    @property
    def url(self) -> str:
        host = self.docker_host
        return "https://" + host[len("tcp://") :] if self.secure and host.startswith("tcp://") else host


def open_session(connection: Connection) -> t.Any:
    """The SDK's ``APIClient``, which is a ``requests.Session``. Nothing is sent yet, unless over SSH.

    :raises InvalidInput: the options cannot be right.
    :raises Unreachable: no SSH connection, or the SDK is not installed.
    """
    if sdk.MISSING is not None:
        raise Unreachable(
            f"The Docker SDK for Python is missing for this interpreter ({sdk.MISSING}): install Debian's "
            "python3-docker, or 'pip install docker', or point ansible_python_interpreter to a Python that has it."
        )
    _check(connection)
    with translate_errors(connection.docker_host, None):
        tls = _tls(connection)
        if connection.docker_host.startswith("ssh://"):
            sdk.allow_ssh()
        session = sdk.APIClient(
            base_url=connection.url,
            # Any version keeps the SDK from asking for it here, where neither the name to verify nor the time limit of a
            # call can be set.
            version=".".join(map(str, MINIMUM_API)),
            timeout=connection.timeout,
            tls=tls,
            use_ssh_client=connection.use_ssh_client,
            max_pool_size=32,
        )
        if connection.tls_hostname and tls:
            session.mount("https://", sdk.HostnameAdapter(connection.tls_hostname))
    return session


def parse_version(text: str) -> tuple[int, int]:
    """``1.41`` as (1, 41).

    :raises InvalidInput: it is no version.
    """
    try:
        major, minor = text.split(".")[:2]
        return int(major), int(minor)
    except ValueError as error:
        raise InvalidInput(f"api_version {text!r} is not a version such as '1.41' or 'auto'.") from error


def _check(connection: Connection) -> None:
    """Refuse what the SDK answers with a traceback."""
    if connection.api_version != "auto":
        parse_version(connection.api_version)
    if connection.timeout < 1:
        raise InvalidInput("timeout must be at least 1 second.")
    try:
        _port = urllib.parse.urlsplit(connection.docker_host).port
    except ValueError:
        # Python's words quote what it takes for the port, which may be a part of a password.
        raise InvalidInput(
            f"docker_host {connection.docker_host!r} is no address. In a password, write / ? # @ and : as %2F %3F %23 %40 "
            "and %3A."
        ) from None


def _tls(connection: Connection) -> t.Any:
    if not connection.secure:
        return False
    certificate, key = connection.client_cert, connection.client_key
    config: t.Any = sdk.TLSConfig(
        client_cert=(certificate or "", key or "") if certificate or key else None,
        ca_cert=connection.ca_path,
        verify=connection.validate_certs,
    )
    # Before 7.0 the SDK asks for TLS 1.2, and an engine behind a gate may take 1.3 alone.
    config.ssl_version = None
    return config
