"""Where each opportunity stands towards one period's number, on one day: the one place where this is decided."""

import datetime as dt

import pandas as pd

from revops.company import Company
from revops.periods import Period

__all__ = ["BOOKED", "BOOKED_WITHOUT_QUOTA", "OPEN_PIPELINE", "OVERDUE", "STANDINGS", "is_open", "standing"]

OPEN_PIPELINE = "open_pipeline"
BOOKED = "booked"
BOOKED_WITHOUT_QUOTA = "booked_without_quota"
OVERDUE = "overdue"

STANDINGS: dict[str, str] = {
    OPEN_PIPELINE: "open pipeline of the period",
    OVERDUE: "open, close date has passed",
    "type_without_quota": "open, of a type that the quota does not cover",
    "before_qualifying": "open, not yet at the qualifying stage",
    "due_before_period": "open, due before the period begins",
    "due_after_period": "open, due after the period",
    BOOKED: "booked in the period",
    BOOKED_WITHOUT_QUOTA: "won in the period, of a type that the quota does not cover",
    "closed_later_date": "closed, but with a close date after the as-of day",
    "won_other_period": "won in another period",
    "lost": "lost",
}


def standing(state: pd.DataFrame, *, period: Period, day: dt.date, company: Company) -> pd.Series:
    """Return one of STANDINGS for each opportunity: which number it counts in, or why in none.

    Question
        Which opportunities make up open pipeline and bookings, and what about the others?

    Parameters
        state : opportunities as they stood at the end of `day` (AsOf.state)
        period : the quarter the number is for
        day : the day of the state; a won opportunity counts once its close date has come

    Formula
        The first that holds. Open: overdue if close < day; then type, qualifying stage; due in
        [max(day, period start), period end] is open pipeline. Won: booked if close in [period start, day].
    """
    close, first, last, today = state["close_date"], *map(pd.Timestamp, (period.start, period.end, day))
    opened, won, covered = is_open(state), state["outcome"].eq("won"), state["type"].isin(company.quota_covers)
    closed_later = ~opened & (close > today)
    in_period = close.between(first, min(last, today))
    rules = (
        (OVERDUE, opened & (close < today)),
        ("type_without_quota", opened & ~covered),
        ("before_qualifying", opened & (state["stage_order"] < company.qualifying_order)),
        ("due_before_period", opened & (close < first)),
        ("due_after_period", opened & (close > last)),
        (OPEN_PIPELINE, opened),
        ("closed_later_date", closed_later),
        (BOOKED, won & in_period & covered),
        (BOOKED_WITHOUT_QUOTA, won & in_period),
        ("won_other_period", won),
        ("lost", ~opened),
    )
    names = pd.Series("lost", index=state.index, dtype="str")
    for name, holds in reversed(rules):
        names = names.mask(holds, name)
    return names


def is_open(state: pd.DataFrame) -> pd.Series:
    """Return whether each opportunity is open."""
    return state["outcome"].eq("open")
