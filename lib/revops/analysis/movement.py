"""What moved a period's open pipeline between two days, so that it adds up to the cent."""

import datetime as dt

import pandas as pd

from revops.analysis.standing import OPEN_PIPELINE, OVERDUE, is_open, standing
from revops.company import Company
from revops.periods import Period

__all__ = ["KINDS", "movement"]

KINDS: dict[str, str] = {
    "new": "created",
    "reopened": "reopened",
    "pulled_in": "pulled in",
    "redated": "re-dated from overdue",
    "qualified": "now qualified",
    "up": "amount raised",
    "down": "amount lowered",
    "won": "won",
    "lost": "lost",
    "pushed": "pushed out",
    "overdue": "became overdue",
    "unqualified": "no longer qualified",
    "retyped": "type changed",
    "removed": "deleted",
}


def movement(
    before: pd.DataFrame, after: pd.DataFrame, *, period: Period, start: dt.date, end: dt.date, company: Company
) -> pd.DataFrame:
    """Return `pipeline_movement_amount`: every opportunity that entered, left or changed open pipeline.

    Question
        Why is open pipeline not what it was a week ago?

    Parameters
        before, after : opportunities at the end of `start` and of `end` (AsOf.state)

    Returns
        One row per opportunity that moved, sorted by kind, then id: opportunity_id, kind (one of KINDS), amount
        [company currency; what entered is positive]. Open pipeline on `start` plus the sum is open pipeline on
        `end`. What entered counts at its amount on `end`, what left at its amount on `start`; a missing amount is 0.
    """
    old, new = _at(before, period, start, company), _at(after, period, end, company)
    both = old.add_suffix("_old").join(new.add_suffix("_new"), how="outer")
    was, now = both["where_old"].eq(OPEN_PIPELINE), both["where_new"].eq(OPEN_PIPELINE)
    both = both[was | now]
    was, now = was[was | now], now[was | now]
    amount = both["amount_new"].where(now, 0).fillna(0) - both["amount_old"].where(was, 0).fillna(0)
    kind = pd.Series("pulled_in", index=both.index, dtype="str")
    for name, holds in _rules(both, was, now, amount):
        kind = kind.mask(holds, name)
    order = kind.map({name: place for place, name in enumerate(KINDS)})
    columns = {"kind": kind, "amount": amount.round(6), "order": order}
    moved = pd.DataFrame(columns)[~(was & now & amount.eq(0))].reset_index(names="opportunity_id")
    return moved.sort_values(["order", "opportunity_id"], ignore_index=True).drop(columns="order")


def _at(state: pd.DataFrame, period: Period, day: dt.date, company: Company) -> pd.DataFrame:
    where = standing(state, period=period, day=day, company=company)
    table = state[["opportunity_id", "amount", "outcome"]].assign(where=where, is_open=is_open(state))
    return table.set_index("opportunity_id")


def _rules(both: pd.DataFrame, was: pd.Series, now: pd.Series, amount: pd.Series) -> list[tuple[str, pd.Series]]:
    """Return which rows are of which kind; of several the last holds."""
    entered, left = now & ~was, was & ~now
    where_old, where_new = both["where_old"], both["where_new"]
    return [
        ("redated", entered & where_old.eq(OVERDUE)),
        ("qualified", entered & where_old.eq("before_qualifying")),
        ("retyped", entered & where_old.eq("type_without_quota")),
        ("reopened", entered & both["outcome_old"].isin(["won", "lost"])),
        ("new", entered & where_old.isna()),
        ("pushed", left),
        ("overdue", left & where_new.eq(OVERDUE)),
        ("unqualified", left & where_new.eq("before_qualifying")),
        ("retyped", left & where_new.eq("type_without_quota")),
        ("won", left & both["outcome_new"].eq("won")),
        ("lost", left & both["outcome_new"].eq("lost")),
        ("removed", left & where_new.isna()),
        ("up", was & now & (amount > 0)),
        ("down", was & now & (amount < 0)),
    ]
