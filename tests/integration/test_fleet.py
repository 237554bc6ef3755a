# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""containers: many containers in one task."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from support.engine import Docker
from support.proxy import Proxy

if t.TYPE_CHECKING:
    from conftest import Run

DEFAULTS: dict[str, t.Any] = {"image": "stevedore/busybox:1", "command": "sleep 10000", "stop_signal": "KILL"}


def kinds(result: t.Any) -> dict[str, list[str]]:
    return {one["name"]: [action["action"] for action in one["actions"]] for one in result["containers"]}


@pytest.fixture
def both(run: Run) -> t.Callable[..., t.Any]:
    """Foresee, do, and compare the two; then once more, to see that nothing is left to do."""

    def call(again: bool = True, **options: t.Any) -> t.Any:
        options = {"defaults": DEFAULTS, **options}
        foreseen = run("containers", **options, _check=True, _diff=True)
        done = run("containers", **options, _diff=True)
        assert kinds(done) == kinds(foreseen)
        assert (done.changed, done["diff"]) == (foreseen.changed, foreseen["diff"])
        assert not again or not run("containers", **options).changed
        return done

    return call


def test_a_group(docker: Docker, name: str, both: t.Callable[..., t.Any]) -> None:
    one, two, three, other = (f"{name}-{number}" for number in ("1", "2", "3", "other"))
    docker("run", "-d", "--name", other, "--stop-signal", "KILL", DEFAULTS["image"], "sleep", "10000")
    common: dict[str, t.Any] = {"group": name, "prune": True}
    done = both(**common, containers=[{"name": one, "env": {"A": "1"}}, {"name": two, "state": "present"}])
    assert kinds(done) == {one: ["create", "start"], two: ["create"]}
    assert docker.inspect(one)["Config"]["Labels"]["stevedore.docker.group"] == name
    # One changed in place, one no longer listed, one new.
    done = both(**common, containers=[{"name": one, "env": {"A": "1"}, "memory": "64m"}, {"name": three}])
    assert kinds(done) == {one: ["update"], two: ["prune"], three: ["create", "start"]}
    assert done["diff"]["after"][two] == {"state": "absent"}
    assert not docker.ok("inspect", two)
    done = both(**common, containers=[])
    assert kinds(done) == {one: ["prune"], three: ["prune"]}
    assert docker("inspect", "--format", "{{.State.Status}}", other) == "running"


def test_order_and_shared_namespaces(docker: Docker, name: str, both: t.Callable[..., t.Any]) -> None:
    """What lives in a replaced container's namespace goes along with it; what only takes its volumes need not."""
    net, volume, base = f"{name}-a-net", f"{name}-b-volume", f"{name}-c-base"
    containers = [
        {"name": net, "network_mode": f"container:{base}"},
        {"name": volume, "volumes_from": [base]},
        {"name": base, "volumes": ["/keep"]},
    ]
    assert kinds(both(containers=containers)) == {one: ["create", "start"] for one in (net, volume, base)}
    docker("exec", volume, "sh", "-c", "echo note >/keep/note")
    containers[2]["env"] = {"A": "1"}
    done = both(containers=containers)
    assert kinds(done) == {net: ["recreate"], volume: [], base: ["recreate"]}
    assert done["containers"][0]["actions"][0]["because"] == ["network_mode"]
    assert docker.inspect(net)["HostConfig"]["NetworkMode"] == f"container:{docker.inspect(base)['Id']}"
    assert docker("exec", base, "cat", "/keep/note") == "note"


def test_one_failure_does_not_stop_the_others(docker: Docker, name: str, run: Run) -> None:
    good, bad, needy = f"{name}-good", f"{name}-bad", f"{name}-needy"
    containers = [
        {"name": needy, "network_mode": f"container:{bad}"},
        {"name": bad, "command": "nonesuch"},
        {"name": good},
    ]
    failed = run("containers", defaults=DEFAULTS, containers=containers)
    assert failed["msg"].startswith("2 of 3 containers failed.")
    assert failed.changed
    found = {one["name"]: one for one in failed["containers"]}
    assert "nonesuch" in found[bad]["msg"]
    assert found[needy]["msg"] == f"Left alone, as it needs {bad}."
    assert "failure" not in found[good]
    assert docker("ps", "--filter", f"name={name}", "--format", "{{.Names}}") == good


def test_a_missing_image_leaves_the_others_unpruned(docker: Docker, name: str, run: Run) -> None:
    old = f"{name}-old"
    run("containers", defaults=DEFAULTS, group=name, containers=[{"name": old}])
    containers = [{"name": f"{name}-new", "image": "nonesuch:1", "pull": "never"}]
    failed = run("containers", defaults=DEFAULTS, group=name, prune=True, containers=containers)
    assert failed["msg"].startswith("1 of 1 containers failed.")
    assert f"Nothing of group {name} was pruned" in str(failed["warnings"])
    assert docker.ok("inspect", old)


REFUSED: dict[str, tuple[list[dict[str, t.Any]], str]] = {
    "unknown option": ([{"name": "stv-aa", "cmd": "x"}], "no option cmd"),
    "twice": ([{"name": "stv-aa"}, {"name": "/stv-aa"}], "listed twice"),
    "circle": (
        [{"name": "stv-aa", "volumes_from": ["stv-bb"]}, {"name": "stv-bb", "network_mode": "container:stv-aa"}],
        "in a circle",
    ),
    "bad value": ([{"name": "stv-aa"}, {"name": "stv-bb", "memory": "much"}], "memory"),
}


@pytest.mark.parametrize(("containers", "said"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_changes(
    docker: Docker, run: Run, containers: list[dict[str, t.Any]], said: str
) -> None:
    failed = run("containers", defaults=DEFAULTS, containers=containers)
    assert failed["failure"]["kind"] == "invalid"
    assert said in failed["msg"]
    assert docker("ps", "-aq", "--filter", "name=stv-aa") == ""


def test_killed_replacements_are_settled(docker: Docker, name: str, run: Run) -> None:
    """Half of a replacement is neither pruned nor in the way."""
    run("containers", defaults=DEFAULTS, group=name, containers=[{"name": name}])
    identity = docker.inspect(name)["Id"]
    docker("rename", name, f"{name}.stevedore-old-{identity[:12]}-{'0' * 12}-running")
    docker("stop", identity)
    done = run("containers", defaults=DEFAULTS, group=name, prune=True, containers=[{"name": name}])
    assert kinds(done) == {name: ["recover"]}
    assert docker.inspect(name)["Id"] == identity
    assert docker.inspect(name)["State"]["Status"] == "running"


def test_few_requests(engine: str, name: str, run: Run, tmp_path: pathlib.Path) -> None:
    """Unchanged: one list, one inspect each, the image once, and what the engine says of itself."""
    containers = [{"name": f"{name}-{number}"} for number in range(5)]
    run("containers", defaults=DEFAULTS, containers=containers)
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        assert not run("containers", defaults=DEFAULTS, containers=containers, docker_host=proxy.host).changed
        looks = sorted("/".join(path.split("/")[:2]) for path in proxy.looks)
    assert looks == ["/_ping"] + ["/containers"] * 6 + ["/images", "/info"]


def test_what_was_done_is_told_when_the_engine_goes_away_after_it(
    engine: str, name: str, run: Run, tmp_path: pathlib.Path
) -> None:
    with Proxy(tmp_path, engine.removeprefix("unix://")) as proxy:
        proxy.break_answers_after = b"204 No Content"  # the answer to the start
        result = run("containers", defaults=DEFAULTS, containers=[{"name": name}], docker_host=proxy.host)
    assert (result.failed, result.failure["kind"]) == (True, "unreachable")
    assert [(one["name"], one["changed"], one["failure"]["kind"]) for one in result.containers] == [
        (name, True, "unreachable")
    ]
    assert kinds(result) == {name: ["create", "start"]}
