# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from ansible_collections.stevedore.docker.plugins.module_utils._filesystem.globs import matcher

# pattern, paths it means, paths it does not
CASES: list[tuple[str, list[str], list[str]]] = [
    ("/etc", ["/etc", "/etc/hosts", "/etc/a/b"], ["/etcetera", "/srv/etc"]),
    ("/etc/", ["/etc", "/etc/hosts"], ["/etcetera"]),
    ("/etc/*", ["/etc/hosts", "/etc/a/b"], ["/etc", "/etcetera/x"]),
    ("/etc/**", ["/etc/hosts", "/etc/a/b"], ["/etc"]),
    ("etc/*", ["/etc/hosts"], ["/srv/etc/hosts"]),
    ("*.pyc", ["/a.pyc", "/usr/lib/x.pyc", "/d.pyc/inside"], ["/a.pyco", "/pyc"]),
    ("cache", ["/cache", "/var/cache/x", "/a/cache"], ["/caches", "/mycache"]),
    ("**/log/*.gz", ["/log/a.gz", "/var/log/a.gz", "/var/x/log/a.gz"], ["/var/log/x/a.gz", "/vlog/a.gz"]),
    ("/var/**/x", ["/var/x", "/var/a/x", "/var/a/b/x/y"], ["/var/ax", "/srv/x"]),
    ("/**", ["/a", "/a/b"], []),
    ("/a?c", ["/abc", "/a.c"], ["/a/c", "/ac"]),
    ("/a*c", ["/ac", "/abbc", "/abc/d"], ["/a/c"]),
    ("/a**c", ["/abc"], ["/a/c"]),
    ("/f[0-3]", ["/f0", "/f3"], ["/f4", "/f"]),
    ("/f[!0-3]", ["/f4", "/fx"], ["/f0", "/f/"]),
    ("/f[]a]", ["/f]", "/fa"], ["/fb"]),
    ("/f[x", ["/f[x"], ["/fx"]),
    ("/a.b", ["/a.b"], ["/axb"]),
    ("/a b/ü", ["/a b/ü"], ["/a b/u"]),
    ("/line\nbreak*", ["/line\nbreak", "/line\nbreaks"], ["/line"]),
]


@pytest.mark.parametrize(("pattern", "meant", "others"), CASES, ids=[case[0] for case in CASES])
def test_pattern(pattern: str, meant: list[str], others: list[str]) -> None:
    matches = matcher([pattern])
    assert [path for path in [*meant, *others] if matches(path)] == meant


def test_several_patterns_mean_any_of_them() -> None:
    matches = matcher(["/a", "*.log"])
    assert [p for p in ("/a", "/b", "/x/y.log") if matches(p)] == ["/a", "/x/y.log"]
    assert not matcher([])("/a")


@pytest.mark.parametrize("pattern", ["", "  ", "/", "/f[z-a]"])
def test_unreadable_patterns_name_their_option(pattern: str) -> None:
    with pytest.raises(InvalidInput, match=r"ignore: "):
        matcher(["/ok", pattern], "ignore")
