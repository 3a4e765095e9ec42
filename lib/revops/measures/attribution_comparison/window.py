"""Which deals the report is about: those of some quarters, of the company or of a slice of it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from revops.analysis.journeys import Journeys, Known, journeys_of, known_on
from revops.analysis.outlook import Subject
from revops.book import AsOf
from revops.errors import MeasureError
from revops.measures.attribution_comparison.knobs import Knobs
from revops.periods import Period

__all__ = ["Window", "window_of"]


@dataclass(frozen=True)
class Window:
    """The days in which deals closed, or were made: the period asked for up to the day, and the quarters before it."""

    view: AsOf
    knobs: Knobs
    period: Period
    since: dt.date
    until: dt.date

    @cached_property
    def only(self) -> pd.Index | None:
        """Return the opportunities of the slice; None for the whole company.

        Raises
            MeasureError: the slice names a group that no opportunity belongs to.
        """
        return Subject(self.view, self.knobs).only

    @cached_property
    def known(self) -> tuple[Known, ...]:
        """Return what all journeys of the window are made of."""
        return known_on(self.view)

    def journeys(self, cutoff: str = "close", **other: object) -> Journeys:
        """Return the journeys of the window's deals: cutoff `close` for what was won, `creation` for pipeline.

        Parameters
            other : knobs of journeys that differ from the report's, such as since=None for all days
        """
        days = {"since": self.since, "until": self.until} | other
        return journeys_of(self.view, self.knobs.journeys(cutoff, **days), only=self.only, known=self.known)


def window_of(view: AsOf, knobs: Knobs) -> Window:
    """Return the window that the knobs ask for: it ends with the period, or with the day where that comes before.

    Raises
        MeasureError: it would begin after the day.
    """
    period = view.calendar.resolve(knobs.period, view.day)
    first = view.calendar.shift(period, -knobs.quarters)
    if first.start > view.day:
        raise MeasureError(
            f"period={period.name}, quarters={knobs.quarters}: the window must begin by {view.day}, the day of the "
            f"report; found {first.start}. Choose an earlier period, or more quarters before it."
        )
    return Window(view, knobs, period, first.start, min(period.end, view.day))
