"""The history of opportunities as whole states, from every source of it that the folder holds."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.exports.context import Context
from revops.exports.deals.changes import Told, tracked_fields
from revops.exports.deals.endings import complete_from
from revops.exports.deals.gathered import COVERED, Past, States, gathered_rows, gathered_states
from revops.exports.deals.history_rows import leave, of_form, once
from revops.exports.deals.pieces import CHANGES, STAGE_DATES, STATES, STEPS, Pieces, Sources
from revops.exports.deals.ranges import Ranges
from revops.exports.deals.snapshots import Snapshots
from revops.exports.deals.stage_dates import entered_stages
from revops.exports.deals.states import Block
from revops.exports.reading.buckets import Buckets
from revops.exports.reading.columns import TEXT, put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.records import written

__all__ = ["History", "build_history"]

DATED = "dated exports"


@dataclass(frozen=True)
class History:
    """The states, by place of the opportunity and finished, which fields are tracked by what, and from which day.

    `whole_from` is the first day with amounts and close dates, where it is later than that of stages.
    """

    table: pa.Table | Dataset | None
    tracked: dict[str, str]
    history_from: str | None
    whole_from: str | None = None


def build_history(
    frames: list[Frame],
    deals: pa.Table,
    snapshots: Snapshots | None,
    context: Context,
    aside: Path | None = None,
) -> History:
    """Return whole states of every opportunity that has history.

    OpportunityHistory (API) is taken first, the Opportunity History report where it has no row of a deal, then the
    dates of stages that deals carry themselves, then field history for the fields and deals they do not cover, then
    dated exports for what is left. A deal whose stages none of them tells has no state. Without any source of stages
    there is no history: other fields cannot rebuild a day.

    Where files are too large for memory the states go to opportunity_history.parquet in the folder `aside`, by ranges
    of opportunities, and are returned as a dataset; else as a table.
    """
    if aside is None or not any(frame.spilled is not None for frame in frames):
        past = Past(deals, Ranges.cut(deals.num_rows, 0), None)
        return _built(frames, past, snapshots, context, lambda tables: pa.concat_tables(list(tables)))
    with tempfile.TemporaryDirectory(dir=aside) as folder:
        past = Past(deals, Ranges.cut(deals.num_rows, sum(frame.n_rows for frame in frames)), Path(folder))
        history = _built(frames, past, snapshots, context, partial(written, name="opportunity_history", folder=aside))
    if history.table is None:
        (aside / "opportunity_history.parquet").unlink()
    return history


def _built(
    frames: list[Frame],
    past: Past,
    snapshots: Snapshots | None,
    context: Context,
    joined: Callable[[Iterator[pa.Table]], pa.Table | Dataset],
) -> History:
    """Return the history that files and folders tell, its tables, one a range, `joined`."""
    deals = past.deals
    states, covered, tracked = _whole_states(frames, past, context)
    entered = _dates_of_stages(covered, tracked, deals, snapshots, context)
    changes, rows = _field_changes(frames, past, covered, tracked, context)
    tracked |= {field: CHANGES for told in changes for field in told.fields if field not in tracked}
    dated = []
    if snapshots is not None:
        own = {field for field, name in tracked.items() if name != CHANGES}
        dated = snapshots.blocks(deals["opportunity_id"].combine_chunks(), covered, own, set(tracked) - own)
        tracked |= {field: DATED for field in snapshots.fields if field not in tracked}
    sources = Sources(states, entered, changes, rows, dated, covered, tracked)
    found = Pieces(deals, sources, snapshots, context)
    table = joined(found.tables(past.ranges))
    found.refuse()
    if not found.known.any():
        return History(None, {}, None)
    found.warn()
    since = _since(tracked, found.changed, entered, snapshots, deals)
    if tracked["stage_name"] in (STATES, STEPS):
        since = max(since, complete_from(found.first, deals, context) or since)
    return History(table, tracked, since.isoformat(), _whole_from(tracked, since, snapshots))


def _whole_states(frames: list[Frame], past: Past, context: Context) -> tuple[list[States], np.ndarray, dict[str, str]]:
    """Return the rows of whole states, which opportunities they cover, and the fields they track."""
    found: list[States] = []
    tracked: dict[str, str] = {}
    covered = np.zeros(past.deals.num_rows, bool)
    for form, name in (("states", STATES), ("steps", STEPS)):
        states = gathered_states(name, of_form(frames, form), past, covered, context.ledger)
        if states is not None:
            nothing = states.block(past.ranges[0], past.deals, context, n_rows=0)
            tracked |= {field: name for field in nothing.fields if field not in tracked}
            found.append(states)
    return found, covered, tracked


def _dates_of_stages(
    covered: np.ndarray, tracked: dict[str, str], deals: pa.Table, snapshots: Snapshots | None, context: Context
) -> Block | None:
    """Return the stages that the deals' own dates tell, if any, and add them to what is told already."""
    entered = entered_stages(snapshots.tables if snapshots else [deals], deals, covered, context)
    if entered is not None:
        covered[entered.place] = True
        tracked.setdefault("stage_name", STAGE_DATES)
    return entered


def _field_changes(
    frames: list[Frame], past: Past, covered: np.ndarray, tracked: dict[str, str], context: Context
) -> tuple[list[Told], list[Buckets]]:
    """Return what each file of field history tells that whole states do not cover, and the rows it comes from."""
    changes = [Told(frame) for frame in of_form(frames, "changes")]
    files = [gathered_rows(told.frame, past, context.ledger) for told in changes]
    for some in past.ranges if files else ():
        seen: list[pd.DataFrame] = []
        for told, file in zip(changes, files, strict=True):
            rows = once(file.read(some.number), seen, context.ledger)
            rows = put(rows, "_field", tracked_fields(rows["field"]))
            unused = rows["_field"].is_null().to_numpy()
            rows = leave(rows, unused, "change of a field that is not used", context.ledger)
            whole = pc.is_in(rows["_field"], pa.array(list(tracked), TEXT)).to_numpy()
            rows = leave(rows, whole & covered[rows["_place"].to_numpy()], COVERED, context.ledger)
            told.count(rows)
            file.put(some.number, rows)
    for told in changes:
        told.settle(context)
    return changes, files


def _since(
    tracked: dict[str, str], changed: list[int], entered: Block | None, snapshots: Snapshots | None, deals: pa.Table
) -> dt.date:
    """Return the first day whose end state is known: the first folder, else the first creation.

    Field history is kept for some months only, and dates of stages since they were switched on: where they alone tell
    stages, no day before the first of them is known.
    """
    if tracked["stage_name"] == DATED and snapshots is not None:
        return snapshots.days[0]
    first: dt.date = pc.min(deals["created_at"]).as_py().date()
    stamps = changed if tracked["stage_name"] == CHANGES else []
    if entered is not None and tracked["stage_name"] == STAGE_DATES and len(entered.at):
        stamps = [int(entered.at.min())]
    return max(first, np.datetime64(min(stamps), "us").astype(dt.datetime).date()) if stamps else first


def _whole_from(tracked: dict[str, str], since: dt.date, snapshots: Snapshots | None) -> str | None:
    """Return the first dated folder where amounts or close dates are known from there on only; else None."""
    late = snapshots is not None and any(tracked.get(field) == DATED for field in ("amount", "close_date"))
    return snapshots.days[0].isoformat() if late and snapshots.days[0] > since else None
