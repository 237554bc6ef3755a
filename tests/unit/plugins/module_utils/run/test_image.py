# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of a fleet: each pulled once, and several at the same time."""

from __future__ import annotations

import concurrent.futures
import threading
import typing as t

from ansible_collections.stevedore.docker.plugins.module_utils._run.context import RunContext
from ansible_collections.stevedore.docker.plugins.module_utils._run.plan import Ledger


class Engine:
    """Has no image at first; a pull ends only when as many others as there are names are under way."""

    api_version = (1, 41)

    def __init__(self, names: int) -> None:
        self._together = threading.Barrier(names, timeout=10)
        self._lock = threading.Lock()
        self.pulled: list[str] = []

    def info(self) -> dict[str, t.Any]:
        return {}

    def find_image(self, reference: str, platform: str | None = None) -> dict[str, t.Any] | None:
        return {"Id": f"id of {reference}"} if reference in self.pulled else None

    def pull(self, reference: str, _platform: str | None) -> None:
        self._together.wait()
        with self._lock:
            self.pulled.append(reference)


def test_images_are_pulled_side_by_side_and_once() -> None:
    engine = Engine(names=3)
    scene = RunContext(t.cast("t.Any", engine), check=False, warn=lambda _text: None)
    ledgers = [Ledger(check=False) for _container in range(9)]

    def obtain(number: int) -> t.Any:
        return scene.obtain_image(ledgers[number], f"app:{number % 3}", "missing", None)

    with concurrent.futures.ThreadPoolExecutor(max_workers=9) as pool:
        found = list(pool.map(obtain, range(9)))
    assert [one["Id"] for one in found] == [f"id of app:{number % 3}" for number in range(9)]
    assert sorted(engine.pulled) == ["app:0", "app:1", "app:2"]
    assert sum(len(ledger.actions) for ledger in ledgers) == 3
