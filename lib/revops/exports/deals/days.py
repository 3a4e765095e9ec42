"""Opportunities and their past, from files of one day or of many."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from revops.exports.context import Context
from revops.exports.deals.changes import tracked_fields
from revops.exports.deals.dated import refuse_undated, warn_of_days
from revops.exports.deals.history import History, build_history
from revops.exports.deals.opportunities import build_opportunities
from revops.exports.deals.pipelines import settle_pipelines
from revops.exports.deals.snapshots import Snapshots, combined
from revops.exports.money import add_amounts
from revops.exports.reading.columns import TEXT, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.suspected_tests import warn_of_test_records

__all__ = ["Deals", "deals_of", "ids_of_history", "past_of"]


@dataclass(frozen=True)
class Deals:
    """Opportunities as one table, as last seen, and by their day.

    `days` has those of each dated folder and, last and without a day, those of the undated files; `known` has the ids
    of all that were read, of records that are left out too.
    """

    table: pa.Table
    days: dict[dt.date | None, pa.Table]
    known: pa.Table


def ids_of_history(frames: list[Frame]) -> pa.Table:
    """Return the ids in the files that tell the history of stages, each once and in order."""
    whole = [frame for frame in frames if frame.description.kind.form != "changes"]
    telling = whole or [
        frame for frame in frames if "stage_name" in tracked_fields(frame.distinct("field")).to_pylist()
    ]
    found = pc.unique(pa.chunked_array([frame.distinct("opportunity_id") for frame in telling], TEXT))
    return pa.table({"opportunity_id": found.take(pc.sort_indices(found))})


def deals_of(frames: list[Frame], others: Mapping[str, pa.Table], past: pa.Table, context: Context) -> Deals:
    """Return the opportunities of all files, whose rows are counted as kept.

    Parameters
        others : the names of accounts and campaigns, where there are files of them
        past : the ids that have history
    """
    given, frames = frames, [replace(frame) for frame in frames]
    for frame in given:
        frame.let_go()
    by_day: defaultdict[dt.date | None, list[Frame]] = defaultdict(list)
    for frame in frames:
        add_amounts(frame, context.company, context.ledger)
        by_day[frame.day].append(frame)
    settle_pipelines(frames, context)
    days = sorted(by_day, key=lambda day: day or dt.date.max)
    if len(days) > 1 and days[-1] is None:
        refuse_undated(by_day[None], context.ledger)
    known = pa.chunked_array([whole(frame.table["opportunity_id"]).cast(TEXT) for frame in frames], TEXT)
    built = {day: build_opportunities(by_day[day], others, context, [past["opportunity_id"]], day) for day in days}
    warn_of_days(list(built.items()), context.ledger)
    warn_of_test_records(built[days[-1]], context.company, context.ledger)
    for table in built.values():
        context.ledger.keep_rows(table)
    return Deals(combined(list(built.values())), built, pa.table({"opportunity_id": known}))


def past_of(
    frames: list[Frame],
    deals: pa.Table,
    days: Mapping[dt.date | None, pa.Table],
    context: Context,
    aside: Path | None = None,
) -> tuple[pa.Table | Dataset | None, History]:
    """Return the canonical history of opportunities, if there is any, and what it tells of itself.

    `aside` is a folder for what is too large for memory, as prepare has it.
    """
    history = build_history(frames, deals, _snapshots(days), context, aside)
    return history.table, replace(history, table=None)


def _snapshots(days: Mapping[dt.date | None, pa.Table]) -> Snapshots | None:
    """Return the dated folders as snapshots; undated files beside them count as of their own latest stamp."""
    dated = [day for day in days if day is not None]
    if not dated:
        return None
    last = list(days.values())[-1]
    stamps = [last[name] for name in ("created_at", "modified_at") if name in last.column_names]
    latest = max(
        (stamp.date() for column in stamps if (stamp := pc.max(column).as_py()) is not None), default=dated[-1]
    )
    return Snapshots([day or max(latest, dated[-1]) for day in days], list(days.values()))
