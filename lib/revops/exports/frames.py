"""One recognised file as a typed table: footers cut, each column read by its kind, every decision written down."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.columns import TEXT, coded, distinct
from revops.exports.dates import DateRule, read_dates
from revops.exports.ids import read_ids
from revops.exports.numbers import read_numbers, read_rates
from revops.exports.recognise import Match
from revops.exports.systems import Description, column_kind
from revops.exports.text import Cells, TextSheet
from revops.exports.workbook import WorkbookSheet
from revops.wording import plural

__all__ = ["Frame", "read_frame"]

FEW_KINDS = ("category", "date", "flag", "rate")
MAIN_DATE = {
    "opportunities": "created_at",
    "opportunity_history": "changed_at",
    "accounts": "created_at",
    "quotas": "period_start",
}
TRUE, FALSE = ("1", "true", "yes", "y", "x", "checked"), ("0", "false", "no", "n", "unchecked")
ROW_LIMIT = 2_000


@dataclass
class Frame:
    """One file read: where it came from, what it is, and its columns, typed.

    `_file` is the number of its source; `day` is that of its dated folder, if any.
    """

    source: Source
    description: Description
    table: pa.Table
    day: dt.date | None = None


def read_frame(
    sheet: TextSheet | WorkbookSheet, match: Match, source: Source, company: Company, ledger: Ledger
) -> Frame:
    """Return the sheet's known columns, typed; what cannot be read goes to the ledger as a problem."""
    kind, system = match.description.kind, match.description.system
    source.system, source.table, source.route = system.system, kind.table or f"look-up: {kind.name}", kind.route
    source.encoding, source.delimiter, source.header_row = sheet.encoding, match.delimiter, match.header + 1
    few = {place: column_kind(kind, column) in FEW_KINDS for column, places in match.places.items() for place in places}
    cells = sheet.read(match.delimiter, match.header, {0: False, **few}, system.null_tokens)
    source.warnings += [*sheet.notes, *cells.notes]
    if cells.problem:
        ledger.problems.append(f"{source.name}: {cells.problem}")
    source.rows_read = cells.n + len(cells.ragged) + match.titles
    ledger.leave_out(source, "title row above the header", match.titles)
    _cut(cells, match, source, ledger)
    _coalesce(cells, match, source)
    columns = {
        column: _typed(cells.columns[places[0]], column, match, source, company, ledger)
        for column, places in match.places.items()
    }
    table = pa.table({**columns, "_file": pa.array(np.full(cells.n, source.index, np.int32))})
    _describe(table, source, kind.table)
    return Frame(source, match.description, table)


def _cut(cells: Cells, match: Match, source: Source, ledger: Ledger) -> None:
    """Take footers, totals and blank rows out of the cells, and count them and the rows of another width."""
    patterns = [re.compile(pattern, re.I) for pattern in match.description.system.footers]
    width, reasons = len(match.labels), Counter()
    footers = [_is_footer([cell for cell in row if cell.strip()], patterns) for row in cells.ragged]
    for row, is_footer in zip(cells.ragged, footers, strict=True):
        alone = len(row) == 1 and any(footers)
        reasons["footer or total row" if is_footer or alone else f"{len(row)} cells under {width} headers"] += 1
    keep, cut = _without_footers(cells, match, patterns)
    if not keep.all():
        cells.columns = {place: column.filter(pa.array(keep)) for place, column in cells.columns.items()}
    for reason, n in sorted((reasons + cut).items()):
        ledger.leave_out(source, reason, n)
    if len(cells.ragged) - sum(footers) > max(cells.n, 10):
        ledger.problems.append(
            f"{source.name}: rows must have {width} cells as the header has; found {len(cells.ragged):,} of "
            f"{source.rows_read:,} with another number. Export it again, or correct its delimiters and quotes."
        )


def _without_footers(cells: Cells, match: Match, patterns: list[re.Pattern[str]]) -> tuple[np.ndarray, Counter[str]]:
    """Return which full rows stay, and why the others do not: only rows that lack a needed cell are looked at."""
    needed = [match.places[column][0] for column in match.description.kind.required if column in match.places]
    suspect = np.zeros(cells.n, bool)
    for place in needed:
        if cells.columns[place].null_count:
            suspect |= cells.columns[place].is_null().to_numpy(False)
    keep, cut = np.ones(cells.n, bool), Counter[str]()
    rows = np.flatnonzero(suspect)
    if not len(rows):
        return keep, cut
    texts = {place: column.take(pa.array(rows)).to_pylist() for place, column in cells.columns.items()}
    for i, row in enumerate(rows.tolist()):
        key = texts[needed[0]][i]
        filled = [text[i] for text in texts.values() if text[i] and text[i].strip()]
        if not filled:
            cut["blank row"] += 1
        elif _is_footer([key] if key else filled, patterns) or (not key and len(filled) == 1):
            cut["footer or total row"] += 1
        else:
            continue
        keep[row] = False
    return keep, cut


def _is_footer(row: list[str], patterns: list[re.Pattern[str]]) -> bool:
    return bool(row) and any(pattern.search(row[0].strip()) for pattern in patterns)


def _coalesce(cells: Cells, match: Match, source: Source) -> None:
    """Report headers that stand twice: nothing is lost where their cells agree, else the later ones stay unused."""
    unknown = list(match.unknown)
    for places in match.places.values():
        label = match.labels[places[0]]
        for nth, place in enumerate(places[1:], start=2):
            same = pc.equal(cells.columns[places[0]].cast(TEXT), cells.columns[place].cast(TEXT))
            nulls_agree = cells.columns[places[0]].is_null().equals(cells.columns[place].is_null())
            if nulls_agree and pc.all(same).as_py() is not False:
                source.decisions.append(f"{label}: stands twice with the same cells; read once")
            else:
                unknown.append(f"{label} ({nth})")
                source.warnings.append(f"{label}: stands twice with different cells; the first is used")
    source.unknown_columns = tuple(unknown)


def _typed(cells: pa.Array, column: str, match: Match, source: Source, company: Company, ledger: Ledger) -> pa.Array:
    """Return one column by the rule of its kind; a problem goes to the ledger, what was decided to the source."""
    kind = match.description.kind
    what = column_kind(kind, column)
    where = f"{source.name}, column {match.labels[match.places[column][0]].strip()}"
    exports = company.exports
    if what == "text":
        return cells
    if what == "category":
        return _trimmed(cells)
    if what == "id":
        # A look-up key or an owner named in a sheet may come from elsewhere: only the system's own ids have its form.
        ids = read_ids(cells, where, match.description.system.ids)
        _note(ids.decision, ids.problem, source, ledger)
        return ids.column
    if what == "flag":
        return _flags(cells, where, ledger)
    if what in ("date", "timestamp"):
        zone = exports.time_zone or company.time_zone
        dates = read_dates(
            cells, DateRule(where, what, exports.date_order, kind.dates == "utc", zone, company.time_zone)
        )
        _note(dates.decision, dates.problem, source, ledger, dates.unreadable, dates.shown, "date")
        return dates.column
    if what == "rate":
        read = read_rates(cells, where, column in kind.percent, kind.decimal_sign, exports.decimal_sign)
    else:
        read = read_numbers(cells, where, kind.decimal_sign, exports.decimal_sign)
    _note(read.decision, read.problem, source, ledger, read.unreadable, read.shown, "number")
    return read.column


def _note(
    decision: str, problem: str, source: Source, ledger: Ledger, n: int = 0, shown: tuple[str, ...] = (), what: str = ""
) -> None:
    if problem:
        ledger.problems.append(problem)
    if decision:
        source.decisions.append(decision)
    if n and not problem:
        source.warnings.append(f"{plural(n, 'cell')} with no {what}: taken as blank ({examples(shown)})")


def _trimmed(cells: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    codes = distinct(cells)
    words = [word.strip() or None for word in codes.dictionary.to_pylist()]
    return codes if words == codes.dictionary.to_pylist() else coded(codes, words)


def _flags(cells: pa.Array, where: str, ledger: Ledger) -> pa.Array:
    codes = distinct(cells)
    words = [value.strip().casefold() for value in codes.dictionary.to_pylist()]
    wrong = [word for word in words if word and word not in (*TRUE, *FALSE)]
    if wrong:
        ledger.problems.append(
            f"{where}: must say yes ({', '.join(TRUE)}) or no ({', '.join(FALSE)}); found "
            f"{plural(len(wrong), 'other word')} ({examples(wrong)}). Correct the export."
        )
    meaning = pa.array([word in TRUE if word else None for word in words], pa.bool_())
    return meaning.take(codes.indices)


def _describe(table: pa.Table, source: Source, name: str | None) -> None:
    """Write down the span of dates, the currencies, and a number of rows that looks cut off."""
    main = MAIN_DATE.get(name or "")
    if main in table.column_names:
        span = pc.min_max(table[main]).as_py()
        source.first, source.last = (span[k].date().isoformat() if span[k] else None for k in ("min", "max"))
    if "currency" in table.column_names:
        source.currencies = tuple(sorted(pc.unique(table["currency"]).drop_null().to_pylist()))
    if table.num_rows == ROW_LIMIT:
        source.warnings.append("holds exactly 2,000 rows, the limit of a report on screen: it looks truncated")
    if table.num_rows == 0:
        source.warnings.append("holds headers and no rows")
