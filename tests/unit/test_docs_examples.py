# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task and every ad hoc command in the documentation is one that the module's argument spec accepts."""

from __future__ import annotations

import functools
import importlib
import json
import pathlib
import re
import shlex
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.splitter import parse_kv

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = "ansible_collections.stevedore.docker.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.rst")])
PREFIX = "stevedore.docker."
_BLOCK = re.compile(
    r"^```ya?ml\n(?P<fenced>.*?)^```|^\.\. code-block:: yaml[^\n]*\n\n(?P<indented>(?:(?: [^\n]*)?\n)+)", re.M | re.S
)
_AD_HOC = re.compile(r"^[# $]*(ansible .*-m stevedore\.docker\..*)$", re.M)


class Example(t.NamedTuple):
    """Arguments for a module, and the text in which they are."""

    where: str
    module: str
    arguments: dict[str, t.Any]


@functools.cache
def argument_spec(module: str) -> t.Any:
    """The spec with which a module calls ``run_module``."""
    loaded = importlib.import_module(f"{PLUGINS}.modules.{module}")
    found: list[t.Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded, "run_module", lambda spec, *_rest, **_options: found.append(spec))
        loaded.main()
    return found[0].merge(importlib.import_module(f"{PLUGINS}.module_utils._module").CONNECTION)


def tasks(document: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """The modules of this collection that a YAML document calls, in plays and blocks too, with their arguments."""
    if isinstance(document, list):
        for item in document:
            yield from tasks(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            if str(key).startswith(PREFIX) and str(key)[len(PREFIX) :] in MODULES:
                yield str(key)[len(PREFIX) :], value
            else:
                yield from tasks(value)


def ad_hoc(text: str) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """The modules that commands in a text call, with their arguments."""
    for line in _AD_HOC.findall(text):
        words = shlex.split(line, comments=True)
        arguments = words[words.index("-a") + 1] if "-a" in words else ""
        module = words[words.index("-m") + 1][len(PREFIX) :]
        yield module, json.loads(arguments) if arguments.startswith("{") else parse_kv(arguments)


def examples() -> t.Iterator[Example]:
    for module in MODULES:
        text = importlib.import_module(f"{PLUGINS}.modules.{module}").EXAMPLES
        for called, arguments in [*tasks(yaml.safe_load(text)), *ad_hoc(text)]:
            yield Example(module, called, arguments or {})
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [block["fenced"] or block["indented"] for block in _BLOCK.finditer(text)]
        found = [*(task for block in blocks for task in tasks(yaml.safe_load(block))), *ad_hoc(text)]
        for called, arguments in found:
            yield Example(page.name, called, arguments or {})


def templated(value: t.Any) -> bool:
    return "{{" in str(value)


@pytest.mark.parametrize(
    "example",
    [example for example in examples() if isinstance(example.arguments, dict)],
    ids=lambda example: f"{example.where}-{example.module}",
)
def test_an_example_has_the_options_of_the_module(example: Example) -> None:
    spec = argument_spec(example.module)
    # What Jinja makes of a template is not known here.
    types = {
        name: {**entry, "type": "raw"} for name, entry in spec.options.items() if templated(example.arguments.get(name))
    }
    for entry in types.values():
        entry.pop("elements", None)
    result = ArgumentSpecValidator({**spec.arguments()["argument_spec"], **types}, **spec.rules()).validate(
        example.arguments
    )
    assert result.error_messages == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_examples_and_an_ad_hoc_command(module: str) -> None:
    text = importlib.import_module(f"{PLUGINS}.modules.{module}").EXAMPLES
    assert [called for called, _arguments in tasks(yaml.safe_load(text))].count(module) >= 3
    assert module in [called for called, _arguments in ad_hoc(text)]
