# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes of a two-way connection, over a Unix or TCP socket, TLS or SSH; each direction can be ended by itself.

``docker exec -i`` needs that: the end of stdin has to reach the process while its output still comes. Python's TLS socket
and the SDK's SSH socket cannot do it (see each class). So the connection is our own, one per exec, attach or log.
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
DIAL_STDIO = "docker system dial-stdio"


class Transport(abc.ABC):
    """Blocking. One thread may send while another one receives. Errors are ``OSError``."""

    @abc.abstractmethod
    def send(self, data: bytes) -> None:
        """All of ``data``."""

    @abc.abstractmethod
    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        """At most ``amount`` bytes, as soon as there are some; empty at the end; ``None`` when the time is up."""

    @abc.abstractmethod
    def end_sending(self) -> None:
        """Nothing more will be sent; receiving goes on."""

    @abc.abstractmethod
    def close(self) -> None:
        """Both directions at once; wakes a thread that sends."""

    def diagnostics(self) -> str:
        """Why the connection ended, in the transport's own words (ssh: "Permission denied")."""
        return ""


class SocketTransport(Transport):
    """A Unix or TCP socket."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(None)
        self._socket = connected

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        return self._socket.recv(amount) if _wait_readable(self._socket.fileno(), seconds) else None

    def end_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class TlsTransport(SocketTransport):
    """TLS over a TCP socket, encrypted in memory: ``ssl.SSLSocket`` cannot end one direction.

    Its ``unwrap()`` sends the closing alert and then reads the other side's. Where output waited in the socket it failed
    with APPLICATION_DATA_AFTER_CLOSE_NOTIFY and the rest was lost, in 8 of 10 tries (Python 3.11, OpenSSL 3.0, TLS 1.2 and
    1.3). On a memory buffer that was read empty it only says that there is nothing to read.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, hostname: str, seconds: float | None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._tls_lock = threading.Lock()  # one thread at a time in OpenSSL
        self._send_lock = threading.Lock()  # records leave in the order in which they were made
        self._decrypted_early = b""
        super().__init__(connected)
        self._do_handshake(seconds)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), CHUNK):
            with self._tls_lock:
                self._tls.write(view[start : start + CHUNK])
            self._flush()

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        while True:
            data = self._decrypt(amount)
            self._flush(wait=False)  # answers of TLS itself, such as a new key
            if data is not None:
                return data
            encrypted = super().receive(seconds)
            if encrypted is None:
                return None
            with self._tls_lock:
                if encrypted:
                    self._incoming.write(encrypted)
                else:
                    self._incoming.write_eof()

    def end_sending(self) -> None:
        with self._tls_lock:
            # What has come already is read first: OpenSSL takes data after the alert, but not during it.
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                while True:
                    self._decrypted_early += self._tls.read(CHUNK)
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
        self._flush()

    def _decrypt(self, amount: int) -> bytes | None:
        with self._tls_lock:
            if self._decrypted_early:
                data, self._decrypted_early = self._decrypted_early[:amount], self._decrypted_early[amount:]
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
        if not self._send_lock.acquire(blocking=wait):
            return
        try:
            while True:
                with self._tls_lock:
                    data = self._outgoing.read()
                if not data:
                    return
                super().send(data)
        finally:
            self._send_lock.release()

    def _do_handshake(self, seconds: float | None) -> None:
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
    """The ``ssh`` program, with the engine behind its stdin and stdout.

    The SDK starts it too, but its socket's ``recv(n)`` waits for n bytes, its ``close()`` leaves the program running once
    stdin was ended, and what ssh complains about ("Permission denied") is not to be had (7.1.0, sshconn.py).
    """

    def __init__(self, arguments: t.Sequence[str]) -> None:
        self._stderr = tempfile.TemporaryFile()
        environment = {k: v for k, v in os.environ.items() if k not in ("LD_LIBRARY_PATH", "SSL_CERT_FILE")}
        self._program = subprocess.Popen(
            list(arguments),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
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
        return os.read(fileno, amount) if _wait_readable(fileno, seconds) else None

    def end_sending(self) -> None:
        self._input.close()

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._output.close()
        with contextlib.suppress(OSError):
            self._input.close()
        self._stderr.close()

    def diagnostics(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(1)  # stderr is written after stdout has ended
        self._stderr.seek(0)
        return self._stderr.read(2000).decode("utf-8", "replace").strip()


class ChannelTransport(Transport):
    """A channel of the SSH connection that the SDK's paramiko has already made."""

    def __init__(self, channel: t.Any) -> None:
        channel.settimeout(None)
        self._channel = channel
        self._fileno = channel.fileno()

    def send(self, data: bytes) -> None:
        self._channel.sendall(data)

    def receive(self, seconds: float | None, amount: int = CHUNK) -> bytes | None:
        if not _wait_readable(self._fileno, seconds):
            return None
        return t.cast("bytes", self._channel.recv(amount))

    def end_sending(self) -> None:
        self._channel.shutdown_write()

    def close(self) -> None:
        self._channel.close()

    def diagnostics(self) -> str:
        waiting = self._channel.recv_stderr(2000) if self._channel.recv_stderr_ready() else b""
        return t.cast("str", waiting.decode("utf-8", "replace").strip())


def open_transport(daemon: Daemon) -> Transport:
    """A new connection to the engine that the connection options name.

    :raises OSError: nobody is there, or the TLS certificates do not fit.
    :raises InvalidInput: the SDK does not know this kind of address either.
    """
    connection = daemon.connection
    address = urllib.parse.urlsplit(connection.docker_host)
    if address.scheme in ("unix", "http+unix"):
        return SocketTransport(_unix(connection))
    if address.scheme == "ssh":
        return (
            ProgramTransport(_ssh(address))
            if connection.use_ssh_client
            else ChannelTransport(daemon.ssh_channel(DIAL_STDIO))
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
    return ["ssh", *user, *port, "--", str(address.hostname), DIAL_STDIO]


def _context(connection: Connection) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=connection.ca_path)
    if not connection.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.client_cert:
        context.load_cert_chain(connection.client_cert, connection.client_key)
    return context


def _wait_readable(fileno: int, seconds: float | None) -> bool:
    """Wait until there is something to read (or the end). ``poll``, as ``select`` knows 1024 files only."""
    if seconds is None:
        return True  # reading waits by itself
    waiter = select.poll()
    waiter.register(fileno, select.POLLIN)
    return bool(waiter.poll(max(0, int(seconds * 1000 + 0.999))))
