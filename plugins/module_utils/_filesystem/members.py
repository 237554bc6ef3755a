# SPDX-License-Identifier: GPL-3.0-or-later

"""A member of a tar archive as an :class:`.entry.Entry`, and an entry as a member."""

from __future__ import annotations

from .._archive.tar_members import Member
from .._archive.tar_writer import make_header
from .._errors import Damaged
from .entry import Entry

_KINDS = {b"1": "hardlink", b"2": "link", b"3": "special", b"4": "special", b"5": "directory", b"6": "special"}
_TYPES = {"file": b"0", "hardlink": b"1", "link": b"2", "directory": b"5"}


def entry_of_member(member: Member) -> Entry:
    """
    :raises Damaged: a header that cannot be read, or of a type that cannot be unpacked.
    """
    header = member.header
    kind = "file" if header.is_file else _KINDS.get(header.type)
    if kind is None:
        raise Damaged(
            f"The archive holds {member.name} in a form that cannot be unpacked (type {header.type!r}).",
            object=member.name,
        )
    target = header.linkname if kind in ("link", "hardlink") else ""
    return Entry(member.name, kind, header.mode, member.size, header.mtime_ns, target, header.uid, header.gid)


def header_of_entry(entry: Entry, name: str) -> bytes:
    """The blocks that precede the content of an entry under this name."""
    return make_header(
        name,
        type=_TYPES[entry.kind],
        size=entry.size if entry.kind == "file" else 0,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        linkname=entry.target,
        mtime_ns=entry.mtime_ns,
    )
