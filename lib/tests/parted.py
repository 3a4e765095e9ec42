"""The tables of a company in parts, as they are prepared for large ones."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from revops import schema
from revops.book import Book
from revops.book.components import KEYS
from revops.book.parts import cut
from revops.book.stored import stored_in


def in_order(book: Book) -> Book:
    """Return a book whose tables are sorted by their keys, as the gate sorts them."""
    tables = {name: table.sort_values(list(schema.table(name).key), ignore_index=True)
              for name, table in book.tables.items()}  # fmt: skip
    return Book(book.company, tables, book.audit)


def in_parts(book: Book, folder: Path, n: int) -> Book:
    """Return a book with its tables in n parts, or in somewhat fewer where it is tiny; written to a folder."""
    tables = {name: pa.Table.from_pandas(table, preserve_index=False) for name, table in book.tables.items()}
    folder.mkdir()
    rows = max(table.num_rows for name, table in tables.items() if name in KEYS)
    for name, table in cut(tables, folder, -(-rows // n)).items():
        pq.write_table(table, folder / f"{name}.parquet")
    return Book(book.company, stored_in(folder), book.audit)
