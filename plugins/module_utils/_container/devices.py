# SPDX-License-Identifier: GPL-3.0-or-later

"""Codecs of devices and device requests."""

from __future__ import annotations

import typing as t

from .._types import Json
from .codecs import list_codec
from .values import parse_driver_option, parse_text


def _encode_device(value: t.Any) -> Json:
    parts = parse_text(value).split(":")
    if not parts[0].startswith("/") and "=" in parts[0]:
        raise ValueError(f"{value!r} is a CDI device; ask for it in device_requests, with driver cdi and device_ids")
    if len(parts) > 3 or not all(parts):
        raise ValueError(f"{value!r} is no device; write host[:container[:permissions]]")
    inside = parts[1] if len(parts) > 1 and parts[1].startswith("/") else parts[0]
    permissions = parts[-1] if len(parts) > 1 and not parts[-1].startswith("/") else "rwm"
    if set(permissions) - set("rwm"):
        raise ValueError(f"{value!r}: the permissions {permissions!r} are not made of r, w and m")
    return {"PathOnHost": parts[0], "PathInContainer": inside, "CgroupPermissions": permissions}


def _decode_device(raw: Json) -> str:
    permissions = raw.get("CgroupPermissions") or "rwm"
    inside = raw.get("PathInContainer") or raw["PathOnHost"]
    suffix = "" if permissions == "rwm" else f":{permissions}"
    return f"{raw['PathOnHost']}:{inside}{suffix}"


DEVICES = list_codec(_encode_device, _decode_device)

REQUEST_SPEC: Json = {
    "capabilities": {"type": "list", "elements": "list"},
    "count": {"type": "int"},
    "device_ids": {"type": "list", "elements": "str"},
    "driver": {"type": "str"},
    "options": {"type": "dict"},
}


def _encode_request(value: t.Mapping[str, t.Any]) -> Json:
    if value.get("count") and value.get("device_ids"):
        raise ValueError("count and device_ids exclude each other in a device request")
    return {
        "Capabilities": [[parse_text(item) for item in group] for group in value.get("capabilities") or []],
        "Count": value.get("count") or 0,
        "DeviceIDs": list(value.get("device_ids") or []),
        "Driver": value.get("driver") or "",
        "Options": {str(key): parse_driver_option(item) for key, item in (value.get("options") or {}).items()},
    }


def _decode_request(raw: Json) -> Json:
    fields = {
        "capabilities": raw.get("Capabilities"),
        "count": raw.get("Count"),
        "device_ids": raw.get("DeviceIDs"),
        "driver": raw.get("Driver"),
        "options": raw.get("Options"),
    }
    return {name: value for name, value in fields.items() if value}


DEVICE_REQUESTS = list_codec(_encode_request, _decode_request)
