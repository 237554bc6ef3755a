# SPDX-License-Identifier: GPL-3.0-or-later

"""Reversible conversions: texts, numbers, sizes, durations, lists, mappings, healthchecks, devices."""

from __future__ import annotations

import ipaddress
import json
import posixpath
import re
import shlex
import typing as t

from .. import _group
from .._notation import unquoted
from .._notation.durations import format_duration, parse_duration
from .._notation.signals import parse_signal
from .._notation.sizes import format_size, parse_size
from .._types import Json
from .option import Codec


def parse_address(value: t.Any) -> str:
    """An IP address in its shortest spelling (29.0 spells IPv6 otherwise than it was given)."""
    text = plain(value).strip().strip("[]")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IP address") from error


def clean_path(path: str) -> str:
    """Without doubled and trailing slashes."""
    return posixpath.normpath(path).replace("//", "/") if path.startswith("/") else path


def lenient(parse: t.Callable[[t.Any], str]) -> t.Callable[[t.Any], str]:
    """For the way back: what the engine accepted and is not known here is shown as it is."""

    def shown(raw: t.Any) -> str:
        try:
            return parse(raw)
        except ValueError:
            return str(raw)

    return shown


def plain(value: t.Any) -> str:
    """A text or a whole number as text.

    :raises ValueError: it is neither, or something that YAML made of another text.
    """
    if isinstance(value, (bool, float)):
        raise ValueError(unquoted.not_text(value))
    if isinstance(value, (str, int)):
        return str(value)
    raise ValueError(f"{value!r} is no text; quote it")


def setting(value: t.Any) -> str:
    """The same for an option of a driver, where true and false say what they mean."""
    return str(value).lower() if isinstance(value, bool) else plain(value)


def _key(name: t.Any) -> str:
    """JSON has texts as keys: where Ansible handed these over, YAML had read yes, no, on, off or nothing."""
    if str(name) in ("true", "false", "null", "True", "False", "None"):
        raise ValueError(f"{name} as a name is what YAML makes of yes, no, on, off or ~; quote it")
    return str(name)


def words(value: t.Any) -> list[str]:
    """A command as a list; text is split as by a POSIX shell."""
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError as error:
            raise ValueError(f"{value!r} cannot be split into words ({error}); write a list") from error
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise ValueError(f"{value!r} is no command; write text or a list, and quote it")


def listing(
    encode: t.Callable[[t.Any], t.Any] = plain,
    decode: t.Callable[[t.Any], t.Any] = str,
    *,
    ordered: bool = False,
) -> Codec:
    """A list of items; unless ``ordered``, a set: sorted and without doubles."""

    def tidy(items: list[t.Any]) -> list[t.Any]:
        if ordered:
            return items
        unique: list[t.Any] = []
        for item in sorted(items, key=repr):
            if item not in unique:
                unique.append(item)
        return unique

    return Codec(
        encode=lambda value: [encode(item) for item in value],
        decode=lambda raw: tidy([decode(item) for item in raw or []]),
    )


def mapping(encode: t.Callable[[t.Any], str] = plain) -> Codec:
    """A mapping of texts."""

    def encoded(value: t.Mapping[str, t.Any]) -> dict[str, str]:
        result = {}
        for key, item in value.items():
            if item is None:
                raise ValueError(f"{key} has no value; write '' for an empty one")
            result[_key(key)] = _named(key, encode, item)
        return result

    return Codec(encode=encoded, decode=lambda raw: dict(sorted(raw.items())))


def one_of_env(item: str) -> tuple[str, str | None]:
    """A name without ``=`` takes out a variable of the image (``docker run --env NAME``)."""
    key, equals, value = item.partition("=")
    return key, value if equals else None


# Variables whose values are octal.
_OCTAL = re.compile(r"umask|chmod|perms$|permissions?$|(file|dir|directory|folder)_?mode$", re.IGNORECASE)


def _named(name: t.Any, encode: t.Callable[[t.Any], str], item: t.Any) -> str:
    try:
        return encode(item)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _env(value: t.Mapping[str, t.Any]) -> list[str]:
    result = []
    for key, item in value.items():
        if not str(key) or "=" in str(key) or "\0" in f"{key}{item}":
            raise ValueError(f"{key!r} cannot be an environment variable; its name has no = and neither part a NUL")
        name = _key(key)
        if isinstance(item, int) and _OCTAL.search(name):
            raise ValueError(f"{name}: a number with 0 before it is another one for YAML (022 is 18); quote it")
        result.append(name if item is None else f"{name}={_named(name, plain, item)}")
    return result


def _short_capability(value: t.Any) -> str:
    # 20.10 keeps CAP_ as written, 26.1 puts it before each.
    text = plain(value).strip().upper()
    return text[len("CAP_") :] if text.startswith("CAP_") else text


def _capability(value: t.Any) -> str:
    text = _short_capability(value)
    return text if text == "ALL" else f"CAP_{text}"


def _host_address(value: t.Any) -> str:
    if value == "host-gateway":
        return str(value)
    try:
        return parse_address(value)
    except ValueError as error:
        raise ValueError(f"{error}; write one, or host-gateway") from error


def _hosts(value: t.Mapping[str, t.Any]) -> list[str]:
    result: list[str] = []
    for host, addresses in value.items():
        several = addresses if isinstance(addresses, list) else [addresses]
        result.extend(f"{host}:{_host_address(address)}" for address in several)
    return result


def _hosts_back(raw: list[str]) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {}
    for entry in raw:
        host, _separator, address = entry.replace("=", ":", 1).partition(":")
        address = lenient(parse_address)(address)
        if host in result:
            earlier = result[host]
            result[host] = [*(earlier if isinstance(earlier, list) else [earlier]), address]
        else:
            result[host] = address
    return dict(sorted(result.items()))


def _ulimit(value: t.Any) -> dict[str, t.Any]:
    found = re.match(r"^([a-z]+)[:=](-?\d+)(?::(-?\d+))?$", plain(value).strip().lower())
    if not found:
        raise ValueError(f"{value!r} is no ulimit; write name:soft[:hard], such as nofile:1024:2048")
    soft = int(found[2])
    return {"Name": found[1], "Soft": soft, "Hard": int(found[3]) if found[3] else soft}


def _memory_swap(value: t.Any) -> int:
    return -1 if str(value).strip().lower() in ("-1", "unlimited") else parse_size(value)


def _cpus(value: t.Any) -> int:
    if not 0 <= float(value) < 1e9:
        raise ValueError(f"{value!r} is no number of CPUs such as 1.5")
    return round(float(value) * 1e9)


def _absolute(value: t.Any) -> str:
    text = plain(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} is not an absolute path in the container")
    return clean_path(text)


def between(low: int, high: int | None = None, *, also: t.Collection[int] = (0,)) -> Codec:
    """Whole numbers of a range, or some that mean that nobody asked."""

    def checked(value: t.Any) -> int:
        number = int(value)
        if number not in also and (number < low or (high is not None and number > high)):
            wide = f"between {low} and {high}" if high is not None else f"{low} or more"
            raise ValueError(f"{number} is out of range; write a number {wide}")
        return number

    return Codec(checked, int)


TEXT = Codec(plain, str)
INTEGER = Codec(int, int)
FLAG = Codec(bool, bool)
PATH = Codec(_absolute, clean_path)
SIZE = Codec(parse_size, format_size)
SWAP = Codec(_memory_swap, lambda raw: "-1" if raw == -1 else format_size(raw))
CPUS = Codec(_cpus, lambda raw: raw / 1e9)
SIGNAL = Codec(parse_signal, lenient(parse_signal))
WORDS = Codec(words, list)
# A reset entrypoint is [""] on the way in, null on the way out.
ENTRYPOINT = Codec(lambda value: words(value) or [""], lambda raw: [] if raw == [""] else list(raw))
ENV = Codec(_env, lambda raw: dict(sorted((one_of_env(item) for item in raw), key=lambda pair: pair[0])))
HOSTS = Codec(_hosts, _hosts_back)
TEXTS = listing()
ORDERED = listing(ordered=True)
ADDRESSES = listing(parse_address, lenient(parse_address), ordered=True)
CAPABILITIES = listing(_capability, _short_capability)
ULIMITS = listing(_ulimit, lambda raw: f"{raw['Name']}:{raw['Soft']}:{raw['Hard']}")
MAPPING = mapping()
SETTINGS = mapping(setting)
# Whoever is in a group is so by himself: nothing that is said about a container tells it.
LABELS = Codec(lambda value: _group.without(MAPPING.encode(value)), lambda raw: _group.without(MAPPING.decode(raw)))


def parse_mac(value: t.Any) -> str:
    text = plain(value).strip().lower().replace("-", ":")
    if not re.match(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$", text):
        raise ValueError(f"{value!r} is not a MAC address; write it such as 02:42:ac:11:00:02, and quote it")
    return text


MAC = Codec(parse_mac, lenient(parse_mac))


def _link(value: t.Any) -> str:
    name, _colon, alias = plain(value).partition(":")
    return f"{name}:{alias or name}"


def _link_back(raw: str) -> str:
    # The engine shows /other:/this/alias.
    name, _colon, alias = raw.partition(":")
    return f"{name.lstrip('/')}:{alias.rpartition('/')[2]}"


def _security_item(value: t.Any) -> str:
    text = plain(value).strip()
    found = re.match(r"^([a-z-]+)[=:](.*)$", text, re.DOTALL)
    key, item = (found[1], found[2]) if found else (text, "")
    if key == "no-new-privileges":
        return key if item in ("", "true") else f"{key}={item}"
    if key == "seccomp" and item.lstrip().startswith("{"):
        item = _compact(item)
    return f"{key}={item}" if found else text


def _compact(profile: str) -> str:
    """As the docker CLI sends it."""
    try:
        return json.dumps(json.loads(profile), separators=(",", ":"), ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"the seccomp profile is no JSON: {error}") from error


def _security(value: t.Iterable[t.Any]) -> tuple[t.Any, t.Any, t.Any]:
    """The docker CLI turns systempaths=unconfined into two empty lists of paths."""
    items = [_security_item(item) for item in value]
    rest = [item for item in items if item != "systempaths=unconfined"]
    return (rest or None, [], []) if len(rest) < len(items) else (rest or None, None, None)


def _security_back(raw: tuple[t.Any, t.Any, t.Any]) -> list[str]:
    options, masked, _read_only = raw
    items = {lenient(_security_item)(item) for item in options or []}
    return sorted(items | ({"systempaths=unconfined"} if masked == [] else set()))


LINKS = listing(_link, _link_back)
SECURITY = Codec(_security, _security_back)


# A healthcheck's durations -> their places in the API.
_TIMES = {
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
    if isinstance(value, (bool, int, float)):
        raise ValueError(f"test: {value} is no command; quote it")
    if isinstance(value, str):
        return ["NONE"] if value.strip() == "NONE" else ["CMD-SHELL", value]
    test = [plain(item) for item in value]
    if test and test[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise ValueError("test: a list begins with CMD, CMD-SHELL or NONE; write a text to run it in a shell")
    return test


def _healthcheck(value: t.Mapping[str, t.Any]) -> Json:
    check: Json = {}
    if value.get("test") not in (None, "", []):
        check["Test"] = _test(value["test"])
    for name, key in _TIMES.items():
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
    for name, key in _TIMES.items():
        if raw.get(key):
            check[name] = format_duration(raw[key])
    if raw.get("Retries"):
        check["retries"] = raw["Retries"]
    return dict(sorted(check.items()))


HEALTHCHECK = Codec(_healthcheck, _healthcheck_back)


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
        "Options": {str(key): setting(item) for key, item in (value.get("options") or {}).items()},
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
