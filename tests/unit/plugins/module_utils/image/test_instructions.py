# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._image import evaluation, instructions, quoting
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS: dict[str, tuple[t.Any, list[str]]] = {
    "nothing": (None, []),
    "empty": ("", []),
    "one": ("cmd sleep 1", ["CMD sleep 1"]),
    "one, exec form": ('CMD ["sleep", "1"]', ['CMD ["sleep", "1"]']),
    "a list": (["ENV A=1", "\tUSER app "], ["ENV A=1", "USER app"]),
    "JSON of a list": ('["CMD a", "USER b"]', ["CMD a", "USER b"]),
    "JSON of a mapping": ('{"user": "b"}', ['USER "b"']),
    "entrypoint before command": ({"CMD": ["c"], "ENTRYPOINT": ["e"]}, ['ENTRYPOINT ["e"]', 'CMD ["c"]']),
    "several volumes": ({"volume": ["/a", "/b"]}, ['VOLUME ["\\"/a\\""]', 'VOLUME ["\\"/b\\""]']),
    "a newline in an argument": ({"cmd": ["a\nb"]}, ['CMD ["a\\nb"]']),
    "no command": ({"cmd": []}, ["CMD []"]),
    "numbers": ({"expose": 80, "user": 1000}, ['EXPOSE "80"', 'USER "1000"']),
    "no health check": ({"healthcheck": "none"}, ["HEALTHCHECK NONE"]),
    "health check as the container option has it": (
        {"healthcheck": {"test": ["CMD", "a", "b"], "interval": "1m", "retries": 2}},
        ['HEALTHCHECK --interval=1m --retries=2 CMD ["a", "b"]'],
    ),
    "stop signal": ({"stopsignal": "SIGINT"}, ["STOPSIGNAL SIGINT"]),
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts(case: str) -> None:
    given_changes, expected = TEXTS[case]
    assert instructions.texts(instructions.parse(given_changes)) == expected


REFUSED: dict[str, tuple[t.Any, str]] = {
    "unknown": ("RUN x", "does not begin with"),
    "comment": ("# escape=`", "does not begin with"),
    "no value": ("CMD", "says nothing"),
    "a newline in text": ("ENV A=1\nUSER root", "newline"),
    "a newline in a value": ({"env": {"A": "1\nUSER root"}}, "newline"),
    "a newline in a name": ({"label": {"a\nUSER root": "1"}}, "newline"),
    "a carriage return": ({"user": "a\rb"}, "newline"),
    "a newline in a shell command": ({"cmd": "a\nUSER root"}, "newline"),
    "a newline in a trigger": ({"onbuild": "RUN a\nUSER root"}, "newline"),
    "a backslash at the end": ("ENV A=1 \\", "backslash"),
    "a backslash at the end of a command": ({"cmd": "a \\"}, "CMD must be"),
    "an equals sign in a name": ({"env": {"A=B": "1"}}, "contains '='"),
    "an empty name": ({"env": {"": "1"}}, "empty"),
    "a boolean": ({"env": {"A": True}}, "put it in quotes"),
    "a float": ({"env": {"A": 1.5}}, "put it in quotes"),
    "nothing": ({"env": {"A": None}}, "put it in quotes"),
    "unknown key": ({"run": "x"}, "unknown instruction"),
    "env as text": ({"env": "A=1"}, "must be a mapping"),
    "health check without a test": ({"healthcheck": {"interval": "1s"}}, "must have a 'test'"),
    "health check with a bad time": ({"healthcheck": {"test": "x", "interval": "soon"}}, "such as 1m30s"),
    "broken JSON": ('["a"', "valid JSON"),
    "a number": (5, "must be Dockerfile instructions"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(InvalidInput, match=message):
        instructions.parse(changes)


VALUES = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=100)
@given(VALUES)
def test_a_quoted_word_reads_back_as_it_was(value: str) -> None:
    quoted = instructions.quote(value)
    assert quoting.split(f"A={quoted} B=1") == [f"A={quoted}", "B=1"]
    assert quoting.expand(quoted, {"HOME": "/root", "A": "b"}) == value


@settings(max_examples=50)
@given(st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=5), VALUES, min_size=1, max_size=3))
def test_a_mapping_is_literal(values: dict[str, str]) -> None:
    config = evaluation.apply({}, instructions.parse({"env": values, "label": values, "cmd": list(values.values())}))
    assert config["Env"] == [f"{name}={value}" for name, value in values.items()]
    assert config["Labels"] == dict(sorted(values.items()))
    assert config["Cmd"] == list(values.values())


EXPANDED = {
    "$A": "1", "${A}b": "1b", "$AB": "", "'$A'": "$A", '"$A"': "1", "\\$A": "$A", '"\\$A"': "$A", "a\\ b": "a b", "$": "$",
    "${N:-d}": "d", "${A:-d}": "1", "${A:+p}": "p", "${N:+p}": "", "${N:-'x y'}": "x y", '"a\\b"': "a\\b", "'a\"b'": 'a"b',
}  # fmt: skip


@pytest.mark.parametrize("word", EXPANDED)
def test_expansion(word: str) -> None:
    assert quoting.expand(word, {"A": "1"}) == EXPANDED[word]


@pytest.mark.parametrize("word", ["'a", '"a', "${A", "${", "${A:?x}", "${-}"])
def test_words_that_do_not_end(word: str) -> None:
    with pytest.raises(InvalidInput):
        quoting.expand(word, {"A": "1"})


WRONG = ["EXPOSE web", "EXPOSE 70000", "HEALTHCHECK --every=1s CMD x", "HEALTHCHECK sleep", "ENV A", "ENV A=1 B",
         "ONBUILD ONBUILD RUN x", "SHELL /bin/sh", "STOPSIGNAL a b", "HEALTHCHECK --interval=1x CMD y"]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_instructions_that_mean_nothing(text: str) -> None:
    with pytest.raises(InvalidInput, match="changes: "):
        evaluation.apply({}, instructions.parse(text))
