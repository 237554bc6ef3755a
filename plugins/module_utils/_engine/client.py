# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine. The only file that knows the Docker SDK: connect, negotiate, call, translate errors.

The SDK gives the transports (unix socket, TCP, TLS, SSH) and the registry credentials. Paths and bodies are the Engine
API's own (https://docs.docker.com/reference/api/engine/), because the SDK's methods drop values (``HostConfig`` falsy
ones) and know too few parameters (``update_container``, ``import_image``).
"""

from __future__ import annotations

import collections.abc
import contextlib
import importlib
import json
import socket
import ssl
import sys
import typing as t
import urllib.parse

from .._errors import Conflict, EngineError, Interrupted, InvalidInput, Missing, StevedoreError, Unreachable

# The SDK imports it for every connection, a third of a module's start. Without it the SDK leaves out ssh://, which
# ``_allow_ssh`` brings back.
sys.modules.setdefault("paramiko", t.cast("t.Any", None))
try:
    import docker.api.client
    import docker.auth
    import docker.errors
    import docker.tls
    import requests.exceptions
    import urllib3.exceptions
    from requests.adapters import HTTPAdapter
except ImportError as absent:
    SDK_MISSING: ImportError | None = absent
else:
    SDK_MISSING = None
finally:
    if sys.modules["paramiko"] is None:
        del sys.modules["paramiko"]

MINIMUM_API = (1, 41)
CHUNK = 1 << 20

Json = t.Dict[str, t.Any]


class Connection(t.NamedTuple):
    """How to reach the engine; the fields are the connection options of every module."""

    docker_host: str
    tls: bool = False
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    tls_hostname: str | None = None
    api_version: str = "auto"
    timeout: int = 60
    use_ssh_client: bool = False

    @property
    def secure(self) -> bool:
        """Whether TLS is asked for, by ``tls`` or by what only TLS needs."""
        return self.tls or bool(self.ca_path or self.client_cert or self.client_key)

    @property
    def url(self) -> str:
        host = self.docker_host
        return "https://" + host[len("tcp://") :] if self.secure and host.startswith("tcp://") else host


class Body:
    """The body of a streamed answer, to be read once."""

    def __init__(self, response: t.Any, endpoint: str, about: str | None) -> None:
        self._response = response
        self._endpoint = endpoint
        self._about = about
        self.headers: t.Mapping[str, str] = response.headers

    @property
    def raw(self) -> t.Any:
        """urllib3's response, for other ways to read it (``_chunked``)."""
        return self._response.raw

    def reading(self) -> contextlib.AbstractContextManager[None]:
        """Around what reads from ``raw``.

        :raises Interrupted: the engine or the network went away before the end.
        """
        return _translated(self._endpoint, self._about, during=True)

    def read(self, amount: int = CHUNK) -> bytes:
        """At most ``amount`` bytes; empty at the end. Errors: see :meth:`reading`."""
        with self.reading():
            return t.cast("bytes", self.raw.read(amount, decode_content=False))

    def chunks(self, amount: int = CHUNK) -> t.Iterator[bytes]:
        """The body in the pieces in which it arrives (no waiting until ``amount`` is there)."""
        stream = self.raw.stream(amount, decode_content=False)
        while True:
            with self.reading():
                piece = next(stream, None)
            if piece is None:
                return
            yield piece

    def events(self) -> t.Iterator[Json]:
        """The JSON objects of a progress stream.

        :raises EngineError: the stream carries an error; Docker answers 200 before it knows.
        """
        buffer = b""
        for piece in self.chunks():
            *lines, buffer = (buffer + piece).split(b"\n")
            for line in lines:
                if line.strip():
                    yield _event(line, self._about)
        if buffer.strip():
            yield _event(buffer, self._about)

    def close(self) -> None:
        self._response.close()


class _Announced:
    """An iterator whose length is said at the head of the request."""

    def __init__(self, pieces: t.Iterator[bytes], length: int) -> None:
        self._pieces = pieces
        self.len = length  # requests asks for this attribute

    def __iter__(self) -> t.Iterator[bytes]:
        return self._pieces


class Daemon:
    """One engine. Calls are safe between threads."""

    def __init__(self, client: t.Any, connection: Connection) -> None:
        self._client = client
        self._cache: dict[str, Json] = {}
        self.connection = connection
        self.api_version: tuple[int, int] = MINIMUM_API

    @classmethod
    def connect(cls, connection: Connection) -> Daemon:
        """Reach the engine and agree on an API version.

        :raises Unreachable: nobody answers, or the SDK is not installed.
        """
        if SDK_MISSING is not None:
            raise Unreachable(
                f"The Docker SDK for Python is missing for this interpreter ({SDK_MISSING}): install Debian's "
                "python3-docker, or 'pip install docker', or point ansible_python_interpreter to a Python that has it."
            )
        _check(connection)
        with _translated(connection.docker_host, None):
            tls = _tls(connection)
            # The version only keeps the SDK from asking for it here, where neither the name to verify nor the time
            # limit of a call can be set.
            if connection.docker_host.startswith("ssh://"):
                _allow_ssh()
            client = docker.api.client.APIClient(
                base_url=connection.url,
                version=".".join(map(str, MINIMUM_API)),
                timeout=connection.timeout,
                tls=tls,
                use_ssh_client=connection.use_ssh_client,
                max_pool_size=32,
            )
            if connection.tls_hostname and tls:
                client.mount("https://", _HostnameAdapter(connection.tls_hostname))
        daemon = cls(client, connection)
        daemon.api_version = daemon._agreed()
        if daemon.api_version < MINIMUM_API:
            spoken = ".".join(map(str, daemon.api_version))
            raise Unreachable(
                f"The engine at {connection.docker_host} speaks API {spoken}; 1.41 (Docker 20.10) or newer is needed."
            )
        return daemon

    def raw_socket(self, response: t.Any) -> t.Any:
        """The socket (or paramiko's channel) behind a streamed answer, with ``sendall`` and ``close``."""
        raw = self._client._get_raw_response_socket(response)
        # Over HTTP without TLS the SDK hands out a read-only file around it.
        return getattr(raw, "_sock", raw)

    # -- for connections of one's own (``_engine.duplex``) --------------------------------------------------------

    def translated(self, about: str | None, during: bool = False) -> contextlib.AbstractContextManager[None]:
        """Turn every transport error into one of ours; ``during``: the answer had already begun."""
        return _translated(self.connection.docker_host, about, during)

    def target(self, path: str, params: t.Mapping[str, t.Any] | None = None) -> str:
        """The request target of a path below the API version, with the prefix that ``docker_host`` may have."""
        major, minor = self.api_version
        prefix = urllib.parse.urlsplit(self._client.base_url).path.rstrip("/")
        query = urllib.parse.urlencode(_query(params))
        return f"{prefix}/v{major}.{minor}{path}" + (f"?{query}" if query else "")

    def ssh_channel(self, command: str) -> t.Any:
        """A paramiko channel that runs ``command``, on the SSH connection that the SDK has already made."""
        channel = self._client._custom_adapter.ssh_client.get_transport().open_session(timeout=self.connection.timeout)
        channel.exec_command(command)
        return channel

    # -- calls -------------------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        params: t.Mapping[str, t.Any] | None = None,
        body: t.Any = None,
        data: t.Any = None,
        length: int | None = None,
        headers: t.Mapping[str, str] | None = None,
        stream: bool = False,
        patient: bool = False,
        about: str | None = None,
    ) -> t.Any:
        """One request; the SDK's response, its status already judged.

        :param path: below the API version, quoted (see :func:`quoted`).
        :param params: booleans become 1 and 0, mappings JSON, ``None`` is left out.
        :param body: sent as JSON; ``data`` as it is (bytes, file or iterator).
        :param length: in bytes, of an iterator's: without it, chunks cost twice the processor time.
        :param patient: no limit on the time until the answer comes (stop, wait, commit, export, import).
        :param about: the object's name for messages.
        :raises StevedoreError: whatever went wrong.
        """
        sent = dict(headers or {})
        if body is not None:
            data = json.dumps(body)
            sent["Content-Type"] = "application/json"
        if length is not None:
            data = _Announced(data, length)
        elif isinstance(data, collections.abc.Iterator) and not hasattr(data, "read"):
            # To requests before 2.29 an empty piece is the end, and the engine takes what came for the whole.
            data = filter(None, data)
        major, minor = self.api_version
        response = self._send(
            method,
            f"/v{major}.{minor}{path}",
            about,
            None if patient else self.connection.timeout,
            params=_query(params),
            data=data,
            headers=sent,
            stream=stream,
        )
        if response.status_code >= 400:
            raise refusal(response, about)
        return response

    def _send(self, method: str, path: str, about: str | None, patience: float | None, **options: t.Any) -> t.Any:
        with self.translated(about):
            return self._client.request(
                method,
                f"{self._client.base_url}{path}",
                timeout=(self.connection.timeout, patience),
                # Said with every request: else REQUESTS_CA_BUNDLE in the environment wins over the session's own.
                verify=self._client.verify,
                **options,
            )

    def _agreed(self) -> tuple[int, int]:
        """The version to speak: the engine's newest unless one is asked for."""
        # A ping tells it at a thirtieth of the cost, unless a gateway takes the header away.
        response = self._send("GET", "/_ping", None, self.connection.timeout)
        told = response.headers.get("API-Version")
        if not told:
            response = self._send("GET", "/version", None, self.connection.timeout)
        if response.status_code >= 400:
            raise refusal(response, None)
        try:
            newest = _version(told or response.json()["ApiVersion"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"What answers at {self.connection.docker_host} is no Docker engine.") from error
        return newest if self.connection.api_version == "auto" else _version(self.connection.api_version)

    def get(self, path: str, **options: t.Any) -> t.Any:
        """The decoded JSON answer of a GET.

        :raises Interrupted: it is not whole.
        """
        return decoded(self.call("GET", path, **options), options.get("about"))

    def post(self, path: str, **options: t.Any) -> t.Any:
        """The decoded JSON answer of a POST; ``None`` where the engine answers without a body (204, 304)."""
        response = self.call("POST", path, **options)
        return decoded(response, options.get("about")) if response.content else None

    def post_status(self, path: str, **options: t.Any) -> int:
        """The status of a POST: 304 says that nothing had to be done."""
        return int(self.call("POST", path, **options).status_code)

    def delete(self, path: str, **options: t.Any) -> None:
        self.call("DELETE", path, **options)

    @contextlib.contextmanager
    def stream(self, method: str, path: str, **options: t.Any) -> t.Iterator[Body]:
        """A streamed answer, without a time limit between its pieces."""
        about = options.get("about")
        response = self.call(method, path, stream=True, patient=True, **options)
        body = Body(response, self.connection.docker_host, about)
        try:
            yield body
        finally:
            body.close()

    # -- the engine --------------------------------------------------------------------------------------------

    def info(self) -> Json:
        """``GET /info``, asked once."""
        return self._once("/info")

    def version(self) -> Json:
        """``GET /version``, asked once."""
        return self._once("/version")

    def _once(self, path: str) -> Json:
        if path not in self._cache:
            self._cache[path] = self.get(path)
        return self._cache[path]

    # -- containers --------------------------------------------------------------------------------------------

    def containers(self, filters: t.Mapping[str, t.Any] | None = None, everything: bool = True) -> list[Json]:
        """``GET /containers/json``: the summaries, stopped ones too unless ``everything`` is false."""
        chosen = {key: _texts(value) for key, value in (filters or {}).items()}
        params = {"all": everything, "filters": chosen or None}
        return t.cast("list[Json]", self.get("/containers/json", params=params))

    def container(self, name: str, size: bool = False, about: str | None = None) -> Json:
        """The inspect document.

        :param about: for messages, where ``name`` is an id.
        :raises Missing: there is no such container.
        """
        params = {"size": True} if size else None
        about = about or f"container {name}"
        return t.cast("Json", self.get(f"/containers/{quoted(name)}/json", params=params, about=about))

    def find_container(self, name: str, size: bool = False, about: str | None = None) -> Json | None:
        """The inspect document, or ``None`` when there is no such container."""
        try:
            return self.container(name, size, about)
        except Missing:
            return None

    # -- images ------------------------------------------------------------------------------------------------

    def image(self, reference: str) -> Json:
        """The image's inspect document.

        :raises Missing: the engine does not have it.
        """
        return t.cast("Json", self.get(f"/images/{quoted(reference)}/json", about=f"image {reference}"))

    def find_image(self, reference: str) -> Json | None:
        try:
            return self.image(reference)
        except Missing:
            return None

    def pull(self, reference: str, platform: str | None = None) -> None:
        """Pull an image with the credentials of the Docker configuration file.

        :param reference: with a tag or a digest.
        :raises EngineError: also for errors that come in-band after a 200.
        """
        repository, separator, digest = reference.partition("@")
        name, tag = (repository, digest) if separator else split_tag(reference)
        headers = self._credentials(reference)
        params = {"fromImage": name, "tag": tag or "latest", "platform": platform}
        about = f"image {reference}"
        with self.stream("POST", "/images/create", params=params, headers=headers, about=about) as body:
            for _event_seen in body.events():
                pass

    def registry_digest(self, reference: str) -> str:
        """The digest that the registry has for a tag now.

        :raises EngineError: the registry does not answer, does not know it, or refuses the credentials.
        """
        headers = self._credentials(reference)
        path = f"/distribution/{quoted(reference)}/json"
        answer = self.get(path, headers=headers, patient=True, about=f"image {reference} at its registry")
        return str(answer["Descriptor"]["digest"])

    def _credentials(self, reference: str) -> dict[str, str] | None:
        """The header with the Docker configuration file's credentials for an image's registry."""
        with self.translated(f"image {reference}"):
            registry, _rest = docker.auth.resolve_repository_name(split_tag(reference.partition("@")[0])[0])
            header = docker.auth.get_config_header(self._client, registry)
        return {"X-Registry-Auth": header.decode() if isinstance(header, bytes) else header} if header else None


def quoted(name: str) -> str:
    """A name as a part of a path; image names keep their slashes."""
    return urllib.parse.quote(name, safe="/:@")


def split_tag(reference: str) -> tuple[str, str | None]:
    """``host:5000/name:tag`` as (``host:5000/name``, ``tag``); no tag is ``None``."""
    head, colon, tail = reference.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (reference, None)


def _check(connection: Connection) -> None:
    """Refuse what the SDK answers with a traceback."""
    if connection.api_version != "auto":
        _version(connection.api_version)
    if connection.timeout < 1:
        raise InvalidInput("timeout must be at least 1 second.")
    try:
        _port = urllib.parse.urlsplit(connection.docker_host).port
    except ValueError:
        # Python's words quote what it takes for the port, which may be a part of a password.
        raise InvalidInput(
            f"docker_host {connection.docker_host!r} is no address. In a password, write / ? # @ and : as %2F %3F %23 %40 "
            "and %3A."
        ) from None


def _version(text: str) -> tuple[int, int]:
    try:
        major, minor = text.split(".")[:2]
        return int(major), int(minor)
    except ValueError as error:
        raise InvalidInput(f"api_version {text!r} is not a version such as '1.41' or 'auto'.") from error


def _texts(value: t.Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _query(params: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    query: dict[str, t.Any] = {}
    for key, value in (params or {}).items():
        if isinstance(value, bool):
            query[key] = int(value)
        elif isinstance(value, dict):
            query[key] = json.dumps(value)
        elif value is not None:
            query[key] = value
    return query


def _event(line: bytes, about: str | None) -> Json:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise Interrupted(
            f"The engine's answer about {about} broke off in the middle: {line[-80:]!r}", object=about
        ) from error
    if "error" in event or "errorDetail" in event:
        message = (event.get("errorDetail") or {}).get("message") or event.get("error")
        raise EngineError(f"The engine reports for {about}: {message}", object=about)
    return t.cast("Json", event)


def decoded(response: t.Any, about: str | None) -> t.Any:
    """The JSON of an answer.

    :raises Interrupted: it is not whole.
    """
    try:
        return response.json()
    except ValueError as error:
        shown = repr(response.text[-80:]) if response.content else "it is empty"
        raise Interrupted(
            f"The engine's answer about {about or 'itself'} is not whole: {shown}.", object=about
        ) from error


def refusal(response: t.Any, about: str | None) -> StevedoreError:
    """An answer of 400 and above as one of our errors, with the engine's own words."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        message = (response.text or response.reason or "").strip()
    status = response.status_code
    subject = about or "the engine"
    if status == 404:
        # "Container web", but the path "web:/etc" as it is.
        shown = subject[:1].upper() + subject[1:] if " " in subject.partition(":")[0] else subject
        # The container is there, its network is not.
        lacks = "" if "network " in message else " is not there"
        return Missing(f"{shown}{lacks}: {message}", status=status, object=about)
    if status == 409:
        return Conflict(f"Not possible for {subject} in its present state: {message}", status=status, object=about)
    if "HTTP request to an HTTPS server" in message:
        return Unreachable("The engine expects TLS: set tls: true and the certificates.", status=status, object=about)
    return EngineError(f"The engine refuses for {subject}: {message}", status=status, object=about)


def _chain(error: BaseException) -> t.Iterator[BaseException]:
    """The error, its causes, and the errors in its arguments (urllib3 and requests wrap in both ways)."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        link = todo.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        todo.extend([link.__cause__, link.__context__])
        todo.extend(item for item in (*link.args, getattr(link, "reason", None)) if isinstance(item, BaseException))


def _why(error: BaseException, endpoint: str) -> str:
    """What happened and what to do, from the innermost cause that says something."""
    links = list(_chain(error))
    for kind, text in (
        (PermissionError, "permission denied: use become: true, or put the user in the group 'docker'."),
        (
            (FileNotFoundError, ConnectionRefusedError),
            "nothing listens there: is the engine running? (systemctl start docker)",
        ),
        (
            (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError),
            "TLS failed: check validate_certs, ca_path, client_cert, client_key and tls_hostname.",
        ),
        (socket.gaierror, "the host name cannot be resolved."),
    ):
        found = next((link for link in links if isinstance(link, t.cast("type", kind))), None)
        if found is not None:
            return f"Cannot reach the engine at {endpoint}: {text} ({found})"
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, socket.timeout)
    if any(isinstance(link, timeouts) for link in links):
        return f"The engine at {endpoint} did not answer in time: raise 'timeout', or look after the engine. ({error})"
    return f"Cannot talk to the engine at {endpoint}: {error}"


@contextlib.contextmanager
def _translated(endpoint: str, about: str | None, during: bool = False) -> t.Iterator[None]:
    """Turn every SDK and transport error into one of ours.

    :param during: the answer had already begun.
    """
    try:
        yield
    except (docker.errors.TLSParameterError, docker.errors.InvalidVersion) as error:
        raise InvalidInput(f"Connection options: {error}", object=about) from error
    except (
        docker.errors.DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as error:
        if during:
            raise Interrupted(
                f"The engine at {endpoint} went away in the middle of its answer about {about}: {error}", object=about
            ) from error
        raise Unreachable(_why(error, endpoint), object=about) from error


def _allow_ssh() -> None:
    # Without paramiko the SDK says what to install.
    with contextlib.suppress(ImportError):
        adapter = importlib.import_module("docker.transport.sshconn").SSHHTTPAdapter
        docker.api.client.SSHHTTPAdapter = adapter  # type: ignore[attr-defined]


def _tls(connection: Connection) -> t.Any:
    if not connection.secure:
        return False
    certificate, key = connection.client_cert, connection.client_key
    config: t.Any = docker.tls.TLSConfig(
        client_cert=(certificate or "", key or "") if certificate or key else None,
        ca_cert=connection.ca_path,
        verify=connection.validate_certs,
    )
    # Before 7.0 the SDK asks for TLS 1.2, and an engine behind a gate may take 1.3 alone.
    config.ssl_version = None
    return config


if SDK_MISSING is None:

    class _HostnameAdapter(HTTPAdapter):
        """Checks the certificate against another name than the address, as the SDK did before 7.0."""

        def __init__(self, hostname: str) -> None:
            self._hostname = hostname
            super().__init__(pool_maxsize=32)

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, assert_hostname=self._hostname, server_hostname=self._hostname, **kwargs)
