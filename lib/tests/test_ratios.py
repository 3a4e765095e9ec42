import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, norm, t

from revops.ratios import (
    FEWEST_QUARTERS,
    effective_count,
    jackknife_range,
    jackknife_ranges,
    median_range,
    safe_ratio,
    share_interval,
    top_share,
)


def test_a_ratio_to_nothing_is_undefined():
    assert math.isnan(safe_ratio(3, 0))
    assert math.isnan(safe_ratio(3, float("nan")))
    assert safe_ratio(3, 2) == 1.5
    assert safe_ratio(pd.Series([1.0, 2.0]), pd.Series([0.0, 4.0])).fillna(-1).tolist() == [-1, 0.5]
    assert safe_ratio(pd.Series([1.0, 2.0]), 4).tolist() == [0.25, 0.5]


def test_wilson_matches_the_regional_sales_reference():
    """Win rate 7,282 of 14,667: 95 % Wilson 0.488399 to 0.504580 (Microsoft Regional Sales, reference.json)."""
    low, high = share_interval(7282, 14667, level=0.95)
    assert (round(low, 6), round(high, 6)) == (0.488399, 0.50458)


@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.5, 0.8, 0.95])
)
def test_intervals_match_their_formulas_written_again(case, level):
    events, n = case
    z, p = norm.ppf(0.5 + level / 2), events / n
    centre, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert share_interval(events, n, level=level) == pytest.approx(
        ((centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)), abs=1e-12
    )
    tails = [beta.ppf(q, events + 0.5, n - events + 0.5) for q in (0.5 - level / 2, 0.5 + level / 2)]
    tails = [0.0 if events == 0 else tails[0], 1.0 if events == n else tails[1]]
    assert share_interval(events, n, level=level, method="jeffreys") == pytest.approx(tails, abs=1e-12)


def test_an_interval_of_nothing_is_undefined_and_of_more_than_all_refused():
    assert all(math.isnan(end) for end in share_interval(0, 0))
    with pytest.raises(ValueError, match=r"share_interval: events must lie between 0 and n; found 3 of 2\."):
        share_interval(3, 2)


def test_concentration_counts_what_is_positive():
    amounts = pd.Series([50.0, 30.0, 20.0, float("nan"), -10.0])
    assert top_share(amounts, 1) == 0.5
    assert top_share(amounts, 5) == 1.0
    assert effective_count(amounts) == pytest.approx(1 / (0.25 + 0.09 + 0.04))
    assert effective_count(pd.Series([7.0] * 4)) == 4
    assert math.isnan(top_share(pd.Series([], dtype="float64"), 5)) and math.isnan(effective_count(pd.Series([-1.0])))


def test_the_jackknife_of_a_mean_is_its_t_range():
    """Without each value the mean is (sum - x) / (n - 1): the range is mean +- t s / sqrt(n), as in any textbook."""
    values = np.array([3.0, 7.0, 8.0, 1.0, 4.0])
    without = (values.sum() - values) / 4
    low, high = jackknife_range(values.mean(), without, level=0.9)
    reach = t.ppf(0.95, 4) * values.std(ddof=1) / np.sqrt(5)
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach))
    low, high = jackknife_range(values.mean(), without, level=0.9, predictive=True)
    assert high - low == pytest.approx(2 * reach * np.sqrt(6))


def test_a_positive_statistics_range_is_that_of_its_logarithm():
    without = np.array([0.2, 0.3, 0.25, 0.1])
    low, high = jackknife_range(np.log(0.2), np.log(without))
    assert jackknife_range(0.2, without, positive=True) == pytest.approx((np.exp(low), np.exp(high)))
    one_miss = jackknife_range(0.2, np.array([0.25, 0.26, 0.0, 0.27]), positive=True)
    assert 0 < one_miss[0] < 0.2 < one_miss[1] < np.inf


def test_a_range_of_quarters_is_undefined_where_little_is_known():
    assert FEWEST_QUARTERS == 3
    for whole, without, positive in ((1.0, [1, 2], False), (1.0, [], False), (1.0, [1, 2, np.nan], False),
                                     (np.nan, [1, 2, 3], False), (0.0, [0, 0, 0], True)):  # fmt: skip
        assert all(math.isnan(end) for end in jackknife_range(whole, np.array(without, dtype=float), positive=positive))


def test_ranges_of_all_groups_at_once_are_those_of_each():
    rng = np.random.default_rng(5)
    groups, sums = rng.integers(0, 6, 40), rng.random((40, 2)) + 0.1
    groups[groups == 4] = 3
    for positive in (False, True):
        value, low, high = jackknife_ranges(lambda s: s[:, 0] / s[:, 1], sums, groups, 6, positive=positive)
        for group in range(6):
            mine = sums[groups == group]
            if not len(mine):
                assert np.isnan([value[group], low[group], high[group]]).all()
                continue
            whole = mine[:, 0].sum() / mine[:, 1].sum()
            without = [np.delete(mine, i, 0)[:, 0].sum() / np.delete(mine, i, 0)[:, 1].sum() for i in range(len(mine))]
            expected = jackknife_range(whole, np.array(without), positive=positive)
            assert (value[group], low[group], high[group]) == pytest.approx((whole, *expected))


def test_what_is_left_by_rounding_is_nothing():
    """All misses in one quarter, but for the last bits of two sums: without it they are 0, of which there is no log."""
    sums = np.array([[0.3, 1.0], [1e-17, 0.7], [0.0, 0.9], [1e-16, 1.1]])
    _, low, high = jackknife_ranges(lambda s: s[:, 0] / s[:, 1], sums, np.zeros(4, dtype=int), 1, positive=True)
    clean = np.where(sums < 1e-9, 0.0, sums)
    _, *expected = jackknife_ranges(lambda s: s[:, 0] / s[:, 1], clean, np.zeros(4, dtype=int), 1, positive=True)
    assert 0 < low[0] < high[0] < 100
    assert [low[0], high[0]] == pytest.approx([ends[0] for ends in expected])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_medians_range_is_the_narrowest_that_holds_often_enough(level):
    """Against the binomial chances added up one by one."""
    for n in range(26):
        held = [sum(math.comb(n, below) for below in range(k, n - k + 1)) / 2**n for k in range(1, n // 2 + 1)]
        best = max((k for k, chance in enumerate(held, 1) if chance >= level - 1e-12), default=None)
        low, high = median_range(np.arange(n, 0, -1), np.zeros(n, dtype=int), 1, level=level)
        if best is None:
            assert np.isnan(low[0]) and np.isnan(high[0])
        else:
            assert (low[0], high[0]) == (best, n + 1 - best)


def test_ranges_over_quarters_hold_as_often_as_they_say():
    """4,000 companies of 4 and of 12 quarters with normal errors: 0.80 +/- 0.013 (two standard errors); the plain scale
    holds less of WAPE than the log scale."""
    rng = np.random.default_rng(6)
    for n in (4, 12):
        actual = np.exp(0.25 * rng.standard_normal((4000, n)))
        error = 0.1 * actual * rng.standard_normal((4000, n))
        groups = np.repeat(np.arange(4000), n)
        shares = []
        for miss, truth, positive in ((np.abs(error), 0.1 * np.sqrt(2 / np.pi), True), (error, 0.0, False),
                                      (np.abs(error), 0.1 * np.sqrt(2 / np.pi), False)):  # fmt: skip
            sums = np.stack([miss.ravel(), actual.ravel()], axis=1)
            _, low, high = jackknife_ranges(lambda s: s[:, 0] / s[:, 1], sums, groups, 4000, positive=positive)
            shares.append(np.mean((low <= truth) & (truth <= high)))
        assert shares[:2] == pytest.approx([0.8, 0.8], abs=0.025)
        assert shares[2] < shares[0]
