# SPDX-License-Identifier: GPL-3.0-or-later

"""A bounded dialogue with a container's main process."""

from __future__ import annotations

import dataclasses
import re

from .._deadline import Deadline
from .._engine.output import decode_text, output_fields
from .._engine.session import Session, attach
from .._errors import Failed, InvalidInput, StevedoreError, TimedOut
from .._selection import name_of, state_conflict
from .._task import Task
from .._types import Json

# Colours, cursor movements, window titles: what a terminal would not show.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Bytes: a pattern is searched in so many of the last of a turn, and so many are returned.
WINDOW = 1 << 16


@dataclasses.dataclass(frozen=True)
class Turn:
    """One turn of the dialogue: lines to send, then what to wait for; without a pattern, until it is quiet."""

    lines: tuple[str, ...]
    pattern: re.Pattern[str] | None
    seconds: float


@dataclasses.dataclass
class TurnResult:
    """The outcome of one turn."""

    lines: tuple[str, ...]
    output: str = ""
    match: re.Match[str] | None = None
    ended: bool = False

    def fields(self) -> Json:
        row: Json = {"send": list(self.lines), "output": self.output}
        if self.match is not None:
            row["match"] = {"text": self.match.group(), "groups": list(self.match.groups())}
        return row


def run(task: Task) -> Json:
    """Hold the dialogue with the container's main process.

    :raises TimedOut: a pattern did not come in time; what was received goes with it.
    """
    daemon, params = task.daemon, task.params
    turns = parse_options(params)
    document = daemon.container(params["name"])
    sends = params["close_stdin"] or any(turn.lines for turn in turns)
    check_stdin(document, sends, params["close_stdin"])
    name = name_of(document)
    if task.check_mode and sends:
        return {"changed": True, "name": name, "id": document["Id"], "turns": [], "ended": False}
    about = f"container {name}"
    tty = bool(document["Config"].get("Tty"))
    outcomes: list[TurnResult] = []
    with attach(
        daemon,
        document["Id"],
        about=about,
        open_stdin=sends,
        tty=tty,
        logs=params["logs"],
        limit=params["max_bytes"],
    ) as session:
        try:
            for turn in turns:
                outcomes.append(TurnResult(turn.lines))
                _hold_turn(session, turn, outcomes[-1], params["idle"], about)
            if params["close_stdin"]:
                session.end_input()
                outcomes.append(TurnResult(()))
                _receive_until(session, Turn((), None, params["wait_timeout"]), outcomes[-1], None)
        except StevedoreError as error:
            error.details.update(_result(session, document, outcomes, sends, params["strip_ansi"]))
            raise
    result = _result(session, document, outcomes, sends, params["strip_ansi"])
    if result["ended"]:
        now = daemon.find_container(document["Id"])
        if now and not now["State"]["Running"]:
            result["rc"] = now["State"]["ExitCode"]
    if result.get("rc"):
        # Ansible takes such a result for a failure anyway, without a word of its own.
        raise Failed(f"The process of {about} ended with code {result['rc']}.", object=about, **result)
    return result


def parse_options(params: Json) -> list[Turn]:
    """The options as turns.

    :raises InvalidInput: they cannot be right.
    """
    if params["max_bytes"] < 0:
        raise InvalidInput("max_bytes cannot be negative.")
    limit = params["wait_timeout"]
    if params["dialogue"] is not None:
        if params["send"]:
            raise InvalidInput("send and dialogue exclude each other: make the lines part of the dialogue.")
        return [
            Turn(
                () if turn["send"] is None else (turn["send"],),
                _compile(turn["until_match"]),
                limit if turn["wait_timeout"] is None else turn["wait_timeout"],
            )
            for turn in params["dialogue"]
        ]
    return [Turn(tuple(params["send"]), _compile(params["until_match"]), limit)]


def _compile(source: str | None) -> re.Pattern[str] | None:
    try:
        return None if source is None else re.compile(source, re.MULTILINE)
    except re.error as error:
        raise InvalidInput(f"until_match {source!r} is not a regular expression: {error}") from error


def check_stdin(document: Json, sends: bool, close_stdin: bool) -> None:
    """Refuse what the engine would quietly leave undone, or what would stop the container.

    :raises Conflict: it does not run.
    :raises InvalidInput: it takes no input, or only once.
    """
    name, config = name_of(document), document["Config"]
    about = f"container {name}"
    if document["State"]["Status"] != "running":
        raise state_conflict(document, "and would not answer")
    if sends and not config.get("OpenStdin"):
        raise InvalidInput(
            f"Container {name} was created without an open stdin, so nothing can be sent: create it with "
            "interactive: true (docker run -i).",
            object=about,
        )
    if sends and config.get("StdinOnce") and not close_stdin:
        raise InvalidInput(
            f"Container {name} takes input from one connection only (StdinOnce); detaching would end its stdin. Say "
            "close_stdin: true if that is meant.",
            object=about,
        )
    if close_stdin and not config.get("StdinOnce"):
        raise InvalidInput(
            f"The stdin of container {name} stays open whatever is sent (StdinOnce is false): leave close_stdin out.",
            object=about,
        )


def plain_text(data: bytes) -> str:
    """Output as a screen shows it: without escape sequences and carriage returns before newlines."""
    return ANSI.sub("", decode_text(data)).replace("\r\n", "\n")


def _hold_turn(session: Session, turn: Turn, outcome: TurnResult, idle: float, about: str) -> None:
    if turn.lines:
        session.send("".join(f"{line}\n" for line in turn.lines).encode("utf-8", "surrogateescape"))
    _receive_until(session, turn, outcome, None if turn.pattern else idle)
    if turn.pattern is None or outcome.match is not None:
        return
    pattern, output = turn.pattern.pattern, outcome.output[-1000:].strip() or "(nothing)"
    if outcome.ended:
        raise Failed(f"The process of {about} ended before {pattern!r} came. It said: {output}", object=about)
    raise TimedOut(f"{pattern!r} did not come from {about} within {turn.seconds:g} s. It said: {output}", object=about)


def _receive_until(session: Session, turn: Turn, outcome: TurnResult, idle: float | None) -> None:
    """Read until the pattern, the end, silence for ``idle`` seconds, or the end of the time."""
    deadline = Deadline(turn.seconds)
    received = b""
    while True:
        left = deadline.remaining() or 0.0
        data = session.receive(Deadline(left if idle is None else min(left, idle)))
        outcome.ended = data == b""
        if not data:
            break
        received = (received + data)[-WINDOW:]
        if turn.pattern is not None:
            outcome.match = turn.pattern.search(plain_text(received))
        if outcome.match is not None:
            break
    outcome.output = plain_text(received)


def _result(session: Session, document: Json, outcomes: list[TurnResult], sends: bool, strip: bool) -> Json:
    """:param strip: without escape sequences."""
    streams = {"stdout": session.stdout, "stderr": session.stderr}
    result: Json = {
        "changed": sends,
        "name": name_of(document),
        "id": document["Id"],
        "turns": [turn.fields() for turn in outcomes],
        "ended": any(turn.ended for turn in outcomes),
        "cut": list(session.cut),
    }
    for name, kept in streams.items():
        result.update({name: plain_text(kept.content())} if strip else output_fields(name, kept.content()))
    if outcomes and outcomes[-1].match is not None:
        result["match"] = outcomes[-1].fields()["match"]
    return result
