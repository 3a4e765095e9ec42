"""What the exports hold: each file, what was kept and left out, the tables filled, and which reports can run on it."""

import datetime as dt
import filecmp
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from revops.book import Book, open_book
from revops.book.prepared import count_rows
from revops.company import Company, load_company, read_yaml
from revops.contents import exports_folder, systems_folder
from revops.delivery.plan import measures_of, refusal_of, stems_of
from revops.errors import ExportError, RevopsError, SettingsError, examples
from revops.exports import Audit, Refused
from revops.exports.recognising.systems import load_systems
from revops.params import Knobs, ReportSettings, find_params, project_root, settings
from revops.schema import TABLES
from revops.wording import join, plural

__all__ = ["Checked", "Runs", "check_exports"]

NOT_OF_TODAY = ("opportunity_history", "quotas")
DERIVED = {"contact_roles": "the lists of contacts and deals that exports of either carry"}
_DATED = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Runs:
    """Whether a report can run: the tables it lacks, what else it needs (`needs …`), what is wrong with its settings,
    which numbers it cannot give and why, and what company.yml leaves open of what it counts."""

    missing: tuple[str, ...] = ()
    lacks: str = ""
    problem: str = ""
    unavailable: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def can(self) -> bool:
        """Return whether the report can run."""
        return not (self.missing or self.lacks or self.problem)


@dataclass(frozen=True)
class Checked:
    """All that is known of a folder of exports under one company.yml.

    `problems` are why it is refused; then `audit` is what was seen of each file until then, and no row counts as kept.
    `rows` has the rows of each table that is filled; `fillers` the files that would fill each table.
    """

    company: Company
    folder: str
    audit: Audit
    problems: tuple[str, ...]
    kept: tuple[str, ...]
    rows: dict[str, int]
    fillers: dict[str, str]
    reports: dict[str, Runs]

    @property
    def is_fine(self) -> bool:
        """Return whether the exports are read and a report can run; those that lack a table are told, and no fault."""
        every = self.reports.values()
        return not self.problems and any(runs.can for runs in every) and not any(runs.problem for runs in every)

    @property
    def is_whole(self) -> bool:
        """Return whether moreover every report can run, nothing is warned of, no file is unknown, no number missing."""
        given = all(runs.can and not runs.unavailable for runs in self.reports.values())
        warned = self.audit.warnings or self.audit.unrecognised or any(file.warnings for file in self.audit.files)
        return self.is_fine and given and not warned


def check_exports(
    params: str | None, *, folder: str | None = None, keep: bool = False, day: dt.date | None = None
) -> Checked:
    """Return what the company's exports, or another folder, hold; with `keep`, file a dated copy of them first.

    Raises
        SettingsError: no company.yml, or none that names the folder.
        ExportError: the folder is missing; or a copy of that day holds something else.
    """
    home = find_params(params) if params or folder is None else _params_of(Path(folder))
    company = load_company(home)
    if folder is not None:
        place = Path(os.path.abspath(folder))
        company = company.model_copy(update={"exports": company.exports.model_copy(update={"folder": str(place)})})
    said = ReportSettings("check", company, Knobs(), home)
    exports = exports_folder(company, said.root)
    shown = folder or company.exports.folder
    fillers = _fillers(company, systems_folder(home))
    try:
        book = open_book(said)
    except Refused as refused:
        reports = {stem: Runs(problem="waits for the exports") for stem in stems_of(said.root)}
        return Checked(company, shown, refused.seen, refused.problems, (), {}, fillers, reports)
    copied = tuple(_keep(book.audit, exports, day or dt.datetime.now(company.zone).date())) if keep else ()
    rows = {name: n for name, n in count_rows(book.tables).items() if n}
    reports = {stem: _runs(stem, said, book, set(rows)) for stem in stems_of(said.root)}
    return Checked(company, shown, book.audit, (), copied, rows, fillers, reports)


def _params_of(folder: Path) -> Path:
    """Return the params folder whose company.yml names a folder; SettingsError where not exactly one does."""
    root = project_root(find_params(None))
    homes = [
        home for home in (root / "params", *sorted((root / "params").iterdir())) if (home / "company.yml").is_file()
    ]
    place = Path(os.path.abspath(folder)).resolve()
    if not place.is_dir():
        raise SettingsError(f"{folder}: must be a folder of exports; found none. Name the folder that holds them.")
    found = [home for home in homes if _named(home, root) == place]
    if len(found) == 1:
        return found[0]
    if found:
        several = join([home.relative_to(root).as_posix() for home in found])
        raise SettingsError(f"{folder}: is the exports.folder of several companies, {several}. Name one with --params.")
    raise SettingsError(
        f"{folder}: must be the exports.folder of some company.yml; found none "
        f"among {plural(len(homes), 'company')}. "
        f"Make one with `python -m revops init {folder}`, or name one with --params."
    )


def _named(home: Path, root: Path) -> Path | None:
    """Return the folder that a company.yml names, whatever else stands in it; None where that cannot be told."""
    try:
        exports = read_yaml(home / "company.yml").get("exports")
    except RevopsError:
        return None
    named = exports.get("folder", "data/sample") if isinstance(exports, dict) else "data/sample"
    return (root / str(named)).resolve()


def _fillers(company: Company, systems: Path | None) -> dict[str, str]:
    """Return, for each table, the files of the systems we read that fill it; blank where none is read yet."""
    found: dict[str, dict[str, list[str]]] = {}
    for description in load_systems(company, systems):
        if description.kind.table:
            kinds = found.setdefault(description.kind.table, {}).setdefault(description.system.system, [])
            kinds.append(description.kind.name)
    told = {
        table: "; ".join(f"{name}: {', '.join(dict.fromkeys(kinds))}" for name, kinds in systems_.items())
        for table, systems_ in found.items()
    }
    return {name: DERIVED.get(name) or told.get(name, "") for name in TABLES}


def _runs(stem: str, said: ReportSettings[Knobs], book: Book, tables: set[str]) -> Runs:
    measures = measures_of(stem)
    missing = [name for name in getattr(measures, "NEEDS", ("opportunities",)) if name not in tables]
    try:
        settings(stem, getattr(measures, "Knobs", Knobs), params_dir=said.params_dir)
    except RevopsError as problem:
        return Runs(tuple(missing), problem=str(problem))
    refusal = None if missing else refusal_of(stem, book)
    if refusal is not None:
        return Runs(lacks=refusal)
    if missing:
        return Runs(tuple(missing))
    lacking, remarks = (getattr(measures, name, None) for name in ("lacking", "remarks"))
    unavailable = tuple(sorted(lacking(book).items())) if lacking else ()
    return Runs(unavailable=unavailable, remarks=remarks(book) if remarks else ())


def _keep(audit: Audit, exports: Path, day: dt.date) -> Iterator[str]:
    """Copy the files of current state to <exports>/<day>/ and yield what was done. A kept copy is never changed.

    Raises
        ExportError: the copy of that day is there already and holds something else.
    """
    names = sorted({_on_disk(exports, file.name) for file in audit.files if file.table not in NOT_OF_TODAY})
    names = [name for name in names if not _DATED.fullmatch(name.parts[0])]
    home = exports / day.isoformat()
    changed = [name for name in names if (home / name).exists() and not _same(exports / name, home / name)]
    if changed:
        raise ExportError(
            f"{home.name}: a kept copy must never change; found {len(changed)} of {len(names)} files that differ from "
            f"today's ({examples(changed)}). Remove that folder if it is wrong, or name another day with --as-of."
        )
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        if not (home / name).exists():
            shutil.copy2(exports / name, home / name)
    yield f"kept {plural(len(names), 'file')} of today's state in {home.name}: {', '.join(map(str, names))}"


def _on_disk(exports: Path, name: str) -> Path:
    """Return the file on disk that an audited file is or lies in: a zip has members, a workbook sheets."""
    place = Path(name)
    return next((path for path in (place, *place.parents) if (exports / path).is_file()), place)


def _same(one: Path, other: Path) -> bool:
    return filecmp.cmp(one, other, shallow=False)
