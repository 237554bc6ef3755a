# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import bz2
import functools
import gzip
import hashlib
import http.server
import io
import json
import lzma
import pathlib
import subprocess
import tarfile
import threading
import typing as t

import pytest
from support import modules
from support.engine import Docker, until

from .conftest import Run, RunProcess

BUSYBOX = "stevedore/busybox:1"
MANIFEST = ".manifest.json"

# Every field of an image's configuration, with values that --change cannot say.
EVERYTHING: dict[str, t.Any] = {
    "Cmd": ["-c", "echo \"$A\" 'b'\nsecond"],
    "Entrypoint": ["/bin/sh"],
    "Env": ["PATH=/bin:/usr/bin", "A=b c $HOME \"q\" 'q' \\", "EMPTY=", "LINES=one\ntwo"],
    "ExposedPorts": {"53/udp": {}, "80/tcp": {}},
    "Healthcheck": {
        "Test": ["CMD-SHELL", "test -e / || exit 1"],
        "Interval": 90_000_000_000,
        "Timeout": 1_500_000,
        "StartPeriod": 2_000_000_000,
        "Retries": 4,
    },
    "Labels": {"a=b": "c\nd", "empty": "", "plain": "$x 'y' \"z\""},
    "OnBuild": ["RUN true", "ENV X=1"],
    "Shell": ["/bin/sh", "-ec"],
    "StopSignal": "SIGUSR1",
    "User": "1000:1000",
    "Volumes": {"/var/lib/data": {}, "/with space": {}},
    "WorkingDir": "/home/app",
}


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(content)
    tar.addfile(about, io.BytesIO(content))


def make_image(docker: Docker, reference: str, config: dict[str, t.Any]) -> None:
    """An image with any configuration, through the CLI alone."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        add(tar, "hello", b"hello")
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    document = {
        "architecture": "arm64",
        "variant": "v8",
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [],
    }
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        add(tar, "layer.tar", layer.getvalue())
        add(tar, "config.json", json.dumps(document).encode())
        listed = [{"Config": "config.json", "RepoTags": [reference], "Layers": ["layer.tar"]}]
        add(tar, "manifest.json", json.dumps(listed).encode())
    docker("load", input=whole.getvalue())


def assert_nothing_unfinished(docker: Docker) -> None:
    """No image without a name was left by an import; one that is being made beside us is gone in a moment."""
    args = ("images", "-aq", "--filter", "dangling=true", "--filter", "label=stevedore.docker.unfinished")
    until(lambda: not docker(*args), "the end of all unfinished images")


class Exported(t.NamedTuple):
    path: pathlib.Path
    image: str


@pytest.fixture
def exported(docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path) -> Exported:
    """An archive of a small container, and the name for its import."""
    name = unique("box")
    docker("create", "--name", name, "--stop-signal", "SIGINT", "-e", "A=b c", BUSYBOX, "sh", "-c", "echo ran: $A")
    path = tmp_path / "box.tar"
    run("container_export", name=name, path=str(path))
    docker("rm", name)
    return Exported(path, unique("image"))


def test_first_run_imports_second_changes_nothing(docker: Docker, run: Run, exported: Exported) -> None:
    params = {"path": str(exported.path), "repository": exported.image, "tag": "x"}
    planned = run("container_import", **params, _check=True, _diff=True)
    assert planned.changed
    assert not docker.ok("image", "inspect", f"{exported.image}:x")

    done = run("container_import", **params, _diff=True)
    assert done.changed
    assert done.diff == planned.diff
    image = docker.inspect(f"{exported.image}:x", "image")
    digest = hashlib.sha256(exported.path.read_bytes()).hexdigest()
    assert image["RootFS"]["Layers"] == [f"sha256:{digest}"] == [done.diff_id]
    assert image["Id"] == done.image_id
    assert docker("run", "--rm", f"{exported.image}:x") == "ran: b c"

    assert not run("container_import", **params, _check=True).changed
    assert not run("container_import", **params).changed
    assert docker.inspect(f"{exported.image}:x", "image") == image
    docker("tag", BUSYBOX, f"{exported.image}:x")
    restored = run("container_import", **params)
    assert restored.changed
    assert docker.inspect(f"{exported.image}:x", "image")["Id"] == image["Id"]


def test_every_field_of_an_image_comes_back(
    docker: Docker, run: Run, unique: t.Callable[..., str], tmp_path: pathlib.Path
) -> None:
    make_image(docker, f"{unique('before')}:1", EVERYTHING)
    docker("create", "--name", unique("box"), f"{unique('before')}:1")
    run("container_export", name=unique("box"), path=str(tmp_path / "box.tar.gz"))
    run("container_import", path=str(tmp_path / "box.tar.gz"), repository=unique("after"))
    before, after = docker.inspect(f"{unique('before')}:1", "image"), docker.inspect(unique("after"), "image")
    assert after["Config"] == before["Config"]
    assert {key: after["Config"][key] for key in EVERYTHING} == EVERYTHING
    assert [after[key] for key in ("Os", "Architecture", "Variant")] == ["linux", "arm64", "v8"]


def test_run_options_run_it_again(docker: Docker, run: Run, exported: Exported, unique: t.Callable[..., str]) -> None:
    done = run("container_import", path=str(exported.path), repository=exported.image)
    assert done.run_options["image"] == f"{exported.image}:latest"
    run("container_run", **done.run_options)
    again = docker.inspect(unique("box"))
    assert again["Config"]["StopSignal"] == "SIGINT"
    assert again["Config"]["Image"] == f"{exported.image}:latest"


PACKERS: dict[str, t.Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip in two members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout,
    "plain": bytes,
}


@pytest.mark.parametrize("packer", PACKERS)
def test_compressed_archives_without_a_manifest(docker: Docker, run: Run, exported: Exported, packer: str) -> None:
    data = exported.path.read_bytes()
    packed = exported.path.parent / "any name"
    packed.write_bytes(PACKERS[packer](data))
    params = {"path": str(packed), "repository": exported.image, "changes": ['CMD ["echo", "ran"]']}
    done = run("container_import", **params)
    assert done.manifest_used is False
    assert docker.inspect(exported.image, "image")["RootFS"]["Layers"] == [f"sha256:{hashlib.sha256(data).hexdigest()}"]
    assert docker("run", "--rm", exported.image) == "ran"
    assert not run("container_import", **params).changed


CHANGES: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "text": ('CMD ["sleep", "1000"]', {"Cmd": ["sleep", "1000"]}),
    "list": (
        ["ENV B=$A-x C='d e'", "STOPSIGNAL SIGTERM"],
        {"Env": ["A=b c", "B=b c-x", "C=d e"], "StopSignal": "SIGTERM"},
    ),
    "mapping": ({"env": {"A": "$x 'y'"}, "label": {"l m": "="}}, {"Env": ["A=$x 'y'"], "Labels": {"l m": "="}}),
    "json": ('{"cmd": ["a b"]}', {"Cmd": ["a b"]}),
}


@pytest.mark.parametrize("form", CHANGES)
def test_changes_come_after_the_manifest(docker: Docker, run: Run, exported: Exported, form: str) -> None:
    changes, expected = CHANGES[form]
    params = {"path": str(exported.path), "repository": exported.image, "changes": changes}
    run("container_import", **params)
    config = docker.inspect(exported.image, "image")["Config"]
    assert {key: config[key] for key in expected} == expected
    assert not run("container_import", **params).changed


def test_platform_and_message(docker: Docker, run: Run, exported: Exported) -> None:
    params = {"path": str(exported.path), "repository": exported.image}
    run("container_import", **params, platform="linux/arm64/v8", comment="from the old host")
    image = docker.inspect(exported.image, "image")
    assert [image[key] for key in ("Os", "Architecture", "Variant", "Comment")] == [
        "linux",
        "arm64",
        "v8",
        "from the old host",
    ]
    assert not run("container_import", **params, platform="linux/arm64/v8").changed
    assert run("container_import", **params).changed


def test_a_tag_of_another_image(docker: Docker, run: Run, exported: Exported) -> None:
    docker("tag", BUSYBOX, exported.image)
    other = docker.inspect(BUSYBOX, "image")["Id"]
    refused = run("container_import", path=str(exported.path), repository=exported.image, replace=False)
    assert refused.failed
    assert refused.failure["kind"] == "conflict"
    assert docker.inspect(exported.image, "image")["Id"] == other
    done = run("container_import", path=str(exported.path), repository=exported.image)
    assert done.previous_id == other
    assert docker.inspect(BUSYBOX, "image")["Id"] == other


# -- archives that will not do ----------------------------------------------------------------------------------------------


def _manifest(path: pathlib.Path) -> pathlib.Path:
    return path.parent / (path.name + MANIFEST)


def _edit(path: pathlib.Path, change: t.Callable[[dict[str, t.Any]], t.Any]) -> None:
    document = json.loads(_manifest(path).read_text())
    change(document)
    _manifest(path).write_text(json.dumps(document))


def _flip(path: pathlib.Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def _bare(path: pathlib.Path, data: bytes) -> None:
    """Other content, and no manifest that would tell."""
    path.write_bytes(data)
    _manifest(path).unlink()


def _cut(path: pathlib.Path, size: int, manifest: bool) -> None:
    (path.write_bytes if manifest else functools.partial(_bare, path))(path.read_bytes()[:size])


def _saved(path: pathlib.Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, f"{'a' * 64}/layer.tar", bytes(1024))
        add(tar, f"{'b' * 64}.json", b"{}")
        add(tar, "manifest.json", b"[]")
    _bare(path, buffer.getvalue())


FAULTS: dict[str, tuple[t.Callable[[pathlib.Path], t.Any], str]] = {
    "cut at a block": (lambda path: _cut(path, 512 * 2000, False), "torn"),
    "cut before the end marker": (lambda path: _cut(path, path.stat().st_size - 1024, False), "torn"),
    "cut in the end marker": (lambda path: _cut(path, path.stat().st_size - 512, False), "torn"),
    "cut in the middle of a block": (lambda path: _cut(path, 512 * 2000 + 17, False), "torn"),
    "cut, with its manifest": (lambda path: _cut(path, 512 * 2000, True), "not the archive its manifest describes"),
    "a flipped bit in content": (lambda path: _flip(path, 500_000), "not the archive its manifest describes"),
    "a flipped bit in a header": (lambda path: (_flip(path, 20), _manifest(path).unlink()), "not a tar archive"),
    "another archive's manifest": (
        lambda path: _edit(path, lambda m: m["file"].update(sha256="0" * 64)),
        "not the archive its manifest describes",
    ),
    "a larger stream than announced": (
        lambda path: _edit(path, lambda m: m["stream"].update(size=1000)),
        "unfolds to more",
    ),
    "a newer manifest": (lambda path: _edit(path, lambda m: m.update(version=2)), "version 2"),
    "a manifest with a foreign field": (
        lambda path: _edit(path, lambda m: m["config"].update(Evil=1)),
        "no such field",
    ),
    "a manifest that is none": (lambda path: _manifest(path).write_text("[1, 2]"), "not a manifest"),
    "a manifest that is no JSON": (lambda path: _manifest(path).write_text("{"), "not a manifest"),
    "docker save": (_saved, "docker load"),
    "nothing": (lambda path: _bare(path, b""), "not one byte"),
    "an empty archive": (lambda path: _bare(path, bytes(10240)), "empty archive"),
    "text": (lambda path: _bare(path, b"hello world\n" * 1000), "not a tar archive"),
    "half a gzip": (lambda path: _bare(path, gzip.compress(path.read_bytes())[:-100_000]), "torn"),
    "a broken gzip": (lambda path: _bare(path, b"\x1f\x8b\x08\x00" + b"x" * 1000), "cannot be read"),
    "half a zstd": (lambda path: _bare(path, PACKERS["zstd"](path.read_bytes())[:-100_000]), "torn"),
    "a bomb of zeros": (lambda path: _bare(path, gzip.compress(bytes(50 << 20), 1)), "follow the end"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_archive_makes_no_image_and_moves_no_tag(
    docker: Docker, run: Run, exported: Exported, fault: str
) -> None:
    damage, message = FAULTS[fault]
    damage(exported.path)
    docker("tag", BUSYBOX, exported.image)
    for check in (True, False):
        failed = run("container_import", path=str(exported.path), repository=exported.image, _check=check)
        assert failed.failed, f"check={check}"
        assert failed.failure["kind"] == "damaged"
        assert message in failed.msg
    assert_nothing_unfinished(docker)
    assert docker.inspect(exported.image, "image")["Id"] == docker.inspect(BUSYBOX, "image")["Id"]


def test_an_archive_that_was_damaged_after_its_import(run: Run, exported: Exported) -> None:
    params = {"path": str(exported.path), "repository": exported.image}
    run("container_import", **params)
    _flip(exported.path, 500_000)
    assert "not the archive" in run("container_import", **params).msg


def test_a_gzip_bomb_is_bounded(docker: Docker, run: Run, exported: Exported) -> None:
    about = tarfile.TarInfo("zeros")
    about.size = 100 << 20
    _bare(exported.path, gzip.compress(about.tobuf() + bytes(about.size + 1024), 1))
    failed = run("container_import", path=str(exported.path), repository=exported.image, max_size="50m")
    assert failed.failed
    assert "max_size" in failed.msg
    assert_nothing_unfinished(docker)


PLACES: dict[str, tuple[dict[str, t.Any], str]] = {
    "missing": ({"path": "/nowhere/x.tar"}, "no archive"),
    "folder": ({"path": "/tmp"}, "is a folder"),
    "device": ({"path": "/dev/null"}, "not a regular file"),
    "repository": ({"repository": "Upper"}, "not a valid image name"),
    "tag": ({"tag": "a b"}, "not a valid tag"),
    "two tags": ({"repository": "x:a", "tag": "b"}, "two tags"),
    "platform": ({"platform": "arm64"}, "platform must look like"),
    "checksum": ({"checksum": "abc"}, "checksum must look like"),
    "wrong checksum": ({"checksum": "sha256:" + "0" * 64}, "checksum"),
    "size": ({"max_size": "lots"}, "max_size"),
    "changes": ({"changes": ["RUN x"]}, "does not begin with"),
    "newline": ({"changes": {"env": {"A": "b\nUSER root"}}}, "newline"),
    "scheme": ({"path": None, "url": "file:///etc/passwd"}, "url must begin with"),
}


@pytest.mark.parametrize("place", PLACES)
def test_options_that_will_not_do(docker: Docker, run: Run, exported: Exported, place: str) -> None:
    options, message = PLACES[place]
    params = {"path": str(exported.path), "repository": exported.image, **options}
    failed = run("container_import", **{key: value for key, value in params.items() if value is not None})
    assert failed.failed
    assert message in failed.msg
    assert_nothing_unfinished(docker)
    assert not docker.ok("image", "inspect", exported.image)


# -- from the web -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: pathlib.Path) -> t.Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: t.Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_from_the_web(docker: Docker, run: Run, exported: Exported, web: str) -> None:
    digest = hashlib.sha256(exported.path.read_bytes()).hexdigest()
    params = {"url": f"{web}/{exported.path.name}", "repository": exported.image}
    wrong = run("container_import", **params, checksum=f"sha256:{'1' * 64}")
    assert wrong.failed
    assert not docker.ok("image", "inspect", exported.image)
    done = run("container_import", **params, checksum=f"sha256:{digest}")
    assert done.manifest_used
    assert docker("run", "--rm", exported.image) == "ran: b c"
    assert not run("container_import", **params, checksum=f"sha256:{digest}").changed
    missing = run("container_import", url=f"{web}/nothing.tar", repository=exported.image)
    assert "404" in missing.msg


# -- interrupted ------------------------------------------------------------------------------------------------------------


def test_a_killed_import_leaves_nothing(
    docker: Docker,
    run: Run,
    run_process: RunProcess,
    unique: t.Callable[..., str],
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / "big.tar"
    about = tarfile.TarInfo("big")
    about.size = 64 << 20
    with open(path, "wb") as file:
        file.write(about.tobuf())
        file.truncate(512 + about.size + 1024)
    process = run_process("container_import", path=str(path), repository=unique("image"))
    opened = pathlib.Path(f"/proc/{process.pid}/fd")
    until(lambda: any(fd.resolve() == path for fd in opened.iterdir()), "the import to begin")
    process.kill()
    process.wait()
    assert not docker.ok("image", "inspect", unique("image"))
    assert_nothing_unfinished(docker)
    assert run("container_import", path=str(path), repository=unique("image")).changed


def test_two_imports_at_once(docker: Docker, run_process: RunProcess, exported: Exported) -> None:
    both = [run_process("container_import", path=str(exported.path), repository=exported.image) for _unused in range(2)]
    for process in both:
        assert not modules.collect(process).failed
    assert docker("run", "--rm", exported.image) == "ran: b c"
