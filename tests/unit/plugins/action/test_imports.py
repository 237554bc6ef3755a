# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[4] / "plugins" / "action"


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"])
def test_action_plugins_can_be_imported(name: str) -> None:
    """Nothing else in the unit tests would tell."""
    assert importlib.import_module(f"ansible_collections.stevedore.docker.plugins.action.{name}").ActionModule
