# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t
from unittest import mock

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._daemon_config import file
from ansible_collections.stevedore.docker.plugins.module_utils._errors import Failed, InvalidInput


@pytest.mark.parametrize(
    ("text", "config"),
    [("", {}), (" \n", {}), ("{}", {}), ('\ufeff{"a": 1}', {"a": 1}), ('{"b": 1, "a": {"c": null}}', {"b": 1, "a": {"c": None}})],
)  # fmt: skip
def test_read(text: str, config: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text(text)
    found = file.read_config(str(path))
    assert (found.config, list(found.config)) == (config, list(config))


def test_a_missing_file_is_empty(tmp_path: pathlib.Path) -> None:
    assert file.read_config(str(tmp_path / "none.json")) == file.ConfigFile(str(tmp_path / "none.json"), None, {})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n  "a": 1,\n  "b" 2\n}', ["line 3, column 7", "\"b\" 2"]),
        (b'{"a": 1,}', ["line 1, column"]),
        (b"[1]", ["list", "object"]),
        (b"\xff\xfe{}", ["UTF-8"]),
        (b"# comment\n{}", ["line 1, column 1"]),
        (b'{"mtu": NaN}', ["not JSON compliant"]),
        (b'{"labels": ["\\ud800=1"]}', ["surrogate"]),
        (b'{"a":' * 100000 + b"1" + b"}" * 100000, ["recursion"]),
    ],
)  # fmt: skip
def test_a_broken_file_is_quoted(content: bytes, words: list[str], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        file.read_config(str(path))
    for word in [*words, str(path)]:
        assert word in caught.value.msg


@pytest.mark.parametrize(
    ("like", "wanted"),
    [
        (None, '{\n  "a": {\n    "b": "ü"\n  }\n}\n'),
        ('{\n    "x": 1\n}', '{\n    "a": {\n        "b": "ü"\n    }\n}\n'),
        ('{\n\t"x": 1\n}', '{\n\t"a": {\n\t\t"b": "ü"\n\t}\n}\n'),
        ('{"x": 1}', '{\n  "a": {\n    "b": "ü"\n  }\n}\n'),
    ],
    ids=["new", "four", "tabs", "one line"],
)
def test_render_keeps_the_indentation(like: str | None, wanted: str) -> None:
    assert file.render_config({"a": {"b": "ü"}}, like) == wanted


def test_write_keeps_mode_owner_and_link(tmp_path: pathlib.Path) -> None:
    real = tmp_path / "conf" / "real.json"
    real.parent.mkdir()
    real.write_text("{}")
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 12, 34)
    link = tmp_path / "daemon.json"
    link.symlink_to("conf/real.json")
    file.replace_file(str(link), '{"a": 1}\n')
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"a": 1}
    status = real.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert os.geteuid() != 0 or (status.st_uid, status.st_gid) == (12, 34)
    assert sorted(os.listdir(tmp_path / "conf")) == ["real.json"]


def test_write_makes_the_folder_and_a_readable_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "etc" / "docker" / "daemon.json"
    file.replace_file(str(path), "{}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_link_to_nothing_gets_its_target(tmp_path: pathlib.Path) -> None:
    (tmp_path / "daemon.json").symlink_to("later.json")
    file.replace_file(str(tmp_path / "daemon.json"), "{}\n")
    assert (tmp_path / "later.json").read_text() == "{}\n"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("old")
    with (
        mock.patch.object(os, "fsync", side_effect=OSError(28, "No space left on device")),
        pytest.raises(Failed, match="space"),
    ):
        file.replace_file(str(path), "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["daemon.json"]


def test_a_file_that_cannot_be_replaced_is_filled_anew(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("a longer old text")
    with mock.patch.object(os, "replace", side_effect=OSError(16, "Device or resource busy")):
        file.replace_file(str(path), "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["daemon.json"]


def test_the_selinux_context_stays(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("{}")
    with mock.patch.object(os, "getxattr", return_value=b"label"), mock.patch.object(os, "setxattr") as labelled:
        file.replace_file(str(path), "new")
    assert labelled.call_args.args[1:] == (file.SELINUX, b"label")


def test_backups_are_kept_and_counted(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    assert file.back_up(str(path), 2) is None
    copies = []
    for number in range(4):
        path.write_text(str(number))
        path.chmod(0o600)
        copies.append(file.back_up(str(path), 2))
    left = file.backups(str(path))
    assert left == copies[2:]
    assert [pathlib.Path(copy).read_text() for copy in left] == ["2", "3"]
    assert stat.S_IMODE(os.stat(left[0]).st_mode) == 0o600
    file.back_up(str(path), 0)
    assert len(file.backups(str(path))) == 3


def test_remove(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "daemon.json"
    path.write_text("{}")
    file.remove_file(str(path))
    file.remove_file(str(path))
    assert not path.exists()
