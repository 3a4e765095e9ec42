"""The history of opportunities as whole states, from every source of it that the folder holds."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.deals.changes import Changes, read_changes, tracked_fields
from revops.exports.deals.endings import caught_up, complete_from
from revops.exports.deals.history_rows import leave, located, of_form, once, states_block
from revops.exports.deals.snapshots import Snapshots
from revops.exports.deals.stage_dates import entered_stages
from revops.exports.deals.states import GOES_WITH, Block, merge, states_table
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame

__all__ = ["History", "build_history"]

STATES, STEPS, CHANGES = "OpportunityHistory", "Opportunity History report", "Opportunity Field History"
DATED = "dated exports"
STAGE_DATES = "dates of stages"
COVERED = "already in OpportunityHistory"
NO_STAGES = "no history of stages for this opportunity"


@dataclass(frozen=True)
class History:
    """The states as a table, by place of the opportunity, which fields are tracked by what, and from which day.

    `whole_from` is the first day with amounts and close dates, where it is later than that of stages.
    """

    table: pa.Table | None
    tracked: dict[str, str]
    history_from: str | None
    whole_from: str | None = None


def build_history(frames: list[Frame], deals: pa.Table, snapshots: Snapshots | None, context: Context) -> History:
    """Return whole states of every opportunity that has history.

    OpportunityHistory (API) is taken first, the Opportunity History report where it has no row of a deal, then the
    dates of stages that deals carry themselves, then field history for the fields and deals they do not cover, then
    dated exports for what is left. A deal whose stages none of them tells has no state. Without any source of stages
    there is no history: other fields cannot rebuild a day.
    """
    ledger, n = context.ledger, deals.num_rows
    ids = deals["opportunity_id"].combine_chunks()
    blocks, covered, tracked = _whole_states(frames, deals, context)
    n_whole = len(blocks)
    entered = _dates_of_stages(blocks, covered, tracked, deals, snapshots, context)
    changes, change_rows = _field_changes(frames, deals, covered, tracked, context)
    tracked |= {change.field: CHANGES for change in changes if change.field not in tracked}
    if snapshots is not None:
        own = {field for field, name in tracked.items() if name != CHANGES}
        blocks += snapshots.blocks(ids, covered, own, set(tracked) - own)
        tracked |= {field: DATED for field in snapshots.fields if field not in tracked}
    blocks += [change.block for change in changes]
    known = _known(blocks, tracked, n)
    for rows in change_rows:
        ledger.keep_rows(leave(rows, ~known[rows["_place"].to_numpy()], NO_STAGES, ledger))
    if not known.any():
        return History(None, {}, None)
    _warn_of_bare(known, ids, ledger)
    blocks = [block.only(known) for block in blocks]
    told = {field for field, name in tracked.items() if name in (STATES, STEPS, STAGE_DATES)}
    begun = known if entered is None else known & ~np.isin(np.arange(n), entered.place)
    blocks += [*_beginnings(blocks, changes, begun, covered, told, deals), *_deletions(deals, known)]
    place, at, columns = merge(blocks)
    whole = caught_up(Block(place, at, 0, columns), deals, tracked, snapshots, context)
    since = _since(tracked, changes, entered, snapshots, deals)
    if tracked["stage_name"] in (STATES, STEPS):
        since = max(since, complete_from(blocks[:n_whole], deals, context) or since)
    table = states_table(whole.place, whole.at, whole.columns, ids)
    return History(table, tracked, since.isoformat(), _whole_from(tracked, since, snapshots))


def _whole_states(
    frames: list[Frame], deals: pa.Table, context: Context
) -> tuple[list[Block], np.ndarray, dict[str, str]]:
    """Return the events of whole states, which opportunities they cover, and the fields they track."""
    blocks: list[Block] = []
    tracked: dict[str, str] = {}
    covered = np.zeros(deals.num_rows, bool)
    for form, name in (("states", STATES), ("steps", STEPS)):
        rows = located(of_form(frames, form), deals, context.ledger)
        if rows is None:
            continue
        rows = leave(rows, covered[rows["_place"].to_numpy()], COVERED, context.ledger)
        block = states_block(rows, deals, context, name)
        if not len(block.place):
            continue
        tracked |= {field: name for field in block.fields if field not in tracked}
        covered[block.place] = True
        blocks.append(block)
    return blocks, covered, tracked


def _dates_of_stages(
    blocks: list[Block],
    covered: np.ndarray,
    tracked: dict[str, str],
    deals: pa.Table,
    snapshots: Snapshots | None,
    context: Context,
) -> Block | None:
    """Return the stages that the deals' own dates tell, if any, and add them to what is told already."""
    entered = entered_stages(snapshots.tables if snapshots else [deals], deals, covered, context)
    if entered is not None:
        covered[entered.place] = True
        tracked.setdefault("stage_name", STAGE_DATES)
        blocks.append(entered)
    return entered


def _field_changes(
    frames: list[Frame], deals: pa.Table, covered: np.ndarray, tracked: dict[str, str], context: Context
) -> tuple[list[Changes], list[pa.Table]]:
    """Return the changes of every field that whole states do not cover, and the rows they come from."""
    changes, tables = [], []
    seen: list[pd.DataFrame] = []
    for frame in of_form(frames, "changes"):
        rows = located([frame], deals, context.ledger)
        assert rows is not None
        rows = once(rows, seen, context.ledger)
        rows = put(rows, "_field", tracked_fields(rows))
        unused = rows["_field"].is_null().to_numpy()
        rows = leave(rows, unused, "change of a field that is not used", context.ledger)
        whole = pc.is_in(rows["_field"], pa.array(list(tracked), TEXT)).to_numpy()
        rows = leave(rows, whole & covered[rows["_place"].to_numpy()], COVERED, context.ledger)
        changes += read_changes(frame, rows, deals, context)
        tables.append(rows)
    return changes, tables


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
        for field, old in change.first.items():
            best = since.setdefault(field, np.full(deals.num_rows, np.iinfo(np.int64).max))
            earlier = change.first_at < best[change.first_place]
            best[change.first_place[earlier]] = change.first_at[earlier]
            start = columns.get(field, _current(deals, field, old.type))
            columns[field] = _replaced(start, change.first_place[earlier], old.filter(pa.array(earlier)))
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


def _warn_of_bare(known: np.ndarray, ids: pa.Array, ledger: Ledger) -> None:
    bare = np.flatnonzero(~known)
    if len(bare):
        shown = examples(ids.take(pa.array(bare[:3])).to_pylist())
        ledger.warnings.append(
            f"opportunity_history: {len(bare):,} of {len(known):,} opportunities have no history of their stages "
            f"({shown})"
        )


def _since(
    tracked: dict[str, str], changes: list[Changes], entered: Block | None, snapshots: Snapshots | None, deals: pa.Table
) -> dt.date:
    """Return the first day whose end state is known: the first folder, else the first creation.

    Field history is kept for some months only, and dates of stages since they were switched on: where they alone tell
    stages, no day before the first of them is known.
    """
    if tracked["stage_name"] == DATED and snapshots is not None:
        return snapshots.days[0]
    first: dt.date = pc.min(deals["created_at"]).as_py().date()
    blocks = [change.block for change in changes] if tracked["stage_name"] == CHANGES else []
    if entered is not None and tracked["stage_name"] == STAGE_DATES:
        blocks = [entered]
    stamps = [int(block.at.min()) for block in blocks if len(block.at)]
    return max(first, np.datetime64(min(stamps), "us").astype(dt.datetime).date()) if stamps else first


def _whole_from(tracked: dict[str, str], since: dt.date, snapshots: Snapshots | None) -> str | None:
    """Return the first dated folder where amounts or close dates are known from there on only; else None."""
    late = snapshots is not None and any(tracked.get(field) == DATED for field in ("amount", "close_date"))
    return snapshots.days[0].isoformat() if late and snapshots.days[0] > since else None
