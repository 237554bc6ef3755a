# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong between us and the engine, as our own errors: refusals, and failures of the connection."""

from __future__ import annotations

import contextlib
import json
import socket
import typing as t

from .._errors import Conflict, EngineError, Interrupted, InvalidInput, Missing, StevedoreError, Unreachable
from . import sdk


def refusal(status: int, reason: str | None, body: bytes, about: str | None) -> StevedoreError:
    """An answer of 400 and above as one of our errors, with the engine's own words.

    :param about: the object's name for messages; ``None`` is the engine itself.
    """
    text = body.decode("utf-8", "replace")
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        message = (text or reason or "").strip()
    subject = about or "the engine"
    if status == 404:
        # "Container web", but the path "web:/etc" as it is.
        shown = subject[:1].upper() + subject[1:] if " " in subject.partition(":")[0] else subject
        # The container is there, its network is not.
        lacks = "" if "network " in message else " is not there"
        return Missing(f"{shown}{lacks}: {message}", status=status, object=about)
    if status == 409:
        return Conflict(f"Not possible for {subject} in its present state: {message}", status=status, object=about)
    if "HTTP request to an HTTPS server" in message:
        return Unreachable("The engine expects TLS: set tls: true and the certificates.", status=status, object=about)
    return EngineError(f"The engine refuses for {subject}: {message}", status=status, object=about)


@contextlib.contextmanager
def translate_errors(endpoint: str, about: str | None, *, answering: bool = False) -> t.Iterator[None]:
    """Turn the errors of the SDK and of every transport into ours.

    :param endpoint: the ``docker_host``, for messages.
    :param answering: the answer had already begun.
    :raises InvalidInput: the SDK refuses the connection options.
    :raises Unreachable: no connection, or no answer in time.
    :raises Interrupted: the same, while the engine was ``answering``.
    """
    try:
        yield
    except sdk.OPTION_ERRORS as error:
        raise InvalidInput(f"Connection options: {error}", object=about) from error
    except sdk.TRANSPORT_ERRORS as error:
        if answering:
            raise Interrupted(
                f"The engine at {endpoint} went away in the middle of its answer about {about}: {error}", object=about
            ) from error
        raise Unreachable(_explain(error, endpoint), object=about) from error


def _explain(error: BaseException, endpoint: str) -> str:
    """What happened and what to do, from the innermost cause that says something."""
    causes = list(_causes(error))
    for kinds, advice in (
        ((PermissionError,), "permission denied: use become: true, or put the user in the group 'docker'."),
        (
            (FileNotFoundError, ConnectionRefusedError),
            "nothing listens there: is the engine running? (systemctl start docker)",
        ),
        (
            sdk.TLS_ERRORS,
            "TLS failed: check validate_certs, ca_path, client_cert, client_key and tls_hostname.",
        ),
        ((socket.gaierror,), "the host name cannot be resolved."),
    ):
        cause = next((cause for cause in causes if isinstance(cause, kinds)), None)
        if cause is not None:
            return f"Cannot reach the engine at {endpoint}: {advice} ({cause})"
    if any(isinstance(cause, sdk.TIMEOUTS) for cause in causes):
        return f"The engine at {endpoint} did not answer in time: raise 'timeout', or look after the engine. ({error})"
    return f"Cannot talk to the engine at {endpoint}: {error}"


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """The error, its causes, and the errors in its arguments (urllib3 and requests wrap in both ways)."""
    queue: list[BaseException | None] = [error]
    visited: set[int] = set()
    while queue:
        cause = queue.pop(0)
        if cause is None or id(cause) in visited:
            continue
        visited.add(id(cause))
        yield cause
        queue.extend([cause.__cause__, cause.__context__])
        queue.extend(item for item in (*cause.args, getattr(cause, "reason", None)) if isinstance(item, BaseException))
