# SPDX-License-Identifier: GPL-3.0-or-later

"""One task, from its options to its result: the file is read, merged, checked, written and applied.

The steps, one file each: ``options``, ``file`` (what is there), ``merge`` (what it should be), ``checks`` and
``flag_conflicts`` (what dockerd would refuse), ``plan`` (what has to be done), ``apply`` (the running dockerd gets it, with
``live_restore`` and ``rollback``), ``proof`` (it has it), ``result``.
"""

from __future__ import annotations

from .._errors import Failed
from .._task import Task
from .._types import Json
from . import file, pending, service, unfinished
from .apply import apply_change
from .change import ApplyResult, ConfigChange
from .lock import lock_config
from .options import DaemonConfigOptions
from .plan import DaemonConfigPlan, make_plan
from .result import task_result


def run(task: Task) -> Json:
    """Bring daemon.json, and if asked for the running dockerd, to the configuration of the task.

    :raises StevedoreError: nothing was changed, or everything was put back; the message says which.
    """
    options = DaemonConfigOptions.from_params(task.params)
    with lock_config(options.path, options.wait_timeout):
        plan = make_plan(options, task.connect)
        if task.check_mode or not plan.changed:
            result = task_result(options, plan, None, ApplyResult("none"))
        else:
            result = _carry_out(options, plan)
    for remark in result["remarks"]:
        task.warn(remark)
    return result


def _carry_out(options: DaemonConfigOptions, plan: DaemonConfigPlan) -> Json:
    """Back up, write and apply, as planned.

    :raises Failed: dockerd has the new file, and containers that ran before do not start.
    """
    # The folder and the copy come first: after this only the change itself can fail.
    backup = file.back_up(options.path, options.keep) if options.backup and plan.write else None
    change = ConfigChange(plan.before, plan.after, options.wait_timeout)
    applied = ApplyResult("none")
    if plan.engine is not None:
        applied = apply_change(plan.engine, change, options.apply, restart=plan.restart_needed)
        pending.remove_note(options.path)
    else:
        file.replace_file(options.path, change.text)
        if plan.restart_needed:
            live_restore = plan.leftover.in_dockerd if plan.leftover is not None else None
            pending.write_note(options.path, service.find_dockerd(options.path), live_restore)
    unfinished.remove_note(options.path)
    result = task_result(options, plan, backup, applied)
    if applied.restarted.failed:
        raise Failed(
            f"dockerd runs with the new {options.path}, but containers that ran before do not start: "
            + " ".join(f"{name}: {reason}" for name, reason in applied.restarted.failed),
            object=applied.restarted.failed[0][0],
            **result,
            rolled_back=False,
        )
    return result
