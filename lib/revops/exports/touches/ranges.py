"""Rows cut into ranges of their ids, each small enough for memory, so that all copies of a touch come together."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.reading.buckets import in_buckets, number_of_buckets

__all__ = ["boundaries", "in_ranges"]


def boundaries(sample: pa.ChunkedArray, n_rows: int) -> pa.Array:
    """Return the ids that cut `n_rows` rows into ranges of about the same size, judged from a sample of ids."""
    ids = sample.take(pc.sort_indices(sample))
    places = np.linspace(0, len(ids), number_of_buckets(n_rows) + 1)[1:-1].astype(int) if len(ids) else np.empty(0, int)
    return pc.unique(ids.take(pa.array(places)))


def in_ranges(parts: Iterable[pa.Table], cuts: pa.Array, aside: Path) -> Iterator[pa.Table]:
    """Yield the rows (ROWS) of all parts range by range, the lowest ids first; they pass through files in `aside`."""
    edges = _as_bytes(cuts)
    placed = (
        (part, np.searchsorted(edges, _as_bytes(part["touch_id"].combine_chunks()), side="right")) for part in parts
    )
    buckets = in_buckets(placed, len(cuts) + 1, "touches", aside)
    for place in range(buckets.n):
        rows = buckets.read(place)
        buckets.drop(place)
        yield rows


def _as_bytes(ids: pa.Array) -> np.ndarray:
    """Return ids as bytes of fixed width, which numpy orders as Arrow does."""
    if not len(ids):
        return np.empty(0, "S1")
    lengths = pc.min_max(pc.binary_length(ids)).as_py()
    if lengths["min"] != lengths["max"] or not lengths["min"]:
        return np.array(ids.cast(pa.binary()).to_pylist())
    _, offsets, data = ids.buffers()
    start = int(np.frombuffer(offsets, np.int32)[ids.offset])
    return np.frombuffer(data, f"S{lengths['min']}", len(ids), start)
