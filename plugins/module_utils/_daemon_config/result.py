# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's result."""

from __future__ import annotations

from .._types import Json
from . import file
from .change import ApplyResult
from .options import DaemonConfigOptions
from .plan import DaemonConfigPlan


def task_result(options: DaemonConfigOptions, plan: DaemonConfigPlan, backup: str | None, applied: ApplyResult) -> Json:
    """
    :param backup: the path of the copy of the old file.
    """
    before = plan.found.text or ""
    after = file.render_config(plan.after, plan.before.text) if plan.write else before
    diff = []
    if plan.write:
        headers = {"before_header": options.path, "after_header": options.path}
        diff.append({**headers, "before": before, "after": after})
    if plan.engine is not None:
        diff.append({"before": "dockerd runs without it\n", "after": f"dockerd runs with it ({options.apply})\n"})
    return {
        "changed": plan.changed,
        "path": options.path,
        "config": plan.after,
        "dropped": list(plan.dropped),
        "remarks": list(plan.remarks),
        "validated": plan.validated,
        "backup_file": backup,
        "applied": applied.how,
        "restart_needed": plan.restart_needed and plan.engine is None,
        "containers_kept": list(applied.kept),
        **applied.restarted.fields(),
        "diff": diff,
    }
