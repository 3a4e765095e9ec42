"""The touches table: the members of campaigns and the touches of other systems, each once, with their channels."""

import pyarrow as pa

from revops.exports.context import Context
from revops.exports.frames import Frame
from revops.exports.touches.copies import once
from revops.exports.touches.found import Found
from revops.exports.touches.rows import touch_rows

__all__ = ["build_touches"]


def build_touches(
    frames: list[Frame], leads: pa.Table | None, campaigns: pa.Table | None, context: Context
) -> pa.Table:
    """Return the touches of all frames with the columns of schema.touches; their rows are counted as kept.

    `leads` says which contact a converted lead has become (lead_id, contact_id), `campaigns` what campaigns are called.
    """
    ledger, found = context.ledger, Found(context.company, campaigns)
    parts = [touch_rows(frame.table, frame.description.kind.route == "api", leads, ledger) for frame in frames]
    table = found.complete(once(pa.concat_tables(parts), ledger))
    ledger.keep_rows(table)
    found.warn(ledger)
    return table
