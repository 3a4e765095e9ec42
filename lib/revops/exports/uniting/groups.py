"""Rows brought together by their ids: all at once, or range by range where they are too many for memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.buckets import in_buckets, number_of_buckets
from revops.exports.reading.columns import TEXT, text_of
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import written

__all__ = ["Parts", "in_groups", "on_disk", "sampled", "united"]

Parts = Callable[[Ledger, int | None], Iterator[pa.Table]]
"""Yields rows in parts of one layout, of each file about as many parts as asked for, and tells a ledger what it
leaves out."""
SAMPLED = 8


def on_disk(frames: Iterable[Frame], aside: Path | None) -> Path | None:
    """Return the folder for the rows of these files where any of them is too large for memory; else None."""
    return aside if any(frame.spilled is not None for frame in frames) else None


def in_groups(parts: Parts, n_rows: int, key: str, name: str, ledger: Ledger, aside: Path | None) -> Iterator[pa.Table]:
    """Yield rows so that all rows of an id come together, the lowest ids first: through files in `aside`, if given.

    `n_rows` is about how many there are, `key` the column of their ids, none of them blank; `name` is that of the
    files.
    """
    if aside is None:
        yield pa.concat_tables(parts(ledger, None))
        return
    unheard = Ledger([replace(source) for source in ledger.sources])
    sample = [chunk for part in parts(unheard, SAMPLED) for chunk in part[key].cast(TEXT).chunks]
    cuts = boundaries(pa.chunked_array(sample, TEXT), n_rows)
    edges = _as_bytes(cuts)
    placed = (
        (part, np.searchsorted(edges, _as_bytes(text_of(part, key)), side="right")) for part in parts(ledger, None)
    )
    buckets = in_buckets(placed, len(cuts) + 1, name, aside)
    for place in range(buckets.n):
        rows = buckets.read(place)
        buckets.drop(place)
        yield rows


def sampled(frames: Iterable[Frame], key: str, most: int) -> Iterator[pa.Table]:
    """Yield the ids of about as many parts of each file as asked for, without its other columns."""
    for frame in frames:
        for part in frame.parts([key], most):
            yield pa.table({key: part[key].drop_null()})


def united(tables: Iterable[pa.Table], name: str, aside: Path | None) -> pa.Table | pa.dataset.Dataset:
    """Return finished tables that follow each other as one, on disk in the folder `aside`, if given."""
    return pa.concat_tables(tables) if aside is None else written(tables, name, aside)


def boundaries(sample: pa.ChunkedArray, n_rows: int) -> pa.Array:
    """Return the ids that cut `n_rows` rows into ranges of about the same size, judged from a sample of ids."""
    ids = sample.take(pc.sort_indices(sample))
    places = np.linspace(0, len(ids), number_of_buckets(n_rows) + 1)[1:-1].astype(int) if len(ids) else np.empty(0, int)
    return pc.unique(ids.take(pa.array(places)))


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
