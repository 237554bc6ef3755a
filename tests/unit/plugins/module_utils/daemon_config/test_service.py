# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dockerd that nobody looks after, started again; with a stand-in of this test's own as dockerd."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import managers, service
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Conflict
from support.engine import until

# What it is started with is what it writes down.
STAND_IN = """
import json, os, resource, signal, sys, time
mask = os.umask(0)
os.umask(mask)
print(json.dumps({
    "arguments": sys.argv[1:], "folder": os.getcwd(), "mark": os.environ.get("MARK"), "mask": mask,
    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "session": os.getsid(0) == os.getpid(),
    "hup": signal.getsignal(signal.SIGHUP) == signal.SIG_DFL,
}), file=sys.stderr, flush=True)
time.sleep(100)
"""


def lower_limits() -> None:
    # Whoever runs the tests may ignore it (nohup does), and what is started inherits that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_NOFILE, (123, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.fixture
def log(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "dockerd.log"


@pytest.fixture
def dockerd(tmp_path: pathlib.Path, log: pathlib.Path) -> t.Iterator[subprocess.Popen[bytes]]:
    program = tmp_path / "stand-in"
    program.write_text(STAND_IN)
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(program), "--debug"],
            cwd=tmp_path,
            env={**os.environ, "MARK": "a b"},
            stdin=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
            preexec_fn=lower_limits,  # noqa: PLW1509
        )
    until(log.read_text, "the first start")
    with process:
        yield process
        process.kill()


def process_of(process: subprocess.Popen[bytes]) -> service.DockerdProcess:
    # Right after its start a process has no arguments for a moment.
    found = until(lambda: service.read_process(process.pid), "its command line")
    return dataclasses.replace(t.cast("service.DockerdProcess", found), unit=None)  # the tests may run in a unit


def test_it_is_started_as_it_was_before(
    dockerd: subprocess.Popen[bytes], log: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = managers.BareProcess(process_of(dockerd))
    monkeypatch.setenv("MARK", "another")
    kept = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        manager.restart()
    finally:
        signal.signal(signal.SIGHUP, kept)
    until(lambda: log.read_text().count("\n") == 2, "the second start")
    first, second = log.read_text().splitlines()
    assert second == first
    assert '"files": 123' in first
    assert '"hup": true' in first
    assert dockerd.poll() is not None
    assert manager.is_alive()
    os.kill(manager._current, signal.SIGKILL)
    until(lambda: not manager.is_alive(), "its end")


def test_only_what_it_says_from_now_on_is_its_complaint(dockerd: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    log.write_text("level=fatal of last week\n")
    manager = managers.BareProcess(process_of(dockerd))
    assert manager.log_excerpt(0) == ""
    with open(log, "a") as file:
        file.write("failed to start daemon: doomed\n")
    assert manager.log_excerpt(0) == "failed to start daemon: doomed"
    log.write_text("level=fatal new\n")
    assert manager.log_excerpt(0) == "level=fatal new"


def test_a_parent_that_looks_after_it_is_not_deprived_of_it(dockerd: subprocess.Popen[bytes]) -> None:
    with pytest.raises(Conflict, match=rf"process {os.getpid()}\), neither by systemd nor by an init script"):
        managers.manager_of(process_of(dockerd))


@pytest.mark.parametrize("replaced", [True, False])
def test_a_program_that_was_replaced_while_it_ran(tmp_path: pathlib.Path, replaced: bool) -> None:
    program = tmp_path / "dockerd"
    sleep = shutil.which("sleep")
    assert sleep is not None
    shutil.copy(sleep, program)
    with subprocess.Popen([str(program), "100"], executable=str(program)) as running:
        try:
            program.unlink()
            if replaced:
                shutil.copy(sleep, program)
            process = dataclasses.replace(process_of(running), parent=1)
            assert process.executable == str(program)
            if replaced:
                assert isinstance(managers.manager_of(process), managers.BareProcess)
            else:
                with pytest.raises(Conflict, match="is not there any more"):
                    managers.manager_of(process)
        finally:
            running.kill()
