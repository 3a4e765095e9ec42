"""The touches table: the members of campaigns and the touches of other systems, each once, with their channels."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow.dataset import Dataset

from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.marketo.activities import Activities
from revops.exports.reading.frames import Frame
from revops.exports.touches.copies import once
from revops.exports.touches.found import Found
from revops.exports.touches.rows import Persons, touch_rows
from revops.exports.uniting.groups import in_groups, on_disk, united
from revops.exports.uniting.records import finish

__all__ = ["build_touches"]


def build_touches(
    frames: list[Frame],
    activities: Activities | None,
    persons: Persons,
    campaigns: pa.Table | None,
    context: Context,
    aside: Path | None = None,
) -> pa.Table | Dataset:
    """Return the touches of all frames and those among Marketo's activities (schema.touches), counted as kept.

    `persons` says which contact a converted lead has become, `campaigns` what campaigns are called.
    Where files are too large for memory, the touches go to touches.parquet in the folder `aside`, range by range of
    their ids, and are returned as a dataset; else as a table.
    """

    files = [*frames, *(activities.frames if activities else ())]
    found, to = Found(context.company, campaigns), on_disk(files, aside)

    def parts(ledger: Ledger, most: int | None) -> Iterator[pa.Table]:
        for frame in frames:
            yield from (touch_rows(part, _is_api(frame), persons, ledger) for part in frame.parts(most=most))
        if activities:
            tables = activities.touches(ledger, to) if most is None else activities.rows(ledger, most)
            yield from (touch_rows(table, _is_api(activities.frames[0]), persons, ledger) for table in tables)

    n_rows = sum(frame.n_rows for frame in files)
    groups = in_groups(parts, n_rows, "touch_id", "touches", context.ledger, to)
    result = united((_done(group, found, context.ledger) for group in groups), "touches", to)
    found.warn(context.ledger)
    return result


def _is_api(frame: Frame) -> bool:
    return frame.description.kind.route == "api"


def _done(rows: pa.Table, found: Found, ledger: Ledger) -> pa.Table:
    """Return the touches among rows that hold all copies of each; they are counted."""
    table = found.complete(once(rows, ledger))
    ledger.keep_rows(table)
    return finish(table, "touches")
