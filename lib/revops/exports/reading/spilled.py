"""The rows of a file too large for memory, put aside on disk as they were read: given back typed, part by part."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.cells import DATED, NUMBERS, CellReader
from revops.exports.reading.dates import read_dates
from revops.exports.reading.numbers import as_numbers

__all__ = ["Spilled"]


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

    def parts(self, places: Iterable[int] | None = None, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the batches, or those of some places and columns, as typed tables with their `_file`."""
        wanted = None if columns is None else [list(self.kinds).index(name) for name in columns]
        with pa.OSFile(str(self.path)) as stream:
            batches = pa.ipc.open_file(stream, options=pa.ipc.IpcReadOptions(included_fields=wanted))
            for place in range(batches.num_record_batches) if places is None else places:
                yield self._typed(batches.get_batch(place))

    def _typed(self, batch: pa.RecordBatch) -> pa.Table:
        columns = {name: self._read(batch[name], name) for name in batch.schema.names}
        return pa.table({**columns, "_file": pa.repeat(pa.scalar(self.index, pa.int32()), len(batch))})

    def _read(self, cells: pa.Array, name: str) -> pa.Array:
        if name in self.meant:
            values, meanings = self.meant[name]
            return meanings.take(pc.index_in(cells, value_set=values))
        if self.kinds[name] in DATED:
            return read_dates(cells, self.reader.rule(name, self.kinds[name])).column
        return as_numbers(cells, self.signs[name]) if self.kinds[name] in NUMBERS else cells
