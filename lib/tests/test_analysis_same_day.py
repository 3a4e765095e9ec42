"""States as spans, past quarters on the same day, and the age at which a stage stalls: against lists by hand."""

import datetime as dt

import pandas as pd
import pytest
from quarters import PARTS

from frames import COMPANY, change, deal, table
from revops.analysis.aging import halving_ages
from revops.analysis.same_day import booked_on_day, booked_on_days, open_on_day, open_on_days, same_day
from revops.analysis.spans import spans
from revops.company import TYPES
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)


@pytest.fixture(scope="module")
def history():
    """Three deals, two quarters: won for less, pushed out of its quarter, and made and won after the day."""
    deals = [deal("a", created_at="2025-09-01"), deal("b", type="expansion", created_at="2026-01-10"), deal("c")]
    states = [
        change("a", "2025-09-01 09:00", close_date="2025-12-20"),
        change("a", "2025-12-18 09:00", 1, stage_name="Won", close_date="2025-12-18", amount=90.0),
        change("b", "2026-01-10 09:00", stage_name="Lead", close_date="2026-03-31", amount=200.0),
        change("b", "2026-03-20 09:00", 1, stage_name="Lead", close_date="2026-06-30", amount=200.0),
        change("c", "2026-03-01 09:00", close_date="2026-03-15", amount=50.0),
        change("c", "2026-03-15 09:00", 1, stage_name="Won", close_date="2026-03-15", amount=50.0),
    ]
    return table("opportunities", deals), table("opportunity_history", states)


def same_days(history):
    records, states = history
    day = dt.date(2026, 5, 1)
    stood = spans(states, records, as_of=day, company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY26-Q2"), 2)
    return same_day(stood, periods, days_left=60, as_of=day, company=COMPANY)


def test_past_quarters_on_the_same_day_are_what_a_hand_would_list(history):
    found = same_days(history)
    columns = ["period", "opportunity_id", "place", "is_won", "won_amount"]
    assert found.deals[columns].to_numpy().tolist() == [
        ["FY25-Q4", "a", "due", True, 90.0],
        ["FY26-Q1", "b", "early", False, 0.0],
    ]
    assert found.sums(("new", "expansion"))[["period", *PARTS]].to_numpy().tolist() == [
        ["FY25-Q4", 0.0, 100.0, 90.0, 0.0, 0.0, 90.0],
        ["FY26-Q1", 0.0, 0.0, 0.0, 0.0, 50.0, 50.0],
    ]


def test_several_days_at_once_are_each_day_below_the_other(history):
    records, states = history
    stood = spans(states, records, as_of=dt.date(2026, 5, 1), company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY26-Q2"), 2)
    days = (dt.date(2025, 12, 1), dt.date(2025, 12, 19), dt.date(2026, 3, 10), dt.date(2026, 3, 31))
    on = [(period, day) for period in periods for day in days]
    opened, booked = open_on_days(stood, on, COMPANY), booked_on_days(stood, on)
    for place, (period, day) in enumerate(on):
        part = opened[opened["at"].eq(place)].drop(columns="at").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, open_on_day(stood, period, day, COMPANY))
        part = booked[booked["at"].eq(place)].drop(columns="at")
        pd.testing.assert_frame_equal(part, booked_on_day(stood, period, day))
    ids = {"a": [1, 2, 3], "c": [7]}  # places in `on` of the days by which each was won in that quarter
    assert {id: booked.loc[booked["opportunity_id"].eq(id), "at"].tolist() for id in ids} == ids


def test_what_was_booked_by_the_day_is_not_counted_as_new(history):
    records, states = history
    stood = spans(states, records, as_of=dt.date(2026, 5, 1), company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY26-Q2"), 1)
    rows = [same_day(stood, periods, days_left=left, as_of=dt.date(2026, 5, 1), company=COMPANY).sums(TYPES)
            for left in (60, 25, 10)]  # fmt: skip
    found = [row[["booked_then", "won_from_open", "won_from_new", "booked"]].iloc[0].tolist() for row in rows]
    assert found == [[0, 0, 50, 50], [0, 50, 0, 50], [50, 0, 0, 50]]


def test_a_quarter_in_which_nothing_was_open_or_won_counts_as_zero(history):
    records, states = history
    stood = spans(states, records, as_of=dt.date(2026, 5, 1), company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY25-Q3"), 2)
    found = same_day(stood, periods, days_left=60, as_of=dt.date(2026, 5, 1), company=COMPANY)
    assert found.deals.empty
    assert found.sums(TYPES)[PARTS].to_numpy().tolist() == [[0.0] * 6] * 2
    assert found.deals["won_amount"].dtype == float


LAST_DAY = dt.date(2026, 3, 31)


def left_after(*stays):
    """Return the spans of deals that left Discovery: (deals, days in it, stage after)."""
    states = []
    each = [(days, after) for deals, days, after in stays for _ in range(deals)]
    for n, (days, after) in enumerate(each):
        left = pd.Timestamp("2026-01-01") + pd.Timedelta(days=days)
        states += [change(f"d{n:02d}", "2026-01-01 09:00"), change(f"d{n:02d}", "2026-01-05 09:00", 1, amount=90.0),
                   change(f"d{n:02d}", f"{left:%Y-%m-%d} 09:00", 2, stage_name=after)]  # fmt: skip
    records = table("opportunities", [deal(f"d{n:02d}") for n in range(len(each))])
    return spans(table("opportunity_history", states), records, as_of=LAST_DAY, company=COMPANY, types=TYPES)


def test_the_age_at_which_the_chance_halves_is_found_by_hand():
    """40 of 80 move on after 10 days, 20 of the rest after 30, the last 20 are lost on day 60: on entry 60 of 80 move
    on (75 %); once the 40 are gone 20 of 40 do (50 %); once those are gone none of 20 does, first at 30 days. With 12
    after 30 days 52 of 80 do (65 %), once the 40 are gone 12 of 40 (30 %). Nobody can say it of 9 deals left."""
    assert halving_ages(left_after((40, 10, "Proposal"), (20, 30, "Proposal"), (20, 60, "Lost")))["Discovery"] == 30
    assert halving_ages(left_after((40, 10, "Proposal"), (12, 30, "Proposal"), (28, 60, "Lost")))["Discovery"] == 10
    assert halving_ages(left_after((30, 10, "Proposal"), (6, 30, "Proposal"), (4, 60, "Lost")))["Discovery"] == 30
    assert "Discovery" not in halving_ages(left_after((30, 10, "Proposal"), (5, 30, "Proposal"), (4, 60, "Lost")))
    assert "Discovery" not in halving_ages(left_after((9, 10, "Proposal"), (20, 60, "Lost"))), "29 stays"


def test_days_in_stage_and_stalled_deals_are_what_a_hand_would_count():
    """a: Discovery since 2026-01-10 although its date and amount changed since; b: went back to Discovery on 02-01;
    c: Proposal since 03-01; d: Lead, a stage with no halving age."""
    days = ("2025-12-01", "2026-01-10", "2026-02-01", "2026-03-01")
    moves = [("a", 0, "Lead"), ("a", 1, "Discovery"), ("a", 2, "Discovery"), ("a", 3, "Discovery"),
             ("b", 0, "Discovery"), ("b", 1, "Proposal"), ("b", 2, "Discovery"),
             ("c", 1, "Discovery"), ("c", 3, "Proposal"), ("d", 0, "Lead")]  # fmt: skip
    states = [change(id, f"{days[n]} 09:00", n, stage_name=stage, amount=n + 1.0) for id, n, stage in moves]
    due = {("a", 1): "2026-08-01", ("a", 2): "2026-06-01", ("a", 3): "2026-06-02"}  # later, earlier, later
    states = [row | {"close_date": due.get((row["opportunity_id"], row["sequence"]), "2026-07-15")} for row in states]
    records = table("opportunities", [deal(id, type="new") for id in "abcd"])
    stood = spans(table("opportunity_history", states), records, as_of=LAST_DAY, company=COMPANY)
    assert stood["entered"].dt.strftime("%m-%d").tolist() == [
        "12-01", "01-10", "01-10", "01-10", "12-01", "01-10", "02-01", "01-10", "03-01", "12-01",
    ]  # fmt: skip
    halving = pd.Series({"Discovery": 58.0, "Proposal": 30.0})
    found = open_on_day(stood, CALENDAR.named("FY26-Q1"), LAST_DAY, COMPANY, halving).set_index("opportunity_id")
    assert found["days_in_stage"].to_dict() == {"a": 80, "b": 58, "c": 30, "d": 120}
    assert found["pushes"].to_dict() == {"a": 2, "b": 0, "c": 0, "d": 0}
    assert found["is_stalled"].to_dict() == {"a": True, "b": False, "c": False, "d": False}
    for none in (None, pd.Series(dtype=float)):
        assert not open_on_day(stood, CALENDAR.named("FY26-Q1"), LAST_DAY, COMPANY, none)["is_stalled"].any()
