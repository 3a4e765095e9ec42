"""States of opportunities as spans of days: from which day to which day each state stood at the day's end."""

import datetime as dt
from collections.abc import Collection, Sequence
from functools import partial

import numpy as np
import pandas as pd

from revops.book import AsOf
from revops.book.parts import by_id, over
from revops.company import Company

__all__ = ["on_day", "spans", "spans_of", "stood_on"]


def spans_of(view: AsOf, *, types: Collection[str] | None = None, also: Sequence[str] = ()) -> pd.DataFrame:
    """Return the states of a company's opportunities up to the day as `spans` does, from one part of it at a time."""
    return by_id(over(view, partial(_spans_in, types=types, also=also)), "opportunity_id")


def _spans_in(view: AsOf, types: Collection[str] | None, also: Sequence[str]) -> pd.DataFrame:
    records = view.book.table("opportunities")
    return spans(view.timeline, records, as_of=view.day, company=view.company, types=types, also=also)


def spans(
    timeline: pd.DataFrame,
    records: pd.DataFrame,
    *,
    as_of: dt.date,
    company: Company,
    types: Collection[str] | None = None,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Return each state, with the first and last day it stood.

    Parameters
        timeline : states of opportunities (AsOf.timeline), sorted by opportunity_id and time
        records : opportunities (schema.opportunities); give the type where the states have none
        as_of : the last day of all
        types : opportunity types to keep; by default those that the quota covers
        also : more columns of the timeline to keep, such as win_probability; owner_id is the record's where blank

    Returns
        One row per state that stood at the end of a day, in the order of `timeline`: opportunity_id, first, last
        (days, inclusive), outcome, stage_name, stage_order, close_date, type, amount [company currency; 0 where
        blank], pushes (how often the close date had been moved back), entered (first day of the uninterrupted stay in
        the present stage). Deleted opportunities have no state from their deletion on.
    """
    id, close = pd.Series(pd.factorize(timeline["opportunity_id"])[0], index=timeline.index), timeline["close_date"]
    pushed = id.eq(id.shift()) & (close > close.shift())
    first = timeline["changed_at"].dt.normalize()
    last = (first.shift(-1) - pd.Timedelta(days=1)).where(id.eq(id.shift(-1)), pd.Timestamp(as_of))
    type = _or_of_record(timeline, records, "type")
    table = timeline[["opportunity_id", "outcome", "stage_name", "close_date", *also]].assign(
        first=first,
        last=last,
        stage_order=timeline["stage_name"].map(company.stage_order).astype("float64"),
        type=type,
        amount=timeline["amount"].fillna(0),
        pushes=pushed.astype("int64").groupby(id, sort=False).cumsum(),
    )
    if "owner_id" in also:
        table["owner_id"] = _or_of_record(timeline, records, "owner_id")
    stood = (
        type.isin(company.quota_covers if types is None else types)
        & ~timeline["is_deleted"].fillna(False).astype(bool)
        & (first <= last)
    )
    return _entered(table[stood].reset_index(drop=True), id[stood].to_numpy())


def _or_of_record(timeline: pd.DataFrame, records: pd.DataFrame, name: str) -> pd.Series:
    """Return a field of each state, the record's where the state does not tell it."""
    return timeline[name].fillna(timeline["opportunity_id"].map(records.set_index("opportunity_id")[name]))


def _entered(table: pd.DataFrame, id: np.ndarray) -> pd.DataFrame:
    """Return states with the first day of the stay they belong to: same deal, same stage, nothing in between."""
    stage = pd.factorize(table["stage_name"])[0]
    starts = np.r_[True, (id[1:] != id[:-1]) | (stage[1:] != stage[:-1])][: len(table)]
    entered = table["first"].to_numpy()[starts][np.cumsum(starts) - 1]
    return table.assign(entered=entered)


def on_day(spans: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Return the states that stood at the end of a day: one row per opportunity."""
    return spans[stood_on(spans, day)]


def stood_on(spans: pd.DataFrame, day: dt.date) -> pd.Series:
    """Return which states stood at the end of a day."""
    stamp = pd.Timestamp(day)
    return (spans["first"] <= stamp) & (spans["last"] >= stamp)
