# SPDX-License-Identifier: GPL-3.0-or-later

"""Codecs of capabilities and security options."""

from __future__ import annotations

import json
import re
import typing as t

from .codecs import list_codec
from .option import Codec
from .values import parse_text, text_if_invalid


def _decode_capability(value: t.Any) -> str:
    # 20.10 keeps CAP_ as written, 26.1 puts it before each.
    text = parse_text(value).strip().upper()
    return text[len("CAP_") :] if text.startswith("CAP_") else text


def _encode_capability(value: t.Any) -> str:
    text = _decode_capability(value)
    return text if text == "ALL" else f"CAP_{text}"


def _parse_security_option(value: t.Any) -> str:
    text = parse_text(value).strip()
    found = re.match(r"^([a-z-]+)[=:](.*)$", text, re.DOTALL)
    key, item = (found[1], found[2]) if found else (text, "")
    if key == "no-new-privileges":
        return key if item in ("", "true") else f"{key}={item}"
    if key == "seccomp" and item.lstrip().startswith("{"):
        item = _compact_json(item)
    return f"{key}={item}" if found else text


def _compact_json(profile: str) -> str:
    """The seccomp profile as the docker CLI sends it."""
    try:
        return json.dumps(json.loads(profile), separators=(",", ":"), ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"the seccomp profile is no JSON: {error}") from error


def _encode_security(value: t.Iterable[t.Any]) -> tuple[t.Any, t.Any, t.Any]:
    """The docker CLI turns systempaths=unconfined into two empty lists of paths."""
    items = [_parse_security_option(item) for item in value]
    rest = [item for item in items if item != "systempaths=unconfined"]
    return (rest or None, [], []) if len(rest) < len(items) else (rest or None, None, None)


def _decode_security(raw: tuple[t.Any, t.Any, t.Any]) -> list[str]:
    options, masked, _read_only = raw
    items = {text_if_invalid(_parse_security_option)(item) for item in options or []}
    return sorted(items | ({"systempaths=unconfined"} if masked == [] else set()))


CAPABILITIES = list_codec(_encode_capability, _decode_capability)
SECURITY = Codec(_encode_security, _decode_security)
