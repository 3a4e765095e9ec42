"""Prepared tables are read when they are asked for, and only then."""

import pyarrow as pa
import pyarrow.parquet as pq

from revops.book import Book
from revops.book.prepared import StoredTables
from revops.exports import Audit
from revops.schema import TABLES


def test_a_table_is_read_once_and_when_asked_for(tmp_path):
    empty = pa.table({name: pa.nulls(0) for name in TABLES["tools"].names})
    pq.write_table(empty, tmp_path / "tools.parquet")
    stored = StoredTables({"owners": tmp_path / "missing.parquet", "tools": tmp_path / "tools.parquet"})
    book = Book(None, stored, Audit((), (), (), (), {}, None))
    assert set(book.tables) == {"owners", "tools"} and len(book.tables) == 2
    assert "owners" in book.tables and "quotas" not in book.tables
    assert stored.read == {}
    first = book.table("tools")
    assert list(first.columns) == list(TABLES["tools"].names)
    assert book.table("tools") is first
    assert list(stored.read) == ["tools"]
    assert len(book.table("quotas")) == 0
