# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server that answers as an engine might, so that the real SDK meets every status, break-off and certificate."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import http.server
import ipaddress
import json
import pathlib
import socketserver
import ssl
import threading
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclasses.dataclass(frozen=True)
class Answer:
    """``body`` is sent as JSON unless it is bytes; ``cut`` promises more bytes than come."""

    status: int = 200
    body: t.Any = None
    cut: bool = False
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


Answers = t.Mapping[str, Answer]
VERSION = Answer(body={"ApiVersion": "1.41", "Version": "20.10.24"})


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: t.ClassVar[Answers] = {}

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: t.Any) -> None:
        pass

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        known = {"/version": VERSION, **self.answers}
        answer = known.get(path.replace("/v1.41", "", 1), Answer(404, {"message": f"page not found: {path}"}))
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body) + (100 if answer.cut else 0)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = _answer  # noqa: N815 (http.server's names)


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _TcpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        pass  # a client that does not trust us hangs up


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> t.Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def unix_engine(folder: pathlib.Path, answers: Answers) -> t.Iterator[str]:
    """An engine on a unix socket; yields its DOCKER_HOST."""
    handler = type("Handler", (_Handler,), {"answers": answers})
    path = folder / "fake.sock"
    with _served(_UnixServer(str(path), handler)):
        yield f"unix://{path}"


@contextlib.contextmanager
def tcp_engine(answers: Answers, certificates: Certificates | None = None) -> t.Iterator[str]:
    """An engine on a TCP port of 127.0.0.1, with TLS and asking for a client certificate when there are certificates."""
    handler = type("Handler", (_Handler,), {"answers": answers})
    server = _TcpServer(("127.0.0.1", 0), handler)
    if certificates is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.server, certificates.server_key)
        context.load_verify_locations(certificates.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _served(server):
        yield f"tcp://127.0.0.1:{server.server_address[1]}"


@dataclasses.dataclass(frozen=True)
class Certificates:
    """Paths of an authority and of what it signed, and of an authority that signed nothing."""

    ca: str
    server: str
    server_key: str
    client: str
    client_key: str
    stranger: str


def certificates(folder: pathlib.Path, host: str = "127.0.0.1") -> Certificates:
    """An authority, a server for ``host`` and a client, in ``folder``."""
    ca, ca_key = _signed("stevedore test ca", None, authority=True)
    stranger, _stranger_key = _signed("stranger", None, authority=True)
    server, server_key = _signed("engine", (ca, ca_key), host=host)
    client, client_key = _signed("client", (ca, ca_key))
    written = {}
    for name, item in (
        ("ca", ca), ("server", server), ("server_key", server_key), ("client", client), ("client_key", client_key),
        ("stranger", stranger),
    ):  # fmt: skip
        path = folder / f"{name}.pem"
        path.write_bytes(item.public_bytes(_PEM) if isinstance(item, x509.Certificate) else _private(item))
        written[name] = str(path)
    return Certificates(**written)


_PEM = serialization.Encoding.PEM


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _signed(
    name: str,
    by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
    *,
    host: str | None = None,
    authority: bool = False,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = (by[0].subject, by[1]) if by else (subject, key)
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if host:
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    return builder.sign(signer, hashes.SHA256()), key
