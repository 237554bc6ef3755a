# SPDX-License-Identifier: GPL-3.0-or-later

"""daemon.json as a file: read with line and column of an error, written whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime
import errno
import glob
import json
import os
import stat
import tempfile
import typing as t

from .._errors import Failed, InvalidInput
from .._types import Json

SELINUX = "security.selinux"


@dataclasses.dataclass(frozen=True)
class ConfigFile:
    """The file as it is now. ``text`` is ``None`` where there is no file."""

    path: str
    text: str | None
    config: Json

    @property
    def target(self) -> str:
        """The file itself, where the path is a symbolic link (also one whose target is yet to come)."""
        return os.path.realpath(self.path)


def read_config(path: str) -> ConfigFile:
    """The file and its content.

    :raises InvalidInput: it is not the JSON object that dockerd wants; the message quotes line and column.
    :raises Failed: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        return ConfigFile(path, None, {})
    except OSError as error:
        raise Failed(f"Cannot read {path}: {error.strerror}.", object=path) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path} is not UTF-8 text (byte {error.start}). Nothing was changed.", object=path
        ) from error
    return ConfigFile(path, text, parse_config(text, path))


def parse_config(text: str, path: str) -> Json:
    """The JSON object in ``text``; nothing but white space is an empty one.

    :raises InvalidInput: it is something else.
    """
    if not text.strip():
        return {}
    try:
        config = json.loads(text)
        _json(config)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(_syntax_error(error, text, path), object=path) from error
    if not isinstance(config, dict):
        raise InvalidInput(f"{path} holds {type(config).__name__} where dockerd wants an object: {{…}}.", object=path)
    return config


def render_config(config: Json, like: str | None = None) -> str:
    """The file's text, indented as ``like`` is.

    :raises InvalidInput: there is no JSON for a value.
    """
    try:
        return _json(config, _indent(like)) + "\n"
    except ValueError as error:
        raise InvalidInput(f"The keys cannot be written as JSON: {error}. Nothing was changed.") from error


def replace_file(path: str, text: str) -> None:
    """Replace the file by ``text``: at any moment it is the old one or the new one.

    Mode, owner and SELinux context stay; a symbolic link stays one; a missing folder is made.

    :raises Failed: it cannot be done; the file is as it was.
    """
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
        _replace(target, text.encode())
    except OSError as error:
        raise Failed(f"Cannot write {target}: {error.strerror or error}. It is as it was.", object=path) from error


def remove_file(path: str) -> None:
    """Remove the file, if it is there.

    :raises Failed: it cannot be done.
    """
    try:
        os.unlink(os.path.realpath(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Failed(f"Cannot remove {path}: {error.strerror}.", object=path) from error


def back_up(path: str, keep: int) -> str | None:
    """Copy the file beside itself under a name with the time (UTC), and remove all but the newest ``keep`` copies.

    :param keep: 0 keeps all of them.

    Returns the copy's path, ``None`` where there is no file.

    :raises Failed: it cannot be done.
    """
    target = os.path.realpath(path)
    try:
        with open(target, "rb") as file:
            content = file.read()
        now = datetime.datetime.now(datetime.timezone.utc)
        copy = f"{target}.{now.strftime('%Y%m%dT%H%M%S.%fZ')}.bak"
        _create(copy, content, target)
        for old in backups(path)[:-keep] if keep else ():
            os.unlink(old)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(f"Cannot back up {target}: {error.strerror}. Nothing was changed.", object=path) from error
    return copy


def backups(path: str) -> list[str]:
    """The copies that :func:`back_up` made, oldest first."""
    return sorted(glob.glob(glob.escape(os.path.realpath(path)) + ".????????T??????.??????Z.bak"))


def _json(value: t.Any, indent: int | str | None = None) -> str:
    """JSON as dockerd reads it, which Python's is not always.

    :raises ValueError: NaN, infinity, or half a character.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def _syntax_error(error: Exception, text: str, path: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"{path} is not valid JSON: {error}. Nothing was changed."
    lines = text.splitlines() or [""]
    line = lines[min(error.lineno, len(lines)) - 1].strip()
    return (
        f"{path} is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg} (the line reads {line[:80]!r}). "
        "Nothing was changed; dockerd would not start with it either. Repair it, then run this again."
    )


def _indent(like: str | None) -> int | str:
    """The indentation of the first indented line, two blanks where there is none."""
    for line in (like or "").splitlines():
        body = line.lstrip(" \t")
        if body and body != line:
            blank = line[: len(line) - len(body)]
            return blank if "\t" in blank else len(blank)
    return 2


def _replace(target: str, content: bytes) -> None:
    folder = os.path.dirname(target)
    number, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=folder)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            _copy_attributes(file.fileno(), target)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        os.unlink(temporary)
        if error.errno != errno.EBUSY:
            raise
        # A bind mount (a container's view of the host's file) cannot be replaced, only filled anew.
        with open(target, "r+b") as file:
            file.write(content)
            file.truncate()
            os.fsync(file.fileno())
    _sync(folder)


def _create(path: str, content: bytes, like: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        _copy_attributes(file.fileno(), like)
        file.flush()
        os.fsync(file.fileno())


def _copy_attributes(number: int, like: str) -> None:
    """Mode, owner and SELinux context of the file ``like``; 0644 where there is none yet."""
    try:
        old = os.stat(like)
    except FileNotFoundError:
        os.fchmod(number, 0o644)
        return
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(number, old.st_uid, old.st_gid)
    os.fchmod(number, stat.S_IMODE(old.st_mode))
    try:
        context = os.getxattr(like, SELINUX)
    except OSError:
        return  # no SELinux here
    os.setxattr(number, SELINUX, context)


def _sync(folder: str) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
