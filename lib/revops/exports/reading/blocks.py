"""A text file too large for memory, read in blocks: its rows put aside as they come, its dates decided from all of it.

What is odd about a file (ids that are none, NULs, quotes that do not close, headers that stand twice) is told by
reading it whole: then nothing here is used.
"""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from revops.company import Company
from revops.exports.audit import Ledger, Source
from revops.exports.opening.lines import lines_of_other_width
from revops.exports.opening.text import FEW, Cells, TextSheet, cut
from revops.exports.opening.workbook import WorkbookSheet
from revops.exports.reading.cells import DATED, CellReader
from revops.exports.reading.columns import TEXT, Tally
from revops.exports.reading.dates import iso_form, read_dates
from revops.exports.reading.footers import are_footers, headers_again, kept_rows, leave_out_cut
from revops.exports.reading.frames import FEW_KINDS, MAIN_DATE, Frame, introduce, note_size
from revops.exports.recognising.kinds import FileKind, column_kind
from revops.exports.recognising.recognise import Match

__all__ = ["Spilled", "large_tables", "read_in_blocks"]

LARGE_TABLES = ("touches",)
LARGE = 1 << 26  # bytes of all files of a table from which on they are read in blocks
BLOCK = 1 << 22  # pyarrow reads up to 32 of them ahead
KINDS = ("id", "text", "category", "flag", "date", "timestamp")
MOST_RAGGED = 10_000


class _Odd(Exception):
    """The file must be read whole."""


@dataclass(frozen=True)
class Spilled:
    """The rows of one file put aside at `path` in batches; `reader` and `stamps` turn their cells of dates into stamps.

    `stamps` holds, for columns of dates that are not ISO throughout, the distinct cells and the stamp of each.
    """

    path: Path
    index: int
    reader: CellReader
    kinds: dict[str, str]
    stamps: dict[str, tuple[pa.Array, pa.Array]]

    def __len__(self) -> int:
        with pa.OSFile(str(self.path)) as stream:
            return pa.ipc.open_file(stream).num_record_batches

    def parts(self, places: Iterable[int] | None = None, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the batches, or those of some places and columns, as typed tables with their `_file`."""
        wanted = None if columns is None else [list(self.kinds).index(name) for name in columns]
        with pa.OSFile(str(self.path)) as stream:
            batches = pa.ipc.open_file(stream, options=pa.ipc.IpcReadOptions(included_fields=wanted))
            for place in range(batches.num_record_batches) if places is None else places:
                yield self._typed(batches.get_batch(place))

    def _typed(self, batch: pa.RecordBatch) -> pa.Table:
        columns = {name: self._dated(batch[name], name) for name in batch.schema.names}
        return pa.table({**columns, "_file": pa.repeat(pa.scalar(self.index, pa.int32()), len(batch))})

    def _dated(self, cells: pa.Array, name: str) -> pa.Array:
        if self.kinds[name] not in DATED:
            return cells
        if name in self.stamps:
            values, stamps = self.stamps[name]
            return stamps.take(pc.index_in(cells, value_set=values))
        return read_dates(cells, self.reader.rule(name, self.kinds[name])).column


@dataclass
class _Seen:
    """What one pass over the blocks of a file has met."""

    n_read: int = 0
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
    kinds = {name: column_kind(kind, name) for name in match.places}
    if not isinstance(sheet, TextSheet) or sheet.has_nul or sheet.odd_quotes or not _is_plain(kind, match, kinds):
        return None
    path, seen = aside / f".rows-{source.index}.arrow", _Seen()
    trial = CellReader(match, Source(source.index, source.name, "", 0), company, Ledger())
    try:
        _put_aside(sheet, match, trial, kinds, path, seen)
    except (_Odd, pa.ArrowInvalid):
        path.unlink(missing_ok=True)
        return None
    introduce(source, sheet, match)
    _report(sheet, match, source, ledger, seen)
    reader = CellReader(match, source, company, ledger)
    for name, words in seen.words.items():
        reader.read_flags(pa.array(sorted(words), TEXT), name)
    tallies = _tallies(path, [name for name, forms in seen.forms.items() if not _is_quick(forms, kinds[name])])
    decided = reader.dates(tallies, kinds)
    spilled = Spilled(path, source.index, reader, kinds, {n: (t.values, decided[n]) for n, t in tallies.items()})
    _note_span(spilled, source, MAIN_DATE.get(kind.table or ""))
    note_size(seen.n, source)
    labels = {name: reader.label(name) for name in match.places}
    table = next(spilled.parts(range(1))).slice(0, 0) if len(spilled) else pa.table({"_file": pa.array([], pa.int32())})
    return Frame(source, match.description, table, None, match.titles, labels, spilled=spilled)


def _is_plain(kind: FileKind, match: Match, kinds: dict[str, str]) -> bool:
    """Return whether no column needs more than its own cells, one by one or all counted.

    Activities of several types are told apart with all of them at hand.
    """
    asks = (
        "activity_type" in match.places,
        kind.wide,
        kind.former,
        kind.lookups,
        kind.stage_dates,
        kind.alone,
        kind.prints_total,
        kind.statement,
    )
    once = all(len(places) == 1 for places in match.places.values())
    return once and not any(asks) and all(what in KINDS for what in kinds.values())


def _put_aside(
    sheet: TextSheet, match: Match, reader: CellReader, kinds: dict[str, str], path: Path, seen: _Seen
) -> None:
    schema = pa.schema([(name, pa.bool_() if what == "flag" else TEXT) for name, what in kinds.items()])
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, schema, options=options) as writer:
        for cells in _blocks(sheet, match, kinds, seen.ragged):
            if headers_again(cells, match).any():
                raise _Odd
            keep, cut_rows = kept_rows(cells, match)
            seen.n_read, seen.cut = seen.n_read + len(keep), seen.cut + cut_rows
            columns = [cells.columns[match.places[name][0]] for name in kinds]
            if not keep.all():
                columns = [column.filter(pa.array(keep)) for column in columns]
            typed = [_typed(column, name, reader, kinds, seen) for name, column in zip(kinds, columns, strict=True)]
            seen.n += len(typed[0])
            writer.write_batch(pa.RecordBatch.from_arrays(typed, schema=schema))


def _typed(cells: pa.Array, name: str, reader: CellReader, kinds: dict[str, str], seen: _Seen) -> pa.Array:
    """Return the cells of one block as they are put aside: dates still as text, the rest typed."""
    what = kinds[name]
    if what in DATED:
        seen.forms.setdefault(name, set()).add(iso_form(cells.cast(TEXT)))
        return cells.cast(TEXT)
    if what == "flag":
        seen.words.setdefault(name, set()).update(pc.unique(cells).drop_null().cast(TEXT).to_pylist())
    typed = reader.typed(cells, name, what)
    if reader.source.warnings or (what == "id" and (reader.ledger.problems or reader.source.decisions)):
        raise _Odd
    reader.ledger.problems.clear()
    return typed if what == "flag" else typed.cast(TEXT)


def _blocks(sheet: TextSheet, match: Match, kinds: dict[str, str], ragged: list[str]) -> Iterator[Cells]:
    """Yield the cells at the known places block by block; rows of another width go to `ragged` as text."""
    width, skip = sheet.below(match.delimiter, match.header)
    few = {match.places[name][0]: what in FEW_KINDS for name, what in kinds.items()}
    types = {str(place): FEW if is_few else TEXT for place, is_few in ({0: False} | few).items()}

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
    read = arrow_csv.ReadOptions(column_names=[str(i) for i in range(width)], block_size=BLOCK)
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
    leave_out_cut(ragged, lines, seen.cut, match, source, ledger)


def _is_quick(forms: set[str | None], what: str) -> bool:
    """Return whether all cells of a column are ISO and written alike, so that nothing is to be decided."""
    written = forms - {"blank"}
    return len(written) <= 1 and None not in written and (what == "timestamp" or "zoned" not in written)


def _tallies(path: Path, names: list[str]) -> dict[str, Tally]:
    """Return the distinct cells of some columns that were put aside, and how many rows hold each."""
    found: dict[str, pa.Table] = {}
    with pa.OSFile(str(path)) as stream:
        batches = pa.ipc.open_file(stream)
        for place in range(batches.num_record_batches if names else 0):
            batch = batches.get_batch(place)
            for name in names:
                seen = pa.table({"v": batch[name].drop_null()}).group_by("v").aggregate([([], "count_all")])
                seen = seen.rename_columns(["v", "n"])
                both = pa.concat_tables([found[name], seen]) if name in found else seen
                found[name] = both.group_by("v").aggregate([("n", "sum")]).rename_columns(["v", "n"])
    return {
        name: Tally(table["v"].combine_chunks(), table["n"].to_numpy().astype(np.int64))
        for name, table in found.items()
    }


def _note_span(spilled: Spilled, source: Source, main: str | None) -> None:
    """Write down the first and the last day of the main date."""
    if main not in spilled.kinds:
        return
    spans = [pc.min_max(part[main]).as_py() for part in spilled.parts(columns=[main])]
    firsts, lasts = ([span[key] for span in spans if span[key] is not None] for key in ("min", "max"))
    source.first = min(firsts).date().isoformat() if firsts else None
    source.last = max(lasts).date().isoformat() if lasts else None
