# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses without what must not be shown: passwords, and the query of a pre-signed one."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

# ``scheme://user:password@``. People write passwords with ``/``, ``?`` and ``#`` as they are, too; ``host:80/path@2`` has
# none.
_PASSWORD = re.compile(
    r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/?#@'\"]*):(?!\d+(?:[/\s'\"]|$))([^\s/?#'\"]*(?=@)|[^\s'\"]*(?=@))@"
)
_MASK = "********"
# Shorter ones would be found everywhere.
_SECRET_LENGTH = 6


def without_passwords(text: str) -> str:
    """A text in which no address has a password any more."""
    return _PASSWORD.sub(rf"\1:{_MASK}@", text)


def has_password(text: str) -> bool:
    return _PASSWORD.search(text) is not None


def plain(url: str) -> str:
    """An address without user, password, query and fragment."""
    scheme, separator, rest = without_passwords(url).partition("://")
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def secrets(url: str) -> list[str]:
    """What is secret in an address, as it is written and decoded."""
    found = _PASSWORD.search(url)
    parts = re.split("[/?#]", found[2]) if found else []
    query = "".join(re.split("[?#]", without_passwords(url), maxsplit=1)[1:])
    parts += [query, *(pair.partition("=")[2] for pair in re.split("[&;#]", query))]
    forms = {form for part in parts for form in (part, urllib.parse.unquote(part), urllib.parse.unquote_plus(part))}
    return sorted(form for form in forms if len(form) >= _SECRET_LENGTH)


def credentials(url: str) -> tuple[str, str] | None:
    """User and password of an address, decoded."""
    user, at, _host = urllib.parse.urlsplit(url).netloc.rpartition("@")
    name, _colon, password = user.partition(":")
    return (urllib.parse.unquote(name), urllib.parse.unquote(password)) if at else None


def without_credentials(url: str) -> str:
    """An address without user and password."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


Value = t.TypeVar("Value")


def masked(value: Value) -> Value:
    """A text without passwords, all else as it is."""
    return t.cast("Value", without_passwords(value)) if isinstance(value, str) else value
