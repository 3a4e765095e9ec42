"""By when an action is due."""

import datetime as dt

from revops.periods import Period

__all__ = ["quarter_end", "soon"]

_DAYS_TO_ACT = 7


def soon(period: Period, day: dt.date) -> dt.date:
    """Return a week after the day, within the period where that is under way."""
    due = day + dt.timedelta(days=_DAYS_TO_ACT)
    return min(due, period.end) if period.start <= day <= period.end else due


def quarter_end(period: Period, day: dt.date) -> dt.date:
    """Return the end of the period under way, for what changes the next one; else a week after the day."""
    return period.end if period.start <= day <= period.end else soon(period, day)
