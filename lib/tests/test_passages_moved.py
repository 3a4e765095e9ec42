"""What moved beyond noise: luck of windows, differences, the horizon compared, and all verdicts of one report."""

import numpy as np
import pandas as pd
import pytest
from calibration.moves import Kind, entered, moves_of
from counted_shares import move_of_counts, shares_of_counts
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm, t
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from revops.analysis.passages import (
    MOVES,
    Luck,
    compared,
    compared_days,
    compared_horizons,
    luck_of,
    luck_of_days,
    moved,
)
from revops.analysis.passages import luck as module
from revops.analysis.passages.beside_others import beside_others
from revops.analysis.passages.difference import mean_difference, share_difference
from revops.analysis.passages.luck import NO_LUCK
from revops.analysis.passages.moved import beyond_chance

NAN = float("nan")
COUNTS = [(56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (0, 10, 0, 20), (0, 10, 0, 10),
          (10, 10, 0, 20), (10, 10, 0, 10)]  # fmt: skip
PUBLISHED = [(0.0524, 0.3339), (0.1705, 0.8090), (0.0582, 0.8062), (-0.0381, 0.1926), (-0.1611, 0.2775),
             (-0.2775, 0.2775), (0.6791, 1.0), (0.6075, 1.0)]  # fmt: skip


def differ(x1, n1, x2, n2, level=0.95, luck=NO_LUCK, windows=1):
    now, past = np.array([x1 / n1]), np.array([x2 / n2])
    found = share_difference(now, np.array([n1]), past, np.array([n2]), luck=luck, windows=windows, level=level)
    return [float(part[0]) for part in found]


@pytest.mark.parametrize(("counts", "ends"), list(zip(COUNTS, PUBLISHED, strict=True)))
def test_the_difference_is_that_of_newcombe_1998_table_ii_method_10(counts, ends):
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, Table II, the eight examples (a) to (h), 95 %."""
    low, high, _ = differ(*counts)
    assert (round(low, 4), round(high, 4)) == ends


def test_the_difference_is_that_of_statsmodels():
    for counts in COUNTS[:4]:
        assert differ(*counts)[:2] == pytest.approx(confint_proportions_2indep(*counts, method="newcomb"), abs=1e-9)


@pytest.mark.parametrize("luck", [NO_LUCK, Luck(0.2, 7.0), Luck(0.4, 2.0)])
@pytest.mark.parametrize("counts", COUNTS)
def test_p_is_below_a_level_where_and_only_where_the_range_leaves_out_0(counts, luck):
    _, _, p = differ(*counts, luck=luck, windows=4)
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        low, high, _ = differ(*counts, luck=luck, windows=4, level=level)
        assert (p < 1 - level) == (low > 0 or high < 0)


def test_p_is_the_level_at_which_the_range_touches_0():
    """Looked for by brentq on statsmodels' range."""
    level = brentq(lambda x: confint_proportions_2indep(56, 70, 48, 80, method="newcomb", alpha=x)[0], 1e-6, 0.5)
    assert differ(56, 70, 48, 80)[2] == pytest.approx(level, rel=1e-6)


def test_now_less_past_is_above_0_where_now_is_more_and_turns_with_its_sides():
    low, high, p = differ(60, 100, 40, 100)
    assert 0 < low < 0.2 < high
    assert differ(40, 100, 60, 100) == pytest.approx([-high, -low, p])
    assert differ(50, 100, 50, 100)[2] == pytest.approx(1.0)


def slow_difference(x1, n1, x2, n2, level, luck, windows):
    """The formula once more, plain numbers."""
    parts, of_luck = [], []
    for x, n, count in ((x1, n1, 1), (x2, n2, windows)):
        p = (x + 1) / (n + 2)
        q = p * (1 - p)
        of_luck.append(q**2 * luck.spread**2 / count)
        parts.append(q / n + of_luck[-1])
    freedom = 4 + luck.df * (sum(parts) / sum(of_luck)) ** 2
    z = t.ppf((1 + level) / 2, freedom)
    ends = []
    for x, n, variance in ((x1, n1, parts[0]), (x2, n2, parts[1])):
        p, share = (x + 1) / (n + 2), x / n
        worth = p * (1 - p) / (variance * (1 - 2 / freedom))
        middle = (share * worth + z**2 / 2) / (worth + z**2)
        half = z / (worth + z**2) * (share * (1 - share) * worth + z**2 / 4) ** 0.5
        ends.append((share, middle - half, middle + half))
    (a, a_low, a_high), (b, b_low, b_high) = ends
    return a - b - ((a - a_low) ** 2 + (b_high - b) ** 2) ** 0.5, a - b + ((a_high - a) ** 2 + (b - b_low) ** 2) ** 0.5


@pytest.mark.parametrize("counts", COUNTS[:4])
def test_luck_widens_the_range_as_a_plain_second_calculation_says(counts):
    for luck, windows in ((Luck(0.2, 7.0), 4), (Luck(0.4, 1.0), 1)):
        low, high, _ = differ(*counts, level=0.8, luck=luck, windows=windows)
        assert (low, high) == pytest.approx(slow_difference(*counts, 0.8, luck, windows), abs=1e-9)
        plain = differ(*counts, level=0.8)
        assert low < plain[0] and high > plain[1]


def test_luck_that_is_certain_is_as_many_fewer_subjects():
    """n 10,000 each and share 1/2: q = 1/4; luck 0.2 adds (0.25 x 0.2)^2 = 0.0025 now and 0.0025 / 4 past, sampling
    0.25 / 10,000 = 0.000025 each: sd of the difference = sqrt(0.0025 + 0.000625 + 0.00005) = 0.05635."""
    _, _, p = differ(6000, 10_000, 5000, 10_000, luck=Luck(0.2, 1e9), windows=4)
    low, _, _ = differ(5000, 10_000, 5000, 10_000, luck=Luck(0.2, 1e9), windows=4, level=0.6827)
    assert low == pytest.approx(-0.05635, rel=0.01)
    assert p == pytest.approx(2 * norm.sf(0.1 / 0.05635), rel=0.1)  # Wilson's ends lie not quite evenly


def test_means_differ_by_hand():
    """20 +- 1 and 16 +- 0.5: sd sqrt(1.25) = 1.118; z = 3.578. With luck 0.1 over 4 windows: + 0.01 (400 + 64)."""
    low, high, p = mean_difference([20.0], [1.0], [16.0], [0.5], level=0.8)
    assert (low[0], high[0]) == pytest.approx((4 - 1.2816 * 1.1180, 4 + 1.2816 * 1.1180), abs=1e-3)
    assert p[0] == pytest.approx(2 * norm.sf(4 / 1.25**0.5))
    low, high, _ = mean_difference([20.0], [1.0], [16.0], [0.5], luck=Luck(0.1, 1e9), windows=4, level=0.8)
    assert high[0] - low[0] == pytest.approx(2 * 1.2816 * (1.25 + 4.64) ** 0.5, abs=1e-3)


def windows(spread, n, rng, steps=4, count=8, shared=False):
    luck = spread * rng.standard_normal((1 if shared else steps, count)) * np.ones((steps, 1))
    shares = expit(logit(np.linspace(0.2, 0.6, steps))[:, None] + luck)
    rows = [(f"s{s}", w + 1, n, rng.binomial(n, shares[s, w])) for s in range(steps) for w in range(count)]
    return shares_of_counts(pd.DataFrame(rows, columns=["step", "window", "n", "events"]))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("spread", [0.1, 0.2, 0.4])
def test_planted_luck_is_found(spread, shared):
    rng = np.random.default_rng([int(spread * 10), shared])
    found = [luck_of(windows(spread, 2000, rng, shared=shared)).spread for _ in range(12)]
    assert np.mean(found) == pytest.approx(spread, rel=0.25)  # 12 means of 7 or 28 degrees of freedom


def test_without_luck_little_is_found_and_the_less_the_more_came_in():
    rng = np.random.default_rng(1)
    small, large = (np.mean([luck_of(windows(0.0, n, rng)).spread for _ in range(8)]) for n in (50, 5000))
    assert large < 0.03 < small < 0.25


def test_luck_that_all_steps_share_is_less_certain():
    rng = np.random.default_rng(2)
    alone, shared = (np.mean([luck_of(windows(0.3, 2000, rng, shared=s)).df for _ in range(8)]) for s in (False, True))
    assert shared < 0.7 * alone


def test_unknown_luck_is_what_is_usual():
    """Half normal with sd 0.35, cut off at 1.2: mean square 0.35^2 = 0.1225, df = 2 x 0.1225^2 / (2 x 0.1225^2) = 1."""
    found = luck_of(windows(0.2, 100, np.random.default_rng(1), count=1))
    assert (found.spread, found.df, found.n) == (pytest.approx(0.35, abs=0.01), pytest.approx(1, abs=0.1), 0)
    assert luck_of(windows(0.2, 100, np.random.default_rng(1)).iloc[:0]) == found


def test_the_last_weeks_and_windows_without_a_share_tell_nothing_of_luck():
    table = windows(0.2, 200, np.random.default_rng(3))
    more = pd.concat([table, table.iloc[:4].assign(window=0, share=0.99), table.iloc[:2].assign(window=9, share=NAN)])
    assert luck_of(more) == luck_of(table)
    mixed = luck_of(table.sample(frac=1, random_state=1))
    assert (mixed.spread, mixed.df) == pytest.approx((luck_of(table).spread, luck_of(table).df))


def test_luck_is_read_at_each_steps_horizon():
    table = windows(0.2, 200, np.random.default_rng(3)).assign(horizon_days=30)
    other = table.assign(horizon_days=60, share=table["share"] / 2)
    horizon_of = pd.Series({f"s{s}": 30.0 for s in range(4)})
    assert luck_of(pd.concat([table, other]), horizon_of) == luck_of(table)


def test_the_likelihood_of_luck_is_that_of_plain_loops():
    """One step, independent windows: sum of -log(v + s^2 q^2) / 2, restricted, for each spread."""
    table = windows(0.3, 100, np.random.default_rng(4), steps=1, count=5)
    value, n = table["share"].to_numpy(), 100.0
    level = (table["events"].sum() + 0.5) / (5 * n + 1)
    q = level * (1 - level)
    logs = []
    for spread in module._SPREADS:
        variance = q / n + (spread * q) ** 2
        mean = sum(value) / 5
        logs.append(-0.5 * (5 * np.log(variance) + np.log(5 / variance) + sum((v - mean) ** 2 for v in value) / variance
                            + (spread / 0.35) ** 2))  # fmt: skip
    weights = [np.exp(x - max(logs)) for x in logs]
    square = sum(w * s**2 for w, s in zip(weights, module._SPREADS, strict=True)) / sum(weights)
    fourth = sum(w * s**4 for w, s in zip(weights, module._SPREADS, strict=True)) / sum(weights)
    found = luck_of(table)
    assert (found.spread, found.df) == pytest.approx((square**0.5, 2 * square**2 / (fourth - square**2)))


def test_planted_luck_of_days_is_found():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(12):
        luck = np.exp(0.15 * rng.standard_normal((3, 8))) * np.array([[10.0], [20.0], [40.0]])
        error = 0.02 * luck
        rows = [(f"s{s}", w + 1, luck[s, w] + error[s, w] * rng.standard_normal(), error[s, w]) for s in range(3)
                for w in range(8)]  # fmt: skip
        names = ["step", "window", "restricted_days", "restricted_error"]
        found.append(luck_of_days(pd.DataFrame(rows, columns=names)).spread)
    assert np.mean(found) == pytest.approx(0.15, rel=0.2)


def told(steps, horizons, n, share, **more):
    rows = [(s, h) for s in steps for h in horizons]
    table = pd.DataFrame(rows, columns=["step", "horizon_days"])
    return table.assign(n=n, n_followed=n, share=share, n_worth=np.asarray(n, dtype=float), **more)


def test_the_horizon_is_the_first_by_which_half_of_those_who_move_on_have():
    """Past: 0.10, 0.30, 0.50, 0.60 by 30, 60, 90, 180 days; half of 0.60 is reached by 60."""
    past = told(["a"], [30, 60, 90, 180], 100, [0.1, 0.3, 0.5, 0.6])
    assert compared_horizons(past, past, [30, 60, 90, 180]).to_dict() == {"a": 60.0}


def test_the_horizon_is_brought_down_to_where_both_windows_were_followed():
    past = told(["a"], [30, 60, 90, 180], 100, [0.0, 0.1, 0.5, 0.6])
    now = past.assign(n_followed=[40, 10, 9, 0], share=[0.1, 0.2, NAN, NAN])
    assert compared_horizons(now, past, [30, 60, 90, 180]).to_dict() == {"a": 60.0}
    assert compared_horizons(now, past, [30, 60, 90, 180], fewest_followed=11).to_dict() == {"a": 30.0}
    none = compared_horizons(now.assign(n_followed=2, share=NAN), past, [30, 60, 90, 180])
    assert list(none.index) == ["a"] and none.isna().all()
    late = told(["b"], [30, 60, 90, 180], 0, NAN)
    both = compared_horizons(past, pd.concat([late, past]), [30, 60, 90, 180])
    assert list(both.index) == ["b", "a"] and np.isnan(both["b"])


def test_moves_have_their_columns_and_say_why_they_are_not_tested():
    past = told(["b", "a", "c", "d", "e"], [30], [100, 100, 100, 19, 100], [0.5, 0.4, 0.4, 0.4, 0.6])
    now = told(["b", "a", "c", "d", "e"], [30], [100, 19, 40, 100, 50], [0.3, 0.4, NAN, 0.4, 0.6])
    horizon_of = pd.Series({"a": 30.0, "b": 30.0, "c": 30.0, "d": 30.0, "e": NAN})
    found = compared(now, past, NO_LUCK, horizon_of=horizon_of, windows=1)
    assert list(found.columns) == MOVES and found["step"].tolist() == ["b", "a", "c", "d", "e"]
    assert found["why"].tolist() == [None, "fewer than 20 in the last weeks",
                                     "too few followed for 30 days in the last weeks",
                                     "fewer than 20 in the weeks before",
                                     "too few followed long enough in the last weeks"]  # fmt: skip
    assert found["p_value"].notna().tolist() == [True, False, False, False, False]
    row = found.iloc[0]
    low, high, p = differ(30, 100, 50, 100, level=0.8)
    assert (row["change"], row["change_low"], row["change_high"], row["p_value"]) == pytest.approx((-0.2, low, high, p))
    assert (row["dimension"], row["group"], row["what"]) == ("company", "company", "conversion")
    assert found.loc[4, ["now", "past", "horizon_days"]].isna().all() and found.loc[4, "n_now"] == 50


def test_a_group_of_one_side_alone_is_a_row():
    past = told(["a"], [30], 100, 0.5, segment="x")
    now = told(["a"], [30], 80, 0.5, segment="y")
    found = compared(now, past, NO_LUCK, horizon_of=pd.Series({"a": 30.0}), dimension="segment")
    assert found[["group", "n_now", "n_past", "why"]].values.tolist() == [
        ["x", 0, 100, "fewer than 20 in the last weeks"],
        ["y", 80, 0, "fewer than 20 in the weeks before"],
    ]
    assert found["change"].isna().all()


def test_rows_in_another_order_change_nothing():
    past = told(["a", "b"], [30, 60], 100, [0.5, 0.6, 0.3, 0.4])
    now = told(["a", "b"], [30, 60], 90, [0.4, 0.5, 0.3, 0.5])
    horizon_of = pd.Series({"a": 30.0, "b": 60.0})
    first = compared(now, past, Luck(0.2, 5.0), horizon_of=horizon_of)
    again = compared(now.iloc[::-1], past, Luck(0.2, 5.0), horizon_of=horizon_of)
    pd.testing.assert_frame_equal(first, again)


def test_plain_counts_are_a_move():
    row = move_of_counts("sla", "hand-off", (30, 60), (200, 300), NO_LUCK, windows=1).iloc[0]
    low, high, p = differ(30, 60, 200, 300, level=0.8)
    assert (row["now"], row["past"], row["change_low"], row["change_high"], row["p_value"]) == pytest.approx(
        (0.5, 2 / 3, low, high, p)
    )
    assert np.isnan(row["horizon_days"]) and row["what"] == "sla"
    nothing = move_of_counts("sla", "hand-off", (0, 0), (200, 300), NO_LUCK).iloc[0]
    assert np.isnan(nothing["now"]) and nothing["why"] == "fewer than 20 in the last weeks"


def test_days_are_compared_only_within_the_same_age():
    def days(n, mean, error, to):
        return pd.DataFrame({"step": ["a"], "n": [n], "restricted_days": [mean], "restricted_error": [error],
                             "restricted_to": [to]})  # fmt: skip

    row = compared_days(days(50, 20.0, 1.0, 60), days(200, 16.0, 0.5, 60), NO_LUCK).iloc[0]
    assert (row["change"], row["horizon_days"]) == (4.0, 60) and row["p_value"] == pytest.approx(
        2 * norm.sf(4 / 1.25**0.5)
    )
    row = compared_days(days(50, 20.0, 1.0, 50), days(200, 16.0, 0.5, 60), NO_LUCK).iloc[0]
    assert np.isnan(row["p_value"]) and row["why"] == "not seen equally long"


def test_verdicts_are_those_of_multipletests_over_all_tables():
    p = np.array([0.001, 0.02, 0.03, 0.2, 0.9])
    tables = [move_of_counts("x", str(i), (50, 100), (60 if i % 2 else 40, 100), NO_LUCK).assign(p_value=value)
              for i, value in enumerate([*p, NAN])]  # fmt: skip
    found = moved(tables, sure=0.9)
    passed = multipletests(p, 0.1, "fdr_bh")[0]
    assert passed.tolist() == [True, True, True, False, False]
    assert found["verdict"].tolist() == ["up", "down", "up", "none", "none", "not tested"]
    assert list(found.columns) == [*MOVES, "verdict"]


def test_benjamini_hochberg_is_that_of_plain_loops():
    rng = np.random.default_rng(6)
    for _ in range(50):
        p = rng.random(12) ** 3
        ranked, passed = sorted(p), 0.0
        for rank, value in enumerate(ranked, start=1):
            if value <= 0.1 * rank / 12:
                passed = value
        assert beyond_chance(p, 0.9).tolist() == [value <= passed for value in p]


def test_nothing_compared_is_an_empty_table():
    found = moved([])
    assert list(found.columns) == [*MOVES, "verdict"] and found.empty
    assert moved([compared(*[told([], [30], 0, NAN)] * 2, NO_LUCK)]).empty


def beside(now, past, n=1000, spread=0.2):
    rows = pd.DataFrame({"step": "a", "now": now, "past": past, "now_worth": float(n), "past_worth": 4.0 * n})
    return beside_others(rows, Luck(spread, 7.0), 4)


def test_a_group_that_fell_alone_stands_out_beside_the_others_and_they_do_not():
    found = beside([0.2, 0.41, 0.39], [0.4, 0.4, 0.4])
    assert found[0] < 1e-6 and found[1] > 0.2 and found[2] > 0.2


def test_luck_that_all_groups_share_is_no_move():
    assert (beside([0.3, 0.31, 0.29], [0.4, 0.4, 0.4]) > 0.1).all()


def test_beside_others_by_hand():
    """c = logit(0.3) - logit(0.4) = -0.847 + 0.405 = -0.442, the others 0; v = (1/1000 + 1/4000) / 0.24 = 0.00521
    each; z = 0.442 / sqrt(0.01042) = 4.33."""
    found = beside([0.3, 0.4, 0.4], [0.4, 0.4, 0.4])
    assert found[0] == pytest.approx(2 * norm.sf(4.33), rel=0.05) and found[1:].tolist() == pytest.approx([1.0, 1.0])


def test_groups_that_show_less_than_the_past_does_or_one_other_group_are_not_asked():
    assert np.isnan(beside([0.2, 0.4, 0.4], [0.4, 0.4, 0.4], n=50, spread=0.05)).all()
    assert np.isnan(beside([0.2, 0.4], [0.4, 0.4])).all()
    assert np.isnan(beside([0.2, 0.4, NAN], [0.4, 0.4, NAN])).all()


def test_a_collapse_of_one_segment_is_found_and_luck_alone_is_not():
    """Luck 0.3 that all share; one segment of three converts half as well at one step: about 28 % to 14 % by day 30."""
    for collapse, told in ((0.5, ["down"]), (1.0, ["none"])):
        table, _ = moves_of(entered(Kind(luck=0.3, size=450, collapse=collapse), 1)[0])
        is_mql = table["step"].eq("mql")
        assert table.loc[is_mql & table["group"].eq("middle"), "verdict"].tolist() == told
        assert table.loc[~is_mql | table["group"].isin(["large", "small"]), "verdict"].eq("none").all()


@pytest.mark.parametrize("spread", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("n", [40, 400])
def test_nothing_changed_is_called_a_change_no_more_often_than_the_level_says(n, spread):
    """6,000 companies with a share of 0.3 and four past windows, luck known: 0.20 +/- 0.015, 0.05 +/- 0.008."""
    rng = np.random.default_rng([n, int(spread * 10)])
    shares = expit(logit(0.3) + spread * rng.standard_normal((6000, 5)))
    came = rng.binomial(n, shares) / n
    luck = Luck(spread, 1e9) if spread else NO_LUCK
    parts = (came[:, 0], np.full(6000, n), came[:, 1:].mean(axis=1), np.full(6000, 4 * n))
    low, high, p = share_difference(*parts, luck=luck, windows=4, level=0.8)
    assert ((low > 0) | (high < 0)).mean() == pytest.approx(0.2, abs=0.025)
    assert 0.03 < (p < 0.05).mean() < 0.06
