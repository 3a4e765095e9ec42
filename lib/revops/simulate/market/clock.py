"""Office hours as a clock that stands still at night and at weekends."""

import numpy as np

from revops.simulate.calendar import Array

__all__ = ["OFFICE_HOURS", "OPENS", "office_hours_between", "office_later"]

OPENS, OFFICE_HOURS = 8.5, 9.5  # 8:30 to 18:00, Monday to Friday, in the hours of the region


def office_later(stamps: Array, hours: Array, utc_hours: Array) -> Array:
    """Return the UTC second at which so many office hours have gone by since each stamp."""
    at = _elapsed(stamps, utc_hours) + hours
    workdays = np.floor(at / OFFICE_HOURS)
    day = workdays // 5 * 7 + workdays % 5 - 3  # 1969-12-29 was a Monday
    local = day * 24 + OPENS + (at - workdays * OFFICE_HOURS)
    return np.floor((local - utc_hours) * 3_600).astype(np.int64)


def office_hours_between(start: Array, end: Array, utc_hours: Array) -> Array:
    """Return the office hours between stamps."""
    return _elapsed(end, utc_hours) - _elapsed(start, utc_hours)


def _elapsed(stamps: Array, utc_hours: Array) -> Array:
    """Return the office hours since Monday, 29 December 1969."""
    local = np.asarray(stamps, dtype=float) / 3_600 + utc_hours
    day = np.floor(local / 24)
    since = day + 3
    full = since // 7 * 5 + np.minimum(since % 7, 5)
    today = np.where(since % 7 < 5, np.clip(local - day * 24 - OPENS, 0, OFFICE_HOURS), 0.0)
    return full * OFFICE_HOURS + today
