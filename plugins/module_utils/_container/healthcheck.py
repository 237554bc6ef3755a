# SPDX-License-Identifier: GPL-3.0-or-later

"""The codec of healthchecks."""

from __future__ import annotations

import typing as t

from .._notation.durations import format_duration, parse_duration
from .._types import Json
from .option import Codec
from .values import parse_text

# The suboptions that are durations -> their places in the API.
_DURATIONS = {
    "interval": "Interval",
    "start_interval": "StartInterval",
    "start_period": "StartPeriod",
    "timeout": "Timeout",
}
HEALTHCHECK_SPEC: Json = {
    "interval": {"type": "str"},
    "retries": {"type": "int"},
    "start_interval": {"type": "str"},
    "start_period": {"type": "str"},
    "test": {"type": "raw"},
    "timeout": {"type": "str"},
}


def _parse_test(value: t.Any) -> list[str]:
    if isinstance(value, (bool, int, float)):
        raise ValueError(f"test: {value} is no command; quote it")
    if isinstance(value, str):
        return ["NONE"] if value.strip() == "NONE" else ["CMD-SHELL", value]
    test = [parse_text(item) for item in value]
    if test and test[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise ValueError("test: a list begins with CMD, CMD-SHELL or NONE; write a text to run it in a shell")
    return test


def _encode_healthcheck(value: t.Mapping[str, t.Any]) -> Json:
    check: Json = {}
    if value.get("test") not in (None, "", []):
        check["Test"] = _parse_test(value["test"])
    for name, key in _DURATIONS.items():
        if value.get(name) is not None:
            check[key] = parse_duration(value[name])
            # The engine refuses less than a millisecond with a message that names no option.
            if 0 < check[key] < 1_000_000:
                raise ValueError(f"{name}: {value[name]!r} is less than 1ms")
    if value.get("retries"):
        check["Retries"] = value["retries"]
    return {key: item for key, item in check.items() if item}


def _decode_healthcheck(raw: Json) -> Json:
    check: Json = {}
    if raw.get("Test"):
        check["test"] = list(raw["Test"])
    for name, key in _DURATIONS.items():
        if raw.get(key):
            check[name] = format_duration(raw[key])
    if raw.get("Retries"):
        check["retries"] = raw["Retries"]
    return dict(sorted(check.items()))


HEALTHCHECK = Codec(_encode_healthcheck, _decode_healthcheck)
