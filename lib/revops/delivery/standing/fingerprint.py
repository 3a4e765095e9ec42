"""What each report was made from, told by hashes: where nothing of it has changed, it need not be made again."""

import datetime as dt
import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path

import revops
from revops.company import load_company, read_yaml
from revops.contents import Contents, cache_folder, files_beside
from revops.delivery.plan import Asked
from revops.delivery.standing.code import code_of

__all__ = ["Inputs", "Key", "inputs_of", "key_of", "own"]

Key = tuple[str, str]
Inputs = dict[str, str | None]

_PUBLISHED = Path("data", "benchmarks")
_REVIEW = "review.yml"


def inputs_of(asked: Asked, today: dt.date | None = None) -> dict[Key, Inputs]:
    """Return what each report asked for would be made from now, by report and slice; nothing is loaded to run it.

    exports      the names and contents of all files in the folder of exports
    definitions  company.yml, the systems described beside it
    review       review.yml
    beside       the files beside the notebooks, as a module that they import
    report       the notebook, and the files in params/ whose settings it takes: all, where its code may take any
    published    the figures of others; None where it takes none
    code         this package, its templates and styles
    environment  the Python, the installed packages, the kind of machine
    asked        the parameters given, slice included
    day          the day of the clock where as_of is today, or the notebook's code may say so, else None
    """
    contents = Contents(cache_folder(asked.root))
    company = load_company(asked.params)
    shared = asked.root / "params"
    same = {
        "exports": contents.of(asked.root / company.exports.folder),
        "definitions": contents.of(*(asked.params / name for name in ("company.yml", "systems"))),
        "review": contents.of(asked.params / _REVIEW, shared / _REVIEW),
        "beside": contents.of(*files_beside(asked.root / "notebooks")),
        "code": contents.of(Path(revops.__file__).parent),
        "environment": _hash(_environment()),
    }
    published = contents.of(asked.root / _PUBLISHED)
    clock = (today or dt.datetime.now(company.zone).date()).isoformat()
    reports = {notebook: _Report(notebook, asked, contents) for notebook in dict(asked.rows)}
    found: dict[Key, Inputs] = {}
    for notebook, parameters in asked.rows:
        report = reports[notebook]
        found[key_of(notebook.stem, parameters.get("slice"))] = {
            **same,
            "report": report.content,
            "published": published if report.code.reads_published else None,
            "asked": _hash(parameters),
            "day": clock if report.is_of_today(parameters.get("as_of")) else None,
        }
    contents.keep()
    return found


def own(inputs: Inputs) -> Inputs:
    """Return the inputs that are a report's own: without the exports, of which it reads a part, and the review's."""
    return {name: value for name, value in inputs.items() if name not in ("exports", "review")}


def key_of(stem: str, chosen: Mapping[str, str] | None) -> Key:
    """Return what names a report of a run: its stem, and its slice as text."""
    return stem, json.dumps(chosen or {}, sort_keys=True)


class _Report:
    """What all slices of a report are made from alike: its notebook and its settings, each read once."""

    def __init__(self, notebook: Path, asked: Asked, contents: Contents) -> None:
        self.code = code_of(notebook)
        folders = (asked.params, asked.root / "params")  # the company's own settings come first
        stems = dict.fromkeys((notebook.stem, *self.code.settings))
        self._places = [[folder / f"{stem}.yml" for folder in folders] for stem in stems]
        every = (sorted(folder.glob("*.yml")) for folder in folders)
        self.content = contents.of(notebook, *chain(*(self._places if self.code.is_bound else every)))

    def is_of_today(self, given: object) -> bool:
        """Return whether its day is the clock's, or may be: by its code, by the as_of given, else by its settings."""
        if self.code.says_today:
            return True
        return self._is_set_to_today if given is None else given == "today"

    @cached_property
    def _is_set_to_today(self) -> bool:
        first = [next((file for file in places if file.is_file()), None) for places in self._places]
        return any(file is not None and read_yaml(file).get("as_of") == "today" for file in first)


def _environment() -> list[str]:
    """Return the Python, the machine, and every installed package as its folder names it: none is opened."""
    folders = {Path(place or ".") for place in sys.path}
    installed = {
        found.name for folder in folders if folder.is_dir() for found in folder.glob("*-info") if found.name[0] != "."
    }
    return [sys.version, platform.system(), platform.machine(), *sorted(installed)]


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
