# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 2: healthchecks. Image and container are combined field by field (moby, ``daemon/commit.go``)."""

from __future__ import annotations

import typing as t

from .codecs import format_duration, parse_duration, plain
from .option import UNSET, Codec, Context, Json

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


def _test(value: t.Any) -> list[str]:
    if isinstance(value, str):
        return ["NONE"] if value.strip() == "NONE" else ["CMD-SHELL", value]
    test = [plain(item) for item in value]
    if test and test[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise ValueError("test: a list begins with CMD, CMD-SHELL or NONE; write a text to run it in a shell")
    return test


def _healthcheck(value: t.Mapping[str, t.Any]) -> Json:
    check: Json = {}
    if value.get("test"):
        check["Test"] = _test(value["test"])
    for name, key in _DURATIONS.items():
        if value.get(name) is not None:
            check[key] = parse_duration(value[name])
            # The engine refuses less than a millisecond with a message that names no option.
            if 0 < check[key] < 1_000_000:
                raise ValueError(f"{name}: {value[name]!r} is less than 1ms")
    if value.get("retries"):
        check["Retries"] = value["retries"]
    return {key: item for key, item in check.items() if item}


def _healthcheck_back(raw: Json) -> Json:
    check: Json = {}
    if raw.get("Test"):
        check["test"] = list(raw["Test"])
    for name, key in _DURATIONS.items():
        if raw.get(key):
            check[name] = format_duration(raw[key])
    if raw.get("Retries"):
        check["retries"] = raw["Retries"]
    return dict(sorted(check.items()))


HEALTHCHECK = Codec(_healthcheck, _healthcheck_back)


def healthcheck(value: t.Any, context: Context) -> t.Any:
    """What is asked for beyond the image: the fields in which the two differ."""
    image = _healthcheck_back(context.image.get("Healthcheck") or {})
    own = {name: item for name, item in value.items() if image.get(name) != item}
    return own or UNSET
