import datetime as dt

import pytest

from frames import COMPANY, deal, state
from revops.analysis.standing import STANDINGS, standing
from revops.periods import FiscalCalendar

Q3 = FiscalCalendar(1).named("FY26-Q3")
DAY = dt.date(2026, 7, 10)


def stands(day=DAY, period=Q3, **given):
    return standing(state(deal("a", **given)), period=period, day=day, company=COMPANY).iloc[0]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({}, "open_pipeline"),
        ({"close_date": "2026-07-10"}, "open_pipeline"),
        ({"close_date": "2026-09-30"}, "open_pipeline"),
        ({"close_date": "2026-10-01"}, "due_after_period"),
        ({"close_date": "2026-07-09"}, "overdue"),
        ({"close_date": "2026-07-09", "type": "renewal"}, "overdue"),
        ({"type": "renewal"}, "type_without_quota"),
        ({"type": "expansion"}, "open_pipeline"),
        ({"stage_name": "Lead"}, "before_qualifying"),
        ({"stage_name": "Lead", "close_date": "2026-12-01"}, "before_qualifying"),
        ({"amount": None}, "open_pipeline"),
        ({"stage_name": "Won", "close_date": "2026-07-10"}, "booked"),
        ({"stage_name": "Won", "close_date": "2026-07-01"}, "booked"),
        ({"stage_name": "Won", "close_date": "2026-06-30"}, "won_other_period"),
        ({"stage_name": "Won", "close_date": "2026-07-11"}, "closed_later_date"),
        ({"stage_name": "Lost", "close_date": "2026-07-11"}, "closed_later_date"),
        ({"stage_name": "Won", "close_date": "2026-07-10", "type": "renewal"}, "booked_without_quota"),
        ({"stage_name": "Lost", "close_date": "2026-07-10"}, "lost"),
    ],
)
def test_each_opportunity_stands_in_one_place(given, where):
    assert stands(**given) == where
    assert where in STANDINGS


def test_the_next_quarter_begins_after_this_one():
    following = FiscalCalendar(1).named("FY26-Q4")
    assert stands(period=following) == "due_before_period"
    assert stands(period=following, close_date="2026-10-01") == "open_pipeline"


def test_a_past_quarter_has_no_open_pipeline():
    assert stands(day=dt.date(2026, 10, 3), close_date="2026-09-30") == "overdue"
    assert stands(day=dt.date(2026, 10, 3), stage_name="Won", close_date="2026-10-02") == "won_other_period"
    assert stands(day=dt.date(2026, 10, 3), stage_name="Won", close_date="2026-09-30") == "booked"
