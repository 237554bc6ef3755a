# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 2: devices and the limits of their throughput."""

from __future__ import annotations

import typing as t

from .codecs import between, format_size, listing, parse_size, plain
from .option import Codec, Json


def _device(value: t.Any) -> Json:
    parts = plain(value).split(":")
    if not parts[0].startswith("/") and "=" in parts[0]:
        raise ValueError(f"{value!r} is a CDI device; ask for it in device_requests, with driver cdi and device_ids")
    if len(parts) > 3 or not all(parts):
        raise ValueError(f"{value!r} is no device; write host[:container[:permissions]]")
    inside = parts[1] if len(parts) > 1 and parts[1].startswith("/") else parts[0]
    permissions = parts[-1] if len(parts) > 1 and not parts[-1].startswith("/") else "rwm"
    if set(permissions) - set("rwm"):
        raise ValueError(f"{value!r}: the permissions {permissions!r} are not made of r, w and m")
    return {"PathOnHost": parts[0], "PathInContainer": inside, "CgroupPermissions": permissions}


def _device_back(raw: Json) -> str:
    permissions = raw.get("CgroupPermissions") or "rwm"
    inside = raw.get("PathInContainer") or raw["PathOnHost"]
    suffix = "" if permissions == "rwm" else f":{permissions}"
    return f"{raw['PathOnHost']}:{inside}{suffix}"


DEVICES = listing(_device, _device_back)
WEIGHT = between(10, 1000)

REQUEST_SPEC: Json = {
    "capabilities": {"type": "list", "elements": "list"},
    "count": {"type": "int"},
    "device_ids": {"type": "list", "elements": "str"},
    "driver": {"type": "str"},
    "options": {"type": "dict"},
}


def _request(value: t.Mapping[str, t.Any]) -> Json:
    if value.get("count") and value.get("device_ids"):
        raise ValueError("count and device_ids exclude each other in a device request")
    return {
        "Capabilities": [[plain(item) for item in group] for group in value.get("capabilities") or []],
        "Count": value.get("count") or 0,
        "DeviceIDs": list(value.get("device_ids") or []),
        "Driver": value.get("driver") or "",
        "Options": {str(key): plain(item) for key, item in (value.get("options") or {}).items()},
    }


def _request_back(raw: Json) -> Json:
    named = {
        "capabilities": raw.get("Capabilities"),
        "count": raw.get("Count"),
        "device_ids": raw.get("DeviceIDs"),
        "driver": raw.get("Driver"),
        "options": raw.get("Options"),
    }
    return {name: value for name, value in named.items() if value}


DEVICE_REQUESTS = listing(_request, _request_back)


def _limit(parse: t.Callable[[t.Any], int], show: t.Callable[[int], t.Any]) -> Codec:
    return listing(
        lambda entry: {"Path": plain(entry["path"]), "Rate": parse(entry["rate"])},
        lambda raw: {"path": raw["Path"], "rate": show(raw["Rate"])},
    )


WEIGHTS = listing(
    lambda entry: {"Path": plain(entry["path"]), "Weight": WEIGHT.encode(entry["weight"])},
    lambda raw: {"path": raw["Path"], "weight": raw["Weight"]},
)
BYTES_PER_SECOND = _limit(parse_size, format_size)
OPERATIONS_PER_SECOND = _limit(int, int)
WEIGHT_SPEC: Json = {"path": {"type": "str", "required": True}, "weight": {"type": "int", "required": True}}
BPS_SPEC: Json = {"path": {"type": "str", "required": True}, "rate": {"type": "str", "required": True}}
IOPS_SPEC: Json = {"path": {"type": "str", "required": True}, "rate": {"type": "int", "required": True}}
