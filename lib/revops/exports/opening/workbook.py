"""Sheets of an XLSX workbook as rows of text, so that they go the way of every other file."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from revops.exports.opening.files import Blob
from revops.exports.opening.text import FEW, HEAD_ROWS, TEXT, Cells
from revops.wording import plural

__all__ = ["WorkbookSheet", "open_workbook"]


BROKEN = (KeyError, ValueError, OSError, TypeError, AttributeError, IndexError, EOFError, SyntaxError,
          zipfile.BadZipFile, zlib.error)  # fmt: skip
# Of a cell that is known to be text (t="str") an empty value is what the formula gave.
UNCALCULATED = re.compile(
    rb"<c\b(?![^>]*\bt=\"str\")[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
HIDDEN_ROW = re.compile(rb"<row\b[^>]*\bhidden=\"(?:1|true)\"")
ARROW = re.compile("[\u2191\u2193]")
SUBTOTAL = re.compile(r"^\s*sub-?total\b", re.I)
TOTAL = re.compile(r"\s*((grand |sub-? ?)?totals?|count|sum|avg|average)\s*:?\s*(\([\d,. ]+( records?)?\))?\s*", re.I)
COUNTED = re.compile(r"(.*\S)\s*\([\d,. ]+( records?)?\)\s*", re.I)
NUMBER = re.compile(r"[A-Z]{0,3}\W*[\d.,\s]+%?")
RECORDS = re.compile(r"\([\d,. ]+ records?\)\s*$", re.I)
SPARSE = 5
GROUPED = "must be a plain list; found a grouped report. Export it again as Details Only."
CURRENCY = re.compile(r"\[\$([A-Z]{3}|[A-Z]{0,2}[$\u20ac\u00a3\u00a5])[^\]]*\]|([$\u20ac\u00a3\u00a5])(?!-)")


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet of a workbook; its cells are text already."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    encoding: str = "xlsx"
    notes: tuple[str, ...] = ()
    uncalculated: int = 0
    title: str = ""

    def heads(self) -> Iterator[tuple[str | None, list[list[str]]]]:
        """Yield the first rows; a sheet has no delimiter."""
        yield None, [list(row) for row in self.rows[:HEAD_ROWS]]

    def grid(self, delimiter: str | None) -> tuple[list[list[str]], str]:
        """Return every row as text, and the sentence that refuses a sheet whose formulas nobody has calculated."""
        return [list(row) for row in self.rows], self._lacking()

    def _lacking(self) -> str:
        """Return the sentence that refuses formulas whose values nobody has worked out."""
        if not self.uncalculated:
            return ""
        return (
            f"every formula must have been calculated; found {self.uncalculated:,} that never were. Open the workbook "
            "in Excel and save it, or export it as CSV."
        )

    def read(self, delimiter: str | None, header: int, few: dict[int, bool], nulls: tuple[str, ...]) -> Cells:
        """Return the cells below row `header` at the wanted positions; wholly blank rows are no rows."""
        below = [row for row in self.rows[header + 1 :] if any(row)]
        grouped = [place for place, label in enumerate(self.rows[header]) if ARROW.search(label)]
        first = next(place for place, label in enumerate(self.rows[header]) if label.strip())
        is_grouped = any(_starts_group(row) or SUBTOTAL.match(next(filter(None, row))) for row in below) or _is_sparse(
            below, first
        )
        below = _filled_down(below, grouped)
        empty = {"", *nulls}
        columns = {}
        for place, is_few in few.items():
            values = [None if row[place].strip() in empty else row[place] for row in below]
            columns[place] = pa.array(values, TEXT).cast(FEW if is_few else TEXT)
        return Cells(columns, problem=GROUPED if is_grouped and not grouped else self._lacking())


def _is_sparse(rows: list[tuple[str, ...]], place: int) -> bool:
    """Return whether a column shows each value once and is blank below it, as merged cells of a group do.

    Under a total at the end, which a formatted report has, one such blank is enough.
    """
    has_total = any(_is_total(row) for row in rows)
    first = [row[place].strip() for row in rows if not _is_total(row) and len(list(filter(None, row))) > 1]
    filled = [cell for cell in first if cell]
    if not filled or not first[0] or len(filled) == len(first) or len(set(filled)) < len(filled):
        return False
    return has_total or (len(first) >= SPARSE and len(filled) <= len(first) / 2)


def _starts_group(row: tuple[str, ...]) -> bool:
    """Return whether a row only names a group and says how many records it has (`Stage: Won (3 records)`)."""
    title, *rest = filter(None, row)
    return not rest and not TOTAL.fullmatch(title) and bool(RECORDS.search(title))


def _is_total(row: tuple[str, ...]) -> bool:
    """Return whether a row is one of totals: its first word says so and nothing but numbers and such words follow."""
    cells = [cell for cell in row if cell.strip()]
    return bool(TOTAL.fullmatch(cells[0])) and all(TOTAL.fullmatch(c) or NUMBER.fullmatch(c) for c in cells[1:])


def _filled_down(rows: list[tuple[str, ...]], grouped: list[int]) -> list[tuple[str, ...]]:
    """Return the rows of a report with its group columns, shown once per group, on every row of data.

    Of a row of totals of such a report, of one that counts, and of one that only names a group with the number of its
    rows (`Qualification (2)`), the title alone stays.
    """
    last: dict[int, str] = {}
    found = []
    for row in rows:
        title = next(filter(None, row))
        named = COUNTED.fullmatch(title) if grouped and row.index(title) in grouped else None
        if named and all(NUMBER.fullmatch(cell) for cell in filter(None, row) if cell != title):
            last[row.index(title)] = named[1]
            row = tuple(cell if cell == title else "" for cell in row)
        elif _is_total(row) and (grouped or "total" not in title.casefold()):
            row = tuple(cell if place == row.index(title) else "" for place, cell in enumerate(row))
        else:
            last |= {place: row[place] for place in grouped if row[place]}
            row = tuple(cell or last.get(place, "") for place, cell in enumerate(row))
        found.append(row)
    return found


def open_workbook(blob: Blob) -> list[WorkbookSheet] | str:
    """Return the sheets that hold rows, or the sentence that says why the workbook cannot be opened."""
    import openpyxl  # here, not above: reports, which read no export, would load it too

    try:
        book = openpyxl.load_workbook(io.BytesIO(blob.read()), read_only=True, data_only=True)
        sheets = [found for sheet in book.worksheets if (found := _sheet(f"{blob.name}/{sheet.title}", sheet))]
        book.close()
        lacking, hidden = _in_sheets(blob, UNCALCULATED), _in_sheets(blob, HIDDEN_ROW)
    except BROKEN as error:
        return f"must be an Excel workbook (.xlsx); found one that cannot be opened ({error}). Save it again as CSV."
    notes = (f"{plural(hidden, 'row')} hidden in its workbook, by hand or by a filter: read too",) if hidden else ()
    sheets = [replace(sheet, uncalculated=lacking, notes=(*sheet.notes, *notes)) for sheet in sheets]
    return [replace(sheets[0], name=blob.name)] if len(sheets) == 1 else sheets


def _in_sheets(blob: Blob, pattern: re.Pattern[bytes]) -> int:
    """Return how often the sheets of a workbook hold a pattern: formulas without a value, rows that are hidden."""
    with zipfile.ZipFile(io.BytesIO(blob.read())) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return sum(len(pattern.findall(archive.read(name))) for name in parts)


def _sheet(name: str, sheet: Any) -> WorkbookSheet | None:
    """Return a sheet's rows, all of one width; None where it holds nothing."""
    if not hasattr(sheet, "iter_rows"):
        return None
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    rows = [tuple(_cell(cell) for cell in row) for row in sheet.iter_rows()]
    width = max((len(row) for row in rows), default=0)
    rows = [row + ("",) * (width - len(row)) for row in rows]
    notes = ("a hidden sheet of its workbook: read too",) if sheet.sheet_state != "visible" else ()
    title = str(sheet.title)
    return WorkbookSheet(name, tuple(rows), notes=notes, title=title) if any(any(row) for row in rows) else None


def _cell(cell: Any) -> str:
    """Return a cell as text, with the currency that its number format shows."""
    value = cell.value
    text = _text(value)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return text
    found = CURRENCY.search(cell.number_format or "")
    return f"{found[1] or found[2]} {text}" if found else text


def _text(value: object) -> str:
    """Return a cell as text that reads back without doubt: dates in ISO, numbers never with exactly three decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    shown = f"{value:.12f}".rstrip("0") if 1e-6 < abs(value) < 1e15 else repr(value)
    return f"{shown}0" if len(shown.rpartition(".")[2]) == 3 else shown
