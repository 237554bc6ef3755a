# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a Dockerfile instruction, as the engine reads them: quotes, backslashes, ``$X`` and ``${X:-y}``."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInput

Env = t.Mapping[str, str]


def split(text: str) -> list[str]:
    """The words between white space; quotes and backslashes keep a word together and stay in it."""
    words: list[str] = []
    word: list[str] = []
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        if not quote and char.isspace():
            if word:
                words.append("".join(word))
                word = []
        elif char == "\\" and at + 1 < len(text):
            word.append(text[at : at + 2])
            at += 1
        else:
            if char in "'\"" and quote in ("", char):
                quote = "" if quote else char
            word.append(char)
        at += 1
    return [*words, "".join(word)] if word else words


def expand(word: str, env: Env) -> str:
    """The word without its quotes, with variables replaced; unset ones are empty.

    :raises InvalidInput: a quote or brace is not closed.
    """
    reader = _Reader(word, env)
    return reader.until("")


def listed(env: t.Iterable[str]) -> dict[str, str]:
    """``NAME=value`` strings as a mapping."""
    return {name: value for name, _equals, value in (entry.partition("=") for entry in env)}


class _Reader:
    def __init__(self, text: str, env: Env) -> None:
        self._text = text
        self._env = env
        self._at = 0

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _bad(self, what: str) -> InvalidInput:
        return InvalidInput(f"changes: {what} in {self._text!r}.")

    def until(self, stop: str) -> str:
        """Read to the character ``stop``, or (empty) to the end."""
        found: list[str] = []
        while True:
            char = self._peek()
            if char == stop:
                self._next()
                return "".join(found)
            if not char:
                raise self._bad(f"{stop!r} is missing")
            found.append(self._piece(char))

    def _piece(self, char: str) -> str:
        if char == "'":
            return self._single()
        if char == '"':
            return self._double()
        if char == "$":
            return self._dollar()
        self._next()
        return self._next() if char == "\\" and self._peek() else char

    def _single(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise self._bad("a single quote is not closed")
        found = self._text[self._at + 1 : end]
        self._at = end + 1
        return found

    def _double(self) -> str:
        self._next()
        found = []
        while True:
            char = self._peek()
            if not char:
                raise self._bad("a double quote is not closed")
            if char == "$":
                found.append(self._dollar())
                continue
            self._next()
            if char == '"':
                return "".join(found)
            if char == "\\" and self._peek() in ('"', "$", "\\") and self._peek():
                char = self._next()
            found.append(char)

    def _dollar(self) -> str:
        self._next()
        if self._peek() != "{":
            name = self._name()
            return self._env.get(name, "") if name else "$"
        self._next()
        name = self._name()
        after = self._next()
        value = self._env.get(name, "")
        if name and after == "}":
            return value
        modifier = self._next() if after == ":" else ""
        if not name or modifier not in ("-", "+") or not modifier:
            raise self._bad("a substitution other than ${X}, ${X:-word} and ${X:+word}")
        word = self.until("}")
        return (word if value else value) if modifier == "+" else (value or word)

    def _name(self) -> str:
        start = self._at
        while self._peek() == "_" or (self._peek().isascii() and self._peek().isalnum()):
            self._next()
        return self._text[start : self._at]
