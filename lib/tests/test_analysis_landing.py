"""Where the quarter lands, and what it needs: against exact distributions, a slow second way, and by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from quarters import AMOUNT, fitted, moved, quarters, stated, totals
from scipy.stats import betabinom, ks_2samp, poisson_binom, truncnorm

from revops.analysis.required import required_open
from revops.analysis.same_day import SameDay
from revops.company import TYPES

LUCK = np.linspace(0.0, 1.2, 25)


def told(past, deals, *, booked=0.0, scale=1.0, n_draws=4000, seed=1, **more):
    return fitted(past).draw(deals, booked=pd.Series({"new": booked}), scale=scale, seed=seed, n_draws=n_draws, **more)


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
    past = quarters({"Discovery": 0.3, "Proposal": 0.6})
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5)], ignore_index=True)
    assert fitted(past).chances(deals) == pytest.approx([0.3] * 6 + [0.6] * 5, abs=0.01)
    found = told(past, deals, booked=1_000.0, n_draws=20_000)
    assert found.luck < 0.1
    wins = (found.outcomes(("new",)) - 1_000) / AMOUNT
    exact = poisson_binom.cdf(np.arange(12), [0.3] * 6 + [0.6] * 5)
    drawn = [(wins < k + 0.5).mean() for k in range(12)]
    assert drawn == pytest.approx(exact, abs=0.02)  # a luck of a few hundredths is left, and 20,000 draws


def test_quarters_that_move_together_are_told_with_luck():
    deals = stated("Discovery", 50)
    wide, narrow = told(moved(), deals), told(quarters({"Discovery": 0.5}, n=100), deals)
    assert wide.luck > 0.4 > 0.2 > narrow.luck
    assert wide.outcomes(("new",)).std() > 1.8 * narrow.outcomes(("new",)).std()


def lucky(model, sd):
    """Return the model with a luck whose sd is known."""
    return replace(model, luck_weights=np.isclose(LUCK, sd).astype(float))


def test_luck_shifts_the_odds_of_all_deals_by_its_sd():
    many, deals = fitted(quarters({"Discovery": 0.3}, n=20_000)), stated("Discovery", 4_000)
    for sd in (0.2, 0.5):
        found = lucky(many, sd).draw(deals, booked=pd.Series(dtype=float), scale=1.0, seed=1)
        share = found.outcomes(("new",)) / AMOUNT / 4_000
        assert np.std(np.log(share / (1 - share))) == pytest.approx(
            sd, rel=0.05
        )  # 4,000 draws: two standard errors 2 %


def test_what_is_not_there_yet_shares_the_luck_of_open_deals():
    past, deals = quarters({"Discovery": 0.3}, n=400, new=300.0), stated("Discovery", 400)
    for sd, low, high in ((0.0, -0.05, 0.05), (0.5, 0.3, 1.0)):
        found = lucky(fitted(past), sd).draw(deals, booked=pd.Series(dtype=float), scale=100.0, seed=1,
                                             parts={"all": np.ones(400, dtype=bool)})  # fmt: skip
        new = found.outcomes(("new",)) - found.parts["all"]
        assert low < np.corrcoef(new, found.parts["all"])[0, 1] < high


def test_where_nothing_was_open_luck_is_what_is_thought_beforehand():
    past = quarters({"Discovery": 0.3}, n=4)
    halved = truncnorm.mean(0, 2, scale=0.6)  # half-normal, up to twice its scale
    assert fitted(SameDay(past.deals.iloc[:0], past.totals)).luck_weights @ LUCK == pytest.approx(halved, abs=0.02)


def slow_draws(model, deals, n_draws, seed):
    """What deals bring, written again: one draw and one deal at a time."""
    rng = np.random.default_rng(seed)
    sums, cells = np.zeros(n_draws), model.cells
    alpha, beta = (of_cell[cells.of(deals)] for of_cell in (cells.alpha, cells.beta))
    chance_of = {cell: (a, b) for cell, a, b in zip(cells.of(deals), alpha, beta, strict=True)}
    for draw in range(n_draws):
        luck = rng.normal(0, rng.choice(LUCK, p=model.luck_weights))
        odds = {cell: np.log(p / (1 - p)) + luck for cell, p in ((c, rng.beta(*ab)) for c, ab in chance_of.items())}
        for cell, type, amount in zip(cells.of(deals), deals["type"], deals["amount"], strict=True):
            if rng.random() < 1 / (1 + np.exp(-odds[cell])):
                sums[draw] += amount * model.haircuts[type] * rng.choice(model.ratios)
    return sums


def test_the_draws_agree_with_one_deal_after_another():
    past = moved(n=20)
    cheaper = past.deals["won_amount"] * np.where(np.arange(len(past.deals)) % 3 == 0, 0.5, 1.0)
    model = fitted(SameDay(past.deals.assign(won_amount=cheaper), totals(*[(0, 1, 0, 0, 0)] * 8)))
    deals = pd.concat([stated("Discovery", 8), stated("Proposal", 4, amount=700.0)], ignore_index=True)
    fast = model.draw(deals, booked=pd.Series(dtype=float), scale=1.0, seed=1, n_draws=20_000).outcomes(("new",))
    slow = slow_draws(model, deals, 4_000, seed=2)
    assert len(model.ratios) > 1
    assert ks_2samp(fast.round(6), slow.round(6)).statistic < 0.034  # 1 in 1,000 of equal pairs go beyond


def test_deals_of_a_cell_share_the_error_of_its_rate():
    model = lucky(fitted(quarters({"Discovery": 0.5}, n=4, n_quarters=2)), 0.0)
    (cell,) = set(model.cells.of(stated("Discovery", 50)))
    drawn = model.draw(stated("Discovery", 50), booked=pd.Series(dtype=float), scale=1.0, seed=1, n_draws=20_000)
    exact = betabinom(50, model.cells.alpha[cell], model.cells.beta[cell])
    wins = drawn.outcomes(("new",)) / AMOUNT / model.haircuts["new"]
    assert wins.std() == pytest.approx(exact.std(), rel=0.03)
    assert wins.std() > 1.8 * np.sqrt(50 * 0.25)


def test_higher_chances_never_lower_the_landing():
    deals, rates = stated("Discovery", 20), np.arange(1, 10) / 10
    means = [told(quarters({"Discovery": rate}, n=40), deals).outcomes(("new",)).mean() for rate in rates]
    assert np.all(np.diff(means) > 0)


def test_what_is_not_there_yet_keeps_its_pooled_share_and_is_never_negative():
    past = quarters({"Discovery": 0.5}, n=40, new=0.2)
    found = told(past, stated("Discovery", 0), scale=500.0, n_draws=40_000)
    assert found.outcomes(("new",)).min() >= 0
    assert found.expected_new["new"] == pytest.approx(0.2 * 500, rel=0.02)
    assert found.expected_new["renewal"] == 0


def test_parts_of_the_open_deals_add_up_to_what_they_bring():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=20)
    deals = pd.concat([stated("Discovery", 6), stated("Proposal", 5), stated("Proposal", 3, type="renewal")],
                      ignore_index=True)  # fmt: skip
    deals["amount"] = np.arange(len(deals)) // 2 * 30.0 + 10
    odd = np.arange(len(deals)) % 2 == 1
    found = told(past, deals, booked=70.0, n_draws=500, parts={"odd": odd, "even": ~odd, "none": odd & ~odd})
    assert list(found.parts.columns) == ["odd", "even", "none"]
    assert (found.parts["odd"] + found.parts["even"]).to_numpy() == pytest.approx(found.outcomes(TYPES) - 70)
    assert found.parts["odd"].std() > 0
    assert found.parts["none"].eq(0).all()
    alone = told(past, deals, booked=70.0, n_draws=500).draws
    assert found.draws.to_numpy() == pytest.approx(alone.to_numpy(), rel=1e-12)


def test_expected_is_the_mean_of_what_each_deal_brings():
    past = quarters({"Discovery": 0.3, "Proposal": 0.6}, n=50)
    past = SameDay(past.deals.assign(won_amount=past.deals["won_amount"] * 0.8), past.totals)
    deals = pd.concat([stated("Discovery", 1), stated("Proposal", 1, amount=500.0)], ignore_index=True)
    masks = {"first": np.array([True, False]), "second": np.array([False, True])}
    found = told(past, deals, n_draws=40_000, parts=masks)
    assert fitted(past).expected(deals) == pytest.approx([0.3 * 80, 0.6 * 400], rel=0.05)
    assert found.parts.mean().to_numpy() == pytest.approx(fitted(past).expected(deals), rel=0.03)


def test_a_factor_multiplies_open_deals_and_what_is_not_there_yet_but_nothing_booked():
    past, deals = quarters({"Discovery": 0.5}, n=40, new=300.0), stated("Discovery", 5)
    factor = np.linspace(0.5, 2.0, 500)
    once = told(past, deals, booked=70.0, n_draws=500, parts={"all": np.ones(5, dtype=bool)})
    more = told(past, deals, booked=70.0, n_draws=500, parts={"all": np.ones(5, dtype=bool)}, factor=factor)
    assert more.outcomes(TYPES) - 70 == pytest.approx(factor * (once.outcomes(TYPES) - 70))
    assert more.parts["all"].to_numpy() == pytest.approx(factor * once.parts["all"].to_numpy())


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
    dearer = SameDay(past.deals.assign(amount=past.deals["amount"] * 300, won_amount=past.deals["won_amount"] * 300),
                     past.totals.assign(won_from_new=past.totals["won_from_new"] * 300))  # fmt: skip
    dear = told(dearer, deals.assign(amount=deals["amount"] * 300), n_draws=500)
    assert dear.draws.to_numpy() == pytest.approx(300 * first.draws.to_numpy(), rel=1e-9)


def test_on_the_last_day_the_landing_is_exact_unless_wins_are_recorded_late():
    exact = told(quarters({"Discovery": 0.0}, n=50), stated("Discovery", 300), booked=500.0)
    assert exact.draws["new"].eq(500.0).all()
    open_yet = told(quarters({"Discovery": 0.1}, n=50), stated("Discovery", 30), booked=500.0)
    low, high = np.quantile(open_yet.draws["new"], [0.1, 0.9])
    assert 500 < low < high
