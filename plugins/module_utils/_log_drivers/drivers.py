# SPDX-License-Identifier: GPL-3.0-or-later

"""The log drivers and the options that each of them takes, as data."""

from __future__ import annotations

import dataclasses
import typing as t

from .values import (
    ValueCheck,
    address,
    any_text,
    boolean,
    buffer_size,
    duration,
    facility,
    fluentd_address,
    one_of,
    parse_boolean,
    positive_size,
    template,
    whole_number,
)

Options = t.Mapping[str, str]
Rule = t.Callable[[Options], t.Optional[str]]

_ATTRIBUTES: dict[str, ValueCheck] = {
    "env": any_text,
    "env-regex": any_text,
    "labels": any_text,
    "labels-regex": any_text,
    "tag": template,
}
# For every driver: buffering, and since 20.10 the local copy that makes 'docker logs' work with remote drivers.
COMMON_OPTIONS: dict[str, ValueCheck] = {
    "cache-compress": boolean,
    "cache-disabled": boolean,
    "cache-max-file": whole_number(1),
    "cache-max-size": positive_size,
    "max-buffer-size": buffer_size,
    "mode": one_of("blocking", "non-blocking"),
}
_FILE: dict[str, ValueCheck] = {"compress": boolean, "max-file": whole_number(1), "max-size": positive_size}


@dataclasses.dataclass(frozen=True)
class Driver:
    """What a driver takes, and the rules between its options (each returns what is wrong, or ``None``)."""

    options: t.Mapping[str, ValueCheck]
    required: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    # Where its lines end up: a file below the engine's data root that is bounded only by max-size, one that is always
    # bounded, or somewhere else.
    stores: str = "elsewhere"


def _json_file_compress(options: Options) -> str | None:
    if not parse_boolean(options.get("compress")):
        return None
    if "max-size" in options and int(options.get("max-file", "1")) > 1:
        return None
    return "compress needs max-size, and max-file of at least 2: only rotated files are compressed"


def _local_compress(options: Options) -> str | None:
    if parse_boolean(options.get("compress"), True) and int(options.get("max-file", "5")) <= 1:
        return "max-file 1 needs compress: false, since the local driver compresses unless told otherwise"
    return None


def needs_non_blocking(options: Options) -> str | None:
    if "max-buffer-size" in options and options.get("mode") != "non-blocking":
        return "max-buffer-size needs mode: non-blocking"
    return None


def _gelf_transport(options: Options) -> str | None:
    tcp = options.get("gelf-address", "").startswith("tcp://")
    wrong = sorted(o for o in options if o.startswith("gelf-compression" if tcp else "gelf-tcp-"))
    return f"{', '.join(wrong)} cannot be used with a {'tcp' if tcp else 'udp'} gelf-address" if wrong else None


def _exclusive(*names: str) -> Rule:
    def rule(options: Options) -> str | None:
        given = [name for name in names if name in options]
        return f"{' and '.join(given)} exclude each other" if len(given) > 1 else None

    return rule


DRIVERS: dict[str, Driver] = {
    "awslogs": Driver(
        {
            "awslogs-create-group": boolean,
            "awslogs-create-stream": boolean,
            "awslogs-credentials-endpoint": any_text,
            "awslogs-datetime-format": any_text,
            "awslogs-endpoint": any_text,
            "awslogs-force-flush-interval-seconds": whole_number(1),
            "awslogs-format": one_of("json/emf"),
            "awslogs-group": any_text,
            "awslogs-max-buffered-events": whole_number(1),
            "awslogs-multiline-pattern": any_text,
            "awslogs-region": any_text,
            "awslogs-stream": any_text,
            "tag": template,
        },
        required=("awslogs-group",),
        rules=(_exclusive("awslogs-datetime-format", "awslogs-multiline-pattern", "awslogs-format"),),
    ),
    "fluentd": Driver(
        {
            **_ATTRIBUTES,
            "fluentd-address": fluentd_address,
            "fluentd-async": boolean,
            "fluentd-async-connect": boolean,
            "fluentd-async-reconnect-interval": duration,
            "fluentd-buffer-limit": buffer_size,
            "fluentd-max-retries": whole_number(0),
            "fluentd-request-ack": boolean,
            "fluentd-retry-wait": duration,
            "fluentd-sub-second-precision": boolean,
            "fluentd-write-timeout": duration,
        },
        rules=(_exclusive("fluentd-async", "fluentd-async-connect"),),
    ),
    "gcplogs": Driver(
        {
            "env": any_text,
            "env-regex": any_text,
            "gcp-log-cmd": boolean,
            "gcp-meta-id": any_text,
            "gcp-meta-name": any_text,
            "gcp-meta-zone": any_text,
            "gcp-project": any_text,
            "labels": any_text,
            "labels-regex": any_text,
        },
    ),
    "gelf": Driver(
        {
            **_ATTRIBUTES,
            "gelf-address": address("udp", "tcp", port=True),
            "gelf-compression-level": whole_number(-1, 9),
            "gelf-compression-type": one_of("gzip", "zlib", "none"),
            "gelf-tcp-max-reconnect": whole_number(0),
            "gelf-tcp-reconnect-delay": whole_number(0),
        },
        required=("gelf-address",),
        rules=(_gelf_transport,),
    ),
    "journald": Driver(_ATTRIBUTES, stores="journal"),
    "json-file": Driver({**_ATTRIBUTES, **_FILE}, rules=(_json_file_compress,), stores="file"),
    "local": Driver({**_ATTRIBUTES, **_FILE}, rules=(_local_compress,), stores="bounded"),
    "none": Driver({}, stores="nowhere"),
    "splunk": Driver(
        {
            **_ATTRIBUTES,
            "splunk-caname": any_text,
            "splunk-capath": any_text,
            "splunk-format": one_of("inline", "json", "raw"),
            "splunk-gzip": boolean,
            "splunk-gzip-level": whole_number(-1, 9),
            "splunk-index": any_text,
            "splunk-index-acknowledgment": boolean,
            "splunk-insecureskipverify": boolean,
            "splunk-source": any_text,
            "splunk-sourcetype": any_text,
            "splunk-token": any_text,
            "splunk-url": address("http", "https"),
            "splunk-verify-connection": boolean,
        },
        required=("splunk-token", "splunk-url"),
    ),
    "syslog": Driver(
        {
            **_ATTRIBUTES,
            "syslog-address": address("udp", "tcp", "tcp+tls", "unix", "unixgram"),
            "syslog-facility": facility,
            "syslog-format": one_of("rfc3164", "rfc5424", "rfc5424micro"),
            "syslog-tls-ca-cert": any_text,
            "syslog-tls-cert": any_text,
            "syslog-tls-key": any_text,
            "syslog-tls-skip-verify": any_text,
        },
    ),
}
