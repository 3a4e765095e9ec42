"""Sheets of an XLSX workbook as rows of text, so that they go the way of every other file."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import openpyxl
import pyarrow as pa

from revops.exports.files import Blob
from revops.exports.text import FEW, HEAD_ROWS, TEXT, Cells

__all__ = ["WorkbookSheet", "open_workbook"]


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet of a workbook; its cells are text already."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    encoding: str = "xlsx"
    notes: tuple[str, ...] = ()

    def heads(self) -> Iterator[tuple[str | None, list[list[str]]]]:
        """Yield the first rows; a sheet has no delimiter."""
        yield None, [list(row) for row in self.rows[:HEAD_ROWS]]

    def read(self, delimiter: str | None, header: int, few: dict[int, bool], nulls: tuple[str, ...]) -> Cells:
        """Return the cells below row `header` at the wanted positions; wholly blank rows are no rows."""
        below = [row for row in self.rows[header + 1 :] if any(row)]
        empty = {"", *nulls}
        columns = {}
        for place, is_few in few.items():
            values = [None if row[place].strip() in empty else row[place] for row in below]
            columns[place] = pa.array(values, TEXT).cast(FEW if is_few else TEXT)
        return Cells(columns)


def open_workbook(blob: Blob) -> list[WorkbookSheet] | str:
    """Return the sheets that hold rows, or the sentence that says why the workbook cannot be opened."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(blob.read()), read_only=True, data_only=True)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, TypeError) as error:
        return f"must be an Excel workbook (.xlsx); found one that cannot be opened ({error}). Save it again as CSV."
    sheets = []
    for sheet in book.worksheets:
        if hasattr(sheet, "reset_dimensions"):
            sheet.reset_dimensions()
        rows = [tuple(_text(value) for value in row) for row in sheet.iter_rows(values_only=True)]
        width = max((len(row) for row in rows), default=0)
        rows = [row + ("",) * (width - len(row)) for row in rows]
        if any(any(row) for row in rows):
            sheets.append(WorkbookSheet(f"{blob.name}/{sheet.title}", tuple(rows)))
    book.close()
    return [WorkbookSheet(blob.name, sheets[0].rows)] if len(sheets) == 1 else sheets


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
