"""Errors of frozen forecasts: against arithmetic by hand, a slow twin in loops, and what must not change them."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from calibration import accuracy as calibration
from scipy.stats import t

from revops.errors import MeasureError
from revops.measures.forecast_accuracy.errors import STATISTICS, accuracy, mase_scale

COUNTS = ["n", "n_periods", "n_left_out", "n_scaled", "n_no_percentage"]


def pairs_of(*rows, **columns):
    """Pairs of (period, forecast, actual), or (period, member, forecast, actual) for rows of units."""
    names = ["period", "member", "forecast_amount", "actual_amount"]
    table = pd.DataFrame(rows, columns=names if rows and len(rows[0]) == 4 else [names[0], *names[2:]])
    return table.assign(**{"category": "commit", "horizon_weeks": 13, **columns})


def only(pairs, **knobs):
    table = accuracy(pairs, ["category"], **knobs)
    assert len(table) == 1
    return table.iloc[0]


def many(seed=1, n=240):
    """Rows of 3 members, 2 categories and 8 periods, in any order; some actuals are 0, unknown or below 0."""
    rng = np.random.default_rng(seed)
    actual = 100 * np.exp(0.4 * rng.standard_normal(n))
    actual[rng.random(n) < 0.05] = 0.0
    actual[rng.random(n) < 0.03] = -20.0
    actual[rng.random(n) < 0.1] = np.nan
    forecast = 110 * np.exp(0.4 * rng.standard_normal(n))
    forecast[rng.random(n) < 0.05] = np.nan
    return pd.DataFrame({
        "period": [f"Q{i}" for i in rng.integers(0, 8, n)], "category": rng.choice(["commit", "best_case"], n),
        "member": rng.choice(list("abc"), n), "forecast_amount": forecast, "actual_amount": actual,
    })  # fmt: skip


SCALE = pd.Series({"a": 50.0, "b": 20.0, "c": float("nan")}).rename_axis("member")


def test_an_over_forecast_of_ten_is_plus_ten():
    found = only(pairs_of(("Q1", 110.0, 100.0)))
    assert found["bias_rate"] == pytest.approx(0.1) and found["mpe"] == pytest.approx(0.1)
    assert only(pairs_of(("Q1", 90.0, 100.0)))["bias_rate"] == pytest.approx(-0.1)


def test_three_quarters_by_hand():
    """Errors +20, -10, +60 on 100, 100, 200: WAPE 90 / 400, bias 70 / 400; shares +0.2, -0.1, +0.3: mean 0.4 / 3, mean
    size and median 0.2, root mean square sqrt(0.14 / 3). Spread: the quantile at 5/6 lies two thirds of the way from
    0.2 to 0.3, that at 1/6 a third of the way from -0.1 to 0.2. MASE over 50: mean size 30 / 50. The actual reached
    the forecast once in three."""
    found = only(pairs_of(("Q1", 120.0, 100.0), ("Q2", 90.0, 100.0), ("Q3", 260.0, 200.0)), scale=50.0)
    assert found[COUNTS].tolist() == [3, 3, 0, 3, 0]
    assert (found["actual_amount"], found["forecast_amount"]) == (400, 470)
    assert found["wape"] == pytest.approx(0.225)
    assert found["bias_rate"] == pytest.approx(0.175)
    assert found["mdape"] == pytest.approx(0.2)
    assert found["mape"] == pytest.approx(0.2)
    assert found["mpe"] == pytest.approx(0.4 / 3)
    assert found["rmspe"] == pytest.approx(math.sqrt(0.14 / 3))
    assert found["two_thirds_spread"] == pytest.approx(0.8 / 3 - 0.0)
    assert found["mase"] == pytest.approx(0.6)
    assert found["floor_share"] == pytest.approx(1 / 3)


def test_ranges_of_three_quarters_by_hand():
    """Without each quarter WAPE is 70/300, 80/300, 30/200 and bias 50/300, 80/300, 10/200: standard error the root of
    2/3 of the summed squares about their mean, of the logarithms for WAPE; t with 2 degrees."""
    found = only(pairs_of(("Q1", 120.0, 100.0), ("Q2", 90.0, 100.0), ("Q3", 260.0, 200.0)))
    reach = {}
    for name, without in (("wape", [math.log(x) for x in (7 / 30, 8 / 30, 3 / 20)]), ("bias", [5 / 30, 8 / 30, 0.05])):
        mean = sum(without) / 3
        reach[name] = t.ppf(0.9, 2) * math.sqrt(2 / 3 * sum((x - mean) ** 2 for x in without))
    assert found["wape_low"] == pytest.approx(0.225 * math.exp(-reach["wape"]))
    assert found["wape_high"] == pytest.approx(0.225 * math.exp(reach["wape"]))
    assert found["bias_low"] == pytest.approx(0.175 - reach["bias"])
    assert found["bias_high"] == pytest.approx(0.175 + reach["bias"])
    assert math.isnan(found["mdape_low"]), "three values: the least and the largest hold a median in 75 % of cases only"


def test_the_medians_range_is_the_least_and_the_largest_of_four_and_the_third_of_nine():
    """Least and largest of 4 hold the median in 1 - 2 / 16 = 87.5 % of cases; third of 9: 1 - 2 x 46 / 512 = 82 %."""
    shares = [0.1, 0.4, 0.2, 0.3, 0.9, 0.6, 0.5, 0.8, 0.7]
    rows = [(f"Q{i}", 100 * (1 + share), 100.0) for i, share in enumerate(shares)]
    four, nine = only(pairs_of(*rows[:4])), only(pairs_of(*rows))
    assert four[["mdape_low", "mdape", "mdape_high"]].tolist() == pytest.approx([0.1, 0.25, 0.4])
    assert nine[["mdape_low", "mdape", "mdape_high"]].tolist() == pytest.approx([0.3, 0.5, 0.7])


@pytest.mark.parametrize(("many", "ends"), [(8, [0.3, 0.9, 0.9]), (0, [0.1, 0.1, 0.7])])
def test_the_medians_range_holds_the_median_of_the_rows(many, ends):
    """Nine quarters with errors of 10 to 90 %, one of them of 30 units: the rows' median is that quarter's, outside the
    third and the seventh of the quarters' own."""
    rows = [(f"Q{q}", 110.0 + 10 * q, 100.0) for q in range(9) for _ in range(30 if q == many else 1)]
    assert only(pairs_of(*rows))[["mdape_low", "mdape", "mdape_high"]].tolist() == pytest.approx(ends)


def test_errors_cancel_in_the_company_and_not_in_its_units():
    """Two owners, one 30 over and one 30 under on 100 each: nothing at the company, 30 % at its units."""
    units = pairs_of(*[(f"Q{q}", m, 100.0 + e, 100.0) for q in range(4) for m, e in (("a", 30.0), ("b", -30.0))])
    company = units.groupby(["period", "category"], as_index=False)[["forecast_amount", "actual_amount"]].sum()
    assert only(company)["wape"] == 0
    found = only(units)
    assert (found["wape"], found["bias_rate"]) == pytest.approx((0.3, 0))
    assert (found["n"], found["n_periods"]) == (8, 4)
    assert accuracy(units, ["member"])["bias_rate"].tolist() == pytest.approx([0.3, -0.3])


def test_many_units_of_few_quarters_do_not_make_a_narrow_range():
    """Ten owners who err alike in each quarter say no more than one of them does."""
    one = pairs_of(*[(f"Q{q}", 100.0 * (1 + e), 100.0) for q, e in enumerate((0.1, -0.2, 0.3, 0.05))])
    ten = pd.concat([one.assign(member=str(i)) for i in range(10)])
    ranges = ["wape_low", "wape_high", "bias_low", "bias_high", "mape_low", "mape_high", "mdape_low", "mdape_high"]
    assert only(ten)[ranges].tolist() == pytest.approx(only(one)[ranges].tolist())
    assert only(ten)["n"] == 40 and only(ten)["n_periods"] == 4


def test_what_has_no_actual_or_no_forecast_is_left_out_and_counted():
    known = pairs_of(("Q1", 120.0, 100.0), ("Q2", 90.0, 100.0))
    rest = pairs_of(("Q3", 100.0, np.nan), ("Q4", np.nan, 100.0), ("Q5", np.inf, 100.0))
    found = only(pd.concat([known, rest]))
    assert found[COUNTS].tolist() == [2, 2, 3, 0, 0]
    expected = only(known)
    assert found.drop("n_left_out").tolist() == pytest.approx(expected.drop("n_left_out").tolist(), nan_ok=True)
    nothing = only(rest)
    assert nothing[COUNTS].tolist() == [0, 0, 3, 0, 0]
    assert nothing.drop(["category", *COUNTS]).isna().all()


def test_quarters_that_brought_nothing_count_in_the_sums_but_in_no_percentage():
    """Errors +20 on 100 and +30 on 0: WAPE 50 / 100, MAPE of the first alone 0.2."""
    found = only(pairs_of(("Q1", 120.0, 100.0), ("Q2", 30.0, 0.0)))
    assert found[["wape", "bias_rate", "mape", "mdape", "mpe"]].tolist() == pytest.approx([0.5, 0.5, 0.2, 0.2, 0.2])
    assert (found["n"], found["n_no_percentage"]) == (2, 1)


def test_nothing_to_divide_by_is_undefined():
    for actuals in ([0.0] * 4, [10.0, -30.0, 5.0, 5.0]):
        found = only(pairs_of(*[(f"Q{i}", 5.0, a) for i, a in enumerate(actuals)]))
        assert found[["wape", "wape_low", "bias_rate", "bias_high"]].isna().all()
    none = only(pairs_of(*[(f"Q{i}", 5.0, 0.0) for i in range(4)]))
    assert none[["mape", "mdape", "mpe", "rmspe", "two_thirds_spread"]].isna().all()
    assert none["n_no_percentage"] == 4 and none["floor_share"] == 0


def test_a_forecast_of_nothing_misses_everything():
    found = only(pairs_of(*[(f"Q{i}", 0.0, 50.0 + i) for i in range(4)]))
    assert (found["wape"], found["bias_rate"], found["floor_share"]) == (1, -1, 1)


def test_a_perfect_forecast_has_no_error_and_no_range_of_it():
    found = only(pairs_of(*[(f"Q{i}", 50.0 + i, 50.0 + i) for i in range(4)]))
    assert (found["wape"], found["bias_rate"], found["mdape"], found["floor_share"]) == (0, 0, 0, 1)
    assert math.isnan(found["wape_low"]) and math.isnan(found["wape_high"])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_quarters_have_no_range(n):
    found = accuracy(pairs_of(*[(f"Q{i}", 120.0 - 30 * i, 100.0) for i in range(n)]), [], scale=10.0).iloc[0]
    assert found["n"] == n
    assert found.filter(regex="_low$|_high$").isna().all()
    assert math.isnan(found["wape"]) == (n == 0)


def test_no_rows_give_no_groups_with_the_same_columns():
    found, empty = (
        accuracy(pairs, ["horizon_weeks", "category"]) for pairs in (pairs_of(("Q1", 1.0, 1.0)), pairs_of())
    )
    assert list(found.columns) == list(empty.columns) == ["horizon_weeks", "category", *STATISTICS]
    assert len(empty) == 0
    assert (found.dtypes[list(STATISTICS)] == empty.dtypes[list(STATISTICS)]).all()


def test_every_statistic_is_what_a_slow_twin_finds():
    pairs = many()
    found = accuracy(pairs, ["category", "member"], scale=SCALE)
    assert len(found) == 6
    for row in found.to_dict("records"):
        mine = pairs[(pairs["category"] == row["category"]) & (pairs["member"] == row["member"])]
        slow = slow_statistics(mine.to_dict("records"), SCALE[row["member"]])
        assert {name: row[name] for name in slow} == pytest.approx(slow, nan_ok=True)


def slow_statistics(rows, scale):
    """The same from the formulas, in loops over dicts."""
    known = [r for r in rows if math.isfinite(r["forecast_amount"]) and math.isfinite(r["actual_amount"])]
    misses, errors, actuals, shares, reached = [], [], [], [], 0
    for r in known:
        error = r["forecast_amount"] - r["actual_amount"]
        errors.append(error)
        misses.append(abs(error))
        actuals.append(r["actual_amount"])
        if r["actual_amount"] > 0:
            shares.append(error / r["actual_amount"])
        if r["actual_amount"] >= r["forecast_amount"]:
            reached += 1
    by_period = {}
    for r, miss in zip(known, misses, strict=True):
        above, below = by_period.get(r["period"], (0.0, 0.0))
        by_period[r["period"]] = above + miss, below + r["actual_amount"]
    without = [math.log(sum(a for q, (a, _) in by_period.items() if q != p)
                        / sum(b for q, (_, b) in by_period.items() if q != p)) for p in by_period]  # fmt: skip
    k, wape = len(without), sum(misses) / sum(actuals)
    error = math.sqrt((k - 1) / k * sum((x - sum(without) / k) ** 2 for x in without))
    return {
        "n": len(known), "n_left_out": len(rows) - len(known), "n_periods": k,
        "n_no_percentage": len(known) - len(shares), "wape": wape, "bias_rate": sum(errors) / sum(actuals),
        "wape_low": wape * math.exp(-t.ppf(0.9, k - 1) * error), "mdape": statistics.median(abs(s) for s in shares),
        "mape": sum(abs(s) for s in shares) / len(shares), "mpe": sum(shares) / len(shares),
        "rmspe": math.sqrt(sum(s * s for s in shares) / len(shares)),
        "mase": sum(misses) / len(misses) / scale, "floor_share": reached / len(known),
        "n_scaled": 0 if math.isnan(scale) else len(known),
    }  # fmt: skip


def test_row_order_changes_no_bit_and_names_and_currency_nothing():
    pairs = many()
    by = ["category", "member"]
    first = accuracy(pairs, by, scale=SCALE)
    for seed in range(5):
        shuffled = pairs.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(accuracy(shuffled, by, scale=SCALE), first, check_exact=True)
    money = ["forecast_amount", "actual_amount"]
    dearer = accuracy(pairs.assign(**(pairs[money] * 150.0)), by, scale=SCALE * 150)
    pd.testing.assert_frame_equal(dearer.drop(columns=money[:1] + money[1:]), first.drop(columns=money))
    assert dearer["actual_amount"].tolist() == pytest.approx((first["actual_amount"] * 150).tolist())
    names = {"a": "x1", "b": "x2", "c": "x3"}
    renamed = accuracy(pairs.replace({"member": names}), by, scale=SCALE.rename(names))
    pd.testing.assert_frame_equal(renamed.drop(columns="member"), first.drop(columns="member"))


def test_input_stays_as_it_was():
    pairs = many()
    before = pairs.copy()
    accuracy(pairs, ["member"], scale=SCALE)
    pd.testing.assert_frame_equal(pairs, before)


def test_mase_divides_each_unit_by_its_own_scale_and_leaves_out_units_without():
    """Misses 10 on a scale of 50 and 10 on 20: mean of 0.2 and 0.5. The third has no scale."""
    rows = [("Q1", m, 110.0, 100.0) for m in "abc"]
    found = only(pairs_of(*rows), scale=SCALE)
    assert (found["mase"], found["n_scaled"], found["n"]) == (pytest.approx(0.35), 2, 3)
    with pytest.raises(
        MeasureError, match=r"the index of scale must be named by columns of pairs; found 1 that are not"
    ):
        accuracy(pairs_of(*rows), ["category"], scale=SCALE.rename_axis("owner"))


def test_the_scale_is_how_far_training_quarters_were_from_the_year_before():
    """100 to 140 by tens and 5 apart: differences 40, 45, 50, 55 of quarters 5 to 8; the ninth is not training."""
    amounts = pd.Series([100.0, 110, 120, 130, 140, 155, 170, 185, 1000], index=[f"Q{i}" for i in range(9)])
    assert mase_scale(amounts, "Q8") == pytest.approx((40 + 45 + 50 + 55) / 4)
    assert mase_scale(amounts) == pytest.approx((40 + 45 + 50 + 55 + 860) / 5)
    assert math.isnan(mase_scale(amounts, "Q7")), "three differences only"
    assert math.isnan(mase_scale(amounts.mask(amounts.index == "Q2"), "Q8")), "one of four is not known"
    assert math.isnan(mase_scale(amounts.iloc[:0]))
    with pytest.raises(MeasureError, match=r"before must be one of the periods; found Q9\. Known: Q0, Q1"):
        mase_scale(amounts, "Q9")


def test_the_naive_forecast_of_the_same_quarter_last_year_has_a_mase_of_one_in_training():
    rng = np.random.default_rng(4)
    amounts = pd.Series(100 * np.exp(0.3 * rng.standard_normal(12)), index=[f"Q{i:02d}" for i in range(12)])
    naive = pairs_of(*[(amounts.index[i], amounts.iloc[i - 4], amounts.iloc[i]) for i in range(4, 12)])
    assert only(naive, scale=mase_scale(amounts))["mase"] == pytest.approx(1)


def test_a_wider_level_is_a_wider_range():
    pairs = many()
    usual, wide = (accuracy(pairs, ["member"], level=level) for level in (0.8, 0.95))
    for stem in ("wape", "bias", "mape"):
        assert (wide[f"{stem}_low"] < usual[f"{stem}_low"]).all() and (
            wide[f"{stem}_high"] > usual[f"{stem}_high"]
        ).all()
    assert wide["wape"].tolist() == usual["wape"].tolist()


def test_ranges_hold_what_made_up_companies_show_in_the_long_run():
    """120 companies: 0.80 +/- 0.07 (two standard errors), and lib/tests/calibrate.py shows 0.76 to 0.79 for many."""
    rows = calibration.scored(120)
    found = calibration.held(rows)
    overall = found[found["by"].eq("all")].set_index("id")["observed"]
    assert overall.between(0.68, 0.88).all()
    assert set(overall.index) == {"wape", "bias_rate", "forecast_value_added"}
    narrow = rows.assign(low=rows["found"], high=rows["found"])
    assert calibration.held(narrow)["observed"].max() == 0
