"""Office hours: how many go by between two moments on somebody's calendar, and where in the day a moment falls."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from revops.company.operations import OfficeHours

__all__ = ["AFTER", "BEFORE", "OFF", "arrivals", "hours_of_a_day", "office_hours", "times_of_day", "working_days"]

Array = np.ndarray
BEFORE, AFTER, OFF = "before opening", "after closing", "day off"
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = 3_600_000_000
_NEVER = np.iinfo("int64").min


def office_hours(start: pd.Series, end: pd.Series, zones: Iterable[str], *, office: OfficeHours, zone: str) -> Array:
    """Return the office hours that go by between two moments on the calendar of whoever has them to work on.

    Question
        How long did the lead wait, not counting nights, weekends and holidays?

    Parameters
        start, end : stamps as the canonical tables have them: without zone, on the company's clock
        zones : of each, the zone whose office hours count
        office : when the office opens and closes, on which days of the week, and the days off
        zone : the company's zone

    Returns
        Hours [n]; negative where the end comes first, NaN where either is missing.

    Formula
        Sum over working days of the part of the day's opening hours that lies between the two, all three as moments:
        a day on which the clock is put forward within opening hours is an hour shorter.

    Limits
        A stamp within the hour that comes twice in autumn is taken as its first, as the gate takes it. An office opens
        at the first of two such times and closes at the last. Holidays are the same in every zone.
    """
    found = np.full(len(start), np.nan)
    moments = [_moments(values, zone) for values in (start, end)]
    known = (moments[0] != _NEVER) & (moments[1] != _NEVER)
    names = np.asarray(list(zones), dtype=object)
    for name in pd.unique(names[known]):
        mine = known & (names == name)
        first, last = _elapsed(np.stack([values[mine] for values in moments]), str(name), office)
        found[mine] = (last - first) / _HOUR
    return found


def working_days(start: pd.Series, end: pd.Series, *, office: OfficeHours) -> Array:
    """Return how many working days lie after the day of `start`, up to that of `end`: 0 on the same day or before it.

    Parameters
        start, end : days; office : which of them are worked
    """
    known = (start.notna() & end.notna()).to_numpy()
    first, last = (values.to_numpy()[known].astype("datetime64[D]") + 1 for values in (start, end))
    found = np.full(len(start), np.nan)
    found[known] = np.maximum(np.busday_count(first, last, busdaycal=_calendar(office)), 0)
    return found


def arrivals(at: pd.Series, zones: Iterable[str], *, office: OfficeHours, zone: str) -> pd.Series:
    """Return where in the day of its zone each moment falls: one of `times_of_day`; None where it is missing.

    Parameters
        at, zones, office, zone : as in office_hours
    """
    moments, names = _moments(at, zone), np.asarray(list(zones), dtype=object)
    found = np.full(len(at), None, dtype=object)
    opens, closes = _minutes(office.opens), _minutes(office.closes)
    for name in pd.unique(names[moments != _NEVER]):
        mine = (moments != _NEVER) & (names == name)
        local = pd.DatetimeIndex(moments[mine].view("datetime64[us]"), tz="UTC").tz_convert(str(name))
        minute = np.asarray(local.hour * 60 + local.minute)
        days = local.tz_localize(None).to_numpy().astype("datetime64[D]")
        hours = np.array([f"{hour:02d}:00" for hour in range(24)], dtype=object)[minute // 60]
        is_off = ~np.is_busday(days, busdaycal=_calendar(office))
        found[mine] = np.select([is_off, minute < opens, minute >= closes], [OFF, BEFORE, AFTER], hours)
    return pd.Series(found, at.index, dtype="str")


def times_of_day(office: OfficeHours) -> tuple[str, ...]:
    """Return what arrivals are told apart by, in order: before opening, each hour from 08:00 on, after closing, and
    days off. The first hour begins when the office opens, the last ends when it closes."""
    first, last = _minutes(office.opens) // 60, (_minutes(office.closes) - 1) // 60
    return (BEFORE, *(f"{hour:02d}:00" for hour in range(first, last + 1)), AFTER, OFF)


def hours_of_a_day(office: OfficeHours) -> float:
    """Return how many hours the office is open on a working day."""
    return (_minutes(office.closes) - _minutes(office.opens)) / 60


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _calendar(office: OfficeHours) -> np.busdaycalendar:
    return np.busdaycalendar([day in office.days for day in _WEEK], np.array(office.holidays, dtype="datetime64[D]"))


def _moments(stamps: pd.Series, zone: str, *, last: bool = False) -> Array:
    """Return stamps on the clock of a zone as microseconds in UTC; `last` takes the second of a time that comes twice,
    and a time that never comes is when the clock was put forward."""
    index = pd.DatetimeIndex(stamps).as_unit("us")
    there = index.tz_localize(zone, ambiguous=np.full(len(index), not last), nonexistent="shift_forward")
    return there.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").view("int64")


def _elapsed(moments: Array, zone: str, office: OfficeHours) -> Array:
    """Return the office time of a zone from some day before all moments up to each [microseconds]."""
    ends = np.array([moments.min(), moments.max()]).view("datetime64[us]").astype("datetime64[D]")
    days = np.arange(ends[0] - 2, ends[1] + 3)
    days = days[np.is_busday(days, busdaycal=_calendar(office))]
    if not len(days):
        return np.zeros(moments.shape, dtype="int64")
    opens, closes = (
        _moments(pd.Series(days + np.timedelta64(_minutes(clock), "m")), zone, last=is_last)
        for clock, is_last in ((office.opens, False), (office.closes, True))
    )
    length = np.maximum(closes - opens, 0)
    before = np.concatenate([[0], np.cumsum(length)])
    place = np.searchsorted(opens, moments, side="right") - 1
    today = np.clip(moments - opens[place], 0, length[place])
    return np.where(place >= 0, before[place] + today, 0)
