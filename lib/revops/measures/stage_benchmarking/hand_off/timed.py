"""How many office hours each MQL waited, and whether that was longer than the SLA."""

import numpy as np
import pandas as pd

from revops.analysis.office import hours_of_a_day, office_hours, working_days
from revops.company import Company
from revops.measures.stage_benchmarking.hand_off.touched import Touched

__all__ = ["ROUNDING", "timed"]

Array = np.ndarray
ROUNDING = 1e-6
"""So much may hours be off [hours]."""


def timed(
    rows: pd.DataFrame, touched: Touched, until: pd.Timestamp, sla_hours: float, company: Company
) -> pd.DataFrame:
    """Return what the clock of the hand-off says of each MQL.

    Parameters
        rows : mql_at and zone, the one whose office hours count
        touched : when somebody first worked on each, or it was given back
        until : the last moment that is seen
        sla_hours : office hours within which one is to be touched

    Returns
        As `rows`: touched_at, touch, given_back_at, event (0 neither yet, 1 touched, 2 given back untouched), hours (to
        it, or to the last moment; NaN where it cannot be timed), follow_hours (to the last moment), is_late (touched
        after the SLA, or not though the SLA has run out; null where it has not, or cannot be timed).

    Limits
        Of stamps that hold days without a time, working days count, as whole days: the same day is 0 hours.
    """
    table = touched.table
    ended = table["touched_at"].fillna(table["given_back_at"])
    event = np.select([table["touched_at"].notna(), table["given_back_at"].notna()], [1, 2], 0)
    last = pd.Series(until, rows.index).astype("datetime64[us]")
    out = (table["was_worked"] | table["is_odd"] | (not touched.is_told)).to_numpy(dtype=bool)
    hours, follow = (
        np.where(out, np.nan, _waited(rows, end, touched.is_days, company)) for end in (ended.fillna(last), last)
    )
    sla = sla_hours + ROUNDING
    is_late = np.select([out, event == 1, follow > sla], [None, hours > sla, True], None)
    return table[["touched_at", "touch", "given_back_at"]].assign(
        event=event.astype("int64"), hours=hours, follow_hours=follow, is_late=pd.array(is_late, dtype="boolean")
    )


def _waited(rows: pd.DataFrame, end: pd.Series, is_days: bool, company: Company) -> Array:
    office = company.office_hours
    if is_days:
        days = working_days(rows["mql_at"].dt.floor("D"), end.dt.floor("D"), office=office)
        return days * hours_of_a_day(office)
    found = office_hours(rows["mql_at"], end, rows["zone"], office=office, zone=company.time_zone)
    return np.maximum(found, 0.0)
