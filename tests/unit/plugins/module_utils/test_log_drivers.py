# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._log_drivers import options as log_options
from ansible_collections.stevedore.docker.plugins.module_utils._log_drivers import values

# driver, options, words of each problem in order
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    ("json-file", {"max-size": "30m", "max-file": "10", "compress": "true", "tag": "{{.Name}}"}, []),
    ("json-file", {}, []),
    ("json-file", {"max-size": "banana"}, ["max-size: 'banana'"]),
    ("json-file", {"max-size": "0"}, ["max-size: '0'"]),
    ("json-file", {"max-size": "-1"}, ["max-size: '-1'"]),
    ("json-file", {"max-size": "30 mb", "max-file": "0"}, ["max-file: '0'"]),
    ("json-file", {"max-size": "1m", "max-file": "three"}, ["max-file: 'three'"]),
    ("json-file", {"max-sizee": "1m"}, ["max-sizee: no driver has this option"]),
    ("json-file", {"compress": "yes"}, ["compress: 'yes'"]),
    ("json-file", {"compress": "true"}, ["compress needs max-size"]),
    ("json-file", {"compress": "true", "max-size": "1m", "max-file": "1"}, ["compress needs max-size"]),
    ("json-file", {"compress": "false", "max-file": "1"}, []),
    ("json-file", {"tag": "{{.Name"}, ["tag: '{{.Name'"]),
    ("json-file", {"mode": "non-blocking", "max-buffer-size": "4m"}, []),
    ("json-file", {"max-buffer-size": "4m"}, ["max-buffer-size needs mode"]),
    ("json-file", {"mode": "async"}, ["mode: 'async' is not one of blocking, non-blocking"]),
    ("local", {"max-file": "1"}, ["compress: false"]),
    ("local", {"max-file": "1", "compress": "false"}, []),
    ("local", {"cache-disabled": "true"}, []),
    ("journald", {"max-size": "1m"}, ["max-size: not an option of the driver journald (but of json-file, local)"]),
    ("journald", {"labels-regex": "^a"}, []),
    ("syslog", {"syslog-address": "tcp://192.0.2.1:514", "syslog-facility": "local3"}, []),
    ("syslog", {"syslog-address": "192.0.2.1:514"}, ["syslog-address"]),
    ("syslog", {"syslog-facility": "24"}, ["syslog-facility"]),
    ("syslog", {"syslog-facility": "23", "syslog-format": "rfc1"}, ["syslog-format"]),
    ("gelf", {}, ["gelf-address: the driver gelf does not work without it"]),
    ("gelf", {"gelf-address": "udp://192.0.2.1:12201", "gelf-compression-level": "9"}, []),
    ("gelf", {"gelf-address": "udp://192.0.2.1"}, ["gelf-address"]),
    ("gelf", {"gelf-address": "tcp://192.0.2.1:12201", "gelf-compression-type": "gzip"}, ["cannot be used with a tcp"]),
    ("gelf", {"gelf-address": "udp://192.0.2.1:12201", "gelf-tcp-max-reconnect": "3"}, ["cannot be used with a udp"]),
    ("gelf", {"gelf-address": "udp://192.0.2.1:1", "gelf-compression-level": "10"}, ["from -1 to 9"]),
    ("fluentd", {"fluentd-address": "localhost:24224", "fluentd-retry-wait": "1s"}, []),
    ("fluentd", {"fluentd-retry-wait": "1"}, ["fluentd-retry-wait"]),
    ("fluentd", {"fluentd-async": "true", "fluentd-async-connect": "true"}, ["exclude each other"]),
    ("awslogs", {"awslogs-region": "eu-west-1"}, ["awslogs-group: the driver awslogs does not work without it"]),
    ("awslogs", {"awslogs-group": "g", "awslogs-stream-prefix": "p"}, ["awslogs-stream-prefix: no driver"]),
    ("awslogs", {"awslogs-group": "g", "awslogs-datetime-format": "%Y", "awslogs-multiline-pattern": "x"}, ["exclude"]),
    ("splunk", {"splunk-url": "https://s:8088"}, ["splunk-token"]),
    ("splunk", {"splunk-url": "https://s:8088", "splunk-token": "t", "splunk-format": "xml"}, ["inline, json, raw"]),
    ("gcplogs", {"gcp-log-cmd": "true"}, []),
    ("none", {"anything": "goes"}, []),
    ("grafana/loki-docker-driver:latest", {"loki-url": "x"}, []),
]


@pytest.mark.parametrize(("driver", "options", "words"), CASES)
def test_problems(driver: str, options: dict[str, str], words: list[str]) -> None:
    found = log_options.find_problems(driver, options)
    assert len(found) == len(words)
    for problem, word in zip(found, words):
        assert word in problem.text


@pytest.mark.parametrize(
    ("text", "base", "wanted"),
    [
        ("10m", 1000, 10_000_000),
        ("10m", 1024, 10 << 20),
        ("1.5g", 1000, 1_500_000_000),
        ("30 MB", 1000, 30_000_000),
        ("30MiB", 1000, 30_000_000),  # go-units takes the decimal table whatever the suffix says
        ("123", 1000, 123),
        ("m", 1000, None),
        ("", 1000, None),
        ("-1", 1000, None),
        ("10x", 1000, None),
    ],
)
def test_sizes(text: str, base: int, wanted: int | None) -> None:
    assert values.parse_log_size(text, base) == wanted


def test_foreign_options_belong_to_another_driver_and_not_to_this_one() -> None:
    assert log_options.options_of_other_drivers("journald", ["tag", "max-size", "mode", "max-sizee"]) == ("max-size",)
    assert log_options.options_of_other_drivers("some-plugin", ["max-size"]) == ()


@pytest.mark.parametrize(
    ("driver", "options", "remarked"),
    [
        ("json-file", {"max-size": "1m"}, False),
        ("json-file", {"max-file": "3"}, True),
        ("json-file", {}, True),
        ("local", {}, False),
        ("journald", {}, False),
    ],
)
def test_unbounded_logs_are_remarked(driver: str, options: dict[str, str], remarked: bool) -> None:
    assert bool(log_options.find_remarks(driver, options)) is remarked
