# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the house, read off the source of the plugins. Nothing is imported, so a broken file breaks one test."""

from __future__ import annotations

import ast
import functools
import pathlib
import statistics
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
UTILS = ROOT / "plugins" / "module_utils"
MODULES = sorted(path for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
FRAGMENTS = ROOT / "plugins" / "doc_fragments"
PLUGINS = sorted(path for path in (ROOT / "plugins").rglob("*.py") if path.read_text().strip())
DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")
PACKAGE = "ansible_collections.stevedore.docker.plugins."

# Which package of module_utils may import which: docs/architecture.md shows this table. A package is a folder or a file.
# BASE knows nothing of Docker. A THING is what several modules share: the engine, the container table, the image. A STORY
# is the work of one module, is named after it, and imports things; what it imports of other stories stands here.
BASE = {
    "_argspec": set(),
    "_deadline": set(),
    "_errors": set(),
    "_host_process": set(),
    "_notation": {"_errors"},
    "_parallel": {"_errors"},
    "_types": set(),
    "_redaction": {"_notation"},
}
THINGS = {
    "_archive": {"_engine", "_image"},
    "_container": {"_group"},
    "_engine": set(),
    "_filesystem": {"_archive", "_engine", "_selection"},
    "_group": set(),
    "_health": {"_engine"},
    "_image": {"_engine", "_group"},
    "_lock": {"_engine", "_selection"},
    "_log_drivers": set(),
    "_lookups": {"_container", "_engine"},
    "_pause": {"_engine"},
    "_selection": {"_engine"},
    "_task": {"_engine"},
    "_tenants": {"_engine"},
}
STORIES: dict[str, set[str]] = {
    "_attach": set(),
    "_commit": set(),
    "_containers": {"_run"},
    "_cp": set(),
    "_daemon_config": set(),
    "_diff": set(),
    "_exec": set(),
    "_export": set(),
    "_import": set(),
    "_inspect": set(),
    "_isolation": {"_port"},
    "_logfile": set(),
    "_logs": set(),
    "_module": set(),
    "_port": set(),
    "_run": set(),
    "_state": set(),
    "_stats": set(),
    "_top": set(),
}

# Who may import what from outside the collection, by the first word of the import or by a whole name.
SOLE_IMPORTERS = {
    "docker": "module_utils/_engine/sdk.py",
    "requests": "module_utils/_engine/sdk.py",
    "urllib3": "module_utils/_engine/sdk.py",
    "ansible.module_utils.basic": "module_utils/_module.py",
}

HEADER = """\
# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
# What goes to the hosts is short of words; REUSE.toml says the rest.
SHORT_HEADER = """\
# SPDX-License-Identifier: GPL-3.0-or-later

"""


def shown(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT / "plugins"))


@functools.cache
def tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(), shown(path))


Rule = t.Callable[[pathlib.Path], t.Collection[t.Any]]
"""Takes a file and returns what breaks the rule in it."""


def functions(path: pathlib.Path) -> t.Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


# ---------------------------------------------------------------------------------------------------------------- size


def code_lines(path: pathlib.Path) -> int:
    """Lines that are neither blank, nor comments, nor part of the documentation."""
    documented: set[int] = set()
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in DOCUMENTATION:
            documented.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    numbered = enumerate(path.read_text().splitlines(), start=1)
    return sum(1 for number, line in numbered if number not in documented and line.strip() and line.strip()[0] != "#")


def long_modules(path: pathlib.Path) -> list[int]:
    return [lines for lines in [code_lines(path)] if lines > 100]


def functions_beside_main(path: pathlib.Path) -> list[str]:
    """A module file is documentation, an argument spec and ``main``; the work is in ``module_utils``."""
    return [node.name for node in functions(path) if node.name != "main"]


def test_the_median_module_is_short() -> None:
    assert statistics.median(code_lines(path) for path in MODULES) <= 60


def long_files(path: pathlib.Path) -> list[int]:
    return [lines for lines in [len(path.read_text().splitlines())] if lines > 350]


def long_functions(path: pathlib.Path) -> dict[str, int]:
    sizes = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(path)}
    return {name: size for name, size in sizes.items() if size > 60}


# --------------------------------------------------------------------------------------------------------------- style


def too_broad(handler: ast.ExceptHandler) -> bool:
    """Bare, or ``Exception``; or ``BaseException`` without raising it again after tidying up."""
    if handler.type is None:
        return True
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    last = handler.body[-1]
    raised_again = isinstance(last, ast.Raise) and last.exc is None
    return "Exception" in caught or ("BaseException" in caught and not raised_again)


def blind_excepts(path: pathlib.Path) -> list[int]:
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    return [handler.lineno for handler in handlers if too_broad(handler)]


def missing_annotations(path: pathlib.Path) -> list[tuple[int, str, list[str]]]:
    bare = []
    for node in functions(path):
        named = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        given = [*named, node.args.vararg, node.args.kwarg]
        missing = [one.arg for one in given if one and one.annotation is None and one.arg not in ("self", "cls")]
        if missing or node.returns is None:
            bare.append((node.lineno, node.name, missing))
    return bare


def missing_header(path: pathlib.Path) -> list[str]:
    first = next(node for node in tree(path).body if not isinstance(node, ast.Expr))
    wrong = []
    header = SHORT_HEADER if UTILS in path.parents else "#!/usr/bin/python\n" * (path in MODULES) + HEADER
    if not path.read_text().startswith(header):
        wrong.append("the first lines are not those of the house")
    if not isinstance(first, ast.ImportFrom) or first.module != "__future__":
        wrong.append("does not begin with the import of annotations")
    return wrong


def runs_on_python39(node: ast.AST) -> bool:
    """Whether this is free of what parses under Python 3.9 and then fails when it runs."""
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        keywords = {keyword.arg for keyword in node.keywords}
        return not (
            (called == "zip" and "strict" in keywords) or (called == "dataclass" and keywords & {"slots", "kw_only"})
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (node.left, node.right)
        return not any(
            (isinstance(side, ast.Constant) and side.value is None)
            or (
                isinstance(side, ast.Name)
                and side.id in ("str", "int", "float", "bool", "bytes", "dict", "list", "tuple")
            )
            for side in sides
        )
    return True


def executed(node: ast.AST) -> t.Iterator[ast.AST]:
    """All nodes but those of annotations, which are never evaluated."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from executed(child)


def newer_than_python39(path: pathlib.Path) -> list[int | None]:
    try:
        ast.parse(path.read_text(), shown(path), feature_version=(3, 9))
    except SyntaxError as error:
        return [error.lineno]
    return [getattr(node, "lineno", 0) for node in executed(tree(path)) if not runs_on_python39(node)]


# ------------------------------------------------------------------------------------------------------------- imports


def imports(path: pathlib.Path) -> t.Iterator[str]:
    """What a file imports, as whole dotted names; our own start with a dot: ``.module_utils._engine.client``."""
    here = [*path.relative_to(ROOT / "plugins").parent.parts]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.replace(PACKAGE, ".", 1)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parts = here[: len(here) - node.level + 1]
                module = "." + ".".join([*parts, *([module] if module else [])])
            for alias in node.names:
                yield f"{module}.{alias.name}".replace(PACKAGE, ".", 1)


def imported_files(path: pathlib.Path) -> set[pathlib.Path]:
    """Our own files that a file imports."""
    found: set[pathlib.Path] = set()
    for name in imports(path):
        if name.startswith("."):
            parts = name[1:].split(".")
            for length in (len(parts), len(parts) - 1):
                file = (ROOT / "plugins").joinpath(*parts[:length]).with_suffix(".py")
                if file.is_file():
                    found.add(file)
                    break
    return found


UTIL_FILES = sorted(path for path in UTILS.rglob("*.py") if path.stem != "__init__")


def package(path: pathlib.Path) -> str:
    return path.relative_to(UTILS).parts[0].removesuffix(".py")


def allowed(name: str) -> set[str]:
    """The packages that a package may import."""
    if name in STORIES:
        return {*BASE, *THINGS, *STORIES[name]}
    return {*BASE, *THINGS[name]} if name in THINGS else BASE[name]


def test_every_package_is_in_the_table() -> None:
    assert {package(path) for path in UTIL_FILES} == {*BASE, *THINGS, *STORIES}


def circle(graph: t.Mapping[str, set[str]]) -> list[str]:
    """One circle of the graph, or nothing."""
    done: set[str] = set()

    def visit(node: str, trail: tuple[str, ...]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph.get(node, ())):
            found = visit(other, (*trail, node))
            if found:
                return found
        done.add(node)
        return []

    return next((found for found in (visit(node, ()) for node in sorted(graph)) if found), [])


def forbidden_imports(path: pathlib.Path) -> list[str]:
    own = package(path)
    return [shown(other) for other in imported_files(path) if package(other) not in {own, *allowed(own)}]


def test_no_circle_between_files() -> None:
    assert circle({shown(path): {shown(other) for other in imported_files(path)} for path in UTIL_FILES}) == []


def test_no_circle_between_packages() -> None:
    graph: dict[str, set[str]] = {}
    for path in UTIL_FILES:
        graph.setdefault(package(path), set()).update(package(other) for other in imported_files(path))
    assert circle({name: others - {name} for name, others in graph.items()}) == []


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
        ({"a": {"a"}}, ["a", "a"]),
    ],
    ids=["none", "two", "itself"],
)
def test_circles_are_found(graph: dict[str, set[str]], expected: list[str]) -> None:
    assert circle(graph) == expected


def imports_for_others(path: pathlib.Path) -> list[str]:
    wrong = []
    for name in imports(path):
        for guarded, sole in SOLE_IMPORTERS.items():
            if f"{name}.".startswith(f"{guarded}.") and shown(path) != sole:
                wrong.append(name)
    return wrong


def imports_of_ansible(path: pathlib.Path) -> list[str]:
    if path == UTILS / "_module.py":
        return []
    known = [name for name in imports(path) if name.startswith("ansible.")]
    return [name for name in known if not name.startswith("ansible.module_utils.common.")]


def test_packages_have_an_empty_init() -> None:
    folders = {path.parent for path in UTIL_FILES} - {UTILS}
    assert [shown(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []
    assert [shown(folder) for folder in folders if (folder / "__init__.py").read_text()] == []


# ------------------------------------------------------------------------------------------------------- documentation


@functools.cache
def texts(path: pathlib.Path) -> dict[str, str]:
    """The constants of a module, or of a fragment's class, by name."""
    found = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found[getattr(node.targets[0], "id", "")] = node.value.value
    return found


def documentation(path: pathlib.Path) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load(texts(path)["DOCUMENTATION"]))


def fragments(path: pathlib.Path) -> list[dict[str, t.Any]]:
    named = documentation(path).get("extends_documentation_fragment", [])
    found = []
    for name in [named] if isinstance(named, str) else named:
        assert name.startswith("stevedore.docker."), name
        file, _dot, part = name[len("stevedore.docker.") :].partition(".")
        found.append(yaml.safe_load(texts(FRAGMENTS / f"{file}.py")[part.upper() or "DOCUMENTATION"]))
    return found


def unsorted(entries: t.Any, child: str, trail: str = "") -> list[str]:
    """Where options or return values are out of order."""
    wrong = [] if list(entries) == sorted(entries) else [trail or "top"]
    for name, entry in entries.items():
        wrong += unsorted(entry.get(child, {}), child, f"{trail}.{name}") if isinstance(entry, dict) else []
    return wrong


def undocumented_attributes(path: pathlib.Path) -> set[str]:
    parts = [documentation(path), *fragments(path)]
    return {"check_mode", "diff_mode", "action_group"} - {name for part in parts for name in part.get("attributes", {})}


def unsorted_options(path: pathlib.Path) -> list[str]:
    return unsorted(documentation(path).get("options", {}), "suboptions")


def unsorted_return_values(path: pathlib.Path) -> list[str]:
    return unsorted(yaml.safe_load(texts(path)["RETURN"]) or {}, "contains")


def missing_examples(path: pathlib.Path) -> list[str]:
    return [name for name in [f"stevedore.docker.{path.stem}:"] if name not in texts(path)["EXAMPLES"]]


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert runtime["action_groups"]["docker"] == [path.stem for path in MODULES]


@functools.cache
def engine_tests() -> str:
    """Every scenario and every integration test as one text."""
    scenarios = (ROOT / "extensions" / "molecule").rglob("*.yml")
    integration = (ROOT / "tests" / "integration").rglob("*.py")
    text = "".join(file.read_text() for file in [*scenarios, *integration])
    # What a role does is tried wherever the role is.
    roles = [folder for folder in (ROOT / "roles").iterdir() if f"stevedore.docker.{folder.name}" in text]
    return text + "".join(file.read_text() for folder in roles for file in folder.rglob("*.yml"))


def never_tried(path: pathlib.Path) -> list[str]:
    called = (f"stevedore.docker.{path.stem}:", f'"{path.stem}"')
    return [] if any(name in engine_tests() for name in called) else ["neither a scenario nor an integration test"]


# --------------------------------------------------------------------------------------------------- the rules, applied

RULES: list[tuple[Rule, list[pathlib.Path]]] = [
    (long_modules, MODULES),
    (functions_beside_main, MODULES),
    (long_files, UTIL_FILES),
    (long_functions, PLUGINS),
    (blind_excepts, PLUGINS),
    (missing_annotations, PLUGINS),
    (missing_header, PLUGINS),
    (newer_than_python39, PLUGINS),
    (forbidden_imports, UTIL_FILES),
    (imports_for_others, PLUGINS),
    (imports_of_ansible, UTIL_FILES),
    (undocumented_attributes, MODULES),
    (unsorted_options, MODULES),
    (unsorted_return_values, MODULES),
    (missing_examples, MODULES),
    (never_tried, MODULES),
]


@pytest.mark.parametrize(("rule", "files"), RULES, ids=[rule.__name__ for rule, _files in RULES])
def test_rule(rule: Rule, files: list[pathlib.Path]) -> None:
    assert files
    assert {shown(path): found for path in files if (found := rule(path))} == {}
