"""Totals that a file prints of its rows: read together with them, then set apart, so that the two can be compared."""

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.opening.text import Cells
from revops.exports.reading.cells import CellReader
from revops.exports.reading.columns import TEXT, whole
from revops.exports.recognising.kinds import FileKind, column_kind
from revops.exports.recognising.recognise import Match

__all__ = ["apart", "identities", "is_reconciled", "joined_cells", "with_total"]

RECONCILED = ("spend", "web_traffic")


def with_total(column: str, cells: Cells, totals: Cells, match: Match) -> pa.Array | pa.ChunkedArray:
    """Return a column as it is to be read: one of numbers with its totals below, so that both are read alike."""
    place = match.places[column][0]
    if not _is_summed(column, match):
        return cells.columns[place]
    return pa.concat_arrays([whole(part).cast(TEXT) for part in (cells.columns[place], totals.columns[place])])


def identities(cells: Cells) -> pa.Array:
    """Return a number for each row, the same for rows whose cells are all the same, also those that we do not read."""
    return pc.dictionary_encode(joined_cells(cells)).indices


def joined_cells(cells: Cells) -> pa.Array:
    """Return all cells of each row as one text."""
    texts = [whole(column).cast(TEXT).fill_null("") for _, column in sorted(cells.columns.items())]
    return pc.binary_join_element_wise(*texts, "\x1f")


def apart(columns: dict[str, pa.Array], n: int, totals: Cells, reader: CellReader) -> pa.Table | None:
    """Take the totals off the end of the columns read with them; return them by the first text of their rows."""
    summed = {}
    for name in [name for name in columns if _is_summed(name, reader.match)]:
        summed[name], columns[name] = columns[name].slice(n), columns[name].slice(0, n)
    reader.marks = {name: marks.slice(0, n) for name, marks in reader.marks.items()}
    if not summed:
        return None
    texts = [column.to_pylist() for _, column in sorted(totals.columns.items())]
    labels = [next((text for text in row if text and text.strip()), None) for row in zip(*texts, strict=True)]
    return pa.table({**summed, "label": pa.array(labels, TEXT)})


def is_reconciled(kind: FileKind) -> bool:
    """Return whether such files may print totals that are held against their rows."""
    return kind.table in RECONCILED


def _is_summed(column: str, match: Match) -> bool:
    kind = match.description.kind
    return is_reconciled(kind) and kind.wide is None and column_kind(kind, column) in ("money", "number")
