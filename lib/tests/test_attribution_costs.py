"""What the window's credit cost: lag, days, margin, threshold, campaigns, and what could not be had."""

import numpy as np
import pandas as pd
import pytest
from spending_companies import DAY, ad, campaign, month, on, people, seen

from frames import as_of
from revops.analysis.spending import touch_lag_days
from revops.measures.attribution_comparison.costs import window_costs
from revops.measures.attribution_comparison.credited import credited
from revops.measures.attribution_comparison.knobs import Knobs
from revops.measures.attribution_comparison.window import window_of

KNOBS = {"quarters": 1, "draws": 100, "models": ("first_touch", "linear"), "never_converted": "off"}
DEALS = people(
    (100.0, "2026-05-01", ("a", "2026-04-21"), ("a", "2026-04-11"), ("b", "2026-04-01 06:00")),
    (900.0, "2026-05-01", ("b", "2026-03-22")),
)
"""Days before the close: 10, 20 and 29.75, so 30, of one deal, 40 of the other."""


def told(view=None, *, day=DAY, last=DAY, deals=DEALS, knobs=(), **tables):
    tables = {name: list(rows) for name, rows in tables.items()}
    window = window_of(view or seen(day, last=last, **deals, **tables), Knobs(**KNOBS, **dict(knobs)))
    won = credited(window)
    return window_costs(window, won), won


def test_the_lag_is_the_median_of_touches_weighted_by_their_linear_credit():
    """Weights 1/3 at 10, 20 and 30 days and 1 at 40: half of 2 is reached at 30. Unweighted it would be 25, by amount
    40."""
    costs, won = told()
    assert touch_lag_days(won.paths) == costs.lag_days == 30
    assert (costs.since, costs.until) == (on("2025-12-02"), on("2026-05-31"))


def test_the_lag_by_plain_loops(sample):
    window = window_of(as_of(sample, "2026-06-09"), Knobs(draws=100))
    won = credited(window)
    touches, journeys, pairs = won.found.touches, won.found.journeys, []
    for number, rows in touches.groupby("journey"):
        if journeys["wins"][number]:
            pairs += [(round(days), 1 / len(rows)) for days in rows["days_before"]]
    half, sums, lag = sum(weight for _, weight in pairs) / 2, 0.0, None
    for days, weight in sorted(pairs):
        sums += weight
        lag = days if lag is None and sums >= half - 1e-9 else lag
    assert touch_lag_days(won.paths) == lag == window_costs(window, won).lag_days


def test_spend_is_of_the_window_moved_earlier_by_the_lag():
    """1 January to 30 June, 30 days earlier: 2 December to 31 May."""
    rows = [ad("a", day, amount) for day, amount in
            (("2025-12-01", 1.0), ("2025-12-02", 2.0), ("2026-05-31", 4.0), ("2026-06-01", 8.0))]  # fmt: skip
    costs, _ = told(spend=rows)
    assert costs.by_channel.to_dict("records") == [{"channel": "paid", "spend_amount": 6.0}]
    assert len(costs.lines) == 4
    same, _ = told(spend=rows, knobs={"spend_lag_days": 0})
    assert same.by_channel["spend_amount"].tolist() == [12.0] and same.since == on("2026-01-01")


def test_campaigns_are_one_row_each_and_what_no_campaign_matches_is_one_by_name():
    rows = [ad("Campaign 1", "2026-05-10", 1.0), ad("Campaign 1", "2026-05-11", 2.0), ad("Other", "2026-05-12", 4.0),
            ad("Other", "2026-05-12", 8.0, channel="display")]  # fmt: skip
    costs, _ = told(spend=rows, campaigns=[campaign("1"), campaign("2", 31.0)])
    by = costs.by_campaign.astype(object)
    assert list(by.where(by.notna(), None).itertuples(index=False, name=None)) == [
        ("1", "Campaign 1", "fair", "Fair", 3.0), ("2", "Campaign 2", "fair", "Fair", 31.0),
        (None, "Other", "display", None, 8.0), (None, "Other", "paid", None, 4.0),
    ]  # fmt: skip
    assert by["spend_amount"].sum() == costs.by_channel["spend_amount"].sum() == 46.0


def test_a_campaign_billed_through_two_channels_is_one_row_under_the_dearer():
    rows = [
        ad("Campaign 1", "2026-05-10", 1.0),
        ad("Campaign 1", "2026-05-10", 2.0, channel="display", system="meta_ads"),
    ]
    costs, _ = told(spend=rows, campaigns=[campaign("1", campaign_type=None)])
    assert costs.by_campaign[["campaign_id", "channel", "spend_amount"]].to_numpy().tolist() == [["1", "display", 3.0]]
    assert costs.by_channel["spend_amount"].tolist() == [2.0, 1.0]


def test_the_margin_is_that_of_the_books_in_the_window_and_the_threshold_follows():
    ledger = month("2026-01-01", 100, 20) + month("2026-02-01", 300, 80) + month("2025-12-01", 100, 90)
    costs, _ = told(ledger=ledger)
    assert (costs.margin, costs.margin_source, costs.most_cost) == (pytest.approx(0.75), "ledger", costs.margin)
    assert "margin" not in costs.why
    set_, _ = told(ledger=ledger, knobs={"gross_margin": 0.5, "most_cost": 0.4})
    assert (set_.margin, set_.margin_source, set_.most_cost) == (0.5, "params", 0.4)


@pytest.mark.parametrize(("ledger", "why"), [
    ([], "needs the profit and loss (ledger), or gross_margin in params: none is taken off"),
    (month("2026-02-01", 100), "the ledger has no revenue with a cost of goods in the window's whole months: none is "
     "taken off"),
    (month("2026-02-01", 100, -20), "the ledger gives 120%, which is no margin of what is sold: none is taken off"),
    (month("2026-02-01", 100, 150), "the ledger gives -50%, which is no margin of what is sold: none is taken off"),
])  # fmt: skip
def test_without_a_margin_nothing_is_taken_off_and_it_says_why(ledger, why):
    costs, _ = told(ledger=ledger)
    assert (costs.margin, costs.margin_source, costs.most_cost, costs.why["margin"]) == (1.0, "none", 1.0, why)


def test_without_costs_it_says_what_it_needs():
    costs, _ = told()
    assert costs.why["spend_amount"] == "needs exports of ad systems, or campaigns with their actual cost"
    assert costs.by_channel.empty and list(costs.by_channel) == ["channel", "spend_amount"]
    assert costs.by_campaign.empty and costs.by_campaign.columns.tolist() == [
        "campaign_id", "campaign_name", "channel", "campaign_type", "spend_amount"]  # fmt: skip


def test_without_touches_of_won_deals_the_same_days_are_taken():
    costs, won = told(deals=people((100.0, "2025-05-01", ("a", "2025-04-21"))))
    assert np.isnan(touch_lag_days(won.paths)) and costs.lag_days == 0 and costs.since == on("2026-01-01")
    assert costs.why["lag_days"] == (
        "no touches of won deals tell how much earlier money is spent: the same days are taken"
    )


def test_a_slice_has_no_costs():
    view = seen(**DEALS, spend=[ad("a", "2026-05-10")], campaigns=[campaign("1", 0.0)])
    costs, _ = told(view, knobs={"slice": {"source": "marketing"}})
    assert costs.lines.empty and costs.by_channel.empty and costs.by_campaign.empty and costs.left_out.empty
    assert costs.why["spend_amount"] == "spend is not told by source"


def test_days_of_the_spend_window_that_an_ad_systems_rows_do_not_reach_are_counted():
    """Spend window 2 December to 31 May, 181 days. Google from 12 December on: 10 days before; LinkedIn only to 1 May:
    30 after; Meta ends before it begins: all 181."""
    rows = [ad("a", "2025-12-12"), ad("a", "2026-06-12"), ad("b", "2025-11-01", system="linkedin_ads"),
            ad("b", "2026-05-01", system="linkedin_ads"), ad("c", "2025-11-01", system="meta_ads")]  # fmt: skip
    costs, _ = told(spend=rows)
    assert costs.uncovered[["system", "n_days"]].to_numpy().tolist() == [
        ["google_ads", 10], ["linkedin_ads", 30], ["meta_ads", 181]]  # fmt: skip


def test_later_records_change_no_cost(sample):
    """As of 15 March, spend, campaigns, books and touches of later days are others."""
    day, tables = pd.Timestamp("2026-03-15"), {}
    tables["spend"] = sample.table("spend").assign(
        amount=lambda rows: rows["amount"].mask(rows["date"] > day, rows["amount"] * 9)
    )
    tables["touches"] = sample.table("touches")[lambda rows: ~(rows["touched_at"] > pd.Timestamp("2026-03-16"))]
    tables["ledger"] = sample.table("ledger")[lambda rows: rows["month"] < pd.Timestamp("2026-03-01")]
    other = type(sample)(sample.company, {**sample.tables, **tables}, sample.audit)
    found = []
    for book in (sample, other):
        window = window_of(as_of(book, "2026-03-15"), Knobs(draws=100))
        found.append(window_costs(window, credited(window)))
    one, two = found
    assert (one.lag_days, one.since, one.until, one.margin) == (two.lag_days, two.since, two.until, two.margin)
    for name in ("by_channel", "by_campaign", "lines", "left_out", "noted", "uncovered"):
        assert getattr(one, name).equals(getattr(two, name)), name
