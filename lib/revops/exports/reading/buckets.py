"""Rows brought together by their records: in files on disk, each small enough for memory, or in memory where few."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from revops.exports.reading.columns import TEXT

__all__ = ["BUCKET_ROWS", "MOST", "Buckets", "in_buckets", "number_of_buckets"]

BUCKET_ROWS = 200_000
MOST = 200
"""Files that are written at once: some systems let a process have 256 open."""
_FAST = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass
class Buckets:
    """Rows by bucket: in files of a folder, or (one bucket alone) as tables in memory."""

    n: int
    name: str
    folder: Path | None = None
    held: list[pa.Table] = field(default_factory=list)

    def read(self, bucket: int) -> pa.Table:
        """Return the rows of one bucket, in the order in which they came."""
        if self.folder is None:
            return pa.concat_tables(self.held)
        with pa.OSFile(str(self.path(bucket))) as stream:
            return pa.ipc.open_stream(stream).read_all()

    def put(self, bucket: int, rows: pa.Table) -> None:
        """Put other rows in the place of those of one bucket."""
        if self.folder is None:
            self.held = [rows]
            return
        with pa.OSFile(str(self.path(bucket)), "wb") as out, pa.ipc.new_stream(out, rows.schema, options=_FAST) as file:
            file.write_table(rows)

    def path(self, bucket: int) -> Path:
        """Return the file of one bucket."""
        assert self.folder is not None
        return self.folder / f".{self.name}-{bucket}.arrow"

    def drop(self, bucket: int) -> None:
        """Let go of the rows of one bucket."""
        self.held = []
        if self.folder is not None:
            self.path(bucket).unlink()


def number_of_buckets(n_rows: int) -> int:
    """Return how many buckets so many rows go to."""
    return max(1, min(MOST, -(-n_rows // BUCKET_ROWS)))


def in_buckets(parts: Iterable[tuple[pa.Table, np.ndarray]], n: int, name: str, folder: Path | None = None) -> Buckets:
    """Return the rows of all parts by bucket; beside each part stand the buckets of its rows.

    The parts have the same columns; on disk codes are written as text.
    """
    buckets = Buckets(n, name, folder)
    if folder is None:
        buckets.held = [part for part, _ in parts]
        return buckets
    with contextlib.ExitStack() as stack:
        files: list[pa.ipc.RecordBatchStreamWriter] = []
        for part, places in parts:
            part = _plain(part)
            if not files:
                streams = [stack.enter_context(pa.OSFile(str(buckets.path(bucket)), "wb")) for bucket in range(n)]
                files = [stack.enter_context(pa.ipc.new_stream(out, part.schema, options=_FAST)) for out in streams]
            order = np.argsort(places, kind="stable")
            moved, ends = part.take(pa.array(order)), np.cumsum(np.bincount(places, minlength=n))
            for file, start, end in zip(files, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
                if end > start:
                    file.write_table(moved.slice(start, end - start).combine_chunks())
    return buckets


def _plain(table: pa.Table) -> pa.Table:
    kinds = [TEXT if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))
