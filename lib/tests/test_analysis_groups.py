"""Factors of groups: against arithmetic by hand, a slow twin, and planted factors."""

import numpy as np
import pandas as pd
import pytest
from calibration import planted
from scipy.stats import gamma

from revops.analysis import groups as module
from revops.analysis.groups import FEW, FEWEST_SHOWN, group_factors

AMOUNT = 100.0


def past_deals(won, *, amount=AMOUNT, brought=None):
    """One row per deal: won or not, its amount, what it brought (its amount where not given)."""
    won, n = np.asarray(won, dtype=bool), len(won)
    amounts = np.broadcast_to(np.asarray(amount, dtype=float), n)
    return pd.DataFrame({"opportunity_id": [f"d{i}" for i in range(n)], "amount": amounts, "is_won": won,
                         "won_amount": np.where(won, amounts if brought is None else brought, 0.0)})  # fmt: skip


def by_position(names, *counts):
    return pd.Series(np.repeat(names, counts), index=[f"d{i}" for i in range(sum(counts))])


def mixed(seed=1, n=300, shares=(0.6, 0.3, 0.1)):
    rng = np.random.default_rng(seed)
    told = rng.choice([0.1, 0.3, 0.5], n)
    past = past_deals(rng.random(n) < told, amount=np.exp(9 + rng.standard_normal(n)))
    past["won_amount"] *= np.exp(0.2 * rng.standard_normal(n))
    groups = pd.Series(rng.choice(["north", "south", "west"], n, p=shares), index=past["opportunity_id"])
    return past, told, groups


def test_equal_deals_shrink_as_counts_of_wins_do():
    """Two groups of 100 deals told 20 %, 30 and 10 won: 1.5 and 0.5 raw. A group is half of the whole, so the variance
    of its 1.5 is that of 100 deals (0.8 / 20) less half of it (as its own part of the whole), and its wins are worth
    1 / 0.02 = 50 expected. At a spread s between groups the factor is (1 / s^2 + 75) / (1 / s^2 + 50)."""
    won = [True] * 30 + [False] * 70 + [True] * 10 + [False] * 90
    found = group_factors(past_deals(won), np.full(200, 0.2), by_position(["a", "b"], 100, 100))
    assert found.expected.tolist() == pytest.approx([50, 50])
    assert found.wins.tolist() == pytest.approx([75, 25])
    prior = module._SPREADS**-2.0
    by_hand = [((prior + wins) / (prior + 50) * found.weights).sum() for wins in (75, 25)]
    assert found.table["factor"].tolist() == pytest.approx(by_hand)
    assert 1.2 < by_hand[0] < 1.5 and by_hand[1] == pytest.approx(2 - by_hand[0])
    assert found.table[["n", "is_few"]].to_numpy().tolist() == [[100, False]] * 2


def test_what_large_deals_and_price_cuts_add_to_chance_is_counted():
    """Three groups of equal told amount: one of four deals of 250, two of ten of 100. Chance alone leaves the first
    2.5 times the variance; own and whole variance by the formula in plain arithmetic."""
    amount = [250.0] * 4 + [100.0] * 20
    won = [True, False, False, False] + ([True] * 3 + [False] * 7) * 2
    brought = np.where(np.arange(24) % 2 == 0, 1.2, 0.8) * amount
    told = np.full(24, 0.3)
    found = group_factors(past_deals(won, amount=amount, brought=brought), told, by_position(list("abc"), 4, 10, 10))
    ratios = [brought[i] / amount[i] for i in range(24) if won[i]]
    mean = sum(ratios) / len(ratios)
    extra = sum((r - mean) ** 2 for r in ratios) / (len(ratios) - 1) / mean**2
    own = {"a": 4 * 250**2 * 0.3 * (0.7 + extra) / 300**2, "b": 10 * 100**2 * 0.3 * (0.7 + extra) / 300**2}
    whole = (own["a"] + 2 * own["b"]) / 9
    assert own["a"] == pytest.approx(2.5 * own["b"])
    for name, variance in own.items():
        assert found.expected[name] == pytest.approx(1 / (variance / 3 + whole))


def test_a_deal_entered_for_next_to_nothing_does_not_drown_the_rest():
    """It brought a thousand times its amount: that counts as three times, in how much deals stray."""
    won, groups = [True, False] * 20, by_position(["a", "b"], 20, 20)
    amount = np.r_[0.1, np.full(39, AMOUNT)]
    seen = {}
    for times in (3, 1000):
        past = past_deals(won, amount=amount, brought=np.r_[0.1 * times, np.full(39, AMOUNT)])
        seen[times] = group_factors(past, np.full(40, 0.5), groups).expected["b"]
    assert seen[1000] == pytest.approx(seen[3]) and seen[3] > 10


def test_the_table_is_what_a_slow_integration_of_the_same_model_gives():
    """The slow twin, on deals of one size: wins of a group are Poisson around factor x expected, factors gamma around
    1, each group's likelihood counts by what it is not of the whole; integrated over a grid of factors, in loops."""
    rng = np.random.default_rng(3)
    names, told = rng.choice(["a", "b", "c"], 200, p=[0.6, 0.3, 0.1]), np.full(200, 0.3)
    groups = pd.Series(names, index=[f"d{i}" for i in range(200)])
    found = group_factors(past_deals(rng.random(200) < np.where(names == "b", 0.5, 0.25)), told, groups)
    factors = np.exp(np.linspace(-4, 4, 4001))
    densities, chances = {}, []
    for spread in module._SPREADS:
        log_chance = np.log(spread) - spread**2 / (2 * 0.4**2)
        for name in "abc":
            prior = gamma.pdf(factors, spread**-2.0, scale=spread**2.0) * factors * 0.002  # the step of log factors
            seen = np.exp(found.wins[name] * np.log(factors) - found.expected[name] * (factors - 1))
            densities[name, spread] = prior * seen / (prior * seen).sum()
            log_chance += (1 - (names == name).mean()) * np.log((prior * seen).sum())
        chances.append(log_chance)
    weights = np.exp(np.array(chances) - max(chances))
    weights /= weights.sum()
    assert found.weights == pytest.approx(weights, abs=1e-4)
    for row in found.table.itertuples():
        density = sum(w * densities[row.group, s] for w, s in zip(weights, module._SPREADS, strict=True))
        assert row.factor == pytest.approx((density * factors).sum(), rel=1e-3)
        ends = [factors[np.searchsorted(density.cumsum(), share)] for share in (0.1, 0.9)]
        assert (row.low, row.high) == pytest.approx(ends, rel=0.005)


def test_draws_have_the_factor_as_their_mean_and_the_range_as_their_ends():
    past, told, groups = mixed()
    found = group_factors(past, told, groups)
    for row in found.table.itertuples():
        drawn = found.draws(row.group, 200_000, seed=3)
        assert drawn.mean() == pytest.approx(row.factor, abs=4 * row.spread / 200_000**0.5)
        assert drawn.std() == pytest.approx(row.spread, rel=0.02)
        assert np.quantile(drawn, [0.1, 0.9]) == pytest.approx([row.low, row.high], rel=0.01)
        assert drawn.min() > 0
    assert np.array_equal(found.draws("west", 9, seed=3), found.draws("west", 9, seed=3))
    assert not np.array_equal(found.draws("west", 9, seed=3), found.draws("west", 9, seed=4))


def test_draws_have_a_stream_of_their_own():
    """What else is drawn from the same seed, as the company's yields are, shares no random number with them."""
    past, told, groups = mixed()
    found = group_factors(past, told, groups)
    plain = np.random.default_rng(3)
    prior = plain.choice(module._SPREADS, 9, p=found.weights) ** -2.0
    same = plain.gamma(prior + found.wins["west"]) / (prior + found.expected["west"])
    assert not np.isclose(found.draws("west", 9, seed=3), same).any()


def test_a_group_without_past_deals_is_told_what_groups_are_like():
    past, told, groups = mixed()
    found = group_factors(past, told, pd.concat([groups, pd.Series({"now": "east"})])).table.set_index("group")
    assert list(found.index) == ["east", "north", "south", "west"]
    east = found.loc["east"]
    assert east["n"] == 0 and east["is_few"] and east["factor"] == pytest.approx(1)
    assert east["low"] < 0.9 < 1.1 < east["high"]
    assert east["spread"] > found.loc["west", "spread"] > found.loc["north", "spread"]


def test_a_range_never_has_no_width_where_groups_came_out_alike():
    found = group_factors(past_deals([True, False] * 40), np.full(80, 0.5), by_position(["a", "b"], 40, 40)).table
    assert found["factor"].tolist() == pytest.approx([1, 1])
    assert (found["low"] < 0.97).all() and (found["high"] > 1.03).all()


def test_the_only_group_is_the_whole():
    found = group_factors(past_deals([True] * 10 + [False] * 30), np.full(40, 0.5), by_position(["a"], 40)).table
    assert (found["factor"][0], found["low"][0], found["high"][0]) == pytest.approx((1, 1, 1), abs=0.01)


def test_where_nothing_was_won_or_is_known_every_factor_is_that_of_an_unknown_group():
    groups = by_position(["a", "b"], 20, 20)
    nothing_won = group_factors(past_deals([False] * 40), np.full(40, 0.3), groups)
    empty = group_factors(past_deals([]), np.array([]), groups)
    for found in (nothing_won, empty):
        assert found.table["factor"].tolist() == pytest.approx([1, 1])
        assert (found.table["high"] - found.table["low"] > 0.3).all()
    assert nothing_won.table["n"].tolist() == [20, 20] and empty.table["n"].tolist() == [0, 0]
    assert group_factors(past_deals([True]), np.array([0.3]), groups.iloc[:0]).table.empty


def test_few_deals_are_marked():
    won = [True, False] * FEW
    table = group_factors(past_deals(won[1:]), np.full(59, 0.5), by_position(["a", "b"], FEW - 1, FEW)).table
    assert table["is_few"].tolist() == [True, False] and table["n"].tolist() == [FEW - 1, FEW]
    assert FEWEST_SHOWN < FEW


def test_more_wins_never_lower_a_factor():
    factors = []
    for wins in range(1, 20):
        won = np.r_[np.arange(20) < wins, np.arange(60) % 4 == 0]
        found = group_factors(past_deals(won), np.full(80, 0.3), by_position(["a", "b"], 20, 60)).table
        factors.append(found["factor"][0])
    assert np.all(np.diff(factors) > 0)
    assert factors[0] < 1 < factors[-1]


def test_order_ids_currency_and_names_change_nothing():
    past, told, groups = mixed()
    first = group_factors(past, told, groups)
    order = np.random.default_rng(2).permutation(len(past))
    shuffled = group_factors(past.iloc[order], told[order], groups.sample(frac=1, random_state=1)).table
    pd.testing.assert_frame_equal(shuffled, first.table)
    renamed = group_factors(past.assign(opportunity_id="x" + past["opportunity_id"]), told,
                            groups.rename(lambda id: f"x{id}")).table  # fmt: skip
    pd.testing.assert_frame_equal(renamed, first.table)
    dearer = past.assign(amount=past["amount"] * 150, won_amount=past["won_amount"] * 150)
    pd.testing.assert_frame_equal(group_factors(dearer, told, groups).table, first.table)
    names = {"north": "zone 3", "south": "zone 2", "west": "zone 1"}
    turned = group_factors(past, told, groups.map(names))
    assert turned.table["factor"].tolist() == pytest.approx(first.table["factor"].tolist()[::-1])
    assert turned.draws("zone 1", 50, 7) == pytest.approx(first.draws("west", 50, 7))


def test_a_wider_level_gives_a_wider_range_around_the_same_factor():
    past, told, groups = mixed()
    usual, wide = (group_factors(past, told, groups, level=level).table for level in (0.8, 0.95))
    assert (wide["low"] < usual["low"]).all() and (wide["high"] > usual["high"]).all()
    assert wide["factor"].tolist() == usual["factor"].tolist()


def test_deals_without_a_group_are_no_part_of_the_whole():
    past, told, groups = mixed()
    west = groups.eq("west").to_numpy()
    cut = group_factors(past[~west].reset_index(drop=True), told[~west], groups[~west]).table
    pd.testing.assert_frame_equal(group_factors(past, told, groups.where(groups.ne("west"))).table, cut)


def test_planted_factors_come_back_and_their_ranges_hold():
    """100 companies, 25 of each spread between groups: 0.80 +/- 0.08 (two standard errors). Where groups do not differ
    the ranges hold more often; where they differ as little as 0.15, no method can be much better than none."""
    found = planted.group_factors_held(100).set_index("spread")
    for spread in (0.3, 0.5):
        row = found.loc[spread]
        assert 0.68 < row["held"] < 0.88
        assert row["shrunk"] < 0.95 * row["as_whole"] < row["raw"]
    assert 0.80 < found.loc[0.15, "held"] < found.loc[0.0, "held"]
    assert found.loc[0.15, "shrunk"] < 1.2 * found.loc[0.15, "as_whole"]
    assert found.loc["all", "shrunk"] < 0.4 * found.loc["all", "raw"]


def test_the_likely_spread_between_groups_follows_the_planted_one():
    means = []
    for planted_spread in (0.0, 0.5):
        rng = np.random.default_rng(9)
        group = np.repeat(np.arange(20), 150)
        deals = planted._grouped_deals(group, np.exp(planted_spread * rng.standard_normal(20)), rng)
        told = deals.groupby("stage_name")["is_won"].transform("mean").to_numpy()
        found = group_factors(deals, told, pd.Series(group, index=deals["opportunity_id"]))
        assert found.weights.sum() == pytest.approx(1)
        means.append((found.weights * module._SPREADS).sum())
    assert means[0] < 0.15 and means[1] == pytest.approx(0.5, abs=0.15)
