import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.errors import SettingsError
from revops.periods import FiscalCalendar, Period, end_of_day

DATES = st.dates(dt.date(2001, 1, 1), dt.date(2090, 12, 31))


@pytest.mark.parametrize(
    ("starts", "day", "name", "first", "last"),
    [
        (1, "2021-11-09", "FY21-Q4", "2021-10-01", "2021-12-31"),
        (2, "2026-06-09", "FY27-Q2", "2026-05-01", "2026-07-31"),
        (2, "2026-01-31", "FY26-Q4", "2025-11-01", "2026-01-31"),
        (2, "2024-02-29", "FY25-Q1", "2024-02-01", "2024-04-30"),
        (7, "2025-06-30", "FY25-Q4", "2025-04-01", "2025-06-30"),
        (10, "2025-10-01", "FY26-Q1", "2025-10-01", "2025-12-31"),
        (12, "2024-02-29", "FY24-Q1", "2023-12-01", "2024-02-29"),
    ],
)
def test_a_quarter_is_named_by_the_year_in_which_its_fiscal_year_ends(starts, day, name, first, last):
    quarter = FiscalCalendar(starts).quarter_of(dt.date.fromisoformat(day))
    assert quarter == Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last), name)


@given(st.integers(1, 12), DATES)
def test_quarters_agree_with_pandas_periods(starts, day):
    """pandas labels a fiscal quarter by the ending year too: an outside implementation."""
    ends = pd.Timestamp(2000, (starts + 10) % 12 + 1, 1).strftime("%b").upper()
    theirs = pd.Period(day, freq=f"Q-{ends}")
    ours = FiscalCalendar(starts).quarter_of(day)
    assert (ours.start, ours.end) == (theirs.start_time.date(), theirs.end_time.date())
    assert ours.name == f"FY{theirs.qyear % 100:02d}-Q{theirs.quarter}"


@given(st.integers(1, 12), DATES, st.integers(-20, 20))
def test_quarters_follow_each_other_without_gap(starts, day, shift):
    calendar = FiscalCalendar(starts)
    quarter = calendar.quarter_of(day)
    assert calendar.shift(quarter, 1).start == quarter.end + dt.timedelta(days=1)
    assert calendar.shift(calendar.shift(quarter, shift), -shift) == quarter
    assert calendar.named(quarter.name).start.year % 100 == quarter.start.year % 100


def test_days_and_weeks_are_counted_from_one():
    quarter = FiscalCalendar(2).named("FY27-Q2")
    assert (quarter.days, quarter.day_of(dt.date(2026, 5, 1)), quarter.day_of(dt.date(2026, 6, 9))) == (92, 1, 40)
    assert [quarter.week_of(dt.date(2026, m, d)) for m, d in ((5, 1), (5, 7), (5, 8), (7, 30), (7, 31))] == [
        1,
        1,
        2,
        13,
        13,
    ]
    assert (quarter.days_left(dt.date(2026, 7, 31)), quarter.days_left(dt.date(2026, 8, 1))) == (0, -1)
    assert quarter.clip(dt.date(2027, 1, 1)) == quarter.end


def test_period_words_mean_quarters_around_the_day():
    calendar, day = FiscalCalendar(1), dt.date(2021, 11, 9)
    assert [calendar.resolve(word, day).name for word in ("previous", "current", " Next ", "fy2021-q3", "FY21Q3")] == [
        "FY21-Q3",
        "FY21-Q4",
        "FY22-Q1",
        "FY21-Q3",
        "FY21-Q3",
    ]
    assert [p.name for p in calendar.before(calendar.named("FY21-Q4"), 2)] == ["FY21-Q2", "FY21-Q3"]


def test_a_period_nobody_knows_is_refused():
    with pytest.raises(SettingsError) as refusal:
        FiscalCalendar(1).resolve("2021-Q3", dt.date(2021, 11, 9))
    assert str(refusal.value) == "period: must be current, next, previous or a name such as FY27-Q2; found '2021-Q3'."


def test_names_of_many_dates_are_those_of_each():
    calendar = FiscalCalendar(2)
    days = pd.Series(pd.to_datetime(["2026-06-09", None, "2026-01-31"])).astype("datetime64[us]")
    assert calendar.names(days).tolist()[::2] == ["FY27-Q2", "FY26-Q4"]
    assert calendar.names(days).isna().tolist() == [False, True, False]


def test_the_end_of_a_day_belongs_to_it():
    assert end_of_day(dt.date(2026, 6, 9)).date() == dt.date(2026, 6, 9)
    assert end_of_day(dt.date(2026, 6, 9)) > pd.Timestamp("2026-06-09 23:59:59.99")
