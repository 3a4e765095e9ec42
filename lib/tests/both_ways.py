"""A folder of exports prepared whole and in blocks, however small: the same tables and audit, or the same refusal."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pyarrow as pa

from revops.company import Company
from revops.errors import ExportError
from revops.exports import Prepared, prepare
from revops.exports.reading import blocks, buckets, spilled
from revops.exports.recurring import present, subscriptions

__all__ = ["SMALL", "both_ways", "range_sizes"]

SMALL = {"block": 1 << 11, "bucket_rows": 3, "part_rows": 1}


def both_ways(
    folder: Path, company: Company, systems: Path | None = None, *, block: int, bucket_rows: int, part_rows: int
) -> tuple[str, set[str]]:
    """Return the audit (or the refusal) of a folder, the same both ways, and the tables that were built from blocks.

    Parameters
        systems : the user's own descriptions of systems
        block : bytes of a block
        bucket_rows, part_rows : how many rows make a bucket, and a part of what was put aside or of the months of
            subscriptions
    """
    whole, refusal = _told(folder, company, systems)
    with tempfile.TemporaryDirectory() as aside:
        with _sizes(block, bucket_rows, part_rows):
            parts, refusal_of_parts = _told(folder, company, systems, Path(aside))
        assert refusal_of_parts == refusal
        if whole is None or parts is None:
            return refusal, set()
        on_disk = {name for name, table in parts.tables.items() if not isinstance(table, pa.Table)}
        assert {path.name for path in Path(aside).iterdir()} == {f"{name}.parquet" for name in on_disk}
        audit = json.dumps(whole.audit.to_json())
        assert json.dumps(parts.audit.to_json()) == audit
        assert parts.tables.keys() == whole.tables.keys()
        for name, table in whole.tables.items():
            other = parts.tables[name]
            assert (other if isinstance(other, pa.Table) else other.to_table()).equals(table), name
    return audit, on_disk


@contextlib.contextmanager
def range_sizes(name: str) -> Iterator[list[int]]:
    """Yield a list that fills with the rows of each range of a table as it is read."""
    sizes: list[int] = []
    read = buckets.Buckets.read

    def counted(ranges: buckets.Buckets, bucket: int) -> pa.Table:
        rows = read(ranges, bucket)
        if ranges.name == name:
            sizes.append(len(rows))
        return rows

    with mock.patch.object(buckets.Buckets, "read", counted):
        yield sizes


def _told(
    folder: Path, company: Company, systems: Path | None, aside: Path | None = None
) -> tuple[Prepared | None, str]:
    try:
        return prepare(folder, company, systems, aside), ""
    except ExportError as error:
        return None, str(error)


@contextlib.contextmanager
def _sizes(block: int, bucket_rows: int, part_rows: int) -> Iterator[None]:
    """Read everything in blocks, and these as small as they are told to be; no list has few months."""
    with contextlib.ExitStack() as stack:
        values = ((blocks, "LARGE", 1), (blocks, "BLOCK", block), (buckets, "BUCKET_ROWS", bucket_rows))
        parts = ((spilled, "PART_ROWS", part_rows), (present, "AT_ONCE", part_rows), (subscriptions, "MANY", 0))
        for module, name, value in (*values, *parts):
            stack.enter_context(mock.patch.object(module, name, value))
        yield
