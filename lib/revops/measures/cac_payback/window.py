"""Which months the report is about: whole months of some quarters, of the company or of a slice of it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops.analysis.outlook import Subject
from revops.book import AsOf
from revops.errors import MeasureError
from revops.measures.cac_payback.knobs import Knobs
from revops.periods import Period

__all__ = ["Window", "window_of"]


@dataclass(frozen=True)
class Window:
    """The whole months in which customers were won: those of the period asked for that were over on the day, and of the
    quarters before it.

    months: first day of each. since, until: first and last day of them.
    """

    view: AsOf
    knobs: Knobs
    period: Period
    months: pd.DatetimeIndex

    @property
    def since(self) -> dt.date:
        """Return the first day of the first month."""
        return self.months[0].date()

    @property
    def until(self) -> dt.date:
        """Return the last day of the last month."""
        return (self.months[-1] + pd.offsets.MonthEnd(0)).date()

    @property
    def known_until(self) -> pd.Timestamp:
        """Return the first day of the last month that was over on the day, whatever the period."""
        return last_month(self.view.day)

    @cached_property
    def only(self) -> pd.Index | None:
        """Return the opportunities of the slice; None for the whole company.

        Raises
            MeasureError: the slice names a group that no opportunity belongs to.
        """
        return Subject(self.view, self.knobs).only


def window_of(view: AsOf, knobs: Knobs) -> Window:
    """Return the window that the knobs ask for.

    Raises
        MeasureError: not one of its months was over on the day.
    """
    period = view.calendar.resolve(knobs.period, view.day)
    first = view.calendar.shift(period, -knobs.quarters)
    last = min(pd.Timestamp(period.end).replace(day=1), last_month(view.day))
    months = pd.date_range(first.start, last, freq="MS", unit="us")
    if months.empty:
        raise MeasureError(
            f"period={period.name}, quarters={knobs.quarters}: the window must hold a month that is over on "
            f"{view.day}, the day of the report; found none since {first.start}. Choose an earlier period, or more "
            "quarters before it."
        )
    return Window(view, knobs, period, months)


def last_month(day: dt.date) -> pd.Timestamp:
    """Return the first day of the last month that is over at the end of a day."""
    return pd.Timestamp(day + dt.timedelta(days=1)).replace(day=1) - pd.DateOffset(months=1)
