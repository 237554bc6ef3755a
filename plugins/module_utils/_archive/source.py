# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an archive to import comes from: a file of this host, or the web. Both have a manifest beside them."""

from __future__ import annotations

import contextlib
import http.client
import os
import ssl
import stat
import typing as t
import urllib.error
import urllib.parse
import urllib.request

from .._errors import Damaged, Failed, InvalidInput, Missing
from . import manifest as manifests
from . import previous
from .manifest import Manifest

PIECE = 1 << 20
_WEB_TIMEOUT = 60


class Source(t.Protocol):
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
        return not previous.touched(self.where, manifest, "stat")

    def size(self) -> int | None:
        return os.stat(self.where).st_size


class WebFile:
    """What GET answers at an address; the manifest's is the same with its suffix."""

    def __init__(self, url: str) -> None:
        self.where = url
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInput(f"url must begin with https:// or http://, not {url!r}.", object=url)

    def pieces(self) -> t.Iterator[bytes]:
        with _opened(self.where) as answer:
            got, expected = 0, answer.headers.get("Content-Length")
            while True:
                try:
                    piece = answer.read(PIECE)
                except (OSError, http.client.HTTPException) as error:
                    raise Failed(f"The download of {self.where} broke off: {error!r}.", object=self.where) from error
                if not piece:
                    break
                got += len(piece)
                yield piece
        if expected is not None and got != int(expected):
            raise Failed(f"The download of {self.where} broke off after {got} of {expected} bytes.", object=self.where)

    def manifest(self) -> Manifest | None:
        parts = urllib.parse.urlsplit(self.where)
        where = urllib.parse.urlunsplit(parts._replace(path=parts.path + manifests.SUFFIX))
        try:
            with _opened(where) as answer:
                text = answer.read(manifests.SIZE_LIMIT + 1)
        except Missing:
            return None
        if len(text) > manifests.SIZE_LIMIT:
            raise Damaged(f"{where} is too large for a manifest.", object=where)
        return manifests.parse(text, where)

    def is_as(self, manifest: Manifest) -> bool:
        return True  # The server has just given both; only a download could tell more.

    def size(self) -> int | None:
        return None


@contextlib.contextmanager
def _opened(url: str) -> t.Iterator[t.Any]:
    try:
        answer = urllib.request.build_opener().open(url, timeout=_WEB_TIMEOUT)
    except urllib.error.HTTPError as error:
        kind = Missing if error.code in (404, 410) else Failed
        raise kind(
            f"{url} cannot be fetched: HTTP {error.code} {error.reason}.", status=error.code, object=url
        ) from error
    except ssl.SSLError as error:
        raise Failed(f"{url} cannot be fetched: TLS failed ({error}).", object=url) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed(f"{url} cannot be fetched: {error}.", object=url) from error
    with answer:
        yield answer
