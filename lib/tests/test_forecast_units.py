"""Bias of owners and teams: against arithmetic by hand, a slow twin, and planted calls."""

import math

import numpy as np
import pandas as pd
import pytest
from calibration import units as planted
from scipy.optimize import brentq
from scipy.stats import t as student

from revops.errors import MeasureError
from revops.measures.forecast_accuracy import units as module
from revops.measures.forecast_accuracy.units import FEW, unit_bias

COLUMNS = ["period", "member", "forecast_amount", "actual_amount"]
OWN = ["raw_bias", "bias", "low", "high"]
WHOLE = ["overall_bias", "overall_low", "overall_high", "spread"]


def calls(**members):
    """One row per member and quarter from lists of (forecast, actual)."""
    rows = [(f"Q{i:02d}", name, float(f), float(a)) for name, told in members.items() for i, (f, a) in enumerate(told)]
    return pd.DataFrame(rows, columns=COLUMNS)


def noisy(factors, n_quarters=11, noise=0.1, shock=0.0, seed=3):
    rng = np.random.default_rng(seed)
    luck = shock * rng.standard_normal(n_quarters)
    told = {}
    for i, factor in enumerate(factors):
        actual = 1000 * np.exp(noise * rng.standard_normal(n_quarters) + luck)
        told[f"m{i}"] = list(zip(np.full(n_quarters, 1000 * factor), actual, strict=True))
    return calls(**told)


def test_calling_more_than_comes_is_above_0():
    found = unit_bias(calls(over=[(110, 100)] * 5, under=[(100, 110)] * 5)).set_index("member")
    assert found["raw_bias"].to_dict() == pytest.approx({"over": 10 / 110, "under": -0.1})
    assert found["finding"].to_dict() == {"over": "optimism", "under": "sandbagging"}
    assert found["overall_bias"].tolist() == [0, 0]


def test_one_member_alone_has_the_t_range_of_the_root_of_its_ratio():
    """Calls of 100; 60, 80, 100 and 120 came: 360 / 400 = 0.9. Errors around 10: 30, 10, -10, -30; their squares sum
    to 2,000, so the ratio's variance is 4 / 3 x 2,000 / 400^2 = 1 / 60, and that of its root 1 / 60 / 4 / 0.9 =
    1 / 216; t with 3 degrees of freedom at 97.5 % is 3.1824."""
    found = unit_bias(calls(a=[(100, 60), (100, 80), (100, 100), (100, 120)])).iloc[0]
    reach = 3.1824463 * 216**-0.5
    assert found["raw_bias"] == pytest.approx(0.1) and found["bias"] == pytest.approx(0.1)
    assert found["low"] == pytest.approx(1 - (0.9**0.5 + reach) ** 2, abs=1e-6)
    assert found["high"] == pytest.approx(1 - (0.9**0.5 - reach) ** 2, abs=1e-6)
    assert found[WHOLE[:3]].tolist() == pytest.approx(found[["raw_bias", "low", "high"]].tolist())
    assert found["finding"] == "" and math.isnan(found["spread"])


def slow_biases(root, variance, df, common, common_df, level):
    """Return median, low and high of each member by loops, scipy's t and a root finder."""
    spreads, likely = list(module._SPREADS), []
    means = []
    for s in spreads:
        weights = [1 / (v + s * s) for v in variance]
        mean = sum(w * x for w, x in zip(weights, root, strict=True)) / sum(weights)
        log = sum(0.5 * math.log(w) - 0.5 * w * (x - mean) ** 2 for w, x in zip(weights, root, strict=True))
        likely.append(log - 0.5 * math.log(sum(weights)) + math.log(s) - 0.5 * (s / 0.15) ** 2)
        means.append((mean, 1 / sum(weights)))
    chance = [math.exp(one - max(likely)) for one in likely]
    chance = [one / sum(chance) for one in chance]
    found = []
    for x, v, d in zip(root, variance, df, strict=True):
        parts = []
        for s, (mean, error) in zip(spreads, means, strict=True):
            own = s * s / (s * s + v)
            drawn = own * v + (1 - own) ** 2 * error
            freedom = (drawn + common) ** 2 / (drawn**2 / d + common**2 / common_df)
            parts.append((own * x + (1 - own) * mean, math.sqrt(drawn + common), freedom))

        def below(point, share, parts=parts):
            return (
                sum(c * student.cdf((point - m) / sd, f) for c, (m, sd, f) in zip(chance, parts, strict=True)) - share
            )

        tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
        high, middle, low = (1 - max(brentq(below, -9, 9, args=(q,)), 0) ** 2 for q in tails)
        sd, freedom = math.sqrt(v + common), (v + common) ** 2 / (v**2 / d + common**2 / common_df)
        reach = student.ppf(tails[2], freedom) * sd
        if 1 - (x + reach) ** 2 <= 0 <= 1 - max(x - reach, 0) ** 2:
            low, high = min(low, 0), max(high, 0)
        found.append((middle, low, high))
    return found


def test_drawing_together_is_what_a_slow_integration_of_the_same_model_gives():
    root, variance = np.array([0.8, 1.0, 1.02, 1.3]), np.array([0.004, 0.002, 0.01, 0.006])
    df = np.array([9.0, 4.0, 12.0, 7.0])
    for common in (0.0, 0.003):
        found = module._mixed(root, variance, df, common, 6.0, 0.95)
        slow = slow_biases(root, variance, df, common, 6.0, 0.95)
        assert np.column_stack([found[name] for name in ("bias", "low", "high")]) == pytest.approx(
            np.array(slow), abs=1e-6
        )


def slow_left(forecast, error):
    """Return errors less shocks, by dicts and loops: forecast and error by member and quarter."""
    names, periods = list(forecast), sorted({q for told in forecast.values() for q in told})
    spent, left = len(periods) / (len(periods) - 1), error
    for _ in range(5):
        ratio = {m: sum(left[m].values()) / sum(forecast[m].values()) for m in names}
        rest = {m: {q: error[m][q] - ratio[m] * f for q, f in forecast[m].items()} for m in names}
        above = below = 0.0
        for one in names:
            for other in names:
                for q in forecast[one]:
                    if one != other and q in forecast[other]:
                        above += rest[one][q] * rest[other][q]
                        below += forecast[one][q] * forecast[other][q]
        shock = max(above / below * spent, 0)
        own = {
            m: sum(r * r for r in rest[m].values()) / sum(f * f for f in forecast[m].values()) * spent for m in names
        }
        left = {m: {} for m in names}
        for m in names:
            for q, f in forecast[m].items():
                others = [o for o in names if o != m and q in forecast[o]]
                called = sum(forecast[o][q] for o in others)
                luck = sum(forecast[o][q] ** 2 * max(own[o] - shock, 0.1 * own[o]) for o in others)
                kept = shock / (shock + luck / called**2) if others and shock else 0
                left[m][q] = error[m][q] - (f * kept * sum(rest[o][q] for o in others) / called if kept else 0)
    return left


def test_the_whole_way_from_calls_to_ranges_is_what_loops_give():
    """Six members, one of whom joins late; moderated variances are taken from the module, tested apart."""
    pairs = noisy([0.8, 1.0, 1.0, 1.1, 1.3, 1.4], n_quarters=7, noise=0.25, shock=0.3, seed=4)
    pairs = pairs[~(pairs["member"].eq("m5") & pairs["period"].lt("Q03"))]
    forecast = {m: dict(zip(p["period"], p["forecast_amount"], strict=True)) for m, p in pairs.groupby("member")}
    error = {m: dict(zip(p["period"], p["forecast_amount"] - p["actual_amount"], strict=True))
             for m, p in pairs.groupby("member")}  # fmt: skip
    left = slow_left(forecast, error)
    total = {m: sum(f.values()) for m, f in forecast.items()}
    by_quarter = {q: (p["forecast_amount"].sum(), (p["forecast_amount"] - p["actual_amount"]).sum())
                  for q, p in pairs.groupby("period")}  # fmt: skip
    called = sum(total.values())
    overall = sum(e for _, e in by_quarter.values()) / called
    strayed = 7 / 6 * sum((e - overall * f) ** 2 for f, e in by_quarter.values()) / called**2
    ratio = {m: 1 - sum(left[m].values()) / total[m] for m in total}
    n = {m: len(forecast[m]) for m in total}
    each = [n[m] ** 2 / (n[m] - 1) * sum((left[m][q] - (1 - ratio[m]) * f) ** 2 for q, f in forecast[m].items())
            / total[m] ** 2 / (4 * ratio[m]) for m in total]  # fmt: skip
    drawn, df = module._moderated(np.array(each), np.array([(n[m] - 1) * 5 / 6 for m in total]))
    variance = [v / n[m] for v, m in zip(drawn, total, strict=True)]
    noise = sum((total[m] / called) ** 2 * v * ratio[m] for v, m in zip(variance, total, strict=True)) / (1 - overall)
    common = max(strayed / (4 * (1 - overall)) - noise * 5 / 6, 0)
    assert common > 0.002
    slow = slow_biases([ratio[m] ** 0.5 for m in total], variance, df, common, 6.0, 0.95)
    found = unit_bias(pairs)
    assert found[["bias", "low", "high"]].to_numpy() == pytest.approx(np.array(slow), abs=1e-6)
    assert found["overall_bias"].iloc[0] == pytest.approx(overall)


def test_few_quarters_borrow_how_much_quarters_stray_from_the_others():
    """2,000 members of 4 quarters; their true variances are 0.02 x 8 / chi-square with 8 degrees of freedom."""
    rng = np.random.default_rng(5)
    truth = 0.02 * 8 / rng.chisquare(8, 2000)
    seen = truth * rng.chisquare(3, 2000) / 3
    drawn, df = module._moderated(seen, np.full(2000, 3.0))
    assert df == pytest.approx(np.full(2000, 11.0), rel=0.15)
    assert ((drawn - truth) ** 2).mean() < 0.5 * ((seen - truth) ** 2).mean()
    z = rng.standard_normal(2000) * truth**0.5 / drawn**0.5
    assert (np.abs(z) > student.ppf(0.975, df)).mean() == pytest.approx(0.05, abs=0.015)


def test_alike_variances_are_pooled():
    drawn, df = module._moderated(np.array([0.02, 0.021, 0.019]), np.array([4.0, 4.0, 4.0]))
    assert drawn == pytest.approx(np.full(3, 0.02), rel=1e-4) and df.tolist() == [12, 12, 12]


def test_what_a_quarter_does_to_all_is_taken_off():
    forecast = np.full((10, 8), 100.0)
    shocks = np.array([30.0, -30, 20, -20, 10, -10, 5, -5])
    luck = np.random.default_rng(1).standard_normal((10, 8))
    left = module._without_shocks(forecast, shocks + luck)
    assert left.std() < 2 < shocks.std()
    assert np.abs(left - luck).max() < 3


def test_the_luck_of_a_member_that_is_most_of_the_quarter_is_no_shock():
    rng = np.random.default_rng(2)
    forecast = np.vstack([np.full(8, 10_000.0), np.full((4, 8), 100.0)])
    luck = forecast * 0.2 * rng.standard_normal((5, 8))
    left = module._without_shocks(forecast, luck)
    assert np.abs(left - luck)[1:].max() < 8  # of a luck of 20; the whole's errors alone would take off about 20
    assert (left[0] ** 2).sum() > 0.7 * (luck[0] ** 2).sum()


def test_a_bad_quarter_marks_nobody_and_does_not_hide_who_is_off():
    honest = noisy([1.0] * 8, noise=0.05)
    bad = honest.assign(actual_amount=honest["actual_amount"] * np.where(honest["period"].eq("Q04"), 0.3, 1.0))
    assert unit_bias(bad)["finding"].eq("").all()
    some = noisy([1.0] * 6 + [1.6, 1.6], noise=0.05)
    bad = some.assign(actual_amount=some["actual_amount"] * np.where(some["period"].eq("Q04"), 0.3, 1.0))
    assert unit_bias(bad)["finding"].tolist() == [""] * 6 + ["optimism"] * 2


def test_honest_members_among_biased_ones_are_not_called_the_opposite():
    """A few quarters, so that ranges are wide; the honest two are 0.28 below the mean of the others."""
    for seed in range(20):
        found = unit_bias(noisy([1.38] * 6 + [1.0] * 2, n_quarters=5, noise=0.15, seed=seed))
        assert "sandbagging" not in set(found["finding"])


def test_members_are_drawn_towards_the_whole_and_the_unsure_ones_more():
    found = unit_bias(noisy([0.8, 0.9, 1.0, 1.1, 1.3], noise=0.4, seed=8))
    assert np.all(
        np.abs(found["bias"] - found["overall_bias"]) < np.abs(found["raw_bias"] - found["overall_bias"]) + 0.02
    )
    assert found["bias"].std() < found["raw_bias"].std()


def test_planted_teams_are_found_with_the_right_sign():
    found = unit_bias(noisy([0.72, 0.72, 1.0, 1.0, 1.38, 1.38], noise=0.15, shock=0.05))
    assert found["finding"].tolist() == ["sandbagging"] * 2 + [""] * 2 + ["optimism"] * 2
    truth = 1 - 1 / np.array([0.72, 0.72, 1, 1, 1.38, 1.38])
    assert found["bias"].to_numpy() == pytest.approx(truth, abs=0.12)
    assert found["spread"].iloc[0] == pytest.approx(truth.std(), abs=0.12)


def test_honest_members_are_named_no_more_often_than_stated_and_planted_ones_are_found():
    """144 companies, two of each make; the share named, by company, has a Monte Carlo error of 2.5 points."""
    rows = [row for seed in range(144) for row in planted.members(seed)]
    found = planted.found(rows).set_index("companies of").loc["all"]
    assert found["named"] - found["two_se"] < 0.05 and found["named"] < 0.075
    assert found["held"] > 0.93 and found["whole held"] > 0.88
    assert found["optimists"] > 0.35 and found["sandbaggers"] > 0.3 and found["error over raw"] < 0.85


def test_too_few_quarters_get_counts_only_and_what_is_not_known_is_counted():
    pairs = calls(a=[(100, 90), (100, 120), (100, 80)], b=[(50, 40), (50, 60)], c=[(10, np.nan), (-5, 3), (np.nan, 4)])
    found = unit_bias(pairs)
    assert found[["n", "n_left_out"]].to_numpy().tolist() == [[3, 0], [2, 0], [0, 3]]
    assert found[["forecast_amount", "actual_amount"]].to_numpy().tolist() == [[300, 290], [100, 100], [0, 0]]
    assert found[OWN].notna().all(axis=1).tolist() == [True, False, False]
    assert found["finding"].tolist() == ["", "", ""] and found["is_few"].all()
    assert unit_bias(calls(a=[(100, 90)] * FEW))["is_few"].tolist() == [False]


def test_a_member_that_brought_nothing_has_a_range():
    others = {f"m{i}": [(100, 90), (100, 120), (100, 80), (100, 110)] for i in range(4)}
    found = unit_bias(calls(zero=[(100, 0)] * 4, **others)).set_index("member").loc["zero"]
    assert found["raw_bias"] == 1 and found["low"] < found["bias"] <= found["high"] <= 1
    assert found["finding"] == "optimism"


def test_undefined_stays_undefined():
    for pairs in (calls(a=[(100, 0)] * 4, b=[(50, 0)] * 4), calls(a=[(0, 10)] * 4, b=[(0, 0)] * 4), calls(a=[(1, 1)])):
        found = unit_bias(pairs)
        assert found[[*OWN, *WHOLE]].isna().all(axis=None) and found["finding"].eq("").all()
    empty = unit_bias(pd.DataFrame(columns=COLUMNS))
    assert empty.empty and list(empty.columns) == module._COLUMNS


def test_members_of_different_quarters_are_no_others_to_each_other():
    early, late = calls(a=[(100, 90), (100, 120), (100, 80)]), calls(b=[(100, 60), (100, 90), (100, 100)])
    found = unit_bias(pd.concat([early, late.assign(period=["Q10", "Q11", "Q12"])]))
    assert found["raw_bias"].tolist() == pytest.approx([1 / 30, 5 / 30]) and found["low"].notna().all()


def test_order_names_and_currency_change_nothing():
    pairs = noisy([0.8, 1.0, 1.2, 1.3], noise=0.2, shock=0.1)
    first = unit_bias(pairs)
    pd.testing.assert_frame_equal(unit_bias(pairs.sample(frac=1, random_state=1)), first)
    turned = unit_bias(pairs.assign(member=pairs["member"].map({"m0": "z", "m1": "y", "m2": "x", "m3": "w"})))
    for name in OWN:
        assert turned[name].tolist() == pytest.approx(first[name].tolist()[::-1])
    dearer = unit_bias(
        pairs.assign(forecast_amount=pairs["forecast_amount"] * 150, actual_amount=pairs["actual_amount"] * 150)
    )
    for name in [*OWN, *WHOLE]:
        assert dearer[name].tolist() == pytest.approx(first[name].tolist())
    assert pairs.columns.tolist() == COLUMNS


def test_a_lower_level_gives_a_narrower_range_around_the_same_bias():
    wide, narrow = (unit_bias(noisy([0.7, 1.0, 1.4]), level=level) for level in (0.95, 0.8))
    assert wide["bias"].tolist() == narrow["bias"].tolist()
    assert ((wide["high"] - wide["low"]) > (narrow["high"] - narrow["low"])).all()


def test_two_rows_of_a_member_and_quarter_are_refused():
    with pytest.raises(MeasureError) as caught:
        unit_bias(pd.concat([noisy([1.0, 1.0], n_quarters=3)] * 2))
    assert str(caught.value) == ("unit_bias: each member must have one row per period; found 6 more. "
                                 "Give rows of one level, horizon and category.")  # fmt: skip
