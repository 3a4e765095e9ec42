"""Cohorts: credit by the quarter of the touch beside that quarter's spend, and by the quarter of the close."""

import numpy as np
import pandas as pd
import pytest
from spending_companies import ad, people, seen

from frames import as_of
from revops.measures.attribution_comparison.cohorts import CLOSED, TOUCHED, cohorts
from revops.measures.attribution_comparison.costs import window_costs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.window import window_of

DEALS = people(
    (100.0, "2026-05-01", ("a", "2026-04-21"), ("a", "2026-03-11"), ("b", "2026-03-01"), ("b", "2025-12-01")),
    (60.0, "2025-11-20", ("b", "2025-11-10"), ("a", "2025-11-11")),
    (80.0, "2026-07-20", ("a", "2026-06-20")),
)
"""Won: 100 in FY26-Q2 with touches in three quarters, 60 in FY25-Q4; the third closes after the day."""
SPEND = [ad("x", "2026-03-31", 30.0, channel="a"), ad("x", "2026-04-01", 8.0, channel="c"),
         ad("x", "2026-02-01", 0.0, channel="b")]  # fmt: skip


def told(view, **knobs):
    given = {"quarters": 1, "draws": 100, "models": ("first_touch", "linear", "markov_1"), "never_converted": "off",
             "cohort_quarters": 3, "spend_lag_days": 60}  # fmt: skip
    window = window_of(view, Knobs(**{**given, **knobs}))
    won = credited(window)
    return cohorts(window, won, window_costs(window, won))


def rows(table, *names):
    return list(table[list(names)].itertuples(index=False, name=None))


def test_touches_by_quarter_by_hand():
    """Linear: 25 for each of the four touches of 100, 30 for each of the two of 60."""
    found = told(seen(**DEALS, spend=SPEND)).touched
    assert list(found) == TOUCHED
    assert rows(found, "quarter", "channel", "n_touches", "credited_deals", "credited_amount") == [
        ("FY25-Q4", "a", 1, 0.5, 30.0), ("FY25-Q4", "b", 2, 0.75, 55.0), ("FY26-Q1", "a", 1, 0.25, 25.0),
        ("FY26-Q1", "b", 1, 0.25, 25.0), ("FY26-Q2", "a", 1, 0.25, 25.0), ("FY26-Q2", "c", 0, 0.0, 0.0),
    ]  # fmt: skip
    spend, cost = found["spend_amount"].tolist(), found["cost_per_credited_amount"].tolist()
    assert spend == pytest.approx([np.nan, np.nan, 30.0, np.nan, np.nan, 8.0], nan_ok=True)
    assert cost == pytest.approx([np.nan, np.nan, 1.2, np.nan, np.nan, np.nan], nan_ok=True)


def test_closes_by_quarter_by_hand():
    found = told(seen(**DEALS))
    assert list(found.closed) == CLOSED and found.model == "linear"
    assert rows(found.closed, *CLOSED) == [
        ("FY25-Q4", "a", 0.5, 30.0), ("FY25-Q4", "b", 0.5, 30.0), ("FY26-Q2", "a", 0.5, 50.0),
        ("FY26-Q2", "b", 0.5, 50.0),
    ]  # fmt: skip


def test_a_quarter_is_mature_once_it_ended_as_long_ago_as_the_lag():
    """FY26-Q1 ended 91 days before 30 June."""
    for lag, mature in ((91, {"FY25-Q4", "FY26-Q1"}), (92, {"FY25-Q4"}), (0, {"FY25-Q4", "FY26-Q1", "FY26-Q2"})):
        found = told(seen(**DEALS), spend_lag_days=lag).touched
        assert set(found.loc[found["is_mature"], "quarter"]) == mature


def test_the_rule_is_the_reference_model_and_linear_where_that_is_a_markov_model():
    assert told(seen(**DEALS), reference_model="markov_1").model == "linear"
    found = told(seen(**DEALS), reference_model="first_touch")
    assert rows(found.closed, "quarter", "channel", "credited_amount") == [
        ("FY25-Q4", "a", 0.0), ("FY25-Q4", "b", 60.0), ("FY26-Q2", "a", 0.0), ("FY26-Q2", "b", 100.0)]  # fmt: skip


def test_only_the_last_quarters_are_shown_in_order_of_time():
    found = told(seen(**DEALS, spend=SPEND), cohort_quarters=1)
    assert set(found.touched["quarter"]) == set(found.closed["quarter"]) == {"FY26-Q2"}


def test_without_deals_there_is_spend_alone_and_without_both_nothing():
    empty = told(seen(**people((100.0, "2026-07-20", ("a", "2026-06-20"))), spend=SPEND))
    assert rows(empty.touched, "quarter", "channel", "n_touches", "spend_amount") == [
        ("FY26-Q1", "a", 0, 30.0), ("FY26-Q2", "c", 0, 8.0)]  # fmt: skip
    assert empty.closed.empty and list(empty.closed) == CLOSED


def test_a_slice_has_credit_and_no_spend():
    found = told(seen(**DEALS, spend=SPEND), slice={"source": "marketing"}).touched
    assert found["spend_amount"].isna().all() and found["credited_amount"].sum() == 160.0


# The sample company


KNOBS = {"cohort_quarters": 20, "never_converted": "people", "spend_lag_days": "auto"}


def test_credit_of_the_cohorts_adds_up_to_that_of_all_won_deals(sample):
    """Twenty quarters are all of the sample: either way of laying them out gives what was booked with touches."""
    view = as_of(sample, "2026-06-09")
    found = told(view, **KNOBS)
    window = window_of(view, Knobs(draws=100))
    all_days = window.journeys("close", since=None, until=view.day, lost=False, never_converted="off").journeys
    for name, column in (("credited_deals", "wins"), ("credited_amount", "amount")):
        assert found.touched[name].sum() == pytest.approx(all_days[column].sum())
        assert found.closed[name].sum() == pytest.approx(all_days[column].sum())
    own = credited(window).of("linear")["credited_amount"]
    quarters = set(found.closed["quarter"].drop_duplicates().tail(5))
    mine = found.closed[found.closed["quarter"].isin(quarters)].groupby("channel")["credited_amount"].sum()
    assert mine.to_dict() == pytest.approx(own.to_dict())


def test_plain_loops_give_the_same(sample):
    view = as_of(sample, "2026-06-09")
    found, window = told(view, **KNOBS), window_of(view, Knobs(draws=100))
    result, sums = window.journeys("close", since=None, until=view.day, never_converted="off"), {}
    for number, path in result.touches.groupby("journey"):
        deal = result.journeys.loc[number]
        for touch in path.itertuples():
            name = view.calendar.quarter_of(touch.touched_at.date()).name, result.channels[touch.channel]
            if deal["wins"]:
                n, amount = sums.get(name, (0, 0.0))
                sums[name] = n + 1, amount + deal["amount"] / len(path)
    given = {(row.quarter, row.channel): (row.n_touches, row.credited_amount) for row in found.touched.itertuples()}
    shown = {name: value for name, value in given.items() if value[0]}
    assert shown.keys() == sums.keys()
    for name, value in sums.items():
        assert shown[name] == pytest.approx(value)


def test_spend_of_a_quarter_is_that_of_its_days_up_to_the_day(sample):
    view = as_of(sample, "2026-06-09")
    touched = told(view, **KNOBS).touched.set_index(["quarter", "channel"])["spend_amount"]
    spend = sample.table("spend")
    inside = spend["date"].between(pd.Timestamp("2026-02-01"), pd.Timestamp("2026-04-30"))
    paid = spend[inside & spend["channel"].eq("paid_search")]["amount"].sum()
    assert touched["FY27-Q1", "paid_search"] == pytest.approx(paid)


def test_what_comes_after_the_day_changes_no_cohort(sample):
    touches = sample.table("touches")
    cut = touches[~(touches["touched_at"] > pd.Timestamp("2026-03-16"))]
    other = type(sample)(sample.company, {**sample.tables, "touches": cut}, sample.audit)
    one, two = (told(as_of(book, "2026-03-15"), **KNOBS) for book in (sample, other))
    assert one.touched.equals(two.touched) and one.closed.equals(two.closed)
