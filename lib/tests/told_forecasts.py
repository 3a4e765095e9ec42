"""Forecast reports read back: their rows by key, and words in them that no reader should meet."""

import re
from dataclasses import replace

from revops.book import Book
from revops.measures.forecast_accuracy import display_tables, measure_rows

__all__ = ["found", "keyed", "only", "words"]

_ODD = re.compile(r"\bnan\b|\bNaT\b|\bNone\b|\binf\b|<NA>|-0%")


def keyed(result):
    """Return the rows of a report by id and what they are by."""
    return {(row["id"], *row["by"].items()): row for row in measure_rows(result)}


def only(rows, id, what="value", **by):
    """Return the value of one row, or the whole row."""
    row = rows[(id, *by.items())]
    return row if what == "row" else row["value"]


def words(result):
    """Return what is odd in the words of the tables: NaN as text, or no word at all."""
    odd = []
    for name, (caption, table, units) in display_tables(result).items():
        assert len(units) == table.shape[1], name
        texts = [caption, *table.columns]
        texts += [text for _, column in table.items() if column.dtype.kind not in "fiu" for text in column]
        odd += [(name, text) for text in texts if not isinstance(text, str) or _ODD.search(text)]
    return odd


def found(book, tables, untracked=()):
    """Return a book with other tables, and no history of some fields."""
    tracked = {name: source for name, source in book.audit.tracked.items() if name not in untracked}
    return Book(book.company, tables, replace(book.audit, tracked=tracked))
