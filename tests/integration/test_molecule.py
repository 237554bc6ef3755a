# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every Molecule scenario that git knows, as one test each.

The only file that needs pytest-ansible, whose end of life is announced for December 2026: `molecule test --all` runs the
same scenarios without it.
"""

from __future__ import annotations

import re
import sys
import typing as t

import pytest

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What Molecule draws around what Ansible prints.
_FRAME = re.compile(r"^ *│ ?", re.MULTILINE)
_FAILED = re.compile(r"^ *(fatal|failed): ", re.MULTILINE)
_SHOWN = 60


def first_failure(output: str) -> str:
    """The task that failed and what it said, so that the test's message alone tells it."""
    text = _FRAME.sub("", _COLOUR.sub("", output))
    found = _FAILED.search(text)
    if found is None:
        return "\n".join(text.splitlines()[-_SHOWN:])
    begin = max(text.rfind("\nTASK [", 0, found.start()), 0)
    return "\n".join(text[begin:].partition("\nPLAY RECAP")[0].strip().splitlines()[:_SHOWN])


@pytest.mark.molecule
def test_scenario(engine: str, molecule_scenario: t.Any, capfd: pytest.CaptureFixture[str]) -> None:
    done = molecule_scenario.test()
    printed = capfd.readouterr()
    sys.stdout.write(printed.out)
    sys.stderr.write(printed.err)
    assert done.returncode == 0, (
        f"molecule test -s {molecule_scenario.name} exited with {done.returncode}\n{first_failure(printed.out + printed.err)}"
    )
