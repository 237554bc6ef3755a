# SPDX-License-Identifier: GPL-3.0-or-later

"""What dockerd would refuse in the new configuration: log options, and what ``dockerd --validate`` says."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import typing as t

from .._errors import InvalidInput
from .._log_drivers.options import LogOptionProblem, find_problems, new_problems, option_texts
from .._types import Json
from . import file, service
from .merge import log_driver_of
from .options import DaemonConfigOptions

# 20.10 does not know `--validate`, which came with 23.0.
_NOT_VALIDATED = "unknown flag: --validate"


def refuse_bad_log_options(options: DaemonConfigOptions, before: Json, after: Json) -> list[str]:
    """Refuse wrong log options that the task sets; remarks about those that were there.

    :raises InvalidInput: one that the task sets is wrong.
    """
    problems = find_problems(log_driver_of(after), after.get("log-opts") or {})
    known: t.Sequence[LogOptionProblem] = ()
    if log_driver_of(before) == log_driver_of(after):
        known = find_problems(log_driver_of(before), option_texts(before.get("log-opts") or {}, "log-opts"))
    refused = new_problems(problems, known, set(options.config.get("log-opts") or {}))
    if refused:
        raise InvalidInput(
            f"{options.path} would hold log settings that dockerd or every new container fails on: "
            f"{'; '.join(problem.text for problem in refused)}. Nothing was changed.",
            object="log-opts",
        )
    return [f"{options.path} holds log settings that look wrong and were left alone: {p.text}." for p in problems]


def validate_with_dockerd(options: DaemonConfigOptions, config: Json, process: service.DockerdProcess | None) -> bool:
    """Run ``dockerd --validate`` on the new file, with the flags that dockerd runs with.

    :returns: false where that is not possible: no dockerd here, or one that is too old.
    :raises InvalidInput: dockerd does not accept the file.
    """
    binary = options.dockerd or (process.executable if process is not None else shutil.which("dockerd"))
    if not binary or not os.access(binary, os.X_OK):
        return False
    arguments = without_config_file(process.arguments[1:] if process is not None else ())
    with tempfile.NamedTemporaryFile("w", suffix=".json") as candidate:
        candidate.write(file.render_config(config))
        candidate.flush()
        command = [binary, "--validate", f"--config-file={candidate.name}", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    if done.returncode == 0:
        return True
    if _NOT_VALIDATED in done.stderr:
        return False
    reason = done.stderr.strip().replace(candidate.name, options.path)
    raise InvalidInput(
        f"dockerd does not accept {options.path} as it would be: {reason} Nothing was changed.", object=options.path
    )


def without_config_file(arguments: t.Sequence[str]) -> list[str]:
    """dockerd's arguments without ``--config-file``."""
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word == "--config-file":
            skip = True
        elif not word.startswith("--config-file="):
            kept.append(word)
    return kept
