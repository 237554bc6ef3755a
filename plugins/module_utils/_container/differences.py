# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the wanted container and the one that is there."""

from __future__ import annotations

import typing as t

from .._types import Json
from . import endpoints
from .defaults import explicit_actual_options, explicit_wanted_options
from .engine_info import EngineInfo
from .option import UNSET, NameLookup, Option, Unreadable, keep_reference
from .platforms import image_platform, matches_platform
from .table import TABLE
from .wanted import WantedContainer


class Difference(t.NamedTuple):
    """One option that is not as wanted, in the user's form; ``None`` where it is not set.

    :ivar how: what mends it: ``update`` and ``network`` change the running container, ``recreate`` makes a new one.
    """

    option: str
    before: t.Any
    after: t.Any
    how: str


class _Sides(t.NamedTuple):
    """The explicit options of both sides, and the existing container."""

    actual: Json
    wanted: Json
    document: Json
    engine: EngineInfo


def find_differences(
    wanted: WantedContainer,
    document: Json,
    engine: EngineInfo,
    *,
    image: Json | None,
    wanted_image: Json | None = None,
    names: NameLookup = keep_reference,
    ignore: t.Collection[str] = (),
) -> tuple[Difference, ...]:
    """What differs between what is wanted and an existing container, sorted by option.

    :param document: the container's inspect document.
    :param image: the inspect document of the container's own image.
    :param wanted_image: that of the wanted image, ``None`` while it is not here.
    :param ignore: options whose differences are left out.
    """
    document = endpoints.name_networks_in_document(document)
    options = endpoints.name_networks_in_options(wanted.options, document)
    sides = _Sides(
        actual=explicit_actual_options(document, engine, image, names, options),
        wanted=explicit_wanted_options(options, engine, wanted_image or image, names),
        document=document,
        engine=engine,
    )
    differences = _compare_images(wanted, document, image, wanted_image)
    for row in TABLE:
        if row.name == "networks":
            differences.extend(_compare_networks(sides))
        elif not (row.tolerant and row.name not in options) and not _is_as_wanted(row, sides):
            before = sides.actual.get(row.name, UNSET)
            after = (options if row.tolerant else sides.wanted).get(row.name, UNSET)
            differences.append(Difference(row.name, _user_form(before), _user_form(after), _how_to_mend(row, after)))
    return tuple(sorted((d for d in differences if d.option not in ignore), key=lambda d: d.option))


def find_endpoint_changes(
    wanted: WantedContainer,
    document: Json,
    engine: EngineInfo,
    *,
    image: Json | None,
    names: NameLookup = keep_reference,
) -> tuple[dict[str, Json], list[str]]:
    """What mends a difference of ``networks``, see :func:`endpoints.endpoint_changes`."""
    document = endpoints.name_networks_in_document(document)
    options = endpoints.name_networks_in_options(wanted.options, document)
    return endpoints.endpoint_changes(
        explicit_actual_options(document, engine, image, names),
        explicit_wanted_options(options, engine, names=names),
        document,
    )


def _user_form(value: t.Any) -> t.Any:
    if isinstance(value, Unreadable):
        return value.raw
    return None if value is UNSET else value


def _how_to_mend(row: Option, after: t.Any) -> str:
    # The engine reads 0 in an update as "leave it" (moby, container_unix.go UpdateContainer).
    return "update" if row.update and (after is not UNSET or row.reset is not UNSET) else "recreate"


def _is_as_wanted(row: Option, sides: _Sides) -> bool:
    before, after = sides.actual.get(row.name, UNSET), sides.wanted.get(row.name, UNSET)
    if before == after:
        return True
    if row.name in sides.engine.unsupported and before is UNSET:
        return True
    if row.name == "network_mode":
        return endpoints.has_wanted_first_network(sides.actual, sides.wanted, sides.document)
    if row.name == "ulimits":
        # The engine adds its default-ulimits, and GET /info does not show them.
        return set(after) <= set(before or ())
    if row.name == "log_options" and sides.wanted.get("log_driver", UNSET) is UNSET:
        # It also adds its log-opts, for its default driver.
        if sides.document["HostConfig"]["LogConfig"]["Type"] != sides.engine.log_driver:
            return True  # the driver differs
        return (after or {}).items() <= (before or {}).items()
    if row.name == "mac_address" and sides.engine.api >= (1, 44):
        # 1.44 moved it from the container's configuration into its first endpoint.
        first = endpoints.first_network(sides.wanted) or ""
        return endpoints.actual_mac_address(sides.document, first) in ("", after)
    return False


def _compare_images(
    wanted: WantedContainer, document: Json, image: Json | None, wanted_image: Json | None
) -> list[Difference]:
    differences = []
    same = wanted.image in (None, document["Image"]) or (wanted_image or {}).get("Id") == document["Image"]
    if not same:
        before = {"name": document["Config"]["Image"], "id": document["Image"]}
        after = {"name": wanted.image, "id": wanted_image["Id"] if wanted_image else None}
        differences.append(Difference("image", before, after, "recreate"))
    if wanted.platform and image and not matches_platform(wanted.platform, image):
        differences.append(Difference("platform", image_platform(image), wanted.platform, "recreate"))
    return differences


def _compare_networks(sides: _Sides) -> list[Difference]:
    if not endpoints.has_wanted_first_network(sides.actual, sides.wanted, sides.document):
        return []  # network_mode differs, which needs a new container
    if not any(endpoints.endpoint_changes(sides.actual, sides.wanted, sides.document)):
        return []
    before = endpoints.actual_endpoints(sides.actual, sides.document)
    after = endpoints.wanted_endpoints(sides.wanted, sides.document)
    return [Difference("networks", before, after, "network")]
