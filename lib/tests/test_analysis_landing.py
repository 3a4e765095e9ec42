"""Past quarters on the same day, where the quarter lands, and what it needs: against arithmetic by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson_binom

from frames import COMPANY, change, deal, table
from revops.analysis.landing import chances, landing
from revops.analysis.required import required_open
from revops.analysis.same_day import SameDay, same_day
from revops.analysis.spans import spans
from revops.company import TYPES
from revops.periods import FiscalCalendar

CALENDAR = FiscalCalendar(1)
AMOUNT = 100.0
PARTS = ["booked_then", "open_amount", "won_from_open", "won_from_other", "won_from_new", "booked"]


def totals(*rows, type="new"):
    """One row per quarter: booked then, open, won from open, from other open, from new."""
    quarters = [
        {"period": f"Q{i}", "type": type, **dict(zip(PARTS, (*row, row[0] + sum(row[2:])), strict=True))}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(quarters)


def stated(stage_name, n, type="new", amount=AMOUNT):
    return pd.DataFrame({"opportunity_id": [f"{stage_name}{i}" for i in range(n)], "place": "due",
                         "stage_name": stage_name, "pushes": 0, "type": type, "amount": amount})  # fmt: skip


def quarters(rates, n=400, n_quarters=8, new=0.0):
    """Past quarters in which exactly the given share of `n` equal deals of each stage was won."""
    parts = []
    for quarter in range(n_quarters):
        for stage, rate in rates.items():
            won = np.arange(n) < round(rate * n)
            part = stated(stage, n).assign(period=f"Q{quarter}", is_won=won, won_amount=AMOUNT * won)
            parts.append(part)
    sums = totals(*[(0, 1, 0, 0, new * (1 + 0.2 * (-1) ** q)) for q in range(n_quarters)])
    return SameDay(pd.concat(parts, ignore_index=True), sums)


def told(past, deals, *, booked=0.0, scale=1.0, n_draws=4000, seed=1):
    scales = pd.Series(1.0, index=past.totals["period"].unique())
    booked = pd.Series({"new": booked})
    return landing(past, deals, booked=booked, scale=scale, scales=scales, seed=seed, n_draws=n_draws)


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


def test_a_quarter_in_which_nothing_was_open_or_won_counts_as_zero(history):
    records, states = history
    stood = spans(states, records, as_of=dt.date(2026, 5, 1), company=COMPANY, types=TYPES)
    periods = CALENDAR.before(CALENDAR.named("FY25-Q3"), 2)
    found = same_day(stood, periods, days_left=60, as_of=dt.date(2026, 5, 1), company=COMPANY)
    assert found.deals.empty
    assert found.sums(TYPES)[PARTS].to_numpy().tolist() == [[0.0] * 6] * 2
    assert found.deals["won_amount"].dtype == float


def test_the_worked_example_of_required_pipeline():
    """Win rate 25 %, a quarter of the deals push out: 5.3 times alone, 3.7 times if 30 % of the quota comes late."""
    quota, opened = 100.0, 400.0
    for late, times in ((0.0, 5.33), (30.0, 3.73)):
        past = totals(*[(0, opened, opened * 0.25 * 0.75, 0, late)] * 4)
        scales = pd.Series(quota, index=past["period"])
        found = required_open(past, remaining=quota, scale=quota, scales=scales)
        assert found.amount / quota == pytest.approx(times, abs=0.01)
        assert (found.low, found.high, found.cautious) == pytest.approx((found.amount,) * 3)


def test_required_pipeline_is_unknown_with_few_quarters_or_nothing_won():
    scales = pd.Series(100.0, index=["Q0", "Q1", "Q2"])
    assert required_open(totals(*[(0, 9, 3, 0, 0)] * 2), remaining=1, scale=100, scales=scales) is None
    assert required_open(totals(*[(0, 9, 0, 0, 0)] * 3), remaining=1, scale=100, scales=scales) is None


def test_without_luck_the_landing_is_the_exact_count_of_wins():
    past, deals = (
        quarters({"Discovery": 0.3, "Proposal": 0.6}),
        pd.concat([stated("Discovery", 6), stated("Proposal", 5)]),
    )
    found = told(past, deals.reset_index(drop=True), booked=1_000.0, n_draws=20_000)
    assert found.chances == pytest.approx([0.3] * 6 + [0.6] * 5, abs=0.01)
    assert found.luck < 0.1
    wins = (found.outcomes(("new",)) - 1_000) / AMOUNT
    exact = poisson_binom.cdf(np.arange(12), [0.3] * 6 + [0.6] * 5)
    drawn = [(wins < k + 0.5).mean() for k in range(12)]
    assert drawn == pytest.approx(exact, abs=0.02)  # a luck of a few hundredths is left, and 20,000 draws


def test_quarters_that_move_together_are_told_with_luck():
    rates = [{"Discovery": 0.5 + shift} for shift in (-0.2, 0.2, -0.15, 0.15, -0.2, 0.2, -0.1, 0.1)]
    parts = [quarters(rate, n=100, n_quarters=1).deals.assign(period=f"Q{i}") for i, rate in enumerate(rates)]
    moved = SameDay(pd.concat(parts, ignore_index=True), totals(*[(0, 1, 0, 0, 0)] * 8))
    deals = stated("Discovery", 50)
    wide, narrow = told(moved, deals), told(quarters({"Discovery": 0.5}, n=100), deals)
    assert wide.luck > 0.4 > 0.2 > narrow.luck
    assert wide.outcomes(("new",)).std() > 1.8 * narrow.outcomes(("new",)).std()


def test_deals_of_a_cell_share_the_error_of_its_rate():
    few = told(quarters({"Discovery": 0.5}, n=4, n_quarters=2), stated("Discovery", 50)).won.sum(axis=1)
    assert few.std() > 2 * AMOUNT * np.sqrt(50 * 0.25)


def test_higher_chances_never_lower_the_landing():
    deals = stated("Discovery", 20)
    means = [
        told(quarters({"Discovery": rate}, n=40), deals).outcomes(("new",)).mean() for rate in np.arange(1, 10) / 10
    ]
    assert np.all(np.diff(means) > 0)


def test_what_is_not_there_yet_keeps_its_pooled_share_and_is_never_negative():
    past = quarters({"Discovery": 0.5}, n=40, new=0.2)
    found = told(past, stated("Discovery", 0), scale=500.0, n_draws=40_000)
    assert found.outcomes(("new",)).min() >= 0
    assert found.expected_new["new"] == pytest.approx(0.2 * 500, rel=0.02)
    assert found.expected_new["renewal"] == 0


def test_the_landing_depends_on_the_seed_and_not_on_order_names_or_currency():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=20, new=300.0)
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5)], ignore_index=True)
    deals["amount"] = np.arange(1, 12) * 10.0
    first = told(past, deals, n_draws=500)
    same = told(SameDay(past.deals.sample(frac=1, random_state=1), past.totals.iloc[::-1]), deals, n_draws=500)
    assert np.array_equal(told(past, deals, n_draws=500).draws, first.draws)
    assert not np.array_equal(told(past, deals, n_draws=500, seed=2).draws, first.draws)
    assert same.draws.to_numpy() == pytest.approx(first.draws.to_numpy())
    order = np.random.default_rng(3).permutation(len(deals))
    mixed = told(past, deals.iloc[order].assign(opportunity_id=[f"x{i}" for i in order]), n_draws=500)
    assert mixed.draws.to_numpy() == pytest.approx(first.draws.to_numpy())
    assert mixed.won == pytest.approx(first.won[:, order])
    dearer = SameDay(past.deals.assign(amount=past.deals["amount"] * 3, won_amount=past.deals["won_amount"] * 3),
                     past.totals.assign(won_from_new=past.totals["won_from_new"] * 3))  # fmt: skip
    thrice = told(dearer, deals.assign(amount=deals["amount"] * 3), n_draws=500)
    assert thrice.draws.to_numpy() == pytest.approx(3 * first.draws.to_numpy(), rel=1e-6)


def test_a_small_cell_leans_on_the_rest_of_its_parent_and_not_on_itself():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=100, n_quarters=4).deals
    lone = stated("Negotiation", 1).assign(period="Q0", is_won=True, won_amount=AMOUNT)
    found = chances(pd.concat([past, lone], ignore_index=True), stated("Negotiation", 1))
    assert 0.45 < found.mean[0] < 0.75
    assert found.alpha[0] + found.beta[0] < 30
