"""Rooms are stacked straight: each imports only rooms above it, and reads in one sitting."""

import ast
import re
from pathlib import Path

import pytest

import revops
from revops.book.prepared import CODE

PACKAGE = Path(revops.__file__).parent
ROOMS = (
    "errors",
    "variables",
    "wording",
    "schema",
    "metrics",
    "periods",
    "ratios",
    "company",
    "params",
    "contents",
    "benchmarks",
    "exports",
    "first_run",
    "book",
    "analysis",
    "measures",
    "charts",
    "actions",
    "report",
    "delivery",
    "simulate",
    "__main__",
)
SIBLINGS_APART = ("measures", "charts", "actions")
SHARED = {"charts.style", "charts.rows", "actions.due"}
LONGEST_MODULE = 300

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}


def room_of(module):
    return module.partition(".")[0]


def stem_of(module):
    """Return the room and the stem of a module in it: measures.pipeline_coverage.result -> its first two names."""
    return ".".join(module.split(".")[:2])


def imports_of(path):
    """Return every module of the package that a file imports, wherever in the file, without the package's name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    found = {name.removeprefix("revops.") for name in names if name.startswith("revops.")}
    return {name for name in found if room_of(name) in ROOMS}


IMPORTS = {module: imports_of(path) for module, path in MODULES.items()}


def test_every_room_is_in_the_list():
    assert {room_of(module) for module in MODULES} <= set(ROOMS)


@pytest.mark.parametrize("module", MODULES)
def test_room_imports_only_rooms_above_it(module):
    above = ROOMS[: ROOMS.index(room_of(module)) + 1]
    assert [name for name in sorted(IMPORTS[module]) if room_of(name) not in above] == []


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) in SIBLINGS_APART])
def test_no_stem_imports_another(module):
    room = room_of(module)
    others = {stem_of(name) for name in IMPORTS[module] if room_of(name) == room} - {stem_of(module)} - SHARED
    stems = {stem_of(name) for name in MODULES if name != room}
    assert sorted(others & stems) == []


def test_simulate_knows_nothing_of_the_gate():
    assert [
        name
        for module in MODULES
        if room_of(module) == "simulate"
        for name in IMPORTS[module]
        if room_of(name) == "exports"
    ] == []


def test_rooms_that_prepare_tables_are_all_in_the_key_of_what_was_prepared():
    """Of the settings the book takes only the company, whose definitions are in the key by themselves."""
    rooms = {"exports", "book"}
    for _ in ROOMS:
        rooms |= {room_of(name) for module in MODULES if room_of(module) in rooms for name in IMPORTS[module]}
        rooms -= {"params"}
    assert {name.removesuffix(".py") for name in CODE} == rooms


def test_only_the_command_line_imports_delivery():
    users = {room_of(module) for module, names in IMPORTS.items() if any(room_of(name) == "delivery" for name in names)}
    assert users <= {"delivery", "__main__"}


def test_variable_of_the_environment_is_named_in_one_place():
    named = [
        node.value
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and re.fullmatch(r"REVOPS_[A-Z]+", str(node.value))
    ]
    assert sorted(named) == ["REVOPS_LOADED", "REVOPS_PREPARED", "REVOPS_SCHEDULER"]


@pytest.mark.parametrize("room", ["analysis", "measures"])
def test_numbers_need_no_drawing(room):
    used = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for module, path in MODULES.items()
        if room_of(module) == room
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [name for name in used if name and name.split(".")[0] in ("matplotlib", "seaborn", "yaml")] == []


@pytest.mark.parametrize("module", MODULES)
def test_module_is_short(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES)
def test_public_functions_say_what_they_return(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module has no docstring"
    silent = [f.name for f in public_functions(tree) if f.returns is None or not ast.get_docstring(f)]
    assert silent == []


def public_functions(tree):
    """Return the public functions of a module and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
