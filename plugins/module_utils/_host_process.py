# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of this machine: what the kernel says of them, and whether they are in a container."""

from __future__ import annotations


def is_in_container(pid: int, container_id: str, proc: str = "/proc") -> bool:
    """Whether this machine's process ``pid`` is in the container's cgroup (v1: any controller; v2: the only line).

    A process id alone proves nothing: the engine may be on another host, or in another process id namespace.
    """
    try:
        with open(f"{proc}/{pid}/cgroup", encoding="utf-8", errors="replace") as cgroup:
            return container_id in cgroup.read()
    except OSError:
        return False


def stat_fields(pid: int, proc: str = "/proc") -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the command's name: state, parent, group, session, ... (proc_pid_stat(5)).

    The name, in brackets, may hold blanks and brackets itself.

    :returns: nothing where there is no such process.
    """
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return []
