# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which an engine can fail to answer becomes one of our errors, with words that help."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._engine import sdk
from ansible_collections.stevedore.docker.plugins.module_utils._engine.client import (
    Daemon,
    quoted,
    split_tag,
)
from ansible_collections.stevedore.docker.plugins.module_utils._engine.connection import Connection
from ansible_collections.stevedore.docker.plugins.module_utils._errors import (
    Conflict,
    EngineError,
    Interrupted,
    InvalidInput,
    Missing,
    StevedoreError,
    Unreachable,
)
from support import fake
from support.fake import Answer

REFUSALS = (
    (404, {"message": "No such container: web"}, Missing, "Container web is not there: No such container: web"),
    (409, {"message": "is paused"}, Conflict, "Not possible for container web in its present state: is paused"),
    (400, {"message": "bad parameter"}, EngineError, "The engine refuses for container web: bad parameter"),
    (500, {"message": "boom"}, EngineError, "The engine refuses for container web: boom"),
    (500, b"no json at all", EngineError, "no json at all"),
    (502, b"", EngineError, "Bad Gateway"),
    (400, {"message": "Client sent an HTTP request to an HTTPS server."}, Unreachable, "set tls: true"),
)


@pytest.mark.parametrize(("status", "body", "kind", "words"), REFUSALS)
def test_a_refusal_is_translated(
    tmp_path: pathlib.Path, status: int, body: t.Any, kind: type[StevedoreError], words: str
) -> None:
    with fake.unix_engine(tmp_path, {"/containers/web/json": Answer(status, body)}) as host:
        daemon = Daemon.connect(Connection(host))
        with pytest.raises(kind) as caught:
            daemon.container("web")
    assert words in caught.value.msg
    assert caught.value.failure() == {"kind": kind.kind, "status": status, "object": "container web"}


def test_an_empty_piece_is_not_the_end(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """requests before 2.29 sends it as the mark that ends the body."""
    with fake.unix_engine(tmp_path, {"/build": Answer(200, {})}) as host:
        daemon = Daemon.connect(Connection(host))
        sent: list[bytes] = []
        request = daemon._session.request
        monkeypatch.setattr(
            daemon._session, "request", lambda *args, data, **rest: sent.extend(data) or request(*args, **rest)
        )
        daemon.call("POST", "/build", data=(piece for piece in (b"", b"a", b"", b"b")))
    assert sent == [b"a", b"b"]


UNREACHABLE = (
    ("unix:///nowhere/docker.sock", "nothing listens there: is the engine running?"),
    ("tcp://127.0.0.1:1", "nothing listens there: is the engine running?"),
    ("tcp://no-such-host.invalid:2375", "the host name cannot be resolved"),
    ("smoke://signals", "Invalid bind address protocol"),
)


@pytest.mark.parametrize(("host", "words"), UNREACHABLE)
def test_nobody_answers(host: str, words: str) -> None:
    with pytest.raises(Unreachable) as caught:
        Daemon.connect(Connection(host, timeout=5))
    assert words in caught.value.msg and host in caught.value.msg


@pytest.mark.parametrize(
    ("host", "timeout", "words"),
    [
        ("tcp://127.0.0.1:port", 5, "docker_host"),
        ("tcp://127.0.0.1:99999", 5, "docker_host"),
        ("tcp://[::1", 5, "docker_host"),
        ("unix:///nowhere/docker.sock", 0, "timeout"),
    ],
)
def test_options_that_cannot_be_meant(host: str, timeout: int, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Daemon.connect(Connection(host, timeout=timeout))
    assert words in caught.value.msg


def test_no_permission_on_the_socket(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root nothing is forbidden, so that the kernel's answer is put in by hand."""

    def forbidden(*_args: t.Any, **_more: t.Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", forbidden)
    with pytest.raises(
        Unreachable, match=r"permission denied: use become: true, or put the user in the group 'docker'"
    ):
        Daemon.connect(Connection(f"unix://{tmp_path}/docker.sock"))


def test_an_old_engine_is_refused(tmp_path: pathlib.Path) -> None:
    answers = {"/version": Answer(body={"ApiVersion": "1.40"})}
    with fake.unix_engine(tmp_path, answers) as host, pytest.raises(Unreachable, match=r"speaks API 1\.40; 1\.41"):
        Daemon.connect(Connection(host))


def test_the_version_comes_with_a_ping(tmp_path: pathlib.Path) -> None:
    pong = Answer(body=b"OK", headers={"Api-Version": "1.51"})
    with fake.unix_engine(tmp_path, {"/_ping": pong, "/version": Answer(500)}) as host:
        assert Daemon.connect(Connection(host)).api_version == (1, 51)


def test_a_gateway_that_drops_headers(tmp_path: pathlib.Path) -> None:
    with fake.unix_engine(tmp_path, {"/version": Answer(body={"ApiVersion": "1.51"})}) as host:
        assert Daemon.connect(Connection(host)).api_version == (1, 51)


def test_a_version_that_is_none_is_refused(tmp_path: pathlib.Path) -> None:
    with fake.unix_engine(tmp_path, {}) as host, pytest.raises(InvalidInput, match="api_version"):
        Daemon.connect(Connection(host, api_version="new"))


def test_an_answer_that_breaks_off(tmp_path: pathlib.Path) -> None:
    with fake.unix_engine(tmp_path, {"/containers/web/export": Answer(body=b"x" * 4096, cut=True)}) as host:
        daemon = Daemon.connect(Connection(host))
        with (
            pytest.raises(Interrupted, match="went away in the middle of its answer about container web"),
            daemon.stream("GET", "/containers/web/export", about="container web") as body,
        ):
            list(body.chunks())


@pytest.mark.parametrize(("body", "words"), [(b"", "it is empty"), (b'{"Id": "ab', '"Id": "ab')])
def test_an_answer_that_is_not_whole(tmp_path: pathlib.Path, body: bytes, words: str) -> None:
    with fake.unix_engine(tmp_path, {"/containers/web/json": Answer(body=body)}) as host:
        with pytest.raises(Interrupted) as caught:
            Daemon.connect(Connection(host)).container("web")
    assert words in caught.value.msg
    assert "container web" in caught.value.msg


EVENTS = (
    (b'{"status": "ok"}\n{"error": "layer is broken"}\n', EngineError, "layer is broken"),
    (b'{"errorDetail": {"message": "no space left"}, "error": "no"}\r\n', EngineError, "no space left"),
    (b'{"status": "ok"}\n{"status": "do', Interrupted, "broke off"),
)


@pytest.mark.parametrize(("body", "kind", "words"), EVENTS)
def test_errors_in_band_are_errors(tmp_path: pathlib.Path, body: bytes, kind: type[StevedoreError], words: str) -> None:
    with fake.unix_engine(tmp_path, {"/images/create": Answer(body=body)}) as host:
        daemon = Daemon.connect(Connection(host))
        with pytest.raises(kind, match=words):
            daemon.pull("127.0.0.1:5000/app:1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> fake.Certificates:
    return fake.certificates(tmp_path_factory.mktemp("tls"), host="engine.example")


def _secure(host: str, authority: fake.Certificates) -> Connection:
    return Connection(
        host,
        ca_path=authority.ca,
        client_cert=authority.client,
        client_key=authority.client_key,
        tls_hostname="engine.example",
        timeout=5,
    )


def test_tls_verified_by_name(authority: fake.Certificates) -> None:
    with fake.tcp_engine({}, authority) as host:
        assert Daemon.connect(_secure(host, authority)).api_version == (1, 41)


# What is changed in a connection that works, and what is said.
BROKEN_TLS: tuple[tuple[dict[str, t.Any], str], ...] = (
    ({"tls_hostname": "other.example"}, "TLS failed"),
    ({"ca_path": "stranger"}, "TLS failed"),
    ({"client_cert": None, "client_key": None}, "Cannot"),
    ({"client_key": "/nowhere/key.pem"}, "Connection options"),
)


@pytest.mark.parametrize(("changes", "words"), BROKEN_TLS)
def test_tls_that_cannot_be_trusted(authority: fake.Certificates, changes: dict[str, t.Any], words: str) -> None:
    changed = {key: authority.stranger if value == "stranger" else value for key, value in changes.items()}
    with fake.tcp_engine({}, authority) as host:
        connection = _secure(host, authority)._replace(**changed)
        with pytest.raises(StevedoreError, match=words):
            Daemon.connect(connection)


def test_tls_without_verification(authority: fake.Certificates) -> None:
    with fake.tcp_engine({}, authority) as host:
        connection = _secure(host, authority)._replace(validate_certs=False, ca_path=None, tls_hostname=None)
        with pytest.warns(match="Unverified HTTPS request"):
            assert Daemon.connect(connection).api_version == (1, 41)


def test_ssh_is_loaded_when_it_is_used() -> None:
    """It would take a third of each module's start."""
    pytest.importorskip("paramiko")
    script = """
import sys
from ansible_collections.stevedore.docker.plugins.module_utils._engine import sdk
before = "paramiko" in sys.modules, hasattr(sdk.docker.api.client, "SSHHTTPAdapter")
sdk.allow_ssh()
print(before, "paramiko" in sys.modules, hasattr(sdk.docker.api.client, "SSHHTTPAdapter"))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["(False,", "False)", "True", "True"]


def test_without_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "MISSING", ImportError("No module named 'docker'"))
    with pytest.raises(Unreachable, match="python3-docker"):
        Daemon.connect(Connection("unix:///var/run/docker.sock"))


REFERENCES = (
    ("busybox", ("busybox", None)),
    ("busybox:1", ("busybox", "1")),
    ("127.0.0.1:5000/app", ("127.0.0.1:5000/app", None)),
    ("127.0.0.1:5000/team/app:2", ("127.0.0.1:5000/team/app", "2")),
)


@pytest.mark.parametrize(("reference", "parts"), REFERENCES)
def test_tags_are_split_off(reference: str, parts: tuple[str, str | None]) -> None:
    assert split_tag(reference) == parts


def test_names_cannot_leave_their_place_in_a_path() -> None:
    assert quoted("web?force=1#x") == "web%3Fforce%3D1%23x"
