# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the rows: argument spec, bodies, differences (the way back: ``reverse``)."""

from __future__ import annotations

import typing as t

from .._argspec import ArgSpec
from .._errors import InvalidInput
from .._notation.sizes import parse_size
from .._types import Json
from . import networks as nets
from . import rules
from .codecs import one_of_env
from .option import UNSET, Context, Engine, Option, Unreadable, put, same_name
from .table import ROWS, SPECIAL, TABLE

__all__ = ["Engine"]  # for those above

Names = t.Callable[[str], str]


class Wanted(t.NamedTuple):
    """What a user asks for: the given options in normal form."""

    name: str
    image: str | None
    platform: str | None
    options: t.Mapping[str, t.Any]


class Difference(t.NamedTuple):
    """One option that is not as asked for, in the user's form; ``None`` where nobody asked.

    ``how`` to mend it: ``update`` and ``network`` in the running container, ``recreate``.
    """

    option: str
    before: t.Any
    after: t.Any
    how: str


def argument_spec() -> ArgSpec:
    """All options of a container."""
    entries = {row.name: row.spec for row in TABLE}
    return ArgSpec(options=dict(sorted({**entries, **SPECIAL}.items())))


def wanted(params: t.Mapping[str, t.Any], engine: Engine) -> Wanted:
    """The given options in their normal form.

    :param params: as Ansible validated them; others than the table's are passed over.
    :raises InvalidInput: a value cannot be right, two options exclude each other, or the engine is too old for one.
    """
    try:
        given = rules.spelled(params)
    except ValueError as error:
        raise InvalidInput(f"{error}.") from error
    options = {row.name: _normal(row, given[row.name], engine) for row in TABLE if row.name in given}
    options = {name: value for name, value in options.items() if value is not UNSET}
    rules.check(options)
    platform = given.get("platform")
    return Wanted(
        name=str(given.get("name", "")),
        image=given.get("image"),
        platform=normal_platform(platform) if platform else None,
        options=options,
    )


def _normal(row: Option, value: t.Any, engine: Engine) -> t.Any:
    try:
        normal = row.normal(value)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise InvalidInput(f"{row.name}: {error}.", object=row.name) from error
    for name, since in row.needs(value):
        if normal is not UNSET and since > engine.api:
            have, need = (".".join(map(str, version)) for version in (engine.api, since))
            raise InvalidInput(
                f"{name} needs API {need}; this engine speaks {have}: update the engine or leave it out.",
                object=row.name,
            )
    return normal


def own_options(options: t.Mapping[str, t.Any], context: Context) -> Json:
    """The options less what image, daemon and other options contribute."""
    context = context._replace(options=options)
    own = {}
    for row in TABLE:
        value = options.get(row.name, UNSET)
        if isinstance(value, Unreadable):
            value = UNSET if value == context.image.get(row.name) else value
        elif row.inherit is not None and (row.empty or value is not UNSET):
            value = row.inherit(value, context)
        if value is not UNSET:
            own[row.name] = value
    return own


def read_options(document: Json) -> Json:
    """The normal forms of all that an inspect document says, some of them ``Unreadable``."""
    values = {row.name: row.read(document) for row in TABLE}
    return {name: value for name, value in values.items() if value is not UNSET}


def image_options(image: Json | None) -> Json:
    """The normal forms of what an image's inspect document configures for its containers; ``env`` has every value of a
    variable, since of two the engine hands on both or, beside variables of the container's own, the first."""
    config = (image or {}).get("Config") or {}
    variables: dict[str, list[str | None]] = {}
    for item in config.get("Env") or ():
        name, value = one_of_env(item)
        variables.setdefault(name, []).append(value)
    return {**read_options({"Config": config}), "env": variables}


def compare(
    asked: Wanted,
    document: Json,
    engine: Engine,
    *,
    image: Json | None,
    wanted_image: Json | None = None,
    names: Names = same_name,
    ignore: t.Collection[str] = (),
) -> tuple[Difference, ...]:
    """What differs between the options and the container, sorted by option.

    :param image: the inspect document of the container's own image.
    :param wanted_image: that of the image asked for, ``None`` while it is not here.
    :param ignore: options whose drift is tolerated.
    """
    document = nets.resolved(document)
    options = nets.renamed(asked.options, document)
    here = Context(engine=engine, image=image_options(image), document=document, names=names, asked=options)
    there = Context(engine=engine, image=image_options(wanted_image or image), names=names)
    actual = own_options(read_options(document), here)
    target = own_options(options, there)
    found = _of_image(asked, document, image, wanted_image)
    for row in TABLE:
        before, after = actual.get(row.name, UNSET), target.get(row.name, UNSET)
        if row.name == "networks":
            found.extend(_of_networks(document, actual, target))
        elif not (row.tolerant and row.name not in options) and not _equal(row, actual, target, document, engine):
            after = options.get(row.name, UNSET) if row.tolerant else after
            found.append(Difference(row.name, _shown(before), _shown(after), _how(row, after)))
    return tuple(sorted((d for d in found if d.option not in ignore), key=lambda d: d.option))


def _shown(value: t.Any) -> t.Any:
    if isinstance(value, Unreadable):
        return value.raw
    return None if value is UNSET else value


def _how(row: Option, after: t.Any) -> str:
    # The engine reads 0 in an update as "leave it" (moby, container_unix.go UpdateContainer).
    return "update" if row.update and (after is not UNSET or row.reset is not UNSET) else "recreate"


def _equal(row: Option, actual: Json, target: Json, document: Json, engine: Engine) -> bool:
    before, after = actual.get(row.name, UNSET), target.get(row.name, UNSET)
    if before == after:
        return True
    if row.name in engine.without and before is UNSET:
        return True
    if row.name == "network_mode":
        return nets.same_first(document, actual, target)
    if row.name == "ulimits":
        # The daemon adds its default-ulimits, and GET /info does not show them.
        return set(after) <= set(before or ())
    if row.name == "log_options" and target.get("log_driver", UNSET) is UNSET:
        # So it does with log-opts, for its default driver.
        if document["HostConfig"]["LogConfig"]["Type"] != engine.log_driver:
            return True  # the driver differs
        return (after or {}).items() <= (before or {}).items()
    if row.name == "mac_address" and engine.api >= (1, 44):
        # 1.44 moved it from the container's configuration into its first endpoint.
        return nets.actual_mac(document, nets.primary(target) or "") in ("", after)
    return False


def _of_image(asked: Wanted, document: Json, image: Json | None, wanted_image: Json | None) -> list[Difference]:
    found = []
    same = asked.image in (None, document["Image"]) or (wanted_image or {}).get("Id") == document["Image"]
    if not same:
        before = {"name": document["Config"]["Image"], "id": document["Image"]}
        after = {"name": asked.image, "id": wanted_image["Id"] if wanted_image else None}
        found.append(Difference("image", before, after, "recreate"))
    if asked.platform and image and not fits(asked.platform, image):
        found.append(Difference("platform", platform_of(image), asked.platform, "recreate"))
    return found


_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "i386": "386",
    "i686": "386",
}


def normal_platform(text: str) -> str:
    """``linux/amd64`` of ``x86_64``, ``amd64`` or ``linux/x86_64``; a variant stays."""
    parts = text.lower().split("/")
    if len(parts) == 1:
        parts = [parts[0], ""] if parts[0] in ("linux", "windows") else ["linux", parts[0]]
    parts[1] = _ARCHITECTURES.get(parts[1], parts[1])
    if parts[1:] == ["arm64", "v8"]:
        parts = parts[:2]
    return "/".join(filter(None, parts))


def platform_of(image: Json) -> str:
    """The platform of an image, from its inspect document."""
    parts = [image.get("Os", ""), image.get("Architecture", ""), image.get("Variant", "")]
    return normal_platform("/".join(filter(None, parts)))


def fits(platform: str, image: Json) -> bool:
    """Whether an image is for a platform such as ``linux/arm64/v7``; a variant left out fits all."""
    have = platform_of(image)
    return have == platform or have.startswith(f"{platform}/")


def _of_networks(document: Json, actual: Json, target: Json) -> list[Difference]:
    if not nets.same_first(document, actual, target):
        return []  # network_mode differs, and a new container is needed for that
    before, after = nets.connected(document, actual), nets.effective(target, document)
    change = _endpoint_changes(document, before, after)
    return [Difference("networks", before, after, "network")] if any(change) else []


def _endpoint_changes(
    document: Json, before: dict[str, Json], after: dict[str, Json]
) -> tuple[dict[str, Json], list[str]]:
    def settled(name: str, endpoint: Json) -> Json:
        mac = nets.actual_mac(document, name)
        if endpoint.get("MacAddress") and mac in ("", endpoint["MacAddress"]):
            return {key: value for key, value in endpoint.items() if key != "MacAddress"}
        return endpoint

    connect = {n: e for n, e in after.items() if n not in before or settled(n, e) != before[n]}
    disconnect = [name for name in before if name not in after or name in connect]
    return connect, disconnect


def endpoint_changes(
    asked: Wanted, document: Json, engine: Engine, *, image: Json | None, names: Names = same_name
) -> tuple[dict[str, Json], list[str]]:
    """What mends a difference of ``networks``: (to join with their settings, to leave before); in both where settings
    change."""
    document = nets.resolved(document)
    context = Context(engine=engine, image=image_options(image), document=document, names=names)
    actual = own_options(read_options(document), context)
    target = own_options(nets.renamed(asked.options, document), Context(engine=engine, names=names))
    return _endpoint_changes(document, nets.connected(document, actual), nets.effective(target, document))


def endpoints(asked: Wanted, engine: Engine) -> dict[str, Json]:
    """EndpointSettings of every network asked for; the container is created in the first."""
    options = own_options(asked.options, Context(engine=engine))
    found = nets.effective(options)
    first = nets.primary(options)
    if "mac_address" in options and engine.api >= (1, 44) and first in found:
        found[first] = {**found[first], "MacAddress": options["mac_address"]}
    return found


def _write(body: Json, row: Option, value: t.Any) -> None:
    raw = row.codec.encode(value)
    for path, one in zip(row.paths, raw if len(row.paths) > 1 else (raw,)):
        if one is not None:
            put(body, path[len("Config.") :] if path.startswith("Config.") else path, one)


def create_body(asked: Wanted, engine: Engine) -> Json:
    """The body of ``POST /containers/create``.

    Before API 1.44 it takes one endpoint: connect the others (:func:`endpoints`) before the start.
    """
    body: Json = {"Image": asked.image, "HostConfig": {}}
    for name, value in asked.options.items():
        if name != "networks" and not (name == "mac_address" and engine.api >= (1, 44)):
            _write(body, ROWS[name], value)
    found = endpoints(asked, engine)
    chosen = found if engine.api >= (1, 44) else dict(list(found.items())[:1])
    if any(chosen.values()) or len(chosen) > 1:
        body["NetworkingConfig"] = {"EndpointsConfig": chosen}
    return body


def update_body(asked: Wanted, names: t.Collection[str], engine: Engine) -> Json:
    """The body of ``POST /containers/{id}/update`` for these options.

    Rows that share an object of the API (the restart policy) go together: the engine replaces it as a whole.
    """
    shared = {ROWS[name].paths[0].rpartition(".")[0] for name in names} - {"HostConfig"}
    body: Json = {}
    for row in TABLE:
        together = row.paths and row.paths[0].rpartition(".")[0] in shared
        if not row.update or not (row.name in names or together):
            continue
        value = asked.options.get(row.name, row.reset)
        if value is not UNSET:
            _write(body, row, value)
    host = t.cast("Json", body.get("HostConfig", {}))
    if "Memory" in host and "MemorySwap" not in host:
        # The engine refuses memory above the swap limit that it derived before.
        swap = asked.options.get("memory_swap")
        host["MemorySwap"] = ROWS["memory_swap"].codec.encode(swap) if swap else _derived_swap(host["Memory"], engine)
    return host


def _derived_swap(memory: int, engine: Engine) -> int:
    return 2 * parse_size(memory) if engine.swap_limit else -1
