"""Which weeks the report is about, and which weeks before them they are held against."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from revops.analysis.outlook import Subject
from revops.book import AsOf
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.periods import Period

__all__ = ["Window", "window_of"]


@dataclass(frozen=True)
class Window:
    """The last weeks up to a day, and the windows of as many weeks before them.

    period: the quarter asked for; until: the last day of the last weeks, the day of the report where the quarter is
    not over. Who came in then is followed up to the day of the report, whatever the period.
    """

    view: AsOf
    knobs: Knobs
    period: Period
    until: dt.date

    @property
    def days(self) -> int:
        """Return how long a window is [days]."""
        return 7 * self.knobs.weeks

    @property
    def since(self) -> dt.date:
        """Return the first day of the last weeks."""
        return self.until - dt.timedelta(days=self.days - 1)

    @property
    def past_since(self) -> dt.date:
        """Return the first day of the windows that the last weeks are held against."""
        return self.since - dt.timedelta(days=self.days * self.knobs.past)

    @cached_property
    def subject(self) -> Subject:
        """Return what the report is about: the company, or the slice that the knobs name."""
        return Subject(self.view, self.knobs)

    def place_of(self, entered: pd.Series) -> pd.Series:
        """Return the window that each day lies in: 0 the last weeks, 1 those before, and so on; -1 after them."""
        gap = (pd.Timestamp(self.until) - entered.dt.normalize()).dt.days
        return pd.Series(np.where(gap.ge(0), gap // self.days, -1), entered.index).fillna(-1).astype("int64")


def window_of(view: AsOf, knobs: Knobs) -> Window:
    """Return the window that the knobs ask for."""
    period = view.calendar.resolve(knobs.period, view.day)
    return Window(view, knobs, period, min(period.end, view.day))
