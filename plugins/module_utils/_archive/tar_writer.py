# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a tar archive that is written: a header, the padding behind a content, the end marker.

``tarfile.TarInfo`` writes the header: what has no room in it, such as a long name, goes into pax records.
"""

from __future__ import annotations

import tarfile

from .tar_header import BLOCK

END = bytes(2 * BLOCK)


def make_header(
    name: str,
    *,
    type: bytes = tarfile.REGTYPE,
    size: int = 0,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    linkname: str = "",
    mtime_ns: int = 0,
) -> bytes:
    """The blocks that precede the content of an entry; :func:`make_padding` follows it."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.uid, info.gid, info.linkname = type, size, mode, uid, gid, linkname
    seconds, fraction = divmod(mtime_ns, 1_000_000_000)
    info.mtime = seconds
    if fraction:
        info.pax_headers = {"mtime": f"{seconds}.{fraction:09d}"}
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def make_padding(size: int) -> bytes:
    """What fills a content of ``size`` bytes up to whole blocks."""
    return bytes(-size % BLOCK)
