# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A system log that tests can read: a command runs with a /dev/log of its own, whatever the machine has there."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
import typing as t

# In a mount namespace of its own: a /dev with the usual devices, and our socket in it.
_SCRIPT = """
set -e
mkdir "$1/dev"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=0755 tmpfs /dev
for device in full null random tty urandom zero; do
  touch "/dev/$device"
  mount --bind "$1/dev/$device" "/dev/$device"
done
mkdir /dev/pts /dev/shm
mount --rbind "$1/dev/pts" /dev/pts
mount --rbind "$1/dev/shm" /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s pts/ptmx /dev/ptmx
ln -s "$1/log" /dev/log
shift
exec "$@"
"""


class Syslog:
    """``command`` gives the words that run a command with this log; ``messages`` are what it has logged."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.messages: list[str] = []

    def command(self, *words: str) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", str(self._folder), *words]


@contextlib.contextmanager
def listening(folder: pathlib.Path) -> t.Iterator[Syslog]:
    """Listen in a new, empty folder. Needs root. At the end of the block all messages have been read."""
    log = Syslog(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "log"))

        def read() -> None:
            while True:
                message = listener.recv(1 << 20)
                if not message:
                    return
                log.messages.append(message.decode("utf-8", "replace"))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield log
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(folder / "log"))
            reader.join()
