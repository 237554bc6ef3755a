# SPDX-License-Identifier: GPL-3.0-or-later

"""What each log driver takes, as data, and what is wrong with a set of options.

dockerd checks the names when it starts and the values only when a container is created or started: a bad value passes
``dockerd --validate`` and the restart, and then breaks every new container (seen on 20.10 and 26.1). So the values are
checked here, as the drivers' own code does it.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ._notation.durations import parse_duration
from ._notation.sizes import parse_size

Options = t.Mapping[str, str]

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip


def size(text: str, base: int = 1000) -> int | None:
    """Bytes of a size, ``None`` when it is not one.

    :param base: log sizes are decimal whatever their suffix says (go-units' ``FromHumanSize``), buffer sizes binary (1024).
    """
    try:
        return parse_size(text, base)
    except ValueError:
        return None


def truth(text: str | None, default: bool = False) -> bool:
    """A boolean as Go reads it."""
    return default if text is None else text in _TRUE


# -- kinds of values: each says what a value should be, or None when it is fine ---------------------------------------


def _any(_value: str) -> str | None:
    return None


def _positive_size(value: str) -> str | None:
    return None if (size(value) or 0) > 0 else "a size above zero such as '30m' or '1g'"


def _buffer_size(value: str) -> str | None:
    return None if size(value, 1024) is not None else "a size such as '4m'"


def _boolean(value: str) -> str | None:
    return None if value in _TRUE + _FALSE else "'true' or 'false'"


def _duration(value: str) -> str | None:
    try:
        parse_duration(value, bare=False)
    except ValueError:
        return "a duration such as '500ms' or '1s'"
    return None


def _template(value: str) -> str | None:
    return None if value.count("{{") == value.count("}}") else "a Go template with balanced braces"


def _number(low: int, high: int | None = None) -> t.Callable[[str], str | None]:
    def check(value: str) -> str | None:
        wanted = f"a whole number from {low}" + (f" to {high}" if high is not None else "")
        try:
            number = int(value)
        except ValueError:
            return wanted
        return None if number >= low and (high is None or number <= high) else wanted

    return check


def _one_of(*choices: str) -> t.Callable[[str], str | None]:
    return lambda value: None if value in choices else f"one of {', '.join(choices)}"


def _address(*schemes: str, port: bool = False) -> t.Callable[[str], str | None]:
    def check(value: str) -> str | None:
        scheme, separator, rest = value.partition("://")
        fine = bool(separator and scheme in schemes and rest)
        if fine and port:
            fine = re.search(r":\d+$", rest) is not None
        form = "://HOST:PORT" if port else "://ADDRESS"
        return None if fine else f"an address of the form {' or '.join(s + form for s in schemes)}"

    return check


def _facility(value: str) -> str | None:
    fine = value in _FACILITIES or (value.isdigit() and int(value) <= 23)
    return None if fine else "a syslog facility such as 'daemon' or 'local3'"


def _fluentd_address(value: str) -> str | None:
    return None if re.match(r"^((tcp|tls|udp|unix|unixgram)://)?[^\s]+$", value) else "host:port, tcp://… or unix://…"


# -- the drivers -------------------------------------------------------------------------------------------------------

Kind = t.Callable[[str], t.Optional[str]]
Rule = t.Callable[[Options], t.Optional[str]]

_ATTRIBUTES: dict[str, Kind] = {"env": _any, "env-regex": _any, "labels": _any, "labels-regex": _any, "tag": _template}
# For every driver: buffering, and since 20.10 the local copy that makes 'docker logs' work with remote drivers.
_COMMON: dict[str, Kind] = {
    "cache-compress": _boolean,
    "cache-disabled": _boolean,
    "cache-max-file": _number(1),
    "cache-max-size": _positive_size,
    "max-buffer-size": _buffer_size,
    "mode": _one_of("blocking", "non-blocking"),
}
_FILE: dict[str, Kind] = {"compress": _boolean, "max-file": _number(1), "max-size": _positive_size}


@dataclasses.dataclass(frozen=True)
class Driver:
    """What a driver takes, and the rules between its options (each returns what is wrong, or ``None``)."""

    options: t.Mapping[str, Kind]
    required: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    # Where its lines end up: a file below the engine's data root that is bounded only by max-size, one that is always
    # bounded, or somewhere else.
    stores: str = "elsewhere"


def _json_file_compress(options: Options) -> str | None:
    if not truth(options.get("compress")):
        return None
    if "max-size" in options and int(options.get("max-file", "1")) > 1:
        return None
    return "compress needs max-size, and max-file of at least 2: only rotated files are compressed"


def _local_compress(options: Options) -> str | None:
    if truth(options.get("compress"), True) and int(options.get("max-file", "5")) <= 1:
        return "max-file 1 needs compress: false, since the local driver compresses unless told otherwise"
    return None


def _buffered(options: Options) -> str | None:
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
            "awslogs-create-group": _boolean,
            "awslogs-create-stream": _boolean,
            "awslogs-credentials-endpoint": _any,
            "awslogs-datetime-format": _any,
            "awslogs-endpoint": _any,
            "awslogs-force-flush-interval-seconds": _number(1),
            "awslogs-format": _one_of("json/emf"),
            "awslogs-group": _any,
            "awslogs-max-buffered-events": _number(1),
            "awslogs-multiline-pattern": _any,
            "awslogs-region": _any,
            "awslogs-stream": _any,
            "tag": _template,
        },
        required=("awslogs-group",),
        rules=(_exclusive("awslogs-datetime-format", "awslogs-multiline-pattern", "awslogs-format"),),
    ),
    "fluentd": Driver(
        {
            **_ATTRIBUTES,
            "fluentd-address": _fluentd_address,
            "fluentd-async": _boolean,
            "fluentd-async-connect": _boolean,
            "fluentd-async-reconnect-interval": _duration,
            "fluentd-buffer-limit": _buffer_size,
            "fluentd-max-retries": _number(0),
            "fluentd-request-ack": _boolean,
            "fluentd-retry-wait": _duration,
            "fluentd-sub-second-precision": _boolean,
            "fluentd-write-timeout": _duration,
        },
        rules=(_exclusive("fluentd-async", "fluentd-async-connect"),),
    ),
    "gcplogs": Driver(
        {
            "env": _any,
            "env-regex": _any,
            "gcp-log-cmd": _boolean,
            "gcp-meta-id": _any,
            "gcp-meta-name": _any,
            "gcp-meta-zone": _any,
            "gcp-project": _any,
            "labels": _any,
            "labels-regex": _any,
        },
    ),
    "gelf": Driver(
        {
            **_ATTRIBUTES,
            "gelf-address": _address("udp", "tcp", port=True),
            "gelf-compression-level": _number(-1, 9),
            "gelf-compression-type": _one_of("gzip", "zlib", "none"),
            "gelf-tcp-max-reconnect": _number(0),
            "gelf-tcp-reconnect-delay": _number(0),
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
            "splunk-caname": _any,
            "splunk-capath": _any,
            "splunk-format": _one_of("inline", "json", "raw"),
            "splunk-gzip": _boolean,
            "splunk-gzip-level": _number(-1, 9),
            "splunk-index": _any,
            "splunk-index-acknowledgment": _boolean,
            "splunk-insecureskipverify": _boolean,
            "splunk-source": _any,
            "splunk-sourcetype": _any,
            "splunk-token": _any,
            "splunk-url": _address("http", "https"),
            "splunk-verify-connection": _boolean,
        },
        required=("splunk-token", "splunk-url"),
    ),
    "syslog": Driver(
        {
            **_ATTRIBUTES,
            "syslog-address": _address("udp", "tcp", "tcp+tls", "unix", "unixgram"),
            "syslog-facility": _facility,
            "syslog-format": _one_of("rfc3164", "rfc5424", "rfc5424micro"),
            "syslog-tls-ca-cert": _any,
            "syslog-tls-cert": _any,
            "syslog-tls-key": _any,
            "syslog-tls-skip-verify": _any,
        },
    ),
}


def known_to(option: str) -> tuple[str, ...]:
    """The drivers that take an option."""
    return tuple(name for name, driver in DRIVERS.items() if option in driver.options)


def foreign(driver: str, options: t.Iterable[str]) -> tuple[str, ...]:
    """Options that another driver takes and this one does not: left behind by an earlier choice of the driver."""
    if driver not in DRIVERS or driver == "none":
        return ()
    taken = {**_COMMON, **DRIVERS[driver].options}
    return tuple(option for option in options if option not in taken and known_to(option))


@dataclasses.dataclass(frozen=True)
class Problem:
    """A sentence that names its key; ``option`` is ``None`` where several options do not go together."""

    option: str | None
    text: str


def problems(driver: str, options: Options) -> tuple[Problem, ...]:
    """What is wrong; nothing for a driver that is a plugin and for ``none``."""
    known = DRIVERS.get(driver)
    if known is None or driver == "none":
        return ()
    taken = {**_COMMON, **known.options}
    unknown = [Problem(option, _unknown(driver, option, taken)) for option in options if option not in taken]
    wrong = [
        Problem(option, f"log-opts.{option}: {value!r} is not {taken[option](value)}")
        for option, value in options.items()
        if option in taken and taken[option](value) is not None
    ]
    if wrong:
        return (*unknown, *wrong)
    missing = [
        Problem(None, f"log-opts.{name}: the driver {driver} does not work without it")
        for name in known.required
        if name not in options
    ]
    broken = [text for text in (rule(options) for rule in (*known.rules, _buffered)) if text is not None]
    return (*unknown, *missing, *(Problem(None, f"log-opts: {text}") for text in broken))


def caused(after: t.Iterable[Problem], before: t.Iterable[Problem], chosen: t.Collection[str]) -> tuple[Problem, ...]:
    """The problems of ``after`` that come from setting the options ``chosen``, not from what was there before.

    An option that this table does not know may be one of a newer engine, and its file is not ours to refuse.
    """
    known = {problem.text for problem in before}
    return tuple(
        problem
        for problem in after
        if problem.option in chosen
        or (problem.option is None and (problem.text not in known or any(name in problem.text for name in chosen)))
    )


def remarks(driver: str, options: Options) -> tuple[str, ...]:
    """What dockerd accepts and nobody can mean."""
    if driver != "json-file" or "max-size" in options:
        return ()
    if "max-file" in options:
        return ("log-opts.max-file does nothing without max-size: nothing is rotated.",)
    return ("The driver json-file without max-size lets every log grow without bound.",)


def _unknown(driver: str, option: str, taken: t.Iterable[str]) -> str:
    others = known_to(option)
    if others:
        return f"log-opts.{option}: not an option of the driver {driver} (but of {', '.join(others)})"
    return f"log-opts.{option}: no driver has this option; {driver} takes {', '.join(sorted(taken))}"
