# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way an import from the web can go: what is secret in an address is never seen again."""

from __future__ import annotations

import base64
import dataclasses
import http.server
import io
import json
import socket
import subprocess
import sys
import tarfile
import threading
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._archive import source
from support import modules
from support.engine import Docker

from .conftest import Run

# What must never be seen: in the query, in the address that a redirect leads to, and as the password.
QUERY, TARGET, PASSWORD = "MARKquery0815", "MARKtarget0815", "MARKpassword/0815"
SECRETS = ("MARK", base64.b64encode(f"me:{PASSWORD}".encode()).decode())
SIGNED = f"X-Signature={QUERY}%2B%2Fabc&X-Expires=60"


def _tar(size: int = 2000) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        about = tarfile.TarInfo("hello")
        about.size = size
        tar.addfile(about, io.BytesIO(bytes(size)))
    return packed.getvalue()


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    location: str = ""
    length: str = ""
    raw: bytes = b""


ARCHIVE = _tar()
# By path; each is asked with the signature.
ANSWERS = {
    "/good.tar": Answer(body=ARCHIVE),
    "/torn.tar": Answer(body=ARCHIVE[:1000]),
    "/short.tar": Answer(body=ARCHIVE[:1000], length="5000"),
    "/odd-length.tar": Answer(body=ARCHIVE, length=f"MARK{QUERY}"),
    "/no.tar": Answer(body=b"MARK is no archive" * 100),
    "/forbidden.tar": Answer(403, b"<Error>MARK</Error>"),
    "/broken.tar": Answer(500),
    "/moved.tar": Answer(302, location=f"/good.tar?sig={TARGET}"),
    "/moved-nowhere.tar": Answer(302, location=f"/nowhere.tar?sig={TARGET}"),
    "/moved-to-another-scheme.tar": Answer(302, location=f"foo://me:{TARGET}@host/x?sig={TARGET}"),
    "/moved-to-a-file.tar": Answer(302, location=f"file:///etc/{TARGET}?sig={TARGET}"),
    "/moved-badly.tar": Answer(302, location=f"http://127.0.0.1:{TARGET}/?sig={TARGET}"),
    "/moved-with-blanks.tar": Answer(302, location=f"http://127.0.0.1:1/a\x7f b?sig={TARGET}"),
    "/moved-in-a-circle.tar": Answer(302, location=f"/moved-in-a-circle.tar?sig={TARGET}"),
    "/moved-away.tar": Answer(302, location=f"http://me:{TARGET}@nowhere.invalid/?sig={TARGET}"),
    "/no-http.tar": Answer(raw=f"MARK{QUERY}\r\n\r\n".encode()),
    "/slow.tar": Answer(raw=b"slow"),
    "/bad-manifest.tar": Answer(body=ARCHIVE),
    "/bad-manifest.tar.manifest.json": Answer(body=json.dumps({"format": TARGET}).encode()),
    "/forbidden-manifest.tar": Answer(body=ARCHIVE),
    "/forbidden-manifest.tar.manifest.json": Answer(403),
}
# What comes of it: None is success, else a part of the message.
OUTCOMES: dict[str, str | None] = {
    "good": None,
    "torn": "torn",
    "short": "broke off after 1000 of 5000 bytes",
    "odd-length": None,
    "no": "not a tar archive",
    "forbidden": "HTTP 403 Forbidden",
    "broken": "HTTP 500 Internal Server Error",
    "nowhere": "HTTP 404 Not Found",
    "moved": None,
    "moved-nowhere": "HTTP 404 Not Found",
    "moved-to-another-scheme": "HTTP 302 Found",
    "moved-to-a-file": "HTTP 302 Found",
    "moved-badly": "address",
    "moved-with-blanks": "cannot be fetched",
    "moved-in-a-circle": "HTTP 302 Found",
    "moved-away": "Name or service not known|Temporary failure|nodename|address",
    "no-http": "cannot be fetched",
    "slow": "timed out",
    "bad-manifest": "is not a manifest",
    "forbidden-manifest": "config: none",
}


class Server(http.server.BaseHTTPRequestHandler):
    authorization: t.ClassVar[dict[str, str | None]] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        Server.authorization[path] = self.headers["Authorization"]
        answer = ANSWERS.get(path, Answer(404))
        if answer.raw == b"slow":
            self.rfile.read(1)  # until the client goes away
            return
        if answer.raw:
            self.wfile.write(answer.raw)
            return
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Length", answer.length or str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: t.Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> t.Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{served.server_address[1]}"
        served.shutdown()


def seen(docker: Docker, reference: str) -> str:
    """All that the engine knows of an image."""
    if not docker.ok("image", "inspect", reference):
        return ""
    history = docker("history", "--no-trunc", "--format", "{{json .}}", reference)
    return history + json.dumps(docker.inspect(reference, "image"))


@pytest.mark.parametrize("case", OUTCOMES)
@pytest.mark.parametrize("verbosity", [0, 3])
def test_no_secret_of_an_address_is_seen(
    docker: Docker,
    run: Run,
    server: str,
    name: str,
    case: str,
    verbosity: int,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source, "TIMEOUT", 1)
    user = f"me:{PASSWORD.replace('/', '%2F')}"
    url = f"http://{user}@{server}/{case}.tar?{SIGNED}"
    done = run("container_import", url=url, repository=name, comment="c", _ansible_verbosity=verbosity)
    expected = OUTCOMES[case]
    if expected is None:
        assert not done.failed, done
        assert docker.inspect(name, "image")["RootFS"]["Layers"] == [done.diff_id]
    else:
        assert done.failed
        assert any(part in done.msg for part in expected.split("|")), done.msg
        assert f"http://{server}/" in done.msg
    assert done.invocation["module_args"]["url"].startswith(f"http://{server}/{case}.tar")
    said = json.dumps(done) + "".join(capfd.readouterr()) + seen(docker, name)
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_password_is_sent_to_the_host_it_is_for_alone(run: Run, server: str, name: str) -> None:
    Server.authorization.clear()
    other = f"localhost:{server.rpartition(':')[2]}"
    ANSWERS["/elsewhere.tar"] = Answer(302, location=f"http://{other}/good.tar")
    assert run("container_import", url=f"http://me:secret@{server}/elsewhere.tar", repository=name).changed
    wanted = "Basic " + base64.b64encode(b"me:secret").decode()
    assert Server.authorization["/elsewhere.tar"] == wanted
    assert Server.authorization["/good.tar"] is None


def test_nobody_answers(run: Run, name: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        for scheme in ("http", "https"):
            url = f"{scheme}://me:{QUERY}@{host}/x.tar?sig={QUERY}"
            done = run("container_import", url=url, repository=name, _ansible_verbosity=3)
            assert "Connection refused" in done.msg
            assert QUERY not in json.dumps(done)


def test_tls_that_fails(run: Run, server: str, name: str) -> None:
    done = run("container_import", url=f"https://{server}/x.tar?sig={QUERY}", repository=name, _ansible_verbosity=3)
    assert "TLS failed" in done.msg
    assert QUERY not in json.dumps(done)


@pytest.mark.parametrize("url", [f"ftp://me:{QUERY}@h/x", f"file:///x?{QUERY}", f"{QUERY}", f"http://h h/?{QUERY}"])
def test_addresses_that_cannot_be(run: Run, url: str, name: str) -> None:
    done = run("container_import", url=url, repository=name, _ansible_verbosity=3)
    assert done.failed
    assert QUERY not in json.dumps(done) or url == QUERY


MODULES: dict[str, dict[str, t.Any]] = {
    "container_commit": {"container": "x", "repository": "x"},
    "container_exec": {"container": "x", "command": "x"},
    "container_export": {"name": "x", "path": "/tmp/x.tar"},
    "container_inspect": {"name": "x"},
    "container_run": {"name": "xx", "image": "x"},
    "containers": {"containers": [{"name": "xx", "image": "x"}]},
}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "host",
    ["tcp://me:{0}@127.0.0.1:1", "tcp://me:{0}@nowhere.invalid:1", "ssh://me:{0}@127.0.0.1:1", "tcp://me:{0}@h:x"],
)
def test_no_password_of_the_engines_address_is_seen(run: Run, module: str, host: str) -> None:
    done = run(module, docker_host=host.format(PASSWORD), **MODULES[module], _ansible_verbosity=3)
    assert done.failed
    assert "MARK" not in json.dumps(done)
    assert "me" in done.invocation["module_args"]["docker_host"]


def test_no_password_reaches_the_log_of_the_host(name: str) -> None:
    """Ansible writes each module's arguments to syslog; here it takes what stands in for it."""
    script = (
        "import json, sys, syslog\n"
        "syslog.syslog = lambda *args: print('LOG', args)\n"
        "from ansible.module_utils import basic\n"
        "basic.HAS_SYSLOG, basic.has_journal = True, False\n"
        "from ansible_collections.stevedore.docker.plugins.modules import container_import\n"
        "container_import.main()\n"
    )
    arguments = {
        "url": f"http://me:{PASSWORD}@127.0.0.1:1/x.tar?sig={QUERY}",
        "repository": name,
        "docker_host": f"tcp://me:{TARGET}@127.0.0.1:1",
        "_ansible_target_log_info": "log",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import os;exec(os.environ['SCRIPT'])"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": modules.module_arguments(arguments)}),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(modules.COLLECTIONS), "SCRIPT": script, "PATH": "/usr/bin:/bin"},
    )
    assert "LOG" in done.stdout, done
    assert "MARK" not in done.stdout + done.stderr
