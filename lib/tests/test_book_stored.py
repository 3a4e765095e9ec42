"""Prepared tables are read when they are asked for, and only then."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parted import in_parts

from revops.book import Book
from revops.book.prepared import StoredTables
from revops.errors import BookError
from revops.exports import Audit
from revops.schema import TABLES


def test_a_table_is_read_once_and_when_asked_for(tmp_path):
    empty = pa.table({name: pa.nulls(0) for name in TABLES["tools"].names})
    pq.write_table(empty, tmp_path / "tools.parquet")
    stored = StoredTables({"owners": tmp_path / "missing.parquet", "tools": tmp_path / "tools.parquet"})
    book = Book(None, stored, Audit((), (), (), (), {}, None))
    assert set(book.tables) == {"owners", "tools"} and len(book.tables) == 2
    assert "owners" in book.tables and "quotas" not in book.tables
    assert stored.read == set()
    first = book.table("tools")
    assert list(first.columns) == list(TABLES["tools"].names)
    assert book.table("tools") is first
    assert stored.read == {"tools"}
    assert len(book.table("quotas")) == 0


def test_a_table_in_parts_that_is_gone_since_the_book_was_opened_is_told(sample, tmp_path):
    home = tmp_path / "0a1b"
    book = in_parts(sample, home, 2)
    assert book.n_parts == 2
    shutil.rmtree(home)
    for read, name in (
        (lambda: book.stamps, "opportunities"),
        (lambda: book.table("touches"), "touches/order.parquet"),
        (lambda: book.part(1).table("touches"), "touches/0001.parquet"),
    ):
        with pytest.raises(BookError) as refusal:
            read()
        assert str(refusal.value) == (
            f"{home / name}: must be there while the tables are used; found none (it was removed since, or this "
            f"machine does not see it). Run the reports again; workers that go through parts must see {home} under "
            "this path."
        )
