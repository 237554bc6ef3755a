# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of environment variables, read byte for byte as the docker CLI does (docker/cli, ``opts/file.go``; ``pkg/kvfile``
from 27.2 on)."""

from __future__ import annotations

import codecs
import typing as t

# What Go takes for white space. Python takes more characters for it, and for the ends of lines.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def parse_env_file(content: bytes, environment: t.Mapping[str, str]) -> dict[str, str]:
    """``NAME=value`` lines, comments, and names alone, which take their value from the environment.

    :raises ValueError: a line has no name, or is not UTF-8.
    """
    variables: dict[str, str] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            text = _decode_line(line, first=number == 1).lstrip(_SPACE)
            if text and not text.startswith("#"):
                variables.update(_parse_variable(text, environment))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return variables


def _decode_line(line: bytes, *, first: bool) -> str:
    line = line[:-1] if line.endswith(b"\r") else line
    if first and line.startswith(codecs.BOM_UTF8):
        line = line[len(codecs.BOM_UTF8) :]
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 ({error.reason} at byte {error.start + 1})") from error


def _parse_variable(text: str, environment: t.Mapping[str, str]) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not name or " " in name or "\t" in name:
        raise ValueError(f"{name!r} is not the name of a variable")
    if equals:
        return {name: value}
    return {name.rstrip(_SPACE): environment[name]} if name in environment else {}
