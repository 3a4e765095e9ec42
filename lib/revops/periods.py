"""The fiscal calendar: quarters of any fiscal year start, named by the year in which the fiscal year ends."""

import calendar as months
import datetime as dt
import re
from dataclasses import dataclass

import pandas as pd

from revops.errors import SettingsError

__all__ = ["FiscalCalendar", "Period", "end_of_day"]

_NAME = re.compile(r"FY(\d{2}|\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Period:
    """One fiscal quarter: first day, last day (inclusive) and name, such as FY27-Q2."""

    start: dt.date
    end: dt.date
    name: str

    @property
    def days(self) -> int:
        """Return the number of days in the quarter (90 to 92)."""
        return (self.end - self.start).days + 1

    def day_of(self, day: dt.date) -> int:
        """Return the day of the quarter, 1 on its first day; below 1 before it, above `days` after it."""
        return (day - self.start).days + 1

    def week_of(self, day: dt.date) -> int:
        """Return the week of the quarter: days 1 to 7 are week 1; the odd days after day 91 belong to week 13."""
        return min((self.day_of(day) - 1) // 7 + 1, 13)

    def days_left(self, day: dt.date) -> int:
        """Return the days from `day` to the last day: 0 on the last day, negative after it."""
        return (self.end - day).days

    def clip(self, day: dt.date) -> dt.date:
        """Return `day`, moved into the quarter where it lies outside."""
        return min(max(day, self.start), self.end)


@dataclass(frozen=True)
class FiscalCalendar:
    """Quarters of a fiscal year that begins on the first day of month `starts` (1 to 12)."""

    starts: int = 1

    def quarter_of(self, day: dt.date) -> Period:
        """Return the quarter that holds `day`."""
        return self._quarter(self._index(day.year, day.month))

    def shift(self, period: Period, quarters: int) -> Period:
        """Return the quarter that many quarters later (negative: earlier)."""
        return self._quarter(self._index(period.start.year, period.start.month) + quarters)

    def before(self, period: Period, quarters: int) -> list[Period]:
        """Return the quarters before `period`, oldest first."""
        return [self.shift(period, -back) for back in range(quarters, 0, -1)]

    def named(self, name: str) -> Period:
        """Return the quarter of a name such as FY27-Q2 or FY2027-Q2.

        Raises
            SettingsError: the name is not of that form.
        """
        found = _NAME.fullmatch(name.strip())
        if not found:
            raise SettingsError(f"period: must be current, next, previous or a name such as FY27-Q2; found {name!r}.")
        year = int(found[1]) + (2000 if len(found[1]) == 2 else 0)
        return self._quarter((year - (self.starts > 1)) * 4 + int(found[2]) - 1)

    def resolve(self, period: str, as_of: dt.date) -> Period:
        """Return the quarter that `period` (current, next, previous or a name) means on the day `as_of`."""
        shifts = {"previous": -1, "current": 0, "next": 1}
        word = period.strip().casefold()
        return self.shift(self.quarter_of(as_of), shifts[word]) if word in shifts else self.named(period)

    def names(self, days: pd.Series) -> pd.Series:
        """Return the quarter's name for each date; null where there is none."""
        index = (days.dt.year * 12 + days.dt.month - self.starts) // 3
        known = {int(value): self._quarter(int(value)).name for value in index.dropna().unique()}
        return index.map(known).astype("str").where(days.notna())

    def _index(self, year: int, month: int) -> int:
        return (year * 12 + month - self.starts) // 3

    def _quarter(self, index: int) -> Period:
        first = index * 3 + self.starts - 1
        start = dt.date(first // 12, first % 12 + 1, 1)
        year, month = (first + 2) // 12, (first + 2) % 12 + 1
        end = dt.date(year, month, months.monthrange(year, month)[1])
        fiscal_year = index // 4 + (self.starts > 1)
        return Period(start, end, f"FY{fiscal_year % 100:02d}-Q{index % 4 + 1}")


def end_of_day(day: dt.date) -> pd.Timestamp:
    """Return the last moment of a day, so that `stamp <= end_of_day(day)` includes the whole day."""
    return pd.Timestamp(day) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
