"""Rows cut into ranges of their ids, each small enough for memory, so that all copies of a touch come together."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.touches.rows import ROWS

__all__ = ["boundaries", "in_ranges"]

RANGE_ROWS, MOST = 200_000, 256


def boundaries(sample: pa.ChunkedArray, n_rows: int) -> pa.Array:
    """Return the ids that cut `n_rows` rows into ranges of about the same size, judged from a sample of ids."""
    n_ranges = min(MOST, -(-n_rows // RANGE_ROWS))
    ids = sample.take(pc.sort_indices(sample))
    places = np.linspace(0, len(ids), n_ranges + 1)[1:-1].astype(int) if len(ids) else np.empty(0, int)
    return pc.unique(ids.take(pa.array(places)))


def in_ranges(parts: Iterable[pa.Table], cuts: pa.Array, aside: Path) -> Iterator[pa.Table]:
    """Yield the rows (ROWS) of all parts range by range, the lowest ids first; they pass through files in `aside`."""
    paths = [aside / f".range-{place}.arrow" for place in range(len(cuts) + 1)]
    edges, options = _as_bytes(cuts), pa.ipc.IpcWriteOptions(compression="lz4")
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(pa.OSFile(str(path), "wb")) for path in paths]
        writers = [stack.enter_context(pa.ipc.new_stream(stream, ROWS, options=options)) for stream in streams]
        for part in parts:
            places = np.searchsorted(edges, _as_bytes(part["touch_id"].combine_chunks()), side="right")
            order = np.argsort(places, kind="stable")
            moved, ends = part.take(pa.array(order)), np.cumsum(np.bincount(places, minlength=len(paths)))
            for writer, start, end in zip(writers, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
                if end > start:
                    writer.write_table(moved.slice(start, end - start).combine_chunks())
    for path in paths:
        with pa.OSFile(str(path)) as stream:
            rows = pa.ipc.open_stream(stream).read_all()
        path.unlink()
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
