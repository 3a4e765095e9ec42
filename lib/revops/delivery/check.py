"""What the exports hold, in words: each file, what was kept and left out, and which reports can run on it."""

import datetime as dt
import filecmp
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from revops.book import open_book
from revops.book.prepared import exports_folder
from revops.company import load_company
from revops.delivery.plan import measures_of, stems_of
from revops.errors import ExportError, RevopsError, examples
from revops.exports import Audit
from revops.params import Knobs, ReportSettings, find_params, settings
from revops.wording import count, money, plural

__all__ = ["check_exports"]

NOT_OF_TODAY = ("opportunity_history", "quotas")
_DATED = re.compile(r"\d{4}-\d\d-\d\d")


def check_exports(params: str | None, *, keep: bool, day: dt.date | None) -> Iterator[str]:
    """Yield the lines that tell what the company's exports hold; with `keep`, file a dated copy of them first.

    Raises
        ExportError: the exports cannot be read without guessing; or a copy of that day holds something else.
    """
    folder = find_params(params)
    said = ReportSettings("check", load_company(folder), Knobs(), folder)
    book = open_book(said)
    exports = exports_folder(said.company, said.root)
    yield f"{said.company.company}: {plural(len(book.audit.files), 'file')} in {said.company.exports.folder}"
    if keep:
        yield from _keep(book.audit, exports, day or dt.datetime.now(said.company.zone).date())
    yield from _files(book.audit, said.company.currency)
    yield from _rest(book.audit)
    yield from _reports(said, set(book.tables))


def _files(audit: Audit, currency: str) -> Iterator[str]:
    """Yield what each file is, what was read and kept of it, and what was left out and why."""
    for file in audit.files:
        span = f", {file.first} to {file.last}" if file.first else ""
        yield f"\n{file.name}"
        yield f"  {file.table} ({file.system}, {file.route}; {file.encoding}, headers in row {file.header_row})"
        sheet = f", of {plural(file.sheet_rows, 'row')}" if file.counted_in != "rows" else ""
        yield f"  {count(file.rows_read)} {file.counted_in} read{sheet}, {count(file.rows_kept)} kept{span}"
        for left in (left for left in audit.left_out if left.file == file.name and left.table == file.table):
            amount = f", {money(left.amount, currency)}" if left.amount else ""
            shown = f" ({examples(left.examples)})" if left.examples else ""
            yield f"  left out: {count(left.n)} {left.reason}{amount}{shown}"
        for line in file.decisions:
            yield f"  {line}"
        if file.unknown_columns:
            yield f"  not used: {', '.join(file.unknown_columns)}"
        for line in file.warnings:
            yield f"  warning: {line}"


def _rest(audit: Audit) -> Iterator[str]:
    """Yield what concerns the folder as a whole: files nobody knows, warnings, and how far back history goes."""
    for name, why in audit.unrecognised:
        yield f"\n{name}\n  not recognised: {why}"
    if audit.warnings:
        yield "\nWarnings"
    for line in audit.warnings:
        yield f"  {line}"
    yield "\nHistory"
    if audit.history_from is None:
        yield "  none: the past cannot be rebuilt. Export OpportunityHistory, or file weekly copies: check --keep."
    else:
        yield f"  from {audit.history_from} on: " + ", ".join(f"{name} ({of})" for name, of in audit.tracked.items())
        if lacking := [name for name in ("amount", "close_date") if name not in audit.tracked]:
            yield f"  none of {' and '.join(lacking)}: past pipeline is not known. File weekly copies: check --keep."
        if audit.whole_from is not None:
            yield f"  amounts and close dates from {audit.whole_from} on only: pipeline before is not known."


def _reports(said: ReportSettings[Knobs], tables: set[str]) -> Iterator[str]:
    """Yield which reports can run, and what the others need."""
    yield "\nReports"
    for stem in stems_of(said.root):
        measures = measures_of(stem)
        missing = [name for name in getattr(measures, "NEEDS", ("opportunities",)) if name not in tables]
        try:
            settings(stem, getattr(measures, "Knobs", Knobs), params_dir=said.params_dir)
        except RevopsError as problem:
            yield f"  {stem}: {problem}"
        else:
            yield f"  {stem}: needs {', '.join(missing)}" if missing else f"  {stem}: can run"


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
