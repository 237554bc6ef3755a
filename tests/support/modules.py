# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules of this collection through their ``main()``, in this process or in one of their own.

``STEVEDORE_MODULE_PYTHON=/path/to/python`` lets another Python run them, as on a managed node: one that has the Docker
SDK, and gets ansible's module_utils from here as Ansible's payload would bring them along.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import typing as t
from unittest import mock

from ansible import release
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings

PYTHON = os.environ.get("STEVEDORE_MODULE_PYTHON") or sys.executable
ROOT = pathlib.Path(__file__).parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
PACKAGE = "ansible_collections.stevedore.docker.plugins.modules"


class Result(dict):  # type: ignore[type-arg]
    """What a module printed; ``result.changed`` and ``result["changed"]`` are the same."""

    def __getattr__(self, name: str) -> t.Any:
        if name in self:
            return self[name]
        if name in ("changed", "failed"):
            return False
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"the module returned no {name!r}: {dict(self)!r}")


def module_arguments(params: t.Mapping[str, t.Any], *, check: bool = False, diff: bool = False) -> dict[str, t.Any]:
    return {**params, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}


@contextlib.contextmanager
def _given(arguments: dict[str, t.Any]) -> t.Iterator[None]:
    """Hand arguments to the next AnsibleModule of this process, whatever ansible-core this is."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # before 2.18
        payload = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", payload):
            yield
    else:
        with patch_module_args(arguments):
            yield


@contextlib.contextmanager
def _managed_node() -> t.Iterator[None]:
    """From 2.19 on, warnings go to the screen instead of the result once a plugin of pytest imported the controller."""
    module_warnings._global_warnings.clear()
    module_warnings._global_deprecations.clear()
    internal = sys.modules.get("ansible.module_utils._internal")
    if internal is None:
        yield
    else:
        with mock.patch.object(internal, "is_controller", new=False):
            yield


# What Ansible itself reads in a result: a module's own value there makes the task a skipped one, a finished asynchronous
# one, one with facts to keep, and so on.
RESERVED = {
    "_ansible_parsed", "ansible_facts", "ansible_job_id", "add_group", "add_host", "attempts", "exception", "finished",
    "results", "retries", "skipped", "started", "unreachable",
}  # fmt: skip


def broken_rules(result: t.Mapping[str, t.Any]) -> list[str]:
    """What in a module's result Ansible would misread."""
    wrong = [f"{key} is Ansible's own" for key in sorted(RESERVED & result.keys())]
    failed, rc = result.get("failed", False), result.get("rc", 0)
    if not isinstance(failed, bool) or not isinstance(result.get("changed", False), bool):
        wrong.append("changed and failed are true or false")
    if "changed" not in result and not failed:
        wrong.append("a success says whether something changed")
    if failed and not (isinstance(result.get("msg"), str) and result["msg"]):
        wrong.append("a failure says why in msg")
    if not isinstance(rc, int) or isinstance(rc, bool):
        wrong.append("rc is a number or not there: null is a failure")
    elif rc and not failed:
        wrong.append("an rc that is not 0 is a failure")
    return wrong


def _parse(text: str) -> Result:
    lines = [line for line in text.splitlines() if line.startswith("{")]
    assert lines, f"the module printed no result: {text!r}"
    result = Result(json.loads(lines[-1]))
    # Every result of every test, whatever way out the module took.
    assert not broken_rules(result), (broken_rules(result), result)
    return result


def call(name: str, params: t.Mapping[str, t.Any], *, check: bool = False, diff: bool = False) -> Result:
    """Run ``plugins/modules/<name>.py`` in this process; an exception that the module does not handle is raised."""
    if sys.executable != PYTHON:
        return collect(spawn(name, params, check=check, diff=diff), timeout=600)
    module = importlib.import_module(f"{PACKAGE}.{name}")
    printed = io.StringIO()
    arguments = module_arguments(params, check=check, diff=diff)
    with _managed_node(), _given(arguments), contextlib.redirect_stdout(printed):
        try:
            module.main()
        except SystemExit:
            return _parse(printed.getvalue())
    raise AssertionError(f"{name} came back without a result: {printed.getvalue()!r}")


@functools.cache
def _payload(python: str) -> pathlib.Path:
    """A folder with what a module needs beside its Python's own packages: nothing else of this Python's may be seen."""
    if python == sys.executable:
        return COLLECTIONS
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stevedore-payload-"))
    atexit.register(shutil.rmtree, folder)
    (folder / "ansible_collections").symlink_to(COLLECTIONS / "ansible_collections")
    (folder / "ansible").mkdir()
    (folder / "ansible" / "__init__.py").write_text(f"__version__ = {release.__version__!r}\n")
    (folder / "ansible" / "module_utils").symlink_to(pathlib.Path(basic.__file__).parent)
    return folder


def spawn(
    name: str,
    params: t.Mapping[str, t.Any],
    *,
    check: bool = False,
    diff: bool = False,
    python: str = PYTHON,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start the module as a process of its own, to be killed or waited for (then ``collect`` its result)."""
    process = subprocess.Popen(
        [python, "-m", f"{PACKAGE}.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(_payload(python)), **environment},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": module_arguments(params, check=check, diff=diff)}))
    process.stdin.close()
    process.stdin = None  # communicate() would write to it again
    return process


def collect(process: subprocess.Popen[str], timeout: float = 120) -> Result:
    """Wait for a spawned module and read its result."""
    out, err = process.communicate(timeout=timeout)
    assert any(line.startswith("{") for line in out.splitlines()), f"no result (exit {process.returncode}): {out}{err}"
    return _parse(out)
