# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container whose storage is corrupt, so that the engine answers every question about it with 500."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import typing as t

from .engine import Docker
from .proxy import Proxy


@contextlib.contextmanager
def damaged(docker: Docker, name: str, folder: pathlib.Path) -> t.Iterator[str]:
    """The DOCKER_HOST at which this container is broken.

    With overlay2 on this machine its folder is taken away, as a failing disk does; otherwise a proxy refuses.
    """
    document = docker.inspect(name)
    upper = pathlib.Path(((document.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir") or "/nowhere/x")
    if document.get("Driver") != "overlay2" or not upper.is_dir():
        with Proxy(folder, docker.host.partition("://")[2]) as proxy:
            marks = (f"/containers/{name}/", f"/containers/{document['Id']}/")
            proxy.judge_look = lambda path: "stat: no such file or directory" if path.startswith(marks) else None
            yield proxy.host
        return
    layer, aside = upper.parent, upper.parent.with_name(f"{upper.parent.name}.gone")
    short = layer.parent / "l" / (layer / "link").read_text()
    layer.rename(aside)
    try:
        yield docker.host
    finally:
        if docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"id={document['Id']}"):
            aside.rename(layer)
        else:
            shutil.rmtree(aside)
            short.unlink(missing_ok=True)
