# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control node's side of container_cp."""

from __future__ import annotations

import os
import tempfile
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._cp.destination import find_host_target, requested_attributes_on_host, write_entries
from ..module_utils._cp.relay import read_description, write_archive, write_description
from ..module_utils._cp.source import TarSource
from ..module_utils._cp.task import TEXT_LIMIT, build_result, diff_on_host, find_source
from ..module_utils._errors import StevedoreError
from ..module_utils._filesystem.entry import Place
from ..module_utils._types import Json

# Files in the temporary folders of both hosts.
DESCRIPTION, PAYLOAD = "stevedore.json", "stevedore.tar"


class _ModuleFailed(Exception):
    """The module failed; its result is the task's."""

    def __init__(self, result: Json) -> None:
        super().__init__(result.get("msg"))
        self.result = result


class ActionModule(ActionBase):
    """Finds the file, and carries what differs between the control node and the host of the engine."""

    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        result: Json = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._params = {**self._task.args}
        for option in ("archive", "decompress", "follow", "remote_src"):
            self._params[option] = boolean(self._params.get(option, False), strict=False)
        try:
            result.update(self._run())
        except _ModuleFailed as failure:
            result.update(failure.result)
        except StevedoreError as error:
            result.update(failed=True, msg=error.msg, failure=error.failure(), **error.details)
        finally:
            if self._connection._shell.tmpdir is not None:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if not self._task.diff:
            result.pop("diff", None)
        return result

    def _run(self) -> Json:
        src, dest = (Place.parse(str(self._params.get(option, ""))) for option in ("src", "dest"))
        one_side = (src.container is None) != (dest.container is None)
        if self._params["remote_src"] or not one_side or not (src.path and dest.path):
            return self._run_module()
        if src.container is None:
            src = self._find_on_control_node(src)
        else:
            dest = Place(os.path.expanduser(dest.path))
        if self._connection.transport == "local":
            # The control node is the managed node.
            return self._run_module(src=str(src), dest=str(dest), remote_src=True)
        return self._push(src) if src.container is None else self._fetch(dest)

    def _run_module(self, **changed: t.Any) -> Json:
        """Run the module.

        :raises _ModuleFailed: it failed.
        """
        result: Json = self._execute_module(
            module_name="stevedore.docker.container_cp", module_args={**self._params, **changed}, task_vars=self._vars
        )
        if result.get("failed"):
            raise _ModuleFailed(result)
        return result

    def _find_on_control_node(self, src: Place) -> Place:
        """The source below the playbook's or role's folders, as for other files; a slash at its end is kept."""
        ending = "/" if src.contents else ""
        return Place(self._find_needle("files", os.path.expanduser(src.normal_path)) + ending)

    def _remote_file(self, name: str) -> str:
        """A path in the managed node's temporary folder, which is removed at the end."""
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        return str(self._connection._shell.join_path(self._connection._shell.tmpdir, name))

    def _transfer(self, write: t.Callable[[str], None], name: str) -> str:
        """Write a file and bring it to the managed node; its path there."""
        remote = self._remote_file(name)
        with tempfile.TemporaryDirectory() as folder:
            local = os.path.join(folder, name)
            write(local)
            self._transfer_file(local, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote

    def _push(self, src: Place) -> Json:
        source = find_source(src, self._params, {})
        relay: Json = {"name": source.name if not src.contents else "", "folder": source.folder}
        limit = TEXT_LIMIT if self._task.diff else 0
        description = self._transfer(lambda path: write_description(source.walk(), path, text_limit=limit), DESCRIPTION)
        compared = self._run_module(_relay={**relay, "description": description})
        needed = set(compared.pop("needed"))
        if not compared["changed"] or self._task.check_mode:
            return compared
        payload = self._transfer(lambda path: write_archive(source.walk(), needed, path), PAYLOAD)
        sent = self._run_module(_relay={**relay, "payload": payload})
        sent.pop("needed")
        # What was compared is what was announced; the diff has the texts, which the module no longer needs.
        return {**sent, "changed": True, "changes": compared["changes"], "diff": compared.get("diff", [])}

    def _fetch(self, dest: Place) -> Json:
        attributes = requested_attributes_on_host(self._params)
        description = self._remote_file(DESCRIPTION)
        limit = TEXT_LIMIT if self._task.diff else 0
        answer = self._run_module(_relay={"description": description, "text_limit": limit})
        target = find_host_target(dest, folder=answer["folder"], name=answer["name"])
        with tempfile.TemporaryDirectory() as folder:
            local = os.path.join(folder, DESCRIPTION)
            self._connection.fetch_file(description, local)
            entries = list(read_description(local))
        copied = write_entries(entries, target, attributes, check=True, source_path=lambda relative: relative)
        texts = {entry.path: content.text for entry, content in entries}
        diff = diff_on_host(copied, lambda change: texts.get(str(change.source))) if self._task.diff else []
        if copied.changes and not self._task.check_mode:
            payload = self._remote_file(PAYLOAD)
            self._run_module(_relay={"payload": payload, "needed": copied.needed})
            with tempfile.TemporaryDirectory() as folder:
                local = os.path.join(folder, PAYLOAD)
                self._connection.fetch_file(payload, local)
                write_entries(TarSource(local).walk(), target, attributes, check=False)
        result = build_result(copied.changes, copied.skipped, copied.bytes, diff)
        return {"container": answer["container"], "invocation": answer.get("invocation"), **result}
