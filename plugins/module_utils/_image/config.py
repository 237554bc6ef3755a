# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image says about the containers that are run from it: pure data, no engine.

The fields are those of the image specification, in the spelling of the Engine API's ``Config``. A configuration in
normal form has no field that says nothing, so that two of them are equal when they mean the same.
"""

from __future__ import annotations

import typing as t

from .. import _group
from .._errors import Damaged
from .._types import Json


def _text(value: t.Any) -> bool:
    return isinstance(value, str)


def _texts(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _names(value: t.Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) and item == {} for key, item in value.items())


def _mapping(value: t.Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())


def _health(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"}
        and _texts(value.get("Test", []))
        and all(
            isinstance(number, int) and not isinstance(number, bool) and number >= 0
            for key, number in value.items()
            if key != "Test"
        )
    )


def _flag(value: t.Any) -> bool:
    return isinstance(value, bool)


FIELDS: dict[str, t.Callable[[t.Any], bool]] = {
    "ArgsEscaped": _flag,
    "Cmd": _texts,
    "Entrypoint": _texts,
    "Env": _texts,
    "ExposedPorts": _names,
    "Healthcheck": _health,
    "Labels": _mapping,
    "OnBuild": _texts,
    "Shell": _texts,
    "StopSignal": _text,
    "User": _text,
    "Volumes": _names,
    "WorkingDir": _text,
}


def normal(config: t.Mapping[str, t.Any] | None) -> Json:
    """The fields that say something, in a fixed order. The group of a container is nothing that its image has."""
    found: Json = {}
    for field in FIELDS:
        value = (config or {}).get(field)
        if field == "Healthcheck" and value:
            value = {key: value[key] for key in sorted(value) if value[key]}
        elif field == "Labels" and value:
            value = {key: value[key] for key in sorted(_group.remove_group_labels(value))}
        elif isinstance(value, dict):
            value = {key: value[key] for key in sorted(value)}
        if value:
            found[field] = value
    return found


def of_container(document: Json, image: Json | None) -> Json:
    """The configuration an image must have for its containers to run as this one does.

    :param document: the container's inspect document.
    :param image: its image's, where the engine still has it: a container does not keep the image's ONBUILD and SHELL
        (seen in 20.10).
    """
    found = dict(document["Config"])
    for field in ("OnBuild", "Shell"):
        if not found.get(field) and image is not None:
            found[field] = (image.get("Config") or {}).get(field)
    return normal(found)


def checked(config: t.Any, where: str) -> Json:
    """A configuration that came from outside, in normal form.

    :raises Damaged: an unknown field, or a value of the wrong kind.
    """
    if not isinstance(config, dict):
        raise Damaged(f"{where}: the image configuration is not a mapping.")
    for field, value in config.items():
        accepts = FIELDS.get(field)
        if accepts is None or not (value is None or accepts(value)):
            raise Damaged(f"{where}: the image configuration has no such field or value: {field}={str(value)[:80]!r}.")
    return normal(config)


def platform_of(image: Json | None, info: Json) -> Json:
    """Operating system, architecture and variant, of the image where it is still there, else of the engine."""
    if image is not None:
        found = {"os": image.get("Os"), "architecture": image.get("Architecture"), "variant": image.get("Variant")}
    else:
        machine = str(info.get("Architecture"))
        found = {"os": info.get("OSType"), "architecture": _MACHINES.get(machine, machine)}
    return {key: value for key, value in found.items() if value}


def parsed_platform(text: str) -> Json:
    """``linux/arm64/v8`` as its parts.

    :raises ValueError: it has less than two or more than three parts.
    """
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise ValueError(text)
    return dict(zip(("os", "architecture", "variant"), parts))


# uname's words, which /info gives, to Go's, which images carry.
_MACHINES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
    "i386": "386",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
