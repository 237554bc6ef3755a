# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we say that instructions do to an image's configuration is what the engine makes of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._image import evaluation, instructions
from ansible_collections.stevedore.docker.plugins.module_utils._image.config import normal
from support.engine import Docker

EMPTY_TAR = bytes(10240)

HARD = "a b=c $HOME ${X} 'q' \"d\" back\\slash\\ ü€ #x ;|&"

CASES: dict[str, t.Any] = {
    "mapping": {
        "env": {"A": HARD, "EMPTY": "", "N": 1},
        "label": {"a.b c": HARD, "empty": ""},
        "cmd": ["sh", "-c", "echo $A \"q\" 'x'\nsecond line"],
        "entrypoint": ["/e 1", ""],
        "expose": [80, "53/udp", "8000-8003"],
        "volume": ["/a b", "/c$d", '/q"x', "/b\\s"],
        "user": "app:grp",
        "workdir": "/x y/$z",
        "healthcheck": {
            "test": ["CMD-SHELL", "test -f '/x y' || exit 1"],
            "interval": "1m30s",
            "timeout": 5,
            "start_period": "1.5s",
            "retries": 3,
        },
        "onbuild": ["RUN x", "ENV A=1"],
    },
    "shell forms": ["ENTRYPOINT exec /app --flag  'x  y'", "CMD sleep $N", "HEALTHCHECK --retries=2 CMD test -f /ok"],
    "entrypoint drops the command before it is set": ["ENTRYPOINT [\"a\"]"],
    "command kept": ['CMD ["x"]', 'ENTRYPOINT ["a"]'],
    "none": ["HEALTHCHECK NONE", "CMD []"],
    "words": ["ENV A=1 B='two words' C=\"x $HOME\" D=a\\ b E=\\$F", "ENV G=${A}x H=${NOPE:-dflt} I=${A:+yes} J='$A'"],
    "old form": ["ENV NAME several words  here", "LABEL note it is"],
    "override": ["ENV A=1 B=2", "ENV B=3", "ENV A=$B$B"],
    "expose": ["EXPOSE 80 443/tcp 53/udp", "ENV P=\"90 91\"", "EXPOSE $P"],
    "volumes as words": ["VOLUME /a /b", 'VOLUME ["/c", "/d e"]'],
    "workdir steps": ["WORKDIR /a", "WORKDIR b/../c", "ENV D=d", "WORKDIR $D"],
    "user from a variable": ["ENV U=me", "USER $U:1"],
    "lower case and tabs": ["env\tA=1", "  cmd   [\"x\"]  "],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_effect_is_the_engines(docker: Docker, case: str) -> None:
    parsed = instructions.parse(CASES[case])
    args = [word for text in instructions.texts(parsed) for word in ("--change", text)]
    image = docker("import", *args, "-", input=EMPTY_TAR)
    try:
        theirs = normal(docker.inspect(image, "image")["Config"])
    finally:
        docker("rmi", image)

    assert evaluation.apply({}, parsed) == theirs
