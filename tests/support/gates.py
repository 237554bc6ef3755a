# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other ways to the same engine: over TCP, over TCP with TLS, over SSH. Each direction ends apart, as dockerd does it."""

from __future__ import annotations

import contextlib
import getpass
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
import typing as t

from . import fake


class Gate:
    """Listens on a TCP port of 127.0.0.1 and hands each connection on to the engine's socket."""

    def __init__(self, target: str, context: ssl.SSLContext | None = None) -> None:
        self._target = target.removeprefix("unix://")
        self._context = context
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        self._open += [client, engine]
        with contextlib.suppress(OSError, ssl.SSLError):
            side = _Tls(client, self._context) if self._context else _Plain(client)
            engine.connect(self._target)
            threading.Thread(target=self._answers, args=(engine, side), daemon=True).start()
            while data := side.receive():
                engine.sendall(data)
            engine.shutdown(socket.SHUT_WR)

    def _answers(self, engine: socket.socket, side: _Plain) -> None:
        with contextlib.suppress(OSError):
            while data := engine.recv(1 << 16):
                side.send(data)
        with contextlib.suppress(OSError):
            side.end()


class _Plain:
    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def receive(self) -> bytes:
        return self._client.recv(1 << 16)

    def send(self, data: bytes) -> None:
        self._client.sendall(data)

    def end(self) -> None:
        self._client.shutdown(socket.SHUT_RDWR)


class _Tls(_Plain):
    """Encrypts in memory, so that two threads can use it and a closing alert ends one direction only."""

    def __init__(self, client: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(client)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._lock = threading.Lock()
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._in.write(client.recv(1 << 16) or self._hung_up())
            except ssl.SSLError:
                self._flush()
                super().end()
                raise
        self._flush()

    def receive(self) -> bytes:
        while True:
            with self._lock:
                try:
                    return self._tls.read(1 << 16)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLZeroReturnError:
                    return b""
            data = self._client.recv(1 << 16) or self._hung_up()
            with self._lock:
                self._in.write(data)

    def send(self, data: bytes) -> None:
        with self._lock:
            self._tls.write(data)
            encrypted = self._out.read()
        self._client.sendall(encrypted)

    def end(self) -> None:
        with self._lock:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()  # the closing alert; without it the other side takes the end for an attack
            self._flush()
        super().end()

    def _flush(self) -> None:
        self._client.sendall(self._out.read())

    def _hung_up(self) -> t.NoReturn:
        raise OSError("hung up without a closing alert")


@contextlib.contextmanager
def tcp(engine: str) -> t.Iterator[dict[str, t.Any]]:
    """The engine without encryption; yields connection options."""
    gate = Gate(engine)
    try:
        yield {"docker_host": f"tcp://127.0.0.1:{gate.port}"}
    finally:
        gate.close()


@contextlib.contextmanager
def tls(engine: str, folder: pathlib.Path, version: ssl.TLSVersion) -> t.Iterator[dict[str, t.Any]]:
    """The engine behind TLS with client certificates; yields connection options."""
    made = fake.certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(made.server, made.server_key)
    context.load_verify_locations(made.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    gate = Gate(engine, context)
    try:
        yield {
            "docker_host": f"tcp://127.0.0.1:{gate.port}",
            "tls": True,
            "ca_path": made.ca,
            "client_cert": made.client,
            "client_key": made.client_key,
        }
    finally:
        gate.close()


def can_ssh() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("sshd", path="/usr/sbin") and shutil.which("ssh"))


@contextlib.contextmanager
def ssh(engine: str, folder: pathlib.Path) -> t.Iterator[dict[str, t.Any]]:
    """The engine behind an sshd of our own, whose ``docker`` finds it by DOCKER_HOST.

    Yields connection options, with ``home`` (for paramiko) and ``path`` (the folder of an ``ssh`` that reads the
    configuration in it).
    """
    home = folder / ".ssh"
    home.mkdir(mode=0o700)
    for key in ("host", "id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / key)], check=True)
    shutil.copy(home / "id_ed25519.pub", home / "authorized_keys")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {(home / 'host.pub').read_text()}")
    (home / "config").write_text(
        f"Host *\n  IdentityFile {home}/id_ed25519\n  UserKnownHostsFile {home}/known_hosts\n  BatchMode yes\n"
    )
    (folder / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {home}/config "$@"\n')
    (folder / "ssh").chmod(0o755)
    (home / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized_keys\nUsePAM no\n"
        f"StrictModes no\nPermitRootLogin prohibit-password\nPidFile none\nMaxStartups 50\nMaxSessions 50\n"
        f"SetEnv DOCKER_HOST={engine}\n"
    )
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen(
        ["/usr/sbin/sshd", "-D", "-e", "-f", str(home / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        _until_open(port)
        yield {
            "docker_host": f"ssh://{getpass.getuser()}@127.0.0.1:{port}",
            "home": str(folder),
            "path": str(folder),
        }
    finally:
        server.terminate()
        server.wait()


def _until_open(port: int) -> None:
    for _attempt in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")
