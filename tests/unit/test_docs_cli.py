# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/cli.md names modules and options that there are, and leaves no module out."""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = "ansible_collections.stevedore.docker.plugins"
ROW = re.compile(r"^\| ?(?P<docker>.*?) ?\| `(?P<module>\w+)` \| (?P<options>.*?) \| ?(?P<more>.*?) ?\|$")


def rows() -> list[dict[str, t.Any]]:
    lines = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").splitlines()
    found = [
        ROW.match(line) for line in lines if line.startswith("| ") and "---" not in line and "| module |" not in line
    ]
    assert all(found), "a row of docs/cli.md is not of the form docker | module | option | more"
    return [row.groupdict() for row in found if row]


def documented(module: str) -> set[str]:
    """The options in a module's documentation and in the fragments that it extends."""
    text = importlib.import_module(f"{PLUGINS}.modules.{module}").DOCUMENTATION
    documentation = yaml.safe_load(text)
    parts = [documentation]
    for name in documentation.get("extends_documentation_fragment", []):
        file, _dot, part = name.removeprefix("stevedore.docker.").partition(".")
        fragment = importlib.import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment
        parts.append(yaml.safe_load(getattr(fragment, part.upper() or "DOCUMENTATION")))
    return {option for part in parts for option in part.get("options") or {}}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['module']}-{row['options']}")
def test_module_and_options_exist(row: dict[str, str]) -> None:
    options = re.findall(r"`(\w+)`", row["options"])
    assert options
    assert set(options) - documented(row["module"]) == set()


def test_every_module_is_told() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__"}
    assert modules - {row["module"] for row in rows()} == set()
