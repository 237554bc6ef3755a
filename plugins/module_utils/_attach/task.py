# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``container_attach``, and a bounded conversation with a container's main process."""

from __future__ import annotations

import dataclasses
import re

from .._argspec import ArgSpec
from .._deadline import Deadline
from .._engine.client import Daemon
from .._engine.output import decode_text, output_fields
from .._engine.session import Session, attach
from .._errors import Failed, InvalidInput, StevedoreError, TimedOut
from .._selection import name_of, state_conflict
from .._task import Task
from .._types import Json

ATTACH = ArgSpec(
    options={
        "close_stdin": {"type": "bool", "default": False},
        "dialogue": {
            "type": "list",
            "elements": "dict",
            "options": {
                "send": {"type": "str"},
                "until_match": {"type": "str"},
                "wait_timeout": {"type": "float"},
            },
        },
        "idle": {"type": "float", "default": 0.5},
        "logs": {"type": "bool", "default": False},
        "max_bytes": {"type": "int", "default": 1 << 24},
        "name": {"type": "str", "required": True, "aliases": ["container"]},
        "send": {"type": "list", "elements": "str", "default": []},
        "strip_ansi": {"type": "bool", "default": False},
        "until_match": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 30.0},
    },
    mutually_exclusive=(("dialogue", "until_match"),),
)

# Colours, cursor movements, window titles: what a terminal would not show.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Bytes: a pattern is searched in so many of the last of a turn, and so many are returned.
WINDOW = 1 << 16


@dataclasses.dataclass(frozen=True)
class Turn:
    """One turn of the conversation: lines to send, then what to wait for; without a pattern, until it is quiet."""

    lines: tuple[str, ...]
    pattern: re.Pattern[str] | None
    seconds: float


@dataclasses.dataclass
class TurnOutcome:
    """What came of one turn."""

    lines: tuple[str, ...]
    output: str = ""
    match: re.Match[str] | None = None
    ended: bool = False

    def report(self) -> Json:
        row: Json = {"send": list(self.lines), "output": self.output}
        if self.match is not None:
            row["match"] = {"text": self.match.group(), "groups": list(self.match.groups())}
        return row


def report(daemon: Daemon, params: Json, check: bool) -> Json:
    """Hold the conversation; the module's result.

    :raises TimedOut: a pattern did not come in time; what was received goes with it.
    """
    turns = parse(params)
    document = daemon.container(params["name"])
    sends = params["close_stdin"] or any(turn.lines for turn in turns)
    check_stdin(document, sends, params["close_stdin"])
    name = name_of(document)
    if check and sends:
        return {"changed": True, "name": name, "id": document["Id"], "turns": [], "ended": False}
    about = f"container {name}"
    tty = bool(document["Config"].get("Tty"))
    outcomes: list[TurnOutcome] = []
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
                outcomes.append(TurnOutcome(turn.lines))
                _hold_turn(session, turn, outcomes[-1], params["idle"], about)
            if params["close_stdin"]:
                session.end_input()
                outcomes.append(TurnOutcome(()))
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


def parse(params: Json) -> list[Turn]:
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


def _hold_turn(session: Session, turn: Turn, outcome: TurnOutcome, idle: float, about: str) -> None:
    if turn.lines:
        session.send("".join(f"{line}\n" for line in turn.lines).encode("utf-8", "surrogateescape"))
    _receive_until(session, turn, outcome, None if turn.pattern else idle)
    if turn.pattern is None or outcome.match is not None:
        return
    wanted, said = turn.pattern.pattern, outcome.output[-1000:].strip() or "(nothing)"
    if outcome.ended:
        raise Failed(f"The process of {about} ended before {wanted!r} came. It said: {said}", object=about)
    raise TimedOut(f"{wanted!r} did not come from {about} within {turn.seconds:g} s. It said: {said}", object=about)


def _receive_until(session: Session, turn: Turn, outcome: TurnOutcome, idle: float | None) -> None:
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


def _result(session: Session, document: Json, outcomes: list[TurnOutcome], sends: bool, strip: bool) -> Json:
    """:param strip: without escape sequences."""
    streams = {"stdout": session.stdout, "stderr": session.stderr}
    result: Json = {
        "changed": sends,
        "name": name_of(document),
        "id": document["Id"],
        "turns": [turn.report() for turn in outcomes],
        "ended": any(turn.ended for turn in outcomes),
        "cut": list(session.cut),
    }
    for name, kept in streams.items():
        result.update({name: plain_text(kept.content())} if strip else output_fields(name, kept.content()))
    if outcomes and outcomes[-1].match is not None:
        result["match"] = outcomes[-1].report()["match"]
    return result


def run(task: Task) -> Json:
    """The task of ``container_attach``; see :func:`report`."""
    return report(task.daemon, task.params, task.check_mode)
