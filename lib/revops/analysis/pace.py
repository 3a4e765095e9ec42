"""Open pipeline and bookings of quarters, day by day, from the states of opportunities in one pass."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from revops.analysis.spans import on_day
from revops.company import Company
from revops.periods import Period

__all__ = ["daily_pipeline", "frozen_bookings", "frozen_on"]


def daily_pipeline(
    states: pd.DataFrame, periods: Sequence[Period], *, as_of: dt.date, company: Company
) -> pd.DataFrame:
    """Return `open_pipeline_amount` and `booked_amount` at the end of every day of each quarter, as they stood then.

    Question
        Where was the pipeline on this day of earlier quarters?

    Parameters
        states : spans of days (analysis.spans.spans); types that the quota does not cover are left out
        periods : quarters; days after `as_of` are left out

    Returns
        One row per period x day, sorted: period (name), day (1 on the first), days_left (0 on the last), date,
        open_pipeline_amount and booked_amount [company currency]. The same as rebuilding the state of each day,
        without doing so.
    """
    states = states[states["type"].isin(company.quota_covers)]
    states = states[states["outcome"].eq("won") | (states["stage_order"] >= company.qualifying_order)]
    states = states[states["outcome"].ne("lost")]
    tables = [_of_period(states, period, min(as_of, period.end)) for period in periods if period.start <= as_of]
    columns = ["period", "day", "days_left", "date", "open_pipeline_amount", "booked_amount"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def frozen_on(period: Period, as_of: dt.date, grace_days: int) -> dt.date:
    """Return the day whose state counts as the period's bookings: some days after its end, never beyond `as_of`."""
    return min(as_of, period.end + dt.timedelta(days=grace_days))


def frozen_bookings(
    states: pd.DataFrame, periods: Sequence[Period], *, as_of: dt.date, company: Company
) -> pd.DataFrame:
    """Return what each quarter counted as booked on the day its bookings were frozen (`frozen_on`).

    Parameters as in `daily_pipeline`.

    Returns
        One row per period, in the order given: period (name), booked_amount [company currency], n_booked.
    """
    won = states[states["outcome"].eq("won") & states["type"].isin(company.quota_covers)]
    rows = []
    for period in periods:
        day = frozen_on(period, as_of, company.grace_days)
        held = on_day(won, day)
        held = held.loc[held["close_date"].between(*map(pd.Timestamp, (period.start, min(day, period.end)))), "amount"]
        rows.append((period.name, float(held.sum()), len(held)))
    return pd.DataFrame(rows, columns=["period", "booked_amount", "n_booked"])


def _of_period(states: pd.DataFrame, period: Period, until: dt.date) -> pd.DataFrame:
    start, end = pd.Timestamp(period.start), pd.Timestamp(until)
    due = states[states["close_date"].between(start, pd.Timestamp(period.end))]
    is_won = due["outcome"].eq("won")
    begins = due["first"].where(~is_won, due[["first", "close_date"]].max(axis=1)).clip(lower=start)
    ends = due["last"].where(is_won, due[["last", "close_date"]].min(axis=1)).clip(upper=end)
    days = (end - start).days + 1
    amounts = {}
    for name, chosen in (("open_pipeline_amount", ~is_won), ("booked_amount", is_won)):
        held = chosen & (begins <= ends)
        steps = np.zeros(days + 1)
        np.add.at(steps, (begins[held] - start).dt.days.to_numpy(), due.loc[held, "amount"].to_numpy())
        np.add.at(steps, (ends[held] - start).dt.days.to_numpy() + 1, -due.loc[held, "amount"].to_numpy())
        amounts[name] = steps[:-1].cumsum().round(4)
    dates, counted = pd.date_range(start, end), np.arange(1, days + 1)
    left = period.days - counted
    return pd.DataFrame({"period": period.name, "day": counted, "days_left": left, "date": dates, **amounts})
