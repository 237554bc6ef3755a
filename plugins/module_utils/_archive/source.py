# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an archive to import comes from: a file of this host, or the web. Both have a manifest beside them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import ssl
import stat
import typing as t
import urllib.error
import urllib.parse
import urllib.request

from .._errors import Damaged, Failed, InvalidInput, Missing
from .._notation import urls
from . import manifest as manifests
from . import previous
from .manifest import Manifest

PIECE = 1 << 20
# Seconds without an answer, or without its next piece.
TIMEOUT = 60


class ArchiveSource(t.Protocol):
    """An archive that can be read more than once."""

    where: str

    def pieces(self) -> t.Iterator[bytes]:
        """:raises StevedoreError: it cannot be read."""

    def manifest(self) -> Manifest | None:
        """:raises Damaged: there is one, but it is not readable as one."""

    def is_as(self, manifest: Manifest) -> bool:
        """Whether the archive is, as far as can be told without reading it where that can be avoided, the manifest's."""

    def size(self) -> int | None:
        """In bytes, where it is known before."""


class LocalFile:
    def __init__(self, path: str) -> None:
        self.where = path
        try:
            about = os.stat(path)
        except FileNotFoundError as error:
            raise Missing(f"There is no archive {path} on the managed node.", object=path) from error
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.", object=path) from error
        if stat.S_ISDIR(about.st_mode):
            raise InvalidInput(f"{path} is a folder: give the archive's file.", object=path)
        if not stat.S_ISREG(about.st_mode):
            raise InvalidInput(f"{path} is not a regular file.", object=path)
        if not os.access(path, os.R_OK):
            raise InvalidInput(f"No permission to read {path}: use become.", object=path)

    def pieces(self) -> t.Iterator[bytes]:
        try:
            with open(self.where, "rb", buffering=0) as file:
                yield from iter(lambda: file.read(PIECE), b"")
        except OSError as error:
            raise Failed(f"{self.where} cannot be read: {error.strerror}.", object=self.where) from error

    def manifest(self) -> Manifest | None:
        return previous.read_manifest(self.where)

    def is_as(self, manifest: Manifest) -> bool:
        return not previous.is_altered(self.where, manifest, "stat")

    def size(self) -> int | None:
        return os.stat(self.where).st_size


class WebFile:
    """What GET answers at an address; the manifest's is the same with its suffix.

    ``where`` is the address without what is secret in it, for messages and for the image's history.
    """

    def __init__(self, url: str) -> None:
        self.where = urls.plain(url)
        self._url = url
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInput(f"url must begin with https:// or http://, not {self.where!r}.", object=self.where)

    def pieces(self) -> t.Iterator[bytes]:
        with _opened(self._url) as answer:
            got, expected = 0, str(answer.headers.get("Content-Length") or "")
            while True:
                try:
                    piece = answer.read(PIECE)
                except (OSError, http.client.HTTPException) as error:
                    raise Failed(
                        f"The download of {self.where} broke off: {_reason(error)}.", object=self.where
                    ) from None
                if not piece:
                    break
                got += len(piece)
                yield piece
        if expected.isdigit() and got != int(expected):
            raise Failed(f"The download of {self.where} broke off after {got} of {expected} bytes.", object=self.where)

    def manifest(self) -> Manifest | None:
        parts = urllib.parse.urlsplit(self._url)
        where = self.where + manifests.SUFFIX
        try:
            with _opened(urllib.parse.urlunsplit(parts._replace(path=parts.path + manifests.SUFFIX))) as answer:
                text = answer.read(manifests.SIZE_LIMIT + 1)
        except Missing:
            return None
        except Failed as error:
            # An address that was signed is good for one file alone.
            raise Failed(
                f"{error.msg} To import {self.where} without its manifest, set config: none.",
                status=error.status,
                object=error.object,
            ) from None
        if len(text) > manifests.SIZE_LIMIT:
            raise Damaged(f"{where} is too large for a manifest.", object=where)
        return manifests.parse(text, where)

    def is_as(self, manifest: Manifest) -> bool:
        return True  # The server has just given both; only a download could tell more.

    def size(self) -> int | None:
        return None


@contextlib.contextmanager
def _opened(url: str) -> t.Iterator[t.Any]:
    """The answer of a server; redirects are followed.

    No error keeps the one that caused it: their texts quote addresses, also those that a redirect led to.
    """
    where = urls.plain(url)
    try:
        answer = urllib.request.build_opener().open(_request(url), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        kind = Missing if error.code in (404, 410) else Failed
        raise kind(f"{where} cannot be fetched: {_reason(error)}.", status=error.code, object=where) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed(f"{where} cannot be fetched: {_reason(error)}.", object=where) from None
    with answer:
        yield answer


def _request(url: str) -> urllib.request.Request:
    request = urllib.request.Request(urls.without_credentials(url))
    known = urls.credentials(url)
    if known is not None:
        token = base64.b64encode(":".join(known).encode()).decode()
        # Not for the host that a redirect leads to.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _reason(error: Exception) -> str:
    """What went wrong, without the words of a library or a server: they may quote an address."""
    if isinstance(error, urllib.error.HTTPError):
        phrase = http.client.responses.get(error.code, "")
        return f"HTTP {error.code} {phrase}".strip()
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason)
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({getattr(error, 'verify_message', None) or error.reason or 'no reason given'})"
    if isinstance(error, (TimeoutError, socket.timeout)):
        return f"the server timed out after {TIMEOUT} seconds"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, (http.client.InvalidURL, ValueError, urllib.error.URLError)):
        return "this, or the address it redirects to, is no address"
    return f"the server does not answer as one ({type(error).__name__})"
