# SPDX-License-Identifier: GPL-3.0-or-later

"""One command in one or several containers."""

from __future__ import annotations

import base64
import binascii
import functools
import posixpath
import shlex
import typing as t

from .._engine.client import Daemon
from .._engine.output import decode_text, output_fields
from .._errors import Failed, InvalidInput, StevedoreError, TimedOut
from .._filesystem.container_files import ContainerFiles
from .._notation import unquoted
from .._parallel import Outcome, raise_failures, run_parallel
from .._selection import name_of, select
from .._task import Task
from .._types import Json
from .execute import Command, ExecResult, execute

CHUNK = 1 << 18


def run(task: Task) -> Json:
    """Run the command in all selected containers.

    :raises Failed: a command ended with another code than 0.
    :raises TimedOut: a command took too long and was ended.
    """
    params = task.params
    command = parse_options(params)
    # As ``docker ps`` does: a filter means running containers unless it says otherwise.
    selection = select(task.daemon, params["name"], params["filters"], include_stopped=False)
    documents = selection.require_all()
    work = functools.partial(_execute_if_needed, task.daemon, params, command, task.check_mode)
    outcomes = [*run_parallel(documents, work, params["parallel"]), *selection.broken]
    errors = [outcome.error or _command_error(outcome.item, outcome.value) for outcome in outcomes]
    results = [_result(outcome, error) for outcome, error in zip(outcomes, errors)]
    for result in results:
        if result.get("cut"):
            kept = f"the last {command.limit} bytes (max_bytes) of its {' and '.join(result['cut'])}"
            task.warn(f"The command in container {result['name']} wrote more than is kept: {kept} are returned.")
    summary: Json = {"changed": any(result["ran"] for result in results), "containers": results}
    if len(results) == 1:
        summary.update({key: value for key, value in results[0].items() if key not in ("name", "id", "failure", "msg")})
    raise_failures(errors, len(results), summary)
    return summary


def parse_options(params: Json) -> Command:
    """The options as a command.

    :raises InvalidInput: they cannot be right.
    """
    if params["detach"]:
        useless = [
            name for name in ("command_timeout", "stdin", "stdin_base64", "stdin_path") if params[name] is not None
        ]
        if useless:
            raise InvalidInput(f"detach: true does not wait for the command, so {', '.join(useless)} cannot be had.")
    if params["shell"] and params["argv"] is not None:
        raise InvalidInput("shell: true takes a command string, not argv.")
    if params["command_timeout"] is not None and params["command_timeout"] <= 0:
        raise InvalidInput("command_timeout must be more than 0 seconds; leave it out to wait without end.")
    if params["max_bytes"] < 0:
        raise InvalidInput("max_bytes cannot be negative.")
    for option in ("creates", "removes"):
        if params[option] and not posixpath.isabs(params[option]) and not params["chdir"]:
            raise InvalidInput(
                f"{option}: {params[option]} is not an absolute path in the container; give one, or chdir."
            )
    return Command(
        argv=_argv(params),
        chdir=params["chdir"],
        env={str(name): _env_value(name, value) for name, value in (params["env"] or {}).items()},
        user=params["user"],
        tty=params["tty"],
        privileged=params["privileged"],
        detach=params["detach"],
        stdin=_stdin(params),
        seconds=params["command_timeout"],
        limit=params["max_bytes"],
    )


def _argv(params: Json) -> tuple[str, ...]:
    if params["argv"] is not None:
        words = list(params["argv"])
    elif params["shell"]:
        words = [params["executable"], "-c", params["command"]]
    else:
        try:
            words = shlex.split(params["command"])
        except ValueError as error:
            raise InvalidInput(f"command {params['command']!r} cannot be split into words: {error}.") from error
    if not words or not words[0]:
        raise InvalidInput("There is no command to run: argv or command is empty.")
    return tuple(words)


def _env_value(name: str, value: t.Any) -> str:
    """:raises InvalidInput: YAML made something else of the text that was meant."""
    if isinstance(value, (bool, float)):
        raise InvalidInput(f"env: {name}: {unquoted.explain_conversion(value)}.", object="env")
    return "" if value is None else str(value)


def _stdin(params: Json) -> t.Callable[[], t.Iterable[bytes]] | None:
    if params["stdin_path"] is not None:
        try:
            open(params["stdin_path"], "rb").close()
        except OSError as error:
            raise InvalidInput(f"stdin_path cannot be read: {error}") from error
        return functools.partial(_read_file, params["stdin_path"])
    if params["stdin_base64"] is not None:
        try:
            data = base64.b64decode(params["stdin_base64"], validate=True)
        except binascii.Error as error:
            raise InvalidInput(f"stdin_base64 is not Base64: {error}") from error
        return lambda: [data]
    if params["stdin"] is not None:
        typed = params["stdin"] + ("\n" if params["stdin_add_newline"] else "")
        return lambda: [typed.encode("utf-8", "surrogateescape")]
    return None


def _read_file(path: str) -> t.Iterator[bytes]:
    with open(path, "rb") as source:
        yield from iter(functools.partial(source.read, CHUNK), b"")


def _execute_if_needed(
    daemon: Daemon, params: Json, command: Command, check: bool, document: Json
) -> ExecResult | str | None:
    """What the command gave; why it need not run; or ``None`` when check mode kept it from running."""
    for option, unneeded, reason in (("creates", True, "exists"), ("removes", False, "does not exist")):
        path = params[option]
        if path:
            path = posixpath.join(params["chdir"] or "/", path)
            if _exists(daemon, document, option, path) is unneeded:
                return f"{path} {reason}"
    return None if check else execute(daemon, document, command)


def _exists(daemon: Daemon, document: Json, option: str, path: str) -> bool:
    """Whether the container has the path; asked of the engine, so that the container needs no shell.

    :raises InvalidInput: the engine cannot look there.
    """
    files = ContainerFiles(daemon, document)
    try:
        files.check_access(files.resolve_parents(posixpath.normpath(path)), writing=False)
    except InvalidInput as error:
        raise InvalidInput(
            f"{option}: {path} lies on a tmpfs, /proc, /sys or /dev, where the engine cannot look: test for it in the "
            "command.",
            object=path,
        ) from error
    if files.stat(path) is not None:
        return True
    daemon.container(document["Id"], about=f"container {files.name}")  # the path is missing, or the container itself
    return False


def _result(outcome: Outcome[Json, ExecResult | str | None], error: StevedoreError | None) -> Json:
    head: Json = {"name": name_of(outcome.item), "id": outcome.item["Id"], "ran": outcome.value is None}
    if error is not None:
        head.update(failure=error.failure(), msg=error.msg)
    if outcome.error is not None:
        return {**head, "ran": False}
    value = outcome.value
    if isinstance(value, str):
        return {**head, "reason": value, "rc": 0, "stdout": "", "stderr": ""}
    if value is None:
        return head
    return {
        **head,
        "ran": True,
        "exec_id": value.exec_id,
        # Ansible takes null for a failure.
        **({} if value.rc is None else {"rc": value.rc}),
        "timed_out": value.timed_out,
        "took": round(value.took, 3),
        **output_fields("stdout", value.stdout),
        **output_fields("stderr", value.stderr),
        **({"cut": list(value.cut)} if value.cut else {}),
    }


def _command_error(document: Json, value: ExecResult | str | None) -> StevedoreError | None:
    if not isinstance(value, ExecResult):
        return None
    about = f"container {name_of(document)}"
    if value.timed_out:
        fate = (
            "was ended" if value.ended else "could not be ended and still runs (no root on the engine's host, no shell)"
        )
        return TimedOut(f"The command in {about} did not finish in time (command_timeout) and {fate}.", object=about)
    if not value.started:
        return Failed(f"The command could not be started in {about}: {decode_text(value.stdout).strip()}", object=about)
    if value.rc:
        last = " | ".join(decode_text(value.stderr or value.stdout)[-1000:].strip().splitlines()[-5:])
        return Failed(f"The command in {about} ended with code {value.rc}: {last or '(no output)'}", object=about)
    return None
