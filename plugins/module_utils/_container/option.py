# SPDX-License-Identifier: GPL-3.0-or-later

"""What a row of the table is. Pure: neither ansible nor docker is known here."""

from __future__ import annotations

import enum
import typing as t

from .._types import Json


class Unset(enum.Enum):
    """An option that nobody asked for."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET: t.Final = Unset.UNSET


class Unreadable(t.NamedTuple):
    """What a document holds and no option can say, as it stands there."""

    raw: t.Any


# What a codec raises when a document holds something that this engine's API does not promise.
_ODD: t.Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# What the Engine API shows where nobody asked; 0 stands for False as well.
EMPTY: t.Final[tuple[t.Any, ...]] = (None, "", 0, [], {})


class Codec(t.NamedTuple):
    """A pair of inverse functions between the user's form and the Engine API's.

    ``decode(encode(value))`` is the normal form, which is compared. ``encode`` raises ``ValueError``, which says what is
    wrong with the value and what would be right.
    """

    encode: t.Callable[[t.Any], t.Any]
    decode: t.Callable[[t.Any], t.Any]


class Engine(t.NamedTuple):
    """The daemon-wide facts that stand in for options nobody gave.

    :ivar without: options that the kernel does not support: the engine leaves them out of a container, with a warning,
        so that their absence is no difference.
    """

    api: tuple[int, int]
    log_driver: str = "json-file"
    runtime: str = "runc"
    cgroup_version: str = "1"
    swap_limit: bool = True
    hostname: str = ""
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, info: Json, api: tuple[int, int]) -> Engine:
        """From the answer of ``GET /info``."""
        return cls(
            api=api,
            log_driver=info.get("LoggingDriver") or "json-file",
            runtime=info.get("DefaultRuntime") or "runc",
            cgroup_version=str(info.get("CgroupVersion") or "1"),
            swap_limit=bool(info.get("SwapLimit", True)),
            hostname=info.get("Name") or "",
            without=_unsupported(info),
        )


# Flags of ``GET /info`` -> what the engine drops where they are false.
_FLAGS: t.Final[dict[str, tuple[str, ...]]] = {
    "CPUSet": ("cpuset_cpus", "cpuset_mems"),
    "CPUShares": ("cpu_shares",),
    "CpuCfsPeriod": ("cpu_period",),
    "CpuCfsQuota": ("cpu_quota",),
    "MemoryLimit": ("memory", "memory_reservation", "memory_swap", "memory_swappiness"),
    "OomKillDisable": ("oom_killer",),
    "PidsLimit": ("pids_limit",),
    "SwapLimit": ("memory_swap",),
}
_WARNINGS: t.Final[dict[str, str]] = {
    "No blkio throttle.read_bps_device support": "device_read_bps",
    "No blkio throttle.read_iops_device support": "device_read_iops",
    "No blkio throttle.write_bps_device support": "device_write_bps",
    "No blkio throttle.write_iops_device support": "device_write_iops",
    "No blkio weight support": "blkio_weight",
    "No blkio weight_device support": "blkio_weight_device",
}


def _unsupported(info: Json) -> frozenset[str]:
    names = {name for flag, dropped in _FLAGS.items() if info.get(flag) is False for name in dropped}
    said = "\n".join(info.get("Warnings") or ())
    names |= {name for text, name in _WARNINGS.items() if text in said}
    if str(info.get("CgroupVersion")) == "2":
        names.add("memory_swappiness")
    elif int("0" + str(info.get("KernelVersion", "")).partition(".")[0]) >= 5:
        # Linux 5.0 removed CFQ, and with it the weights of cgroup v1; the engine (20.10) does not say so.
        names |= {"blkio_weight", "blkio_weight_device"}
    return frozenset(names)


def same_name(reference: str) -> str:
    return reference


class Context(t.NamedTuple):
    """What decides, beside its own value, whether an option was asked for.

    ``options`` are the normal forms of the container's rows, ``image`` those of what its image configures; ``document`` is
    its inspect document, if it exists; ``names`` gives the name of a container's id, which the engine stores where users
    write names; ``asked`` are the options it is compared with.
    """

    engine: Engine
    image: Json = {}
    document: Json = {}
    options: t.Mapping[str, t.Any] = {}
    names: t.Callable[[str], str] = same_name
    asked: t.Mapping[str, t.Any] = {}

    def given(self, name: str) -> t.Any:
        """The normal form of another option, or ``UNSET``."""
        return _readable(self.options.get(name, UNSET))

    def inherited(self, name: str) -> t.Any:
        """The normal form of what the image says of an option, or ``UNSET``."""
        return _readable(self.image.get(name, UNSET))


def _readable(value: t.Any) -> t.Any:
    return UNSET if isinstance(value, Unreadable) else value


# Takes the share of the image, the daemon and other options away from a normal form; UNSET when nothing remains. It
# leaves alone what it returned before.
Inherit = t.Callable[[t.Any, Context], t.Any]


class Option(t.NamedTuple):
    """One row: one option of ``container_run``.

    :param paths: dotted paths in the inspect document. With several, the API's form is a tuple.
    :param spec: the entry of the argument spec.
    :param nobody: forms of the API that mean that nobody asked.
    :param inherit: see :data:`Inherit`.
    :param update: ``POST /containers/{id}/update`` takes it.
    :param reset: the user's value for the default; without it, taking the option out needs a new container.
    :param since: the lowest API version that knows it; ``parts``: that of single suboptions.
    :param tolerant: the daemon's default is not in ``GET /info`` (``default-ulimits`` ...), so that an option that is not
        given is not compared: a change of daemon.json must not replace every container.
    :param empty: an empty list says something (an entrypoint that is reset).
    """

    name: str
    paths: tuple[str, ...]
    spec: Json
    codec: Codec
    nobody: tuple[t.Any, ...] = EMPTY
    inherit: Inherit | None = None
    update: bool = False
    reset: t.Any = UNSET
    since: tuple[int, int] = (1, 41)
    tolerant: bool = False
    empty: bool = False
    parts: t.Mapping[str, tuple[int, int]] = {}

    def read(self, document: Json) -> t.Any:
        """What the inspect document says, in its normal form; ``UNSET`` where nobody asked, ``Unreadable`` where the
        codec does not understand it."""
        raws = tuple(dig(document, path) for path in self.paths)
        if all(raw in self.nobody for raw in raws):
            return UNSET
        raw = raws if len(raws) > 1 else raws[0]
        try:
            return self._settled(self.codec.decode(raw))
        except _ODD:
            return Unreadable(raw)

    def normal(self, value: t.Any) -> t.Any:
        """The normal form of what a user wrote.

        :raises ValueError: it cannot be right.
        """
        raw = self.codec.encode(value)
        raws = raw if len(self.paths) > 1 else (raw,)
        if all(one in self.nobody for one in raws):
            return UNSET
        return self._settled(self.codec.decode(raw))

    def needs(self, value: t.Any) -> t.Iterator[tuple[str, tuple[int, int]]]:
        """What a given value uses, and the lowest API version that knows it."""
        yield self.name, self.since
        entries = value if isinstance(value, list) else [value]
        for part, since in self.parts.items():
            if any(entry.get(part) not in (None, "", False) for entry in entries if isinstance(entry, dict)):
                yield f"{self.name}.{part}", since

    def _settled(self, value: t.Any) -> t.Any:
        return UNSET if value in ([], {}, "") and not self.empty else value


def dig(document: t.Any, path: str) -> t.Any:
    """The value at a dotted path, ``None`` where the path breaks off."""
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def put(document: Json, path: str, value: t.Any) -> None:
    """Write a value at a dotted path; mappings are merged (exposed and published ports share one)."""
    *parents, last = path.split(".")
    for key in parents:
        document = document.setdefault(key, {})
    if isinstance(value, dict) and isinstance(document.get(last), dict):
        document[last].update(value)
    else:
        document[last] = value
