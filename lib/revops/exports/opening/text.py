"""Delimited text: its encoding, its first rows under each delimiter, and its cells, all as text, by column."""

import codecs
import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from revops.errors import examples
from revops.exports.opening.files import Blob, Survey, wide
from revops.exports.opening.lines import lines_of_other_width, rows_of, rows_swallowed, unclosed_line
from revops.exports.opening.scars import healed

__all__ = ["FEW", "Cells", "TextSheet", "cut", "open_text"]

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
HEAD_BYTES, HEAD_ROWS = 1 << 18, 45
WIDEST = 1 << 26
UNCLOSED = "every quote must be closed; found one in line {:,} that is not. Close it, or export again."
TEXT, FEW = pa.string(), pa.dictionary(pa.int32(), pa.string())
MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8 with BOM"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)


@dataclass
class Cells:
    """The cells below a header: one array per wanted position, and the rows of another width with their lines."""

    columns: dict[int, pa.Array | pa.ChunkedArray]
    ragged: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Return the number of rows of the header's width."""
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True)
class TextSheet:
    """One text file in UTF-8 (as it is, or turned into it), ready to be tried under each delimiter."""

    name: str
    encoding: str
    blob: Blob
    start: int
    has_nul: bool
    odd_quotes: bool
    newlines: int = 0
    notes: tuple[str, ...] = ()

    def heads(self) -> Iterator[tuple[str | None, list[list[str]]]]:
        """Yield each delimiter with the first rows as it cuts them."""
        for delimiter in DELIMITERS:
            yield delimiter, [cells for cells, _ in self._head(delimiter)]

    def read(self, delimiter: str | None, header: int, few: dict[int, bool], nulls: tuple[str, ...]) -> Cells:
        """Return the cells below row `header` at the wanted positions; `few` says which hold few distinct values."""
        width, skip = self.below(delimiter, header)
        types = {str(place): FEW if is_few else TEXT for place, is_few in few.items()}
        try:
            cells = self._by_arrow(delimiter or ",", width, self.start + skip, types, nulls)
        except pa.ArrowInvalid:
            cells = self._by_module(delimiter or ",", width, self.start + skip, types, nulls)
        cells.problem = self.swallowed(delimiter or ",", width, skip, cells.n, len(cells.ragged))
        if cells.ragged:
            starts = lines_of_other_width(self._text(0), delimiter or ",", width)
            cells.lines = [starts.get(tuple(row), 0) for row in cells.ragged]
        return _without_nul(cells, nulls) if self.has_nul else cells

    def below(self, delimiter: str | None, header: int) -> tuple[int, int]:
        """Return how many cells row `header` has, and how many bytes stand above what is below it."""
        cells, read = self._head(delimiter or ",")[header]
        return len(cells), read

    def grid(self, delimiter: str | None) -> tuple[list[list[str]], str]:
        """Return every row as text, of whatever width, and the sentence that refuses the file; for small files."""
        text = self._text(0).replace("\x00", "")
        if self.odd_quotes and (line := unclosed_line(text, delimiter or ",")):
            return [], UNCLOSED.format(line)
        return [cells for _, cells in rows_of(text, delimiter or ",")], ""

    def _text(self, skip: int) -> str:
        return self.blob.read()[self.start + skip :].decode("utf-8", errors="replace")

    def swallowed(self, delimiter: str, width: int, skip: int, n_rows: int, n_ragged: int) -> str:
        """Return the sentence that refuses a file in which a stray quote has swallowed rows."""
        if self.odd_quotes and (line := unclosed_line(self._text(0), delimiter)):
            return UNCLOSED.format(line)
        if self.newlines <= n_rows + n_ragged + 1:
            return ""
        with self.stream(self.start + skip) as stream:
            n, shown = rows_swallowed(stream, delimiter, width)
        if not n:
            return ""
        return (
            f"a cell must not hold whole rows; found {n:,} of {n_rows:,} rows with such a cell, after a stray quote "
            f"({examples([shown])}). Close the quote, or export again."
        )

    def _head(self, delimiter: str) -> list[tuple[list[str], int]]:
        """Return the first rows, each with the number of bytes up to its end."""
        lines = _Counted(self._head_text)
        reader = csv.reader(lines, delimiter=delimiter)
        found: list[tuple[list[str], int]] = []
        try:
            while len(found) < HEAD_ROWS and (cells := next(reader, None)) is not None:
                found.append((cells, lines.read))
        except csv.Error:
            pass
        return found

    @cached_property
    def _head_text(self) -> str:
        with self.blob.open() as stream:
            stream.seek(self.start)
            return stream.read(HEAD_BYTES).decode("utf-8", errors="ignore")

    def _by_arrow(
        self, delimiter: str, width: int, skip: int, types: dict[str, pa.DataType], nulls: tuple[str, ...]
    ) -> Cells:
        ragged: list[str] = []

        def other_width(row: arrow_csv.InvalidRow) -> str:
            ragged.append(row.text)
            return "skip"

        parse = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=other_width)
        convert = arrow_csv.ConvertOptions(
            include_columns=list(types), column_types=types, null_values=["", *nulls], strings_can_be_null=True
        )
        for block in (1 << 21, WIDEST):
            ragged.clear()
            read = arrow_csv.ReadOptions(column_names=[str(i) for i in range(width)], block_size=block)
            try:
                with self.stream(skip) as stream:
                    table = arrow_csv.read_csv(stream, read, parse, convert)
            except pa.ArrowInvalid as error:
                if "Empty CSV file" in str(error):
                    return Cells({int(place): pa.array([], kind) for place, kind in types.items()})
                if block == WIDEST or "straddling" not in str(error):
                    raise
            else:
                columns = {int(name): _whole(table[name]) for name in table.column_names}
                return Cells(columns, cut(ragged, delimiter))
        raise AssertionError("unreachable")

    def _by_module(
        self, delimiter: str, width: int, skip: int, types: dict[str, pa.DataType], nulls: tuple[str, ...]
    ) -> Cells:
        """Return what `_by_arrow` returns, by the standard library, for files that pyarrow refuses."""
        text = self.blob.read()[skip:].decode("utf-8")
        limit = csv.field_size_limit(len(text) + 1)
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
        finally:
            csv.field_size_limit(limit)
        fitting = [row for row in rows if len(row) == width]
        empty = {"", *nulls}
        columns = {
            int(name): pa.array([None if row[int(name)] in empty else row[int(name)] for row in fitting], TEXT).cast(
                kind
            )
            for name, kind in types.items()
        }
        return Cells(
            columns, sorted(row for row in rows if len(row) != width), notes=["read with the slower csv reader"]
        )

    def stream(self, skip: int) -> pa.NativeFile:
        """Return the bytes of the file from `skip` on."""
        stream = pa.OSFile(os.fsencode(self.blob.path)) if self.blob.path else pa.BufferReader(self.blob.data)
        stream.seek(skip)
        return stream


def open_text(blob: Blob, seen: Survey) -> TextSheet:
    """Return a text file as UTF-8: by its byte order mark, else strict UTF-8, else Windows-1252 with a note."""
    head = blob.head(4096)
    for mark, encoding, shown in MARKS:
        if head.startswith(mark):
            if encoding == "utf-8":
                break
            return _recoded(blob, blob.read()[2:].decode(encoding, errors="replace"), shown)
    else:
        mark, shown = b"", "utf-8"
    if encoding := wide(head):
        return _recoded(blob, blob.read().decode(encoding, errors="replace"), f"{encoding} without BOM")
    if seen.is_utf8 and not seen.scarred:
        return TextSheet(blob.name, shown, blob, len(mark), seen.has_nul, seen.odd_quotes, seen.newlines)
    raw = blob.read()[len(mark) :]
    if seen.is_utf8:
        return _recoded(blob, raw.decode("utf-8"), shown, seen.has_nul)
    try:
        text, encoding = raw.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = raw.decode("latin-1"), "iso-8859-1"
    note = f"not UTF-8: read as {encoding}; look at names with accents"
    return _recoded(blob, text, encoding, seen.has_nul, (note,))


class _Counted:
    """The lines of a text, counting the UTF-8 bytes given out so far."""

    def __init__(self, text: str) -> None:
        self.lines = io.StringIO(text, newline="")
        self.read = 0

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> str:
        line = self.lines.readline()
        if not line:
            raise StopIteration
        self.read += len(line.encode("utf-8"))
        return line


def _recoded(blob: Blob, text: str, encoding: str, has_nul: bool = False, notes: tuple[str, ...] = ()) -> TextSheet:
    text, scars = healed(text)
    data, notes = text.encode("utf-8"), (*notes, *scars)
    odd = data.count(b'"') % 2 == 1
    return TextSheet(blob.name, encoding, Blob(blob.name, data=data), 0, has_nul, odd, data.count(b"\n"), notes)


def _whole(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return codes as one array with one dictionary; text stays in the pieces it was read in, which is cheaper."""
    return column.unify_dictionaries().combine_chunks() if pa.types.is_dictionary(column.type) else column


def cut(rows: list[str], delimiter: str) -> list[list[str]]:
    """Return the cells of rows of text in the order of their text, without blank ones."""
    lines = (io.StringIO(text, newline="") for text in sorted(rows) if text.strip())
    return [next(csv.reader(line, delimiter=delimiter), []) for line in lines]


def _without_nul(cells: Cells, nulls: tuple[str, ...]) -> Cells:
    """Drop NUL characters, which no reader shows, from every cell."""
    for place, column in cells.columns.items():
        clean = pc.replace_substring(column.cast(TEXT), "\x00", "")
        cells.columns[place] = pc.if_else(pc.is_in(clean, pa.array(["", *nulls])), None, clean).cast(column.type)
    cells.notes.append("NUL characters were dropped from its cells")
    return cells
