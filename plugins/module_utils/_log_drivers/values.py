# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of log options must look like, checked as the drivers' own code does it.

Each check takes a value and returns what it should have been, or ``None`` when it is right.
"""

from __future__ import annotations

import re
import typing as t

from .._notation.durations import parse_duration
from .._notation.sizes import parse_size

ValueCheck = t.Callable[[str], t.Optional[str]]

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip


def parse_log_size(text: str, base: int = 1000) -> int | None:
    """Bytes of a size, ``None`` when it is not one.

    :param base: log sizes are decimal whatever their suffix says (go-units' ``FromHumanSize``), buffer sizes binary (1024).
    """
    try:
        return parse_size(text, base)
    except ValueError:
        return None


def parse_boolean(text: str | None, default: bool = False) -> bool:
    """A boolean as Go reads it."""
    return default if text is None else text in _TRUE


def any_text(_value: str) -> str | None:
    return None


def positive_size(value: str) -> str | None:
    return None if (parse_log_size(value) or 0) > 0 else "a size above zero such as '30m' or '1g'"


def buffer_size(value: str) -> str | None:
    return None if parse_log_size(value, 1024) is not None else "a size such as '4m'"


def boolean(value: str) -> str | None:
    return None if value in _TRUE + _FALSE else "'true' or 'false'"


def duration(value: str) -> str | None:
    try:
        parse_duration(value, bare=False)
    except ValueError:
        return "a duration such as '500ms' or '1s'"
    return None


def template(value: str) -> str | None:
    return None if value.count("{{") == value.count("}}") else "a Go template with balanced braces"


def whole_number(low: int, high: int | None = None) -> t.Callable[[str], str | None]:
    def check(value: str) -> str | None:
        wanted = f"a whole number from {low}" + (f" to {high}" if high is not None else "")
        try:
            number = int(value)
        except ValueError:
            return wanted
        return None if number >= low and (high is None or number <= high) else wanted

    return check


def one_of(*choices: str) -> t.Callable[[str], str | None]:
    return lambda value: None if value in choices else f"one of {', '.join(choices)}"


def address(*schemes: str, port: bool = False) -> t.Callable[[str], str | None]:
    def check(value: str) -> str | None:
        scheme, separator, rest = value.partition("://")
        fine = bool(separator and scheme in schemes and rest)
        if fine and port:
            fine = re.search(r":\d+$", rest) is not None
        form = "://HOST:PORT" if port else "://ADDRESS"
        return None if fine else f"an address of the form {' or '.join(s + form for s in schemes)}"

    return check


def facility(value: str) -> str | None:
    fine = value in _FACILITIES or (value.isdigit() and int(value) <= 23)
    return None if fine else "a syslog facility such as 'daemon' or 'local3'"


def fluentd_address(value: str) -> str | None:
    return None if re.match(r"^((tcp|tls|udp|unix|unixgram)://)?[^\s]+$", value) else "host:port, tcp://… or unix://…"
