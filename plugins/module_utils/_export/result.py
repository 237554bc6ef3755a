# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of ``container_export``."""

from __future__ import annotations

import typing as t

from .._archive import manifest as manifests
from .._archive.manifest import Manifest
from .._errors import Failed
from .._parallel import Outcome
from .._types import Json
from .options import ExportJob


def combine_results(outcomes: list[Outcome[ExportJob, Json]], single: bool) -> Json:
    exports = []
    for outcome in outcomes:
        failed = {"changed": False, "failed": True} if outcome.error is not None else {}
        failure = {"msg": outcome.error.msg, "failure": outcome.error.failure()} if outcome.error is not None else {}
        base = {"name": outcome.item.name, "id": outcome.item.document["Id"], "path": outcome.item.path}
        exports.append({**base, **failed, **failure, **(outcome.value or {})})
    result: Json = {
        "changed": any(item["changed"] for item in exports),
        "exports": exports,
        "export": exports[0] if single and exports else None,
    }
    diffs = [item.pop("diff") for item in exports if "diff" in item]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if errors and len(outcomes) == 1:
        raise errors[0]
    if errors:
        names = ", ".join(outcome.item.name for outcome in outcomes if outcome.error is not None)
        raise Failed(f"{len(errors)} of {len(outcomes)} exports failed ({names}). The first: {errors[0].msg}", **result)
    return {**result, "diff": diffs}


def describe_archive(path: str, made: Manifest) -> Json:
    return {
        "path": path,
        "manifest": path + manifests.SUFFIX,
        "manifest_sha256": made.sha256,
        "compression": made.file.compression,
        "size": made.file.size,
        "sha256": made.file.sha256,
        "stream_size": made.stream.size,
        "stream_sha256": made.stream.sha256,
        "entries": made.stream.entries,
        "signature": made.origin.signature,
    }


def describe_difference(job: ExportJob, known: Manifest | None, reasons: dict[str, tuple[t.Any, t.Any]]) -> Json:
    return {
        "before_header": f"{job.name}: {job.previous or 'no archive'}",
        "after_header": f"{job.name}: {job.path}",
        "before": {key: before for key, (before, _after) in reasons.items()},
        "after": {key: after for key, (_before, after) in reasons.items()},
    }
