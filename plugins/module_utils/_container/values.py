# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers of single values that several options share: texts, addresses, paths, commands."""

from __future__ import annotations

import ipaddress
import posixpath
import re
import shlex
import typing as t

from .._notation import unquoted


def parse_text(value: t.Any) -> str:
    """A text or a whole number as text.

    :raises ValueError: it is neither, or something that YAML made of another text.
    """
    if isinstance(value, (bool, float)):
        raise ValueError(unquoted.explain_conversion(value))
    if isinstance(value, (str, int)):
        return str(value)
    raise ValueError(f"{value!r} is no text; quote it")


def parse_driver_option(value: t.Any) -> str:
    """The same for an option of a driver, where true and false say what they mean."""
    return str(value).lower() if isinstance(value, bool) else parse_text(value)


def parse_key(name: t.Any) -> str:
    """The key of a mapping. JSON has texts as keys: where Ansible passed these on, YAML had read yes, no, on, off or
    nothing."""
    if str(name) in ("true", "false", "null", "True", "False", "None"):
        raise ValueError(f"{name} as a name is what YAML makes of yes, no, on, off or ~; quote it")
    return str(name)


def parse_item(name: t.Any, parse: t.Callable[[t.Any], str], value: t.Any) -> str:
    """One value of a mapping; an error names it."""
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def parse_words(value: t.Any) -> list[str]:
    """A command as a list; text is split as by a POSIX shell."""
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError as error:
            raise ValueError(f"{value!r} cannot be split into words ({error}); write a list") from error
    if isinstance(value, (list, tuple)):
        return [parse_text(item) for item in value]
    raise ValueError(f"{value!r} is no command; write text or a list, and quote it")


def parse_address(value: t.Any) -> str:
    """An IP address in its shortest spelling (29.0 spells IPv6 otherwise than it was given)."""
    text = parse_text(value).strip().strip("[]")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IP address") from error


def parse_mac_address(value: t.Any) -> str:
    """A MAC address in lower case, with colons."""
    text = parse_text(value).strip().lower().replace("-", ":")
    if not re.match(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$", text):
        raise ValueError(f"{value!r} is not a MAC address; write it such as 02:42:ac:11:00:02, and quote it")
    return text


def parse_absolute_path(value: t.Any) -> str:
    """A path in the container."""
    text = parse_text(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} is not an absolute path in the container")
    return clean_path(text)


def clean_path(path: str) -> str:
    """The path without doubled and trailing slashes."""
    return posixpath.normpath(path).replace("//", "/") if path.startswith("/") else path


def text_if_invalid(parse: t.Callable[[t.Any], str]) -> t.Callable[[t.Any], str]:
    """The parser for values of the engine: what the engine accepted and ``parse`` does not know stays as it is."""

    def parse_or_keep(raw: t.Any) -> str:
        try:
            return parse(raw)
        except ValueError:
            return str(raw)

    return parse_or_keep


address_or_text = text_if_invalid(parse_address)
