"""Columns whose headers are values (months, quarters, categories) turned into rows, before any cell is read."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger, Source
from revops.exports.opening.text import Cells
from revops.exports.reading.columns import TEXT, distinct
from revops.exports.recognising.recognise import Match
from revops.wording import plural

__all__ = ["lengthened"]

NAMED = 4


def lengthened(cells: Cells, match: Match, source: Source, ledger: Ledger) -> Match:
    """Turn the wide columns of `cells` into rows, in place, and return the match that fits them.

    A row of k such columns becomes k rows, so that one decimal sign and one order of days hold for all of them; blank
    cells are no rows and are counted. The audit counts what the rows became.
    """
    wide = match.description.kind.wide
    assert wide is not None
    spread, n = match.places[wide.cell], cells.n
    if len({match.labels[place].strip().casefold() for place in spread}) < len(spread):
        shown = ", ".join(match.labels[place].strip() for place in spread)
        ledger.problems.append(
            f"{source.name}: each header must stand once; found one twice among {shown}. Remove or rename it."
        )
    rows = pa.array(np.tile(np.arange(n), len(spread)))
    values = pa.concat_arrays([_text(cells.columns[place]) for place in spread])
    filled = values.is_valid()
    columns = {place: distinct(column).take(rows) for place, column in cells.columns.items() if place not in spread}
    labels = [match.labels[place].strip() for place in spread]
    columns[spread[0]] = values
    nth = pa.array(np.repeat(np.arange(len(spread), dtype=np.int32), n))
    columns[len(match.labels)] = pa.DictionaryArray.from_arrays(nth, pa.array(labels, TEXT))
    cells.columns = {place: column.filter(filled) for place, column in columns.items()}
    if len(spread) > 1:
        source.counted_in, source.sheet_rows = "cells", source.rows_read
    source.rows_read += n * (len(spread) - 1)
    ledger.leave_out(source, "blank cell", len(values) - pc.sum(filled).as_py() if n else 0)
    shown = f"{', '.join(labels[:NAMED])}{', …' if len(labels) > NAMED else ''}"
    if len(spread) > 1:
        source.decisions.append(f"{len(spread)} columns ({shown}) of {plural(n, 'row')}: each cell read as a row")
    names = ["" if place in spread else label for place, label in enumerate(match.labels)]
    names[spread[0]] = shown
    places = {**match.places, wide.cell: spread[:1], wide.label: (len(names),)}
    return replace(match, labels=(*names, shown), places=places)


def _text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    column = column.cast(TEXT)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
