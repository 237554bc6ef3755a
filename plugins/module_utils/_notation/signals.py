# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals by name and by number."""

from __future__ import annotations

import typing as t

# Linux's from 1 on, whatever system this runs on; then the engine's names of the others.
_SIGNALS = tuple(
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU "
    "XFSZ VTALRM PROF WINCH IO PWR SYS".split()
)
_SYNONYMS = {"CLD": "CHLD", "IOT": "ABRT", "POLL": "IO", "UNUSED": "SYS", "RTMIN+0": "RTMIN", "RTMAX-0": "RTMAX"}
_NUMBERS = {
    **{str(number): name for number, name in enumerate(_SIGNALS, start=1)},
    **{str(34 + number): f"RTMIN+{number}" for number in range(1, 16)},
    **{str(64 - number): f"RTMAX-{number}" for number in range(1, 15)},
    "34": "RTMIN",
    "64": "RTMAX",
}


def parse_signal(value: t.Any) -> str:
    """``SIGTERM`` for ``TERM``, ``sigterm`` or ``15``.

    :raises ValueError: Linux has no such signal.
    """
    text = str(value).strip().upper()
    name = text[len("SIG") :] if text.startswith("SIG") else text
    name = _NUMBERS.get(name, _SYNONYMS.get(name, name))
    if name not in _SIGNALS and name not in _NUMBERS.values():
        raise ValueError(f"{value!r} is not a signal; write it such as SIGTERM, TERM or 15")
    return f"SIG{name}"
