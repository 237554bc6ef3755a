# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every Molecule scenario that git knows, as one test each.

The only file that needs pytest-ansible, whose end of life is announced for December 2026: `molecule test --all` runs the
same scenarios without it.
"""

from __future__ import annotations

import typing as t

import pytest


@pytest.mark.molecule
def test_scenario(engine: str, molecule_scenario: t.Any) -> None:
    done = molecule_scenario.test()
    assert done.returncode == 0, f"molecule test -s {molecule_scenario.name} exited with {done.returncode}"
