"""Words and code agree: README, registry, docstrings, parameter files."""

import ast
import importlib
import re
from pathlib import Path

import pytest
import yaml

import revops
from revops.metrics import METRICS, metric

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STEMS = sorted(file.stem for file in (ROOT / "notebooks").glob("*.ipynb"))
CODE = Path(revops.__file__).parent


def test_readme_names_each_report_and_no_other():
    table = README.split("| report | question | for |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == STEMS


def test_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", README, re.MULTILINE))
    assert named <= targets and {"reports", "test", "lab"} <= named


def test_readme_names_only_files_that_exist():
    for path in re.findall(r"`((?:lib|params|data|notebooks)/[\w./-]+)`", README):
        if not path.startswith(("data/acme", "params/acme")):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("stem", STEMS)
def test_a_stem_is_the_name_everywhere(stem):
    for place in ("measures", "charts", "actions"):
        importlib.import_module(f"revops.{place}.{stem}")
    assert (ROOT / "params" / f"{stem}.yml").is_file()


@pytest.mark.parametrize("stem", STEMS)
def test_each_parameter_file_has_every_knob_once_and_explains_it(stem):
    file = ROOT / "params" / f"{stem}.yml"
    knobs = importlib.import_module(f"revops.measures.{stem}").Knobs
    assert set(yaml.safe_load(file.read_text())) == set(knobs.model_fields)
    for line in file.read_text().splitlines():
        assert not line or line.startswith("#") or "#" in line, f"{line}: no comment"


def test_parameter_files_say_the_defaults_of_the_code():
    """A folder of another company without the file falls back to it; the two must not disagree."""
    for stem in STEMS:
        knobs = importlib.import_module(f"revops.measures.{stem}").Knobs
        values = yaml.safe_load((ROOT / "params" / f"{stem}.yml").read_text())
        assert knobs.model_validate(values) == knobs()


def docstrings():
    for file in (*CODE.glob("measures/**/*.py"), *CODE.glob("analysis/**/*.py"), CODE / "ratios.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
                yield node.name, text


@pytest.mark.parametrize("id", METRICS)
def test_each_metric_is_computed_by_one_function_that_names_it(id):
    heads = [(name, text.split("\n\n")[0]) for name, text in docstrings()]
    owners = [name for name, head in heads if head.startswith("Return") and f"`{id}`" in head]
    assert owners, f"no docstring says that it returns `{id}`"


def test_the_registry_is_whole():
    for id, entry in METRICS.items():
        assert entry.id == id == metric(id).id
        assert entry.definition.endswith(".") and entry.label and entry.source


def test_public_names_are_documented_and_exist():
    for file in CODE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{file.name} says nothing of itself"
        exported = next((ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign)
                         and getattr(n.targets[0], "id", "") == "__all__"), [])  # fmt: skip
        documented = {n.name: ast.get_docstring(n) for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for name in set(exported) & set(documented):
            assert documented[name], f"{file.relative_to(CODE)}: {name} has no docstring"
