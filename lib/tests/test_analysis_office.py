"""Office hours: against a loop over every minute, on days when clocks change, over holidays and in other zones."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.analysis.office import arrivals, hours_of_a_day, office_hours, times_of_day, working_days
from revops.company.operations import OfficeHours

USUAL = OfficeHours()
UTC = ZoneInfo("UTC")
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Singapore", "Asia/Kolkata", "Australia/Sydney")


def stamps(*texts):
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601")).astype("datetime64[us]")


def hours(start, end, *, there="Europe/Berlin", here="Europe/Berlin", office=USUAL):
    [found] = office_hours(stamps(start), stamps(end), [there], office=office, zone=here)
    return found


def slow_hours(start, end, *, there, here, office):
    """Return the same by asking of every minute whether the office is open at it."""
    minute, last = (naive.replace(tzinfo=ZoneInfo(here)).astimezone(UTC) for naive in (start, end))
    n = 0
    while minute < last:
        local = minute.astimezone(ZoneInfo(there))
        is_worked = local.strftime("%a").lower() in office.days and local.date() not in office.holidays
        n += is_worked and office.opens <= local.strftime("%H:%M") < office.closes
        minute += dt.timedelta(minutes=1)
    return n / 60


def test_a_friday_afternoon_to_a_monday_morning_by_hand():
    """Friday 17:00 to 18:00 is one hour, Monday 8:30 to 9:45 is one and a quarter."""
    assert hours("2026-06-05 17:00", "2026-06-08 09:45") == 2.25


def test_nights_weekends_and_the_wrong_order():
    assert hours("2026-06-05 20:00", "2026-06-08 07:00") == 0
    assert hours("2026-06-08 09:45", "2026-06-05 17:00") == -2.25
    assert hours("2026-06-06 10:00", "2026-06-07 15:00") == 0
    assert hours("2026-06-08 08:30", "2026-06-08 18:00") == hours_of_a_day(USUAL) == 9.5


def test_seconds_count():
    assert hours("2026-06-08 09:00:00", "2026-06-08 09:00:36") == pytest.approx(0.01)


def test_a_holiday_is_no_working_day():
    office = OfficeHours(holidays=(dt.date(2026, 6, 8),))
    assert hours("2026-06-05 17:00", "2026-06-09 09:30", office=office) == 2
    assert hours("2026-06-05 17:00", "2026-06-09 09:30") == 11.5


def test_the_owners_clock_counts_and_not_the_companys():
    """9:00 in New York is 15:00 in Berlin and 21:00 in Singapore, where the office opens at 20:30 of New York."""
    stamp, later = "2026-06-08 09:00", "2026-06-08 21:30"
    assert hours(stamp, later, there="America/New_York", here="America/New_York") == 9
    assert hours(stamp, later, there="Europe/Berlin", here="America/New_York") == 3
    assert hours(stamp, later, there="Asia/Singapore", here="America/New_York") == 1


def test_two_weeks_a_year_new_york_and_berlin_are_five_hours_apart():
    """Europe changes its clocks on 29 March 2026, America on 8 March: 8:00 to 13:00 in New York is 13:00 to 18:00 in
    Berlin between the two, and 14:00 to 19:00, of which the office is open for four hours, before and after."""
    found = [hours(f"{day} 08:00", f"{day} 13:00", here="America/New_York")
             for day in ("2026-03-02", "2026-03-16", "2026-04-06")]  # fmt: skip
    assert found == [4, 5, 4]


def test_a_day_on_which_the_clock_changes_is_an_hour_shorter_or_longer():
    office = OfficeHours(opens="00:00", closes="12:00", days=("sat", "sun", "mon"))
    assert hours("2026-03-29 00:00", "2026-03-29 23:00", office=office) == 11
    assert hours("2026-10-25 00:00", "2026-10-25 23:00", office=office) == 13


def test_a_time_that_never_comes_and_one_that_comes_twice():
    """On 29 March 2026 clocks go from 2:00 to 3:00, on 25 October from 3:00 back to 2:00 in Berlin."""
    office = OfficeHours(opens="02:30", closes="12:00", days=("sun",))
    assert hours("2026-03-29 02:10", "2026-03-29 12:00", office=office) == 9
    assert hours("2026-10-25 02:30", "2026-10-25 12:00", office=office) == 10.5


def test_missing_stamps_are_unknown_and_no_rows_are_no_hours():
    some, none = stamps("2026-06-08 09:00", None), stamps(None, "2026-06-08 09:00")
    assert np.isnan(office_hours(some, none, ["UTC", "UTC"], office=USUAL, zone="UTC")).all()
    assert office_hours(some[:0], none[:0], [], office=USUAL, zone="UTC").tolist() == []
    assert arrivals(none, ["UTC", "UTC"], office=USUAL, zone="UTC").tolist()[1:] == ["09:00"]
    assert arrivals(none, ["UTC", "UTC"], office=USUAL, zone="UTC").isna().tolist() == [True, False]


def test_an_office_that_is_never_open_between_the_two():
    office = OfficeHours(days=("sun",), holidays=(dt.date(2026, 6, 7),))
    assert hours("2026-06-05 10:00", "2026-06-09 10:00", office=office) == 0


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 20)), st.integers(0, 9 * 1440), st.sampled_from(ZONES),
    st.sampled_from(ZONES), st.sampled_from([("08:30", "18:00"), ("04:00", "23:59"), ("13:15", "13:30")]),
    st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
    st.sets(st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)), max_size=3),
)  # fmt: skip
def test_hours_are_those_of_a_loop_over_minutes(start, minutes, there, here, clock, days, holidays):
    start = start.replace(second=0, microsecond=0, hour=max(start.hour, 4))  # clocks change before
    end = start + dt.timedelta(minutes=minutes)
    end = end.replace(hour=max(end.hour, 4))
    office = OfficeHours(opens=clock[0], closes=clock[1], days=tuple(sorted(days)), holidays=tuple(sorted(holidays)))
    slow = slow_hours(start, end, there=there, here=here, office=office)
    assert hours(str(start), str(end), there=there, here=here, office=office) == pytest.approx(slow, abs=1e-9)


@given(st.lists(st.tuples(st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1)),
                          st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1)),
                          st.sampled_from(ZONES)), max_size=8))  # fmt: skip
def test_many_at_once_are_as_each_alone(rows):
    start, end = stamps(*(str(row[0]) for row in rows)), stamps(*(str(row[1]) for row in rows))
    zones = [row[2] for row in rows]
    together = office_hours(start, end, zones, office=USUAL, zone="America/New_York")
    alone = [office_hours(start[i:i + 1], end[i:i + 1], zones[i:i + 1], office=USUAL, zone="America/New_York")[0]
             for i in range(len(rows))]  # fmt: skip
    assert together.tolist() == pytest.approx(alone)


def test_where_in_the_day_stamps_fall():
    at = stamps("2026-06-08 08:29:59", "2026-06-08 08:30", "2026-06-08 12:15", "2026-06-08 17:59:59",
                "2026-06-08 18:00", "2026-06-07 12:00")  # fmt: skip
    told = arrivals(at, ["Europe/Berlin"] * 6, office=USUAL, zone="Europe/Berlin")
    assert told.tolist() == ["before opening", "08:00", "12:00", "17:00", "after closing", "day off"]
    assert set(told) <= set(times_of_day(USUAL))
    there = arrivals(at, ["America/New_York"] * 6, office=USUAL, zone="Europe/Berlin")
    assert there.tolist() == ["before opening", "before opening", "before opening", "11:00", "12:00", "day off"]


def test_times_of_day_are_in_order():
    assert times_of_day(OfficeHours(opens="08:30", closes="11:00")) == (
        "before opening", "08:00", "09:00", "10:00", "after closing", "day off",
    )  # fmt: skip


def test_working_days_after_the_day_itself():
    """From Friday: to Saturday and Sunday none, to Monday one, to the Friday after five; before it none."""
    ends = stamps("2026-06-05", "2026-06-06", "2026-06-07", "2026-06-08", "2026-06-12", "2026-06-01", None)
    start = stamps(*["2026-06-05"] * 7)
    assert working_days(start, ends, office=USUAL)[:6].tolist() == [0, 0, 0, 1, 5, 0]
    assert np.isnan(working_days(start, ends, office=USUAL)[6])
    office = OfficeHours(holidays=(dt.date(2026, 6, 8),))
    assert working_days(start, ends, office=office)[:6].tolist() == [0, 0, 0, 0, 4, 0]
