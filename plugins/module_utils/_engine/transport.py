# SPDX-License-Identifier: GPL-3.0-or-later

"""A two-way connection to the engine whose two directions end apart.

``docker exec -i`` needs what neither the SDK nor Python's TLS socket gives: the end of stdin has to reach the process
while its output still comes. The SDK's socket also loses output that arrives together with the head of the answer
(docker-py issue 3332). So the connection is our own, one per exec, attach or log.
"""

from __future__ import annotations

import abc
import contextlib
import os
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import typing as t
import urllib.parse

from .._errors import InvalidInput
from .client import Daemon
from .connection import Connection

CHUNK = 1 << 18
DIAL = "docker system dial-stdio"


class Transport(abc.ABC):
    """Blocking. One thread may send while another one receives. Errors are ``OSError``."""

    @abc.abstractmethod
    def send(self, data: bytes) -> None:
        """All of ``data``."""

    @abc.abstractmethod
    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        """At most ``amount`` bytes, as soon as there are some; empty at the end; ``None`` when the time is up."""

    @abc.abstractmethod
    def finish(self) -> None:
        """Nothing more will be sent; receiving goes on."""

    @abc.abstractmethod
    def close(self) -> None:
        """Both directions at once; wakes a thread that sends."""

    def complaint(self) -> str:
        """What the transport itself has to say about its end (ssh: "Permission denied")."""
        return ""


class SocketTransport(Transport):
    """A Unix or TCP socket."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(None)
        self._socket = connected

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        return self._socket.recv(amount) if _readable(self._socket.fileno(), seconds) else None

    def finish(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class TlsTransport(SocketTransport):
    """TLS over a TCP socket, encrypted in memory: ``ssl.SSLSocket`` has no half-close.

    ``unwrap()`` sends the closing alert and then wants the other side's at once; on a socket it would block or fail on
    output that is still to come, on a memory buffer that was read empty it only says that there is nothing to read.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, hostname: str, seconds: float | None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._state = threading.Lock()  # one thread at a time in OpenSSL
        self._order = threading.Lock()  # records leave in the order in which they were made
        self._ready = b""
        super().__init__(connected)
        self._shake_hands(seconds)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), CHUNK):
            with self._state:
                self._tls.write(view[start : start + CHUNK])
            self._flush()

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        while True:
            data = self._decrypted(amount)
            self._flush(wait=False)  # answers of TLS itself, such as a new key
            if data is not None:
                return data
            encrypted = super().receive(seconds)
            if encrypted is None:
                return None
            with self._state:
                if encrypted:
                    self._incoming.write(encrypted)
                else:
                    self._incoming.write_eof()

    def finish(self) -> None:
        with self._state:
            # What has come already is read first: OpenSSL takes data after the alert, but not during it.
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                while True:
                    self._ready += self._tls.read(CHUNK)
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
        self._flush()

    def _decrypted(self, amount: int) -> bytes | None:
        with self._state:
            if self._ready:
                data, self._ready = self._ready[:amount], self._ready[amount:]
                return data
            try:
                return self._tls.read(amount)
            except ssl.SSLWantReadError:
                return None
            except ssl.SSLZeroReturnError:
                return b""

    def _flush(self, wait: bool = True) -> None:
        """Send the records that are made. The side that reads must not ``wait`` for the one that writes: the engine may
        be waiting for us to read."""
        if not self._order.acquire(blocking=wait):
            return
        try:
            while True:
                with self._state:
                    data = self._outgoing.read()
                if not data:
                    return
                super().send(data)
        finally:
            self._order.release()

    def _shake_hands(self, seconds: float | None) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                data = super().receive(seconds)
                if data is None:
                    raise socket.timeout("timed out during the TLS handshake") from None
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                self._flush()  # the alert tells the engine's log why
                raise
            else:
                self._flush()
                return


class ProgramTransport(Transport):
    """The ``ssh`` program, with the engine behind its stdin and stdout."""

    def __init__(self, arguments: t.Sequence[str]) -> None:
        self._complaints = tempfile.TemporaryFile()
        environment = {k: v for k, v in os.environ.items() if k not in ("LD_LIBRARY_PATH", "SSL_CERT_FILE")}
        self._program = subprocess.Popen(
            list(arguments),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            start_new_session=True,
        )

    @property
    def _input(self) -> t.IO[bytes]:
        return t.cast("t.IO[bytes]", self._program.stdin)

    @property
    def _output(self) -> t.IO[bytes]:
        return t.cast("t.IO[bytes]", self._program.stdout)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._input.write(view) :]

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        fileno = self._output.fileno()
        return os.read(fileno, amount) if _readable(fileno, seconds) else None

    def finish(self) -> None:
        self._input.close()

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._output.close()
        with contextlib.suppress(OSError):
            self._input.close()
        self._complaints.close()

    def complaint(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(1)  # its last words come after its output has ended
        self._complaints.seek(0)
        return self._complaints.read(2000).decode("utf-8", "replace").strip()


class ChannelTransport(Transport):
    """A channel of the SSH connection that the SDK's paramiko has already made."""

    def __init__(self, channel: t.Any) -> None:
        channel.settimeout(None)
        self._channel = channel
        self._fileno = channel.fileno()

    def send(self, data: bytes) -> None:
        self._channel.sendall(data)

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        if not _readable(self._fileno, seconds):
            return None
        return t.cast("bytes", self._channel.recv(amount))

    def finish(self) -> None:
        self._channel.shutdown_write()

    def close(self) -> None:
        self._channel.close()

    def complaint(self) -> str:
        waiting = self._channel.recv_stderr(2000) if self._channel.recv_stderr_ready() else b""
        return t.cast("str", waiting.decode("utf-8", "replace").strip())


def dial(daemon: Daemon) -> Transport:
    """A fresh connection to the engine, by the way that the connection options name.

    :raises OSError: nobody is there, or the TLS certificates do not fit.
    :raises InvalidInput: an address of a kind that the SDK does not know either.
    """
    connection = daemon.connection
    address = urllib.parse.urlsplit(connection.docker_host)
    if address.scheme in ("unix", "http+unix"):
        return SocketTransport(_unix(connection))
    if address.scheme == "ssh":
        return (
            ProgramTransport(_ssh(address)) if connection.use_ssh_client else ChannelTransport(daemon.ssh_channel(DIAL))
        )
    if address.scheme not in ("tcp", "http", "https") or not address.hostname:
        raise InvalidInput(f"docker_host {connection.docker_host!r}: unix://, tcp://, https:// and ssh:// are known.")
    secure = connection.secure or address.scheme == "https"
    port = address.port or (2376 if secure else 2375)
    connected = socket.create_connection((address.hostname, port), connection.timeout)
    if not secure:
        return SocketTransport(connected)
    try:
        hostname = connection.tls_hostname or address.hostname
        return TlsTransport(connected, _context(connection), hostname, connection.timeout)
    except (OSError, ValueError):
        connected.close()
        raise


def _unix(connection: Connection) -> socket.socket:
    # As the SDK does: "unix:///run/x" and "unix://run/x" mean the same file.
    path = "/" + connection.docker_host.split("://", 1)[1].lstrip("/")
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(connection.timeout)
    try:
        connected.connect(path)
    except OSError:
        connected.close()
        raise
    return connected


def _ssh(address: urllib.parse.SplitResult) -> list[str]:
    user = ["-l", address.username] if address.username else []
    port = ["-p", str(address.port)] if address.port else []
    return ["ssh", *user, *port, "--", str(address.hostname), DIAL]


def _context(connection: Connection) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=connection.ca_path)
    if not connection.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.client_cert:
        context.load_cert_chain(connection.client_cert, connection.client_key)
    return context


def _readable(fileno: int, seconds: float | None) -> bool:
    """Wait until there is something to read (or the end). ``poll``, as ``select`` knows 1024 files only."""
    if seconds is None:
        return True  # reading waits by itself
    waiter = select.poll()
    waiter.register(fileno, select.POLLIN)
    return bool(waiter.poll(max(0, int(seconds * 1000 + 0.999))))
