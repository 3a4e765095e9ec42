"""Calendar months as day numbers, and how systems write them."""

import datetime as dt

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array
from revops.simulate.model import World

__all__ = ["day_of", "last_day", "month_starts"]


def month_starts(world: World) -> Array:
    """Return the first day of every month from the first reported day to the end of simulated time, and one more."""
    plan, calendar = world.plan, world.calendar
    first, end = calendar.starts[[plan.burn_in, plan.burn_in + plan.n_quarters + plan.after]]
    months = np.arange(
        np.datetime64(int(first), "D").astype("datetime64[M]"), np.datetime64(int(end), "D").astype("datetime64[M]") + 1
    )
    return months.astype("datetime64[D]").astype(np.int64)


def last_day(world: World, until: int) -> int:
    """Return the last whole day, in the company's zone, before a UTC second."""
    moment = pd.Timestamp(until - 1, unit="s", tz="UTC").tz_convert(world.plan.time_zone)
    return (moment.date() - dt.date(1970, 1, 1)).days


def day_of(number: int) -> dt.date:
    """Return the date of a day number."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(number))
