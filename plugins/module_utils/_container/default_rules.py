# SPDX-License-Identifier: GPL-3.0-or-later

"""What the default of each option is: what a container gets from its image, the engine or other options.

Each rule bears the name of its option in the table and takes the default away. Where a rule is the same for what a user
wrote and for an existing container, it is one function; where it is not, it is two. What an image says went through the
codecs as well: other builders write ``/app/`` where users write ``/app``.
"""

from __future__ import annotations

import typing as t

from .._notation.sizes import parse_size
from .endpoints import first_network
from .option import UNSET, ActualContext, Context, DefaultRule
from .ports import container_ports
from .storage import is_anonymous_name, remove_generated_name, volume_sources, volume_targets
from .values import clean_path


def both_sides(rule: t.Callable[[t.Any, Context], t.Any]) -> DefaultRule:
    """A rule that is the same for what a user wrote and for an existing container."""
    return DefaultRule(wanted=rule, actual=rule)


def image_value(option: str) -> DefaultRule:
    """The default is what the image says."""
    return both_sides(lambda value, context: UNSET if value == context.image_option(option) else value)


def engine_value(default: t.Callable[[Context], t.Any]) -> DefaultRule:
    """The default is what the engine says."""
    return both_sides(lambda value, context: UNSET if value == default(context) else value)


# -- command and entrypoint -------------------------------------------------------------------------------------------


def _wanted_entrypoint(value: t.Any, context: Context) -> t.Any:
    return UNSET if value is UNSET else _explicit_entrypoint(value, context)


def _actual_entrypoint(value: t.Any, context: ActualContext) -> t.Any:
    if value is UNSET:
        # Inspect shows null for an entrypoint that was reset, although the image has one.
        return [] if _image_entrypoint(context) else UNSET
    return _explicit_entrypoint(value, context)


def _image_entrypoint(context: Context) -> t.Any:
    # The engine takes [""] of an image for none, as it does for a container.
    return context.image_option("entrypoint") or UNSET


def _explicit_entrypoint(value: t.Any, context: Context) -> t.Any:
    image = _image_entrypoint(context)
    if value == [] and not image:
        return UNSET  # there is nothing to reset
    # Naming the image's own entrypoint drops the image's command: then it was set explicitly.
    drops_command = context.option("command") is UNSET and bool(context.image_option("command"))
    return UNSET if value == image and not drops_command else value


def _wanted_command(value: t.Any, context: Context) -> t.Any:
    return _explicit_command(value, context.option("entrypoint"), context)


def _actual_command(value: t.Any, context: ActualContext) -> t.Any:
    shown = context.option("entrypoint")
    was_reset = shown is UNSET and bool(_image_entrypoint(context))
    return _explicit_command(value, [] if was_reset else shown, context)


def _explicit_command(value: t.Any, container_entrypoint: t.Any, context: Context) -> t.Any:
    """A container has its image's command only where it has its image's entrypoint as well."""
    image = _image_entrypoint(context)
    if container_entrypoint == [] and not image:
        container_entrypoint = UNSET  # there is nothing to reset
    has_image_entrypoint = container_entrypoint is UNSET or container_entrypoint == image
    return UNSET if has_image_entrypoint and value == context.image_option("command") else value


entrypoint = DefaultRule(wanted=_wanted_entrypoint, actual=_actual_entrypoint)
command = DefaultRule(wanted=_wanted_command, actual=_actual_command)


# -- host name and networks -------------------------------------------------------------------------------------------


def _shares_network(context: Context) -> bool:
    mode = context.option("network_mode")
    return mode is not UNSET and bool(mode.startswith("container:"))


def _wanted_hostname(value: t.Any, context: Context) -> t.Any:
    on_host = context.option("network_mode") == "host"
    return UNSET if on_host and value == context.engine.hostname else value


def _actual_hostname(value: t.Any, context: ActualContext) -> t.Any:
    """It is generated from the id, or taken over from the container whose network is shared."""
    if _shares_network(context) or value == _short_id(context):
        return UNSET
    return _wanted_hostname(value, context)


def _actual_domainname(value: t.Any, context: ActualContext) -> t.Any:
    """It is taken over from the container whose network is shared."""
    return UNSET if _shares_network(context) else value


def _short_id(context: ActualContext) -> str:
    return str(context.document.get("Id", ""))[:12]


def _keep(value: t.Any, _context: Context) -> t.Any:
    return value


hostname = DefaultRule(wanted=_wanted_hostname, actual=_actual_hostname)
domainname = DefaultRule(wanted=_keep, actual=_actual_domainname)


def _wanted_networks(value: t.Any, context: Context) -> t.Any:
    # 25.0 and newer do not show the hostname among the aliases: an alias that repeats it changes nothing.
    return _explicit_networks(value, {context.option("hostname")}, context)


def _actual_networks(value: t.Any, context: ActualContext) -> t.Any:
    """The engine generates MAC addresses and, before 25.0, adds the short id and the hostname to the aliases."""
    # The MAC address of the first network is compared as the option mac_address.
    entries = [{key: item for key, item in entry.items() if key != "mac_address"} for entry in value]
    return _explicit_networks(entries, {_short_id(context), context.option("hostname")}, context)


def _explicit_networks(value: t.Any, generated_aliases: t.Collection[t.Any], context: Context) -> t.Any:
    """Without generated aliases, and without a network of which nothing is said but that ``network_mode`` names it."""
    first = first_network(context.options)
    explicit = []
    for entry in value:
        rest = {key: item for key, item in entry.items() if key != "aliases"}
        aliases = [alias for alias in entry.get("aliases", []) if alias and alias not in generated_aliases]
        if aliases:
            rest["aliases"] = aliases
        if len(rest) > 1 or rest["name"] != first:
            explicit.append(dict(sorted(rest.items())))
    return explicit or UNSET


networks = DefaultRule(wanted=_wanted_networks, actual=_actual_networks)


# -- volumes and mounts -----------------------------------------------------------------------------------------------


def _wanted_volumes(value: t.Any, context: Context) -> t.Any:
    """Anonymous volumes are a default where the image declares them, or where a mount or a named volume replaces them."""
    replaced = set(context.image_option("volumes") or ())
    replaced.update(volume_targets(value))
    replaced.update(str(mount["target"]) for mount in context.option("mounts") or ())
    replaced.update(entry.partition(":")[0] for entry in context.option("tmpfs") or ())
    return [entry for entry in value if ":" in entry or entry not in replaced] or UNSET


def _actual_volumes(value: t.Any, context: ActualContext) -> t.Any:
    """In a replaced container, an anonymous volume that was carried over is mounted by its generated name."""
    declared = {clean_path(path) for path in (context.document["Config"].get("Volumes") or {})}
    wanted = context.wanted.get("volumes") or ()

    def has_generated_name(entry: str) -> bool:
        return entry not in wanted and _is_mounted_once(volume_sources([entry]), context)

    entries = [remove_generated_name(entry, declared) if has_generated_name(entry) else entry for entry in value]
    return _wanted_volumes(sorted(entries), context)


def _actual_mounts(value: t.Any, context: ActualContext) -> t.Any:
    """The same for mounts."""
    wanted_sources = {mount.get("source") for mount in context.wanted.get("mounts") or ()}

    def has_generated_name(mount: t.Mapping[str, t.Any]) -> bool:
        source = str(mount.get("source", ""))
        anonymous = is_anonymous_name(source) and source not in wanted_sources and _is_mounted_once([source], context)
        # A volume that is mounted read-only needs a name.
        return mount["type"] == "volume" and anonymous and not mount.get("read_only")

    return [
        {k: v for k, v in mount.items() if k != "source"} if has_generated_name(mount) else mount for mount in value
    ]


def _is_mounted_once(sources: t.Collection[str], context: Context) -> bool:
    """Somebody named what is mounted in two places, whatever its name."""
    used = volume_sources(context.option("volumes") or ())
    used += [str(mount.get("source")) for mount in context.option("mounts") or ()]
    return all(used.count(source) == 1 for source in sources)


volumes = DefaultRule(wanted=_wanted_volumes, actual=_actual_volumes)
mounts = DefaultRule(wanted=_keep, actual=_actual_mounts)


# -- the same on both sides -------------------------------------------------------------------------------------------


@both_sides
def env(value: t.Any, context: Context) -> t.Any:
    image: t.Mapping[str, t.Collection[str | None]] = context.image_option("env") or {}
    return {key: item for key, item in value.items() if item not in image.get(key, (None,))} or UNSET


@both_sides
def labels(value: t.Any, context: Context) -> t.Any:
    image = context.image_option("labels") or {}
    return {key: item for key, item in value.items() if image.get(key) != item} or UNSET


@both_sides
def healthcheck(value: t.Any, context: Context) -> t.Any:
    """The engine merges field by field."""
    image = context.image_option("healthcheck") or {}
    return {name: item for name, item in value.items() if image.get(name) != item} or UNSET


@both_sides
def exposed_ports(value: t.Any, context: Context) -> t.Any:
    """Ports of the image and published ports are exposed anyway."""
    exposed = set(context.image_option("exposed_ports") or ())
    if context.option("published_ports"):
        exposed |= container_ports(context.option("published_ports"))
    return [port for port in value if port not in exposed] or UNSET


@both_sides
def memory_swap(value: t.Any, context: Context) -> t.Any:
    """The default is twice the memory, or -1 where the kernel cannot limit swap."""
    memory = context.option("memory")
    if not context.engine.swap_limit:
        return UNSET
    is_default = memory is not UNSET and value != "-1" and parse_size(value) == 2 * parse_size(memory)
    return UNSET if is_default else value


@both_sides
def security_opts(value: t.Any, context: Context) -> t.Any:
    """The engine adds label=disable to privileged containers and those on the host's IPC or PID namespace."""
    on_host = context.option("ipc_mode") == "host" or context.option("pid_mode") == "host"
    unconfined = context.option("privileged") or on_host
    return [item for item in value if not (unconfined and item == "label=disable")] or UNSET


@both_sides
def stop_signal(value: t.Any, context: Context) -> t.Any:
    # The docker CLI of 20.10 sends SIGTERM although nobody asked for it.
    return UNSET if value == (context.image_option("stop_signal") or "SIGTERM") else value


@both_sides
def network_mode(value: t.Any, context: Context) -> t.Any:
    # 26.1 turns default into bridge.
    return UNSET if value in ("default", "bridge") else _name_container(value, context)


@both_sides
def ipc_mode(value: t.Any, context: Context) -> t.Any:
    return UNSET if value == "private" else _name_container(value, context)


@both_sides
def pid_mode(value: t.Any, context: Context) -> t.Any:
    return _name_container(value, context)


def _name_container(value: t.Any, context: Context) -> t.Any:
    """The engine's ``container:<id>`` as ``container:<name>``."""
    kind, colon, reference = str(value).partition(":")
    return f"container:{context.names(reference)}" if kind == "container" and colon else value


@both_sides
def volumes_from(value: t.Any, context: Context) -> t.Any:
    """No default; with names for the engine's ids, and without ``rw``, which is the default of each entry."""

    def name_container(entry: str) -> str:
        reference, colon, mode = entry.partition(":")
        return f"{context.names(reference)}{colon}{mode}" if mode != "rw" else context.names(reference)

    return [name_container(entry) for entry in value]


cgroupns_mode = engine_value(lambda context: "private" if context.engine.cgroup_version == "2" else "host")
log_driver = engine_value(lambda context: context.engine.log_driver)
runtime = engine_value(lambda context: context.engine.runtime)
shm_size = engine_value(lambda _context: "64m")
user = image_value("user")
working_dir = image_value("working_dir")
