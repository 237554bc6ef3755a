# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws of the table: what holds for every row, tried on every sample and every kind of engine."""

from __future__ import annotations

import itertools
import typing as t

import pytest
import yaml
from ansible_collections.stevedore.docker.plugins.doc_fragments import _container as fragment
from ansible_collections.stevedore.docker.plugins.module_utils._container.defaults import (
    explicit_actual_options,
    explicit_wanted_options,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.differences import find_differences
from ansible_collections.stevedore.docker.plugins.module_utils._container.engine_info import EngineInfo
from ansible_collections.stevedore.docker.plugins.module_utils._container.from_document import describe_document
from ansible_collections.stevedore.docker.plugins.module_utils._container.option import UNSET
from ansible_collections.stevedore.docker.plugins.module_utils._container.request_bodies import (
    create_body,
    endpoint_settings,
    update_body,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.table import (
    ROWS,
    SPECIAL,
    TABLE,
    argument_spec,
)
from ansible_collections.stevedore.docker.plugins.module_utils._container.wanted import (
    WantedContainer,
    wanted_container,
)
from ansible_collections.stevedore.docker.plugins.module_utils._errors import InvalidInput
from support import boxes, model, samples

Json = t.Dict[str, t.Any]

IMAGES: dict[str, Json] = {
    "stevedore/busybox:1": {"Id": "sha256:" + "b" * 64, "Config": {"Cmd": ["sh"]}},
    "stevedore/app:1": {
        "Id": "sha256:" + "a" * 64,
        "Config": {
            "User": "app",
            "ExposedPorts": {"8080/tcp": {}},
            "Env": ["APP_ENV=production", "GREETING=hello world"],
            "Entrypoint": ["httpd", "-f"],
            "Cmd": ["-p", "8080", "-h", "/srv"],
            "Volumes": {"/var/lib/data": {}},
            "WorkingDir": "/srv",
            "StopSignal": "SIGQUIT",
            "Labels": {"tier": "web"},
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 30_000_000_000, "Retries": 3},
        },
    },
}
ENGINES = {
    "20.10": EngineInfo(api=(1, 41), hostname="vm"),
    "20.10 without swap and weights": EngineInfo(
        api=(1, 41), hostname="vm", swap_limit=False, unsupported=frozenset({"blkio_weight", "blkio_weight_device"})
    ),
    "26.1": EngineInfo(api=(1, 45), hostname="vm"),
    "28.5": EngineInfo(api=(1, 51), hostname="vm"),
}
# ``POST /containers/{id}/update`` (Engine API 1.41): Resources and RestartPolicy.
UPDATABLE = {
    *("BlkioWeight", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpuShares", "CpusetCpus"),
    *("CpusetMems", "Memory", "MemoryReservation", "MemorySwap", "NanoCpus", "PidsLimit", "RestartPolicy"),
}


def options_of(row: str, sample: samples.Sample) -> Json:
    """The options as a play would have them: with what the sample cannot do without, and Ansible's types."""
    return boxes.validated({"image": sample.image, **sample.beside, row: sample.given})


def made(options: Json, engine: EngineInfo) -> tuple[WantedContainer, Json, Json]:
    """What is wanted, and the container and image that the model of the engine makes of it."""
    image = IMAGES[options["image"]]
    asked = wanted_container({**options, "name": "web"}, engine)
    body = create_body(asked, engine)
    body["NetworkingConfig"] = {"EndpointsConfig": endpoint_settings(asked, engine)}
    without = set(engine.unsupported) | (set() if engine.swap_limit else {"memory_swap"})
    return asked, model.document(body, image, engine.api, without), image


def cases(row: str) -> t.Iterator[tuple[samples.Sample, EngineInfo, Json]]:
    for sample in samples.SAMPLES[row]:
        options = options_of(row, sample)
        for engine in ENGINES.values():
            if engine.api >= sample.since:
                yield sample, engine, options


def test_rows_are_sorted_unique_and_have_samples() -> None:
    names = [row.name for row in TABLE]
    assert names == sorted(set(names))
    assert names == sorted(samples.SAMPLES), "each row needs samples, and each sample a row"
    assert [row for row, given in samples.SAMPLES.items() if len(given) < 2] == []


def test_aliases_do_not_collide() -> None:
    spec = argument_spec().options
    names = [*spec, *(alias for entry in spec.values() for alias in entry.get("aliases", []))]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("row", sorted(ROWS))
def test_normal_form(row: str) -> None:
    """Each spelling has the expected normal form, and the normal form is its own."""
    for sample in samples.SAMPLES[row]:
        value = options_of(row, sample)[row]
        normal = ROWS[row].normalize(value)
        assert (None if normal is UNSET else normal) == sample.expected, sample.given
        if normal is not UNSET:
            assert ROWS[row].normalize(normal) == normal, sample.given


@pytest.mark.parametrize("row", sorted(ROWS))
def test_second_run_changes_nothing(row: str) -> None:
    """What was created as wanted does not differ from it; that it would without the option is seen, unless tolerant."""
    for sample, engine, options in cases(row):
        asked, document, image = made(options, engine)
        assert find_differences(asked, document, engine, image=image, wanted_image=image) == (), (
            sample.given,
            engine,
        )
        rest = {name: value for name, value in asked.options.items() if name != row}
        found = find_differences(asked._replace(options=rest), document, engine, image=image, wanted_image=image)
        _check_removal(row, sample, engine, image, {difference.option for difference in found})


def _check_removal(row: str, sample: samples.Sample, engine: EngineInfo, image: Json, found: set[str]) -> None:
    dropped = row in engine.unsupported or (row == "memory_swap" and not engine.swap_limit)
    # Equal to what the daemon gives anyway; the options that it adds to its default log driver are not known.
    alike = (row, sample.expected) in (("network_mode", "bridge"), ("network_mode", "default"), ("runtime", "runc"))
    alike = alike or row == "log_options"
    if sample.expected is None or dropped or alike or ROWS[row].tolerant:
        assert row not in found, sample.given
    else:
        assert row in found, (sample.given, found)


# One value for all engines here, or the daemon's own where nobody asks.
_ONE_VALUE = ("runtime", "userns_mode", "uts", "volume_driver")


@pytest.mark.parametrize("row", sorted(set(ROWS) - set(_ONE_VALUE)))
def test_another_value_is_found(row: str) -> None:
    """A container made with one sample differs from another one in just this option."""
    engine, pairs = ENGINES["28.5"], 0
    fitting = [sample for sample in samples.SAMPLES[row] if sample.since <= engine.api]
    for one, other in itertools.permutations(fitting, 2):
        if one.expected == other.expected or (one.image, one.beside) != (other.image, other.beside):
            continue
        _asked, document, image = made(options_of(row, one), engine)
        asked, _document, _image = made(options_of(row, other), engine)
        found = find_differences(asked, document, engine, image=image, wanted_image=image)
        pairs += 1
        if _alike(row, one, other):
            assert found == (), (one.given, other.given)
        else:
            # The first network is also the network_mode.
            names = [difference.option for difference in found]
            assert names in ([row], ["network_mode"] if row == "networks" else []), (one.given, other.given)
    assert pairs or row in ("entrypoint", "labels", "log_options", "restart_retries"), "no two samples fit together"


def _alike(row: str, one: samples.Sample, other: samples.Sample) -> bool:
    same_network = {one.expected, other.expected} == {"default", "bridge"} if row == "network_mode" else False
    return same_network or (ROWS[row].tolerant and other.expected is None)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_way_back(row: str) -> None:
    """The run options of a container change nothing, and make a container that is the same."""
    for sample, engine, options in cases(row):
        _asked, document, image = made(options, engine)
        back = describe_document(document, engine, image, reference=options["image"]).options
        again, copy, _image = made(boxes.validated(back), engine)
        assert find_differences(again, document, engine, image=image, wanted_image=image) == (), (
            sample.given,
            engine,
        )
        assert describe_document(copy, engine, image, reference=options["image"]).options == back, (
            sample.given,
            engine,
        )
        if (sample.beside or sample.expected) and row not in ("mac_address", "networks"):
            # A MAC address cannot be told from a generated one from API 1.44 on.
            assert boxes.essence(copy) == boxes.essence(document), (sample.given, engine)


@pytest.mark.parametrize("row", sorted(ROWS))
def test_explicit_options_are_explicit(row: str) -> None:
    """To take defaults away once more, from a play or from a container, takes nothing away."""
    for sample, engine, options in cases(row):
        asked, document, image = made(options, engine)
        for explicit in (
            explicit_wanted_options(asked.options, engine, image),
            explicit_actual_options(document, engine, image),
        ):
            assert explicit_wanted_options(explicit, engine, image) == explicit, (sample.given, engine)


def test_updates_are_what_the_engine_takes() -> None:
    engine = ENGINES["20.10"]
    for row in (row for row in TABLE if row.update):
        assert row.paths[0].split(".")[1] in UPDATABLE, row.name
        for sample in samples.SAMPLES[row.name]:
            asked = wanted_container(options_of(row.name, sample), engine)
            body = update_body(asked, [row.name], engine)
            assert set(body) <= UPDATABLE, row.name
            assert body or sample.expected is None, row.name


def documented(entries: Json, spec: t.Mapping[str, t.Any], where: str = "") -> t.Iterator[str]:
    """Where documentation and argument spec disagree."""
    if list(entries) != sorted(spec):
        yield f"{where or 'the options'}: documented {list(entries)}, specified {sorted(spec)}"
        return
    for name, entry in spec.items():
        said = entries[name]
        for field, empty in (("type", "str"), ("elements", None), ("default", None), ("required", False)):
            if said.get(field, empty) != entry.get(field, empty):
                yield f"{where}{name}: {field}"
        for field in ("choices", "aliases"):
            if sorted(said.get(field, [])) != sorted(entry.get(field, [])):
                yield f"{where}{name}: {field}"
        if not isinstance(said.get("description"), list) or not all(
            isinstance(line, str) for line in said["description"]
        ):
            yield f"{where}{name}: description"
        yield from documented(said.get("suboptions") or {}, entry.get("options") or {}, f"{where}{name}.")


def test_rows_are_documented() -> None:
    options = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    assert list(documented(options, argument_spec().options)) == []
    assert set(SPECIAL) <= set(options)


@pytest.mark.parametrize("bad", samples.BAD, ids=lambda bad: bad.says[0])
def test_bad_input_is_refused_with_what_would_be_right(bad: samples.Bad) -> None:
    with pytest.raises(InvalidInput) as caught:
        wanted_container(boxes.validated({"image": "x", **bad.options}), ENGINES["20.10"])
    assert [text for text in bad.says if text not in caught.value.msg] == [], caught.value.msg
    assert caught.value.msg.endswith(".")
