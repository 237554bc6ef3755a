# SPDX-License-Identifier: GPL-3.0-or-later

"""Merging the keys that the task sets into the configuration that is there. Everything else stays, in order."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import InvalidInput
from .._log_drivers.options import option_texts, options_of_other_drivers
from .._types import Json

DEFAULT_DRIVER = "json-file"

# What dockerd expects (its config struct, 20.10 to 29); a value of another type stops it. Keys that are not here are
# taken as they come.
_BOOLEANS = frozenset(
    "allow-direct-routing bridge-nf-call-iptables cri-containerd debug disable-legacy-registry experimental icc init "
    "ip-forward ip-forward-no-drop ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs "
    "selinux-enabled tls tlsverify userland-proxy validate".split()
)
_NUMBERS = frozenset(
    "cpu-rt-period cpu-rt-runtime max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu "
    "network-control-plane-mtu network-diagnostic-port oom-score-adjust shutdown-timeout swarm-raft-election-tick "
    "swarm-raft-heartbeat-tick".split()
)
_LISTS = frozenset(
    "allow-nondistributable-artifacts authorization-plugins cdi-spec-dirs default-address-pools dns dns-opts dns-search "
    "exec-opts host-gateway-ips hosts insecure-registries labels node-generic-resources registry-mirrors "
    "storage-opts".split()
)
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")

# Taken over by a running dockerd on SIGHUP; everything else waits for a restart. A key that is *removed* keeps its
# value until the restart: dockerd only looks at keys that are in the file.
RELOADABLE = frozenset(
    "allow-nondistributable-artifacts authorization-plugins debug default-runtime features insecure-registries labels "
    "live-restore max-concurrent-downloads max-concurrent-uploads max-download-attempts registry-mirrors runtimes "
    "shutdown-timeout".split()
)


@dataclasses.dataclass(frozen=True)
class MergeResult:
    """The configuration as it should be, and the log options that had to go."""

    config: Json
    dropped: tuple[str, ...]


def merge_config(present: Json, desired: Json) -> MergeResult:
    """``desired`` over ``present``: dictionaries deeply, ``None`` removes, anything else replaces.

    ``log-opts`` starts anew when the driver changes, and loses what belongs to another driver: either would stop
    dockerd (seen: journald with max-size).

    :raises InvalidInput: a value cannot be what dockerd wants.
    """
    # Also what is there: with a value of another type dockerd would not start again, neither new nor rolled back.
    base = convert_types(present)
    changes = convert_types(desired)
    driver = changes.get("log-driver") or (DEFAULT_DRIVER if "log-driver" in changes else log_driver_of(present))
    stale: list[str] = []
    if driver != log_driver_of(present):
        stale = list(base.pop("log-opts", None) or {})
    config = _deep_merge(base, changes)
    options = option_texts(config.get("log-opts") or {}, "log-opts")
    # Options are only sorted out where the task is about logs.
    foreign = [
        name
        for name in (options_of_other_drivers(driver, options) if changes.keys() & {"log-driver", "log-opts"} else ())
        if name not in (changes.get("log-opts") or {})
    ]
    options = {name: value for name, value in options.items() if name not in foreign}
    if options:
        config["log-opts"] = options
    elif "log-opts" in config:
        del config["log-opts"]
    # An empty log-opts that was there stays there: it does no harm and nobody asked.
    if present.get("log-opts") == {} and "log-opts" not in config and driver == log_driver_of(present):
        config = _in_order(present, {**config, "log-opts": {}})
    dropped = [name for name in (*stale, *foreign) if name not in options]
    return MergeResult(_in_order(present, config), tuple(dropped))


def log_driver_of(config: Json) -> str:
    return str(config.get("log-driver") or DEFAULT_DRIVER)


def convert_types(desired: Json) -> Json:
    """Values as dockerd wants them: ``debug: "yes"`` becomes true, ``max-size: 30`` in log-opts ``"30"``.

    :raises InvalidInput: it cannot be done.
    """
    return {key: _convert(key, value) for key, value in desired.items()}


def needs_restart(before: Json, after: Json) -> bool:
    """Whether a running dockerd takes the difference over by a reload."""
    keys = {key for key in {*before, *after} if before.get(key) != after.get(key) or (key in before) != (key in after)}
    return any(key not in RELOADABLE or key not in after for key in keys)


def _deep_merge(base: Json, desired: Json) -> Json:
    result = dict(base)
    for key, value in desired.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _deep_merge(result[key] if isinstance(result.get(key), dict) else {}, value)
        else:
            result[key] = value
    return result


def _in_order(present: Json, config: Json) -> Json:
    """The keys that were there where they were, new ones at the end."""
    kept = {key: config[key] for key in present if key in config}
    return {**kept, **{key: value for key, value in config.items() if key not in kept}}


def _convert(key: str, value: t.Any) -> t.Any:
    if value is None:
        return None
    if key == "log-opts":
        return option_texts(value, key)
    if key == "log-driver" and not isinstance(value, str):
        raise InvalidInput(f"log-driver must be a driver's name, not {value!r}.", object=key)
    if key in _BOOLEANS:
        return _boolean(key, value)
    if key in _NUMBERS:
        return _number(key, value)
    if key in _LISTS and not isinstance(value, list):
        return [value]
    return value


def _boolean(key: str, value: t.Any) -> bool:
    text = str(value).lower()
    if text not in _TRUE + _FALSE:
        raise InvalidInput(f"{key} must be true or false, not {value!r}.", object=key)
    return text in _TRUE


def _number(key: str, value: t.Any) -> int:
    try:
        number = int(value)
        if isinstance(value, bool) or (isinstance(value, float) and number != value) or abs(number) >= 1 << 63:
            raise ValueError(value)
        return number
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{key} must be a whole number, not {value!r}.", object=key) from error
