"""A text file too large for memory, read in blocks: its rows put aside as they come, its dates decided from all of it.

What is odd about a file (ids that are none, NULs, quotes that do not close, headers that stand twice) is told by
reading it whole: then nothing here is used.
"""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from revops.company import Company
from revops.exports.audit import Ledger, Source
from revops.exports.opening.lines import lines_of_other_width
from revops.exports.opening.text import FEW, Cells, TextSheet, cut
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.reading.both_currencies import shows_currency
from revops.exports.reading.cells import DATED, NUMBERS, CellReader
from revops.exports.reading.columns import TEXT, Tally, Tallying
from revops.exports.reading.counts import COUNTS
from revops.exports.reading.dates import iso_form
from revops.exports.reading.footers import are_footers, headers_again, kept_rows, leave_out_cut, unended
from revops.exports.reading.frames import FEW_KINDS, MAIN_DATE, Frame, introduce, note_size
from revops.exports.reading.numbers import number_form
from revops.exports.reading.reconciled import is_reconciled, joined_cells
from revops.exports.reading.spilled import Spilled
from revops.exports.reading.unwrapped import is_wrapped
from revops.exports.reading.wide import lengthen, long_match, tell_lengthened
from revops.exports.recognising.kinds import FileKind, column_kind
from revops.exports.recognising.recognise import Match

__all__ = ["large_tables", "read_in_blocks"]

LARGE_TABLES = ("opportunity_history", "touches", "lead_history", "subscriptions", "invoices", "payments",
                "web_traffic")  # fmt: skip
LARGE = 1 << 26  # bytes of all files of a table from which on they are read in blocks
BLOCK, LEAST = 1 << 22, 1 << 16  # pyarrow reads up to 32 of them ahead
KINDS = ("id", "text", "category", "flag", "date", "timestamp", *NUMBERS)
MOST_RAGGED = 10_000
ROW = {"_row": "text"}


class _Odd(Exception):
    """The file must be read whole."""


@dataclass
class _Seen:
    """What one pass over the blocks of a file has met: `n_read` rows, of which `n_rows` became `n` and blank cells."""

    n_read: int = 0
    n_rows: int = 0
    n_blank: int = 0
    n: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    ragged: list[str] = field(default_factory=list)
    forms: dict[str, set[str | None]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)


def large_tables(files: Iterable[tuple[str | None, int]]) -> set[str]:
    """Return the tables that are read in blocks, by the tables and sizes of all files."""
    sizes = Counter[str]()
    for table, size in files:
        if table in LARGE_TABLES:
            sizes[table] += size
    return {table for table, size in sizes.items() if size >= LARGE}


def read_in_blocks(
    sheet: TextSheet | WorkbookSheet, match: Match, source: Source, company: Company, ledger: Ledger, aside: Path
) -> Frame | None:
    """Return a file as `read_frame` does, but with its rows put aside in the folder `aside`; None where it is odd."""
    kind = match.description.kind
    long = long_match(match) if kind.wide else match
    kinds = {name: column_kind(kind, name) for name in long.places}
    if not isinstance(sheet, TextSheet) or sheet.has_nul or sheet.odd_quotes or not _is_plain(kind, match, kinds):
        return None
    path, seen = aside / f".rows-{source.index}.arrow", _Seen()
    trial = CellReader(long, Source(source.index, source.name, "", 0), company, Ledger())
    try:
        _put_aside(sheet, match, trial, kinds, path, seen)
        tallies = _tallies(path, kinds, [name for name in seen.forms if not _is_quick(name, kinds, seen, trial)])
    except (_Odd, pa.ArrowInvalid):
        path.unlink(missing_ok=True)
        return None
    introduce(source, sheet, match)
    _report(sheet, match, source, ledger, seen)
    reader = CellReader(long, source, company, ledger)
    stored = kinds | (ROW if is_reconciled(kind) else {})
    spilled = Spilled(path, source.index, reader, stored, *_decided(reader, kinds, tallies, seen), seen.n)
    labels = {name: reader.label(name) for name in long.places}
    table = next(spilled.parts(range(1))).slice(0, 0)
    frame = Frame(source, match.description, table, None, match.titles, labels, spilled=spilled)
    _describe(frame, MAIN_DATE.get(kind.table or ""))
    return frame


def _is_plain(kind: FileKind, match: Match, kinds: dict[str, str]) -> bool:
    """Return whether no column needs more than its own cells, one by one or all counted."""
    asks = (
        kind.former,
        kind.stage_dates,
        kind.alone,
        kind.prints_total,
        kind.statement,
        kind.decimal_sign == "file",
        kind.table == "subscriptions" and kind.form != "months",
    )
    spread = kind.wide.cell if kind.wide else ""
    once = all(len(places) == 1 for name, places in match.places.items() if name != spread)
    return once and not any(asks) and all(what in KINDS for what in kinds.values())


def _put_aside(
    sheet: TextSheet, match: Match, reader: CellReader, kinds: dict[str, str], path: Path, seen: _Seen
) -> None:
    with_row = is_reconciled(match.description.kind)
    stored = kinds | (ROW if with_row else {})
    schema = pa.schema([(name, pa.bool_() if what == "flag" else TEXT) for name, what in stored.items()])
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, schema, options=options) as writer:
        for cells in _blocks(sheet, match, kinds, seen.ragged):
            if headers_again(cells, match).any():
                raise _Odd
            keep, cut_rows = kept_rows(cells, match)
            seen.n_read, seen.cut = seen.n_read + len(keep), seen.cut + cut_rows
            if not keep.all():
                cells.columns = {place: column.filter(pa.array(keep)) for place, column in cells.columns.items()}
            seen.n_rows += cells.n
            if reader.match is not match:
                seen.n_blank += lengthen(cells, match)
            typed = [_typed(cells.columns[reader.match.places[name][0]], name, reader, kinds, seen) for name in kinds]
            typed += [joined_cells(cells)] if with_row else []
            seen.n += len(typed[0])
            writer.write_batch(pa.RecordBatch.from_arrays(typed, schema=schema))
    if not seen.n_read or (with_row and (seen.ragged or seen.cut["footer or total row"])):
        raise _Odd


def _typed(cells: pa.Array, name: str, reader: CellReader, kinds: dict[str, str], seen: _Seen) -> pa.Array:
    """Return the cells of one block as they are put aside: dates and numbers still as text, the rest typed."""
    what, text = kinds[name], cells.cast(TEXT)
    if what in (*DATED, *NUMBERS):
        seen.forms.setdefault(name, set()).add(iso_form(text) if what in DATED else number_form(text))
        return text
    if what != "flag" and is_wrapped(cells):
        raise _Odd
    if what == "flag":
        seen.words.setdefault(name, set()).update(pc.unique(text).drop_null().to_pylist())
    typed = reader.typed(cells, name, what)
    if reader.source.warnings or (what == "id" and (reader.ledger.problems or reader.source.decisions)):
        raise _Odd
    reader.ledger.problems.clear()
    return typed if what == "flag" else typed.cast(TEXT)


def _blocks(sheet: TextSheet, match: Match, kinds: dict[str, str], ragged: list[str]) -> Iterator[Cells]:
    """Yield the cells at the known places block by block; rows of another width go to `ragged` as text."""
    width, skip = sheet.below(match.delimiter, match.header)
    few = {place: kinds[name] in FEW_KINDS for name, places in match.places.items() for place in places}
    every = dict.fromkeys(range(width) if is_reconciled(match.description.kind) else (0,), False)
    types = {str(place): FEW if is_few else TEXT for place, is_few in (every | few).items()}

    def other_width(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row.text)
        return "skip"

    parse = arrow_csv.ParseOptions(
        delimiter=match.delimiter or ",", newlines_in_values=True, invalid_row_handler=other_width
    )
    nulls = ["", *match.description.system.null_tokens]
    convert = arrow_csv.ConvertOptions(
        include_columns=list(types), column_types=types, null_values=nulls, strings_can_be_null=True
    )
    most = max(map(len, match.places.values()))  # rows that one may become
    size = max(BLOCK // most, min(BLOCK, LEAST))
    read = arrow_csv.ReadOptions(column_names=[str(i) for i in range(width)], block_size=size)
    with sheet.stream(sheet.start + skip) as stream, arrow_csv.open_csv(stream, read, parse, convert) as batches:
        for batch in batches:
            if len(ragged) > MOST_RAGGED:
                raise _Odd
            yield Cells({int(name): batch[name] for name in batch.schema.names})


def _report(sheet: TextSheet, match: Match, source: Source, ledger: Ledger, seen: _Seen) -> None:
    """Write down what is known of a file once all of it has been seen."""
    width, skip = sheet.below(match.delimiter, match.header)
    delimiter = match.delimiter or ","
    ragged, lines = cut(seen.ragged, delimiter), []
    if not all(are_footers(ragged, match)):
        with sheet.blob.open() as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8", errors="replace", newline="")
            text.seek(sheet.start)
            starts = lines_of_other_width(text, delimiter, width)
        lines = [starts.get(tuple(row), 0) for row in ragged]
    source.warnings += sheet.notes
    if problem := sheet.swallowed(delimiter, width, skip, seen.n_read, len(ragged)):
        ledger.problems.append(f"{source.name}: {problem}")
    source.rows_read = seen.n_read + len(ragged) + len(match.titles)
    ledger.leave_out(source, "title row above the header", len(match.titles))
    source.unknown_columns = match.unknown
    leave_out_cut(ragged, lines, seen.cut, match, source, ledger, unended(sheet, match, ragged))
    if match.description.kind.wide:
        tell_lengthened(seen.n_rows, seen.n_blank, match, source, ledger)


def _is_quick(name: str, kinds: dict[str, str], seen: _Seen, reader: CellReader) -> bool:
    """Return whether all cells of a column of dates or numbers are written alike, so that nothing is to be decided."""
    written, what = seen.forms[name] - {"blank"}, kinds[name]
    if what in NUMBERS:
        is_plain = None not in written and ("unsure" not in written or "point" in written)
        return what != "rate" and is_plain and reader.known_sign != "comma"
    return len(written) <= 1 and None not in written and (what == "timestamp" or "zoned" not in written)


def _tallies(path: Path, kinds: dict[str, str], names: list[str]) -> dict[str, Tally]:
    """Return the distinct cells of some of the columns that were put aside, and how many rows hold each.

    Amounts with the marks of currencies are paired with those of their rows: they are read whole.
    """
    found = {}
    with pa.OSFile(str(path)) as stream:
        for name in names:
            options = pa.ipc.IpcReadOptions(included_fields=[list(kinds).index(name)])
            batches, counted = pa.ipc.open_file(stream, options=options), Tallying()
            for place in range(batches.num_record_batches):
                counted.add(batches.get_batch(place)[0])
            found[name] = counted.total()
            if kinds[name] == "money" and shows_currency(found[name].values):
                raise _Odd
    return found


def _decided(
    reader: CellReader, kinds: dict[str, str], tallies: dict[str, Tally], seen: _Seen
) -> tuple[dict[str, tuple[pa.Array, pa.Array]], dict[str, str]]:
    """Return what the distinct cells of some columns mean, and the decimal signs of others; doubts are written down."""
    stamps = reader.dates({name: tally for name, tally in tallies.items() if kinds[name] in DATED}, kinds)
    meant = {name: (tallies[name].values, column) for name, column in stamps.items()}
    signs = {name: "" for name, what in kinds.items() if what in NUMBERS}
    for name, what in kinds.items():
        if what == "flag":
            reader.read_flags(pa.array(sorted(seen.words[name]), TEXT), name)
        elif what in NUMBERS and name in tallies:
            read = reader.numbers(tallies[name], name, what)
            signs[name] = read.sign
            if what == "rate" or name in COUNTS or read.problem:
                meant[name] = (tallies[name].values, read.column)
    return meant, signs


def _describe(frame: Frame, main: str | None) -> None:
    """Write down the first and the last day of the main date, the currencies, and whether the number looks odd."""
    source, columns = frame.source, frame.table.column_names
    if main in columns:
        spans = [pc.min_max(part[main]).as_py() for part in frame.parts([main])]
        firsts, lasts = ([span[key] for span in spans if span[key] is not None] for key in ("min", "max"))
        source.first = min(firsts).date().isoformat() if firsts else None
        source.last = max(lasts).date().isoformat() if lasts else None
    if "currency" in columns:
        source.currencies = tuple(sorted(frame.distinct("currency").to_pylist()))
    note_size(frame.n_rows, source)
