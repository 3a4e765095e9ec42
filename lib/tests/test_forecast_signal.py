"""The 15 % signal: its rules on quarters made for each, and what chance alone would do against counting every case."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from calibration import accuracy as calibration
from scipy.stats import norm

from revops.errors import MeasureError
from revops.measures.forecast_accuracy.signal import chance_of_firing, chance_table, off_signal


def pairs_of(**errors):
    """One row per member and quarter, oldest first: actual 100, forecast by the error in percent; None: no actual."""
    rows = [
        (f"Q{i}", "owner", member, 100.0 + (error or 0), 100.0 if error is not None else np.nan)
        for i in range(max((len(told) for told in errors.values()), default=0))
        for member, told in errors.items()
        for error in told[i : i + 1]
    ]
    return pd.DataFrame(rows, columns=["period", "level", "member", "forecast_amount", "actual_amount"])


def signal(*errors, **knobs):
    return off_signal(pairs_of(a=errors), **knobs).iloc[0]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((20, 25, 18, 22), "red"),
        ((-20, -25, -18, -22), "red"),
        ((20, 25, 18, 5), "red"),
        ((20, 60, 16, -14), "amber"),  # 3 of 4 the same way, but the range of the bias holds 0
        ((20, 25, 18, -40), "amber"),
        ((20, 16, 5, 5), "amber"),
        ((14, 14, 14, 20), "amber"),  # one beyond, but WAPE 15.5 %
        ((14, -14, 14, -20), "amber"),
        ((20, -20, 5, 5), "noise"),
        ((20, -20, 25, -25), "noise"),
        ((20, 30, -20, 5), "noise"),
        ((14, -14, 14, -14), "none"),
        ((20, 5, -5, 5), "none"),
        ((0, 0, 0, 0), "none"),
        ((15, 15, 15, 15), "none"),  # at the threshold is not beyond it
        ((50, 50, 50), "not_enough"),
        ((50, None, 50, 50), "not_enough"),
    ],
)
def test_each_rule_on_quarters_made_for_it(errors, expected):
    assert signal(*errors)["signal"] == expected
    assert signal(*(None if e is None else -e for e in errors))["signal"] == expected, "the same the other way"


def test_what_stands_behind_a_signal_by_hand():
    """+20, +30, -10, +40 on 100 each: WAPE 100 / 400, bias 80 / 400, three over; the first quarter is too long ago."""
    found = signal(-90, 20, 30, -10, 40)
    assert found[["n", "n_beyond", "n_over", "n_under"]].tolist() == [4, 3, 3, 0]
    assert found[["wape", "mape", "bias_rate"]].tolist() == pytest.approx([0.25, 0.25, 0.2])
    assert found[["first_period", "last_period", "direction"]].tolist() == ["Q1", "Q4", "over"]
    reach = 1.6377 * np.std([0.2, 0.3, -0.1, 0.4], ddof=1) / 2
    assert found[["bias_low", "bias_high"]].tolist() == pytest.approx([0.2 - reach, 0.2 + reach], abs=1e-4)
    assert found["chance_of_firing"] == pytest.approx(chance_of_firing(0.25))
    assert found["signal"] == "red"


def test_the_last_quarters_with_an_actual_above_nothing_count():
    pairs = pairs_of(a=(50, 20, 25, 18, 22, None), b=(50, 50, 50, 1, 1, 1, 1))
    pairs.loc[(pairs["member"] == "a") & (pairs["period"] == "Q2"), "actual_amount"] = 0.0
    found = off_signal(pairs).set_index("member")
    assert found.loc["a", ["n", "first_period", "last_period", "signal"]].tolist() == [4, "Q0", "Q4", "red"]
    assert found.loc["b", ["n", "first_period", "signal"]].tolist() == [4, "Q3", "none"]


def test_time_is_the_order_of_first_appearance_not_of_names():
    pairs = pairs_of(a=(50, 1, 1, 1, 1)).replace({"period": {"Q0": "Z"}})
    assert off_signal(pairs).loc[0, ["first_period", "signal"]].tolist() == ["Q1", "none"]


def test_red_needs_the_range_of_the_bias_that_is_given():
    """Shrunk ranges of owners take the place of the unit's own: holding 0, or on the other side of it, no red."""
    names = ["level", "member", "bias_rate", "bias_low", "bias_high"]
    for low, high, expected in ((0.02, 0.2, "red"), (-0.02, 0.2, "amber"), (-0.2, -0.02, "amber")):
        bias = pd.DataFrame([("owner", "a", (low + high) / 2, low, high)], columns=names)
        found = signal(20, 25, 18, 22, bias=bias)
        assert found["signal"] == expected and found["bias_low"] == low
    missing = signal(20, 25, 18, 22, bias=pd.DataFrame(columns=names).astype({name: "float64" for name in names[2:]}))
    assert missing["signal"] == "amber" and math.isnan(missing["bias_rate"])


def test_the_threshold_and_the_number_of_quarters_are_knobs():
    assert signal(8, 9, 8, 9)["signal"] == "none"
    assert signal(8, 9, 8, 9, threshold=0.07)["signal"] == "red"
    assert signal(20, 20, 20, 20, quarters=8)["signal"] == "not_enough"
    assert signal(1, 1, 20, 21, 20, 22, 20, 23, quarters=8)["signal"] == "red"


def test_no_rows_and_units_without_an_actual():
    assert list(off_signal(pairs_of()).columns) == list(off_signal(pairs_of(a=(1,))).columns)
    assert off_signal(pairs_of()).empty
    found = off_signal(pairs_of(a=(None, None), b=(1, 2))).set_index("member")
    assert found.loc["a", ["n", "n_beyond", "signal", "direction"]].tolist() == [0, 0, "not_enough", "none"]
    assert found.loc["a", ["wape", "mape", "bias_rate", "chance_of_firing"]].isna().all()
    assert found.loc["b", "n"] == 2


def test_rows_may_come_with_any_index():
    pairs = pairs_of(a=(20, 25, 18, 22), b=(1, 2, 3, 4))
    pd.testing.assert_frame_equal(off_signal(pairs.set_index(np.zeros(len(pairs), dtype=int))), off_signal(pairs))


def test_two_forecasts_of_a_quarter_are_refused():
    pairs = pairs_of(a=(1, 2))
    with pytest.raises(MeasureError, match=r"one forecast a period; found 2 more \(e\.g\. Q0, Q1\)\. Give one horizon"):
        off_signal(pd.concat([pairs, pairs]))


def test_units_are_judged_alone_and_names_order_and_currency_do_nothing():
    rng = np.random.default_rng(2)
    pairs = pairs_of(**{f"m{i}": tuple(20 * rng.standard_normal(6)) for i in range(12)})
    first = off_signal(pairs)
    assert first["signal"].nunique() >= 3
    alone = off_signal(pairs[pairs["member"].eq("m7")])
    pd.testing.assert_frame_equal(alone, first[first["member"].eq("m7")].reset_index(drop=True))
    within = pairs.groupby("period", sort=False, group_keys=False).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(off_signal(within), first)
    money = {name: pairs[name] * 150 for name in ("forecast_amount", "actual_amount")}
    pd.testing.assert_frame_equal(off_signal(pairs.assign(**money)), first)
    renamed = off_signal(pairs.assign(member="x" + pairs["member"]))
    pd.testing.assert_frame_equal(renamed.drop(columns="member"), first.drop(columns="member"))


PRINTED = {0.05: (1.7, 0.0, 0.0), 0.08: (13.5, 0.9, 0.2), 0.10: (23.1, 4.1, 1.1), 0.12: (31.9, 9.8, 2.8),
           0.15: (42.5, 20.9, 6.5), 0.20: (55.0, 39.0, 13.2)}  # fmt: skip


def test_the_chance_table_to_its_printed_decimal():
    """The table our methods print, in percent; its 2.9 % for the same way at 12 % is 2.847 % when counted."""
    found = chance_table(list(PRINTED)).set_index("mape").mul(100)
    for mape, printed in PRINTED.items():
        assert found.loc[mape].round(1).tolist() == list(printed), mape
    assert found.loc[0.12, "most_same_way"] == pytest.approx(2.847, abs=0.0005)


@pytest.mark.parametrize(("mape", "bias"), [(0.05, 0.0), (0.12, 0.0), (0.2, 0.0), (0.1, 0.15), (0.08, -0.1)])
def test_chances_are_those_of_counting_every_case(mape, bias):
    """Each of 4 quarters is over, under or neither: 81 cases, their chances multiplied."""
    sd = mape * math.sqrt(math.pi / 2)
    chance = {"over": norm.sf(0.15, bias, sd), "under": norm.cdf(-0.15, bias, sd)}
    chance["within"] = 1 - sum(chance.values())
    beyond = same = 0.0
    for case in itertools.product(chance, repeat=4):
        p = math.prod(chance[quarter] for quarter in case)
        beyond += p * (case.count("within") <= 1)
        same += p * (max(case.count("over"), case.count("under")) >= 3)
    assert chance_of_firing(mape, bias=bias) == pytest.approx(same)
    if bias == 0:
        assert chance_table([mape])["most_beyond"][0] == pytest.approx(beyond)


def test_someone_truly_fifteen_percent_off_is_caught_three_times_in_ten():
    """Half of the quarters are beyond: 4 x 0.5^4 + 0.5^4 = 31.25 %, however wide the errors, but for those under."""
    assert chance_of_firing(0.05, bias=0.15) == pytest.approx(0.3125, abs=1e-6)
    assert chance_of_firing(0.10, bias=0.15) == pytest.approx(0.3125, abs=1e-4)


def test_chances_at_the_edges():
    assert chance_of_firing(0.0) == 0 and chance_of_firing(0.0, bias=0.2) == 1
    assert math.isnan(chance_of_firing(float("nan")))
    assert chance_of_firing(np.array([0.1, 0.2])).tolist() == [chance_of_firing(0.1), chance_of_firing(0.2)]
    assert np.all(np.diff(chance_table(np.linspace(0.01, 0.6, 60))["most_same_way"]) >= 0)
    assert chance_table([]).empty


def test_honest_forecasters_are_accused_no_more_often_than_the_table_says():
    """2,000 of each MAPE: three of four the same way as often as counted (two standard errors of 0.132: 0.015), red
    less often still, as the range of the bias must agree."""
    found = calibration.signals_by_chance(2000)
    honest = found[found["bias"].eq(0)]
    assert honest["same_way"].tolist() == pytest.approx(honest["exact"].tolist(), abs=0.017)
    assert (honest["red"] <= honest["same_way"]).all() and (honest["red"] < honest["exact"] + 0.005).all()
    assert found.loc[found["bias"].eq(0.15), "red"].item() == pytest.approx(0.31, abs=0.04)
