# SPDX-License-Identifier: GPL-3.0-or-later

"""live-restore, forced on in daemon.json while dockerd is restarted, and reset afterwards.

A reload does not switch live-restore off when the key is merely missing, so for that moment it stands in the file as
false. A note says what it should be, in case this run is killed; see :mod:`unfinished`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._types import Json
from . import dockerd, file, unfinished
from .change import ConfigChange
from .engine_state import EngineState
from .unfinished import LIVE_RESTORE


def is_forced(engine: EngineState, live: bool) -> bool:
    """Whether live-restore stands in the file for the time of the restart."""
    return live and not engine.live_restore_by_flag


def write_file(engine: EngineState, change: ConfigChange, config: Json, live: bool) -> None:
    """Write the configuration for the time of the restart."""
    forced = is_forced(engine, live)
    text = _text_with(config, change, True) if forced else file.render_config(config, change.before.text)
    file.replace_file(change.before.path, text)


def reset(engine: EngineState, change: ConfigChange, config: Json, live: bool) -> None:
    """Set live-restore as ``config`` has it, or else as it was before, in the file and in dockerd."""
    if not is_forced(engine, live):
        return
    if not config.get(LIVE_RESTORE, engine.live_restore):
        file.replace_file(change.before.path, _text_with(config, change, False))
        dockerd.reload_config(engine.connect, engine.process, change.wait_timeout)
    file.replace_file(change.before.path, file.render_config(config, change.before.text))


@contextlib.contextmanager
def keep_note(engine: EngineState, change: ConfigChange, live: bool) -> t.Iterator[None]:
    """Keep a note of what live-restore should be, for as long as the file says something else."""
    if not is_forced(engine, live):
        yield
        return
    targets = []
    for config, final in ((engine.runs_with, change.before.text or ""), (change.after, change.text)):
        target = unfinished.LiveRestoreTarget(
            config.get(LIVE_RESTORE), bool(config.get(LIVE_RESTORE, engine.live_restore)), final
        )
        texts = (_text_with(config, change, True), _text_with(config, change, False), final)
        targets += [dataclasses.replace(target, text=text) for text in texts]
    unfinished.write_note(change.before.path, targets)
    yield
    unfinished.remove_note(change.before.path)


def _text_with(config: Json, change: ConfigChange, value: bool) -> str:
    return file.render_config({**config, LIVE_RESTORE: value}, change.before.text)
