"""The tables of an HTML file: Salesforce names one .xls where a report is exported in the old Excel format."""

import re
from html.parser import HTMLParser

from revops.exports.opening.files import Blob
from revops.exports.opening.workbook import WorkbookSheet

__all__ = ["open_html"]

CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
HEAD_BYTES = 4096
NO_TABLE = (
    "must hold a table; found a web page (HTML) without one, as a login page that was saved instead of a report is. "
    "Export it again as CSV (Details Only)."
)


class _Tables(HTMLParser):
    """Collects the cells of the tables of a page as text; what stands in a cell is never run or followed.

    A table inside a cell is text of that cell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.depth, self.width, self.cell, self.silent = 0, 1, None, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent = tag
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
        elif self.depth == 1 and tag in ("tr", "td", "th"):
            self._close()
            if tag == "tr" or not self.tables[-1]:
                self.tables[-1].append([])
            if tag != "tr":
                span = next((value or "" for name, value in attrs if name == "colspan"), "")
                self.cell, self.width = [], min(int(span), 1000) if span.isascii() and span.isdigit() else 1
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.silent:
            self.silent = ""
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._close()
            self.depth -= 1
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.silent:
            self.cell.append(data)

    def _close(self) -> None:
        """Put the open cell into its row, with a blank for every further column that it spans."""
        if self.cell is not None:
            text = "".join(self.cell).replace("\xa0", " ").strip()
            self.tables[-1][-1] += [text, *[""] * (self.width - 1)]
        self.cell = None


def open_html(blob: Blob) -> list[WorkbookSheet] | str:
    """Return the tables of an HTML file, or the sentence that refuses one that has none.

    The text is read in the encoding that the file names, else in UTF-8, else in Windows-1252 with a note.
    """
    text, notes = _decoded(blob)
    parser = _Tables()
    parser.feed(text)
    parser.close()
    parser._close()
    tables = [[row for row in rows if any(row)] for rows in parser.tables]
    tables = [rows for rows in tables if any(sum(map(bool, row)) > 1 for row in rows)]
    if not tables:
        return NO_TABLE
    names = [blob.name if len(tables) == 1 else f"{blob.name}/table {n}" for n in range(1, len(tables) + 1)]
    return [WorkbookSheet(name, _even(rows), "html", notes) for name, rows in zip(names, tables, strict=True)]


def _even(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the rows, all of one width."""
    width = max(map(len, rows))
    return tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)


def _decoded(blob: Blob) -> tuple[str, tuple[str, ...]]:
    raw = blob.read()
    named = CHARSET.search(raw[:HEAD_BYTES])
    for encoding in ("utf-8-sig", named[1].decode("ascii") if named else "utf-8"):
        try:
            return raw.decode(encoding), ()
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("cp1252", errors="replace"), ("not UTF-8: read as cp1252; look at names with accents",)
