"""What a journey can end in: opportunities that were won, lost or made, and people who came to nothing."""

import numpy as np
import pandas as pd

from revops.analysis.journeys.knobs import JourneyKnobs
from revops.analysis.journeys.numbers import NEVER, Array, moments
from revops.analysis.journeys.people import People
from revops.book import AsOf
from revops.periods import end_of_day

__all__ = ["COLUMNS", "deals_of", "never_of"]

COLUMNS = ("record_id", "opportunity_id", "account_id", "kind", "type", "amount", "wins", "losses", "ended_at", "last",
           "opportunity_at", "closed_at", "is_journey", "row")  # fmt: skip
"""last: until when touches count; row: that of the state, or of the person or account by its number."""


def deals_of(view: AsOf, state: pd.DataFrame, knobs: JourneyKnobs) -> pd.DataFrame:
    """Return the opportunities asked for, won, lost, open or undated (closed, by a date that has not come).

    Returns
        One row per opportunity of the state, in its order: COLUMNS; amount as known on the day, NaN where blank;
        ended_at is the day it closed (open: the day of the view), by creation the moment it was made.
    """
    types = view.company.quota_covers if knobs.types is None else knobs.types
    day, end = pd.Timestamp(view.day), end_of_day(view.day)
    due = state["close_date"] <= day
    kind = state["outcome"].where(due | state["outcome"].eq("open"), "undated")
    if knobs.cutoff == "creation":
        ended, last, wins = state["created_at"], state["created_at"], pd.Series(1.0, state.index)
        losses, is_journey = 0.0 * wins, wins.eq(1)
    else:
        ended = state["close_date"].where(due & kind.ne("open"), day)
        last = ended + (end - day)
        wins, losses = kind.eq("won").astype("float64"), kind.eq("lost").astype("float64")
        is_journey = kind.isin(["won", *["lost"] * knobs.lost, *["open"] * knobs.keep_open])
    table = state[["opportunity_id", "account_id", "type", "amount"]].assign(
        record_id=state["opportunity_id"], kind=kind, wins=wins, losses=losses, ended_at=ended,
        last=moments(last), opportunity_at=moments(state["created_at"]), is_journey=is_journey,
        closed_at=np.where(kind.eq("won") & (knobs.cutoff == "close"), moments(last), NEVER),
        row=np.arange(len(state)),
    )  # fmt: skip
    within = _within(ended, knobs) | (kind.eq("open") & (knobs.cutoff == "close"))
    return table.loc[state["type"].isin(types) & within, list(COLUMNS)]


def never_of(view: AsOf, people: People, person: Array, at: Array, counts: Array, knobs: JourneyKnobs) -> pd.DataFrame:
    """Return the people, or accounts, whom touches never brought to an opportunity, as losses (COLUMNS).

    Parameters
        person, at, counts : of each touch, whom it touched, when, and whether it may count at all

    Formula
        Nobody behind any opportunity of any type, and nobody of an account that has one. It ends with its last touch.
    """
    n = len(people.table)
    last = np.full(n, -1)
    np.maximum.at(last, person[counts], at[counts])
    account = people.table["account"].to_numpy()
    last[people.person] = -1
    has_deal = np.append(np.bincount(people.of_deal[people.of_deal >= 0], minlength=len(people.accounts)) > 0, False)
    last[has_deal[account]] = -1
    of_account = (account >= 0) & (knobs.never_converted == "accounts")
    row = np.where(of_account, n + account, np.arange(n))
    table = pd.DataFrame({"row": row, "last": last})[last >= 0].groupby("row")["last"].max().reset_index()
    numbers = table["row"].to_numpy()
    whose = np.where(numbers < n, np.append(account, -1)[np.minimum(numbers, n)], numbers - n)
    ids = pd.Series(people.accounts.append(pd.Index([None])), dtype="str")
    account_id = ids.iloc[whose].reset_index(drop=True)
    record_id = pd.Series(people.table["id"].to_numpy(), dtype="str").reindex(numbers).reset_index(drop=True)
    table = table.assign(
        record_id=record_id.fillna(account_id), opportunity_id=None, account_id=account_id, kind="never", type=None,
        amount=0.0, wins=0.0, losses=1.0, ended_at=table["last"].to_numpy().astype("datetime64[us]"),
        opportunity_at=NEVER, closed_at=NEVER, is_journey=True,
    ).assign(last=NEVER)  # fmt: skip
    quiet = table["ended_at"].dt.normalize() <= pd.Timestamp(view.day) - pd.Timedelta(days=knobs.quiet_days)
    return table.loc[quiet & _within(table["ended_at"], knobs), list(COLUMNS)]


def _within(ended: pd.Series, knobs: JourneyKnobs) -> pd.Series:
    """Return which ended in the days asked for."""
    inside = ended.notna()
    if knobs.since is not None:
        inside &= ended >= pd.Timestamp(knobs.since)
    return inside if knobs.until is None else inside & (ended <= end_of_day(knobs.until))
