# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge to Ansible: connection options, the one ``except``, and the plain values on the lowest floors."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._argspec import ArgSpec
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Missing
from ansible_collections.stevedore.docker.plugins.module_utils._module import CONNECTION, connection_from_params
from ansible_collections.stevedore.docker.plugins.module_utils._parallel import require_values, run_parallel
from support import fake, modules
from support.fake import Answer

DEFAULTS: dict[str, t.Any] = {
    "api_version": "auto",
    "ca_path": None,
    "client_cert": None,
    "client_key": None,
    "docker_host": "unix:///var/run/docker.sock",
    "timeout": 60,
    "tls": False,
    "tls_hostname": None,
    "use_ssh_client": False,
    "validate_certs": True,
}
TCP = {"docker_host": "tcp://192.0.2.1:2376"}

# (options, environment, whether TLS is spoken, the address that is called)
CONNECTIONS: tuple[tuple[dict[str, t.Any], dict[str, str], bool, str], ...] = (
    ({}, {}, False, "unix:///var/run/docker.sock"),
    ({"docker_host": ""}, {}, False, "unix:///var/run/docker.sock"),
    ({}, {"DOCKER_TLS_VERIFY": "1"}, False, "unix:///var/run/docker.sock"),
    (TCP, {}, False, "tcp://192.0.2.1:2376"),
    ({**TCP, "tls": True}, {}, True, "https://192.0.2.1:2376"),
    ({**TCP, "ca_path": "/ca.pem"}, {}, True, "https://192.0.2.1:2376"),
    (TCP, {"DOCKER_TLS_VERIFY": "1"}, True, "https://192.0.2.1:2376"),
    (TCP, {"DOCKER_TLS_VERIFY": ""}, False, "tcp://192.0.2.1:2376"),
    ({"docker_host": "https://192.0.2.1:2376"}, {}, True, "https://192.0.2.1:2376"),
    ({"docker_host": "ssh://admin@192.0.2.1"}, {}, False, "ssh://admin@192.0.2.1"),
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("options", "environment", "secure", "url"), CONNECTIONS)
def test_when_tls_is_spoken(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, t.Any], environment: dict[str, str], secure: bool, url: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    connection = connection_from_params({**DEFAULTS, **options})
    assert (connection.secure, connection.url, connection.validate_certs) == (secure, url, True)


def test_certificates_from_the_folder_of_the_docker_cli(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / file).touch()
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    connection = connection_from_params({**DEFAULTS, **TCP, "ca_path": "/mine.pem"})
    assert connection.ca_path == "/mine.pem"
    assert connection.client_cert == str(tmp_path / "cert.pem")
    assert connection.client_key == str(tmp_path / "key.pem")


def test_the_connection_is_described_by_the_spec() -> None:
    assert set(CONNECTION.options) == set(DEFAULTS)
    assert all(CONNECTION.options[name].get("default") == value for name, value in DEFAULTS.items())


def test_a_failure_says_what_and_where(tmp_path: pathlib.Path) -> None:
    answers = {"/containers/web/json": Answer(500, {"message": "disk on fire"}), "/info": Answer(body={})}
    with fake.unix_engine(tmp_path, answers) as host:
        result = modules.call("container_inspect", {"name": ["web"], "docker_host": host})
    assert result.failed
    assert "disk on fire" in result.msg
    assert result.failure == {"kind": "engine", "status": 500, "object": "container web"}


def test_no_engine_is_a_failure_not_a_traceback() -> None:
    result = modules.call("container_inspect", {"name": ["web"], "docker_host": "unix:///nowhere.sock"})
    assert result.failed and result.failure["kind"] == "unreachable" and "is the engine running" in result.msg


def test_specs_merge_with_their_rules() -> None:
    one = ArgSpec(options={"a": {"type": "str"}}, required_one_of=(("a",),))
    two = ArgSpec(options={"b": {"type": "str"}}, required_by={"b": ("a",)})
    merged = one.merge(two)
    assert set(merged.arguments()["argument_spec"]) == {"a", "b"}
    assert merged.rules()["required_one_of"] == [("a",)] and merged.rules()["required_by"] == {"b": ("a",)}
    with pytest.raises(ValueError, match="defined twice: a"):
        merged.merge(one)


@pytest.mark.parametrize("workers", [1, 4])
def test_one_failure_does_not_stop_the_others(workers: int) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise Missing("no 2")
        return number * number

    outcomes = run_parallel([1, 2, 3], work, workers)
    assert [outcome.value for outcome in outcomes] == [1, None, 9]
    assert isinstance(outcomes[1].error, Missing)
    with pytest.raises(Missing, match="no 2"):
        require_values(outcomes)


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_parallel([0, 1], lambda number: 1 // number, 2)
