"""One recognised file as a typed table: footers cut, each column read by its kind, every decision written down."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.company import Company
from revops.errors import examples
from revops.exports.audit import Ledger, Source
from revops.exports.later import Later, LaterRows, Opened
from revops.exports.opening.text import Cells, TextSheet
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.reading.both_currencies import split_amounts
from revops.exports.reading.cells import CellReader
from revops.exports.reading.columns import TEXT, put, whole
from revops.exports.reading.footers import unended, without_footers
from revops.exports.reading.marks import settle_marks
from revops.exports.reading.reconciled import apart, identities, is_reconciled, with_total
from revops.exports.reading.spilled import Spilled
from revops.exports.reading.weeks import with_named_weeks
from revops.exports.reading.wide import lengthened
from revops.exports.recognising.kinds import column_kind
from revops.exports.recognising.own_columns import ENTERED, FORMER
from revops.exports.recognising.recognise import Match
from revops.exports.recognising.systems import Description
from revops.wording import plural

__all__ = ["FEW_KINDS", "MAIN_DATE", "Frame", "introduce", "note_size", "read_frame"]

FEW_KINDS = ("category", "date", "flag", "rate")
MAIN_DATE = {
    "opportunities": "created_at",
    "opportunity_history": "changed_at",
    "accounts": "created_at",
    "contacts": "created_at",
    "leads": "created_at",
    "lead_history": "changed_at",
    "quotas": "period_start",
    "forecasts": "snapshot_date",
    "invoices": "invoice_date",
    "payments": "paid_at",
    "web_traffic": "date",
    "touches": "associated_at",
}
ROW_LIMIT = 2_000
SPREAD = 8
"""A sample as large as one block is taken from this many blocks, an equal share of each, or from all if fewer."""
DECISIVE = {"amount_original", "amount_converted", "currency", "close_date", "created_at", "changed_at", "type",
            "stage_name", "period_start", "period_end", "metric", "owner_id", "opportunity_id", "date", "month",
            "amount_micros", "campaign_id", "contact_id", "lead_at", "mql_at", "sql_at", "opportunity_at",
            "customer_at", "snapshot_date", "period_name", "category", "customer_id", "status", "interval",
            "interval_count", "quantity", "tax", "service_from", "service_to", "refunded_amount", "paid_at", "sessions",
            "source_medium", "traffic_source", "traffic_medium",
            "lead_id", "converted_date", "role", "model_id", "model_name", "influence_share", "touch_id", "touched_at",
            "responded_date", "associated_at", "person_id", "converted_contact_id"}  # fmt: skip


@dataclass
class Frame:
    """One file read: where it came from, what it is, and its columns, typed.

    `_file` is the number of its source; `day` is that of its dated folder, if any; `titles` stand above its header,
    `labels` are the headers of its columns; `scaled` is how many amounts are written with K, M or B; `part` is the
    name of its sheet in a workbook. Of a file too large for memory `table` has no rows: they are `spilled`, and what
    they take from other files is `looked_up` (uniting.look_ups) when they are read.
    `totals` are the rows of totals taken out of it, by their `label` and numbers, where these are to be held against.
    """

    source: Source
    description: Description
    table: pa.Table = Opened()  # noqa: RUF009  a descriptor, which is meant to be shared
    day: dt.date | None = None
    titles: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    totals: pa.Table | None = None
    scaled: int = 0
    part: str = ""
    spilled: Spilled | LaterRows | None = None
    looked_up: tuple[Any, ...] = ()

    @property
    def rows(self) -> pa.Table | Later:
        """Return what tells the number of rows in memory and the columns of the table, which may be read later."""
        return self._table  # type: ignore[attr-defined, no-any-return]

    @property
    def n_rows(self) -> int:
        """Return how many rows it has, in memory or not."""
        return self.rows.num_rows if self.spilled is None else self.spilled.n_rows

    def let_go(self) -> None:
        """Let go of the rows in memory, once the last step that needs them has them."""
        if isinstance(self.rows, Later):
            self.rows.found = None
        else:
            self.table = self.rows.schema.empty_table()

    def parts(self, columns: list[str] | None = None, most: int | None = None) -> Iterator[pa.Table]:
        """Yield its rows as tables, those in memory as one; of some columns, if named, those that it has.

        Of rows that are not in memory `most`, if given, is how many blocks full of them are read: a share of each of
        more blocks, spread evenly, since files are often in the order of their ids.
        """
        names = None if columns is None else [name for name in columns if name in self.rows.column_names]
        if self.spilled is None:
            yield self.table if names is None else self.table.select(names)
        else:
            places, share = (None, 1.0) if most is None else _spread(len(self.spilled), most)
            found = [other for other in self.looked_up if names is None or other.column in names]
            for part in self.spilled.parts(places, None if found else names, share):
                for other in found:
                    part = other.into(part)
                yield part if names is None else part.select(names)

    def distinct(self, column: str) -> pa.Array:
        """Return the distinct values of a column as text, blanks left out."""
        found = pa.array([], TEXT)
        for part in self.parts([column]):
            values = whole(pc.unique(part[column].drop_null())).cast(TEXT)
            found = pc.unique(pa.concat_arrays([found, values]))
        return found


def _spread(n: int, most: int) -> tuple[list[int], float]:
    """Return the places of the blocks to read among `n`, and which share of each, for `most` blocks full of rows."""
    looked = min(n, SPREAD * most)
    return np.linspace(0, n - 1, looked).astype(int).tolist(), min(1.0, most / max(looked, 1))


def read_frame(
    sheet: TextSheet | WorkbookSheet, match: Match, source: Source, company: Company, ledger: Ledger
) -> Frame:
    """Return the sheet's known columns, typed; what cannot be read goes to the ledger as a problem."""
    kind, system = match.description.kind, match.description.system
    introduce(source, sheet, match)
    few = {place: column_kind(kind, column) in FEW_KINDS for column, places in match.places.items() for place in places}
    if is_reconciled(kind):
        few = {place: few.get(place, False) for place in range(len(match.labels))}
    cells = sheet.read(match.delimiter, match.header, {0: False, **few}, system.null_tokens)
    source.warnings += [*sheet.notes, *cells.notes]
    if cells.problem:
        ledger.problems.append(f"{source.name}: {cells.problem}")
    source.rows_read = cells.n + len(cells.ragged) + len(match.titles)
    ledger.leave_out(source, "title row above the header", len(match.titles))
    totals = without_footers(cells, match, source, ledger, unended(sheet, match, cells.ragged))
    if kind.wide:
        match = lengthened(cells, match, source, ledger)
    if kind.table == "forecasts":
        with_named_weeks(cells, match, source, ledger)
    _coalesce(cells, match, source, ledger)
    n, columns = cells.n, _taken(cells, totals, match)
    columns, match = split_amounts(columns, match, source)
    reader = CellReader(match, source, company, ledger)
    columns = reader.read(columns)
    summed = apart(columns, n, totals, reader)
    table = pa.table({**columns, "_file": pa.array(np.full(n, source.index, np.int32))})
    if is_reconciled(kind):
        table = table.append_column("_row", identities(cells))
    table = _without_unsure(_with_marks(table, reader), cells, reader)
    table = _with_former(table, source)
    _describe(table, source, kind.table)
    labels = {column: reader.label(column) for column in match.places}
    part = sheet.title if isinstance(sheet, WorkbookSheet) else ""
    return Frame(source, match.description, table, None, match.titles, labels, summed, reader.scaled, part)


def _taken(cells: Cells, totals: Cells, match: Match) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Return the columns to be typed, taken out of the cells where no row is looked at as text again."""
    columns = {column: with_total(column, cells, totals, match) for column in match.places}
    if not (is_reconciled(match.description.kind) or match.description.kind.alone):
        cells.columns = {}
    return columns


def introduce(source: Source, sheet: TextSheet | WorkbookSheet, match: Match) -> None:
    """Write down what a sheet is and how it was opened."""
    kind = match.description.kind
    source.system, source.table = match.description.system.system, kind.table or f"look-up: {kind.name}"
    source.route, source.kind = kind.route, kind.name
    source.encoding, source.delimiter, source.header_row = sheet.encoding, match.delimiter, match.header + 1


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
            elif column in DECISIVE or column.startswith(ENTERED):
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


def _with_former(table: pa.Table, source: Source) -> pa.Table:
    """Return the table with the blanks of a column filled from those it has taken the place of, one after another."""
    named = [name for name in table.column_names if name.startswith(FORMER)]
    for former in sorted(named, key=lambda name: name.count(FORMER)):
        column, older = former.replace(FORMER, ""), table[former]
        table = table.drop_columns([former])
        newer = table[column] if column in table.column_names else None
        filled = older if newer is None else pc.coalesce(newer, older)
        if newer is not None and (n := newer.null_count - filled.null_count):
            source.decisions.append(f"{column}: {plural(n, 'blank')} filled from the property used before")
        table = put(table, column, filled)
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
    """Write down the span of dates, the currencies, and whether the number of rows looks odd."""
    main = MAIN_DATE.get(name or "")
    if main in table.column_names:
        span = pc.min_max(table[main]).as_py()
        source.first, source.last = (span[k].date().isoformat() if span[k] else None for k in ("min", "max"))
    if "currency" in table.column_names:
        source.currencies = tuple(sorted(pc.unique(table["currency"]).drop_null().to_pylist()))
    note_size(table.num_rows, source)


def note_size(n: int, source: Source) -> None:
    """Warn of a number of rows that looks cut off, and of none."""
    if n == ROW_LIMIT:
        source.warnings.append("holds exactly 2,000 rows, the limit of a report on screen: it looks truncated")
    if n == 0:
        source.warnings.append("holds headers and no rows")
