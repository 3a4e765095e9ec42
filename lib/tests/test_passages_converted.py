"""Shares that moved on, with their ranges, and large against small: by hand, by other packages, by slow twins, and
where the truth is planted."""

import time

import numpy as np
import pandas as pd
import pytest

from revops.analysis.passages import converted, weight_gap, wilson
from revops.analysis.survival import incidence, kaplan_meier
from revops.ratios import share_interval

COLUMNS = ["step", "horizon_days", "n", "n_followed", "n_at_risk", "share", "low", "high", "error", "n_worth"]


def passages(age, event, follow=400, **more):
    """Return passages of one step, or of those named."""
    size = len(age)
    given = {"step": ["lead"] * size, "place": np.zeros(size, int), **more}
    return pd.DataFrame({"age_days": age, "event": event, "follow_days": np.broadcast_to(follow, size), **given})


def made(seed, n=200, per_cluster=0, spread=0.0, forward=0.4):
    """Return passages that move on or are lost, seen 0 to 120 days, with amounts and accounts where asked for."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n), rng.geometric(1 / max(per_cluster, 1), n))[:n]
    luck = rng.normal(0, 1.0 if per_cluster else 0.0, n)[clusters]
    chance = 1 / (1 + np.exp(-(np.log(forward / (1 - forward)) + luck)))
    moves = rng.random(n) < chance
    days, seen = np.where(moves, rng.geometric(1 / 15, n), rng.geometric(1 / 25, n)), rng.integers(0, 121, n)
    event = np.where(days > seen, 0, np.where(moves, 1, 2))
    more = {"cluster": clusters.astype(str)} if per_cluster else {}
    more |= {"amount": rng.lognormal(3, spread, n)} if spread else {}
    return passages(np.minimum(days, seen), event, seen, **more)


def test_shares_by_hand():
    """Four leads: forward at 2, lost at 2, forward at 5, seen to 3 (three days ago). By 3: 1 of 4; two are left at 3,
    one of them unseen after; by 5 the last moves on: 1/4 + 1/2 x 1."""
    table = passages([2, 2, 5, 3], [1, 2, 1, 0], [90, 90, 90, 3])
    found = converted(table, (1, 3, 5), fewest=2)
    assert found.columns.tolist() == COLUMNS
    assert found["step"].tolist() == ["lead"] * 3 and found["horizon_days"].tolist() == [1, 3, 5]
    assert found["n"].tolist() == [4, 4, 4] and found["n_followed"].tolist() == [4, 4, 3]
    assert found["n_at_risk"].tolist() == [4, 2, 1]
    assert found["share"].tolist() == pytest.approx([0, 0.25, 0.75])
    assert found["error"].iloc[1] == pytest.approx((0.25 * 0.75 / 4) ** 0.5)
    assert found["n_worth"].tolist()[:2] == pytest.approx([4, 4])


def test_a_share_that_too_few_were_followed_to_is_not_told():
    table = passages([2, 2, 5, 3], [1, 2, 1, 0], [90, 90, 90, 3])
    found = converted(table, (3, 5), fewest=4)
    assert found["n_followed"].tolist() == [4, 3]
    assert found.loc[0, ["share", "low", "high", "error", "n_worth"]].notna().all()
    assert found.loc[1, ["share", "low", "high", "error", "n_worth"]].isna().all()


@pytest.mark.parametrize(("n", "k"), [(40, 10), (12, 1), (25, 0), (25, 25)])
def test_without_censoring_the_range_is_wilsons(n, k):
    found = converted(passages(np.full(n, 3), np.where(np.arange(n) < k, 1, 2)), (30,), level=0.9).iloc[0]
    assert (found["share"], found["n_worth"]) == pytest.approx((k / n, n))
    assert (found["low"], found["high"]) == pytest.approx(share_interval(k, n, level=0.9), abs=1e-9)
    assert found["error"] == pytest.approx((k / n * (1 - k / n) / n) ** 0.5)


@pytest.mark.parametrize("seed", range(3))
def test_shares_and_errors_are_those_of_statsmodels(seed):
    from statsmodels.duration.survfunc import CumIncidenceRight

    table = made(seed)
    table = table[table["age_days"] > 0]  # theirs knows no event at 0
    theirs = CumIncidenceRight(table["age_days"].to_numpy(), table["event"].to_numpy())
    for row in converted(table, (10, 30, 60)).itertuples():
        at = np.searchsorted(theirs.times, row.horizon_days, side="right") - 1
        assert row.share == pytest.approx(theirs.cinc[0][at]) and row.error == pytest.approx(theirs.cinc_se[0][at])
        assert row.n_worth == pytest.approx(min(row.share * (1 - row.share) / row.error**2, row.n))
        assert row.low < row.share < row.high


def slow_share(table, horizon, weights):
    """Return the share moved on, one day and one subject at a time."""
    alive, share = 1.0, 0.0
    rows = list(zip(table["age_days"], table["event"], weights, strict=True))
    for day in range(horizon + 1):
        at_risk = sum(w for age, _, w in rows if age >= day)
        if at_risk:
            share += alive * sum(w for age, event, w in rows if age == day and event == 1) / at_risk
            alive *= 1 - sum(w for age, event, w in rows if age == day and event > 0) / at_risk
    return share


@pytest.mark.parametrize("seed", range(2))
def test_shares_of_money_and_their_errors_are_those_of_leaving_each_account_out(seed):
    table = made(seed, n=160, per_cluster=2, spread=0.7)
    found = converted(table, (30,), weights="amount").iloc[0]
    assert found["share"] == pytest.approx(slow_share(table, 30, table["amount"]))
    accounts = table["cluster"].unique()
    parts = [table[table["cluster"].ne(account)] for account in accounts]
    without = np.array([slow_share(part, 30, part["amount"]) for part in parts])
    slow = np.sqrt((len(accounts) - 1) / len(accounts) * np.square(without - without.mean()).sum())
    assert found["error"] == pytest.approx(slow, rel=0.06)
    assert found["n_worth"] < min(found["n"], found["share"] * (1 - found["share"]) / found["error"] ** 2)


def test_weights_are_amounts_and_who_has_none_is_left_out():
    """300 of 400 moved on; by heads half. The one without an amount, and those at 0 and below, are not counted."""
    table = passages([1, 1, 1, 1, 1], [1, 2, 1, 1, 2], amount=[300.0, 100.0, np.nan, 0.0, -5.0])
    money = converted(table, (30,), weights="amount", fewest=1).iloc[0]
    assert (money["n"], money["n_followed"], money["share"]) == (2, 2, 0.75)
    assert converted(table, (30,), fewest=1)["share"].tolist() == [0.6]


def test_all_of_one_kind_is_worth_the_effective_number_of_accounts():
    """Ten leads, six of them of one account, all moved on: (6 + 4)^2 / (36 + 4) = 2.5 accounts; by amounts 1 x 9 and 9
    of one: 18^2 / (9 + 81) = 3.6."""
    table = passages([1] * 10, [1] * 10, cluster=["a"] * 6 + list("bcde"))
    found = converted(table, (30,)).iloc[0]
    assert (found["share"], found["n_worth"]) == (1, 2.5)
    assert (found["low"], found["high"]) == pytest.approx(tuple(end[0] for end in wilson([1.0], [2.5], 0.8)))
    assert 0.5 < found["low"] < found["high"] == 1
    money = passages([1] * 10, [2] * 10, amount=[1.0] * 9 + [9.0])
    assert converted(money, (30,), weights="amount")["n_worth"].tolist() == pytest.approx([3.6])


def test_one_account_tells_no_error_and_is_worth_one():
    table = passages([1] * 12, [1, 2] * 6, cluster=["a"] * 12)
    found = converted(table, (30,)).iloc[0]
    assert np.isnan(found["error"]) and 0 < found["n_worth"] <= 1 and found["low"] < 0.2 and found["high"] > 0.8


def test_accounts_of_one_each_and_no_accounts_are_the_same():
    table = made(1, n=80)
    alone = table.assign(cluster=[None if n % 3 else str(n) for n in range(80)])
    pd.testing.assert_frame_equal(converted(alone, (30, 60)), converted(table, (30, 60)))


def test_groups_are_told_apart_steps_in_their_order():
    one = made(1).assign(step="sql", place=2, segment="SMB")
    other = made(2).assign(step="lead", place=0, segment=["Enterprise", None] * 100)
    table = pd.concat([one, other], ignore_index=True)
    found = converted(table, (30, 60), by=("step", "segment"))
    assert found.columns.tolist() == ["step", "segment", *COLUMNS[1:]]
    assert found[["step", "segment"]].values.tolist() == [["lead", "Enterprise"]] * 2 + [["sql", "SMB"]] * 2
    assert found["n"].tolist() == [100, 100, 200, 200]
    part = converted(one, (30, 60))
    pd.testing.assert_frame_equal(found[2:].drop(columns="segment").reset_index(drop=True), part)
    assert converted(table, (30,), by=())["n"].tolist() == [400]
    mixed = converted(table.sample(frac=1, random_state=1), (30, 60), by=("step", "segment"))
    pd.testing.assert_frame_equal(mixed, found)


def test_another_currency_changes_nothing():
    table = made(3, spread=1.0)
    cents = table.assign(amount=table["amount"] * 100)
    pd.testing.assert_frame_equal(converted(cents, (30,), weights="amount"), converted(table, (30,), weights="amount"))
    pd.testing.assert_frame_equal(weight_gap(cents, 30), weight_gap(table, 30))


@pytest.mark.parametrize("by", [("step",), (), ("step", "cluster")])
def test_no_passages_have_tables_of_the_same_columns(by):
    full = made(1, per_cluster=2, spread=1.0)
    for tell in (lambda rows: converted(rows, (30,), by=by), lambda rows: weight_gap(rows, 30, by=by)):
        none, some = tell(full.iloc[:0]), tell(full)
        assert none.empty and none.columns.tolist() == some.columns.tolist()
        assert none.dtypes.tolist() == some.dtypes.tolist()


def test_losses_censored_overstate():
    """Each day 0.355 % of those left move on and 0.321 % are lost: by day 90 24.0 % have moved on. One less
    Kaplan-Meier with losses censored answers what would be if nobody were lost: 27.4 %."""
    forward, lost = 0.0035515, 0.0032130
    truth = sum(forward * (1 - forward - lost) ** day for day in range(90))
    assert (round(truth, 3), round(1 - (1 - forward) ** 90, 3)) == (0.240, 0.274)
    rng = np.random.default_rng(11)
    days = rng.geometric(forward + lost, 40_000)
    moves, seen = rng.random(40_000) < forward / (forward + lost), rng.integers(30, 400, 40_000)
    age, event = np.minimum(days, seen), np.where(days > seen, 0, np.where(moves, 1, 2))
    row = converted(passages(age, event, seen), (90,)).iloc[0]
    assert row["share"] == pytest.approx(truth, abs=0.006)
    censored = 1 - kaplan_meier(age, event == 1, horizon=90)["survival"].iloc[-1]
    assert censored == pytest.approx(0.274, abs=0.007) and censored > row["high"]


@pytest.mark.parametrize(("growth", "closed_only"), [(0.06, 0.286), (-0.03, 0.228)])
def test_the_win_rate_holds_whether_creation_grows_or_shrinks(growth, closed_only):
    """A true 25 %, wins after a median of 60 days, losses 150: won / closed of the last quarter reads what the growth
    of creation makes of it, and cohorts of 3 to 6 months by closed deals alone read far too much."""
    rng = np.random.default_rng(5)
    months = np.arange(48)
    weights = (1 + growth) ** months
    born = rng.choice(months, 60_000, p=weights / weights.sum()) * 30 + rng.integers(0, 30, 60_000)
    wins = rng.random(60_000) < 0.25
    days = np.floor(rng.exponential(np.where(wins, 60, 150) / np.log(2))).astype(int)
    seen = 48 * 30 - 1 - born
    open_still = days > seen
    event = np.where(open_still, 0, np.where(wins, 1, 2))
    row = converted(passages(np.minimum(days, seen), event, seen), (540,)).iloc[0]
    assert 0.24 < row["share"] < 0.26 and row["low"] < 0.25 < row["high"] + 0.002
    last = ~open_still & (born + days > 48 * 30 - 91)
    assert wins[last].mean() == pytest.approx(closed_only, abs=0.012)
    young = ~open_still & (seen >= 90) & (seen < 180)
    assert wins[young].mean() > 0.33
    assert abs(row["share"] - 0.25) < abs(wins[last].mean() - 0.25)


@pytest.mark.parametrize(("n", "forward", "per_cluster", "spread"), [
    (60, 0.1, 0, 0.0), (20, 0.5, 0, 0.0), (100, 0.3, 3, 0.0), (60, 0.5, 0, 1.0), (100, 0.3, 3, 1.0),
])  # fmt: skip
def test_ranges_hold_the_truth_as_often_as_they_say(n, forward, per_cluster, spread):
    """Nominal 80 %; 250 seeds have a standard error of 2.5 points."""
    weights = "amount" if spread else None
    big = pd.concat([made(seed, 30_000, per_cluster, spread, forward) for seed in (901, 902)])
    truth = converted(big, (60,))["share"].iloc[0]
    table = pd.concat([made(seed, n, per_cluster, spread, forward).assign(seed=seed) for seed in range(250)])
    found = converted(table, (60,), by=("seed",), weights=weights, fewest=5)
    found = found[found["share"].notna()]
    held = found["low"].le(truth) & found["high"].ge(truth)
    assert len(found) > 240 and 0.73 < held.mean() < 0.9


def test_a_gap_by_hand():
    """Of four, two move on: half. By amount 30 of 100: the gap is -20 points."""
    table = passages([1] * 4, [1, 1, 2, 2], amount=[10.0, 20.0, 30.0, 40.0])
    found = weight_gap(table, 30, fewest=4)
    assert found.columns.tolist() == ["step", "n", "horizon_days", "share", "share_by_amount", "gap", "low", "high",
                                      "p_value"]  # fmt: skip
    row = found.iloc[0]
    assert (row["n"], row["horizon_days"]) == (4, 30)
    assert (row["share"], row["share_by_amount"], row["gap"]) == pytest.approx((0.5, 0.3, -0.2))
    assert row["low"] < -0.2 < row["high"] and (row["low"] + row["high"]) / 2 == pytest.approx(-0.2)
    assert weight_gap(table, 30, fewest=5)[["share", "gap", "p_value"]].isna().all(axis=None)
    assert weight_gap(table, {"lead": 30}, fewest=4).equals(found) and weight_gap(table, {"mql": 30}).empty


def test_equal_amounts_leave_no_gap():
    row = weight_gap(made(2).assign(amount=7.0), 30).iloc[0]
    assert row["gap"] == pytest.approx(0, abs=1e-12) and np.isnan(row["p_value"])


def test_large_ones_that_are_lost_more_often_are_found():
    rng = np.random.default_rng(1)
    amount = rng.lognormal(3, 1, 400)
    event = np.where(rng.random(400) < np.where(amount > 20, 0.2, 0.6), 1, 2)
    row = weight_gap(passages([5] * 400, event, amount=amount), 30).iloc[0]
    assert row["gap"] < -0.1 and row["high"] < 0 and row["p_value"] < 0.001


@pytest.mark.parametrize(("n", "per_cluster"), [(80, 0), (30, 0), (200, 2)])
def test_no_gap_is_called_one_as_often_as_it_should(n, per_cluster):
    table = pd.concat([made(seed, n, per_cluster, 1.0).assign(seed=seed) for seed in range(200)])
    found = weight_gap(table, 30, by=("seed",), fewest=5)
    assert 0.02 < found["p_value"].lt(0.1).mean() < 0.15
    assert (found["p_value"].lt(0.2) == (found["low"].gt(0) | found["high"].lt(0))).all()


def test_a_gap_leaves_out_what_both_shares_share():
    """Paired: closer than the two errors, added as if of different deals, would have it."""
    table = made(8, n=400, spread=0.5)
    both = [converted(table, (30,), weights=weights)["error"].iloc[0] for weights in (None, "amount")]
    row = weight_gap(table, 30).iloc[0]
    assert (row["high"] - row["low"]) / 2 < 0.8 * 1.2816 * np.hypot(*both)


def test_a_hundred_thousand_passages_take_a_second():
    rng = np.random.default_rng(0)
    age, seen = rng.integers(0, 300, 100_000), rng.integers(0, 400, 100_000)
    table = passages(np.minimum(age, seen), np.where(age > seen, 0, rng.integers(1, 3, 100_000)), seen,
                     cluster=rng.integers(0, 30_000, 100_000), amount=rng.lognormal(size=100_000))  # fmt: skip
    began = time.process_time()
    converted(table, (30, 60, 90, 180), weights="amount")
    assert time.process_time() - began < 2


def test_share_is_that_of_the_incidence_of_the_house():
    table = made(4)
    share = incidence(table["age_days"].to_numpy(), table["event"].to_numpy(), horizon=90)["first_share"]
    assert converted(table, (30, 90))["share"].tolist() == pytest.approx(share[[30, 90]].tolist())


@pytest.mark.parametrize(("share", "n"), [(0.3, 20), (0.0, 9), (1.0, 7)])
def test_wilsons_range_is_that_of_whole_numbers(share, n):
    low, high = wilson(np.array([share, np.nan]), np.array([n, n]), 0.8)
    assert (low[0], high[0]) == pytest.approx(share_interval(round(share * n), n), abs=1e-12)
    assert np.isnan(low[1]) and np.isnan(high[1])
