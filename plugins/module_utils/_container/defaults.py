# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container got without anybody asking: from its image, the daemon, other options.

The engine combines (moby, ``daemon/commit.go`` ``merge``); these functions take away again, alike from what a user wrote
and from an inspect document, so that the two can be compared. What an image says went through the codecs as well: other builders
write ``/app/`` where users write ``/app``.
"""

from __future__ import annotations

import typing as t

from .._notation.sizes import parse_size
from .codecs import clean_path
from .option import UNSET, Context, Inherit
from .ports import container_ports
from .storage import ANONYMOUS, volume_sources, volume_targets, without_generated_name


def same_as_image(option: str) -> Inherit:
    """A value that equals the image's was not asked for."""

    def inherit(value: t.Any, context: Context) -> t.Any:
        return UNSET if value == context.inherited(option) else value

    return inherit


def same_as(default: t.Callable[[Context], t.Any]) -> Inherit:
    """A value that equals the daemon's default was not asked for."""

    def inherit(value: t.Any, context: Context) -> t.Any:
        return UNSET if value == default(context) else value

    return inherit


def env(value: t.Any, context: Context) -> t.Any:
    image: t.Mapping[str, t.Collection[str | None]] = context.inherited("env") or {}
    return {key: item for key, item in value.items() if item not in image.get(key, (None,))} or UNSET


def labels(value: t.Any, context: Context) -> t.Any:
    image = context.inherited("labels") or {}
    own = {key: item for key, item in value.items() if image.get(key) != item}
    return own or UNSET


def entrypoint(value: t.Any, context: Context) -> t.Any:
    # The engine takes [""] of an image for none, as it does for a container.
    image = context.inherited("entrypoint") or UNSET
    if value is UNSET:
        # An entrypoint that was reset shows as null, although the image has one.
        return [] if context.document and image else UNSET
    if value == [] and not image:
        return UNSET
    # Naming the image's own entrypoint drops the image's command: then it was asked for.
    drops = context.given("command") is UNSET and bool(context.inherited("command"))
    return UNSET if value == image and not drops else value


def command(value: t.Any, context: Context) -> t.Any:
    if value is UNSET:
        return UNSET
    asked, image = context.given("entrypoint"), context.inherited("entrypoint") or UNSET
    if asked is UNSET and context.document and image:
        asked = []
    if asked == [] and not image:
        asked = UNSET  # there is nothing to reset
    inherited = asked is UNSET or asked == image
    return UNSET if inherited and value == context.inherited("command") else value


def healthcheck(value: t.Any, context: Context) -> t.Any:
    """The engine combines field by field."""
    image = context.inherited("healthcheck") or {}
    return {name: item for name, item in value.items() if image.get(name) != item} or UNSET


def exposed_ports(value: t.Any, context: Context) -> t.Any:
    taken = set(context.inherited("exposed_ports") or ())
    if context.given("published_ports"):
        taken |= container_ports(context.given("published_ports"))
    return [port for port in value if port not in taken] or UNSET


def volumes(value: t.Any, context: Context) -> t.Any:
    """Not asked for: anonymous volumes of the image, and those that a mount or a named volume replaces."""
    if context.document:
        declared = {clean_path(path) for path in (context.document["Config"].get("Volumes") or {})}
        named = context.asked.get("volumes") or ()
        kept = {entry for entry in value if entry in named or not _used_once(volume_sources([entry]), context)}
        value = sorted(entry if entry in kept else without_generated_name(entry, declared) for entry in value)
    taken = set(context.inherited("volumes") or ())
    taken.update(volume_targets(value))
    taken.update(str(mount["target"]) for mount in context.given("mounts") or ())
    taken.update(mount.partition(":")[0] for mount in context.given("tmpfs") or ())
    return [entry for entry in value if ":" in entry or entry not in taken] or UNSET


def _used_once(sources: t.Collection[str], context: Context) -> bool:
    """What is mounted in two places was named by somebody, whatever its name."""
    used = volume_sources(context.given("volumes") or ())
    used += [str(mount.get("source")) for mount in context.given("mounts") or ()]
    return all(used.count(source) == 1 for source in sources)


def mounts(value: t.Any, context: Context) -> t.Any:
    """An anonymous volume of a replaced container is mounted by its name, for which nobody asked."""
    if not context.document:
        return value
    named = {mount.get("source") for mount in context.asked.get("mounts") or ()}

    def anonymous(mount: t.Mapping[str, t.Any]) -> bool:
        source = str(mount.get("source", ""))
        generated = bool(ANONYMOUS.match(source)) and source not in named and _used_once([source], context)
        return mount["type"] == "volume" and generated and not mount.get("read_only")  # that needs a name

    return [{k: v for k, v in one.items() if k != "source"} if anonymous(one) else one for one in value]


def hostname(value: t.Any, context: Context) -> t.Any:
    """Generated: the id, or the name of the host or container whose network is shared."""
    mode = context.given("network_mode")
    if mode == "host" and value == context.engine.hostname:
        return UNSET
    shared = mode is not UNSET and mode.startswith("container:") and bool(context.document)
    generated = str(context.document.get("Id", ""))[:12]
    return UNSET if shared or value == generated else value


def domainname(value: t.Any, context: Context) -> t.Any:
    """Taken over from the container whose network is shared."""
    mode = context.given("network_mode")
    return UNSET if context.document and mode is not UNSET and mode.startswith("container:") else value


def memory_swap(value: t.Any, context: Context) -> t.Any:
    """Derived: twice the memory, or -1 where the kernel cannot limit swap."""
    memory = context.given("memory")
    if not context.engine.swap_limit:
        return UNSET
    derived = memory is not UNSET and value != "-1" and parse_size(value) == 2 * parse_size(memory)
    return UNSET if derived else value


def security_opts(value: t.Any, context: Context) -> t.Any:
    """The engine adds label=disable to privileged ones and those on the host's IPC or PID namespace."""
    given = context.given
    open_ = given("privileged") or given("ipc_mode") == "host" or given("pid_mode") == "host"
    return [item for item in value if not (open_ and item == "label=disable")] or UNSET


def stop_signal(value: t.Any, context: Context) -> t.Any:
    # The docker CLI of 20.10 sends SIGTERM although nobody asked.
    return UNSET if value == (context.inherited("stop_signal") or "SIGTERM") else value


def network_mode(value: t.Any, context: Context) -> t.Any:
    # 26.1 turns default into bridge.
    return UNSET if value in ("default", "bridge") else shared_namespace(value, context)


def shared_namespace(value: t.Any, context: Context) -> t.Any:
    """The engine's ``container:<id>`` as ``container:<name>``."""
    kind, colon, reference = str(value).partition(":")
    return f"container:{context.names(reference)}" if kind == "container" and colon else value


def ipc_mode(value: t.Any, context: Context) -> t.Any:
    return UNSET if value == "private" else shared_namespace(value, context)


def volumes_from(value: t.Any, context: Context) -> t.Any:
    def named(entry: str) -> str:
        reference, colon, mode = entry.partition(":")
        return f"{context.names(reference)}{colon}{mode}" if mode != "rw" else context.names(reference)

    return [named(entry) for entry in value]


def cgroup_namespace(context: Context) -> str:
    return "private" if context.engine.cgroup_version == "2" else "host"
