"""Lift tests beside the credit of their own days: by hand on three deals, and on the sample with plain loops."""

import re

import pandas as pd
import pytest
from companies_of_people import won
from hand_window import costs, window

from frames import as_of
from revops.analysis.credit import Paths, credit_by_model
from revops.errors import MeasureError
from revops.measures.attribution_comparison.costs import window_costs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.lift import COLUMNS, lift_rows
from revops.measures.attribution_comparison.window import window_of

DEALS = [
    won("D1", amount=100.0),
    won("D2", "B", amount=300.0, close_date="2026-05-31"),
    won("D3", "C", amount=900.0, close_date="2026-06-01"),
]
TOUCHED = {
    "D1": [("social", "2026-03-01"), ("search", "2026-04-20")],
    "D2": [("search", "2026-04-10"), ("webinar", "2026-04-11"), ("search", "2026-04-12")],
    "D3": [("search", "2026-05-01")],
}
MAY = {"since": "2026-05-01", "until": "2026-05-31", "incremental_amount": 50.0, "low": 20.0, "high": 90.0}
MODELS = ("first_touch", "last_touch", "linear")


def row(test, *lines, day="2026-06-30", **given):
    """The row of one test beside deals won in May (100 and 300) and on 1 June (900)."""
    w = window(DEALS, TOUCHED, day=day, models=MODELS, lift_tests=[test])
    table = lift_rows(w, costs(w, *lines, **given))
    assert table.columns.tolist() == list(COLUMNS) and len(table) == 1
    return table.iloc[0]


def test_credit_of_the_days_of_the_test_by_hand():
    """Search: first touch 300, last touch 100 + 300, linear 50 + 200. The deal of 1 June is not in it."""
    found = row({**MAY, "channel": "search", "source": "Geo test"})
    assert (found["lowest_amount"], found["highest_amount"], found["n_deals"]) == (250, 400, 2)
    assert (found["lowest_ratio"], found["highest_ratio"]) == (5, 8)
    assert (found["incremental_amount"], found["low"], found["high"], found["level"]) == (50, 20, 90, 0.9)
    assert found["source"] == "Geo test" and found["since"] == pd.Timestamp("2026-05-01")
    assert pd.isna(found["spend_amount"]) and found["verdict_by_test"] == "unclear"
    assert found["note"] == "no cost is known of its days"


@pytest.mark.parametrize(("amount", "verdict"), [
    (16.0, "keep"), (16.01, "unclear"), (72.0, "unclear"), (72.01, "cut"),
])  # fmt: skip
def test_the_verdict_by_the_test_is_sure_at_both_ends(amount, verdict):
    """One credited may cost 0.8: 20 x 0.8 = 16 at the low end, 90 x 0.8 = 72 at the high end."""
    found = row({**MAY, "channel": "search"}, ("search", "2026-05-01", "2026-05-31", amount))
    assert found["spend_amount"] == pytest.approx(amount)
    assert (found["verdict_by_test"], found["note"]) == (verdict, "")


def test_spend_is_that_of_the_days_of_the_test_whatever_the_lag():
    """61 over the 61 days of May and June: 31 in May. A line before it and other channels do not count."""
    lines = [("search", "2026-05-01", "2026-06-30", 61.0), ("search", "2026-04-01", "2026-04-30", 500.0),
             ("webinar", "2026-05-01", "2026-05-31", 500.0)]  # fmt: skip
    for lag in (0, 90):
        assert row({**MAY, "channel": "search"}, *lines, lag_days=lag)["spend_amount"] == pytest.approx(31)


def test_a_test_that_found_a_loss_has_no_ratio_and_is_cut():
    found = row({**MAY, "channel": "search", "incremental_amount": -5.0, "low": -40.0, "high": 0.0},
                ("search", "2026-05-01", "2026-05-31", 1.0))  # fmt: skip
    assert pd.isna(found["lowest_ratio"]) and pd.isna(found["highest_ratio"])
    assert found["verdict_by_test"] == "cut" and found["highest_amount"] == 400


def test_a_channel_with_cost_and_no_touch_is_credited_nothing():
    found = row({**MAY, "channel": "radio"}, ("radio", "2026-05-01", "2026-05-31", 10.0))
    assert (found["lowest_amount"], found["highest_amount"], found["n_deals"]) == (0, 0, 0)
    assert found["lowest_ratio"] == 0 and found["verdict_by_test"] == "keep"


def test_a_test_that_is_not_over_is_compared_with_nothing():
    found = row({**MAY, "channel": "search"}, ("search", "2026-05-01", "2026-05-02", 1.0), day="2026-05-30")
    numbers = ["n_deals", "lowest_amount", "highest_amount", "lowest_ratio", "highest_ratio", "spend_amount"]
    assert found[numbers].isna().all() and found["verdict_by_test"] == "unclear"
    assert found["note"] == "ends after 2026-05-30, the day of the report: not compared yet"
    assert found["incremental_amount"] == 50


def test_days_outside_the_records_are_said():
    early = {**MAY, "channel": "search", "since": "2024-01-01", "until": "2024-02-01"}
    found = row(early)
    assert found["note"] == (
        "starts before the first deal of the records; no deal with touches was won in its days; no cost is known of "
        "its days"
    )
    assert pd.isna(found["lowest_amount"]) and pd.isna(found["n_deals"])


def test_in_a_slice_spend_is_said_to_be_missing():
    why = {"spend_amount": "spend is not told by region"}
    assert row({**MAY, "channel": "search"}, why=why)["note"] == "spend is not told by region"


def test_unknown_channels_are_refused_with_the_nearest():
    tests = [{**MAY, "channel": name} for name in ("serch", "search", "tv")]
    w = window(DEALS, TOUCHED, models=MODELS, lift_tests=tests)
    said = (
        "lift_tests: each channel must have touches or a cost; found 2 of 3 without (e.g. serch, tv). "
        "Did you mean search? Known: radio, search, social, webinar."
    )
    with pytest.raises(MeasureError, match=f"^{re.escape(said)}$"):
        lift_rows(w, costs(w, ("radio", "2020-01-01", "2020-01-01", 1.0)))


def test_tests_are_sorted_and_none_give_no_rows():
    tests = [{**MAY, "channel": "webinar"}, {**MAY, "channel": "search", "since": "2026-05-02"},
             {**MAY, "channel": "search"}]  # fmt: skip
    w = window(DEALS, TOUCHED, models=MODELS, lift_tests=tests)
    table = lift_rows(w, costs(w))
    assert table["channel"].tolist() == ["search", "search", "webinar"]
    assert table["since"].dt.day.tolist() == [1, 2, 1] and table.index.tolist() == [0, 1, 2]
    none = window(DEALS, TOUCHED, models=MODELS)
    empty = lift_rows(none, costs(none))
    assert empty.empty and empty.dtypes.equals(table.dtypes)


def test_the_sample_is_as_plain_loops_have_it(sample):
    test = {"channel": "webinar", "since": "2026-01-01", "until": "2026-03-31", "incremental_amount": 40_000,
            "low": -10_000, "high": 90_000}  # fmt: skip
    view = as_of(sample, "2026-06-09")
    w = window_of(view, Knobs(lift_tests=[test]))
    paid = window_costs(w, credited(w))
    found = lift_rows(w, paid).iloc[0]
    whole = window_of(view, Knobs()).journeys(since=found["since"].date(), until=found["until"].date())
    table = credit_by_model(Paths(whole.journeys, whole.touches, whole.channels), Knobs().models)
    amounts = [row.credited_amount for row in table.itertuples() if row.channel == "webinar"]
    assert len(amounts) == 17 and min(amounts) < max(amounts)
    assert (found["lowest_amount"], found["highest_amount"]) == pytest.approx((min(amounts), max(amounts)))
    spend = 0.0
    for line in paid.lines[paid.lines["channel"].eq("webinar")].itertuples():
        days = pd.date_range(line.first, line.last)
        spend += line.amount * sum(found["since"] <= day <= found["until"] for day in days) / len(days)
    assert found["spend_amount"] == pytest.approx(spend) and spend > 0
