"""The history of one range of opportunities after another, and what is to be said once all are built."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.deals.changes import Changes, Told, read_changes
from revops.exports.deals.endings import Ends, caught_up, first_stamps
from revops.exports.deals.gathered import States
from revops.exports.deals.history_rows import leave
from revops.exports.deals.ranges import Range, Ranges
from revops.exports.deals.snapshots import Snapshots
from revops.exports.deals.states import GOES_WITH, Block, merge, states_table
from revops.exports.reading.buckets import Buckets
from revops.exports.uniting.records import finish

__all__ = ["CHANGES", "STAGE_DATES", "STATES", "STEPS", "Pieces", "Sources"]

STATES, STEPS, CHANGES = "OpportunityHistory", "Opportunity History report", "Opportunity Field History"
STAGE_DATES = "dates of stages"
NO_STAGES = "no history of stages for this opportunity"


@dataclass(frozen=True)
class Sources:
    """All that tells history: rows of files by range, events of all opportunities, and what these cover and track."""

    states: list[States]
    entered: Block | None
    changes: list[Told]
    rows: list[Buckets]
    dated: list[Block]
    covered: np.ndarray
    tracked: dict[str, str]


@dataclass
class Pieces:
    """Builds the states range by range, and keeps of each what is said of all together.

    `known` are the opportunities with a known past, `first` the stamps of their first whole states (the largest number
    without), `changed` the earliest changes of fields, `ends` where records differ from the end of their history.
    """

    deals: pa.Table
    sources: Sources
    snapshots: Snapshots | None
    context: Context
    known: np.ndarray = field(init=False)
    first: np.ndarray = field(init=False)
    changed: list[int] = field(default_factory=list)
    ends: Ends = field(default_factory=Ends)

    def __post_init__(self) -> None:
        n = self.deals.num_rows
        self.known, self.first = np.zeros(n, bool), np.full(n, np.iinfo(np.int64).max)

    def tables(self, ranges: Ranges) -> Iterator[pa.Table]:
        """Yield the finished states of each range, in the order of opportunities and time."""
        return (self._table(some) for some in ranges)

    def refuse(self) -> None:
        """Add the problems of amounts that have no way into the company's currency."""
        for source in (*self.sources.states, *self.sources.changes):
            source.lost.refuse(self.context.company, self.context.ledger)

    def warn(self) -> None:
        """Say which opportunities have no history, and which differ from the end of theirs."""
        _warn_of_bare(self.known, self.deals["opportunity_id"], self.context.ledger)
        self.ends.warn(self.deals, self.context)

    def _table(self, some: Range) -> pa.Table:
        sources, context, deals = self.sources, self.context, some.of_table(self.deals)
        whole = [states.block(some, deals, context) for states in sources.states]
        events = [some.of_block(block) for block in (*([sources.entered] if sources.entered else []), *sources.dated)]
        changes, rows = self._changes(some, deals)
        blocks = [*whole, *events, *(change.block for change in changes)]
        known = _known(blocks, sources.tracked, deals.num_rows)
        for table in rows:
            context.ledger.keep_rows(leave(table, ~known[table["_place"].to_numpy()], NO_STAGES, context.ledger))
        self.known[some.low : some.high] = known
        self.first[some.low : some.high] = first_stamps([block.only(known) for block in whole], deals.num_rows)
        self.changed += [int(change.block.at.min()) for change in changes if len(change.block.at)]
        blocks = [block.only(known) for block in blocks]
        begun, covered = known.copy(), sources.covered[some.low : some.high]
        if sources.entered is not None:
            begun[some.of_block(sources.entered).place] = False
        told = {field for field, name in sources.tracked.items() if name in (STATES, STEPS, STAGE_DATES)}
        blocks += [*_beginnings(blocks, changes, begun, covered, told, deals), *_deletions(deals, known)]
        if not blocks:
            return finish(pa.table({}), "opportunity_history")
        place, at, columns = merge(blocks)
        states = caught_up(Block(place, at, 0, columns), deals, sources.tracked, self.snapshots, some.low, self.ends)
        ids = deals["opportunity_id"].combine_chunks()
        return finish(states_table(states.place, states.at, states.columns, ids), "opportunity_history")

    def _changes(self, some: Range, deals: pa.Table) -> tuple[list[Changes], list[pa.Table]]:
        """Return the changes of fields of a range, and the rows they come from."""
        rows = [some.of_rows(file.read(some.number)) for file in self.sources.rows]
        told = zip(self.sources.changes, rows, strict=True)
        return [change for each, table in told for change in read_changes(each, table, deals, self.context)], rows


def _known(blocks: list[Block], tracked: dict[str, str], n: int) -> np.ndarray:
    """Return which opportunities have a known past: all where every change of stage is in the field history."""
    if tracked.get("stage_name") == CHANGES:
        return np.ones(n, bool)
    known = np.zeros(n, bool)
    for block in blocks:
        if "stage_name" in block.columns:
            known[block.place] = True
    return known


def _beginnings(
    blocks: list[Block], changes: list[Changes], known: np.ndarray, covered: np.ndarray, told: set[str], deals: pa.Table
) -> list[Block]:
    """Return events of each known opportunity at its creation, or at its first event if that is earlier.

    They say what the field history calls old, and the current value of a field no change of which is known; but of
    the opportunities that whole states cover, nothing of the fields that these have told.
    """
    created = deals["created_at"].cast(pa.int64()).to_numpy()
    first, reached = created.copy(), np.zeros(len(known), bool)
    for block in blocks:
        np.minimum.at(first, block.place, block.at)
        reached[block.place[block.at <= created[block.place]]] = True
    columns = _first_values(changes, deals)
    wanted = known if changes else known & ~reached
    helpers = []
    for rows, silent in ((np.flatnonzero(wanted & covered), told), (np.flatnonzero(wanted & ~covered), set())):
        if len(rows):
            said = {f: c.take(pa.array(rows)) for f, c in columns.items() if GOES_WITH.get(f, f) not in silent}
            helpers.append(Block(rows, first[rows], 0, said, helper=True))
    return helpers


def _first_values(changes: list[Changes], deals: pa.Table) -> dict[str, pa.Array]:
    """Return what each changed field was first: the earliest old value, or the current one where it never changed."""
    columns: dict[str, pa.Array] = {}
    since: dict[str, np.ndarray] = {}
    for change in changes:
        for name, old in change.first.items():
            best = since.setdefault(name, np.full(deals.num_rows, np.iinfo(np.int64).max))
            earlier = change.first_at < best[change.first_place]
            best[change.first_place[earlier]] = change.first_at[earlier]
            start = columns.get(name, _current(deals, name, old.type))
            columns[name] = _replaced(start, change.first_place[earlier], old.filter(pa.array(earlier)))
    return columns


def _current(deals: pa.Table, field: str, kind: pa.DataType) -> pa.Array:
    if field not in deals.column_names:
        return pa.nulls(deals.num_rows, kind)
    return deals[field].cast(kind).combine_chunks()


def _replaced(column: pa.Array, places: np.ndarray, values: pa.Array) -> pa.Array:
    """Return the column with the values at some places replaced."""
    rows = np.arange(len(column))
    rows[places] = len(column) + np.arange(len(values))
    return pa.concat_arrays([column, values]).take(pa.array(rows))


def _deletions(deals: pa.Table, known: np.ndarray) -> list[Block]:
    """Return the events of records that the system marks as deleted: gone from their last modification on."""
    if "is_deleted" not in deals.column_names:
        return []
    gone = np.flatnonzero(deals["is_deleted"].fill_null(False).to_numpy() & known)
    stamps = [deals[name] for name in ("modified_at", "created_at") if name in deals.column_names]
    at = pc.coalesce(*stamps).cast(pa.int64()).to_numpy()[gone]
    return [Block(gone, at, 9, {"is_deleted": pa.repeat(True, len(gone))})] if len(gone) else []


def _warn_of_bare(known: np.ndarray, ids: pa.ChunkedArray, ledger: Ledger) -> None:
    bare = np.flatnonzero(~known)
    if len(bare):
        shown = examples(ids.take(pa.array(bare[:3])).to_pylist())
        ledger.warnings.append(
            f"opportunity_history: {len(bare):,} of {len(known):,} opportunities have no history of their stages "
            f"({shown})"
        )
