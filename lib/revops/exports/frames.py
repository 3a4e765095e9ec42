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
from revops.exports.cells import CellReader
from revops.exports.columns import TEXT, few
from revops.exports.marks import settle_marks
from revops.exports.recognise import Match
from revops.exports.systems import BY_HAND, Description, column_kind
from revops.exports.text import Cells, TextSheet
from revops.exports.wide import lengthened
from revops.exports.workbook import WorkbookSheet
from revops.wording import plural

__all__ = ["Frame", "read_frame"]

FEW_KINDS = ("category", "date", "flag", "rate")
MAIN_DATE = {
    "opportunities": "created_at",
    "opportunity_history": "changed_at",
    "accounts": "created_at",
    "quotas": "period_start",
    "forecasts": "snapshot_date",
    "invoices": "invoice_date",
}
ROW_LIMIT = 2_000
DECISIVE = {"amount_original", "amount_converted", "currency", "close_date", "created_at", "changed_at", "type",
            "stage_name", "period_start", "period_end", "metric", "owner_id", "opportunity_id", "snapshot_date",
            "period_name", "category", "customer_id", "status", "interval", "interval_count", "quantity",
            "tax", "service_from", "service_to"}  # fmt: skip


@dataclass
class Frame:
    """One file read: where it came from, what it is, and its columns, typed.

    `_file` is the number of its source; `day` is that of its dated folder, if any; `scaled` is how many amounts are
    written with K, M or B; `above` the titles above its headers.
    """

    source: Source
    description: Description
    table: pa.Table
    day: dt.date | None = None
    scaled: int = 0
    above: tuple[str, ...] = ()


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
    if kind.wide:
        match = lengthened(cells, match, source, ledger)
    _coalesce(cells, match, source, ledger)
    reader = CellReader(match, source, company, ledger)
    columns = reader.read({column: cells.columns[places[0]] for column, places in match.places.items()})
    table = pa.table({**columns, "_file": pa.array(np.full(cells.n, source.index, np.int32))})
    table = _without_unsure(_with_marks(table, reader), cells, reader)
    _describe(table, source, kind.table)
    return Frame(source, match.description, table, scaled=reader.scaled, above=match.above)


def _cut(cells: Cells, match: Match, source: Source, ledger: Ledger) -> None:
    """Take footers, totals and blank rows out of the cells, and count them and the rows of another width."""
    patterns = [re.compile(pattern, re.I) for pattern in match.description.system.footers]
    width, reasons = len(match.labels), Counter()
    footers = [_is_footer([cell for cell in row if cell.strip()], patterns) for row in cells.ragged]
    footers = [
        is_footer or (len(row) == 1 and any(footers)) for row, is_footer in zip(cells.ragged, footers, strict=True)
    ]
    for row, is_footer in zip(cells.ragged, footers, strict=True):
        reasons["footer or total row" if is_footer else f"{len(row)} cells under {width} headers"] += 1
    keep, cut = _without_footers(cells, match, patterns)
    if not keep.all():
        cells.columns = {place: column.filter(pa.array(keep)) for place, column in cells.columns.items()}
    for reason, n in sorted((reasons + cut).items()):
        ledger.leave_out(source, reason, n)
    lines = cells.lines or [0] * len(footers)
    _judge_ragged(
        [line for line, is_footer in zip(lines, footers, strict=True) if not is_footer], match, source, ledger
    )


def _judge_ragged(lines: list[int], match: Match, source: Source, ledger: Ledger) -> None:
    """Refuse more than a few rows of another width (any of a sheet kept by hand), and warn of a few."""
    where = examples(sorted(lines)).replace("e.g. ", "e.g. line ", 1)
    if len(lines) > (0 if source.table in BY_HAND else few(source.rows_read)):
        ledger.problems.append(
            f"{source.name}: rows must have {len(match.labels)} cells as the header has; found {len(lines):,} of "
            f"{source.rows_read:,} with another number ({where}). Export it again, or correct its delimiters and "
            "quotes."
        )
    elif lines:
        source.warnings.append(f"{plural(len(lines), 'row')} with more or fewer cells than headers left out ({where})")


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


def _coalesce(cells: Cells, match: Match, source: Source, ledger: Ledger) -> None:
    """Report headers that stand twice: nothing is lost where their cells agree, else the later ones stay unused.

    Of columns that decide numbers there is no first among two that differ: they are refused.
    """
    unknown = list(match.unknown)
    for column, places in match.places.items():
        label = match.labels[places[0]]
        for nth, place in enumerate(places[1:], start=2):
            same = pc.equal(cells.columns[places[0]].cast(TEXT), cells.columns[place].cast(TEXT))
            nulls_agree = cells.columns[places[0]].is_null().equals(cells.columns[place].is_null())
            if nulls_agree and pc.all(same).as_py() is not False:
                source.decisions.append(f"{label}: stands twice with the same cells; read once")
            elif column in DECISIVE:
                ledger.problems.append(
                    f"{source.name}, column {label}: a header that decides numbers must stand once; found it in "
                    f"columns {places[0] + 1} and {place + 1} with different cells. Remove or rename one of them."
                )
            else:
                unknown.append(f"{label} ({nth})")
                source.warnings.append(f"{label}: stands twice with different cells; the first is used")
    source.unknown_columns = tuple(unknown)


def _with_marks(table: pa.Table, reader: CellReader) -> pa.Table:
    """Return the table with the currencies that its cells of money show; a contradiction goes to the ledger."""
    kind, company = reader.match.description.kind, reader.company
    for amount, currency in (("amount_original", "currency"), ("amount_converted", "converted_currency")):
        if amount in reader.marks:
            shared = None if kind.table == "opportunity_history" else company
            table, problem = settle_marks(table, reader.marks[amount], currency, reader.where(amount), shared)
            if problem:
                reader.ledger.problems.append(problem)
    return table


def _without_unsure(table: pa.Table, cells: Cells, reader: CellReader) -> pa.Table:
    """Return the table without the rows of which a cell that was read by itself reads both ways."""
    keep = pa.array(np.ones(table.num_rows, bool))
    for name, mask in reader.unsure.items():
        unsure = pc.and_(mask, keep)
        if n := pc.sum(unsure).as_py() or 0:
            texts = cells.columns[reader.match.places[name][0]].cast(TEXT)
            shown = sorted(set(texts.filter(unsure).to_pylist()))
            reader.ledger.leave_out(reader.source, f"{reader.label(name)} reads both ways", n, tuple(shown[:3]))
            reader.source.warnings.append(
                f"{plural(n, 'row')} left out whose {reader.label(name)} reads both ways ({examples(shown)}): write it "
                "so that it cannot, or set exports.decimal_sign or exports.date_order in company.yml"
            )
            keep = pc.and_not(keep, unsure)
    return table if pc.all(keep).as_py() is not False else table.filter(keep)


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
