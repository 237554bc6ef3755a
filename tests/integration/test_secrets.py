# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks hand to the modules does not come out in the managed node's system log nor in the output of Ansible."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import typing as t

import pytest
from support import syslog
from support.engine import Docker
from support.modules import COLLECTIONS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a /dev/log of its own")

IMAGE = "stevedore/busybox:1"
PLUGINS = pathlib.Path(__file__).parents[1] / "support" / "connection_plugins"
CONSOLE = 'while read -r line; do echo "got a line: $line"; done'


@dataclasses.dataclass(frozen=True)
class Played:
    """What a playbook left behind."""

    printed: str
    logged: str

    @property
    def invocations(self) -> str:
        """The module arguments of all results, as callbacks get them."""
        return "\n".join(re.findall(r'"invocation": \{.*?\n    \}', self.printed, re.DOTALL))


Play = t.Callable[..., Played]


@pytest.fixture
def play(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Run tasks with ``ansible-playbook --diff -vvv`` on a host that is not the control node."""

    def call(tasks: list[t.Any], secret: str = "", no_log: bool = False) -> Played:
        folder = tmp_path_factory.mktemp("play")
        book = [{"hosts": "all", "gather_facts": False, "no_log": no_log, "ignore_errors": True, "tasks": tasks}]
        # The secret is a variable, as in life: ansible-core shows the lines of a playbook around a task that fails.
        (folder / "play.json").write_text(json.dumps(book))
        (folder / "vars.json").write_text(json.dumps({"secret": secret}))
        words = ["ansible-playbook", "-vvv", "--diff", "-i", "box,", "-c", "elsewhere", "-e", f"@{folder}/vars.json"]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "DOCKER_HOST": engine,
        }
        with syslog.listening(tmp_path_factory.mktemp("log")) as log:
            command = log.command(*words, str(folder / "play.json"))
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        logged = "\n".join(log.messages)
        # Without this the test would prove nothing.
        assert no_log or "Invoked with" in logged, logged
        return Played(done.stdout + done.stderr, logged)

    return call


def task(module: str, **arguments: t.Any) -> dict[str, t.Any]:
    return {f"stevedore.docker.{module}": arguments}


@pytest.mark.parametrize("direction", ["into", "out of"])
def test_the_content_of_copied_files(
    docker: Docker, play: Play, name: str, tmp_path: pathlib.Path, direction: str
) -> None:
    """A diff shows what differs, once; nothing else of the files is told, and nothing at all where the task forbids it."""
    docker("run", "--detach", "--name", name, IMAGE, "sleep", "1000")
    changed, equal, hidden = (secrets.token_hex(16) for _each in range(3))
    host, box = tmp_path / "host", tmp_path / "box"
    for folder, text in ((host, "ours"), (box, "theirs")):
        folder.mkdir()
        (folder / "equal").write_text(equal)
        (folder / "changed").write_text(f"{text} {changed}\n")
        (folder / "hidden").mkdir()
        (folder / "hidden" / "changed").write_text(f"{text} {hidden}\n")
    docker("cp", f"{box}/.", f"{name}:/there")
    ours, theirs = (f"{host}{{}}", f"{name}:/there{{}}")
    src, dest = (ours, theirs) if direction == "into" else (theirs, ours)
    hush = {**task("container_cp", src=src.format("/hidden/"), dest=dest.format("/hidden")), "no_log": True}
    played = play([hush, task("container_cp", src=src.format("/"), dest=dest.format(""))])
    before, after = ("theirs", "ours") if direction == "into" else ("ours", "theirs")
    assert f"-{before} {changed}\n+{after} {changed}\n" in played.printed
    assert changed not in played.invocations
    assert equal not in played.printed
    assert hidden not in played.printed
    for secret in (changed, equal, hidden):
        assert secret not in played.logged
    left = docker("exec", name, "cat", "/there/changed", "/there/hidden/changed")
    left += (host / "changed").read_text() + (host / "hidden" / "changed").read_text()
    assert before not in left


def given(name: str, secret: str) -> list[tuple[str, dict[str, t.Any]]]:
    """Every option that takes what may be a secret, in tasks that work and in some that fail."""
    url = f"http://user:{secret}@127.0.0.1:9/box.tar?X-Amz-Signature={secret}"
    box: dict[str, t.Any] = {"image": IMAGE, "command": ["sh", "-c", CONSOLE], "interactive": True}
    opts = {"splunk-token": secret, "splunk-url": "https://127.0.0.1:9"}
    volume = {"type": "nfs", "device": ":/x", "o": f"addr=127.0.0.1,username=u,password={secret}"}
    return [
        ("container_run", {"name": name, **box, "env": {"TOKEN": secret}}),
        (
            "container_run",
            {
                "name": f"{name}-fg",
                "image": IMAGE,
                "command": "true",
                "detach": False,
                "stdin": secret,
                "interactive": True,
            },
        ),
        (
            "container_run",
            {"name": f"{name}-log", "image": IMAGE, "log_driver": "splunk", "log_options": opts, "state": "present"},
        ),
        (
            "container_run",
            {
                "name": f"{name}-mount",
                "image": IMAGE,
                "state": "present",
                "mounts": [{"type": "volume", "source": f"{name}-v", "target": "/v", "volume_options": volume}],
            },
        ),
        (
            "container_run",
            {"name": f"{name}-label", "image": IMAGE, "state": "present", "labels": {"api.token": secret}},
        ),
        ("containers", {"containers": [{"name": f"{name}-set", **box, "env": {"PASSWORD": secret}}]}),
        (
            "containers",
            {"defaults": {"environment": {"PASSWORD": secret}}, "containers": [{"name": f"{name}-set2", **box}]},
        ),
        ("container_exec", {"name": name, "command": "true", "env": {"PGPASSWORD": secret}, "stdin": secret}),
        ("container_exec", {"name": name, "command": "true", "stdin_base64": "{{ secret | b64encode }}"}),
        ("container_exec", {"name": name, "command": f"true --password={secret}"}),
        ("container_exec", {"name": name, "command": "sh -c 'cat; exit 3'", "stdin": secret}),
        ("container_exec", {"name": name, "command": "no such command", "env": secret}),
        (
            "container_run",
            {"name": f"{name}-died", "image": IMAGE, "env": {"A": secret}, "command": "sh -c 'env; exit 3'"},
        ),
        ("container_attach", {"name": name, "send": [secret], "until_match": "never", "wait_timeout": 0.3}),
        ("container_attach", {"name": name, "send": [secret], "until_match": "got a line"}),
        ("container_attach", {"name": name, "dialogue": [{"send": secret, "until_match": "got a line"}]}),
        ("container_commit", {"container": name, "repository": f"{name}-image", "changes": [f"ENV KEY={secret}"]}),
        ("container_commit", {"container": name, "repository": f"{name}-image", "changes": f"ENV KEY {secret}"}),
        ("container_import", {"url": url, "repository": f"{name}-image"}),
        ("container_logfile", {"name": name, "expected_options": {"splunk-token": secret}}),
        ("container_inspect", {"name": name, "docker_host": f"tcp://user:{secret}@127.0.0.1:9"}),
        (
            "daemon_config",
            {
                "path": f"/tmp/{name}/daemon.json",
                "apply": "none",
                "validate": False,
                "config": {
                    "log-opts": {"splunk-token": secret},
                    "proxies": {"http-proxy": f"http://u:{secret}@127.0.0.1:9"},
                },
            },
        ),
    ]


def test_what_options_hold(docker: Docker, play: Play, unique: t.Callable[..., str]) -> None:
    """Names stay readable in the log, values do not."""
    secret = secrets.token_hex(16)
    encoded = base64.b64encode(secret.encode()).decode()
    played = play([task(module, **arguments) for module, arguments in given(unique("box"), "{{ secret }}")], secret)
    assert docker("exec", unique("box"), "sh", "-c", "echo $TOKEN") == secret
    for text in (played.logged, played.invocations):
        told = [line for line in text.splitlines() if secret in line or encoded in line]
        assert not told, told
        assert all(name in text for name in ("TOKEN", "PGPASSWORD", "stdin_base64", "splunk-url", "got a line"))


def test_nothing_of_a_hidden_task_is_told(docker: Docker, play: Play, unique: t.Callable[..., str]) -> None:
    """With ``no_log``: no warning, difference, result or message brings a value out."""
    secret = secrets.token_hex(16)
    docker("run", "--detach", "--name", unique("box"), "--env", f"TOKEN={secret}-old", IMAGE, "sleep", "1000")
    # Those that fail, warn, or have a difference to show.
    modules = (
        "container_run",
        "containers",
        "container_exec",
        "container_import",
        "container_inspect",
        "daemon_config",
    )
    everything = [pair for pair in given(unique("box"), "{{ secret }}") if pair[0] in modules]
    played = play([task(module, **arguments) for module, arguments in everything], secret, no_log=True)
    assert docker("exec", unique("box"), "sh", "-c", "echo $TOKEN") == secret
    assert secret not in played.printed
    assert secret not in played.logged
