# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that were not quoted, so that YAML converted them before Ansible passed them on.

1.50 has become 1.5, ``no`` has become false, 22:22 has become 1342 (base 60). Ansible turns them back
into texts, but not into those that were written.
"""

from __future__ import annotations

import typing as t

Entries = t.Mapping[str, t.Mapping[str, t.Any]]

# Options that are amounts, for which 1.5 and 1.50 are the same.
_AMOUNTS = frozenset(
    ("interval", "memory", "memory_reservation", "memory_swap", "rate", "shm_size", "since", "start_interval", "start_period",
     "timeout", "tmpfs_size", "truncate_over", "until")
)  # fmt: skip


def find_conversions(entries: Entries, given: t.Mapping[str, t.Any], where: str = "") -> t.Iterator[str]:
    """Messages about arguments that YAML has converted to something other than what was written.

    :param entries: the argument spec.
    :param given: arguments before Ansible has converted them.
    """
    names = {alias: name for name, entry in entries.items() for alias in (name, *entry.get("aliases", ()))}
    for option, value in given.items():
        name = names.get(option)
        if name is not None:
            yield from _check_option(name, entries[name], value, f"{where}{option}")


def _check_option(name: str, entry: t.Mapping[str, t.Any], value: t.Any, where: str) -> t.Iterator[str]:
    kind = entry.get("type", "str")
    several = kind == "list"
    kind = entry.get("elements", "raw") if several else kind
    for item in value if several and isinstance(value, list) else [value]:
        if kind == "dict" and isinstance(item, dict) and entry.get("options"):
            yield from find_conversions(entry["options"], item, f"{where}.")
        elif kind in ("str", "path"):
            problem = _check_text(name, item, choices=bool(entry.get("choices")))
            if problem:
                yield f"{where}: {problem}"


def _check_text(name: str, value: t.Any, *, choices: bool) -> str | None:
    if isinstance(value, bool):
        # Ansible accepts a boolean for a choice named yes or no.
        return None if choices else explain_conversion(value)
    if isinstance(value, float):
        # 1.41 is right, 1.40 has become 1.4.
        exact = name in _AMOUNTS or (name == "api_version" and len(str(value).partition(".")[2]) > 1)
        return None if exact else explain_conversion(value)
    if not isinstance(value, int):
        return None
    minutes, seconds = divmod(value, 60)
    if (name == "published_ports" and _looks_like_ports(value)) or (name == "user" and _looks_like_user(value)):
        return (
            f"{value} is what YAML makes of {minutes}:{seconds}; quote it, or write it as text if the number is meant"
        )
    return None


def _looks_like_ports(value: int) -> bool:
    """Too high for a port, or the usual 22:22 and 222:22; any other number is a port of the container."""
    host, container = divmod(value, 60)
    return value > 65535 or (container > 0 and host % 100 == container)


def _looks_like_user(value: int) -> bool:
    """33:33 or 1000:50; 65530 and above are nobody, and what is higher comes from a directory."""
    user, group = divmod(value, 60)
    return (group > 0 and user == group) or 60000 <= value < 65530


def explain_conversion(value: t.Any) -> str:
    """Why a boolean or a floating-point number is not accepted as text."""
    if isinstance(value, bool):
        return f"YAML made {'true' if value else 'false'} of it, which may have been yes, no, on or off; quote it"
    return f"YAML made the number {value} of it, and drops a 0 at the end; quote it"
