# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's arguments as they may be logged.

Ansible writes the arguments of a module into the managed node's system log and into the result (``invocation``). Its
``no_log`` cannot be used for values such as an environment or an input: it also replaces them wherever they occur in
what the module returns, down to single letters of a command's output and to exit codes.
"""

from __future__ import annotations

import re
import typing as t

from ._notation import urls

# What Ansible shows in place of the values of ``no_log`` options.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

# Options whose values are hidden, and options whose values are variables: only their names are shown.
_CONTENTS = frozenset({"send", "stdin", "stdin_base64"})
_ENVIRONMENTS = frozenset({"env", "environment"})
# The keys of these are chosen by the user; they are not names of options.
_FREE = frozenset({"annotation", "annotations", "label", "labels"})
_CHANGES = frozenset({"changes"})

_SECRET_NAME = re.compile(r"pass(?!ive|through)|secret|token|cryptkey|credential|api_?key|private_?key", re.IGNORECASE)
# name=value in a text, up to what ends the value in a command line, a list of mount options or a query.
_ASSIGNMENT = re.compile(
    r"([\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credentials?)[\w.-]*=)[^\s,;&'\"]+", re.IGNORECASE
)
_QUERY = re.compile(r"(https?://[^\s?#]*\?)[^\s#'\"]+", re.IGNORECASE)
_ENV_INSTRUCTION = re.compile(r"^(\s*ENV\s+[^\s=]+[\s=]).*", re.IGNORECASE | re.MULTILINE)


def redact(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The arguments without contents, values of variables, passwords and the query parts of URLs. Names stay."""
    return {name: _redact_option(name, value) for name, value in params.items()}


def _redact_option(name: str, value: t.Any) -> t.Any:
    lowered = name.lower()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if lowered in _CONTENTS:
        return HIDDEN
    if lowered in _ENVIRONMENTS:
        return HIDDEN if isinstance(value, str) else _redact_variables(value)
    if lowered in _CHANGES:
        return _redact_instructions(value)
    if lowered in _FREE and isinstance(value, dict):
        return {key: HIDDEN if _SECRET_NAME.search(str(key)) else _redact_value(item) for key, item in value.items()}
    return HIDDEN if _SECRET_NAME.search(name) else _redact_value(value)


def _redact_value(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _redact_option(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact_value(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


def redact_text(text: str) -> str:
    """The text without what looks like a password, a token or a credential."""
    text = _QUERY.sub(rf"\1{HIDDEN}", urls.without_passwords(text))
    return _ASSIGNMENT.sub(rf"\1{HIDDEN}", text)


def _redact_variables(value: t.Any) -> t.Any:
    """Environment variables, as a mapping or a list of ``NAME=value``, without their values."""
    if isinstance(value, dict):
        return {name: item if item is None else HIDDEN for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact_variables(item) for item in value]
    name, equals, _value = str(value).partition("=")
    return f"{name}={HIDDEN}" if equals else value


def _redact_instructions(value: t.Any) -> t.Any:
    """Instructions of an image, as text or as a mapping, without the values of variables."""
    if isinstance(value, str):
        return redact_text(_ENV_INSTRUCTION.sub(rf"\1{HIDDEN}", value))
    if isinstance(value, (list, tuple)):
        return [_redact_instructions(item) for item in value]
    return _redact_value(value)
