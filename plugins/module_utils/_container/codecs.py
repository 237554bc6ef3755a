# SPDX-License-Identifier: GPL-3.0-or-later

"""Codecs of texts, numbers, lists and mappings, and of the options made of them."""

from __future__ import annotations

import re
import typing as t

from .. import _group
from .._notation.signals import parse_signal
from .option import Codec
from .values import (
    address_or_text,
    clean_path,
    parse_absolute_path,
    parse_address,
    parse_driver_option,
    parse_item,
    parse_key,
    parse_mac_address,
    parse_text,
    parse_words,
    text_if_invalid,
)


def list_codec(
    encode: t.Callable[[t.Any], t.Any] = parse_text,
    decode: t.Callable[[t.Any], t.Any] = str,
    *,
    ordered: bool = False,
) -> Codec:
    """A list of items; unless ``ordered``, a set: sorted and without duplicates."""

    def normalize(items: list[t.Any]) -> list[t.Any]:
        if ordered:
            return items
        unique: list[t.Any] = []
        for item in sorted(items, key=repr):
            if item not in unique:
                unique.append(item)
        return unique

    return Codec(
        encode=lambda value: [encode(item) for item in value],
        decode=lambda raw: normalize([decode(item) for item in raw or []]),
    )


def mapping_codec(parse: t.Callable[[t.Any], str] = parse_text) -> Codec:
    """A mapping of texts."""

    def encode(value: t.Mapping[str, t.Any]) -> dict[str, str]:
        result = {}
        for key, item in value.items():
            if item is None:
                raise ValueError(f"{key} has no value; write '' for an empty one")
            result[parse_key(key)] = parse_item(key, parse, item)
        return result

    return Codec(encode=encode, decode=lambda raw: dict(sorted(raw.items())))


def integer_codec(low: int, high: int | None = None, *, also: t.Collection[int] = (0,)) -> Codec:
    """Whole numbers of a range, or some others that mean that the option is not set."""

    def encode(value: t.Any) -> int:
        number = int(value)
        if number not in also and (number < low or (high is not None and number > high)):
            wide = f"between {low} and {high}" if high is not None else f"{low} or more"
            raise ValueError(f"{number} is out of range; write a number {wide}")
        return number

    return Codec(encode, int)


TEXT = Codec(parse_text, str)
INTEGER = Codec(int, int)
FLAG = Codec(bool, bool)
PATH = Codec(parse_absolute_path, clean_path)
SIGNAL = Codec(parse_signal, text_if_invalid(parse_signal))
MAC_ADDRESS = Codec(parse_mac_address, text_if_invalid(parse_mac_address))
WORDS = Codec(parse_words, list)
# The engine takes [""] for an entrypoint that is reset, and shows null.
ENTRYPOINT = Codec(lambda value: parse_words(value) or [""], lambda raw: [] if raw == [""] else list(raw))
TEXTS = list_codec()
ORDERED_TEXTS = list_codec(ordered=True)
ADDRESSES = list_codec(parse_address, address_or_text, ordered=True)
MAPPING = mapping_codec()
DRIVER_OPTIONS = mapping_codec(parse_driver_option)
# The labels of a group are not options: each container has its own.
LABELS = Codec(
    lambda value: _group.remove_group_labels(MAPPING.encode(value)),
    lambda raw: _group.remove_group_labels(MAPPING.decode(raw)),
)


# -- environment variables --------------------------------------------------------------------------------------------

# Variables whose values are octal.
_OCTAL = re.compile(r"umask|chmod|perms$|permissions?$|(file|dir|directory|folder)_?mode$", re.IGNORECASE)


def split_variable(item: str) -> tuple[str, str | None]:
    """``NAME=value`` as a pair. A name without ``=`` takes out a variable of the image (``docker run --env NAME``)."""
    key, equals, value = item.partition("=")
    return key, value if equals else None


def _encode_env(value: t.Mapping[str, t.Any]) -> list[str]:
    result = []
    for key, item in value.items():
        if not str(key) or "=" in str(key) or "\0" in f"{key}{item}":
            raise ValueError(f"{key!r} cannot be an environment variable; its name has no = and neither part a NUL")
        name = parse_key(key)
        if isinstance(item, int) and _OCTAL.search(name):
            raise ValueError(f"{name}: a number with 0 before it is another one for YAML (022 is 18); quote it")
        result.append(name if item is None else f"{name}={parse_item(name, parse_text, item)}")
    return result


def _decode_env(raw: list[str]) -> dict[str, str | None]:
    return dict(sorted((split_variable(item) for item in raw), key=lambda pair: pair[0]))


ENV = Codec(_encode_env, _decode_env)


# -- hosts and links --------------------------------------------------------------------------------------------------


def _parse_host_address(value: t.Any) -> str:
    if value == "host-gateway":
        return str(value)
    try:
        return parse_address(value)
    except ValueError as error:
        raise ValueError(f"{error}; write one, or host-gateway") from error


def _encode_hosts(value: t.Mapping[str, t.Any]) -> list[str]:
    result: list[str] = []
    for host, addresses in value.items():
        several = addresses if isinstance(addresses, list) else [addresses]
        result.extend(f"{host}:{_parse_host_address(address)}" for address in several)
    return result


def _decode_hosts(raw: list[str]) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {}
    for entry in raw:
        host, _separator, address = entry.replace("=", ":", 1).partition(":")
        address = address_or_text(address)
        if host in result:
            earlier = result[host]
            result[host] = [*(earlier if isinstance(earlier, list) else [earlier]), address]
        else:
            result[host] = address
    return dict(sorted(result.items()))


def _encode_link(value: t.Any) -> str:
    name, _colon, alias = parse_text(value).partition(":")
    return f"{name}:{alias or name}"


def _decode_link(raw: str) -> str:
    # The engine shows /other:/this/alias.
    name, _colon, alias = raw.partition(":")
    return f"{name.lstrip('/')}:{alias.rpartition('/')[2]}"


HOSTS = Codec(_encode_hosts, _decode_hosts)
LINKS = list_codec(_encode_link, _decode_link)
