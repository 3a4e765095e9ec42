"""Past quarters: what is frozen and credited to whom, and the day of each week; against lists by hand."""

import datetime as dt

import pandas as pd
import pytest
from forecasting import CALENDAR, call, company, quarter, subject, told, values, won

from frames import change
from revops.measures.forecast_accuracy.forecasts.quarters import quarters_of, states_of, week_days

BASE = [won("base", "ann", "2025-10-20", 500.0)]


def booked(deals, day="2026-07-20", column="actual_amount", name="FY26-Q1", **given):
    found = past(deals, day, **given)
    return float(found.booked(("new", "expansion"), column)[name])


def past(deals, day="2026-07-20", judged=12, **given):
    about = subject(company(deals, **given), day)
    return quarters_of(about, about.part_of(states_of(about)), judged)


def test_a_win_entered_in_the_grace_days_counts_and_one_entered_later_counts_only_now():
    deals = [*BASE, won("in", "ann", "2026-03-30", 10.0, saved="2026-04-05"),
             won("late", "bob", "2026-03-30", 7.0, saved="2026-04-06")]  # fmt: skip
    assert (booked(deals), booked(deals, column="now_amount")) == (10.0, 17.0)


def test_a_deal_reopened_after_the_freeze_stays_in_what_was_frozen():
    record, states = won("a", "ann", "2026-03-10", 30.0)
    reopened = [*states, change("a", "2026-04-20 09:00", 2, close_date="2026-06-30", amount=30.0, owner_id="ann")]
    other, is_open = won("b", "ann", "2026-03-11", 1.0), {"stage_name": "Discovery", "outcome": "open"}
    deals = [*BASE, other, (record | is_open, reopened)]
    assert (booked(deals), booked(deals, column="now_amount")) == (31.0, 1.0)
    early = [*states, change("a", "2026-04-03 09:00", 2, close_date="2026-06-30", amount=30.0, owner_id="ann")]
    assert booked([*BASE, other, (record, early)]) == 1.0


def test_a_close_date_moved_after_the_freeze_leaves_the_quarter_it_was_frozen_in():
    record, states = won("a", "ann", "2026-03-10", 30.0)
    moved = change("a", "2026-04-20 09:00", 2, stage_name="Won", close_date="2026-04-02", amount=30.0, owner_id="ann")
    deals = [*BASE, (record | {"close_date": "2026-04-02"}, [*states, moved])]
    assert [booked(deals, name=name) for name in ("FY26-Q1", "FY26-Q2")] == [30.0, 30.0]
    assert [booked(deals, column="now_amount", name=name) for name in ("FY26-Q1", "FY26-Q2")] == [0.0, 30.0]


@pytest.mark.parametrize(("on", "credited"), [("2026-04-05", "bob"), ("2026-04-06", "ann")])
def test_an_owner_who_takes_over_after_the_freeze_gets_no_credit(on, credited):
    record, states = won("a", "ann", "2026-03-10", 30.0)
    taken = change("a", f"{on} 09:00", 2, stage_name="Won", close_date="2026-03-10", amount=30.0, owner_id="bob")
    found = past([*BASE, (record | {"owner_id": "bob"}, [*states, taken])]).by_owner(("new",))
    rows = found[found["period"].eq("FY26-Q1") & found["actual_amount"].ne(0)]
    assert rows[["owner_id", "actual_amount"]].to_numpy().tolist() == [[credited, 30.0]]


def test_types_that_the_quota_does_not_cover_are_there_but_not_booked():
    deals = [*BASE, won("r", "ann", "2026-02-10", 99.0, type="renewal"), won("e", "ann", "2026-02-10", 5.0,
                                                                                type="expansion")]  # fmt: skip
    found = past(deals)
    assert found.booked(("new", "expansion"))["FY26-Q1"] == 5.0
    assert found.booked(("renewal",))["FY26-Q1"] == 99.0


def test_the_past_begins_with_the_first_quarter_that_booked_and_ends_with_the_last_frozen():
    deals = [won("early", "ann", "2025-05-10", 1.0, opened="2025-01-01"), *BASE]
    found = past(deals, "2026-07-04")
    assert [period.name for period in found.periods] == ["FY25-Q2", "FY25-Q3", "FY25-Q4", "FY26-Q1"]
    assert [period.name for period in found.unfrozen] == ["FY26-Q2"]
    assert found.booked(("new",)).tolist() == [1.0, 0.0, 500.0, 0.0]
    later = past(deals, "2026-07-05", judged=4)
    assert [period.name for period in later.last] == ["FY25-Q3", "FY25-Q4", "FY26-Q1", "FY26-Q2"]
    assert later.unfrozen == ()


def test_without_history_actuals_are_todays_and_no_forecast_rests_on_deals():
    deals = [won(f"d{n}", "ann", f"202{5 + n // 4}-{3 * (n % 4) + 2:02}-10", 10.0 + n) for n in range(6)]
    of = company(deals, history=False)
    about = subject(of, "2026-07-20")
    found = quarters_of(about, states_of(about), 12)
    assert not found.is_frozen and found.actuals["actual_amount"].equals(found.actuals["now_amount"])
    assert found.booked(("new",)).tolist() == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
    assert told(of, "2026-07-20") is None
    found = told(company(deals, [call("2026-01-05", "company", 20.0, "company")], history=False), "2026-07-20")
    categories = set(found.company["category"])
    assert categories == {"commit", "final", "last_quarter", "same_quarter_last_year", "time_series"}
    assert values(found, "last_quarter", "FY26-Q1")[1] == 13.0
    assert values(found, "same_quarter_last_year", "FY26-Q1")[13] == 10.0
    assert set(values(found, "commit", "FY26-Q1", column="actual_amount").values()) == {14.0}


def test_no_booking_at_all_leaves_no_past():
    open_deal = won("a", "ann", "2026-06-10", 1.0)
    found = past([(open_deal[0], open_deal[1][:1])])
    assert (found.periods, found.last, found.unfrozen) == ((), (), ())
    assert found.booked(("new",)).empty


@pytest.mark.parametrize("name", ["FY26-Q1", "FY25-Q2", "FY24-Q4"])
def test_each_week_has_its_last_call_and_a_week_without_one_the_usual_weekday(name):
    period = quarter(name)
    tuesdays = [day.date() for day in pd.date_range(period.start, period.end) if day.weekday() == 1]
    first = period.week_of(tuesdays[0])
    days = week_days(period, [*tuesdays[:4], tuesdays[2] + dt.timedelta(days=1), *tuesdays[6:]])
    assert list(days) == list(range(1, 14))
    assert days[first + 2] == tuesdays[2] + dt.timedelta(days=1)
    assert [days[first + week] for week in (0, 1, 3, 4, 5)] == [tuesdays[week] for week in (0, 1, 3, 4, 5)]
    assert all(period.week_of(day) == week for week, day in days.items())


@pytest.mark.parametrize("period", CALENDAR.before(quarter("FY27-Q1"), 5), ids=lambda period: period.name)
def test_without_calls_each_week_is_told_on_its_first_day(period):
    days = week_days(period)
    assert list(days.values()) == [period.start + dt.timedelta(days=7 * week) for week in range(13)]
    outside = week_days(period, [period.start - dt.timedelta(days=3), period.end + dt.timedelta(days=1)])
    assert outside == days
