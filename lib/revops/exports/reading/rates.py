"""Text to fractions: percent or fraction decided once for a column, what cannot be either refused."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.reading.columns import TEXT, Tally
from revops.exports.reading.numbers import Numbers, read_numbers

__all__ = ["read_rates"]


def read_rates(
    column: pa.Array | pa.ChunkedArray | Tally,
    where: str,
    is_percent: bool,
    decimal_sign: str = "auto",
    fallback: str = "auto",
) -> Numbers:
    """Return a column of text as fractions in [0, 1]; percent or fraction is decided once for the column.

    Of a tally the fractions of its distinct values are returned, decided by all its rows.

    A percent sign or any number above 1 means percent. Else any number strictly between 0 and 1 means fractions, and
    a column of nothing but 0 and 1 is what the description of the system says (`is_percent`).
    """
    cells = column.values if isinstance(column, Tally) else column
    text = cells.dictionary if pa.types.is_dictionary(cells.type) else cells
    signed = bool(pc.any(pc.match_substring(text.cast(TEXT), "%")).as_py())
    read = read_numbers(column, where, decimal_sign, fallback)
    if read.problem:
        return read
    low, high = pc.min_max(read.column).as_py().values()
    between = pc.any(pc.and_(pc.greater(read.column, 0), pc.less(read.column, 1))).as_py()
    if signed and between and (mixed := _mixed(column, cells, read.column, where)):
        return Numbers(read.column, problem=mixed)
    percent = signed or (high is not None and high > 1) or (is_percent and not between)
    top = 100 if percent else 1
    if low is not None and (low < 0 or high > top):
        outside = pc.or_(pc.less(read.column, 0), pc.greater(read.column, top)).fill_null(False)
        n, total = _counted(column, outside)
        shown = pc.unique(cells.filter(outside).cast(TEXT)).to_pylist()
        problem = (
            f"{where}: must be between 0 and {top}; found {n:,} of {total:,} rows outside "
            f"({examples(sorted(shown))}). Correct the export."
        )
        return Numbers(read.column, problem=problem)
    label = where.rpartition("column ")[2]
    decision = f"{label}: percent, divided by 100" if percent else f"{label}: fractions, taken as they are"
    return Numbers(pc.divide(read.column, float(top)), decision, read.unreadable, read.shown)


def _mixed(
    column: pa.Array | pa.ChunkedArray | Tally, cells: pa.Array | pa.ChunkedArray, values: pa.Array, where: str
) -> str:
    """Return the sentence that refuses 75% beside 0.75: nothing says what a bare number means."""
    bare = pc.invert(pc.match_substring(cells.cast(TEXT), "%"))
    wrong = pc.and_(bare, pc.and_(pc.greater(values, 0), pc.less(values, 1))).fill_null(False)
    n, total = _counted(column, wrong)
    if not n:
        return ""
    shown = examples(sorted(pc.unique(cells.filter(wrong).cast(TEXT)).to_pylist()))
    return (
        f"{where}: must be written in percent or as fractions throughout; found {n:,} of {total:,} fractions "
        f"beside percent signs ({shown}). Correct the export."
    )


def _counted(column: pa.Array | pa.ChunkedArray | Tally, chosen: pa.Array) -> tuple[int, int]:
    """Return how many rows are chosen, and of how many."""
    if isinstance(column, Tally):
        return int(column.counts[np.asarray(chosen)].sum()), int(column.counts.sum()) + column.n_blank
    return pc.sum(chosen).as_py() or 0, len(column)
