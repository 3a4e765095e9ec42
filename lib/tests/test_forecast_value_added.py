"""Value added by each step: against arithmetic by hand, scipy's t test, a slow twin, and a step that does nothing."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_1samp

from revops.errors import MeasureError
from revops.measures.forecast_accuracy.value_added import FEWEST_FOR_TEST, compare, diebold_mariano, value_added

STEPS = ["naive", "weighted", "final"]


def pairs_of(actuals, **forecasts):
    """Company rows: forecasts by category, in the order of the actuals' quarters."""
    rows = [
        (f"Q{i}", 13, category, "company", "company", forecast, actual)
        for category, told in forecasts.items()
        for i, (forecast, actual) in enumerate(zip(told, actuals, strict=True))
    ]
    names = ["period", "horizon_weeks", "category", "level", "member", "forecast_amount", "actual_amount"]
    return pd.DataFrame(rows, columns=names)


def four_quarters():
    """Misses of 40, 20, 10, 30 (naive), 20, 10, 20, 10 (weighted), 60, 50, 40, 70 (final) on actuals of 100."""
    return pairs_of([100.0] * 4, naive=[140.0, 80, 110, 70], weighted=[120.0, 90, 120, 90],
                    final=[160.0, 150, 140, 170])  # fmt: skip


def many(n=12, seed=1, members="abc", spreads=(0.3, 0.2, 0.1)):
    rng = np.random.default_rng(seed)
    parts = []
    for member in members:
        actual = 100 * np.exp(0.3 * rng.standard_normal(n))
        told = {s: actual * (1 + sd * rng.standard_normal(n)) for s, sd in zip(STEPS, spreads, strict=True)}
        parts.append(pairs_of(actual, **told).assign(level="owner", member=member))
    return pd.concat(parts, ignore_index=True)


def test_a_stair_of_three_steps_by_hand():
    """WAPE 100/400, 60/400, 220/400: the second step takes 10 points off, the third puts 40 on. Per quarter the second
    is nearer by 20, 10, -10, 20 on 100: mean 0.10, s = 0.1414, range +- t(3) x s / 2, as of any mean where all
    quarters are alike."""
    found = value_added(four_quarters(), STEPS)
    assert found["step"].tolist() == STEPS and found["previous"].tolist()[1:] == STEPS[:2]
    assert found["previous"].isna().tolist() == [True, False, False]
    assert found["wape"].tolist() == pytest.approx([0.25, 0.15, 0.55])
    assert found["bias_rate"].tolist() == pytest.approx([0.0, 0.05, 0.55])
    assert found["forecast_value_added"].tolist()[1:] == pytest.approx([0.10, -0.40])
    reach = t.ppf(0.9, 3) * np.std([0.2, 0.1, -0.1, 0.2], ddof=1) / 2
    assert (found["low"][1], found["high"][1]) == pytest.approx((0.10 - reach, 0.10 + reach))
    assert found["verdict"].tolist()[1:] == ["no_difference", "makes_worse"]
    assert found["added_to_first"].tolist()[1:] == pytest.approx([0.10, -0.30])
    assert found["first_verdict"].tolist()[1:] == ["no_difference", "makes_worse"]
    assert found.loc[0, ["forecast_value_added", "low", "verdict", "added_to_first", "first_verdict"]].isna().all()
    assert found[["n", "n_periods", "n_dropped"]].to_numpy().tolist() == [[4, 4, 0]] * 3


def test_a_step_that_helps_is_positive_and_one_that_harms_negative():
    actual = [100.0, 120, 90, 110]
    better = pairs_of(actual, naive=[150.0, 170, 139, 161], final=[105.0, 124, 94, 115])
    found = value_added(better, ["naive", "final"]).loc[1]
    assert found["forecast_value_added"] > 0 and found["verdict"] == "adds"
    turned = value_added(better, ["final", "naive"]).loc[1]
    assert turned["forecast_value_added"] == -found["forecast_value_added"] and turned["verdict"] == "makes_worse"
    assert (turned["low"], turned["high"]) == pytest.approx((-found["high"], -found["low"]))


def test_a_step_that_copies_the_one_before_makes_no_difference():
    pairs = four_quarters()
    copied = pairs[pairs["category"].eq("weighted")].assign(category="final")
    found = value_added(pd.concat([pairs[pairs["category"].ne("final")], copied]), STEPS).loc[2]
    assert (found["forecast_value_added"], found["low"], found["high"]) == (0, 0, 0)
    assert found["verdict"] == "no_difference"


def test_what_rounding_leaves_is_no_difference():
    """A tenth too high and a tenth too low miss by the same, but for the last bit."""
    actual = np.array([100.1, 130.3, 170.7, 90.9])
    found = value_added(pairs_of(actual, naive=actual * 1.1, final=actual * 0.9), ["naive", "final"]).loc[1]
    assert (found["low"], found["high"], found["verdict"]) == (0, 0, "no_difference")


def test_all_steps_stand_on_the_same_quarters():
    """The final call of the first quarter and the actual of the last are not known: both go, for all steps."""
    pairs = pairs_of([100.0, 100, 100, 100, 100, np.nan], naive=[500.0, 140, 80, 110, 70, 90],
                     weighted=[120.0, 120, 90, 120, 90, 90], final=[np.nan, 160, 150, 140, 170, 90])  # fmt: skip
    found, expected = value_added(pairs, STEPS), value_added(four_quarters(), STEPS)
    assert found[["n", "n_periods", "n_dropped"]].to_numpy().tolist() == [[4, 4, 2]] * 3
    same = [name for name in found if name != "n_dropped"]
    pd.testing.assert_frame_equal(found[same], expected[same])
    absent = pairs[~(pairs["category"].eq("final") & pairs["period"].eq("Q0"))]
    pd.testing.assert_frame_equal(value_added(absent, STEPS), found)


def test_ranges_are_paired_by_period():
    """Quarters differ much, the two steps hardly: the range of the difference is a tenth as wide as that of either."""
    rng = np.random.default_rng(2)
    error = 0.3 * rng.standard_normal(8)
    actual = np.full(8, 100.0)
    pairs = pairs_of(actual, naive=actual * (1 + error), final=actual * (1 + 0.9 * error))
    found = value_added(pairs, ["naive", "final"]).loc[1]
    assert found["forecast_value_added"] == pytest.approx(0.1 * np.abs(error).mean())
    assert found["verdict"] == "adds" and found["high"] - found["low"] < 0.15 * width_of(error)


def width_of(error):
    return 2 * t.ppf(0.9, len(error) - 1) * np.abs(error).std(ddof=1) / len(error) ** 0.5


def test_units_are_compared_one_by_one_and_quarters_resampled():
    pairs = many()
    found = value_added(pairs, STEPS)
    assert (found["n"] == 36).all() and (found["n_periods"] == 12).all()
    one = value_added(pairs[pairs["member"].eq("a")], STEPS)
    copies = pd.concat([pairs[pairs["member"].eq("a")].assign(member=str(i)) for i in range(5)])
    ranges = ["wape", "forecast_value_added", "low", "high", "verdict", "first_low"]
    pd.testing.assert_frame_equal(value_added(copies, STEPS)[ranges], one[ranges])
    short = pairs.drop(
        pairs.index[(pairs["member"] == "b") & (pairs["category"] == "final") & (pairs["period"] == "Q3")]
    )
    assert value_added(short, STEPS)[["n", "n_periods", "n_dropped"]].to_numpy().tolist() == [[35, 12, 1]] * 3


def test_value_added_is_what_a_slow_twin_finds():
    pairs = many(seed=5)
    found = value_added(pairs, STEPS).set_index("step")
    for previous, step in (("naive", "weighted"), ("weighted", "final")):
        nearer, booked = {}, {}
        for row in pairs.to_dict("records"):
            miss, q = abs(row["forecast_amount"] - row["actual_amount"]), row["period"]
            sign = {previous: 1, step: -1}.get(row["category"], 0)
            nearer[q] = nearer.get(q, 0.0) + sign * miss
            booked[q] = booked.get(q, 0.0) + (row["actual_amount"] if row["category"] == step else 0.0)
        without = [sum(nearer[p] for p in nearer if p != q) / sum(booked[p] for p in booked if p != q) for q in nearer]
        k, mean = len(without), sum(without) / len(without)
        reach = t.ppf(0.9, k - 1) * math.sqrt((k - 1) / k * sum((x - mean) ** 2 for x in without))
        value = sum(nearer.values()) / sum(booked.values())
        assert found.loc[step, "forecast_value_added"] == pytest.approx(value)
        assert found.loc[step, ["low", "high"]].tolist() == pytest.approx([value - reach, value + reach])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_quarters_give_no_verdict(n):
    found = value_added(four_quarters()[lambda p: p["period"].isin([f"Q{i}" for i in range(n)])], STEPS)
    assert found["verdict"].tolist()[1:] == ["not_enough"] * 2
    assert found[["low", "high"]].isna().all(axis=None)
    assert (found["n"] == n).all() and found["wape"].isna().all() == (n == 0)


def test_a_step_nobody_forecast_or_quarters_that_brought_nothing_are_undefined():
    found = value_added(four_quarters(), ["naive", "manager"])
    assert found["wape"].isna().all() and found["n_dropped"].tolist() == [4, 4]
    nothing = value_added(four_quarters().assign(actual_amount=0.0), STEPS)
    assert nothing[["wape", "bias_rate", "forecast_value_added"]].isna().all(axis=None)
    assert nothing["verdict"].tolist()[1:] == ["not_enough"] * 2
    assert value_added(four_quarters(), []).empty


def test_order_names_and_currency_change_nothing():
    pairs = many()
    first = value_added(pairs, STEPS)
    pd.testing.assert_frame_equal(value_added(pairs.sample(frac=1, random_state=1), STEPS), first)
    pd.testing.assert_frame_equal(value_added(pairs.assign(member="x" + pairs["member"]), STEPS), first)
    money = {name: pairs[name] * 150 for name in ("forecast_amount", "actual_amount")}
    pd.testing.assert_frame_equal(value_added(pairs.assign(**money), STEPS), first)


def test_what_cannot_be_compared_is_refused():
    pairs = four_quarters()
    two_horizons = pd.concat([pairs, pairs.assign(horizon_weeks=1)])
    with pytest.raises(
        MeasureError, match=r"one forecast for a period and member; found 12 more \(e\.g\. Q0, Q1, Q2\)"
    ):
        value_added(two_horizons, STEPS)
    two_actuals = pairs.assign(actual_amount=pairs["actual_amount"].mask(pairs.index == 5, 101.0))
    with pytest.raises(MeasureError, match="all steps must have the same actual; found 1 with several"):
        compare(two_actuals, "final", ["naive", "weighted"])


def test_a_step_planted_to_do_nothing_is_named_as_often_as_said():
    """250 companies of 8 quarters, two steps of equal noise: named in 20 % of cases, half of them worse; 10 % +- 3.8 %
    (two standard errors)."""
    rng = np.random.default_rng(8)
    verdicts = []
    for _ in range(250):
        actual = 100 * np.exp(0.2 * rng.standard_normal(8))
        told = actual[:, None] * (1 + 0.1 * rng.standard_normal((8, 2)))
        verdicts.append(
            value_added(pairs_of(actual, naive=told[:, 0], final=told[:, 1]), ["naive", "final"])["verdict"][1]
        )
    shares = pd.Series(verdicts).value_counts(normalize=True)
    assert shares["adds"] == pytest.approx(0.1, abs=0.045) and shares["makes_worse"] == pytest.approx(0.1, abs=0.045)


def test_a_verdict_asks_for_more_where_more_is_looked_at_and_the_range_stays():
    """Nearer than naive by 8, -1, 7 and 3 of 100: 4.25 on average, standard error 2.056. t of 0.9 with 3 degrees of
    freedom is 1.638: low 0.88. Over two looks t of 0.95 is 2.353: 4.25 - 4.84 is below 0."""
    naive = [110.0] * 4
    pairs = pairs_of([100.0] * 4, naive=naive, final=[102.0, 111, 103, 107], same=naive, last=[102.0, 111, 103, 107])
    se = np.std([8, -1, 7, 3], ddof=1) / 2
    assert 4.25 - t.ppf(0.9, 3) * se > 0 > 4.25 - t.ppf(0.95, 3) * se
    alone, two = value_added(pairs, ["naive", "final"]).loc[1], value_added(pairs, ["naive", "final", "last"]).loc[1]
    assert (alone["verdict"], two["verdict"]) == ("adds", "no_difference")
    assert (alone["first_verdict"], two["first_verdict"]) == ("adds", "no_difference")
    ends = (pytest.approx(0.0425 - t.ppf(0.9, 3) * se / 100), pytest.approx(0.0425 + t.ppf(0.9, 3) * se / 100))
    for row in (alone, two):
        assert (row["low"], row["high"]) == (row["first_low"], row["first_high"]) == ends
    one, both = compare(pairs, "naive", ["final"]), compare(pairs, "naive", ["final", "same"])
    assert (one["verdict"][0], both["verdict"][0]) == ("nearer", "no_difference")
    assert (one["low"][0], one["high"][0]) == (both["low"][0], both["high"][0]) == ends


def test_equal_methods_are_named_on_one_page_in_five_at_most():
    """A call and 5 methods of equal noise, 8 quarters, 50 pages: any is named, nearer or farther, on at most 20 %; 16
    or more of 50 come by chance once in 33. Each by its own range of 80 % it is 32 of these."""
    rng = np.random.default_rng(5)
    named, by_range = 0, 0
    methods = [f"m{i}" for i in range(5)]
    for _ in range(50):
        actual = 100 * np.exp(0.2 * rng.standard_normal(8))
        told = actual * (1 + 0.1 * rng.standard_normal((6, 8)))
        pairs = pairs_of(actual, call=told[5], **dict(zip(methods, told, strict=False)))
        found = compare(pairs, "call", methods)
        named += found["verdict"].isin(["nearer", "farther"]).any()
        by_range += ((found["low"] > 0) | (found["high"] < 0)).any()
    assert named < 16 and by_range > 16


def test_each_other_method_stands_beside_the_official_call():
    """Official 60, 50, 40, 70 off, naive 40, 20, 10, 30: nearer by 20, 30, 30, 40 of 100."""
    found = compare(four_quarters(), "final", ["naive", "weighted"]).set_index("method")
    assert list(found.index) == ["naive", "weighted"]
    naive = found.loc["naive"]
    assert naive[["wape", "official_wape", "difference", "bias_rate"]].tolist() == pytest.approx([0.25, 0.55, 0.3, 0.0])
    reach = t.ppf(0.9, 3) * np.std([0.2, 0.3, 0.3, 0.4], ddof=1) / 2
    assert naive[["low", "high"]].tolist() == pytest.approx([0.3 - reach, 0.3 + reach])
    assert naive["verdict"] == "nearer" and math.isnan(naive["dm_p"]), "four quarters are too few for the test"
    assert compare(four_quarters(), "naive", ["final"])["verdict"][0] == "farther"
    assert compare(four_quarters(), "naive", ["weighted"])["verdict"][0] == "no_difference"
    assert compare(four_quarters().iloc[:0], "naive", ["weighted"])["verdict"][0] == "not_enough"
    assert compare(four_quarters(), "naive", []).empty


def test_a_method_is_compared_where_both_are_known():
    pairs = four_quarters()
    cut = pairs.assign(forecast_amount=pairs["forecast_amount"].mask(pairs.index == 4))  # weighted of Q0
    found = compare(cut, "final", ["naive", "weighted"]).set_index("method")
    assert found["n"].to_dict() == {"naive": 4, "weighted": 3} and found["n_dropped"].to_dict() == {
        "naive": 0,
        "weighted": 1,
    }
    assert found.loc["weighted", "official_wape"] == pytest.approx(160 / 300)


def test_the_test_of_two_forecasts_by_hand():
    """Differences 1, 3, 1, 3, 1, 3, 1, 3: mean 2, variance over n 1; 2 / sqrt(1 / 8) times sqrt(7 / 8) = 5.2915, the
    root of 28. Two ahead: the neighbours' autocovariance is -7 / 8, so that 1 - 2 x 7 / 8 is below 0: undefined.
    1, 1, 3, 3 twice: 3 of 7 neighbours differ, (4 - 3) / 8: 1 + 2 / 8 = 1.25; factor (8 + 1 - 4 + 2 / 8) / 8."""
    statistic, p = diebold_mariano(np.array([1.0, 3.0] * 4))
    assert statistic == pytest.approx(math.sqrt(28))
    assert p == pytest.approx(2 * t.sf(math.sqrt(28), 7))
    assert all(math.isnan(value) for value in diebold_mariano(np.array([1.0, 3.0] * 4), ahead=2))
    statistic, p = diebold_mariano(np.array([1.0, 1.0, 3.0, 3.0] * 2), ahead=2)
    assert statistic == pytest.approx(2 / math.sqrt(1.25 / 8) * math.sqrt(5.25 / 8))
    assert p == pytest.approx(2 * t.sf(statistic, 7))


def test_one_period_ahead_it_is_the_t_test():
    differences = np.random.default_rng(3).standard_normal(11) + 0.4
    known = ttest_1samp(differences, 0)
    assert diebold_mariano(differences) == pytest.approx((known.statistic, known.pvalue))
    assert diebold_mariano(-differences) == pytest.approx((-known.statistic, known.pvalue))


def test_the_test_is_not_told_of_few_periods_or_of_equal_forecasts():
    values = np.random.default_rng(3).standard_normal(FEWEST_FOR_TEST)
    assert not math.isnan(diebold_mariano(values)[1])
    assert math.isnan(diebold_mariano(values[1:])[1])
    assert math.isnan(diebold_mariano(np.zeros(9))[1])


def test_the_table_tests_the_misses_of_whole_periods():
    pairs = many(seed=4)
    misses = (pairs["forecast_amount"] - pairs["actual_amount"]).abs()
    sums = misses.groupby([pairs["category"], pairs["period"]]).sum()
    known = ttest_1samp((sums["final"] - sums["naive"]).to_numpy(), 0)
    found = compare(pairs, "final", ["naive"]).iloc[0]
    assert (found["dm_statistic"], found["dm_p"]) == pytest.approx((known.statistic, known.pvalue))
