# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users reported of docker cp, exec, attach and logs (see tests/REPORTS.md), tried with our modules."""

from __future__ import annotations

import pathlib
import threading
import typing as t

import pytest
from support import modules
from support.engine import Docker, until

from .conftest import Run, RunProcess

IMAGE = "stevedore/busybox:1"


@pytest.fixture
def box(docker: Docker, name: str) -> str:
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    return name


# -- cp ---------------------------------------------------------------------------------------------------------------


def test_links_with_a_relative_parent(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """moby#11394, moby#7296."""
    docker(
        "exec", box, "sh", "-c", "mkdir -p /t/one /t/two; echo a >/t/one/a; ln -s ../one/a /t/two/a; ln -s a /t/one/b"
    )
    for changed in (True, False):
        assert run("container_cp", src=f"{box}:/t", dest=f"{tmp_path}/", remote_src=True).changed is changed
    assert (tmp_path / "t" / "two" / "a").read_text() == "a\n"
    assert (tmp_path / "t" / "one" / "b").readlink() == pathlib.Path("a")


def test_a_folder_of_the_host_that_is_a_link(run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """moby#31816."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for changed in (True, False):
        result = run("container_cp", src=f"{box}:/etc/passwd", dest=f"{tmp_path}/link/copy", remote_src=True)
        assert result.changed is changed
    assert (tmp_path / "real" / "copy").read_text().startswith("root:")


def test_colons_in_names(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """docker/cli#1125, docker/for-linux#565, kubernetes#72501."""
    (tmp_path / "world:v1").mkdir()
    (tmp_path / "test:111.json").write_text("{}")
    assert run("container_cp", src=f"{tmp_path}/test:111.json", dest=f"{box}:/tmp/a:b", remote_src=True).changed
    assert docker("exec", box, "cat", "/tmp/a:b") == "{}"
    assert run("container_cp", src=f"{box}:/tmp/a:b", dest=f"{tmp_path}/world:v1/", remote_src=True).changed
    assert (tmp_path / "world:v1" / "a:b").read_text() == "{}"


def test_the_root_folder(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """moby#20926."""
    (tmp_path / "file.txt").write_text("x")
    for changed in (True, False):
        assert run("container_cp", src=f"{tmp_path}/file.txt", dest=f"{box}:/", remote_src=True).changed is changed
    assert docker("exec", box, "cat", "/file.txt") == "x"


def test_contents_or_the_folder(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """moby#30082, moby#16186, docker/cli#2194: a slash at the end of src means the contents, whatever dest is."""
    docker("exec", box, "sh", "-c", "mkdir -p /src/folder; echo >/src/folder/f")
    for _there in range(2):
        run("container_cp", src=f"{box}:/src/folder/", dest=f"{tmp_path}/contents/", remote_src=True)
        run("container_cp", src=f"{box}:/src/folder", dest=f"{tmp_path}/whole/", remote_src=True)
        run("container_cp", src=f"{box}:/src/folder/.", dest=f"{tmp_path}/dot", remote_src=True)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"contents/f", "whole/folder/f", "dot/f"}


def test_a_link_to_a_folder_in_the_container(docker: Docker, run: Run, box: str, tmp_path: pathlib.Path) -> None:
    """projectatomic/docker#348, moby#14885, certbot#1375."""
    docker("exec", box, "ln", "-s", "/tmp", "/link")
    (tmp_path / "file").write_text("x")
    for changed in (True, False):
        assert run("container_cp", src=f"{tmp_path}/file", dest=f"{box}:/link", remote_src=True).changed is changed
    assert docker("exec", box, "cat", "/tmp/file") == "x"
    assert docker("exec", box, "readlink", "/link") == "/tmp"
    assert run("container_cp", src=f"{box}:/link", dest=f"{tmp_path}/out", remote_src=True).changed
    assert (tmp_path / "out").readlink() == pathlib.Path("/tmp")
    assert not run("container_cp", src=f"{box}:/link/file", dest=f"{tmp_path}/file", remote_src=True).changed


def test_a_mount_below_a_link(
    docker: Docker, run: Run, name: str, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    """moby#52653."""
    docker("run", "--name", unique("made"), IMAGE, "ln", "-s", "/run", "/var/run")
    docker("commit", unique("made"), unique("image"))
    (tmp_path / "mounted").write_text("m")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "f").write_text("f")
    docker("run", "-d", "--name", name, "-v", f"{tmp_path}/mounted:/var/run/mounted", unique("image"), "sleep", "1000")
    for changed in (True, False):
        result = run("container_cp", src=f"{tmp_path}/folder/", dest=f"{name}:/some/", remote_src=True)
        assert result.changed is changed
    assert docker("exec", name, "cat", "/some/f", "/var/run/mounted") == "fm"
    run("container_cp", src=f"{name}:/var/run/mounted", dest=f"{tmp_path}/back", remote_src=True)
    assert (tmp_path / "back").read_text() == "m"


# -- exec and attach --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stdin", ["", "text", "x" * 100_000])
def test_a_command_that_does_not_read(run: Run, box: str, stdin: str) -> None:
    """moby#12546, moby#13052."""
    result = run("container_exec", name=box, command="true", stdin=stdin, command_timeout=20)
    assert (result.rc, result.timed_out) == (0, False)


def test_an_empty_input(run: Run, box: str) -> None:
    """moby#37870: hung now and then."""
    for _turn in range(15):
        result = run("container_exec", name=box, command="cat", stdin_base64="", command_timeout=20)
        assert (result.rc, result.stdout) == (0, "")


def test_a_terminal_is_one(run: Run, box: str) -> None:
    """moby#8755, weaveworks/scope#969."""
    result = run("container_exec", name=box, command="tty; echo $TERM", shell=True, tty=True)
    assert result.stdout == "/dev/pts/0\r\nxterm\r\n"


def test_the_folder_of_a_command(run: Run, box: str) -> None:
    """community.docker#518; and one that is not there."""
    assert run("container_exec", name=box, command="pwd", chdir="/etc").stdout == "/etc\n"
    missing = run("container_exec", name=box, command="pwd", chdir="/no/such")
    assert missing.failed
    assert "/no/such" in missing.msg


def test_the_container_ends_under_a_command(docker: Docker, run_process: RunProcess, box: str) -> None:
    """docker/cli#4553."""
    process = run_process("container_exec", name=box, command="sh -c 'echo begun >/begun; exec sleep 500'")
    until(lambda: docker.ok("exec", box, "test", "-s", "/begun"), "the command")
    docker("kill", box)
    result = modules.collect(process, timeout=60)
    assert result.failed
    assert result.rc == 137


def test_a_child_that_stays_behind(run: Run, box: str) -> None:
    """docker/for-linux#368: what the command left in the background has no hold on us."""
    command = "sleep 500 >/dev/null 2>&1 & echo begun"
    result = run("container_exec", name=box, command=command, shell=True, command_timeout=30)
    assert (result.rc, result.stdout, result.timed_out) == (0, "begun\n", False)


@pytest.mark.parametrize(
    ("user", "shown"), [("1000:0", "1000 0"), ("app", "1000 1000"), ("app:nogroup", "1000 65534"), ("4711", "4711 0")]
)
def test_users_and_groups(run: Run, box: str, user: str, shown: str) -> None:
    assert (
        run("container_exec", name=box, command="echo $(id -u) $(id -g)", shell=True, user=user).stdout == f"{shown}\n"
    )


def test_an_unknown_user(run: Run, box: str) -> None:
    result = run("container_exec", name=box, command="true", user="nobody-knows")
    assert result.failed
    assert "nobody-knows" in result.msg


def test_values_with_newlines_and_equals(run: Run, box: str) -> None:
    env = {"A": "one\ntwo=2\n", "B": "", "C": "grüße"}
    result = run("container_exec", name=box, command='printf %s "$A|$B|$C"', shell=True, env=env)
    assert result.stdout == "one\ntwo=2\n||grüße"


def test_a_paused_container(docker: Docker, run: Run, box: str) -> None:
    docker("pause", box)
    result = run("container_exec", name=box, command="true")
    docker("unpause", box)
    assert (result.failed, result.failure["kind"]) == (True, "conflict")


# -- logs -------------------------------------------------------------------------------------------------------------


def test_rotation_while_following(docker: Docker, run: Run, name: str) -> None:
    """moby#23913, moby#37646, moby#32038: no line is lost when the file is rotated. 20.10 repeats some, as to docker logs."""
    options = ["--log-driver", "json-file", "--log-opt", "max-size=20k", "--log-opt", "max-file=3"]
    script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); [ $((i%20)) = 0 ] && sleep 0.05; done; sleep 100"
    docker("run", "--detach", *options, "--name", name, IMAGE, "sh", "-c", script)
    result = run("container_logs", name=name, until_match="line 1999$", wait_timeout=60)
    assert not result.failed
    numbers = [int(line.split()[1]) for line in result.stdout.splitlines()]
    assert sorted(set(numbers)) == list(range(numbers[0], 2000))


@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_the_last_lines_and_those_that_come(docker: Docker, run: Run, name: str, driver: str) -> None:
    """moby#21265, moby#16422, moby#27687."""
    script = "i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done; echo all; while :; do sleep 0.2; echo more; done"
    docker("run", "--detach", "--log-driver", driver, "--name", name, IMAGE, "sh", "-c", script)
    until(lambda: "all" in docker("logs", "--tail", "2000", name), "all lines")
    tail = run("container_logs", name=name, tail=10000).stdout.splitlines()
    assert len(tail) == 10000
    followed = run("container_logs", name=name, tail=10, follow=True, wait_timeout=1).stdout.splitlines()
    assert 10 <= len(followed) < 100


def test_what_was_written_before_and_after_a_restart(docker: Docker, run: Run, name: str) -> None:
    docker("run", "--name", name, IMAGE, "sh", "-c", "echo run; printf half")
    docker("start", "--attach", name)
    expected = docker("logs", name, binary=True).decode()
    assert run("container_logs", name=name).stdout == expected
    stamped = run("container_logs", name=name, timestamps=True).stdout
    assert stamped.count("run") == 2
    assert stamped.count("half") == 2


def test_bytes_that_are_no_text(docker: Docker, run: Run, name: str) -> None:
    docker("create", "--name", name, IMAGE, "sh", "-c", r"printf 'a\000b\r\nc\033[31mred\n\376\n'")
    docker("start", "--attach", name, binary=True)
    result = run("container_logs", name=name)
    assert result.stdout == docker("logs", name, binary=True).decode("utf-8", "replace")


def test_a_container_that_is_restarted_while_it_is_followed(docker: Docker, run_process: RunProcess, name: str) -> None:
    docker("run", "--detach", "--name", name, IMAGE, "sh", "-c", "echo up; trap exit TERM; while :; do sleep 0.1; done")
    process = run_process("container_logs", name=name, until_match="never", wait_timeout=8)
    restart = threading.Thread(target=docker, args=("restart", name))
    restart.start()
    restart.join()
    result = modules.collect(process, timeout=60)
    assert result.failed
    assert "up" in result.stdout
