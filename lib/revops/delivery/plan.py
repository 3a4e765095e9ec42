"""From what was asked on the command line to jobs: every name and value checked before a kernel starts."""

import ast
import datetime as dt
import hashlib
import importlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from revops.delivery.jobs.job import Job, Limits
from revops.errors import RevopsError, SettingsError, nearest
from revops.params import Knobs, ReportSettings, find_params, project_root, settings_for

if TYPE_CHECKING:
    from revops.book import Book

__all__ = [
    "Asked",
    "Plan",
    "Request",
    "asked_of",
    "make_plan",
    "measures_of",
    "outputs_of",
    "refusal_of",
    "stems_of",
]


_LONGEST_NAME = 255
"""How many bytes the name of a folder may have on every file system in use."""


@dataclass(frozen=True)
class Request:
    """What one call of `run` asks for. No stems means every report that there is a notebook for; again: each is made
    anew, whatever has changed."""

    stems: Sequence[str] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    params: str | None = None
    outputs: str | None = None
    keep: int | None = None
    again: bool = False
    limits: Limits = field(default_factory=Limits)
    on: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class Asked:
    """What a request comes to: each notebook with its parameters as given, where params/ is, and where reports go."""

    params: Path
    root: Path
    rows: tuple[tuple[Path, dict[str, Any]], ...]
    outputs: Path


@dataclass(frozen=True)
class Plan:
    """The reports to run, each with its checked settings, and where they go; is_all: nobody named one, so that it is no
    failure where the exports cannot feed one."""

    settings: tuple[ReportSettings[Knobs], ...]
    notebooks: tuple[Path, ...]
    parameters: tuple[Mapping[str, Any], ...]
    outputs: Path
    limits: Limits
    is_all: bool = False

    def jobs(self, folder: Path, scratch: Path) -> list[Job]:
        """Return one job per report and slice, its files going below `folder`."""
        made = []
        for number, (notebook, parameters) in enumerate(zip(self.notebooks, self.parameters, strict=True)):
            kernel = scratch / str(number)
            kernel.mkdir()
            place = folder / slice_folder(parameters.get("slice") or {})
            made.append(Job(notebook.stem, notebook, place, kernel, parameters, self.limits))
        return made


def make_plan(request: Request) -> Plan:
    """Return the plan for a request.

    Raises
        SettingsError: a report, parameter or value that is not known, named with the nearest known; all at once.
    """
    asked = asked_of(request)
    rows, problems = [], []
    reports = {notebook: _Report(notebook, asked.params) for notebook in dict(asked.rows)}
    for notebook, parameters in asked.rows:
        try:
            rows.append((notebook, parameters, reports[notebook].settings(parameters)))
            _check_folder(parameters.get("slice") or {})
        except RevopsError as problem:
            problems.append(str(problem))
    if problems:
        raise SettingsError("\n".join(dict.fromkeys(problems)))
    found = tuple(zip(*rows, strict=True))
    return Plan(found[2], found[0], found[1], asked.outputs, request.limits, not request.stems)


def asked_of(request: Request) -> Asked:
    """Return what a request asks for, its parameters not yet checked; SettingsError where there is no such report."""
    params = find_params(request.params)
    root = project_root(params)
    notebooks = dict.fromkeys(_notebook(root, stem) for stem in request.stems or stems_of(root))
    slices = [{name: value} for name, values in request.slices.items() for value in dict.fromkeys(values)] or [{}]
    given = {name: _plain(value) for name, value in request.given.items()}
    if params != root / "params":
        given["params_dir"] = str(params.relative_to(root) if params.is_relative_to(root) else params)
    rows = [(stem, given | ({"slice": chosen} if chosen else {})) for stem, chosen in product(notebooks, slices)]
    return Asked(params, root, tuple(rows), outputs_of(params, request.outputs))


def stems_of(root: Path) -> list[str]:
    """Return the names of all reports of a project, sorted; SettingsError where there is none."""
    stems = sorted(path.stem for path in (root / "notebooks").glob("*.ipynb"))
    if not stems:
        raise SettingsError(f"{root / 'notebooks'}: must hold one notebook per report; found none. Add one.")
    return stems


def measures_of(stem: str) -> ModuleType | None:
    """Return the module that measures for a report, or None for a report that has none of its own."""
    name = f"revops.measures.{stem}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def refusal_of(stem: str, book: "Book") -> str | None:
    """Return what a report needs (`needs …`) that the company's tables lack, whatever its parameters; None: nothing."""
    refusal = getattr(measures_of(stem), "refusal", None)
    return None if refusal is None else refusal(book)


def slice_folder(chosen: Mapping[str, str]) -> str:
    """Return the folder name of a slice, safe on every system; empty for the whole company."""
    return "_".join(f"{name}={_file_name(value)}" for name, value in chosen.items())


def _check_folder(chosen: Mapping[str, str]) -> None:
    n = len(slice_folder(chosen).encode())
    if n > _LONGEST_NAME:
        shown = " ".join(f"{name}={value[:60]}{'…' if len(value) > 60 else ''}" for name, value in chosen.items())
        raise SettingsError(
            f"slice {shown}: its folder must have a name of at most {_LONGEST_NAME} bytes; found {n}. "
            "Name this group shorter in the CRM, or leave it out."
        )


def _file_name(value: str) -> str:
    """Return the value itself where it can name a file, else what can of it and a hash of the whole."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", value)
    return value if plain == value else f"{plain}-{hashlib.sha256(value.encode()).hexdigest()[:6]}"


def _notebook(root: Path, stem: str) -> Path:
    stem = Path(stem).stem
    path = root / "notebooks" / f"{stem}.ipynb"
    if not path.is_file():
        raise SettingsError(f"{stem} is not a report. {nearest(stem, stems_of(root))}")
    return path


class _Report:
    """A notebook and its settings, each file read once for all slices."""

    def __init__(self, notebook: Path, params: Path) -> None:
        self._notebook = notebook
        self._params = params

    def settings(self, parameters: Mapping[str, Any]) -> ReportSettings[Knobs]:
        """Return the report's settings if its notebook knows each parameter by name and its knobs take each value."""
        known = self._known
        unknown = [name for name in parameters if name not in known]
        if unknown:
            sentences = [f"{name} is not a parameter. {nearest(name, known)}" for name in unknown]
            raise SettingsError(f"notebooks/{self._notebook.name}: {' '.join(sentences)}")
        return self._filled(**{name: value for name, value in parameters.items() if name != "params_dir"})

    @cached_property
    def _known(self) -> list[str]:
        return _parameter_names(self._notebook)

    @cached_property
    def _filled(self) -> Callable[..., ReportSettings[Knobs]]:
        stem = self._notebook.stem
        return settings_for(stem, getattr(measures_of(stem), "Knobs", Knobs), params_dir=self._params)


def _parameter_names(notebook: Path) -> list[str]:
    """Return the names that the notebook's parameters cell assigns; SettingsError where it has no such cell."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    cell = next((cell for cell in cells if "parameters" in cell["metadata"].get("tags", ())), None)
    if cell is None:
        raise SettingsError(
            f"notebooks/{notebook.name}: must have a cell with the tag parameters; found none. "
            "Tag the cell that holds them."
        )
    targets: list[ast.expr] = []
    for statement in ast.parse("".join(cell["source"])).body:
        if isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
        elif isinstance(statement, ast.Assign):
            targets.extend(statement.targets)
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _plain(value: object) -> object:
    """Return a value as a notebook's parameters can hold it: dates as ISO text."""
    return value.isoformat() if isinstance(value, dt.date) else value


def outputs_of(params: Path, asked: str | None) -> Path:
    """Return the company's outputs folder: the one asked for or the project's, and in it one per params/<company>/."""
    base = Path(os.path.abspath(asked)) if asked else project_root(params) / "outputs"
    return base if params.name == "params" else base / params.name
