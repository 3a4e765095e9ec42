"""The rows of a file too large for memory, put aside on disk as they were read: given back typed, part by part."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.cells import DATED, NUMBERS, CellReader
from revops.exports.reading.columns import whole
from revops.exports.reading.dates import read_dates
from revops.exports.reading.numbers import as_numbers

__all__ = ["Spilled"]

PART_ROWS = 100_000


@dataclass(frozen=True)
class Spilled:
    """The rows of one file put aside at `path` in batches; dates and numbers among them are text until they are read.

    `meant` holds, of columns whose cells are not read one by one, the distinct cells and what each means; `signs` the
    decimal signs of columns of money and numbers, blank where their cells cast as they are.
    """

    path: Path
    index: int
    reader: CellReader
    kinds: dict[str, str]
    meant: dict[str, tuple[pa.Array, pa.Array]]
    signs: dict[str, str]
    n_rows: int

    def __len__(self) -> int:
        with pa.OSFile(str(self.path)) as stream:
            return pa.ipc.open_file(stream).num_record_batches

    def parts(
        self, places: Iterable[int] | None = None, columns: list[str] | None = None, share: float = 1.0
    ) -> Iterator[pa.Table]:
        """Yield the batches, or those of some places and columns, as typed tables with their `_file`.

        Of each batch only the first rows come where `share` is below 1: that share of them, and one at least. Small
        batches that follow each other come as one table.
        """
        wanted = None if columns is None else [list(self.kinds).index(name) for name in columns]
        with pa.OSFile(str(self.path)) as stream:
            batches = pa.ipc.open_file(stream, options=pa.ipc.IpcReadOptions(included_fields=wanted))
            waiting: list[pa.RecordBatch] = []
            for place in range(batches.num_record_batches) if places is None else places:
                waiting.append(_first(batches.get_batch(place), share))
                if sum(map(len, waiting)) >= PART_ROWS:
                    yield self._taken(waiting)
            if waiting:
                yield self._taken(waiting)

    def remove(self) -> None:
        """Take them from the disk, for good."""
        self.path.unlink()

    def _taken(self, waiting: list[pa.RecordBatch]) -> pa.Table:
        """Return the batches that wait as one typed table, and let go of them."""
        table = pa.Table.from_batches(waiting).combine_chunks()
        waiting.clear()
        columns = {name: self._read(whole(table[name]), name) for name in table.column_names}
        return pa.table({**columns, "_file": pa.repeat(pa.scalar(self.index, pa.int32()), len(table))})

    def _read(self, cells: pa.Array, name: str) -> pa.Array:
        if name in self.meant:
            values, meanings = self.meant[name]
            return meanings.take(pc.index_in(cells, value_set=values))
        if self.kinds[name] in DATED:
            return read_dates(cells, self.reader.rule(name, self.kinds[name])).column
        return as_numbers(cells, self.signs[name]) if self.kinds[name] in NUMBERS else cells


def _first(batch: pa.RecordBatch, share: float) -> pa.RecordBatch:
    """Return the first rows of a batch, that share of them, as a copy: a slice would keep all of it in memory."""
    return batch.take(pa.array(np.arange(math.ceil(len(batch) * share)))) if share < 1 else batch
