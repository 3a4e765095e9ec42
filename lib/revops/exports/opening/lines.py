"""Rows and lines of delimited text: where rows of another width stand, and cells that have swallowed whole rows."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

__all__ = ["lines_of_other_width", "rows_of", "rows_swallowed", "unclosed_line"]

WIDEST = 1 << 26


def lines_of_other_width(text: str | TextIO, delimiter: str, width: int) -> dict[tuple[str, ...], int]:
    """Return the rows that have not `width` cells, each with the line of `text` it starts in."""
    found: dict[tuple[str, ...], int] = {}
    for line, cells in rows_of(text, delimiter):
        if any(cells) and len(cells) != width:
            found.setdefault(tuple(cells), line)
    return found


def unclosed_line(text: str, delimiter: str) -> int:
    """Return the line of a last quote that is never closed and so swallows the rows below it; 0 where all are."""
    line, last = 0, [""]
    for line, last in rows_of(text, delimiter):  # noqa: B007
        pass
    return line if last and "\n" in last[-1] else 0


def rows_swallowed(stream: pa.NativeFile, delimiter: str, width: int) -> tuple[int, str]:
    """Return how many cells hold a line break and after it as many delimiters as a row has, and the first such cell."""
    names, start = [str(place) for place in range(width)], stream.tell()
    parse = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip")
    types = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    for block in (1 << 22, WIDEST):  # pyarrow reads up to 32 blocks ahead
        stream.seek(start)
        n, shown = 0, ""
        try:
            read = arrow_csv.ReadOptions(column_names=names, block_size=block)
            for batch in arrow_csv.open_csv(stream, read, parse, types):
                for column in batch.columns:
                    for cell in column.filter(pc.match_substring(column, "\n")).to_pylist():
                        if cell.count(delimiter) >= width - 1:
                            n, shown = n + 1, shown or cell
        except pa.ArrowInvalid:
            continue
        return n, " ".join(shown.split())
    return 0, ""


def rows_of(text: str | Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each row starts in, and its cells."""
    limit = csv.field_size_limit(1 << 30)
    try:
        stream = io.StringIO(text, newline="") if isinstance(text, str) else text
        reader, end = csv.reader(stream, delimiter=delimiter), 0
        for cells in reader:
            yield end + 1, cells
            end = reader.line_num
    finally:
        csv.field_size_limit(limit)
