# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine: requests, each judged by its status, with the Engine API's own paths and bodies.

https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import collections.abc
import contextlib
import json
import typing as t
import urllib.parse

from .._errors import Missing, StevedoreError, Unreachable
from .._notation.references import split_tag
from .._types import Json
from . import sdk
from .body import Body, decode_json
from .connection import MINIMUM_API, Connection, open_session, parse_version
from .errors import refusal, translate_errors


class _SizedIterator:
    """An iterator whose length becomes the request's Content-Length."""

    def __init__(self, pieces: t.Iterator[bytes], length: int) -> None:
        self._pieces = pieces
        self.len = length  # requests asks for this attribute

    def __iter__(self) -> t.Iterator[bytes]:
        return self._pieces


class Daemon:
    """One engine. Safe between threads."""

    def __init__(self, session: t.Any, connection: Connection) -> None:
        """:param session: see :func:`open_session`."""
        self._session = session
        self._cache: dict[str, Json] = {}
        self.connection = connection
        self.api_version: tuple[int, int] = MINIMUM_API

    @classmethod
    def connect(cls, connection: Connection) -> Daemon:
        """Reach the engine and agree on an API version.

        :raises InvalidInput: the options cannot be right.
        :raises Unreachable: nobody answers, the engine is too old, or the SDK is not installed.
        """
        daemon = cls(open_session(connection), connection)
        daemon.api_version = daemon._negotiate()
        if daemon.api_version < MINIMUM_API:
            version = ".".join(map(str, daemon.api_version))
            raise Unreachable(
                f"The engine at {connection.docker_host} speaks API {version}; 1.41 (Docker 20.10) or newer is needed."
            )
        return daemon

    # -- for two-way connections (``duplex``) ----------------------------------------------------------------------

    def translate_errors(
        self, about: str | None, *, answering: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        """See :func:`errors.translate_errors`."""
        return translate_errors(self.connection.docker_host, about, answering=answering)

    def target(self, path: str, params: t.Mapping[str, t.Any] | None = None) -> str:
        """The request target of a path below the API version, with the prefix that ``docker_host`` may have."""
        major, minor = self.api_version
        prefix = urllib.parse.urlsplit(self._session.base_url).path.rstrip("/")
        query = urllib.parse.urlencode(_encode_params(params))
        return f"{prefix}/v{major}.{minor}{path}" + (f"?{query}" if query else "")

    def ssh_channel(self, command: str) -> t.Any:
        """A paramiko channel that runs ``command``, on the SSH connection that the SDK has already made."""
        connection = self._session._custom_adapter.ssh_client.get_transport()
        channel = connection.open_session(timeout=self.connection.timeout)
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
        """Send one request; the SDK's response, with a status below 400.

        :param path: below the API version, quoted (see :func:`quoted`).
        :param params: booleans become 1 and 0, mappings JSON, ``None`` is left out.
        :param body: sent as JSON; ``data`` as it is (bytes, file or iterator).
        :param length: bytes in all that an iterator gives; without it the body goes in chunks, at twice the processor time.
        :param patient: no limit on the time until the answer comes (stop, wait, commit, export, import).
        :param about: the object's name for messages.
        :raises StevedoreError: whatever went wrong.
        """
        sent = dict(headers or {})
        if body is not None:
            data = json.dumps(body)
            sent["Content-Type"] = "application/json"
        if length is not None:
            data = _SizedIterator(data, length)
        elif isinstance(data, collections.abc.Iterator) and not hasattr(data, "read"):
            # To requests before 2.29 an empty piece is the end, and the engine takes what came for the whole.
            data = filter(None, data)
        major, minor = self.api_version
        response = self._send(
            method,
            f"/v{major}.{minor}{path}",
            about,
            None if patient else self.connection.timeout,
            params=_encode_params(params),
            data=data,
            headers=sent,
            stream=stream,
        )
        if response.status_code >= 400:
            raise _refusal(response, about)
        return response

    def _send(self, method: str, path: str, about: str | None, patience: float | None, **options: t.Any) -> t.Any:
        with self.translate_errors(about):
            return self._session.request(
                method,
                f"{self._session.base_url}{path}",
                timeout=(self.connection.timeout, patience),
                # Said with every request: else REQUESTS_CA_BUNDLE in the environment wins over the session's own.
                verify=self._session.verify,
                **options,
            )

    def _negotiate(self) -> tuple[int, int]:
        """The version to speak: the engine's newest unless one is asked for."""
        # A ping tells it at a thirtieth of the cost, unless a gateway takes the header away.
        response = self._send("GET", "/_ping", None, self.connection.timeout)
        announced = response.headers.get("API-Version")
        if not announced:
            response = self._send("GET", "/version", None, self.connection.timeout)
        if response.status_code >= 400:
            raise _refusal(response, None)
        try:
            newest = parse_version(announced or response.json()["ApiVersion"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"What answers at {self.connection.docker_host} is no Docker engine.") from error
        return newest if self.connection.api_version == "auto" else parse_version(self.connection.api_version)

    def get(self, path: str, **options: t.Any) -> t.Any:
        """The decoded JSON answer of a GET.

        :raises Interrupted: it is not whole.
        """
        return decode_json(self.call("GET", path, **options), options.get("about"))

    def post(self, path: str, **options: t.Any) -> t.Any:
        """The decoded JSON answer of a POST; ``None`` where the engine answers without a body (204, 304)."""
        response = self.call("POST", path, **options)
        return decode_json(response, options.get("about")) if response.content else None

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
        return self._get_once("/info")

    def version(self) -> Json:
        """``GET /version``, asked once."""
        return self._get_once("/version")

    def _get_once(self, path: str) -> Json:
        if path not in self._cache:
            self._cache[path] = self.get(path)
        return self._cache[path]

    # -- containers --------------------------------------------------------------------------------------------

    def containers(self, filters: t.Mapping[str, t.Any] | None = None, everything: bool = True) -> list[Json]:
        """``GET /containers/json``: the summaries, stopped ones too unless ``everything`` is false."""
        chosen = {key: _filter_values(value) for key, value in (filters or {}).items()}
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

    def image(self, reference: str, platform: Json | None = None) -> Json:
        """The image's inspect document.

        :param platform: ``os``, ``architecture`` and ``variant``, of an image for several (API 1.49).
        :raises Missing: the engine does not have it.
        """
        path = f"/images/{quoted(reference)}/json"
        return t.cast("Json", self.get(path, params={"platform": platform}, about=f"image {reference}"))

    def find_image(self, reference: str, platform: Json | None = None) -> Json | None:
        try:
            return self.image(reference, platform)
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
            for _event in body.events():
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
        repository, _tag = split_tag(reference.partition("@")[0])
        with self.translate_errors(f"image {reference}"):
            return sdk.credentials_header(self._session, repository)


def quoted(name: str) -> str:
    """A name as a part of a path; image names keep their slashes."""
    return urllib.parse.quote(name, safe="/:@")


def _refusal(response: t.Any, about: str | None) -> StevedoreError:
    return refusal(response.status_code, response.reason, response.content, about)


def _filter_values(value: t.Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _encode_params(params: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    query: dict[str, t.Any] = {}
    for key, value in (params or {}).items():
        if isinstance(value, bool):
            query[key] = int(value)
        elif isinstance(value, dict):
            query[key] = json.dumps(value)
        elif value is not None:
            query[key] = value
    return query
