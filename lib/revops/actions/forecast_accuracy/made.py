"""How an action of the forecast accuracy report is made: when it is due, and the money that it corrects."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.actions import Action, due
from revops.measures.forecast_accuracy.result import ForecastResult

__all__ = ["Worth", "action", "before_next_call", "called_now", "quarter_end", "soon", "usual_actual"]

Worth = tuple[float | None, float, float | None] | None
"""low, value, high [company currency]; the ends are None where no range is honest."""


def action(
    rule: str, text: str, owner: str, by: dt.date, because: str, *, amount: float = 0.0, ids: tuple[str, ...] = (),
    worth: Worth = None,
) -> Action:  # fmt: skip
    """Return an action whose money, where there is any, is what it corrects."""
    low, value, high = (None if end is None else float(end) for end in worth or (None, None, None))
    return Action(rule, text, owner, float(amount), by, because, ids, value, low, high, "corrected" if worth else None)


def soon(result: ForecastResult) -> dt.date:
    """Return a week after the as-of day, within the quarter under way."""
    return due.soon(result.period, result.view.day)


def quarter_end(result: ForecastResult) -> dt.date:
    """Return the end of the quarter under way, for what changes the next one; else a week after the as-of day."""
    return due.quarter_end(result.period, result.view.day)


def before_next_call(result: ForecastResult) -> dt.date:
    """Return a day before the next call at the fixed horizon: a week from now, or the quarter's end where this
    quarter's call has been made."""
    period, today = result.period, result.view.day
    return soon(result) if period.week_of(today) < result.knobs.horizon_weeks else quarter_end(result)


def called_now(result: ForecastResult, level: str, category: str) -> pd.Series:
    """Return the calls for the quarter under way at the fixed horizon: member -> amount [company currency]; empty
    before they are made."""
    rows, week = result.found.pairs, result.knobs.horizon_weeks
    rows = rows[rows["is_open"].astype(bool) & rows["period"].eq(result.period.name) & rows["horizon_weeks"].eq(week)]
    rows = rows[rows["level"].eq(level) & rows["category"].eq(category)].dropna(subset="forecast_amount")
    return rows.set_index("member")["forecast_amount"].astype("float64")


def usual_actual(result: ForecastResult) -> float:
    """Return the mean bookings of a judged quarter [company currency]; NaN without one."""
    rows = result.judged.pairs.drop_duplicates("period")["actual_amount"]
    return float(rows.mean()) if len(rows) else np.nan
