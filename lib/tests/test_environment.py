"""What the project needs is said once and pinned once, and building it says plainly what is missing."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NEEDED = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
PYPROJECT = tomllib.loads((ROOT / "lib" / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "lib" / "requirements.lock").read_text(encoding="utf-8")


def plain(name):
    """Return a package's name in the one spelling that pip and conda names can be compared in."""
    return re.sub(r"[-_.]+", "-", name).casefold()


def ranges(lines):
    """Return the lowest version of each package: every range has the form name>=version."""
    pairs = [re.fullmatch(r"([\w.-]+)>=([\d.]+)", line) for line in lines]
    assert all(pairs), "every package needs a range of the form name>=version"
    return {plain(pair[1]): pair[2] for pair in pairs}


def numbers(version):
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def pinned():
    """Return the versions that the lock pins, by package: more than one where they depend on Python or system."""
    found = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ \\;]+)", LOCK, re.MULTILINE):
        found.setdefault(plain(name), []).append(version)
    return found


def test_environment_and_package_ask_for_the_same():
    asked = ranges(NEEDED)
    assert PYPROJECT["project"]["requires-python"] == f">={asked.pop('python')}"
    dev, extra = PYPROJECT["dependency-groups"]["dev"], PYPROJECT["project"]["optional-dependencies"]
    assert ranges(PYPROJECT["project"]["dependencies"] + dev) == asked
    assert set().union(*extra.values()) <= set(dev)


def test_lock_pins_everything_asked_for():
    versions = pinned()
    for name, lowest in ranges(NEEDED).items():
        if name != "python":
            assert name in versions
            assert all(numbers(version) >= numbers(lowest) for version in versions[name])


def test_lock_is_hashes_only():
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-e|-r|-i|--index|--extra|--find)", LOCK, re.MULTILINE)
    blocks = re.split(r"\n(?=[\w.-]+==)", re.sub(r"^\s*#.*\n", "", LOCK, flags=re.MULTILINE).strip())
    assert [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block] == []


def imported_by(source):
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_every_import_is_declared():
    files = [*(ROOT / "lib").rglob("*.py")]
    names = set().union(*(imported_by(path.read_text(encoding="utf-8")) for path in files))
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        names |= set().union(*map(imported_by, code))
    own = {"revops"} | {path.stem for path in (ROOT / "lib" / "tests").iterdir()}
    foreign = names - own - set(sys.stdlib_module_names)
    givers = metadata.packages_distributions()
    asked = ranges(NEEDED)
    assert [name for name in sorted(foreign) if not {plain(giver) for giver in givers[name]} & set(asked)] == []


def make(*arguments, **variables):
    command = ["make", "--no-print-directory", *arguments, *(f"{key}={value}" for key, value in variables.items())]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"MAKEFLAGS": ""})


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@needs_make
def test_make_alone_lists_every_target():
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    listed = re.findall(r"^  make ([a-z-]+) ", make().stdout, re.MULTILINE)
    assert listed == rules
    assert {"reports", "report", "test", "lab", "check", "clean", "clean-outputs"} <= set(listed)


@needs_make
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            'case "$*" in *version_info*) exit 1;; esac',
            "Python 3.11 or newer is needed, and {python} is not that. Install one (on Debian and Ubuntu: sudo apt "
            "install python3), or name one: make PYTHON=python3.12 reports",
        ),
        (
            'case "$*" in *ensurepip*) exit 1;; esac',
            "{python} lacks the module venv. Install it (on Debian and Ubuntu: sudo apt install python3-venv), "
            "then try again.",
        ),
    ],
    ids=["old python", "no venv"],
)
def test_building_says_what_is_missing(tmp_path, script, sentence):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    done = make("reports", PYTHON=python, VENV=tmp_path / "venv")
    assert done.returncode != 0
    assert done.stdout.strip() == sentence.format(python=python)
    assert not (tmp_path / "venv").exists()


@needs_make
def test_no_python_at_all_is_told_the_same(tmp_path):
    done = make("reports", PYTHON="no-such-python", VENV=tmp_path / "venv")
    assert done.stdout.startswith("Python 3.11 or newer is needed, and no-such-python is not that.")


@needs_make
def test_runs_are_removed_only_when_confirmed():
    done = make("clean-outputs")
    assert done.returncode != 0
    assert done.stdout == "This removes every run in outputs. If you mean it: make clean-outputs CONFIRM=1\n"
    assert "outputs" not in re.search(r"^clean:.*\n\trm -rf (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[
        1
    ].replace("outputs/.cache", "")
