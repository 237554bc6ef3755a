# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user wants: the given options, checked and in their normal form."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInput
from . import combinations, shorthands
from .engine_info import EngineInfo
from .option import UNSET, Option
from .platforms import normalize_platform
from .table import TABLE


class WantedContainer(t.NamedTuple):
    """What a user wants: the given options in their normal form."""

    name: str
    image: str | None
    platform: str | None
    options: t.Mapping[str, t.Any]


def wanted_container(params: t.Mapping[str, t.Any], engine: EngineInfo) -> WantedContainer:
    """The given options in their normal form.

    :param params: as Ansible validated them. Options that the table does not have are ignored.
    :raises InvalidInput: a value cannot be right, two options exclude each other, or the engine is too old for one.
    """
    try:
        given = shorthands.expand_shorthands(params)
    except ValueError as error:
        raise InvalidInput(f"{error}.") from error
    options = {row.name: _normalize(row, given[row.name], engine) for row in TABLE if row.name in given}
    options = {name: value for name, value in options.items() if value is not UNSET}
    combinations.check_combinations(options)
    platform = given.get("platform")
    return WantedContainer(
        name=str(given.get("name", "")),
        image=given.get("image"),
        platform=normalize_platform(platform) if platform else None,
        options=options,
    )


def _normalize(row: Option, value: t.Any, engine: EngineInfo) -> t.Any:
    try:
        normal = row.normalize(value)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise InvalidInput(f"{row.name}: {error}.", object=row.name) from error
    for name, since in row.required_api_versions(value):
        if normal is not UNSET and since > engine.api:
            have, need = (".".join(map(str, version)) for version in (engine.api, since))
            raise InvalidInput(
                f"{name} needs API {need}; this engine speaks {have}: update the engine or leave it out.",
                object=row.name,
            )
    return normal
