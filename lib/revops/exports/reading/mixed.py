"""Columns pasted together from several sheets: each cell read by itself, and those that read both ways told apart."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.columns import TEXT, counts_of, distinct
from revops.exports.reading.date_order import DateRule
from revops.exports.reading.dates import Dates, read_dates
from revops.exports.reading.marks import marks_of
from revops.exports.reading.numbers import Numbers, read_numbers

__all__ = ["dates_by_cell", "numbers_by_cell"]

Column = pa.Array | pa.ChunkedArray


def numbers_by_cell(column: Column, where: str, fallback: str) -> tuple[Numbers, pa.Array]:
    """Return a column of text as numbers, each cell by its own signs, and which cells read both ways."""
    read, unsure = _by_cell(column, lambda cell: read_numbers(cell, where, "auto", fallback), pa.float64())
    label = where.rpartition("column ")[2]
    decision = f"{label}: written in several ways, read cell by cell"
    return Numbers(read.column, decision, read.unreadable, read.shown, marks=marks_of(column)), unsure


def dates_by_cell(column: Column, rule: DateRule) -> tuple[Dates, pa.Array]:
    """Return a column of text as dates, each cell by its own order, and which cells read both ways."""
    read, unsure = _by_cell(column, lambda cell: read_dates(cell, rule), pa.timestamp("us"))
    decision = f"{rule.label}: written in several ways, read cell by cell"
    return Dates(read.column, decision, read.unreadable, read.shown), unsure


def _by_cell(
    column: Column, read: Callable[[pa.Array], Numbers | Dates], kind: pa.DataType
) -> tuple[Numbers | Dates, pa.Array]:
    codes = distinct(column)
    cells, counts = codes.dictionary.cast(TEXT), counts_of(codes)
    found = [read(pa.array([cell], TEXT)) for cell in cells.to_pylist()]
    values = pa.array([None if one.problem else one.column[0].as_py() for one in found], kind)
    lost = [bool(one.unreadable) for one in found]
    unsure = pa.array([bool(one.problem) and not one.unreadable for one in found], pa.bool_())
    shown = tuple(sorted(cell for cell, gone in zip(cells.to_pylist(), lost, strict=True) if gone)[:3])
    unreadable = int(sum(n for n, gone in zip(counts.tolist(), lost, strict=True) if gone))
    whole = replace(found[0], column=values.take(codes.indices), unreadable=unreadable, shown=shown)
    return whole, pc.fill_null(unsure.take(codes.indices), False)
