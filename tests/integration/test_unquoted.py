# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as people write them in YAML without quotes: taken right, or refused with the word quote, never changed."""

from __future__ import annotations

import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import typing as t

import pytest
import yaml
from support.engine import Docker

from .conftest import Run

Json = t.Dict[str, t.Any]
IMAGE = "stevedore/busybox:1"

# What YAML makes another text of. The module gets no more than the result.
REFUSED: tuple[tuple[str, str], ...] = (
    ("container_run", "mounts: [{type: tmpfs, target: /t, tmpfs_mode: 1777}]"),
    ("container_run", "mounts: [{type: tmpfs, target: /t, tmpfs_mode: 777}]"),
    ("container_run", "mounts: [{type: tmpfs, target: /t, tmpfs_mode: 0777}]"),
    ("container_run", "mounts: [{type: tmpfs, target: /t, tmpfs_mode: yes}]"),
    ("container_run", "ports: [2222:22]"),
    ("container_run", "ports: [22:22]"),
    ("container_run", "ports: [222:22, '80:80']"),
    ("container_run", "published_ports: 2222:22"),
    ("container_run", "published_ports: [80.0]"),
    ("container_run", "exposed_ports: [1.5]"),
    ("container_run", "env: {VERSION: 1.50}"),
    ("container_run", "env: {DEBUG: yes}"),
    ("container_run", "env: {DEBUG: Off}"),
    ("container_run", "env: {UMASK: 022}"),
    ("container_run", "env: {NO: 'x'}"),
    ("container_run", "env: {~: 'x'}"),
    ("container_run", "labels: {version: 1.10}"),
    ("container_run", "labels: {traefik.enable: yes}"),
    ("container_run", "labels: {on: x}"),
    ("container_run", "sysctls: {net.ipv4.ip_forward: yes}"),
    ("container_run", "annotations: {a: 1.0}"),
    ("container_run", "user: 33:33"),
    ("container_run", "user: 1000:50"),
    ("container_run", "user: 1001:00"),
    ("container_run", "user: yes"),
    ("container_run", "hostname: no"),
    ("container_run", "hostname: 1.10"),
    ("container_run", "domainname: on"),
    ("container_run", "network_mode: off"),
    ("container_run", "cpuset_cpus: 0.0"),
    ("container_run", "mac_address: 12:42:10:11:00:02"),
    ("container_run", "networks: [{name: on}]"),
    ("container_run", "networks: [{name: bridge, aliases: [1.10]}]"),
    ("container_run", "command: yes"),
    ("container_run", "command: true"),
    ("container_run", "command: 1.5"),
    ("container_run", "command: [sleep, 1.50]"),
    ("container_run", "command: [echo, yes]"),
    ("container_run", "entrypoint: true"),
    ("container_run", "entrypoint: [true]"),
    ("container_run", "healthcheck: {test: true}"),
    ("container_run", "healthcheck: {test: [CMD, true]}"),
    ("container_run", "groups: [no]"),
    ("container_run", "image: 1.50"),
    ("container_run", "env_file: no"),
    ("container_run", "stop_signal: off"),
    ("container_run", "log_options: {max-size: 1.5}"),
    ("containers", "containers: [{name: stv-x, image: 'stevedore/busybox:1', hostname: no}]"),
    ("containers", "containers: [{name: stv-x, image: 'stevedore/busybox:1', ports: [22:22]}]"),
    ("containers", "containers: [{name: stv-x, image: 'stevedore/busybox:1', env: {A: yes}}]"),
    ("containers", "{defaults: {hostname: 1.10}, containers: [{name: stv-x, image: 'stevedore/busybox:1'}]}"),
    ("container_inspect", "name: no"),
    ("container_inspect", "name: [1.10]"),
    ("container_inspect", "{name: [stv-x], api_version: 1.40}"),
    ("container_exec", "{name: stv-x, command: 'true', env: {A: 1.50}}"),
    ("container_exec", "{name: stv-x, command: 'true', env: {A: off}}"),
    ("container_exec", "{name: stv-x, argv: [echo, yes]}"),
    ("container_exec", "{name: stv-x, command: yes}"),
    ("container_exec", "{name: stv-x, command: 'true', user: 33:33}"),
    ("container_commit", "{name: stv-x, repository: stv-x, tag: 1.50}"),
    ("container_import", "{path: /nowhere, repository: stv-x, tag: 1.10}"),
    ("container_logs", "{name: stv-x, path: /tmp/stv-x, mode: 640}"),
    ("container_export", "{name: stv-x, path: /tmp/stv-x.tar, mode: 600}"),
    ("container_cp", "{src: /etc/hostname, dest: 'stv-x:/x', remote_src: true, mode: 644}"),
    ("container_cp", "{src: /etc/hostname, dest: 'stv-x:/x', remote_src: true, directory_mode: 0777}"),
    ("container_cp", "{src: /etc/hostname, dest: 'stv-x:/x', remote_src: true, owner: yes}"),
    ("container_state", "{name: stv-x, state: killed, signal: 1.5}"),
)


@pytest.mark.parametrize(("module", "text"), REFUSED)
def test_what_yaml_changed_is_refused(docker: Docker, run: Run, name: str, module: str, text: str) -> None:
    alone = module in ("container_run", "containers")
    if not alone:
        docker("create", "--name", name, IMAGE, "true")
    options = yaml.safe_load(text.replace("stv-x", name))
    if module == "container_run":
        options = {"name": name, "image": IMAGE, "state": "present", **options}
    result = run(module, **json.loads(json.dumps(options)))
    assert result.failed
    assert "quote" in result.msg, result.msg
    assert not (alone and docker("ps", "-aq", "--filter", f"name={name}"))


# What comes to the same, and what it is in the inspect document.
TAKEN: tuple[tuple[str, str, t.Any], ...] = (
    ("mounts: [{type: tmpfs, target: /t, tmpfs_mode: 01777}]", "HostConfig.Mounts.0.TmpfsOptions.Mode", 0o1777),
    ("mounts: [{type: tmpfs, target: /t, tmpfs_mode: 0o1770}]", "HostConfig.Mounts.0.TmpfsOptions.Mode", 0o1770),
    ("mounts: [{type: tmpfs, target: /t, tmpfs_mode: '1777'}]", "HostConfig.Mounts.0.TmpfsOptions.Mode", 0o1777),
    ("mounts: [{type: tmpfs, target: /t, tmpfs_mode: 0700}]", "HostConfig.Mounts.0.TmpfsOptions.Mode", 0o700),
    ("ports: [8080:80]", "HostConfig.PortBindings.80/tcp.0.HostPort", "8080"),
    ("ports: ['22:22']", "HostConfig.PortBindings.22/tcp.0.HostPort", "22"),
    ("ports: [8080]", "HostConfig.PortBindings.8080/tcp.0.HostPort", ""),
    ("ports: [53:53/udp]", "HostConfig.PortBindings.53/udp.0.HostPort", "53"),
    ("env: {PORT: 8080}", "Config.Env.0", "PORT=8080"),
    ("env: {DATE: 2026-01-31}", "Config.Env.0", "DATE=2026-01-31"),
    ("env: {SIZE: 1e3}", "Config.Env.0", "SIZE=1e3"),
    ("env: {UMASK: '022'}", "Config.Env.0", "UMASK=022"),
    ("labels: {version: '1.10'}", "Config.Labels.version", "1.10"),
    ("labels: {n: 5}", "Config.Labels.n", "5"),
    ("log_options: {max-file: 3, max-size: 1m, compress: yes}", "HostConfig.LogConfig.Config.compress", "true"),
    ("user: 1000", "Config.User", "1000"),
    ("user: 1000:1000", "Config.User", "1000:1000"),
    ("user: 0:0", "Config.User", "0:0"),
    ("user: 65534", "Config.User", "65534"),
    ("user: 1001230000", "Config.User", "1001230000"),
    ("memory: 0.5g", "HostConfig.Memory", 1 << 29),
    ("memory: 67_108_864", "HostConfig.Memory", 1 << 26),
    ("memory: 0x4000000", "HostConfig.Memory", 1 << 26),
    ("cpus: 1.50", "HostConfig.NanoCpus", 1_500_000_000),
    ("cpuset_cpus: 0", "HostConfig.CpusetCpus", "0"),
    ("healthcheck: {test: 'true', interval: 1:30}", "Config.Healthcheck.Interval", 90_000_000_000),
    ("healthcheck: {test: 'true', interval: 1.50}", "Config.Healthcheck.Interval", 1_500_000_000),
    ("stop_signal: 15", "Config.StopSignal", "SIGTERM"),
    ("command: [sleep, 5]", "Config.Cmd.1", "5"),
    ("hostname: '1.10'", "Config.Hostname", "1.10"),
    ("sysctls: {net.core.somaxconn: 1024}", "HostConfig.Sysctls", {"net.core.somaxconn": "1024"}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "path", "expected"), TAKEN)
def test_what_means_the_same_is_taken(
    docker: Docker, run: Run, name: str, text: str, path: str, expected: t.Any
) -> None:
    options = json.loads(json.dumps(yaml.safe_load(text), default=str))
    assert run("container_run", name=name, image=IMAGE, state="present", **options).changed
    found: t.Any = docker.inspect(name)
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    assert found == expected


MODES: tuple[tuple[str, int], ...] = (
    ("0644", 0o644), ("0600", 0o600), ("'644'", 0o644), ("0o755", 0o755), ("0755", 0o755), ("02755", 0o2755), ("0440", 0o440),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MODES)
def test_modes_of_files(docker: Docker, run: Run, name: str, tmp_path: pathlib.Path, text: str, expected: int) -> None:
    docker("create", "--name", name, IMAGE, "true")
    mode = yaml.safe_load(text)
    assert run("container_export", name=[name], path=f"{tmp_path}/x.tar", mode=mode).changed
    assert run("container_logs", name=[name], path=f"{tmp_path}/x.log", mode=mode).changed
    (tmp_path / "source").write_text("x")
    assert run("container_cp", src=f"{tmp_path}/source", dest=f"{name}:/x", remote_src=True, mode=mode).changed
    for file in ("x.tar", "x.log"):
        assert (tmp_path / file).stat().st_mode & 0o7777 == expected
    with tarfile.open(fileobj=io.BytesIO(docker("cp", f"{name}:/x", "-", binary=True))) as archive:
        assert archive.getmember("x").mode & 0o7777 == expected


def test_as_ansible_hands_them_over(
    docker: Docker, engine: str, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    """A real playbook, as what YAML makes of a text is decided by Ansible."""
    (tmp_path / "play.yml").write_text(
        f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Right
      stevedore.docker.container_run:
        name: {unique("right")}
        image: {IMAGE}
        state: present
        env: {{PORT: 8080, DATE: 2026-01-31, TEMPLATED: "{{{{ 8080 }}}}", ANSWER: 'yes'}}
        mounts: [{{type: tmpfs, target: /t, tmpfs_mode: 01777}}]
        restart_policy: no
        ports: [18080:80]
    - name: Refused
      stevedore.docker.container_run:
        name: {unique("refused")}
        image: {IMAGE}
        state: present
        env: {{VERSION: 1.50}}
        ports: [22:22]
      register: refused
      failed_when: "'quote' not in refused.msg or 'ports' not in refused.msg"
    - name: Refused, too
      stevedore.docker.containers:
        containers:
          - {{name: {unique("refused")}, image: {IMAGE}, hostname: no}}
      register: refused
      failed_when: "'quote' not in refused.msg"
"""
    )
    words = [
        "ansible-playbook",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    ]
    environment = {**os.environ, "DOCKER_HOST": engine}
    done = subprocess.run(
        [*words, str(tmp_path / "play.yml")], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = docker.inspect(unique("right"))
    assert sorted(made["Config"]["Env"]) == ["ANSWER=yes", "DATE=2026-01-31", "PORT=8080", "TEMPLATED=8080"]
    assert made["HostConfig"]["Mounts"][0]["TmpfsOptions"]["Mode"] == 0o1777
    assert made["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert not docker("ps", "-aq", "--filter", f"name={unique('refused')}")
