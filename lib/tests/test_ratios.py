import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, norm

from revops.ratios import effective_count, safe_ratio, share_interval, top_share


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
