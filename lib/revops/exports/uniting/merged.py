"""Records that a CRM has merged into others: the losers taken out, and their ids led to the record that stayed."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revops.exports.audit import Ledger
from revops.exports.reading.columns import TEXT, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.rows import without

__all__ = ["Merged", "merged_records"]


@dataclass(frozen=True)
class Merged:
    """The ids of records that were merged into another, and beside each the id of the one that stayed."""

    losers: pa.Array
    winners: pa.Array

    def led(self, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return ids with that of each loser replaced by that of its winner; others stay as they are."""
        ids = whole(ids.cast(TEXT))
        if not len(self.losers):
            return ids
        return pc.coalesce(self.winners.take(pc.index_in(ids, value_set=self.losers)), ids)

    def taken_out(self, table: pa.Table, key: str, ledger: Ledger) -> pa.Table:
        """Return the table without the losers, which are counted."""
        gone = pc.is_in(table[key].cast(TEXT), value_set=self.losers)
        return without(table, [("merged into another record", gone)], ledger, key)


def merged_records(frames: list[Frame], key: str) -> Merged:
    """Return which records were merged, as `merged_into` of some file says; a winner merged later leads further on."""
    into: dict[str, str] = {}
    for loser, winner in sorted(set(_pairs(frames, key))):
        into[loser] = winner
    found = {loser: last for loser in sorted(into) if (last := _last(loser, into)) is not None}
    return Merged(pa.array(list(found), TEXT), pa.array(list(found.values()), TEXT))


def _pairs(frames: list[Frame], key: str) -> Iterable[tuple[str, str]]:
    for frame in frames:
        if "merged_into" in frame.rows.column_names:
            rows = frame.table.select([key, "merged_into"])
            rows = rows.filter(pc.and_(rows[key].is_valid(), rows["merged_into"].is_valid()))
            pairs = zip(rows[key].to_pylist(), rows["merged_into"].to_pylist(), strict=True)
            yield from (pair for pair in pairs if pair[0] != pair[1])


def _last(loser: str, into: dict[str, str]) -> str | None:
    """Return the end of a chain of merges; None where it runs in a circle, so that nobody stayed."""
    seen = {loser}
    while (loser := into.get(loser, loser)) in into:
        if loser in seen:
            return None
        seen.add(loser)
    return loser
