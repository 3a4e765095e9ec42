"""Days, fiscal quarters, office hours and time zones as plain numbers, so that a whole company fits in arrays.

A day is a count since 1970-01-01; a moment is a float of such days in the deal's own region; a stamp is UTC seconds.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from revops.simulate.plan import Plan

__all__ = [
    "Array",
    "Quarters",
    "day_number",
    "end_of_day",
    "local_day",
    "local_time",
    "office_stamp",
    "quarters",
    "stream",
]

Array = np.ndarray[Any, Any]
_EPOCH = dt.date(1970, 1, 1)
_EXTRA_QUARTERS = 12  # expected close dates lie beyond the simulated end


@dataclass(frozen=True)
class Quarters:
    """The fiscal quarters around a simulated company: first days in order; number 0 is the first that is reported."""

    starts: Array
    burn_in: int
    fiscal_year_starts: int

    def index(self, days: Array) -> Array:
        """Return the position in `starts` of the quarter that holds each day."""
        return np.clip(np.searchsorted(self.starts, np.floor(days), side="right") - 1, 0, len(self.starts) - 2)

    def last_day(self, days: Array) -> Array:
        """Return the last day of the quarter that holds each day."""
        return self.starts[self.index(days) + 1] - 1

    def last_workday(self, days: Array) -> Array:
        """Return the last Monday-to-Friday day of the quarter that holds each day."""
        last = self.last_day(days)
        return last - np.maximum((last + 3) % 7 - 4, 0)

    def name(self, index: int) -> str:
        """Return a quarter's name, by the year in which its fiscal year ends."""
        first = _EPOCH + dt.timedelta(days=int(self.starts[index]))
        months = (first.month - self.fiscal_year_starts) % 12
        begun = first.year - (first.month < self.fiscal_year_starts)
        return f"FY{(begun + (self.fiscal_year_starts > 1)) % 100:02d}-Q{months // 3 + 1}"

    def dates(self, index: int) -> tuple[dt.date, dt.date]:
        """Return the first and last day of a quarter."""
        first, after = (_EPOCH + dt.timedelta(days=int(day)) for day in self.starts[index : index + 2])
        return first, after - dt.timedelta(days=1)


def quarters(plan: Plan) -> Quarters:
    """Return the plan's fiscal quarters, burn-in and some future included."""
    month = np.datetime64(plan.first_day, "M") - 3 * plan.burn_in
    count = plan.burn_in + plan.n_quarters + plan.after + _EXTRA_QUARTERS
    starts = (month + 3 * np.arange(count)).astype("datetime64[D]").astype(np.int64)
    return Quarters(starts, plan.burn_in, plan.fiscal_year_starts)


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one topic: what a later topic draws cannot move those of an earlier one."""
    return np.random.default_rng([seed, *name.encode()])


def day_number(day: dt.date) -> int:
    """Return days since 1970-01-01."""
    return (day - _EPOCH).days


def office_stamp(moments: Array, utc_hours: Array) -> Array:
    """Return each moment as UTC seconds on a working day in office hours; order is kept, weekends fall to Monday."""
    day = np.floor(moments)
    part = moments - day
    weekday = (day + 3) % 7
    early = [0.05 * part, 0.05 + 0.05 * part, 0.1 + 0.9 * part]
    part = np.select([weekday == 5, weekday == 6, weekday == 0], early, part)
    day = day + np.select([weekday == 5, weekday == 6], [2, 1], 0)
    return np.floor(day * 86_400 + (8.5 + 9.5 * part - utc_hours) * 3_600).astype(np.int64)


def local_time(stamps: Array, zone: str) -> pd.Series:
    """Return UTC seconds as wall-clock times in a zone, without zone."""
    index = pd.DatetimeIndex(np.asarray(stamps, dtype="datetime64[s]")).tz_localize("UTC").tz_convert(zone)
    return pd.Series(index.tz_localize(None).as_unit("us"))


def local_day(stamps: Array, zone: str) -> Array:
    """Return the calendar day in a zone of each UTC second."""
    return local_time(stamps, zone).to_numpy().astype("datetime64[D]").astype(np.int64)


def end_of_day(day: dt.date, zone: str) -> int:
    """Return the UTC second with which a day begins to be over in a zone: stamps below it belong to the day."""
    return int(pd.Timestamp(day + dt.timedelta(days=1), tz=zone).timestamp())
