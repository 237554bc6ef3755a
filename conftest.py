# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every pytest run needs, with or without the pytest-ansible plugin."""

from __future__ import annotations

import os
import pathlib
import sys

import hypothesis
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

ROOT = pathlib.Path(__file__).parent

# The environment's own ansible-playbook comes first, whether or not the environment was activated.
os.environ["PATH"] = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
# For ansible-playbook and Molecule started from tests, and for pytest-ansible, which would otherwise fill a folder
# `collections` in this one with links. Set when this file is read, before plugins are configured.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".cache" / "collections")

# No test measures time: on a busy machine an example may take long.
hypothesis.settings.register_profile(
    "house", deadline=None, database=DirectoryBasedExampleDatabase(ROOT / ".cache" / "hypothesis")
)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.has_plugin("pytest-ansible"):
        parser.addoption("--ansible-unit-inject-only", action="store_true", help="no effect without pytest-ansible")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the work, the file that takes longest comes first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("molecule") is None)
