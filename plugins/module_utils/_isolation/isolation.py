# SPDX-License-Identifier: GPL-3.0-or-later

"""What separates a container from its host, read from its inspect document."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from .._port import port_bindings
from .._selection import name_of
from .._types import Json
from .namespaces import Namespace

# What the engine leaves a container that asks for nothing (unchanged since Docker 1.2; NET_RAW and MKNOD are among them).
DEFAULT_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split()
)
# Each of them is a way to the host for a root user in the container.
DANGEROUS_CAPABILITIES = frozenset(
    "ALL BPF DAC_READ_SEARCH MAC_ADMIN MAC_OVERRIDE NET_ADMIN PERFMON SYS_ADMIN SYS_BOOT SYS_MODULE SYS_PTRACE SYS_RAWIO SYS_TIME".split()
)
SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock")
# Folders that hold such a socket, and those that run or configure the host.
_SOCKET_FOLDERS = ("/", "/run", "/var", "/var/run", "/run/containerd", "/run/podman")
_SENSITIVE = (
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var",
    "/var/lib/containerd", "/var/lib/docker", "/var/log", "/var/run", "/var/spool/cron",
)  # fmt: skip
_BELOW = (
    "/boot/",
    "/dev/",
    "/etc/",
    "/proc/",
    "/root/",
    "/sys/",
    "/var/lib/docker/",
    "/var/lib/containerd/",
    "/var/spool/cron/",
)
# Small files of the host that containers are given for its time and names.
_HARMLESS = ("/etc/localtime", "/etc/timezone", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/machine-id")
EVERYWHERE = ("0.0.0.0", "::")


@dataclasses.dataclass(frozen=True)
class HostMount:
    """A mount that shows something of the host."""

    source: str
    destination: str
    writable: bool
    propagation: str
    why: str  # "socket", "root", "sensitive" or ""

    def __str__(self) -> str:
        return f"{self.source} at {self.destination}{'' if self.writable else ' (read-only)'}"


@dataclasses.dataclass(frozen=True)
class Isolation:
    """Everything about one container that separates it from the host, or fails to."""

    name: str
    namespaces: t.Mapping[str, Namespace]
    mounts: tuple[HostMount, ...]
    added: frozenset[str]
    dropped: frozenset[str]
    privileged: bool
    user: str
    seccomp: str
    apparmor: str
    selinux: bool
    no_new_privileges: bool
    system_paths: bool  # masked, as they should be
    read_only: bool
    devices: tuple[str, ...]
    device_rules: tuple[str, ...]
    everywhere: tuple[str, ...]  # published on all addresses
    default_bridge: bool
    memory: int
    pids_limit: int
    cpus: bool
    supported: frozenset[str]  # what the engine's host can do: apparmor, selinux, seccomp

    @property
    def capabilities(self) -> list[str]:
        """What a root process in the container may do."""
        if self.privileged or "ALL" in self.added:
            return ["ALL"]
        kept = frozenset() if "ALL" in self.dropped else DEFAULT_CAPABILITIES - self.dropped
        return sorted(kept | self.added)

    @property
    def beyond_default(self) -> list[str]:
        return [name for name in self.capabilities if name not in DEFAULT_CAPABILITIES]

    @property
    def root(self) -> bool:
        return self.user.partition(":")[0] in ("", "0", "root")


def read_isolation(document: Json, engine: Json, namespaces: t.Mapping[str, Namespace]) -> Isolation:
    """Read one container's inspect document.

    :param engine: ``GET /info``.
    """
    host, config = document["HostConfig"], document["Config"]
    options = [str(option).replace(":", "=", 1) for option in host.get("SecurityOpt") or ()]
    supported = frozenset(_feature(text) for text in engine.get("SecurityOptions") or ())
    privileged = bool(host.get("Privileged"))
    masked = host.get("MaskedPaths")
    return Isolation(
        name=name_of(document),
        namespaces=namespaces,
        mounts=tuple(classify_mount(one) for one in document.get("Mounts") or () if one.get("Type") == "bind"),
        added=_capabilities(host.get("CapAdd")),
        dropped=_capabilities(host.get("CapDrop")),
        privileged=privileged,
        user=config.get("User") or "",
        seccomp="unconfined"
        if privileged
        else _option(options, "seccomp") or ("default" if "seccomp" in supported else "unconfined"),
        apparmor=document.get("AppArmorProfile") or _option(options, "apparmor") or "",
        selinux="label=disable" not in options,
        no_new_privileges=any(option in ("no-new-privileges", "no-new-privileges=true") for option in options)
        or "no-new-privileges" in supported,
        system_paths=not privileged and (masked is None or bool(masked)),
        read_only=bool(host.get("ReadonlyRootfs")),
        devices=tuple(f"{one['PathOnHost']} ({one['CgroupPermissions']})" for one in host.get("Devices") or ()),
        device_rules=tuple(host.get("DeviceCgroupRules") or ()),
        everywhere=tuple(_published_everywhere(document)),
        default_bridge=host.get("NetworkMode") in ("default", "bridge"),
        memory=int(host.get("Memory") or 0),
        pids_limit=int(host.get("PidsLimit") or 0),
        cpus=any(host.get(key) for key in ("NanoCpus", "CpuQuota", "CpuShares", "CpusetCpus")),
        supported=supported,
    )


def classify_mount(mount: Json) -> HostMount:
    """Judge a bind mount by what of the host it shows."""
    source = posixpath.normpath(mount["Source"])
    why = ""
    if posixpath.basename(source) in SOCKETS or source in _SOCKET_FOLDERS:
        why = "root" if source == "/" else "socket"
    elif source not in _HARMLESS and (source in _SENSITIVE or source.startswith(_BELOW)):
        why = "sensitive"
    return HostMount(source, mount["Destination"], bool(mount.get("RW")), mount.get("Propagation") or "", why)


def isolation_result(found: Isolation, document: Json, layers: int | None) -> Json:
    """The facts of one container, as the module returns them."""
    return {
        "capabilities": {
            "beyond_default": found.beyond_default,
            "dropped": sorted(found.dropped),
            "effective": found.capabilities,
        },
        "devices": [*found.devices, *found.device_rules],
        "hostname": document["Config"].get("Hostname", ""),
        "id": document["Id"],
        "mounts": [{**dataclasses.asdict(one), "why": one.why or None} for one in found.mounts],
        "name": found.name,
        "namespaces": {kind: namespace.fields() for kind, namespace in found.namespaces.items()},
        "published_everywhere": list(found.everywhere),
        "root_filesystem": {
            "driver": document.get("Driver") or (document.get("Storage") or {}).get("RootFS", {}).get("Driver"),
            "layers": layers,
            "read_only": found.read_only,
            "size": document.get("SizeRootFs"),
            "size_writable": document.get("SizeRw"),
            "writable_layer": ((document.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir"),
        },
        "security": {
            "apparmor": found.apparmor or None,
            "no_new_privileges": found.no_new_privileges,
            "privileged": found.privileged,
            "seccomp": found.seccomp,
            "selinux": found.selinux and "selinux" in found.supported,
            "system_paths_masked": found.system_paths,
            "user": found.user or "root",
        },
    }


def _feature(text: str) -> str:
    """``name=seccomp,profile=default`` as ``seccomp``."""
    return text.partition(",")[0].rpartition("=")[2]


def _capabilities(names: t.Iterable[str] | None) -> frozenset[str]:
    return frozenset(
        name.upper().replace("CAP_", "", 1) if name.upper().startswith("CAP_") else name.upper() for name in names or ()
    )


def _option(options: t.Iterable[str], key: str) -> str:
    """The value of a security option; a whole seccomp profile is told as ``custom``."""
    value = next((option.partition("=")[2] for option in options if option.startswith(f"{key}=")), "")
    return "custom" if value.lstrip().startswith("{") else value


def _published_everywhere(document: Json) -> t.Iterator[str]:
    for port, bindings in port_bindings(document).items():
        if any(one["ip"] in EVERYWHERE for one in bindings):
            yield f"{port} at {', '.join(one['address'] for one in bindings if one['ip'] in EVERYWHERE)}"
