# SPDX-License-Identifier: GPL-3.0-or-later

"""Codecs of limits: sizes, CPUs, ulimits, and the rates and weights of block devices."""

from __future__ import annotations

import re
import typing as t

from .._notation.sizes import format_size, parse_size
from .._types import Json
from .codecs import integer_codec, list_codec
from .option import Codec
from .values import parse_text


def _encode_memory_swap(value: t.Any) -> int:
    return -1 if str(value).strip().lower() in ("-1", "unlimited") else parse_size(value)


def _decode_memory_swap(raw: int) -> str:
    return "-1" if raw == -1 else format_size(raw)


def _encode_cpus(value: t.Any) -> int:
    if not 0 <= float(value) < 1e9:
        raise ValueError(f"{value!r} is no number of CPUs such as 1.5")
    return round(float(value) * 1e9)


def _encode_ulimit(value: t.Any) -> dict[str, t.Any]:
    found = re.match(r"^([a-z]+)[:=](-?\d+)(?::(-?\d+))?$", parse_text(value).strip().lower())
    if not found:
        raise ValueError(f"{value!r} is no ulimit; write name:soft[:hard], such as nofile:1024:2048")
    soft = int(found[2])
    return {"Name": found[1], "Soft": soft, "Hard": int(found[3]) if found[3] else soft}


def _rate_codec(parse: t.Callable[[t.Any], int], show: t.Callable[[int], t.Any]) -> Codec:
    return list_codec(
        lambda entry: {"Path": parse_text(entry["path"]), "Rate": parse(entry["rate"])},
        lambda raw: {"path": raw["Path"], "rate": show(raw["Rate"])},
    )


SIZE = Codec(parse_size, format_size)
MEMORY_SWAP = Codec(_encode_memory_swap, _decode_memory_swap)
CPUS = Codec(_encode_cpus, lambda raw: raw / 1e9)
ULIMITS = list_codec(_encode_ulimit, lambda raw: f"{raw['Name']}:{raw['Soft']}:{raw['Hard']}")
WEIGHT = integer_codec(10, 1000)
WEIGHTS = list_codec(
    lambda entry: {"Path": parse_text(entry["path"]), "Weight": WEIGHT.encode(entry["weight"])},
    lambda raw: {"path": raw["Path"], "weight": raw["Weight"]},
)
BYTES_PER_SECOND = _rate_codec(parse_size, format_size)
OPERATIONS_PER_SECOND = _rate_codec(int, int)
WEIGHT_SPEC: Json = {"path": {"type": "str", "required": True}, "weight": {"type": "int", "required": True}}
BPS_SPEC: Json = {"path": {"type": "str", "required": True}, "rate": {"type": "str", "required": True}}
IOPS_SPEC: Json = {"path": {"type": "str", "required": True}, "rate": {"type": "int", "required": True}}
