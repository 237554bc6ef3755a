# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor 2: reversible conversions of plain values: texts, numbers, sizes, durations, lists, mappings."""

from __future__ import annotations

import re
import shlex
import signal
import typing as t

from .option import Codec

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?$", re.IGNORECASE)
_NANOSECONDS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def parse_size(value: t.Any) -> int:
    """Bytes of ``512m``, ``1.5g``, ``64MiB`` or a number; the units are binary, as the docker CLI has them."""
    found = _SIZE.match(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no size; write bytes or a number with k, m, g, t or p, such as 512m")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def format_size(number: int) -> str:
    """The shortest exact form: ``512m``, not ``536870912``."""
    for unit in ("p", "t", "g", "m", "k"):
        if number and number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]}{unit}"
    return str(number)


def parse_duration(value: t.Any) -> int:
    """Nanoseconds of ``1m30s``, ``500ms`` or a number of seconds."""
    text = str(value).strip().replace(" ", "")
    if re.match(r"^\d+(\.\d+)?$", text):
        return round(float(text) * _NANOSECONDS["s"])
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{value!r} is no duration; write it such as 1m30s, 90s or 500ms")
    return round(sum(float(number) * _NANOSECONDS[unit.replace("µ", "u")] for number, unit in parts))


def format_duration(nanoseconds: int) -> str:
    """``90000000000`` as ``1m30s``."""
    text = ""
    for unit, factor in _NANOSECONDS.items():
        count, nanoseconds = divmod(nanoseconds, factor)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_signal(value: t.Any) -> str:
    """``SIGTERM`` of ``TERM``, ``SIGTERM`` or ``15``; real-time signals as they are."""
    text = str(value).strip().upper()
    if text.isdigit():
        try:
            return signal.Signals(int(text)).name
        except ValueError:
            return text
    text = text if text.startswith("SIG") else f"SIG{text}"
    if text not in signal.Signals.__members__ and not re.match(r"^SIGRTM(IN(\+\d+)?|AX(-\d+)?)$", text):
        raise ValueError(f"{value!r} is no signal; write it such as SIGTERM, TERM or 15")
    return text


def plain(value: t.Any) -> str:
    """A scalar as text, booleans as ``true`` and ``false``.

    :raises ValueError: it is no scalar.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError(f"{value!r} is no text; quote it")


def words(value: t.Any) -> list[str]:
    """A command as a list: text is split as a POSIX shell would, without running one."""
    if isinstance(value, str):
        return shlex.split(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise ValueError(f"{value!r} is no command; write text or a list")


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
            result[str(key)] = encode(item)
        return result

    return Codec(encode=encoded, decode=lambda raw: dict(sorted(raw.items())))


def _one_of_env(item: str) -> tuple[str, str]:
    key, _equals, value = item.partition("=")
    return key, value


def _env(value: t.Mapping[str, t.Any]) -> list[str]:
    result = []
    for key, item in value.items():
        if item is None:
            raise ValueError(f"{key} has no value; write '' for an empty one")
        if not str(key) or "=" in str(key) or "\0" in f"{key}{item}":
            raise ValueError(f"{key!r} cannot be the name of an environment variable")
        result.append(f"{key}={plain(item)}")
    return result


def _short_capability(value: t.Any) -> str:
    # 20.10 keeps CAP_ as it was written, 26.1 puts it before each: the normal form goes without.
    text = plain(value).strip().upper()
    return text[len("CAP_") :] if text.startswith("CAP_") else text


def _capability(value: t.Any) -> str:
    text = _short_capability(value)
    return text if text == "ALL" else f"CAP_{text}"


def _hosts(value: t.Mapping[str, t.Any]) -> list[str]:
    result: list[str] = []
    for host, addresses in value.items():
        several = addresses if isinstance(addresses, list) else [addresses]
        result.extend(f"{host}:{plain(address)}" for address in several)
    return result


def _hosts_back(raw: list[str]) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {}
    for entry in raw:
        host, address = re.split(r"[:=]", entry, maxsplit=1)
        address = address.strip("[]")
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
    number = round(float(value) * 1e9)
    if number < 0:
        raise ValueError(f"{value!r} is negative; write a number of CPUs such as 1.5")
    return number


def _absolute(value: t.Any) -> str:
    text = plain(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} is not an absolute path in the container")
    return text


TEXT = Codec(plain, str)
INTEGER = Codec(int, int)
FLAG = Codec(bool, bool)
PATH = Codec(_absolute, str)
SIZE = Codec(parse_size, format_size)
SWAP = Codec(_memory_swap, lambda raw: "-1" if raw == -1 else format_size(raw))
CPUS = Codec(_cpus, lambda raw: raw / 1e9)
SIGNAL = Codec(parse_signal, parse_signal)
WORDS = Codec(words, list)
# An entrypoint that is reset is [""] on the way in and null on the way out.
ENTRYPOINT = Codec(lambda value: words(value) or [""], lambda raw: [] if raw == [""] else list(raw))
ENV = Codec(_env, lambda raw: dict(sorted(_one_of_env(item) for item in raw)))
HOSTS = Codec(_hosts, _hosts_back)
TEXTS = listing()
ORDERED = listing(ordered=True)
CAPABILITIES = listing(_capability, _short_capability)
ULIMITS = listing(_ulimit, lambda raw: f"{raw['Name']}:{raw['Soft']}:{raw['Hard']}")
MAPPING = mapping()
MAC = Codec(lambda value: plain(value).lower().replace("-", ":"), lambda raw: raw.lower())


def _link(value: t.Any) -> str:
    name, _colon, alias = plain(value).partition(":")
    return f"{name}:{alias or name}"


def _link_back(raw: str) -> str:
    # The engine shows /other:/this/alias.
    name, _colon, alias = raw.partition(":")
    return f"{name.lstrip('/')}:{alias.rpartition('/')[2]}"


def _security_item(value: t.Any) -> str:
    text = plain(value).strip()
    key, separator, item = text.partition("=") if "=" in text else text.partition(":")
    if key == "no-new-privileges":
        return key if item in ("", "true") else f"{key}={item}"
    return f"{key}={item}" if separator else text


def _security(value: t.Iterable[t.Any]) -> tuple[t.Any, t.Any, t.Any]:
    """The docker CLI turns systempaths=unconfined into two empty lists of paths."""
    items = [_security_item(item) for item in value]
    rest = [item for item in items if item != "systempaths=unconfined"]
    return (rest or None, [], []) if len(rest) < len(items) else (rest or None, None, None)


def _security_back(raw: tuple[t.Any, t.Any, t.Any]) -> list[str]:
    options, masked, _read_only = raw
    items = {_security_item(item) for item in options or []}
    return sorted(items | ({"systempaths=unconfined"} if masked == [] else set()))


LINKS = listing(_link, _link_back)
SECURITY = Codec(_security, _security_back)
