"""The touches table: the members of campaigns and the touches of other systems, each once, with their channels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import dataset

from revops.exports.audit import Ledger, Source
from revops.exports.context import Context
from revops.exports.reading.frames import Frame
from revops.exports.touches.copies import once
from revops.exports.touches.found import Found
from revops.exports.touches.ranges import boundaries, in_ranges
from revops.exports.touches.rows import Persons, touch_rows
from revops.exports.uniting.records import finish, written

__all__ = ["build_touches"]

SAMPLED = 8


def build_touches(
    frames: list[Frame], persons: Persons, campaigns: pa.Table | None, context: Context, aside: Path | None = None
) -> pa.Table | dataset.Dataset:
    """Return the touches of all frames (schema.touches); their rows are counted as kept.

    `persons` says which contact a converted lead has become, `campaigns` what campaigns are called.
    Where files are too large for memory, the touches go to touches.parquet in the folder `aside`, range by range of
    their ids, and are returned as a dataset; else as a table.
    """
    found = Found(context.company, campaigns)
    rows = (touch_rows(part, is_api, persons, context.ledger) for part, is_api in _parts(frames))
    if aside is not None and any(frame.spilled is not None for frame in frames):
        groups = in_ranges(rows, _boundaries(frames, persons), aside)
        result = written((_done(group, found, context.ledger) for group in groups), "touches", aside)
    else:
        result = _done(pa.concat_tables(rows), found, context.ledger)
    found.warn(context.ledger)
    return result


def _done(rows: pa.Table, found: Found, ledger: Ledger) -> pa.Table:
    """Return the touches among rows that hold all copies of each; they are counted."""
    table = found.complete(once(rows, ledger))
    ledger.keep_rows(table)
    return finish(table, "touches")


def _parts(frames: list[Frame], most: int | None = None) -> Iterator[tuple[pa.Table, bool]]:
    """Yield the parts of all frames, with whether it is from an API file; of each at most `most`, spread evenly."""
    for frame in frames:
        is_api = frame.description.kind.route == "api"
        if frame.spilled is None:
            yield frame.table, is_api
        else:
            n = len(frame.spilled)
            chosen = None if most is None else sorted(set(np.linspace(0, n - 1, min(most, n)).astype(int).tolist()))
            yield from ((part, is_api) for part in frame.spilled.parts(chosen))


def _boundaries(frames: list[Frame], persons: Persons) -> pa.Array:
    """Return the ids at which the touches are cut into ranges, from some parts of each frame."""
    unheard = Ledger([Source(place, "", "", 0) for place in range(1 + max(frame.source.index for frame in frames))])
    samples = [touch_rows(part, is_api, persons, unheard)["touch_id"] for part, is_api in _parts(frames, SAMPLED)]
    return boundaries(pa.chunked_array([chunk for s in samples for chunk in s.chunks], pa.string()),
                      sum(frame.source.rows_read for frame in frames))  # fmt: skip
