"""Columns whose headers are values (months, quarters, categories) turned into rows, before any cell is read."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from revops.exports.audit import Ledger, Source
from revops.exports.opening.text import Cells
from revops.exports.reading.columns import TEXT, distinct
from revops.exports.recognising.recognise import Match
from revops.wording import plural

__all__ = ["lengthen", "lengthened", "long_match", "tell_lengthened"]

NAMED = 4


def lengthened(cells: Cells, match: Match, source: Source, ledger: Ledger) -> Match:
    """Turn the wide columns of `cells` into rows, in place, and return the match that fits them.

    A row of k such columns becomes k rows, so that one decimal sign and one order of days hold for all of them; blank
    cells are no rows and are counted. The audit counts what the rows became.
    """
    n = cells.n
    tell_lengthened(n, lengthen(cells, match), match, source, ledger)
    return long_match(match)


def long_match(match: Match) -> Match:
    """Return the match that fits cells whose wide columns are rows."""
    wide, spread, shown = match.description.kind.wide, _spread(match), _shown(match)
    assert wide is not None
    names = ["" if place in spread else label for place, label in enumerate(match.labels)]
    names[spread[0]] = shown
    places = {**match.places, wide.cell: spread[:1], wide.label: (len(names),)}
    return replace(match, labels=(*names, shown), places=places)


def lengthen(cells: Cells, match: Match) -> int:
    """Turn the wide columns into rows, in place, and return how many cells of them are blank."""
    spread, n = _spread(match), cells.n
    rows = pa.array(np.tile(np.arange(n), len(spread)))
    values = pa.concat_arrays([_text(cells.columns[place]) for place in spread])
    filled = values.is_valid()
    columns = {place: distinct(column).take(rows) for place, column in cells.columns.items() if place not in spread}
    labels = [match.labels[place].strip() for place in spread]
    columns[spread[0]] = values
    nth = pa.array(np.repeat(np.arange(len(spread), dtype=np.int32), n))
    columns[len(match.labels)] = pa.DictionaryArray.from_arrays(nth, pa.array(labels, TEXT))
    cells.columns = {place: column.filter(filled) for place, column in columns.items()}
    return int(values.null_count)


def tell_lengthened(n: int, n_blank: int, match: Match, source: Source, ledger: Ledger) -> None:
    """Write down that `n` rows were turned into their cells, of which so many are blank."""
    spread = _spread(match)
    if len({match.labels[place].strip().casefold() for place in spread}) < len(spread):
        shown = ", ".join(match.labels[place].strip() for place in spread)
        ledger.problems.append(
            f"{source.name}: each header must stand once; found one twice among {shown}. Remove or rename it."
        )
    if len(spread) > 1:
        source.counted_in, source.sheet_rows = "cells", source.rows_read
        source.decisions.append(
            f"{len(spread)} columns ({_shown(match)}) of {plural(n, 'row')}: each cell read as a row"
        )
    source.rows_read += n * (len(spread) - 1)
    ledger.leave_out(source, "blank cell", n_blank)


def _spread(match: Match) -> tuple[int, ...]:
    wide = match.description.kind.wide
    assert wide is not None
    return match.places[wide.cell]


def _shown(match: Match) -> str:
    labels = [match.labels[place].strip() for place in _spread(match)]
    return f"{', '.join(labels[:NAMED])}{', …' if len(labels) > NAMED else ''}"


def _text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    column = column.cast(TEXT)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
